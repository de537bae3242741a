dashboard "addresses" {
  title = "Where do these CloudTrail IP addresses come from?"

  input "log_group" {
    title = "Log group of the trail:"
    type  = "select"
    query = query.log_groups
    width = 4
  }

  card "events" {
    query = query.located_events_count
    args  = [self.input.log_group.value]
    width = 3
    icon  = "history"
  }

  card "addresses" {
    query = query.addresses_count
    args  = [self.input.log_group.value]
    width = 3
    icon  = "lan"
  }

  card "countries" {
    query = query.countries_count
    args  = [self.input.log_group.value]
    width = 3
    icon  = "public"
  }

  card "other_events" {
    query = query.other_events_count
    args  = [self.input.log_group.value]
    width = 3
    icon  = "dns"
  }

  # Powerpipe draws no maps. What comes nearest: the way from the continents over countries to cities and addresses.
  flow "places" {
    title = "From where to which address"
    type  = "sankey"
    query = query.places
    args  = [self.input.log_group.value]
    width = 8

    category "continent" {
      color = "#0f4c81"
    }

    category "country" {
      color = "#2a9d8f"
    }

    category "city" {
      color = "#e9c46a"
    }

    category "address" {
      color = "#e76f51"
    }
  }

  chart "countries" {
    title = "Events by country"
    type  = "bar"
    query = query.events_by_country
    args  = [self.input.log_group.value]
    width = 4
  }

  table "located_events" {
    title = "Located events"
    query = query.located_events
    args  = [self.input.log_group.value]

    column "latitude" {
      display = "none"
    }

    column "longitude" {
      display = "none"
    }
  }
}
