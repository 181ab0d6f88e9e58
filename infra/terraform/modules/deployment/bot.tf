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
    timeout                          = "30s"
    max_instance_request_concurrency = 40
    labels                           = local.labels

    containers {
      image   = var.bot_image
      command = ["mmm"]
      args    = ["serve", "bot", "--host", "0.0.0.0", "--port", "8080"]

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = "1"
          memory = "1Gi"
        }
        # Answers are complete before their requests end, so nothing needs the processor in between.
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.service_env
        content {
          name  = env.key
          value = env.value
        }
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 60
        http_get {
          path = "/health"
          port = 8080
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 5
        failure_threshold = 3
        http_get {
          path = "/health"
          port = 8080
        }
      }
    }
  }

  lifecycle {
    # A release deploys a new image, and moves the traffic when it answers. The revision's name is not ignored: with the
    # release's name kept, a later change here would be refused as a second revision of that name.
    ignore_changes = [template[0].containers[0].image, traffic, client, client_version]
  }

  depends_on = [google_secret_manager_secret_iam_member.readers]
}
