// Command pgx checks pgx 5 for Go, https://github.com/jackc/pgx.
//
// MILLRACE_URL says where Millrace is, SANDBOX_URL where the stand-ins for its APIs are; the working directory is the
// repository's root.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	check("connects with SCRAM over TLS", "", func(ctx context.Context, connection *pgx.Conn) {
		equal(encrypted(connection), true)
		equal(strings.HasPrefix(connection.PgConn().ParameterStatus("server_version"), "18."), true)
	})

	check("refuses a wrong password with 28P01", "", func(ctx context.Context, connection *pgx.Conn) {
		wrong := config()
		wrong.Password = "wrong"
		_, err := pgx.ConnectConfig(ctx, wrong)
		equal(stateOf(err), "28P01")
	})

	// How pgx sends a query: prepared and kept, described each time, in one message, or as text without parameters.
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		check(fmt.Sprintf("runs the article's join with a parameter, %v", mode), "",
			func(ctx context.Context, connection *pgx.Conn) {
				for range 3 {
					equal(joinRows(connection.Query(ctx, joinWith("$1"), mode, articleLogGroup)), articleRows)
					equal(joinRows(connection.Query(ctx, joinWith("$1"), mode, "sandbox/empty")), []string{})
				}
			})
	}

	for _, format := range []int16{pgx.TextFormatCode, pgx.BinaryFormatCode} {
		check(fmt.Sprintf("gives addresses in format %d", format), "", func(ctx context.Context, connection *pgx.Conn) {
			var address netip.Addr
			formats := pgx.QueryResultFormats{format}
			statement := "select ip from ipstack_ip where ip = $1"
			expectNone(connection.QueryRow(ctx, statement, formats, netip.MustParseAddr("104.53.216.85")).Scan(&address))
			equal(address.String(), "104.53.216.85")
		})
	}

	check("takes an array as the key of a table", "", func(ctx context.Context, connection *pgx.Conn) {
		addresses := []netip.Addr{netip.MustParseAddr("104.53.216.85"), netip.MustParseAddr("82.102.17.180")}
		statement := "select city from ipstack_ip where ip = any($1) order by city"
		rows, _ := connection.Query(ctx, statement, addresses)
		equal(must(pgx.CollectRows(rows, pgx.RowTo[string])), []string{"Madrid", "Windsor"})
	})

	check("sends several statements at once", "", func(ctx context.Context, connection *pgx.Conn) {
		results := must(connection.PgConn().Exec(ctx, "select 1; "+articleJoin+"; select 3").ReadAll())
		equal(len(results), 3)
		equal(results[1].CommandTag.String(), "SELECT 6")
	})

	check("sends a batch", "", func(ctx context.Context, connection *pgx.Conn) {
		var batch pgx.Batch
		for range 5 {
			batch.Queue(joinWith("$1"), articleLogGroup).Query(func(rows pgx.Rows) error {
				equal(joinRows(rows, nil), articleRows)
				return nil
			})
		}
		expectNone(connection.SendBatch(ctx, &batch).Close())
	})

	check("goes on after an error within a batch", "", func(ctx context.Context, connection *pgx.Conn) {
		var batch pgx.Batch
		batch.Queue("select 1")
		batch.Queue("select * from ipstack_ip")
		batch.Queue(joinWith("$1"), articleLogGroup)
		equal(stateOf(connection.SendBatch(ctx, &batch).Close()) != "", true)
		equal(joinRows(connection.Query(ctx, articleJoin)), articleRows)
	})

	check("streams 100,000 rows", "", func(ctx context.Context, connection *pgx.Conn) {
		var value, total int64
		rows, _ := connection.Query(ctx, "select generate_series(1, 100000)::bigint")
		must(pgx.ForEachRow(rows, []any{&value}, func() error {
			total += value
			return nil
		}))
		equal(total, int64(5_000_050_000))
	})

	check("reads 20,000 events, and leaves off in the middle of others", "",
		func(ctx context.Context, connection *pgx.Conn) {
			statement := "select event_name, source_ip_address from aws_cloudtrail_trail_event where log_group_name = $1"
			rows, _ := connection.Query(ctx, statement, manyEvents)
			count := 0
			for rows.Next() {
				count++
			}
			expectNone(rows.Err())
			equal(count, 20_000)
			rows, _ = connection.Query(ctx, statement, manyEvents)
			equal(rows.Next(), true)
			rows.Close()
			equal(joinRows(connection.Query(ctx, articleJoin)), articleRows)
		})

	check("copies a virtual table out, and rows in", "", func(ctx context.Context, connection *pgx.Conn) {
		var copied strings.Builder
		must(connection.PgConn().CopyTo(ctx, &copied, "copy ("+articleJoin+") to stdout"))
		equal(strings.Count(copied.String(), "\n"), len(articleRows))
		must(connection.Exec(ctx, "create temp table places (ip inet, city text)"))
		rows := [][]any{{netip.MustParseAddr("104.53.216.85"), "Windsor"}}
		must(connection.CopyFrom(ctx, pgx.Identifier{"places"}, []string{"ip", "city"}, pgx.CopyFromRows(rows)))
		var same bool
		joined := "select p.city = i.city from places p join ipstack_ip i using (ip)"
		expectNone(connection.QueryRow(ctx, joined).Scan(&same))
		equal(same, true)
	})

	check("cancels a running pg_sleep", "", func(ctx context.Context, connection *pgx.Conn) {
		cancelled(ctx, connection, "select pg_sleep(60)", func() {
			observer := must(pgx.ConnectConfig(ctx, config()))
			defer observer.Close(ctx)
			for asleep := false; !asleep; {
				statement := "select exists (select from pg_stat_activity where wait_event = 'PgSleep')"
				expectNone(observer.QueryRow(ctx, statement).Scan(&asleep))
			}
		})
	})

	check("cancels a query that waits for an API, and its call", "", func(ctx context.Context, connection *pgx.Conn) {
		control("DELETE", "calls", "")
		control("PUT", "faults", `[{"kind": "hang", "service": "ipstack"}]`)
		defer control("DELETE", "faults", "")
		cancelled(ctx, connection, "select city from ipstack_ip where ip = '8.8.4.4'", func() { untilInFlight(1) })
		untilInFlight(0)
		equal(strings.Contains(control("GET", "calls?service=ipstack", ""), `"aborted":true`), true)
	})

	check("goes on after an error", "", func(ctx context.Context, connection *pgx.Conn) {
		for _, wrong := range []string{"selekt", "select * from ipstack_ip", "select no_such_column from ipstack_ip"} {
			_, err := connection.Exec(ctx, wrong)
			equal(stateOf(err) != "", true)
			equal(joinRows(connection.Query(ctx, articleJoin)), articleRows)
		}
	})

	check("rolls a failed transaction back", "", func(ctx context.Context, connection *pgx.Conn) {
		transaction := must(connection.Begin(ctx))
		must(transaction.Exec(ctx, "create table never_made (n int)"))
		_, err := transaction.Exec(ctx, "select * from ipstack_ip")
		equal(stateOf(err) != "", true)
		_, err = transaction.Exec(ctx, articleJoin)
		equal(stateOf(err), "25P02")
		expectNone(transaction.Rollback(ctx))
		equal(joinRows(connection.Query(ctx, articleJoin)), articleRows)
		var missing bool
		expectNone(connection.QueryRow(ctx, "select to_regclass('never_made') is null").Scan(&missing))
		equal(missing, true)
	})

	check("runs the join on each of ten pooled connections at once", "", func(ctx context.Context, _ *pgx.Conn) {
		settings := must(pgxpool.ParseConfig(config().ConnString() + "&pool_max_conns=10"))
		pool := must(pgxpool.NewWithConfig(ctx, settings))
		defer pool.Close()
		results := make([][]string, 20)
		var running sync.WaitGroup
		for i := range results {
			running.Add(1)
			go func() {
				defer running.Done()
				defer func() { _ = recover() }() // Its result is then missing.
				results[i] = joinRows(pool.Query(ctx, joinWith("$1"), articleLogGroup))
			}()
		}
		running.Wait()
		for _, rows := range results {
			equal(rows, articleRows)
		}
	})

	check("learns the columns of a table from its description", "", func(ctx context.Context, connection *pgx.Conn) {
		description := must(connection.Prepare(ctx, "", "select event_name, event_time from aws_cloudtrail_trail_event"))
		equal(description.Fields[1].Name, "event_time")
		kind, _ := connection.TypeMap().TypeForOID(description.Fields[1].DataTypeOID)
		equal(kind.Name, "timestamptz")
	})

	check("learns the columns of a table from a query with where false", "",
		func(ctx context.Context, connection *pgx.Conn) {
			rows, _ := connection.Query(ctx, "select event_name from aws_cloudtrail_trail_event where false")
			equal(len(must(pgx.CollectRows(rows, pgx.RowTo[string]))), 0)
		})

	fmt.Printf("pgx: %d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if passed == 0 || failed > 0 {
		os.Exit(1)
	}
}

// cancelled runs a statement, cancels it once ready returns, and checks that the connection goes on.
func cancelled(ctx context.Context, connection *pgx.Conn, statement string, ready func()) {
	ended := make(chan error, 1)
	go func() {
		_, err := connection.Exec(ctx, statement)
		ended <- err
	}()
	ready()
	expectNone(connection.PgConn().CancelRequest(ctx))
	equal(stateOf(<-ended), "57014")
	must(connection.Exec(ctx, "select 1"))
}

// stateOf is the SQLSTATE of an error, empty where it is none of the server's.
func stateOf(err error) string {
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}
