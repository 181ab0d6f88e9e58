variable "training_cpu" {
  description = "Processors of a training; as many processes train."
  type        = number
  default     = 8

  validation {
    condition     = contains([1, 2, 4, 6, 8], var.training_cpu)
    error_message = "Cloud Run offers 1, 2, 4, 6 or 8."
  }
}

variable "training_memory" {
  description = "Memory of a training. Its file system is in memory too."
  type        = string
  default     = "32Gi"
}

variable "training_timeout" {
  description = "Seconds a training may run."
  type        = number
  default     = 21600

  validation {
    condition     = var.training_timeout >= 60 && var.training_timeout <= 86400
    error_message = "From a minute to a day."
  }
}

variable "trainers" {
  description = "Trainers that the training image holds."
  type        = list(string)
  default     = ["native"]

  validation {
    condition     = length(var.trainers) > 0 && length(setsubtract(var.trainers, ["native", "robyn"])) == 0
    error_message = "native, robyn, or both."
  }
}
