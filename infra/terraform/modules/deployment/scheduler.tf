# Steps that begin by the clock. Everything else begins with a person or with a step before it.
locals {
  ticks = {
    sweep = { schedule = var.sweep_schedule, what = "Queues again what was lost." }
  }
}

resource "google_cloud_scheduler_job" "ticks" {
  for_each = local.ticks

  project          = var.project
  region           = var.region
  name             = "${var.name}-${each.key}"
  description      = each.value.what
  schedule         = each.value.schedule
  time_zone        = var.time_zone
  attempt_deadline = "300s"

  # The next tick comes anyway.
  retry_config {
    retry_count = 1
  }

  http_target {
    http_method = "POST"
    uri         = "${local.worker_url}/tasks/${each.key}"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode("{}")

    oidc_token {
      service_account_email = local.email["tasks"]
      audience              = local.worker_url
    }
  }

  depends_on = [google_project_service.apis]
}
