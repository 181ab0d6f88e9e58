# The public service: Slack has three seconds for it.
resource "google_cloud_run_v2_service" "bot" {
  project             = var.project
  location            = var.region
  name                = "${var.name}-bot"
  labels              = local.labels
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = var.deletion_protection

  # Slack brings no Google token: the service checks Slack's signature itself.
  invoker_iam_disabled = var.domain_restricted_sharing

  scaling {
    min_instance_count = var.bot_min_instances
    max_instance_count = 10
  }

  template {
    service_account                  = local.email["bot"]
    timeout                          = "${local.programs.bot.timeout}s"
    max_instance_request_concurrency = local.programs.bot.concurrency
    labels                           = local.labels

    containers {
      image = var.first_images.service

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = local.programs.bot.cpu
          memory = local.programs.bot.memory
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = local.programs.bot.startup.period
        timeout_seconds   = local.programs.bot.startup.timeout
        failure_threshold = local.programs.bot.startup.failures
        http_get {
          path = "/health"
          port = 8080
        }
      }

      liveness_probe {
        period_seconds    = local.programs.bot.liveness.period
        timeout_seconds   = local.programs.bot.liveness.timeout
        failure_threshold = local.programs.bot.liveness.failures
        http_get {
          path = "/health"
          port = 8080
        }
      }
    }
  }

  lifecycle {
    # The release's alone: programs.tf says why.
    ignore_changes = [template, traffic, client, client_version]
  }

  depends_on = [google_secret_manager_secret_iam_member.readers]
}
