variable "bigquery" {
  description = "Whether the worker's own account runs queries of BigQuery in this project, which is then billed for them. What it may read is given on datasets, by those whose they are. Connections with a key need none of this."
  type        = bool
  default     = false
}
