import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/** One line a check, and what the article's join gives. */
final class Checks {
  static final String ARTICLE_LOG_GROUP = "cloudtrail-cwg-devto";

  /** A log group of 20,000 generated events. */
  static final String MANY_EVENTS = "drivers/many-events";

  static final String ARTICLE_JOIN = read("examples/article/3-geolocate.sql");

  /** The six rows of the article's join, in the order of the addresses as texts. */
  static final List<String> ARTICLE_ROWS = read(".ci/geolocated.txt").lines().toList();

  interface Check {
    void run(Connection connection) throws Exception;
  }

  private static int passed;
  private static int failed;
  private static int skipped;

  /** Runs a check with a connection of its own and prints whether it held. */
  static void check(String name, Check check) {
    check(name, null, check);
  }

  /** @param known why the check is known to fail, which then does not fail the run; or null */
  static void check(String name, String known, Check check) {
    try (Connection connection = connect()) {
      check.run(connection);
      passed++;
      System.out.println("pgjdbc: ok " + name);
    } catch (Exception | AssertionError problem) {
      if (known != null) {
        skipped++;
        String message = String.valueOf(problem.getMessage()).lines().findFirst().orElse("");
        System.out.printf("pgjdbc: known: %s: %s (%s)%n", name, known, message);
      } else {
        failed++;
        System.out.println("pgjdbc: FAILED " + name);
        problem.printStackTrace(System.out);
      }
    }
  }

  /** Prints what the checks came to. */
  static void finish() {
    System.out.printf("pgjdbc: %d passed, %d failed, %d skipped%n", passed, failed, skipped);
    System.exit(passed > 0 && failed == 0 ? 0 : 1);
  }

  /** @param options names and values of pgJDBC's connection parameters */
  static Connection connect(String... options) throws SQLException {
    URI url = URI.create(System.getenv("MILLRACE_URL"));
    String[] user = url.getUserInfo().split(":", 2);
    Properties properties = new Properties();
    properties.setProperty("user", user[0]);
    properties.setProperty("password", user[1]);
    properties.setProperty("sslmode", "require");
    properties.setProperty("loginTimeout", "10");
    for (int i = 0; i < options.length; i += 2) properties.setProperty(options[i], options[i + 1]);
    String address = "jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath();
    return DriverManager.getConnection(address, properties);
  }

  /** The article's join with a parameter in place of the log group's name. */
  static String joinWithParameter() {
    return ARTICLE_JOIN.replace("'" + ARTICLE_LOG_GROUP + "'", "?");
  }

  /** Reads all rows, in the order and the form of ARTICLE_ROWS. */
  static List<String> lines(ResultSet rows) throws SQLException {
    List<String> lines = new ArrayList<>();
    while (rows.next()) {
      List<String> cells = new ArrayList<>();
      for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) cells.add(rows.getString(i));
      lines.add(String.join("|", cells));
    }
    rows.close();
    lines.sort(null);
    return lines;
  }

  /** All values of one column. */
  static List<String> column(ResultSet rows, String name) throws SQLException {
    List<String> values = new ArrayList<>();
    while (rows.next()) values.add(rows.getString(name));
    return values;
  }

  static void equal(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) throw new AssertionError("expected " + expected + ", got " + actual);
  }

  static void holds(boolean condition, String otherwise) {
    if (!condition) throw new AssertionError(otherwise);
  }

  /** @return the SQLSTATE that the check ends with */
  static String stateOf(Check check, Connection connection) throws Exception {
    try {
      check.run(connection);
    } catch (SQLException error) {
      return error.getSQLState();
    }
    throw new AssertionError("it went well");
  }

  /** Asks the sandbox's control. */
  static String control(String method, String path, String body) throws IOException, InterruptedException {
    URI url = URI.create(System.getenv("SANDBOX_URL") + "/_sandbox/" + path);
    HttpRequest request = HttpRequest.newBuilder(url).method(method, HttpRequest.BodyPublishers.ofString(body)).build();
    HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    equal(response.statusCode(), 200);
    return response.body();
  }

  /** Returns when so many calls run. The sandbox has no way to tell by itself. */
  static void untilInFlight(int count) throws IOException, InterruptedException {
    long limit = System.nanoTime() + 20_000_000_000L;
    while (!control("GET", "calls", "").contains("\"inFlight\":" + count + ",")) {
      holds(System.nanoTime() < limit, "there are not " + count + " calls in flight after 20 s");
      Thread.sleep(10);
    }
  }

  private static String read(String path) {
    try {
      return Files.readString(Path.of(path));
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  private Checks() {}
}
