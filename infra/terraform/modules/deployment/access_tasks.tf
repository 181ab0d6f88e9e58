# Who may queue what. The bot never watches a training.
locals {
  enqueuers = {
    bot    = ["stage", "launch", "notify"]
    worker = ["stage", "launch", "watch", "notify"]
  }
  enqueues = merge([
    for account, queues in local.enqueuers : { for queue in queues : "${account}-${queue}" => { account = account, queue = queue } }
  ]...)
}

resource "google_cloud_tasks_queue_iam_member" "enqueuers" {
  for_each = local.enqueues

  project  = var.project
  location = var.region
  name     = google_cloud_tasks_queue.queues[each.value.queue].name
  role     = "roles/cloudtasks.enqueuer"
  member   = local.member[each.value.account]
}

# Whoever queues a task lends it the account whose token it will carry.
resource "google_service_account_iam_member" "enqueuers_lend_tasks" {
  for_each = local.enqueuers

  service_account_id = google_service_account.accounts["tasks"].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member[each.key]
}
