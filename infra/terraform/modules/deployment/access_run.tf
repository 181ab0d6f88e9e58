# Slack must reach the bot, and Slack has no Google account. Nothing else is open.
resource "google_cloud_run_v2_service_iam_member" "anyone_calls_bot" {
  count = var.domain_restricted_sharing ? 0 : 1

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.bot.name
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_service_iam_member" "worker_callers" {
  for_each = toset(["tasks", "job"])

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.worker.name
  role     = "roles/run.invoker"
  member   = local.member[each.key]
}

# Launching with settings of its own per run takes a right that neither the invoker nor the plain executor has.
resource "google_cloud_run_v2_job_iam_member" "worker_launches" {
  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_job.training.name
  role     = "roles/run.jobsExecutorWithOverrides"
  member   = local.member["worker"]
}

resource "google_project_iam_custom_role" "execution_watcher" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_execution_watcher"
  title       = "${var.name} execution watcher"
  description = "Sees the job and how trainings are doing, and ends them."
  permissions = [
    "run.executions.cancel",
    "run.executions.get",
    "run.executions.list",
    "run.jobs.get",
    "run.operations.get",
    "run.tasks.get",
    "run.tasks.list",
  ]
}

resource "google_cloud_run_v2_job_iam_member" "worker_watches" {
  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_job.training.name
  role     = google_project_iam_custom_role.execution_watcher.name
  member   = local.member["worker"]
}
