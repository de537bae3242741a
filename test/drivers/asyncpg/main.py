"""asyncpg: https://magicstack.github.io/asyncpg/. It prepares every query with parameters, and has all in binary."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import asyncpg
import sandbox
from checks import Known, article_join, article_log_group, article_rows, as_texts, check, equal, event_columns
from checks import finish, join_with, many_events, url


@asynccontextmanager
async def connected(**options):
    connection = await asyncpg.connect(url, ssl='require', timeout=10, **options)
    try:
        yield connection
    finally:
        await connection.close(timeout=10)


@check('connects with SCRAM over TLS')
async def _():
    async with connected() as connection:
        transport = connection._transport  # It has no public way to tell.
        assert isinstance(transport.get_extra_info('ssl_object'), ssl.SSLObject)
        equal(connection.get_server_version().major, 18)


@check('refuses a wrong password with 28P01')
async def _():
    try:
        async with connected(password='wrong'):
            raise AssertionError('it has been let in')
    except asyncpg.InvalidPasswordError as error:
        equal(error.sqlstate, '28P01')


@check("runs the article's join")
async def _():
    async with connected() as connection:
        equal(as_texts(await connection.fetch(article_join)), article_rows)


@check("runs the article's join with a parameter")
async def _():
    async with connected() as connection:
        equal(as_texts(await connection.fetch(join_with('$1'), article_log_group)), article_rows)


@check('prepares a statement over virtual tables and runs it again and again')
async def _():
    async with connected() as connection:
        statement = await connection.prepare(join_with('$1'))
        equal([kind.name for kind in statement.get_parameters()], ['text'])
        equal([column.type.name for column in statement.get_attributes()], ['inet', *['text'] * 4])
        for _ in range(3):
            equal(as_texts(await statement.fetch(article_log_group)), article_rows)
            equal(await statement.fetch('sandbox/empty'), [])


@check('takes an array as the key of a table')
async def _():
    async with connected() as connection:
        addresses = [row[0] for row in article_rows]
        rows = await connection.fetch('select ip, city from ipstack_ip where ip = any($1::inet[])', addresses)
        equal(as_texts(rows), [(row[0], row[4]) for row in article_rows])


@check('runs one statement with many parameters in a batch')
async def _():
    async with connected() as connection:
        await connection.execute('create temp table cities (city text)')
        addresses = [[row[0]] for row in article_rows]
        await connection.executemany('insert into cities select city from ipstack_ip where ip = $1', addresses)
        cities = [row['city'] for row in await connection.fetch('select city from cities')]
        equal(sorted(cities), sorted(row[4] for row in article_rows))


@check('sends several statements at once')
async def _():
    async with connected() as connection:
        script = f'create temp table places as {article_join}; create temp table more as select * from places'
        equal(await connection.execute(script), 'SELECT 6')
        equal(await connection.fetchval('select count(*) from more'), 6)


@check('streams 100,000 rows through a portal')
async def _():
    async with connected() as connection, connection.transaction():
        total = 0
        async for record in connection.cursor('select generate_series(1, 100000) as n', prefetch=1000):
            total += record['n']
        equal(total, 5_000_050_000)


@check('reads 20,000 events through a portal, and leaves another half read')
async def _():
    statement = 'select event_name, source_ip_address from aws_cloudtrail_trail_event where log_group_name = $1'
    async with connected() as connection, connection.transaction():
        half_read = await connection.cursor(statement, many_events)
        equal(len(await half_read.fetch(10)), 10)
        count = 0
        async for _ in connection.cursor(statement, many_events, prefetch=1000):
            count += 1
        equal(count, 20_000)
        equal(len(await half_read.fetch(10)), 10)


@check('copies a virtual table out in binary, and rows in')
async def _():
    chunks: list[bytes] = []

    async def keep(data: bytes) -> None:
        chunks.append(data)

    async with connected() as connection:
        await connection.copy_from_query(join_with('$1'), article_log_group, output=keep, format='binary')
        copied = b''.join(chunks)
        assert copied.startswith(b'PGCOPY\n') and b'Windsor' in copied
        await connection.execute('create temp table places (ip inet, city text)')
        records = [(row[0], row[4]) for row in article_rows]
        equal(await connection.copy_records_to_table('places', records=records), 'COPY 6')
        joined = 'select p.city = i.city as same from places p join ipstack_ip i using (ip)'
        equal([row['same'] for row in await connection.fetch(joined)], [True] * 6)


@check('cancels a running pg_sleep, by its own time limit')
async def _():
    async with connected() as connection:
        try:
            await connection.fetch('select pg_sleep(60)', timeout=0.3)
        except TimeoutError:
            equal(await connection.fetchval('select 1'), 1)
        else:
            raise AssertionError('the statement has not been cancelled')


@check('cancels a query that waits for an API, and its call')
async def _():
    async with connected() as connection:
        with sandbox.hanging_api('ipstack'):
            query = asyncio.create_task(connection.fetch("select city from ipstack_ip where ip = '8.8.4.4'"))
            await asyncio.to_thread(sandbox.until_in_flight, 1)
            query.cancel()
            await asyncio.wait([query])
            equal(query.cancelled(), True)
            equal(await connection.fetchval('select 1'), 1)
        equal(as_texts(await connection.fetch(article_join)), article_rows)


async def ended_by_the_server(connection, act) -> None:
    """Checks that what `act` does ends a query that waits for an API before the driver's own time limit does."""
    with sandbox.hanging_api('ipstack'):
        query = asyncio.create_task(connection.fetch("select city from ipstack_ip where ip = '8.8.4.4'", timeout=2))
        await asyncio.to_thread(sandbox.until_in_flight, 1)
        await act()
        try:
            await query
        except asyncpg.QueryCanceledError:
            equal(await connection.fetchval('select 1'), 1)
        except TimeoutError:
            raise AssertionError('it is not ended') from None


@check('ends a query that waits for an API by pg_cancel_backend', known=Known.not_in_the_backend)
async def _():
    async with connected() as connection, connected() as other:
        process = connection.get_server_pid()
        await ended_by_the_server(connection, lambda: other.fetch('select pg_cancel_backend($1)', process))


@check('ends a query that waits for an API by statement_timeout')
async def _():
    async with connected(server_settings={'statement_timeout': '500ms'}) as connection:
        await ended_by_the_server(connection, lambda: asyncio.sleep(0))


@check('goes on after an error')
async def _():
    async with connected() as connection:
        for wrong in ('selekt', 'select * from ipstack_ip', 'select no_such_column from ipstack_ip'):
            try:
                await connection.fetch(wrong)
            except asyncpg.PostgresError as error:
                assert error.sqlstate, error
            else:
                raise AssertionError(f'it went well: {wrong}')
            equal(as_texts(await connection.fetch(article_join)), article_rows)


@check('rolls a failed transaction back')
async def _():
    async with connected() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute('create table never_made (n int)')
        for statement in ('select * from ipstack_ip', article_join):
            try:
                await connection.fetch(statement)
            except asyncpg.PostgresError as error:
                last = error.sqlstate
        equal(last, '25P02')
        await transaction.rollback()
        equal(as_texts(await connection.fetch(article_join)), article_rows)
        equal(await connection.fetchval("select to_regclass('never_made')"), None)


@check('runs the join on each of ten pooled connections at once')
async def _():
    async with asyncpg.create_pool(url, ssl='require', min_size=10, max_size=10) as pool:
        results = await asyncio.gather(*(pool.fetch(article_join) for _ in range(20)))
        for rows in results:
            equal(as_texts(rows), article_rows)


for nothing in ('where false', 'limit 0'):

    @check(f'learns the columns of a table from a query with {nothing}')
    async def _():
        async with connected() as connection:
            statement = await connection.prepare(f'select * from aws_cloudtrail_trail_event {nothing}')
            types = {column.name: column.type.name for column in statement.get_attributes()}
            equal(types.keys() >= set(event_columns), True)
            equal(types['event_time'], 'timestamptz')
            equal(await statement.fetch(), [])


finish()
