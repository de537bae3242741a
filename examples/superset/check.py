"""Checks over Superset's REST API that it connects to Millrace, lists its tables, and draws what the article says.

check.py URL USER PASSWORD
"""

import csv
import sys
from pathlib import Path

import requests

url, user, password = sys.argv[1:]
session = requests.Session()


def asked(method: str, path: str, **options) -> dict:
    """What a call of the API answers."""
    answer = session.request(method, f'{url}/api/v1/{path}', timeout=120, **options)
    if not answer.ok:
        sys.exit(f'{method} {path}: {answer.status_code} {answer.text}')
    return answer.json()


def found(resource: str, name: str) -> int:
    """The id of what has a name."""
    columns = {'database': 'database_name', 'dataset': 'table_name', 'chart': 'slice_name'}
    filters = f'(filters:!((col:{columns[resource]},opr:eq,value:\'{name}\')))'
    return asked('GET', f'{resource}/', params={'q': filters})['result'][0]['id']


login = {'username': user, 'password': password, 'provider': 'db'}
session.headers['Authorization'] = f'Bearer {asked("POST", "security/login", json=login)["access_token"]}'
session.headers['X-CSRFToken'] = asked('GET', 'security/csrf_token/')['result']
session.headers['Referer'] = url
passed = 0


def check(what: str, given: object, expected: object) -> None:
    global passed
    if given != expected:
        sys.exit(f'superset: FAILED {what}: {given} in place of {expected}')
    print(f'superset: ok {what}')
    passed += 1


database = found('database', 'Millrace')


def listed(schema: str) -> set[str]:
    tables = asked('GET', f'database/{database}/tables/', params={'q': f'(schema_name:{schema},force:!t)'})
    return {table['value'] for table in tables['result']}


schemas = set(asked('GET', f'database/{database}/schemas/', params={'q': '(force:!t)'})['result'])
check('lists the connections as schemas', {'aws', 'ipstack', 'net', 'shodan', 'abuseipdb'} - schemas, set())
check('lists none of the schemas that are internal', {name for name in schemas if name.startswith('pg_')}, set())
check('lists the tables of a connection', listed('ipstack'), {'ipstack_ip', 'ipstack_my_ip'})

described = asked('GET', f'database/{database}/table_metadata/', params={'name': 'ipstack_ip', 'schema': 'ipstack'})
[ip] = [column for column in described['columns'] if column['name'] == 'ip']
check('reads types and comments', (ip['type'], 'Key column' in ip['comment']), ('INET', True))


def answered(sql: str) -> list[dict]:
    """The rows of a statement in SQL Lab."""
    statement = {'database_id': database, 'schema': 'ipstack', 'sql': sql}
    return asked('POST', 'sqllab/execute/', json=statement)['data']


rows = answered("select city from ipstack_ip where ip = '8.8.8.8'")
check('runs a statement of SQL Lab', rows, [{'city': 'Nairobi'}])
# Beside the search path that Superset itself sets.
shown = [answered(f'show {name}')[0][name] for name in ('millrace.max_api_calls', 'statement_timeout')]
check('has the limits of the connection', shown, ['500', '2min'])

dataset = found('dataset', 'located_event')


def drawn(**query: object) -> list[dict]:
    """The rows that a chart over the dataset is drawn from."""
    question = {
        'datasource': {'id': dataset, 'type': 'table'},
        'queries': [{'row_limit': 1000, **query}],
        'result_type': 'full',
        'result_format': 'json',
    }
    return asked('POST', 'chart/data', json=question)['result'][0]['data']


# All columns that the charts read, so that Millrace's cache answers what follows.
columns = ['source_ip_address', 'country_name', 'city', 'country_code']
hour = drawn(columns=columns, metrics=[], granularity='timestamp', time_range='2022-07-06T19:00:00 : 2022-07-06T20:00:00')
check('draws an hour', sorted(row['city'] for row in hour), ['Manhattan', 'Palo Alto'])

# As the article has it.
rows = sorted(tuple(row[column] for column in columns[:3]) for row in drawn(columns=columns, metrics=[]))
lines = csv.reader(Path(__file__, '../../../.ci/geolocated.txt').resolve().read_text().splitlines(), delimiter='|')
article = sorted((ip, country, city) for ip, _, country, _, city in lines)
check("draws the rows of the article's join", rows, article)

counts = {row['country_code']: row['events'] for row in drawn(columns=['country_code'], metrics=['events'])}
check('draws the map', counts, {'US': 4, 'ES': 1, 'NL': 1})

print(f'superset: {passed} passed, 0 failed')
