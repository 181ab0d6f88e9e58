terraform {
  # 1.11 brought write-only arguments: a secret's value passes through and stays out of the state.
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
  }
}
