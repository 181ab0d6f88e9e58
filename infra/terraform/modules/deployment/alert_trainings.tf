# A training that fails writes down why and ends well. A container that ends badly was lost: memory, time, the image.
resource "google_monitoring_alert_policy" "lost_trainings" {
  project               = var.project
  display_name          = "${local.alert_prefix}: lost trainings"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "Containers of the training job end badly."

    condition_threshold {
      filter          = "resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"${local.training_job}\" AND metric.type=\"run.googleapis.com/job/completed_execution_count\" AND metric.labels.result=\"failed\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "0s"

      aggregations {
        alignment_period     = "3600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "More than one training container was lost within an hour. Lost ones are tried again, and each try is paid for.\n\nWhat to do: ${var.runbook_url}#lost-trainings"

    links {
      display_name = "Runbook"
      url          = "${var.runbook_url}#lost-trainings"
    }
  }
}
