# Secrets are made here; their values come from outside: by hand (gcloud secrets versions add), or with
# secret_versions and secret_values, which pass through Terraform without a trace.
locals {
  secrets = toset(concat(
    ["slack-signing-secret"],
    var.slack_install == null ? ["slack-token"] : ["slack-client-secret"],
    var.snowflake == null ? [] : ["snowflake-key"],
  ))

  secret_readers = {
    bot-signs = { account = "bot", secret = "slack-signing-secret" }
  }
  token_readers = {
    bot-opens    = { account = "bot", secret = "slack-token" }
    worker-posts = { account = "worker", secret = "slack-token" }
  }
  install_readers = {
    bot-installs = { account = "bot", secret = "slack-client-secret" }
  }
  snowflake_readers = {
    worker-queries = { account = "worker", secret = "snowflake-key" }
  }
}

resource "google_secret_manager_secret" "secrets" {
  for_each = local.secrets

  project             = var.project
  secret_id           = "${var.name}-${each.key}"
  labels              = local.labels
  deletion_protection = var.deletion_protection

  # A value that was destroyed by mistake can be brought back for a day.
  version_destroy_ttl = "86400s"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.apis]
}

resource "google_secret_manager_secret_version" "given" {
  for_each = var.secret_versions

  secret                 = google_secret_manager_secret.secrets[each.key].id
  secret_data_wo         = var.secret_values[each.key]
  secret_data_wo_version = each.value

  # The former value must stay readable until every instance has the new one.
  deletion_policy = "ABANDON"

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_secret_manager_secret_iam_member" "readers" {
  for_each = merge(
    local.secret_readers,
    var.slack_install == null ? local.token_readers : {},
    var.slack_install == null ? {} : local.install_readers,
    var.snowflake == null ? {} : local.snowflake_readers,
  )

  project   = var.project
  secret_id = google_secret_manager_secret.secrets[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.member[each.value.account]
}

locals {
  # References, as the settings take them. The newest version: the services notice a rotation within five minutes.
  secret_reference = { for key, secret in google_secret_manager_secret.secrets : key => "${secret.id}/versions/latest" }
}
