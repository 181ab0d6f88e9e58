# Metrics and traces have no resource of their own to be granted on: these two stand on the project.
locals {
  telemetry = merge([
    for account in ["bot", "worker", "job"] : {
      "${account}-metrics" = { account = account, role = "roles/monitoring.metricWriter" }
      "${account}-traces"  = { account = account, role = "roles/cloudtrace.agent" }
    }
  ]...)
}

resource "google_project_iam_member" "telemetry" {
  for_each = local.telemetry

  project = var.project
  role    = each.value.role
  member  = local.member[each.value.account]
}
