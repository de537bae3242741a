"""psqlODBC under unixODBC, through pyodbc: https://odbc.postgresql.org, https://github.com/mkleehammer/pyodbc."""

import glob
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyodbc
import sandbox
from checks import article_join, article_log_group, article_rows, as_texts, check, equal, event_columns
from checks import finish, join_with, many_events, parts

[library] = glob.glob('/usr/lib/*/odbc/psqlodbcw.so')


def connected(*, autocommit: bool = True, **options) -> pyodbc.Connection:
    settings = {
        'Driver': library,
        'Server': parts.hostname,
        'Port': parts.port,
        'Database': parts.path.removeprefix('/'),
        'UID': parts.username,
        'PWD': parts.password,
        'SSLmode': 'require',
        # Types of PostgreSQL's own, such as inet, are texts of up to so many characters.
        'MaxVarcharSize': 255,
        **options,
    }
    text = ';'.join(f'{name}={value}' for name, value in settings.items())
    return pyodbc.connect(text, autocommit=autocommit, timeout=10)


def raised(connection: pyodbc.Connection, statement: str) -> str:
    """The SQLSTATE that a statement ends with."""
    try:
        connection.execute(statement)
    except pyodbc.Error as error:
        return error.args[0]
    raise AssertionError(f'it went well: {statement}')


@check('connects with SCRAM over TLS')
def _():
    with connected() as connection:
        equal(connection.getinfo(pyodbc.SQL_DBMS_NAME), 'PostgreSQL')
        equal(connection.getinfo(pyodbc.SQL_DBMS_VER).split('.')[0], '18')
    try:
        connected(PWD='wrong')
    except pyodbc.Error as error:
        assert 'password authentication failed' in str(error), error
    else:
        raise AssertionError('it has been let in with a wrong password')


@check("runs the article's join")
def _():
    with connected() as connection:
        equal(as_texts(connection.execute(article_join).fetchall()), article_rows)


for prepared in (0, 1):

    @check(f"runs the article's join with a parameter, UseServerSidePrepare={prepared}")
    def _():
        with connected(UseServerSidePrepare=prepared) as connection:
            cursor = connection.cursor()
            for log_group in [article_log_group, 'sandbox/empty'] * 3:
                rows = cursor.execute(join_with('?'), log_group).fetchall()
                equal(as_texts(rows), article_rows if log_group == article_log_group else [])


@check('sends several statements at once')
def _():
    with connected() as connection:
        cursor = connection.execute(f'select 1; {article_join}; select 3')
        equal(cursor.fetchval(), 1)
        equal(cursor.nextset(), True)
        equal(as_texts(cursor.fetchall()), article_rows)
        equal(cursor.nextset(), True)
        equal(cursor.fetchval(), 3)


@check('runs one statement with many parameters')
def _():
    with connected() as connection:
        connection.execute('create temp table cities (city text)')
        statement = 'insert into cities select city from ipstack_ip where ip = ?::inet'
        connection.cursor().executemany(statement, [[row[0]] for row in article_rows])
        cities = [city for (city,) in connection.execute('select city from cities')]
        equal(sorted(cities), sorted(row[4] for row in article_rows))


for declared in (0, 1):

    @check(f'streams 100,000 rows, and 20,000 events, UseDeclareFetch={declared}')
    def _():
        with connected(autocommit=False, UseDeclareFetch=declared, Fetch=1000) as connection:
            numbers = connection.execute('select generate_series(1, 100000)')
            equal(sum(n for (n,) in numbers), 5_000_050_000)
            statement = 'select event_name, event_time from aws_cloudtrail_trail_event where log_group_name = ?'
            equal(sum(1 for _ in connection.execute(statement, many_events)), 20_000)


def cancelled(statement: str, ready: Callable[[], None]) -> None:
    """Runs a statement, cancels it from another thread once `ready` returns, and checks how it ends."""
    with connected() as connection, ThreadPoolExecutor() as others:
        cursor = connection.cursor()

        def cancel() -> None:
            ready()
            cursor.cancel()

        cancelling = others.submit(cancel)
        try:
            cursor.execute(statement)
        except pyodbc.Error as error:
            assert 'cancel' in str(error), error
        else:
            raise AssertionError('the statement has not been cancelled')
        cancelling.result()
        equal(connection.execute('select 1').fetchval(), 1)


def until_it_sleeps() -> None:
    with connected() as observer:
        asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
        while observer.execute(asleep).fetchval() != 1:
            time.sleep(0.01)


@check('cancels a running pg_sleep')
def _():
    cancelled('select pg_sleep(60)', until_it_sleeps)


@check('cancels a query that waits for an API, and its call')
def _():
    with sandbox.hanging_api('ipstack'):
        cancelled("select city from ipstack_ip where ip = '8.8.4.4'", lambda: sandbox.until_in_flight(1))


@check('goes on after an error')
def _():
    with connected() as connection:
        equal(raised(connection, 'selekt'), '42601')
        equal(raised(connection, 'select no_such_column from ipstack_ip'), '42703')
        assert raised(connection, 'select * from ipstack_ip')
        equal(as_texts(connection.execute(article_join).fetchall()), article_rows)


# What the driver does after an error in a transaction: nothing, roll back all of it, roll back the statement alone.
for level in (0, 1, 2):

    @check(f'rolls a failed transaction back, Protocol=7.4-{level}')
    def _():
        with connected(autocommit=False, Protocol=f'7.4-{level}') as connection:
            connection.execute('create table never_made (n int)')
            assert raised(connection, 'select * from ipstack_ip')
            if level == 0:
                equal(raised(connection, article_join), '25P02')
            else:
                equal(as_texts(connection.execute(article_join).fetchall()), article_rows)
            connection.rollback()
            equal(as_texts(connection.execute(article_join).fetchall()), article_rows)
            equal(connection.execute("select to_regclass('never_made')").fetchval(), None)


@check('lists tables and their columns')
def _():
    with connected() as connection:
        cursor = connection.cursor()
        tables = {(row.table_schem, row.table_name) for row in cursor.tables(schema='aws')}
        assert ('aws', 'aws_cloudtrail_trail_event') in tables, tables
        columns = {row.column_name: row.type_name for row in cursor.columns('aws_cloudtrail_trail_event', schema='aws')}
        equal(columns.keys() >= set(event_columns), True)
        equal(columns['event_time'], 'timestamptz')
        equal(cursor.primaryKeys('ipstack_ip', schema='ipstack').fetchall(), [])


@check('learns the columns of a table from a query with where 1=0')
def _():
    with connected() as connection:
        cursor = connection.execute('select * from aws_cloudtrail_trail_event where 1=0')
        equal({column[0] for column in cursor.description} >= set(event_columns), True)


finish()
