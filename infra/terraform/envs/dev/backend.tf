terraform {
  # terraform init -backend-config="bucket=…"
  backend "gcs" {
    prefix = "mmm/dev"
  }
}
