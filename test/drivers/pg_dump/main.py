"""pg_dump: https://www.postgresql.org/docs/18/app-pgdump.html. What it writes goes into another PostgreSQL."""

import os
import subprocess

import psycopg
from checks import check, equal, event_columns, finish, url
from other_postgres import bin_folder, other_postgres

environment = {**os.environ, 'LD_LIBRARY_PATH': str(bin_folder.parent / 'lib')}


def run(program: str, *arguments: str, **options) -> str:
    command = [str(bin_folder / program), *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def dump(*options: str) -> str:
    return run('pg_dump', f'{url}?sslmode=require', '--no-owner', '--no-privileges', *options)


def restore(address: str, script: str) -> None:
    run('psql', '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', address, input=script)


@check('dumps the schemas of the connections, which another PostgreSQL takes')
def _():
    with other_postgres() as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute('create role millrace')
            restore(address, dump('--schema-only'))
            described = connection.execute(
                'select attname from pg_attribute '
                "where attrelid = 'aws.aws_cloudtrail_trail_event'::regclass and attnum > 0 and "
                'col_description(attrelid, attnum) is not null'
            )
            equal({name for (name,) in described} >= set(event_columns), True)


@check("dumps the user's own tables with their rows, and views over virtual tables")
def _():
    with psycopg.connect(url, sslmode='require', autocommit=True) as connection:
        connection.execute('create table kept (ip inet primary key, city text)')
        connection.execute(
            'create view kept_places as select k.city as kept, i.city from kept k join ipstack_ip i using (ip)'
        )
        try:
            connection.execute("insert into kept select ip, city from ipstack_ip where ip = '104.53.216.85'")
            schema_of_all = dump('--schema-only')
            rows = dump('--data-only', '--schema=public')
        finally:
            connection.execute('drop view kept_places')
            connection.execute('drop table kept')
    with other_postgres() as address, psycopg.connect(address, autocommit=True) as connection:
        connection.execute('create role millrace')
        restore(address, schema_of_all)
        restore(address, rows)
        equal(connection.execute('select host(ip), city from kept').fetchall(), [('104.53.216.85', 'Windsor')])
        equal(connection.execute("select to_regclass('public.kept_places') is not null").fetchone(), (True,))


finish()
