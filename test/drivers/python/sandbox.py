"""Asks the sandbox's control: what goes wrong, which events there are, which calls run."""

import json
import os
import time
from contextlib import contextmanager
from urllib.request import Request, urlopen

url = os.environ['SANDBOX_URL']


def control(method: str, path: str, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f'{url}/_sandbox/{path}', data, method=method), timeout=10) as response:
        return json.load(response)


@contextmanager
def hanging_api(service: str):
    """As long as it lasts, the service takes calls and does not answer. At the end none of them may be left."""
    control('DELETE', 'calls')
    control('PUT', 'faults', [{'kind': 'hang', 'service': service}])
    try:
        yield
        until_in_flight(0)
        [call] = control('GET', f'calls?service={service}')['calls']
        assert call['aborted'], f'the call of {service} has not been ended: {call}'
    finally:
        control('DELETE', 'faults')


def until_in_flight(count: int) -> None:
    """Returns when so many calls run. The sandbox has no way to tell by itself."""
    limit = time.monotonic() + 20
    while control('GET', 'calls')['inFlight'] != count:
        if time.monotonic() > limit:
            raise TimeoutError(f'there are not {count} calls in flight after 20 s')
        time.sleep(0.01)
