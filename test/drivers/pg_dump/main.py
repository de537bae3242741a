"""pg_dump: https://www.postgresql.org/docs/18/app-pgdump.html. What it writes goes into another PostgreSQL."""

import os
import subprocess

import psycopg
from checks import check, equal, finish, url
from other_postgres import bin_folder, other_postgres

environment = {**os.environ, 'LD_LIBRARY_PATH': str(bin_folder.parent / 'lib')}


def run(program: str, *arguments: str, **options) -> str:
    command = [str(bin_folder / program), *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def dump(*options: str) -> str:
    return run('pg_dump', f'{url}?sslmode=require', *options)


def restore(address: str, script: str) -> None:
    run('psql', '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', address, input=script)


@check("dumps the user's own, and nothing of Millrace, into a PostgreSQL without it")
def _():
    with psycopg.connect(url, sslmode='require', autocommit=True) as connection:
        connection.execute('create table kept (ip inet primary key, city text)')
        try:
            connection.execute("insert into kept select ip, city from ipstack_ip where ip = '104.53.216.85'")
            everything = dump()
        finally:
            connection.execute('drop table kept')
    equal([name for name in ('aws', 'ipstack', 'millrace_', 'EXTENSION', 'SERVER') if name in everything], [])
    with other_postgres() as address, psycopg.connect(address, autocommit=True) as connection:
        connection.execute('create role millrace')
        restore(address, everything)
        equal(connection.execute('select host(ip), city from kept').fetchall(), [('104.53.216.85', 'Windsor')])


@check('dumps views and functions over virtual tables, which another Millrace takes')
def _():
    with psycopg.connect(url, sslmode='require', autocommit=True) as connection:
        connection.execute('create table kept (ip inet primary key, city text)')
        connection.execute(
            'create view kept_places as select k.city as kept, i.city from kept k join ipstack_ip i using (ip)'
        )
        connection.execute(
            'create materialized view trails as select name from aws_cloudtrail_trail with no data'
        )
        connection.execute("insert into kept values ('104.53.216.85', 'there')")
        try:
            everything = dump()
        finally:
            connection.execute('drop view kept_places; drop materialized view trails; drop table kept')
        # The same one stands for the other.
        restore(f'{url}?sslmode=require', everything)
        try:
            equal(connection.execute('select * from kept_places').fetchall(), [('there', 'Windsor')])
        finally:
            connection.execute('drop view kept_places; drop materialized view trails; drop table kept')


finish()
