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
    max_instance_count = 10
  }

  template {
    service_account                  = local.email["worker"]
    timeout                          = "${local.programs.worker.timeout}s"
    max_instance_request_concurrency = local.programs.worker.concurrency
    labels                           = local.labels

    containers {
      image = var.first_images.service

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = local.programs.worker.cpu
          memory = local.programs.worker.memory
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = local.programs.worker.startup.period
        timeout_seconds   = local.programs.worker.startup.timeout
        failure_threshold = local.programs.worker.startup.failures
        http_get {
          path = "/health"
          port = 8080
        }
      }

      liveness_probe {
        period_seconds    = local.programs.worker.liveness.period
        timeout_seconds   = local.programs.worker.liveness.timeout
        failure_threshold = local.programs.worker.liveness.failures
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
