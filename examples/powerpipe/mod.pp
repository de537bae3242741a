variable "database" {
  description = "Millrace, as the URL that it prints. PP_VAR_database sets it, and keeps the password out of the mod."
  default     = "postgres://millrace_reader@127.0.0.1:9193/millrace"
}

mod "cloudtrail_addresses" {
  title       = "CloudTrail addresses"
  description = "Where the addresses in a trail's events come from."
  database    = var.database
}
