"""psycopg 3: https://www.psycopg.org/psycopg3/"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import psycopg
import sandbox
from checks import article_join, article_log_group, article_rows, as_texts, check, equal, event_columns
from checks import finish, join_with, many_events, url
from psycopg import sql


def connected(*, autocommit: bool = True, **options) -> psycopg.Connection:
    return psycopg.connect(url, sslmode='require', connect_timeout=10, autocommit=autocommit, **options)


@check('connects with SCRAM over TLS')
def _():
    with connected(require_auth='scram-sha-256') as connection:
        equal(connection.pgconn.ssl_in_use, True)
        equal(connection.info.server_version // 10000, 18)


@check('refuses a wrong password with 28P01')
def _():
    try:
        connected(password='wrong').close()
    except psycopg.OperationalError as error:
        assert 'password authentication failed' in str(error), error
    else:
        raise AssertionError('it has been let in')


@check("runs the article's join")
def _():
    with connected() as connection:
        equal(as_texts(connection.execute(article_join)), article_rows)


for binary in (False, True):

    @check(f"runs the article's join with a parameter, {'binary' if binary else 'text'}")
    def _():
        with connected() as connection, connection.cursor(binary=binary) as cursor:
            placeholder = '%b' if binary else '%t'
            rows = cursor.execute(join_with(placeholder), [article_log_group]).fetchall()
            equal({type(row[0]) for row in rows}, {type(ip_address('192.0.2.1'))})
            equal(as_texts(rows), article_rows)


@check('prepares a statement over virtual tables and runs it again and again')
def _():
    with connected() as connection:
        for log_group in [article_log_group, 'sandbox/empty'] * 3:
            rows = connection.execute(join_with('%s'), [log_group], prepare=True).fetchall()
            equal(as_texts(rows), article_rows if log_group == article_log_group else [])
        [(prepared,)] = connection.execute(
            "select count(*) from pg_prepared_statements where statement like '%ipstack_ip%'"
        )
        equal(prepared, 1)


@check('sends several statements at once')
def _():
    with connected() as connection:
        cursor = connection.execute(f'select 1; {article_join}; select 3')
        results = [cursor.fetchall()]
        while cursor.nextset():
            results.append(cursor.fetchall())
        equal(results[0], [(1,)])
        equal(as_texts(results[1]), article_rows)
        equal(results[2], [(3,)])


@check('sends statements in a pipeline, one of them wrong')
def _():
    with connected() as connection:
        with connection.pipeline() as pipeline:
            before = connection.execute('select 1')
            join = connection.execute(join_with('%s'), [article_log_group])
            pipeline.sync()
            equal(before.fetchall(), [(1,)])
            equal(as_texts(join.fetchall()), article_rows)
        try:
            with connection.pipeline():
                connection.execute('select * from ipstack_ip')
                connection.execute('select 2')
        except psycopg.Error as error:
            assert 'ipstack_ip' in str(error), error
        else:
            raise AssertionError('a query without its key has been answered')
        equal(connection.execute('select 3').fetchall(), [(3,)])


@check('streams 100,000 rows one by one')
def _():
    with connected() as connection, connection.cursor() as cursor:
        total = sum(n for (n,) in cursor.stream('select generate_series(1, 100000)'))
        equal(total, 5_000_050_000)


@check('reads 20,000 events through a cursor of the server')
def _():
    statement = 'select event_name, source_ip_address from aws_cloudtrail_trail_event where log_group_name = %s'
    with connected() as connection, connection.transaction():
        with connection.cursor(name='events') as cursor:
            cursor.itersize = 1000
            equal(sum(1 for _ in cursor.execute(statement, [many_events])), 20_000)


@check('copies a virtual table out, and rows in')
def _():
    with connected() as connection, connection.cursor() as cursor:
        with cursor.copy(f'copy ({article_join}) to stdout') as copy:
            equal(as_texts(copy.rows()), article_rows)
        cursor.execute('create temp table places (ip inet, city text)')
        with cursor.copy('copy places from stdin') as copy:
            for row in article_rows:
                copy.write_row([row[0], row[4]])
        joined = 'select p.city = i.city from places p join ipstack_ip i using (ip)'
        equal(cursor.execute(joined).fetchall(), [(True,)] * 6)


def cancelled(connection: psycopg.Connection, statement: str, ready: Callable[[], None]) -> None:
    """Runs a statement, cancels it from another thread once `ready` returns, and checks how it ends."""

    def cancel() -> None:
        ready()
        connection.cancel_safe(timeout=10)

    with ThreadPoolExecutor() as others:
        cancelling = others.submit(cancel)
        try:
            connection.execute(statement)
        except psycopg.errors.QueryCanceled:
            pass
        else:
            raise AssertionError('the statement has not been cancelled')
        cancelling.result()
    equal(connection.execute('select 1').fetchall(), [(1,)])


def until_it_sleeps() -> None:
    with connected() as observer:
        asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
        while observer.execute(asleep).fetchone() != (1,):
            pass


@check('cancels a running pg_sleep')
def _():
    with connected() as connection:
        cancelled(connection, 'select pg_sleep(60)', until_it_sleeps)


@check('cancels a query that waits for an API, and its call')
def _():
    with connected() as connection, sandbox.hanging_api('ipstack'):
        statement = "select city from ipstack_ip where ip = '8.8.4.4'"
        cancelled(connection, statement, lambda: sandbox.until_in_flight(1))


@check('goes on after an error')
def _():
    with connected() as connection:
        for wrong in ('selekt', 'select * from ipstack_ip', 'select no_such_column from ipstack_ip'):
            try:
                connection.execute(wrong)
            except psycopg.Error as error:
                assert error.sqlstate and error.diag.message_primary, error
            equal(as_texts(connection.execute(article_join)), article_rows)


@check('rolls a failed transaction back')
def _():
    with connected(autocommit=False) as connection:
        connection.execute('create table never_made (n int)')
        for statement, state in (('select * from ipstack_ip', None), (article_join, '25P02')):
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                equal(error.sqlstate, state or error.sqlstate)
            else:
                raise AssertionError(f'it went well: {statement}')
        connection.rollback()
        equal(as_texts(connection.execute(article_join)), article_rows)
        equal(connection.execute("select to_regclass('never_made')").fetchone(), (None,))


@check('rolls back to a savepoint')
def _():
    with connected() as connection, connection.transaction():
        try:
            with connection.transaction():
                connection.execute('select * from ipstack_ip')
        except psycopg.Error:
            pass
        equal(as_texts(connection.execute(article_join)), article_rows)


for nothing in ('where false', 'limit 0'):

    @check(f'learns the columns of a table from a query with {nothing}')
    def _():
        table = sql.Identifier('aws', 'aws_cloudtrail_trail_event')
        with connected() as connection:
            described = connection.execute(sql.SQL(f'select * from {{}} {nothing}').format(table)).description
            types = {column.name: column.type_display for column in described or []}
            equal(types.keys() >= set(event_columns), True)
            equal(types['event_time'], 'timestamptz')


finish()
