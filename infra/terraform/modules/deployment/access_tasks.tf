# Who may queue what. The bot never watches a training.
locals {
  enqueuers = {
    bot-stage     = { account = "bot", queue = "stage" }
    bot-launch    = { account = "bot", queue = "launch" }
    bot-look      = { account = "bot", queue = "look" }
    bot-notify    = { account = "bot", queue = "notify" }
    worker-stage  = { account = "worker", queue = "stage" }
    worker-look   = { account = "worker", queue = "look" }
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

# Whether a queue is paused, for mmm doctor.
resource "google_project_iam_custom_role" "queue_watcher" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_queue_watcher"
  title       = "${var.name} queue watcher"
  description = "Sees how a queue is set up, not what is in it."
  permissions = ["cloudtasks.queues.get"]
}

resource "google_cloud_tasks_queue_iam_member" "watchers" {
  for_each = local.enqueuers

  project  = var.project
  location = var.region
  name     = google_cloud_tasks_queue.queues[each.value.queue].name
  role     = google_project_iam_custom_role.queue_watcher.name
  member   = local.member[each.value.account]
}

# Whoever queues a task lends it the account whose token it will carry.
resource "google_service_account_iam_member" "enqueuers_lend_tasks" {
  for_each = toset(["bot", "worker"])

  service_account_id = google_service_account.accounts["tasks"].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member[each.key]
}
