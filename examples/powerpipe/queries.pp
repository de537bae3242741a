# Each is a statement of its own: what they have in common, Millrace's cache answers.

query "log_groups" {
  title = "Log groups"
  sql   = <<-EOQ
    select
      name as label,
      name as value
    from
      aws_cloudwatch_log_group
    order by
      name like '%cloudtrail%' desc,
      name
  EOQ
}

query "located_events" {
  title = "Located events"
  sql   = <<-EOQ
    select
      e.event_time,
      e.event_name,
      e.event_source,
      host(i.ip) as ip,
      i.city,
      i.region_name,
      i.country_name,
      i.continent_name,
      i.latitude,
      i.longitude
    from
      aws_cloudtrail_trail_event e
    join
      ipstack_ip i on i.ip = try_inet(e.source_ip_address)
    where
      e.log_group_name = $1
    order by
      e.event_time
  EOQ

  param "log_group" {
    description = "The log group that a trail delivers to."
  }
}

query "located_events_count" {
  title = "Events from addresses"
  sql   = <<-EOQ
    select
      count(*) as "Events from addresses"
    from
      aws_cloudtrail_trail_event
    where
      log_group_name = $1
      and try_inet(source_ip_address) is not null
  EOQ

  param "log_group" {
    description = "The log group that a trail delivers to."
  }
}

query "addresses_count" {
  title = "Addresses"
  sql   = <<-EOQ
    select
      count(distinct source_ip_address) as "Addresses"
    from
      aws_cloudtrail_trail_event
    where
      log_group_name = $1
      and try_inet(source_ip_address) is not null
  EOQ

  param "log_group" {
    description = "The log group that a trail delivers to."
  }
}

query "countries_count" {
  title = "Countries"
  sql   = <<-EOQ
    select
      count(distinct i.country_name) as "Countries"
    from
      aws_cloudtrail_trail_event e
    join
      ipstack_ip i on i.ip = try_inet(e.source_ip_address)
    where
      e.log_group_name = $1
  EOQ

  param "log_group" {
    description = "The log group that a trail delivers to."
  }
}

query "other_events_count" {
  title = "Events of AWS's own services"
  sql   = <<-EOQ
    select
      'Of AWS''s own services' as label,
      count(*) as value,
      'info' as type
    from
      aws_cloudtrail_trail_event
    where
      log_group_name = $1
      and try_inet(source_ip_address) is null
  EOQ

  param "log_group" {
    description = "The log group that a trail delivers to."
  }
}

query "events_by_country" {
  title = "Events by country"
  sql   = <<-EOQ
    select
      i.country_name as "Country",
      count(*) as "Events"
    from
      aws_cloudtrail_trail_event e
    join
      ipstack_ip i on i.ip = try_inet(e.source_ip_address)
    where
      e.log_group_name = $1
    group by
      i.country_name
    order by
      count(*) desc,
      i.country_name
  EOQ

  param "log_group" {
    description = "The log group that a trail delivers to."
  }
}

# The rows of a flow: an id and a title make a node, from_id an edge to it.
query "places" {
  title = "From where to which address"
  sql   = <<-EOQ
    with place as materialized (
      select distinct
        host(i.ip) as ip,
        i.city,
        i.country_name,
        i.continent_name
      from
        aws_cloudtrail_trail_event e
      join
        ipstack_ip i on i.ip = try_inet(e.source_ip_address)
      where
        e.log_group_name = $1
    )
    select distinct
      null as from_id,
      continent_name as id,
      continent_name as title,
      'continent' as category,
      0 as depth
    from
      place
    union all
    select distinct
      continent_name,
      concat_ws('/', continent_name, country_name),
      country_name,
      'country',
      1
    from
      place
    union all
    select distinct
      concat_ws('/', continent_name, country_name),
      concat_ws('/', continent_name, country_name, city),
      city,
      'city',
      2
    from
      place
    union all
    select
      concat_ws('/', continent_name, country_name, city),
      ip,
      ip,
      'address',
      3
    from
      place
  EOQ

  param "log_group" {
    description = "The log group that a trail delivers to."
  }
}
