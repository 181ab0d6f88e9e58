# Metrics and traces have no resource to be granted on: these roles stand on the project.
locals {
  telemetry = {
    bot-metrics    = { account = "bot", role = "roles/monitoring.metricWriter" }
    bot-traces     = { account = "bot", role = "roles/cloudtrace.agent" }
    worker-metrics = { account = "worker", role = "roles/monitoring.metricWriter" }
    worker-traces  = { account = "worker", role = "roles/cloudtrace.agent" }
    job-metrics    = { account = "job", role = "roles/monitoring.metricWriter" }
    job-traces     = { account = "job", role = "roles/cloudtrace.agent" }
  }
}

resource "google_project_iam_member" "telemetry" {
  for_each = local.telemetry

  project = var.project
  role    = each.value.role
  member  = local.member[each.value.account]
}
