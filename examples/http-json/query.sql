-- Whose machines are among the addresses of the trail, and which of them are AWS's?
select
    e.source_ip_address,
    h.id as host,
    o.mail as owner,
    n.service as aws_service
  from
    aws_cloudtrail_trail_event e
    left join inventory_host h on h.address = e.source_ip_address::inet
    left join inventory_owner o on o.team = h.team
    left join aws_network n on n.ip_prefix >>= e.source_ip_address::inet
  where
    e.log_group_name = 'cloudtrail-cwg-devto'
    and e.source_ip_address ~ '^\d+.\d+'
  order by
    e.source_ip_address collate "C"
