# The account that applies this module from GitHub. It changes what runs and what watches, and nobody's rights: it sees who
# may do what, and can neither give nor take, not even on a single resource. Who may what, accounts, roles, the way in from
# GitHub, switched-on APIs, and whatever is made or deleted for the first time, is applied by a person who owns the project
# (docs/deploy.md). Tests and checkov hold every role here to that.
locals {
  terraform_roles = [
    "roles/browser",
    "roles/cloudscheduler.admin",
    "roles/iam.roleViewer",
    "roles/iam.securityReviewer",
    "roles/iam.serviceAccountViewer",
    "roles/iam.workloadIdentityPoolViewer",
    "roles/monitoring.editor",
    "roles/serviceusage.serviceUsageConsumer",
  ]
}

resource "google_project_iam_member" "terraform" {
  for_each = toset(local.terraform_roles)

  project = var.project
  role    = each.value
  member  = local.member["terraform"]
}

# Google's own roles for the rest hold setIamPolicy, too.
resource "google_project_iam_custom_role" "infrastructure_keeper" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_infrastructure_keeper"
  title       = "${var.name} infrastructure keeper"
  description = "Changes services, job, queues, registry, secrets' settings and metrics that are there; gives no rights, reads no secret."
  permissions = [
    "artifactregistry.repositories.get",
    "artifactregistry.repositories.list",
    "artifactregistry.repositories.update",
    "cloudtasks.queues.get",
    "cloudtasks.queues.list",
    "cloudtasks.queues.update",
    "logging.logMetrics.create",
    "logging.logMetrics.delete",
    "logging.logMetrics.get",
    "logging.logMetrics.list",
    "logging.logMetrics.update",
    "run.jobs.get",
    "run.jobs.list",
    "run.jobs.update",
    "run.operations.get",
    "run.operations.list",
    "run.revisions.get",
    "run.revisions.list",
    "run.services.get",
    "run.services.list",
    "run.services.update",
    "secretmanager.secrets.get",
    "secretmanager.secrets.list",
    "secretmanager.secrets.update",
    "secretmanager.versions.get",
    "secretmanager.versions.list",
  ]
}

resource "google_project_iam_member" "terraform_keeps_infrastructure" {
  project = var.project
  role    = google_project_iam_custom_role.infrastructure_keeper.name
  member  = local.member["terraform"]
}

# The data's bucket: its settings, not its objects, and not who may read them.
resource "google_project_iam_custom_role" "bucket_keeper" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_bucket_keeper"
  title       = "${var.name} bucket keeper"
  description = "Changes how a bucket is set up; reads nothing in it."
  permissions = ["storage.buckets.get", "storage.buckets.update"]
}

resource "google_storage_bucket_iam_member" "terraform_keeps_bucket" {
  bucket = google_storage_bucket.data.name
  role   = google_project_iam_custom_role.bucket_keeper.name
  member = local.member["terraform"]
}

# Whoever changes a service, a job or a tick lends it the account that it has.
resource "google_service_account_iam_member" "terraform_lends" {
  for_each = toset(["bot", "worker", "job", "tasks"])

  service_account_id = google_service_account.accounts[each.key].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member["terraform"]
}

# The state's bucket is made by hand, before there is a state, in the same project.
resource "google_storage_bucket_iam_member" "terraform_keeps_state" {
  bucket = var.state_bucket
  role   = "roles/storage.objectUser"
  member = local.member["terraform"]
}
