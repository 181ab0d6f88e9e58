locals {
  training_job = "${var.name}-training"
}

resource "google_cloud_run_v2_job" "training" {
  project             = var.project
  location            = var.region
  name                = local.training_job
  labels              = local.labels
  deletion_protection = var.deletion_protection

  template {
    task_count  = 1
    parallelism = 1
    labels      = local.labels

    template {
      service_account = local.email["job"]
      timeout         = "${var.training_timeout}s"
      # The engine tries again, and only what may end better. A blind retry costs an hour of eight processors.
      max_retries = 0

      containers {
        image = var.first_images.job

        resources {
          limits = {
            cpu    = tostring(var.training_cpu)
            memory = var.training_memory
          }
        }
      }
    }
  }

  lifecycle {
    # The release's alone: programs.tf says why.
    ignore_changes = [template, client, client_version]
  }

  depends_on = [google_project_service.apis]
}
