# Where several workspaces install the app: the bot remembers each, and keeps the token that it was given in a secret of
# its own. Such secrets are made as workspaces come, so what may be done with them is granted by their names.
locals {
  installs    = var.slack_install == null ? 0 : 1
  team_tokens = "projects/${local.project_number}/secrets/${var.name}-slack-token-"
}

resource "google_storage_bucket_iam_member" "bot_installs" {
  count = local.installs

  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = local.member["bot"]

  condition {
    title = "installations"
    expression = join(" || ", [
      for prefix in ["installations/", "oauth-states/"] : "resource.name.startsWith('${local.objects}${prefix}')"
    ])
  }
}

# To make a secret is a right on the project, whatever its name.
resource "google_project_iam_custom_role" "secret_maker" {
  count = local.installs

  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_secret_maker"
  title       = "${var.name} secret maker"
  description = "Makes secrets; neither reads nor changes those that are there."
  permissions = ["secretmanager.secrets.create"]
}

resource "google_project_iam_member" "bot_makes_secrets" {
  count = local.installs

  project = var.project
  role    = google_project_iam_custom_role.secret_maker[0].name
  member  = local.member["bot"]
}

resource "google_project_iam_custom_role" "token_keeper" {
  count = local.installs

  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_token_keeper"
  title       = "${var.name} token keeper"
  description = "Keeps and reads the tokens of workspaces, and disables old ones."
  permissions = [
    "secretmanager.versions.access",
    "secretmanager.versions.add",
    "secretmanager.versions.disable",
    "secretmanager.versions.list",
  ]
}

resource "google_project_iam_member" "bot_keeps_tokens" {
  count = local.installs

  project = var.project
  role    = google_project_iam_custom_role.token_keeper[0].name
  member  = local.member["bot"]

  condition {
    title      = "tokens of workspaces"
    expression = "resource.name.startsWith('${local.team_tokens}')"
  }
}

resource "google_project_iam_member" "worker_reads_tokens" {
  count = local.installs

  project = var.project
  role    = "roles/secretmanager.secretAccessor"
  member  = local.member["worker"]

  condition {
    title      = "tokens of workspaces"
    expression = "resource.name.startsWith('${local.team_tokens}')"
  }
}
