variable "first_images" {
  description = "What services and job are made with, until a release gives them ours: images that start anywhere. Change them where only a registry of your own may be used."
  type = object({
    service = optional(string, "us-docker.pkg.dev/cloudrun/container/hello")
    job     = optional(string, "us-docker.pkg.dev/cloudrun/container/job")
  })
  default = {}
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

  validation {
    condition = try(alltrue([for days in [tonumber(lookup(var.settings, "MMM_KEEP_DAYS", "30"))] :
      days >= 7 && days <= 3650 && floor(days) == days
    ]), false)
    error_message = "MMM_KEEP_DAYS is a whole number from 7 to 3650."
  }
}
