# The private service: only Cloud Tasks, Cloud Scheduler and the training may call it, each with a token.
resource "google_cloud_run_v2_service" "worker" {
  project             = var.project
  location            = var.region
  name                = "${var.name}-worker"
  labels              = local.labels
  ingress             = var.worker_ingress
  deletion_protection = var.deletion_protection

  # The address by which the settings name it, and so the audience of every token.
  custom_audiences = [local.worker_url]

  scaling {
    min_instance_count = 0
    max_instance_count = 5
  }

  template {
    service_account = local.email["worker"]
    # As long as the slowest step: staging.
    timeout                          = "1800s"
    max_instance_request_concurrency = 8
    labels                           = local.labels

    containers {
      image   = var.worker_image
      command = ["mmm"]
      args    = ["serve", "worker", "--host", "0.0.0.0", "--port", "8080"]

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = "2"
          memory = "4Gi"
        }
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
        period_seconds    = 2
        timeout_seconds   = 1
        failure_threshold = 60
        http_get {
          path = "/health"
          port = 8080
        }
      }

      liveness_probe {
        period_seconds    = 60
        timeout_seconds   = 10
        failure_threshold = 5
        http_get {
          path = "/health"
          port = 8080
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [template[0].containers[0].image, traffic, client, client_version]
  }

  depends_on = [google_secret_manager_secret_iam_member.readers]
}
