import java.sql.Array;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;

/**
 * Checks pgJDBC, https://jdbc.postgresql.org.
 *
 * <p>MILLRACE_URL says where Millrace is, SANDBOX_URL where the stand-ins for its APIs are; the working directory is
 * the repository's root.
 */
final class Main {
  public static void main(String[] arguments) {
    Checks.check("connects with SCRAM over TLS", Main::connects);
    Checks.check("refuses a wrong password with 28P01", connection ->
        Checks.equal(Checks.stateOf(other -> Checks.connect("password", "wrong"), connection), "28P01"));
    Checks.check("runs the article's join", Main::runsJoin);
    for (String mode : List.of("simple", "extended", "extendedForPrepared", "extendedCacheEverything")) {
      Checks.check("runs the article's join with a parameter, preferQueryMode " + mode, connection -> {
        try (Connection other = Checks.connect("preferQueryMode", mode)) {
          runsJoinWithParameter(other);
        }
      });
    }
    Checks.check("runs a statement that the server prepares, text and then binary", Main::preparesOnServer);
    Checks.check("takes an array as the key of a table", Main::takesArray);
    Checks.check("sends several statements at once", Main::sendsSeveral);
    Checks.check("sends a batch", Main::sendsBatch);
    Checks.check("streams 100,000 rows with setFetchSize", Main::streams);
    Checks.check("reads 20,000 events with setFetchSize", Main::readsEvents);
    Checks.check("copies a virtual table out, and rows in", Main::copies);
    Checks.check("cancels a running pg_sleep", Main::cancelsSleep);
    Checks.check("ends a statement at its query timeout", Main::timesOut);
    Checks.check("cancels a query that waits for an API, and its call", Main::cancelsCall);
    Checks.check("goes on after an error", Main::goesOn);
    Checks.check("rolls a failed transaction back, and to a savepoint", Main::rollsBack);
    Checks.check("lists schemas and tables", Main::listsTables);
    Checks.check("describes columns", Main::describesColumns);
    Checks.check("tells a query's columns before it runs", Main::describesQuery);
    Checks.check("learns the columns of a table from a query with where 1=0", Main::wantsNoRows);
    Checks.finish();
  }

  private static void connects(Connection connection) throws Exception {
    Checks.equal(connection.getMetaData().getDatabaseMajorVersion(), 18);
    Checks.holds(connection.isValid(10), "the connection is not valid");
    Checks.equal(connection.unwrap(PGConnection.class).getParameterStatus("is_superuser"), "off");
    Checks.equal(connection.unwrap(BaseConnection.class).getQueryExecutor().getHostSpec() != null, true);
  }

  private static void runsJoin(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      Checks.equal(Checks.lines(statement.executeQuery(Checks.ARTICLE_JOIN)), Checks.ARTICLE_ROWS);
    }
  }

  private static void runsJoinWithParameter(Connection connection) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement(Checks.joinWithParameter())) {
      statement.setString(1, Checks.ARTICLE_LOG_GROUP);
      Checks.equal(Checks.lines(statement.executeQuery()), Checks.ARTICLE_ROWS);
      statement.setString(1, "sandbox/empty");
      Checks.equal(Checks.lines(statement.executeQuery()), List.of());
    }
  }

  private static void preparesOnServer(Connection connection) throws Exception {
    try (Connection other = Checks.connect("prepareThreshold", "2");
        PreparedStatement statement = other.prepareStatement(Checks.joinWithParameter());
        PreparedStatement time = other.prepareStatement("select event_time, event_version::float8 "
            + "from aws_cloudtrail_trail_event where log_group_name = ? order by 1 limit 1")) {
      for (int i = 0; i < 5; i++) {
        statement.setString(1, Checks.ARTICLE_LOG_GROUP);
        Checks.equal(Checks.lines(statement.executeQuery()), Checks.ARTICLE_ROWS);
        time.setString(1, Checks.ARTICLE_LOG_GROUP);
        try (ResultSet row = time.executeQuery()) {
          Checks.holds(row.next() && row.getTimestamp(1) != null && row.getDouble(2) > 1, "no event");
        }
      }
      Checks.holds(((org.postgresql.PGStatement) statement).isUseServerPrepare(), "the server has not prepared it");
    }
  }

  private static void takesArray(Connection connection) throws Exception {
    Array addresses = connection.createArrayOf("inet", new String[] {"104.53.216.85", "82.102.17.180"});
    String sql = "select city from ipstack_ip where ip = any(?) order by city";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, addresses);
      Checks.equal(Checks.column(statement.executeQuery(), "city"), List.of("Madrid", "Windsor"));
    }
  }

  private static void sendsSeveral(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.execute("create temp table kept as " + Checks.ARTICLE_JOIN + "; select * from kept; select 3");
      Checks.equal(statement.getUpdateCount(), 6);
      Checks.holds(statement.getMoreResults(), "there is no second result");
      Checks.equal(Checks.lines(statement.getResultSet()), Checks.ARTICLE_ROWS);
      Checks.holds(statement.getMoreResults(), "there is no third result");
      Checks.equal(Checks.lines(statement.getResultSet()), List.of("3"));
    }
  }

  private static void sendsBatch(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.execute("create temp table cities (city text)");
    }
    String sql = "insert into cities select city from ipstack_ip where ip = ?::inet";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (String row : Checks.ARTICLE_ROWS) {
        statement.setString(1, row.split("\\|")[0]);
        statement.addBatch();
      }
      Checks.equal(List.of(1, 1, 1, 1, 1, 1), java.util.Arrays.stream(statement.executeBatch()).boxed().toList());
    }
  }

  private static void streams(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    long total = 0;
    try (PreparedStatement statement = connection.prepareStatement("select generate_series(1, 100000)")) {
      statement.setFetchSize(1000);
      ResultSet rows = statement.executeQuery();
      while (rows.next()) total += rows.getInt(1);
    }
    connection.commit();
    Checks.equal(total, 5_000_050_000L);
  }

  private static void readsEvents(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    String sql = "select event_name, event_time from aws_cloudtrail_trail_event where log_group_name = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql);
        PreparedStatement left = connection.prepareStatement(sql)) {
      left.setFetchSize(10);
      left.setString(1, Checks.MANY_EVENTS);
      ResultSet halfRead = left.executeQuery();
      Checks.holds(halfRead.next(), "there are no events");
      for (int run = 0; run < 2; run++) {
        statement.setFetchSize(1000);
        statement.setString(1, Checks.MANY_EVENTS);
        int count = 0;
        ResultSet rows = statement.executeQuery();
        while (rows.next()) count++;
        Checks.equal(count, 20_000);
      }
      for (int i = 0; i < 100; i++) Checks.holds(halfRead.next(), "the first result has ended");
    }
    connection.commit();
    connection.setAutoCommit(true);
    runsJoin(connection);
  }

  private static void copies(Connection connection) throws Exception {
    java.io.StringWriter copied = new java.io.StringWriter();
    var copies = connection.unwrap(PGConnection.class).getCopyAPI();
    Checks.equal(copies.copyOut("copy (" + Checks.ARTICLE_JOIN + ") to stdout", copied), 6L);
    try (Statement statement = connection.createStatement()) {
      statement.execute("create temp table places (like ipstack_ip)");
      String rows = "104.53.216.85\tWindsor\n";
      Checks.equal(copies.copyIn("copy places (ip, city) from stdin", new java.io.StringReader(rows)), 1L);
      String joined = "select p.city = i.city from places p join ipstack_ip i using (ip)";
      Checks.equal(Checks.lines(statement.executeQuery(joined)), List.of("t"));
    }
  }

  private static void cancelsSleep(Connection connection) throws Exception {
    cancels(connection, "select pg_sleep(60)", () -> {
      try (Connection observer = Checks.connect(); Statement statement = observer.createStatement()) {
        String asleep = "select 1 from pg_stat_activity where wait_event = 'PgSleep'";
        while (Checks.lines(statement.executeQuery(asleep)).isEmpty()) Thread.onSpinWait();
      }
      return null;
    });
  }

  private static void timesOut(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      Checks.equal(Checks.stateOf(other -> statement.execute("select pg_sleep(60)"), connection), "57014");
    }
    runsJoin(connection);
  }

  private static void cancelsCall(Connection connection) throws Exception {
    Checks.control("DELETE", "calls", "");
    Checks.control("PUT", "faults", "[{\"kind\": \"hang\", \"service\": \"ipstack\"}]");
    try {
      cancels(connection, "select city from ipstack_ip where ip = '8.8.4.4'", () -> {
        Checks.untilInFlight(1);
        return null;
      });
      Checks.untilInFlight(0);
      String calls = Checks.control("GET", "calls?service=ipstack", "");
      Checks.holds(calls.contains("\"aborted\":true"), calls);
    } finally {
      Checks.control("DELETE", "faults", "");
    }
  }

  /** Runs a query, cancels it once {@code ready} returns, and checks that the connection goes on. */
  private static void cancels(Connection connection, String sql, java.util.concurrent.Callable<Void> ready)
      throws Exception {
    try (Statement statement = connection.createStatement()) {
      CompletableFuture<String> state = CompletableFuture.supplyAsync(() -> {
        try {
          statement.executeQuery(sql);
          return "it went well";
        } catch (SQLException error) {
          return error.getSQLState();
        }
      });
      ready.call();
      statement.cancel();
      Checks.equal(state.get(20, TimeUnit.SECONDS), "57014");
      Checks.equal(Checks.lines(statement.executeQuery("select 1")), List.of("1"));
    }
  }

  private static void goesOn(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      for (String wrong : List.of("selekt", "select * from ipstack_ip", "select no_such_column from ipstack_ip")) {
        Checks.holds(Checks.stateOf(other -> statement.execute(wrong), connection) != null, "there is no SQLSTATE");
        runsJoin(connection);
      }
    }
  }

  private static void rollsBack(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("create table never_made (n int)");
      Savepoint savepoint = connection.setSavepoint();
      Checks.stateOf(other -> statement.execute("select * from ipstack_ip"), connection);
      Checks.equal(Checks.stateOf(other -> runsJoin(connection), connection), "25P02");
      connection.rollback(savepoint);
      runsJoin(connection);
      connection.rollback();
      String missing = "select to_regclass('never_made') is null";
      Checks.equal(Checks.lines(statement.executeQuery(missing)), List.of("t"));
    }
  }

  private static void listsTables(Connection connection) throws Exception {
    DatabaseMetaData metadata = connection.getMetaData();
    Checks.holds(Checks.column(metadata.getSchemas(), "TABLE_SCHEM").containsAll(Set.of("aws", "ipstack")), "schemas");
    try (ResultSet tables = metadata.getTables(null, "ipstack", "ipstack_ip", null)) {
      Checks.holds(tables.next(), "ipstack_ip is not listed");
      Checks.equal(tables.getString("TABLE_TYPE"), "TABLE");
      Checks.holds(!tables.getString("REMARKS").isEmpty(), "ipstack_ip has no remarks");
    }
    // As dbt, Metabase and Appsmith ask; scan tables of this session are there while it is in a transaction.
    connection.setAutoCommit(false);
    Checks.equal(Checks.lines(connection.createStatement().executeQuery(Checks.ARTICLE_JOIN)), Checks.ARTICLE_ROWS);
    String[] types = {"TABLE", "VIEW", "MATERIALIZED VIEW"};
    Set<String> schemas = new TreeSet<>(Checks.column(metadata.getTables(null, null, "%", types), "TABLE_SCHEM"));
    Checks.equal(
      schemas,
      Set.of("abuseipdb", "aws", "ipstack", "millrace", "net", "shodan", "steampipe_internal")
    );
    Checks.equal(
      Checks.column(metadata.getTables(null, "millrace", "%", types), "TABLE_NAME"),
      List.of("cache", "column", "connection", "plugin", "scan", "scan_summary", "setting", "table")
    );
    Set<String> ofIpstack = Set.copyOf(Checks.column(metadata.getTables(null, "ipstack", "%", null), "TABLE_NAME"));
    Checks.equal(ofIpstack, Set.of("ipstack_ip", "ipstack_my_ip"));
    connection.rollback();
    Checks.equal(metadata.getPrimaryKeys(null, "ipstack", "ipstack_ip").next(), false);
    Checks.equal(metadata.getIndexInfo(null, "ipstack", "ipstack_ip", false, true).next(), false);
    Checks.equal(metadata.getImportedKeys(null, "ipstack", "ipstack_ip").next(), false);
  }

  private static void describesColumns(Connection connection) throws Exception {
    DatabaseMetaData metadata = connection.getMetaData();
    try (ResultSet columns = metadata.getColumns(null, "aws", "aws_cloudtrail_trail_event", "event_time")) {
      Checks.holds(columns.next(), "event_time is not listed");
      Checks.equal(columns.getString("TYPE_NAME"), "timestamptz");
      Checks.holds(!columns.getString("REMARKS").isEmpty(), "event_time has no remarks");
    }
    List<String> names = Checks.column(metadata.getColumns(null, "ipstack", "ipstack_ip", "%"), "COLUMN_NAME");
    Checks.holds(names.containsAll(List.of("ip", "continent_name", "country_name", "region_name", "city")), "columns");
  }

  private static void describesQuery(Connection connection) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement(Checks.joinWithParameter())) {
      ResultSetMetaData columns = statement.getMetaData();
      Checks.equal(columns.getColumnName(1), "ip");
      Checks.equal(columns.getColumnTypeName(1), "inet");
      Checks.equal(columns.getColumnTypeName(5), "text");
      Checks.equal(statement.getParameterMetaData().getParameterTypeName(1), "text");
    }
  }

  private static void wantsNoRows(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select * from aws_cloudtrail_trail_event where 1=0")) {
      Checks.equal(rows.next(), false);
    }
  }

  private Main() {}
}
