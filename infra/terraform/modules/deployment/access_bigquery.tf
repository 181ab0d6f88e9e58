# Connections that read BigQuery without a key run their queries as the worker (/mmm connect). Running one takes a right on
# the project, and reading a table one on its dataset, which is not given here: those whose data it is give it, or do not.
resource "google_project_iam_member" "worker_runs_queries" {
  count = var.bigquery ? 1 : 0

  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = local.member["worker"]
}

resource "google_project_service" "bigquery" {
  count = var.bigquery ? 1 : 0

  project = var.project
  service = "bigquery.googleapis.com"

  # Somebody else in the project may use it too.
  disable_on_destroy = false
}
