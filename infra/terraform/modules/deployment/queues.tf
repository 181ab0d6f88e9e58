# One queue per kind of step, so that a slow kind holds no other up. The code names them PREFIX-KIND.
#
# A step that breaks is given up by the worker after a few tries, in words. What the queue repeats for a day is what the
# worker answers with an error because something outside is down. Retrying ends when both limits are reached.
locals {
  queues = {
    # Whole tables pass through an instance's memory.
    stage = { per_second = 2, at_once = 4, min_backoff = "10s", max_backoff = "300s" }
    # Somebody looks at the data and waits for the answer: not behind tables that are being read.
    look = { per_second = 5, at_once = 8, min_backoff = "5s", max_backoff = "120s" }
    # Slow on purpose: each starts a machine.
    launch = { per_second = 2, at_once = 2, min_backoff = "5s", max_backoff = "120s" }
    # Looks at trainings, and reads their results.
    watch = { per_second = 10, at_once = 8, min_backoff = "5s", max_backoff = "120s" }
    # Messages and cards. Slack takes about one message a second in a channel, and asks whoever is faster to come again. One
    # workspace keeps to that; several have channels of their own, and would wait for hours behind each other.
    notify = {
      per_second  = var.slack_install == null ? 1 : 10
      at_once     = var.slack_install == null ? 4 : 16
      min_backoff = "5s"
      max_backoff = "300s"
    }
  }
}

resource "google_cloud_tasks_queue" "queues" {
  for_each = local.queues

  project  = var.project
  location = var.region
  # A queue's name stays taken for days after its deletion: rename with care.
  name = "${var.name}-${each.key}"

  rate_limits {
    max_dispatches_per_second = each.value.per_second
    max_concurrent_dispatches = each.value.at_once
  }

  retry_config {
    max_attempts       = 100
    max_retry_duration = "86400s"
    min_backoff        = each.value.min_backoff
    max_backoff        = each.value.max_backoff
    max_doublings      = 4
  }

  stackdriver_logging_config {
    sampling_ratio = 1.0
  }

  depends_on = [google_project_service.apis]
}
