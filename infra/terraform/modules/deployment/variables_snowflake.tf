variable "snowflake" {
  description = "The warehouse that datasets are read from; null where only CSV files are used. No secret stands here."
  type = object({
    account   = string
    user      = string
    role      = string
    warehouse = string
    database  = optional(string, "")
    schema    = optional(string, "")
  })
  default = null
}
