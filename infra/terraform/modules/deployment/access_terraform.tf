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
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/logging.configWriter",
    "roles/monitoring.editor",
    "roles/run.admin",
    "roles/secretmanager.admin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/storage.admin",
  ]
}

resource "google_project_iam_member" "terraform" {
  for_each = toset(local.terraform_roles)

  project = var.project
  role    = each.value
  member  = local.member.terraform
}

# It keeps the accounts that there are; a new one is made by a person too.
resource "google_service_account_iam_member" "terraform_keeps_accounts" {
  for_each = local.accounts

  service_account_id = google_service_account.accounts[each.key].name
  role               = "roles/iam.serviceAccountAdmin"
  member             = local.member.terraform
}

resource "google_service_account_iam_member" "terraform_lends" {
  for_each = toset(["bot", "worker", "job", "tasks"])

  service_account_id = google_service_account.accounts[each.key].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member.terraform
}

# The state's bucket is made by hand, before there is a state, and may belong to another project.
resource "google_storage_bucket_iam_member" "terraform_keeps_state" {
  bucket = var.state_bucket
  role   = "roles/storage.objectUser"
  member = local.member.terraform
}
