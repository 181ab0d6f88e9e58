variable "project" {
  description = "Id of the Google Cloud project. One project per environment."
  type        = string
}

variable "environment" {
  description = "dev or prod: a label, and part of what alerts are called."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment is dev or prod."
  }
}

variable "region" {
  description = "Region of everything: the training reads its data and its image from beside it."
  type        = string
  default     = "europe-west1"
}

variable "name" {
  description = "Prefix of every name in the project."
  type        = string
  default     = "mmm"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,13}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 15 small letters, digits and hyphens, and begins with a letter."
  }
}

variable "labels" {
  description = "Labels for everything that takes them, beside app and environment."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete services, the job, secrets and the bucket."
  type        = bool
  default     = true
}

locals {
  labels         = merge({ app = var.name, environment = var.environment }, var.labels)
  project_number = data.google_project.this.number
}
