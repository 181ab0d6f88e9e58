resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:Images hold published code and no data; Google's own encryption is enough
  project                = var.project
  location               = var.region
  repository_id          = var.name
  description            = "Images of the services and of the training."
  format                 = "DOCKER"
  labels                 = local.labels
  cleanup_policy_dry_run = false

  # A policy that keeps deletes nothing by itself, and one that deletes spares what another keeps.
  cleanup_policies {
    id     = "keep-the-last-ten"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }

  cleanup_policies {
    id     = "delete-after-a-month"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.apis]
}
