output "project" {
  description = "Id of the project, for releases."
  value       = var.project
}

output "region" {
  description = "Region of services, job and queues."
  value       = var.region
}

output "bot_url" {
  description = "Base of the addresses that the Slack app needs: mmm manifest --url takes it."
  value       = local.bot_url
}

output "worker_url" {
  description = "Address of the private service, and the audience of its tokens."
  value       = local.worker_url
}

output "bucket" {
  description = "Bucket of state, data and results."
  value       = google_storage_bucket.data.name
}

output "registry" {
  description = "Where images are pushed to: REGISTRY/bot, REGISTRY/worker, REGISTRY/training."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "services" {
  description = "Names of the two services, for releases."
  value = {
    bot    = google_cloud_run_v2_service.bot.name
    worker = google_cloud_run_v2_service.worker.name
  }
}

output "training_job" {
  description = "Name of the training job, for releases."
  value       = google_cloud_run_v2_job.training.name
}

output "secrets" {
  description = "Names of the secrets that want a value."
  value       = [for secret in google_secret_manager_secret.secrets : secret.secret_id]
}

output "accounts" {
  description = "E-mail address of each service account."
  value       = local.email
}

output "worker_account_id" {
  description = "The worker's number, for Snowflake: WORKLOAD_IDENTITY = (TYPE = GCP SUBJECT = '…')."
  value       = google_service_account.accounts["worker"].unique_id
}

output "workload_identity_provider" {
  description = "What the workflows sign in with; empty without GitHub."
  value       = join("", google_iam_workload_identity_pool_provider.github[*].name)
}

output "releases" {
  description = "What a release tells Cloud Run of each program beside its image: environment, and gcloud's options."
  value       = local.releases
}
