-- The same with LIKE, which Trino passes on, in the article's order: as nothing but the join itself is left to Trino,
-- it passes the whole of it on, and Millrace finds the keys.
select
  a.source_ip_address as ip,
  i.continent_name,
  i.country_name,
  i.region_name,
  i.city
from
  aws.aws_cloudtrail_trail_event a
join
  ipstack_text.ipstack_ip i
on
  a.source_ip_address = i.ip
where
  a.log_group_name = 'cloudtrail-cwg-devto'
  -- filter ipv4 addresses
  and a.source_ip_address like '%.%.%.%';
