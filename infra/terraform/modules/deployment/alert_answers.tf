# Slack gives up after three seconds, and the person sees an error.
resource "google_monitoring_alert_policy" "slow_answers" {
  project               = var.project
  display_name          = "${local.alert_prefix}: slow answers"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "One answer in twenty takes longer than two seconds."

    condition_threshold {
      filter          = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}-bot\" AND metric.type=\"run.googleapis.com/request_latencies\""
      comparison      = "COMPARISON_GT"
      threshold_value = 2000
      duration        = "300s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_PERCENTILE_95"
        cross_series_reducer = "REDUCE_MAX"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Slack waits three seconds for an answer; one in twenty now takes longer than two. Cold starts are the usual cause.\n\nWhat to do: ${var.runbook_url}#slow-answers"

    links {
      display_name = "Runbook"
      url          = "${var.runbook_url}#slow-answers"
    }
  }
}
