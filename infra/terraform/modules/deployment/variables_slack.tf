variable "slack_workspace" {
  description = "Slack team id of the one workspace that is served, such as T012345; empty where workspaces install the app."
  type        = string
  default     = ""
}

variable "slack_install" {
  description = "Where several workspaces install the app themselves: its client id, and the team ids that may (* for all)."
  type = object({
    client_id            = string
    workspaces           = list(string)
    snowflake_workspaces = optional(list(string), [])
  })
  default = null

  validation {
    condition     = (var.slack_install == null) == (var.slack_workspace != "")
    error_message = "Name the one workspace (slack_workspace), or let workspaces install the app (slack_install)."
  }
}

variable "slack_channel_default" {
  description = "Channel id offered first when a form asks where to post. Of the one workspace."
  type        = string
  default     = ""
}

variable "bucket_root" {
  description = "Prefix in the bucket for this deployment; empty for the bucket's root."
  type        = string
  default     = ""
}
