# The release: pushes images, and deploys them to the two services and the job.
resource "google_artifact_registry_repository_iam_member" "deployer_pushes" {
  project    = var.project
  location   = var.region
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = local.member["deployer"]
}

resource "google_cloud_run_v2_service_iam_member" "deployer_deploys" {
  for_each = {
    bot    = google_cloud_run_v2_service.bot.name
    worker = google_cloud_run_v2_service.worker.name
  }

  project  = var.project
  location = var.region
  name     = each.value
  role     = "roles/run.developer"
  member   = local.member["deployer"]
}

resource "google_cloud_run_v2_job_iam_member" "deployer_deploys" {
  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_job.training.name
  role     = "roles/run.developer"
  member   = local.member["deployer"]
}

# Whoever deploys a program lends it its account.
resource "google_service_account_iam_member" "deployer_lends" {
  for_each = toset(["bot", "worker", "job"])

  service_account_id = google_service_account.accounts[each.key].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member["deployer"]
}

# What a revision that was served is made of, to go back to it: revisions are listed by project.
resource "google_project_iam_custom_role" "revision_viewer" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_revision_viewer"
  title       = "${var.name} revision viewer"
  description = "Sees the revisions of services, and how changes of them are getting on."
  permissions = ["run.operations.get", "run.revisions.get", "run.revisions.list"]
}

resource "google_project_iam_member" "deployer_sees_revisions" {
  project = var.project
  role    = google_project_iam_custom_role.revision_viewer.name
  member  = local.member["deployer"]
}
