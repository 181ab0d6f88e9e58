variable "alert_emails" {
  description = "Who is told when something is wrong."
  type        = list(string)
}

variable "runbook_url" {
  description = "Address of docs/operate.md as your team reads it; alerts point to its headings."
  type        = string
}

variable "sweep_schedule" {
  description = "When the worker looks for what was lost, in cron's notation. The alert on a silent sweep expects 10 minutes."
  type        = string
  default     = "*/10 * * * *"
}

variable "time_zone" {
  description = "Time zone of schedules."
  type        = string
  default     = "Etc/UTC"
}

variable "billing_account" {
  description = "Billing account to put the budget on; empty for no budget. Who applies needs roles/billing.costsManager on it."
  type        = string
  default     = ""
}

variable "monthly_budget" {
  description = "Amount per month, in the billing account's currency, at which the alert on cost speaks."
  type        = number
  default     = 200
}
