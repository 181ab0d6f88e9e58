# Releases deploy later images beside Terraform, so these are those of the first day.
variable "bot_image" {
  description = "Image of the public service, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.bot_image))
    error_message = "Name the image by digest: REGISTRY/bot@sha256:…"
  }
}

variable "worker_image" {
  description = "Image of the private service, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.worker_image))
    error_message = "Name the image by digest: REGISTRY/worker@sha256:…"
  }
}

variable "training_image" {
  description = "Image of the training job, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.training_image))
    error_message = "Name the image by digest: REGISTRY/training@sha256:…"
  }
}

variable "bot_min_instances" {
  description = "Instances of the bot that always wait. 0 costs nothing when idle; 1 spares people the cold start."
  type        = number
  default     = 0
}

variable "domain_restricted_sharing" {
  description = "Set it where an organisation policy forbids allUsers: the bot is then opened without an IAM member."
  type        = bool
  default     = false
}

variable "worker_ingress" {
  description = "Networks that reach the worker. INTERNAL_ONLY shuts out the job's callback: ends are then seen by the watch."
  type        = string
  default     = "INGRESS_TRAFFIC_ALL"

  validation {
    condition     = contains(["INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY"], var.worker_ingress)
    error_message = "INGRESS_TRAFFIC_ALL or INGRESS_TRAFFIC_INTERNAL_ONLY."
  }
}

variable "settings" {
  description = "Further settings of bot and worker by name, such as { MMM_MAX_RUNNING = \"4\" }. See docs/settings.md."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : startswith(name, "MMM_")])
    error_message = "Names of settings begin with MMM_."
  }
}
