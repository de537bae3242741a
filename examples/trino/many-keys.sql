-- More keys than any of Trino's defaults lets through: run makes the events, of 5,000 addresses.
select
  count(*),
  count(distinct i.ip)
from
  ipstack_text.ipstack_ip i
join
  (
    select source_ip_address
    from aws.aws_cloudtrail_trail_event
    where log_group_name = 'trino/many' and regexp_like(source_ip_address, '^\d+.\d+')
  ) a
on
  a.source_ip_address = i.ip;
