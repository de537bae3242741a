select
  t.name as trail,
  e.source_ip_address,
  i.city,
  i.country_name,
  count(*)
from
  aws_cloudtrail_trail t
join
  aws_cloudtrail_s3_event e on e.trail_arn = t.arn
join
  ipstack_ip i on i.ip = e.source_ip_address::inet
where
  t.region = t.home_region
  and e.event_time >= timestamptz '2022-07-06 00:00+00'
  and e.source_ip_address ~ '^\d+.\d+' -- filter ipv4 addresses
group by
  1, 2, 3, 4
