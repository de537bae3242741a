"""psql 18: https://www.postgresql.org/docs/18/app-psql.html"""

import os
import signal
import subprocess
import tempfile

import sandbox
from checks import article_join, article_log_group, article_rows, as_texts, check, connections, equal, event_columns
from checks import finish, join_with, many_events, own_schemas, url
from other_postgres import bin_folder

command = [str(bin_folder / 'psql'), '--no-psqlrc', '--no-align', '--tuples-only', f'{url}?sslmode=require']
environment = {**os.environ, 'LD_LIBRARY_PATH': str(bin_folder.parent / 'lib')}


def psql(script: str, *options: str) -> list[str]:
    """Runs a script and gives the lines of its output; errors are among them."""
    completed = subprocess.run(
        [*command, *options], input=script, env=environment, text=True, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    return completed.stdout.splitlines()


def rows(lines: list[str]) -> list[tuple[str, ...]]:
    return as_texts(line.split('|') for line in lines)


@check('connects with SCRAM over TLS')
def _():
    lines = psql('\\conninfo', '--no-psqlrc')
    assert any('TLSv1.3' in line for line in lines), lines


@check("runs the article's join")
def _():
    equal(rows(psql(article_join)), article_rows)


@check("runs the article's join with a parameter, and prepared")
def _():
    equal(rows(psql(f"{join_with('$1')} \\bind {article_log_group} \\g")), article_rows)
    # psql prints an empty line where it has prepared a statement.
    prepared = psql(f"{join_with('$1')} \\parse places\n\\bind_named places {article_log_group} \\g")
    equal(rows(prepared[1:]), article_rows)


@check('sends statements in a pipeline')
def _():
    script = '\n'.join([
        '\\startpipeline',
        'select 1 \\bind \\sendpipeline',
        f"{join_with('$1')} \\bind {article_log_group} \\sendpipeline",
        '\\syncpipeline',
        'select 3 \\bind \\sendpipeline',
        '\\endpipeline',
    ])
    lines = psql(script)
    equal([lines[0], lines[-1]], ['1', '3'])
    equal(rows(lines[1:-1]), article_rows)


@check('describes a query that does not run')
def _():
    lines = psql(f'{article_join} \\gdesc')
    equal(lines[:2], ['ip|inet', 'continent_name|text'])


@check('describes schemas, tables and columns')
def _():
    lines = psql('\\dt\n\\d+ aws.aws_cloudtrail_trail_event')
    assert 'aws|aws_cloudtrail_trail_event|table|millrace_engine' in lines, lines
    listed = [line for line in lines if line.count('|') == 3 and line.endswith('|table|millrace_engine')]
    equal({line.split('|')[0] for line in listed}, connections)
    for column in event_columns:
        assert any(line.startswith(f'{column}|') for line in lines), column
    schemas = [f'{name}|millrace_engine' for name in connections | own_schemas]
    equal(psql('\\dn'), sorted([*schemas, 'public|pg_database_owner']))


@check('lists the settings of Millrace, and refuses one that is none')
def _():
    lines = psql('\\dconfig millrace.*\nset millrace.cahce_ttl = 1;')
    assert 'millrace.cache_ttl|300 (default)' in lines, lines
    assert any('Perhaps you meant "millrace.cache_ttl"' in line for line in lines), lines


@check('reads tables with ANALYZE and VACUUM, which ask no API')
def _():
    lines = psql('analyze ipstack_ip;\nvacuum analyze aws_cloudtrail_trail;\nanalyze;')
    equal([line for line in lines if not line.startswith('WARNING:')], ['ANALYZE', 'VACUUM', 'ANALYZE'])


@check('streams 100,000 rows, and 20,000 events, with FETCH_COUNT and without')
def _():
    for fetch_count in ('0', '1000'):
        script = (
            'select generate_series(1, 100000);'
            f"select event_name from aws_cloudtrail_trail_event where log_group_name = '{many_events}'"
        )
        equal(len(psql(script, f'--set=FETCH_COUNT={fetch_count}')), 120_000)


@check('copies a virtual table into a file, and back')
def _():
    with tempfile.NamedTemporaryFile() as file:
        lines = psql(
            "\\copy (select ip, city from ipstack_ip where ip in ('104.53.216.85', '82.102.17.180')) to "
            f"'{file.name}'\ncreate temp table kept (ip inet, city text);\n\\copy kept from '{file.name}'\n"
            'select city from kept order by city'
        )
        equal(lines, ['COPY 2', 'CREATE TABLE', 'COPY 2', 'Madrid', 'Windsor'])


@check('goes on after an error, and rolls a failed transaction back')
def _():
    lines = psql('select * from ipstack_ip;\nbegin;\nselect * from ipstack_ip;\nselect 1;\nrollback;\nselect 2;')
    equal([line for line in lines if line.startswith('ERROR')][-1][:40], 'ERROR:  current transaction is aborted, ')
    equal(lines[-1], '2')


@check('goes back to a savepoint by itself with ON_ERROR_ROLLBACK')
def _():
    lines = psql('begin;\nselect * from ipstack_ip;\nselect 1;\ncommit;', '--set=ON_ERROR_ROLLBACK=on')
    equal(lines[-2:], ['1', 'COMMIT'])


@check('cancels a query that waits for an API, and its call')
def _():
    with sandbox.hanging_api('ipstack'):
        script = "select city from ipstack_ip where ip = '8.8.4.4';\nselect 2;\n"
        process = subprocess.Popen(
            command, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        assert process.stdin is not None
        process.stdin.write(script)
        process.stdin.flush()
        sandbox.until_in_flight(1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        assert 'canceling statement due to user request' in output, output
        assert 'Could not send cancel request' not in output, output


finish()
