select
  e.source_ip_address,
  k.user_name as key_of,
  m.title as machine,
  f.type as finding,
  count(*)
from
  aws_cloudtrail_trail_event e
left join
  aws_iam_access_key k on k.access_key_id = e.access_key_id
left join
  aws_ec2_network_interface n on n.association_public_ip = e.source_ip_address::inet
left join
  aws_ec2_instance m on m.instance_id = n.attached_instance_id
left join
  aws_guardduty_finding f
    on jsonb_path_query_first(f.service, '$.**.IpAddressV4') #>> '{}' = e.source_ip_address
where
  e.log_group_name = 'cloudtrail-cwg-devto'
  and e.source_ip_address ~ '^\d+.\d+' -- filter ipv4 addresses
group by
  1, 2, 3, 4
