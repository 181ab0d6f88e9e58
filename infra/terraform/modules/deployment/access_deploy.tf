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
