# Counts of what the services log. A line counts by its field `event`.
locals {
  events = {
    run_failed  = "Runs that ended as failed."
    run_stuck   = "Runs that should be over by now and are not."
    sweep_done  = "Sweeps that came to their end."
    task_failed = "Steps that broke for a reason nobody foresaw."
    denied      = "Calls and requests that were turned away."
  }
}

resource "google_logging_metric" "events" {
  for_each = local.events

  project     = var.project
  name        = "${var.name}/${each.key}"
  description = each.value
  filter = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=(\"${var.name}-bot\" OR \"${var.name}-worker\")",
    "jsonPayload.event=\"${each.key}\"",
  ])

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }

  depends_on = [google_project_service.apis]
}
