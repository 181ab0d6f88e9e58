# GitHub proves who it is with a token of its own; no key of a service account exists anywhere.
locals {
  refs = var.github == null ? [] : concat(
    [for branch in var.github.branches : "assertion.ref == 'refs/heads/${branch}'"],
    [for prefix in var.github.branch_prefixes : "assertion.ref.startsWith('refs/heads/${prefix}')"],
  )
}

resource "google_iam_workload_identity_pool" "github" {
  count = var.github == null ? 0 : 1

  project                   = var.project
  workload_identity_pool_id = "${var.name}-github"
  display_name              = "GitHub"

  depends_on = [google_project_service.apis]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  #checkov:skip=CKV_GCP_125:The condition names one repository by its numeric ids and lists its branches
  count = var.github == null ? 0 : 1

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  attribute_mapping = {
    "google.subject"          = "assertion.sub"
    "attribute.repository_id" = "assertion.repository_id"
  }

  # By number: the name of a deleted account can be taken by somebody else.
  attribute_condition = join(" && ", [
    "assertion.repository_owner_id == '${var.github.owner_id}'",
    "assertion.repository_id == '${var.github.repository_id}'",
    "(${join(" || ", local.refs)})",
  ])

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "github_acts" {
  for_each = var.github == null ? toset([]) : toset(["deployer", "terraform"])

  service_account_id = google_service_account.accounts[each.key].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.repository_id/${var.github.repository_id}"
}
