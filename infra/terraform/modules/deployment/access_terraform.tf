# The account that applies this module from GitHub. It reads the project's rights and cannot change them: a new right on
# the whole project is granted by a person, who applies from their own machine.
locals {
  terraform_roles = [
    "roles/artifactregistry.admin",
    "roles/browser",
    "roles/cloudscheduler.admin",
    "roles/cloudtasks.queueAdmin",
    "roles/iam.roleAdmin",
    "roles/iam.securityReviewer",
    "roles/iam.serviceAccountViewer",
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/logging.configWriter",
    "roles/monitoring.editor",
    "roles/run.admin",
    "roles/serviceusage.serviceUsageAdmin",
  ]
}

resource "google_project_iam_member" "terraform" {
  for_each = toset(local.terraform_roles)

  project = var.project
  role    = each.value
  member  = local.member["terraform"]
}

# It keeps the accounts that there are, but its own; a new one is made by a person too.
resource "google_service_account_iam_member" "terraform_keeps_accounts" {
  for_each = toset(["bot", "worker", "job", "tasks", "deployer"])

  service_account_id = google_service_account.accounts[each.key].name
  role               = "roles/iam.serviceAccountAdmin"
  member             = local.member["terraform"]
}

resource "google_service_account_iam_member" "terraform_lends" {
  for_each = toset(["bot", "worker", "job", "tasks"])

  service_account_id = google_service_account.accounts[each.key].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member["terraform"]
}

resource "google_storage_bucket_iam_member" "terraform_keeps_bucket" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.admin"
  member = local.member["terraform"]
}

# Makes secrets and hands values over; reads none.
resource "google_project_iam_custom_role" "secret_keeper" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_secret_keeper"
  title       = "${var.name} secret keeper"
  description = "Makes secrets and their versions, and says who may read them; reads none."
  permissions = [
    "secretmanager.secrets.create",
    "secretmanager.secrets.delete",
    "secretmanager.secrets.get",
    "secretmanager.secrets.getIamPolicy",
    "secretmanager.secrets.list",
    "secretmanager.secrets.setIamPolicy",
    "secretmanager.secrets.update",
    "secretmanager.versions.add",
    "secretmanager.versions.destroy",
    "secretmanager.versions.disable",
    "secretmanager.versions.enable",
    "secretmanager.versions.get",
    "secretmanager.versions.list",
  ]
}

resource "google_project_iam_member" "terraform_keeps_secrets" {
  project = var.project
  role    = google_project_iam_custom_role.secret_keeper.name
  member  = local.member["terraform"]
}

# The state's bucket is made by hand, before there is a state, in the same project.
resource "google_storage_bucket_iam_member" "terraform_keeps_state" {
  bucket = var.state_bucket
  role   = "roles/storage.objectUser"
  member = local.member["terraform"]
}
