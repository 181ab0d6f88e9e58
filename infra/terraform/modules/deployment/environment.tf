# What each part is told. Names are the settings of engine/settings.py and engine/training_job.py; a test compares them.
locals {
  # Known before the services are, so that each can be told of the other.
  bot_url    = "https://${var.name}-bot-${local.project_number}.${var.region}.run.app"
  worker_url = "https://${var.name}-worker-${local.project_number}.${var.region}.run.app"

  shared_env = {
    MMM_PROJECT     = var.project
    MMM_REGION      = var.region
    MMM_BUCKET      = google_storage_bucket.data.name
    MMM_BUCKET_ROOT = var.bucket_root
    MMM_WORKER_URL  = local.worker_url
    MMM_OTEL_URL    = "https://telemetry.googleapis.com"
  }

  snowflake_env = var.snowflake == null ? {} : {
    MMM_SNOWFLAKE_ACCOUNT    = var.snowflake.account
    MMM_SNOWFLAKE_USER       = var.snowflake.user
    MMM_SNOWFLAKE_ROLE       = var.snowflake.role
    MMM_SNOWFLAKE_WAREHOUSE  = var.snowflake.warehouse
    MMM_SNOWFLAKE_DATABASE   = var.snowflake.database
    MMM_SNOWFLAKE_SCHEMA     = var.snowflake.schema
    MMM_SNOWFLAKE_KEY_SECRET = local.secret_reference["snowflake-key"]
  }

  # One workspace, with a token from this deployment's secrets.
  one_env = var.slack_install != null ? {} : {
    MMM_WORKSPACE          = var.slack_workspace
    MMM_CHANNEL_DEFAULT    = var.slack_channel_default
    MMM_SLACK_TOKEN_SECRET = local.secret_reference["slack-token"]
  }

  # Several, each with a token that the bot is given when the app is installed.
  several_env = var.slack_install == null ? {} : {
    MMM_SLACK_CLIENT_ID      = var.slack_install.client_id
    MMM_SLACK_CLIENT_SECRET  = local.secret_reference["slack-client-secret"]
    MMM_PUBLIC_URL           = local.bot_url
    MMM_WORKSPACES           = jsonencode(var.slack_install.workspaces)
    MMM_SNOWFLAKE_WORKSPACES = jsonencode(var.slack_install.snowflake_workspaces)
  }

  access_env = {
    MMM_EMAIL_DOMAINS = jsonencode(var.access.email_domains)
    MMM_ROLE_DEFAULT  = var.access.role_default
    MMM_ADMINS        = jsonencode(var.access.admins)
    MMM_ANALYSTS      = jsonencode(var.access.analysts)
    MMM_VIEWERS       = jsonencode(var.access.viewers)
    MMM_ADMIN_GROUP   = var.access.admin_group
    MMM_ANALYST_GROUP = var.access.analyst_group
    MMM_VIEWER_GROUP  = var.access.viewer_group
    MMM_CONTACT       = var.access.contact
    MMM_APP_ID        = var.access.app_id
    MMM_ENTERPRISE    = var.access.enterprise
  }

  # Bot and worker are one program in two roles: the same settings, other rights.
  service_env = merge(
    local.shared_env,
    {
      MMM_QUEUE_PREFIX         = var.name
      MMM_TRAINING_JOB         = local.training_job
      MMM_TRAINERS             = jsonencode(var.trainers)
      MMM_TASKS_ACCOUNT        = local.email["tasks"]
      MMM_JOB_ACCOUNT          = local.email["job"]
      MMM_SLACK_SIGNING_SECRET = local.secret_reference["slack-signing-secret"]
      # Only accounts may invoke the worker (access_run.tf), so Cloud Run checks their tokens and takes the signature off.
      MMM_TOKENS_CHECKED_BY = "cloud_run"
      MMM_RUN_TIMEOUT       = tostring(var.training_timeout)
      MMM_JOB_WORKERS       = tostring(var.training_cpu)
    },
    local.one_env,
    local.several_env,
    local.access_env,
    local.snowflake_env,
    var.settings,
  )

  # Everything else the training learns at its launch.
  job_env = local.shared_env
}
