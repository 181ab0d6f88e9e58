# What proves a connection to a warehouse lies in a secret that somebody makes by hand, by the command that Slack shows
# (/mmm connect). Such secrets come as connections do, so the worker may read them by how their names begin. Where several
# workspaces share this deployment, the team follows, and the code holds each workspace to its own.
locals {
  connection_secrets = "projects/${local.project_number}/secrets/${var.name}-connection-"
}

resource "google_project_iam_member" "worker_reads_connections" {
  project = var.project
  role    = "roles/secretmanager.secretAccessor"
  member  = local.member["worker"]

  condition {
    title      = "secrets of connections"
    expression = "resource.name.startsWith('${local.connection_secrets}')"
  }
}
