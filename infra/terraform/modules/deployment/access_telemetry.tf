# Metrics and traces, sent by OpenTelemetry, have no resource to be granted on: these roles stand on the project.
locals {
  telemetry = {
    bot-metrics    = { account = "bot", role = "roles/telemetry.metricsWriter" }
    bot-traces     = { account = "bot", role = "roles/telemetry.tracesWriter" }
    worker-metrics = { account = "worker", role = "roles/telemetry.metricsWriter" }
    worker-traces  = { account = "worker", role = "roles/telemetry.tracesWriter" }
    job-metrics    = { account = "job", role = "roles/telemetry.metricsWriter" }
    job-traces     = { account = "job", role = "roles/telemetry.tracesWriter" }
  }
}

resource "google_project_iam_member" "telemetry" {
  for_each = local.telemetry

  project = var.project
  role    = each.value.role
  member  = local.member[each.value.account]
}
