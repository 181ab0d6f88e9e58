variable "github" {
  description = "The repository that may deploy; null for none. Numeric ids, because names can be taken over."
  type = object({
    owner_id        = number
    repository_id   = number
    branches        = optional(list(string), [])
    branch_prefixes = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.github == null ? true : length(var.github.branches) + length(var.github.branch_prefixes) > 0
    error_message = "Name at least one branch or prefix of branches that may deploy."
  }
}

variable "state_bucket" {
  description = "Bucket that holds Terraform's state, for the account that applies from GitHub."
  type        = string
}
