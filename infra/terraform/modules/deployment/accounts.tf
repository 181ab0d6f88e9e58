# One account per part, so that each may do its own work and nothing else. What each may do stands in access_*.tf.
locals {
  accounts = {
    bot       = "The public service: answers Slack, queues what follows."
    worker    = "The private service: stages data, launches trainings, posts to Slack."
    job       = "The training: reads its input, writes its results."
    tasks     = "No program runs under this one: its token opens the worker to Cloud Tasks and Cloud Scheduler."
    deployer  = "The release from GitHub: pushes images, deploys them."
    terraform = "The apply from GitHub: changes what this module describes."
  }
}

resource "google_service_account" "accounts" {
  for_each = local.accounts

  project      = var.project
  account_id   = "${var.name}-${each.key}"
  display_name = "${var.name} ${each.key}"
  description  = each.value

  depends_on = [google_project_service.apis]
}

locals {
  email  = { for key, account in google_service_account.accounts : key => account.email }
  member = { for key, account in google_service_account.accounts : key => "serviceAccount:${account.email}" }
}
