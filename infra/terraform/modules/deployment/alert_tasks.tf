# Tasks that wait longer than they were meant to.
resource "google_monitoring_alert_policy" "old_tasks" {
  project               = var.project
  display_name          = "${local.alert_prefix}: old tasks"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "Tasks are ten minutes late."

    condition_threshold {
      filter          = "resource.type=\"cloud_tasks_queue\" AND resource.labels.queue_id=starts_with(\"${var.name}-\") AND metric.type=\"cloudtasks.googleapis.com/queue/task_attempt_delays\""
      comparison      = "COMPARISON_GT"
      threshold_value = 600000
      duration        = "300s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_PERCENTILE_95"
        cross_series_reducer = "REDUCE_MAX"
        group_by_fields      = ["resource.label.queue_id"]
      }
    }
  }

  conditions {
    display_name = "A queue does not empty."

    condition_threshold {
      filter          = "resource.type=\"cloud_tasks_queue\" AND resource.labels.queue_id=starts_with(\"${var.name}-\") AND metric.type=\"cloudtasks.googleapis.com/queue/depth\""
      comparison      = "COMPARISON_GT"
      threshold_value = 500
      duration        = "900s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_MIN"
        cross_series_reducer = "REDUCE_MAX"
        group_by_fields      = ["resource.label.queue_id"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Steps wait in a queue longer than they should: the queue is paused or too slow, or the worker refuses them.\n\nWhat to do: ${var.runbook_url}#old-tasks"

    links {
      display_name = "Runbook"
      url          = "${var.runbook_url}#old-tasks"
    }
  }
}
