variable "access" {
  description = "Who may use the app, in which role, and whom to ask. The settings of the same names: docs/settings.md."
  type = object({
    email_domains = optional(list(string), [])
    role_default  = optional(string, "analyst")
    admins        = optional(list(string), [])
    analysts      = optional(list(string), [])
    viewers       = optional(list(string), [])
    admin_group   = optional(string, "")
    analyst_group = optional(string, "")
    viewer_group  = optional(string, "")
    contact       = optional(string, "")
    app_id        = optional(string, "")
    enterprise    = optional(string, "")
  })
  default = {}
}
