"""postgres_fdw of another PostgreSQL: https://www.postgresql.org/docs/18/postgres-fdw.html"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import sandbox
from checks import article_join, article_log_group, article_rows, as_texts, check, equal, event_columns
from checks import finish, many_events, parts
from other_postgres import other_postgres
from psycopg import sql


def import_schemas(connection: psycopg.Connection) -> None:
    connection.execute('create extension postgres_fdw')
    connection.execute(
        sql.SQL(
            'create server millrace foreign data wrapper postgres_fdw '
            "options (host {}, port {}, dbname {}, sslmode 'require', fetch_size '1000')"
        ).format(parts.hostname, str(parts.port), parts.path.removeprefix('/'))
    )
    connection.execute(
        sql.SQL('create user mapping for postgres server millrace options (user {}, password {})').format(
            parts.username, parts.password
        )
    )
    for schema in ('aws', 'ipstack'):
        name = sql.Identifier(schema)
        connection.execute(sql.SQL('create schema {}').format(name))
        connection.execute(sql.SQL('import foreign schema {} from server millrace into {}').format(name, name))


with other_postgres() as address:

    @contextmanager
    def connected(**options) -> Iterator[psycopg.Connection]:
        with psycopg.connect(address, autocommit=True, **options) as connection:
            connection.execute('set search_path = public, aws, ipstack')
            yield connection

    @check('imports the schemas of the connections')
    def _():
        with connected() as connection:
            import_schemas(connection)
            columns = connection.execute(
                'select attname from pg_attribute '
                "where attrelid = 'aws.aws_cloudtrail_trail_event'::regclass and attnum > 0"
            )
            equal({name for (name,) in columns} >= set(event_columns), True)

    @check('lists a trail')
    def _():
        with connected() as connection:
            equal(connection.execute('select name, region from aws_cloudtrail_trail').fetchall(),
                  [('cloudtrail-for-devto', 'us-east-1')])

    @check('reads the events of a log group, given as a constant and as a parameter')
    def _():
        statement = 'select count(distinct event_id) from aws_cloudtrail_trail_event where log_group_name = '
        with connected() as connection:
            (constant,) = connection.execute(f"{statement} '{article_log_group}'").fetchone()
            (parameter,) = connection.execute(f'{statement} %s', [article_log_group]).fetchone()
            assert constant >= 6, constant
            equal(parameter, constant)

    @check('joins with the addresses given one by one')
    def _():
        # Its planner asks for all rows of a table or for those of one key at a time; the table answers only the latter.
        statement = (
            'with addrs as materialized (select source_ip_address::inet as ip from aws_cloudtrail_trail_event '
            r"where log_group_name = %s and source_ip_address ~ '^\d+\.\d+') "
            'select a.ip, i.* from addrs a cross join lateral (select continent_name, country_name, region_name, city '
            'from ipstack_ip where ip = a.ip offset 0) i'
        )
        with connected() as connection:
            equal(as_texts(connection.execute(statement, [article_log_group])), article_rows)

    @check("runs the article's join where that is sent as a whole")
    def _():
        with connected() as connection:
            connection.execute('create extension dblink')
            rows = connection.execute(
                "select * from dblink('millrace', %s) as places "
                '(ip inet, continent_name text, country_name text, region_name text, city text)',
                [article_join],
            )
            equal(as_texts(rows), article_rows)

    @check('reads 20,000 events through its cursor, twice in a transaction')
    def _():
        statement = 'select event_name, event_time from aws_cloudtrail_trail_event where log_group_name = %s'
        with connected() as connection, connection.transaction():
            for _ in range(2):
                equal(len(connection.execute(statement, [many_events]).fetchall()), 20_000)

    @check('goes on after an error, in a transaction with savepoints too')
    def _():
        with connected() as connection, connection.transaction():
            try:
                with connection.transaction():
                    connection.execute('select * from ipstack_ip')
            except psycopg.Error as error:
                assert 'ipstack_ip' in str(error), error
            else:
                raise AssertionError('a query without its key has been answered')
            city = connection.execute("select city from ipstack_ip where ip = '104.53.216.85'").fetchone()
            equal(city, ('Windsor',))

    @check('cancels a query that waits for an API, and its call')
    def _():
        with connected() as connection, ThreadPoolExecutor() as others, sandbox.hanging_api('ipstack'):
            cancelling = others.submit(lambda: (sandbox.until_in_flight(1), connection.cancel_safe(timeout=10)))
            try:
                connection.execute("select city from ipstack_ip where ip = '8.8.4.4'")
            except psycopg.errors.QueryCanceled:
                pass
            else:
                raise AssertionError('the query has not been cancelled')
            cancelling.result()

    @check('keeps what a query gives in a materialized view')
    def _():
        with connected() as connection:
            connection.execute(
                'create materialized view windsor as '
                "select ip, city from ipstack_ip where ip in ('104.53.216.85', '82.102.17.180')"
            )
            connection.execute('refresh materialized view windsor')
            equal(sorted(city for (_, city) in connection.execute('select * from windsor')), ['Madrid', 'Windsor'])


finish()
