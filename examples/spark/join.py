"""The article's join in Spark, on two workers, over Millrace: events by time, places by lists of addresses.

Partitions are read side by side, each by a statement of its own, and what a partition's condition says reaches the API.
"""

import os
import sys
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col

millrace = urlsplit(os.environ['MILLRACE_URL'])
jdbc_url = f'jdbc:postgresql://{millrace.hostname}:{millrace.port}{millrace.path}?sslmode=require'
options = {
    'user': millrace.username,
    'password': millrace.password,
    'driver': 'org.postgresql.Driver',
    # Rows come as they are read, not all at once.
    'fetchsize': '1000',
}

if len(sys.argv) != 5:
    sys.exit('Usage: join.py LOG_GROUP BEGIN HOURS PARTITIONS')
log_group, begin, hours, parts = sys.argv[1], datetime.fromisoformat(sys.argv[2]), *map(int, sys.argv[3:])


def quoted(text: str) -> str:
    """A literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def read(table: str, predicates: list[str]) -> DataFrame:
    """A table, in one partition for each condition."""
    return spark.read.jdbc(jdbc_url, table, predicates=predicates, properties=options)


def spans(start: datetime, length: timedelta, count: int) -> list[str]:
    """Conditions that divide a time into parts, each with both of its bounds."""
    bounds = [start + length * part / count for part in range(count + 1)]
    return [
        f"log_group_name = {quoted(log_group)} and timestamp >= '{low.isoformat()}' and timestamp < '{high.isoformat()}'"
        for low, high in zip(bounds, bounds[1:])
    ]


spark = (
    SparkSession.builder.master('local-cluster[2,1,1024]')
    .appName('millrace')
    .config('spark.jars', os.environ['JDBC_JAR'])
    .config('spark.ui.enabled', 'false')
    .config('spark.ui.showConsoleProgress', 'false')
    .config('spark.executor.memory', '768m')
    .config('spark.sql.session.timeZone', 'UTC')
    # As many as this example's few rows are worth.
    .config('spark.sql.shuffle.partitions', '4')
    .getOrCreate()
)
spark.sparkContext.setLogLevel('ERROR')

events = (
    read('aws_cloudtrail_trail_event', spans(begin, timedelta(hours=hours), parts))
    .where(col('source_ip_address').rlike(r'^\d+.\d+'))  # filter ipv4 addresses
    .select('event_name', 'source_ip_address')
    # Read once, for the addresses and for the join.
    .cache()
)
addresses = sorted(row.source_ip_address for row in events.select('source_ip_address').distinct().collect())
# As many lists as partitions of events, but none longer than a statement should be.
size = max(1, min(5000, -(-len(addresses) // parts)))
lists = [addresses[first : first + size] for first in range(0, len(addresses), size)]
places = read('ipstack_ip', [f'ip in ({", ".join(map(quoted, part))})' for part in lists]).select(
    'ip', 'continent_name', 'country_name', 'region_name', 'city'
)

joined = events.join(places, events.source_ip_address == places.ip).select(places.columns)
for row in joined.collect():
    print('|'.join(row))
spark.stop()
