# What differs between teams and environments. The module describes each: modules/deployment/variables_*.tf.
variable "project" {
  type = string
}

variable "region" {
  type    = string
  default = "europe-west1"
}

variable "state_bucket" {
  type = string
}

variable "trainers" {
  type    = list(string)
  default = ["native"]
}

variable "slack_workspace" {
  type    = string
  default = ""
}

variable "slack_install" {
  type = object({
    client_id            = string
    workspaces           = list(string)
    snowflake_workspaces = optional(list(string), [])
  })
  default = null
}

variable "access" {
  type = object({
    email_domains = optional(list(string), [])
    role_default  = optional(string, "analyst")
    admins        = optional(list(string), [])
    analysts      = optional(list(string), [])
    viewers       = optional(list(string), [])
    admin_group   = optional(string, "")
    analyst_group = optional(string, "")
    viewer_group  = optional(string, "")
    contact       = optional(string, "")
    app_id        = optional(string, "")
    enterprise    = optional(string, "")
  })
  default = {}
}

variable "snowflake" {
  type = object({
    account   = string
    user      = string
    role      = string
    warehouse = string
    database  = optional(string, "")
    schema    = optional(string, "")
  })
  default = null
}

variable "bigquery" {
  type    = bool
  default = false
}

variable "settings" {
  type    = map(string)
  default = {}
}

variable "secret_versions" {
  type    = map(string)
  default = {}
}

variable "secret_values" {
  type      = map(string)
  default   = {}
  ephemeral = true
  sensitive = true
}

variable "alert_emails" {
  type = list(string)
}

variable "runbook_url" {
  type = string
}

variable "billing_account" {
  type    = string
  default = ""
}

variable "monthly_budget" {
  type    = number
  default = 200
}

variable "bot_min_instances" {
  type    = number
  default = 0
}

variable "domain_restricted_sharing" {
  type    = bool
  default = false
}

variable "github" {
  type = object({
    owner_id        = number
    repository_id   = number
    branches        = optional(list(string), [])
    branch_prefixes = optional(list(string), [])
  })
  default = null
}

variable "deletion_protection" {
  type    = bool
  default = true
}
