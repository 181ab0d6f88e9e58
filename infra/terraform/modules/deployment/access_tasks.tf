# Who may queue what. The bot never watches a training.
locals {
  enqueuers = {
    bot-stage     = { account = "bot", queue = "stage" }
    bot-launch    = { account = "bot", queue = "launch" }
    bot-notify    = { account = "bot", queue = "notify" }
    worker-stage  = { account = "worker", queue = "stage" }
    worker-launch = { account = "worker", queue = "launch" }
    worker-watch  = { account = "worker", queue = "watch" }
    worker-notify = { account = "worker", queue = "notify" }
  }
}

resource "google_cloud_tasks_queue_iam_member" "enqueuers" {
  for_each = local.enqueuers

  project  = var.project
  location = var.region
  name     = google_cloud_tasks_queue.queues[each.value.queue].name
  role     = "roles/cloudtasks.enqueuer"
  member   = local.member[each.value.account]
}

# Whoever queues a task lends it the account whose token it will carry.
resource "google_service_account_iam_member" "enqueuers_lend_tasks" {
  for_each = toset(["bot", "worker"])

  service_account_id = google_service_account.accounts["tasks"].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member[each.key]
}
