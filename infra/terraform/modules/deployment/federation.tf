# GitHub proves who it is with a token of its own; no key of a service account exists anywhere. What the token says is
# GitHub's word, not the workflow's: docs.github.com, "OpenID Connect reference", has the claims.
locals {
  refs = var.github == null ? [] : concat(
    [for branch in var.github.branches : "assertion.ref == 'refs/heads/${branch}'"],
    [for prefix in var.github.branch_prefixes : "assertion.ref.startsWith('refs/heads/${prefix}')"],
  )

  # All of it must hold, beside the environment below.
  github_conditions = var.github == null ? "" : join(" && ", [
    # By number: the name of a deleted account can be taken by somebody else.
    "assertion.repository_owner_id == '${var.github.owner_id}'",
    "assertion.repository_id == '${var.github.repository_id}'",
    "assertion.event_name == 'push'",
    # The pipeline as it stands on that very branch, whichever workflow calls it.
    "assertion.job_workflow_ref.endsWith('/.github/workflows/pipeline.yml@' + assertion.ref)",
    "(${join(" || ", local.refs)})",
  ])
}

# A deleted pool is kept for 30 days, and its name with it: docs/deploy.md says how to bring it back.
resource "google_iam_workload_identity_pool" "github" {
  count = var.github == null ? 0 : 1

  project                   = var.project
  workload_identity_pool_id = "${var.name}-github"
  display_name              = "GitHub"

  depends_on = [google_project_service.apis]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  #checkov:skip=CKV_GCP_125:The condition names one repository by its numeric ids, its environment and its branches
  count = var.github == null ? 0 : 1

  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  attribute_mapping = {
    "google.subject"      = "assertion.sub"
    "attribute.may_enter" = "assertion.repository_id + ':' + assertion.environment"
  }

  # A job has the claim `environment` only if it names this environment and has passed what protects that at GitHub: who
  # must approve, which branches may. So nobody gets past the approval with a workflow of their own.
  attribute_condition = "assertion.environment == '${var.environment}' && ${local.github_conditions}"

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "github_acts" {
  for_each = var.github == null ? toset([]) : toset(["deployer", "terraform"])

  service_account_id = google_service_account.accounts[each.key].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.may_enter/${var.github.repository_id}:${var.environment}"
}
