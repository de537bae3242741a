package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	articleLogGroup = "cloudtrail-cwg-devto"
	// A log group of 20,000 generated events.
	manyEvents = "drivers/many-events"
)

var (
	articleJoin = readFile("examples/article/3-geolocate.sql")
	// The six rows of the article's join, in the order of the addresses as texts.
	articleRows = strings.Split(strings.TrimSpace(readFile(".ci/geolocated.txt")), "\n")

	passed, failed, skipped int
)

// check runs a function with a connection of its own and prints whether it held.
// Where known is not empty, it says why the function is known to fail, which then does not fail the run.
func check(name, known string, run func(context.Context, *pgx.Conn)) {
	switch problem := problemOf(run); {
	case problem == nil:
		passed++
		fmt.Println("pgx: ok", name)
	case known != "":
		skipped++
		fmt.Printf("pgx: known: %s: %s (%v)\n", name, known, problem)
	default:
		failed++
		fmt.Printf("pgx: FAILED %s: %v\n", name, problem)
	}
}

// problemOf gives what the function panicked with.
func problemOf(run func(context.Context, *pgx.Conn)) (problem any) {
	defer func() { problem = recover() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	connection := must(pgx.ConnectConfig(ctx, config()))
	defer connection.Close(ctx)
	run(ctx, connection)
	return nil
}

func config() *pgx.ConnConfig {
	return must(pgx.ParseConfig(os.Getenv("MILLRACE_URL") + "?sslmode=require"))
}

func encrypted(connection *pgx.Conn) bool {
	_, ok := connection.PgConn().Conn().(*tls.Conn)
	return ok
}

// joinRows reads all rows of the article's join, as articleRows has them.
func joinRows(rows pgx.Rows, err error) []string {
	expectNone(err)
	lines := must(pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = strings.TrimSuffix(fmt.Sprint(value), "/32")
		}
		return strings.Join(texts, "|"), err
	}))
	sort.Strings(lines)
	return lines
}

// joinWith is the article's join with a parameter in place of the log group's name.
func joinWith(parameter string) string {
	return strings.ReplaceAll(articleJoin, "'"+articleLogGroup+"'", parameter)
}

func equal(actual, expected any) {
	if !reflect.DeepEqual(actual, expected) {
		panic(fmt.Sprintf("expected %v, got %v", expected, actual))
	}
}

func must[T any](value T, err error) T {
	expectNone(err)
	return value
}

func expectNone(err error) {
	if err != nil {
		panic(err)
	}
}

func readFile(path string) string {
	return string(must(os.ReadFile(filepath.FromSlash(path))))
}

// control asks the sandbox's control and gives its answer.
func control(method, path, body string) string {
	request := must(http.NewRequest(method, os.Getenv("SANDBOX_URL")+"/_sandbox/"+path, strings.NewReader(body)))
	response := must(http.DefaultClient.Do(request))
	defer response.Body.Close()
	answer := string(must(io.ReadAll(response.Body)))
	if response.StatusCode != http.StatusOK {
		panic(answer)
	}
	return answer
}

// untilInFlight returns when so many calls run. The sandbox has no way to tell by itself.
func untilInFlight(count int) {
	wanted := fmt.Sprintf(`"inFlight":%d,`, count)
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(control("GET", "calls", ""), wanted) {
			return
		}
	}
	panic(fmt.Sprintf("there are not %d calls in flight after 20 s", count))
}
