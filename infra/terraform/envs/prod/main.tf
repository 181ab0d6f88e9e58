# The prod environment: a project, a state and a Slack app of its own; the same module as the other.
module "deployment" {
  source = "../../modules/deployment"

  environment         = "prod"
  project             = var.project
  region              = var.region
  state_bucket        = var.state_bucket
  trainers            = var.trainers
  slack_workspace     = var.slack_workspace
  slack_install       = var.slack_install
  access              = var.access
  snowflake           = var.snowflake
  bigquery            = var.bigquery
  settings            = var.settings
  secret_versions     = var.secret_versions
  secret_values       = var.secret_values
  alert_emails        = var.alert_emails
  runbook_url         = var.runbook_url
  billing_account     = var.billing_account
  monthly_budget      = var.monthly_budget
  bot_min_instances   = var.bot_min_instances
  github              = var.github
  deletion_protection = var.deletion_protection

  domain_restricted_sharing = var.domain_restricted_sharing
}
