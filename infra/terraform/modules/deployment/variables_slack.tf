variable "slack_workspace" {
  description = "Slack team id, such as T012345."
  type        = string
}

variable "slack_channel_default" {
  description = "Channel id offered first when a form asks where to post."
  type        = string
  default     = ""
}

variable "bucket_root" {
  description = "Prefix in the bucket for this workspace, such as workspaces/T012345; empty for the bucket's root."
  type        = string
  default     = ""
}
