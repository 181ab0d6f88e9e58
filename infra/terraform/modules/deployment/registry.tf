resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:Images hold published code and no data; Google's own encryption is enough
  project                = var.project
  location               = var.region
  repository_id          = var.name
  description            = "Images of the services and of the training."
  format                 = "DOCKER"
  labels                 = local.labels
  cleanup_policy_dry_run = false

  # A policy that keeps deletes nothing by itself, and one that deletes spares what another keeps. An image's signature
  # and list of contents count as versions too: thirty are ten images.
  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 30
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
