-- The article's join as Trino's SQL. Trino reads the right side of a join first, and asks the left one with the keys
-- that it found there: so the table that needs a key stands on the left.
with addrs as (
  select
    a.source_ip_address
  from
    aws.aws_cloudtrail_trail_event a
  where
    a.log_group_name = 'cloudtrail-cwg-devto'
    and regexp_like(a.source_ip_address, '^\d+.\d+') -- filter ipv4 addresses
)
select
  i.ip,
  i.continent_name,
  i.country_name,
  i.region_name,
  i.city
from
  ipstack_text.ipstack_ip i
join
  addrs a
on
  a.source_ip_address = i.ip;
