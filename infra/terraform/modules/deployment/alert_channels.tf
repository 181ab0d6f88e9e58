resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  project      = var.project
  display_name = each.value
  type         = "email"

  labels = {
    email_address = each.value
  }

  depends_on = [google_project_service.apis]
}

locals {
  channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  # Alerts of dev and prod arrive in the same inbox.
  alert_prefix = "${var.name} ${var.environment}"
}
