"""Another PostgreSQL, with nothing of Millrace's in it, and its programs."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

bin_folder = Path(os.environ['POSTGRES_BIN'])
"""Where the programs of a PostgreSQL 18 are."""

# PostgreSQL does not run as root.
account = 'nobody' if os.getuid() == 0 else None


@contextmanager
def other_postgres() -> Iterator[str]:
    """Starts it in a folder of its own, without TCP, and gives the connection string of its superuser."""
    folder = Path(tempfile.mkdtemp(prefix='millrace-other-postgres-'))
    data = folder / 'data'
    log = folder / 'log'
    try:
        if account is not None:
            shutil.chown(folder, account)
        run('initdb', '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync')
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        try:
            run('pg_ctl', '-D', data, '-l', log, '-o', settings, '-w', '-t', '30', 'start')
        except subprocess.CalledProcessError as error:
            raise RuntimeError(log.read_text()) from error
        try:
            yield f'host={folder} user=postgres dbname=postgres'
        finally:
            run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop')
    finally:
        shutil.rmtree(folder)


def run(program: str, *arguments: object, **options) -> str:
    """Runs one of its programs, as the account that the server runs under, and gives its output."""
    command = [str(bin_folder / program), *map(str, arguments)]
    environment = {
        **os.environ,
        # Its extensions look for libpq where the system has its own, which may be older.
        'LD_LIBRARY_PATH': str(bin_folder.parent / 'lib'),
        # libpq looks for certificates in the home, and root's cannot be read.
        'HOME': '/',
    }
    completed = subprocess.run(
        command,
        user=account,
        cwd='/',
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    if completed.returncode != 0:
        print(completed.stdout)
        completed.check_returncode()
    return completed.stdout
