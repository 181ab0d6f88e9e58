# The sweep finds what everything else has lost; this notices when nobody sweeps.
resource "google_monitoring_alert_policy" "silent_sweep" {
  project               = var.project
  display_name          = "${local.alert_prefix}: silent sweep"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "No sweep came to its end for half an hour."

    condition_absent {
      filter   = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.events["sweep_done"].name}\""
      duration = "1800s"

      aggregations {
        alignment_period     = "600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Cloud Scheduler should sweep every ten minutes, and no sweep has come to its end for half an hour. What is lost stays lost until it does.\n\nWhat to do: ${var.runbook_url}#silent-sweep"

    links {
      display_name = "Runbook"
      url          = "${var.runbook_url}#silent-sweep"
    }
  }
}
