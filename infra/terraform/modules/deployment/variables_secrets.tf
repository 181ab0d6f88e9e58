variable "secret_versions" {
  description = "Secrets whose value Terraform hands over, with a number to raise at each new value: { slack-token = \"1\" }."
  type        = map(string)
  default     = {}
}

variable "secret_values" {
  description = "Their values. Given at apply time only; kept neither in the plan nor in the state."
  type        = map(string)
  default     = {}
  ephemeral   = true
  sensitive   = true
}
