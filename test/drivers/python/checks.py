"""What the checks of all drivers for Python share: one line a check, and what the article's join gives.

MILLRACE_URL says where Millrace is, SANDBOX_URL where the stand-ins for its APIs are; the working directory is the
repository's root. A driver's script defines its checks, each a function with a connection of its own, and ends with
`finish()`.
"""

import asyncio
import inspect
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

url = os.environ['MILLRACE_URL']
parts = urlsplit(url)
"""The URL's parts, for drivers that do not take it whole."""

article_join = Path('examples/article/3-geolocate.sql').read_text()
article_log_group = 'cloudtrail-cwg-devto'
article_rows = [tuple(line.split('|')) for line in Path('.ci/geolocated.txt').read_text().splitlines()]
"""The six rows of the article's join as texts, in the order of the addresses as texts."""

connections = {'abuseipdb', 'aws', 'ipstack', 'net', 'shodan'}
"""The schemas of a home's connections."""

own_schemas = {'millrace', 'steampipe_internal'}
"""Those with tables of Millrace's own that everybody sees."""

many_events = 'drivers/many-events'
"""A log group of 20,000 generated events."""

event_columns = ['event_name', 'event_source', 'event_time', 'source_ip_address', 'username']
"""Some columns of aws_cloudtrail_trail_event, which reflection has to find."""

class Known:
    """Why checks are known to fail."""

    not_in_the_backend = 'the backend does not know that its session waits for an API'


driver = Path(sys.argv[0]).resolve().parent.name
passed = failed = known_failures = 0


def join_with(parameter: str) -> str:
    """The article's join with a parameter, as the driver writes it, in place of the log group's name."""
    return article_join.replace(f"'{article_log_group}'", parameter)


def as_texts(rows) -> list[tuple[str, ...]]:
    """Rows of the article's join, however the driver shows addresses, in the order of `article_rows`."""
    return sorted(tuple(str(value).removesuffix('/32') for value in row) for row in rows)


def equal(actual, expected) -> None:
    if actual != expected:
        raise AssertionError(f'expected {expected!r}, got {actual!r}')


def check(name: str, known: str | None = None):
    """Runs the function it stands before, at once, and prints whether it held.

    known: why it is known to fail; it then does not fail the run.
    """

    def run(function: Callable[[], None | Awaitable[None]]) -> None:
        global passed, failed, known_failures
        try:
            result = function()
            if inspect.isawaitable(result):
                asyncio.run(within_a_minute(result))
        except Exception as error:
            if known is not None:
                known_failures += 1
                print(f'{driver}: known: {name}: {known} ({error})'.replace('\n', ' '), flush=True)
                return
            failed += 1
            print(f'{driver}: FAILED {name}: {error}', flush=True)
            traceback.print_exc()
        else:
            passed += 1
            print(f'{driver}: ok {name}', flush=True)

    return run


async def within_a_minute(result):
    async with asyncio.timeout(60):
        await result


def finish() -> None:
    """Ends the process with what the checks came to."""
    print(f'{driver}: {passed} passed, {failed} failed, {known_failures} skipped', flush=True)
    sys.exit(0 if passed > 0 and failed == 0 else 1)
