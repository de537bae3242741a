select
  e.source_ip_address,
  d.domains,
  a.abuse_confidence_score,
  s.ports,
  i.city,
  i.country_name,
  count(*)
from
  aws_cloudtrail_trail_event e
left join
  ipstack_ip i on i.ip = e.source_ip_address::inet
left join
  net_dns_reverse d on d.ip_address = e.source_ip_address::inet
left join
  abuseipdb_check_ip a on a.ip_address = e.source_ip_address::inet
left join
  shodan_host s on s.ip = e.source_ip_address::inet
where
  e.log_group_name = 'cloudtrail-cwg-devto'
  and e.source_ip_address ~ '^\d+.\d+' -- filter ipv4 addresses
group by
  1, 2, 3, 4, 5, 6
