# Terraform's own tests: terraform init -backend=false && terraform test. They ask Google for nothing.
mock_provider "google" {
  override_data {
    target = data.google_project.this
    values = { number = "123456789" }
  }
}

variables {
  project         = "team-mmm-dev"
  environment     = "dev"
  state_bucket    = "team-mmm-dev-terraform"
  slack_workspace = "T0123456789"
  alert_emails    = ["data-team@example.com"]
  runbook_url     = "https://example.com/operate.md"
}

run "the_least_that_can_be_given" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_job.training.template[0].template[0].max_retries == 0
    error_message = "A blind retry is paid for."
  }

  assert {
    condition     = google_storage_bucket.data.public_access_prevention == "enforced"
    error_message = "The bucket must never be public."
  }

  assert {
    condition     = google_storage_bucket.data.soft_delete_policy[0].retention_duration_seconds == 0
    error_message = "Overwritten state would be kept for a week."
  }

  assert {
    condition     = google_cloud_run_v2_service_iam_member.anyone_calls_bot[0].member == "allUsers"
    error_message = "Slack must reach the bot."
  }

  assert {
    condition     = alltrue([for grant in google_cloud_run_v2_service_iam_member.worker_callers : grant.member != "allUsers"])
    error_message = "The worker is private."
  }

  assert {
    condition     = sort([for queue in google_cloud_tasks_queue.queues : queue.name]) == tolist(["mmm-launch", "mmm-look", "mmm-notify", "mmm-stage", "mmm-watch"])
    error_message = "The services look for five queues of these names."
  }

  assert {
    condition     = !contains(keys(google_secret_manager_secret.secrets), "snowflake-key")
    error_message = "Without Snowflake there is no key for it."
  }

  assert {
    condition     = length(google_iam_workload_identity_pool.github) == 0
    error_message = "Without a repository nobody signs in from GitHub."
  }

  assert {
    condition     = google_cloud_scheduler_job.ticks["sweep"].http_target[0].uri == "https://mmm-worker-123456789.europe-west1.run.app/tasks/sweep"
    error_message = "The sweep is called at the worker's address."
  }

  assert {
    condition     = length(google_billing_budget.monthly) == 0
    error_message = "Without a billing account there is no budget."
  }
}

run "where_an_organisation_forbids_all_users" {
  command = plan

  variables {
    domain_restricted_sharing = true
  }

  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.anyone_calls_bot) == 0 && google_cloud_run_v2_service.bot.invoker_iam_disabled
    error_message = "The bot is opened by leaving out the check, not by a member."
  }

  assert {
    condition     = google_cloud_run_v2_service.worker.invoker_iam_disabled != true
    error_message = "The worker's callers are always checked."
  }
}

run "a_workspace_below_a_root" {
  command = plan

  variables {
    bucket_root = "workspaces/T0123456789/"
  }

  assert {
    condition     = alltrue([for grant in google_storage_bucket_iam_member.parts : strcontains(grant.condition[0].expression, "/objects/workspaces/T0123456789/")])
    error_message = "Each grant begins at the workspace's root."
  }

  assert {
    condition     = contains(one(google_storage_bucket.data.lifecycle_rule[0].condition).matches_prefix, "workspaces/T0123456789/datasets/")
    error_message = "So does each rule about old data."
  }
}

run "several_workspaces_install_the_app" {
  command = plan

  variables {
    slack_workspace = ""
    slack_install   = { client_id = "123.456", workspaces = ["T0123456789", "T9876543210"] }
  }

  assert {
    condition     = sort(keys(google_secret_manager_secret.secrets)) == tolist(["slack-client-secret", "slack-signing-secret"])
    error_message = "Tokens are kept by the bot, one secret for each workspace."
  }

  assert {
    condition     = google_project_iam_member.worker_reads_tokens[0].condition[0].expression == "resource.name.startsWith('projects/123456789/secrets/mmm-slack-token-')"
    error_message = "The worker reads tokens of workspaces, and no other secret of the project."
  }

  assert {
    condition     = google_project_iam_member.worker_reads_connections.condition[0].expression == "resource.name.startsWith('projects/123456789/secrets/mmm-connection-')"
    error_message = "And those of connections, which the code gives each workspace by its team."
  }

  assert {
    condition     = alltrue([for grant in google_storage_bucket_iam_member.parts : strcontains(grant.condition[0].expression, "/objects/workspaces/{team}/")])
    error_message = "Each grant holds below the root of each workspace."
  }
}

run "one_workspace_or_several" {
  command = plan

  variables {
    slack_workspace = ""
  }

  expect_failures = [var.slack_install]
}

run "github_by_number_and_branch" {
  command = plan

  variables {
    github = { owner_id = 12, repository_id = 34, branches = ["dev"], branch_prefixes = ["feat-"] }
  }

  assert {
    condition     = google_iam_workload_identity_pool_provider.github[0].attribute_condition == "assertion.environment == 'dev' && assertion.repository_owner_id == '12' && assertion.repository_id == '34' && assertion.event_name == 'push' && assertion.job_workflow_ref.endsWith('/.github/workflows/pipeline.yml@' + assertion.ref) && (assertion.ref == 'refs/heads/dev' || assertion.ref.startsWith('refs/heads/feat-'))"
    error_message = "One repository, and only the branches that may deploy."
  }
}

run "snowflake_brings_its_key" {
  command = plan

  variables {
    snowflake = { account = "org-team", user = "MMM_SERVICE", role = "MMM_READER", warehouse = "MMM_WH" }
  }

  assert {
    condition     = contains(keys(google_secret_manager_secret_iam_member.readers), "worker-queries") && contains(keys(google_secret_manager_secret.secrets), "snowflake-key")
    error_message = "The worker, and nobody else, reads the key."
  }
}

run "a_repository_names_its_branches" {
  command = plan

  variables {
    github = { owner_id = 12, repository_id = 34 }
  }

  expect_failures = [var.github]
}
