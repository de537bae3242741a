"""SQLAlchemy 2 over psycopg 3: https://www.sqlalchemy.org. Above all what it reflects."""

import psycopg
import sqlalchemy
from checks import article_join, article_log_group, article_rows, as_texts, check, connections, equal, event_columns
from checks import finish, join_with, many_events, own_schemas, url
from sqlalchemy import MetaData, Table, cast, create_engine, func, inspect, select, text
from sqlalchemy.dialects.postgresql import INET, JSONB, TIMESTAMP
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

engine = create_engine(
    url.replace('postgres://', 'postgresql+psycopg://'),
    poolclass=NullPool,
    connect_args={'sslmode': 'require', 'connect_timeout': 10},
)


@check('connects with SCRAM over TLS')
def _():
    with engine.connect() as connection:
        driver_connection = connection.connection.driver_connection
        assert isinstance(driver_connection, psycopg.Connection)
        equal(driver_connection.pgconn.ssl_in_use, True)
        equal(engine.dialect.server_version_info[0], 18)


@check("runs the article's join")
def _():
    with engine.connect() as connection:
        equal(as_texts(connection.exec_driver_sql(article_join.replace('%', '%%'))), article_rows)


@check("runs the article's join with a parameter")
def _():
    statement = text(join_with(':log_group').replace('::inet', '\\:\\:inet'))
    with engine.connect() as connection:
        equal(as_texts(connection.execute(statement, {'log_group': article_log_group})), article_rows)


@check('reflects the schemas of the connections')
def _():
    schemas = set(inspect(engine).get_schema_names()) - {'information_schema'}
    equal(schemas, connections | own_schemas | {'public'})


@check('lists the tables of the connections while a query reads them, and none of Millrace that come and go')
def _():
    with engine.connect() as connection:
        connection.exec_driver_sql(article_join.replace('%', '%%'))
        inspector = inspect(connection)
        names = {name for name in inspector.get_table_names() if name.split('_')[0] not in connections}
        equal(names, set())
        equal(inspector.get_view_names() + inspector.get_foreign_table_names(), [])
        listed = connection.execute(text('select distinct table_schema from information_schema.tables'))
        equal({name for (name,) in listed} - {'information_schema', 'pg_catalog'}, connections | own_schemas)


@check('reflects tables and their comments')
def _():
    inspector = inspect(engine)
    equal({'aws_cloudtrail_trail', 'aws_cloudtrail_trail_event'} - set(inspector.get_table_names('aws')), set())
    equal(set(inspector.get_table_names('ipstack')), {'ipstack_ip', 'ipstack_my_ip'})
    assert inspector.get_table_comment('ipstack_ip', 'ipstack')['text']


@check('reflects columns, their types and comments')
def _():
    columns = {
        column['name']: column
        for column in inspect(engine).get_columns('aws_cloudtrail_trail_event', 'aws')
    }
    equal(columns.keys() >= set(event_columns), True)
    for name, kind in (('event_time', TIMESTAMP), ('cloudtrail_event', JSONB), ('username', sqlalchemy.TEXT)):
        assert isinstance(columns[name]['type'], kind), columns[name]
    equal([name for name, column in columns.items() if not column['comment']], [])


@check('reflects that virtual tables have no keys and no indexes')
def _():
    inspector = inspect(engine)
    equal(inspector.get_pk_constraint('ipstack_ip', 'ipstack')['constrained_columns'], [])
    equal(inspector.get_foreign_keys('ipstack_ip', 'ipstack'), [])
    equal(inspector.get_indexes('ipstack_ip', 'ipstack'), [])


@check("builds the article's join from reflected tables")
def _():
    metadata = MetaData()
    event = Table('aws_cloudtrail_trail_event', metadata, schema='aws', autoload_with=engine)
    place = Table('ipstack_ip', metadata, schema='ipstack', autoload_with=engine)
    addresses = (
        select(cast(event.c.source_ip_address, INET).label('ip'))
        .where(event.c.log_group_name == article_log_group)
        .where(event.c.source_ip_address.regexp_match(r'^\d+.\d+'))
        .cte('addrs')
    )
    statement = select(
        addresses.c.ip, place.c.continent_name, place.c.country_name, place.c.region_name, place.c.city
    ).join_from(addresses, place, addresses.c.ip == place.c.ip)
    with Session(engine) as session:
        equal(as_texts(session.execute(statement)), article_rows)
        by_country = select(place.c.country_name, func.count()).join_from(
            addresses, place, addresses.c.ip == place.c.ip
        )
        counts = session.execute(by_country.group_by(place.c.country_name)).all()
        equal(dict(map(tuple, counts)), {'United States': 4, 'Spain': 1, 'Netherlands': 1})


@check('reads 20,000 events through a cursor of the server')
def _():
    statement = text(
        'select event_name, source_ip_address from aws_cloudtrail_trail_event where log_group_name = :name'
    )
    with engine.connect().execution_options(yield_per=1000) as connection:
        result = connection.execute(statement, {'name': many_events})
        equal(sum(len(rows) for rows in result.partitions()), 20_000)


@check('goes on after an error')
def _():
    with engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
        for wrong in ('selekt', 'select * from ipstack_ip'):
            try:
                connection.execute(text(wrong))
            except sqlalchemy.exc.DBAPIError as error:
                assert error.orig.sqlstate, error
            else:
                raise AssertionError(f'it went well: {wrong}')
            equal(connection.execute(text('select 1')).scalar(), 1)


@check('rolls a failed transaction back, and to a savepoint')
def _():
    with Session(engine) as session:
        session.execute(text('create table never_made (n int)'))
        try:
            with session.begin_nested():
                session.execute(text('select * from ipstack_ip'))
        except sqlalchemy.exc.DBAPIError:
            pass
        equal(as_texts(session.execute(text(article_join.replace('::', '\\:\\:')))), article_rows)
        session.rollback()
        equal(session.execute(text("select to_regclass('never_made')")).scalar(), None)


@check('keeps what a query gives in a table of its own')
def _():
    with engine.begin() as connection:
        connection.execute(text('create temp table kept as ' + article_join.replace('::', '\\:\\:')))
        kept = Table('kept', MetaData(), autoload_with=connection)
        assert isinstance(kept.c.ip.type, INET)
        equal(as_texts(connection.execute(select(kept))), article_rows)


@check('learns the columns of a table from a query with where false')
def _():
    with engine.connect() as connection:
        result = connection.execute(text('select * from aws_cloudtrail_trail_event where false'))
        equal(set(result.keys()) >= set(event_columns), True)


finish()
