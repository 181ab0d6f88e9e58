# Alerts on what the services log. The key is the heading of the runbook's entry.
locals {
  event_alerts = {
    failed-runs = {
      event    = "run_failed"
      above    = 0
      window   = "600s"
      severity = "WARNING"
      what     = "A run has failed. Whoever started it was told why, in its thread."
    }
    stuck-runs = {
      event    = "run_stuck"
      above    = 0
      window   = "900s"
      severity = "ERROR"
      what     = "A run is not over although its time is: neither the training, nor the watch, nor the sweep ended it."
    }
    broken-steps = {
      event    = "task_failed"
      above    = 5
      window   = "900s"
      severity = "ERROR"
      what     = "Steps of the worker break for a reason nobody foresaw. The log has the traces, each with a reference."
    }
    denied-calls = {
      event    = "denied"
      above    = 20
      window   = "600s"
      severity = "WARNING"
      what     = "Many calls are turned away: somebody tries the doors, or a secret or an account was changed on one side only."
    }
  }
}

resource "google_monitoring_alert_policy" "events" {
  for_each = local.event_alerts

  project               = var.project
  display_name          = "${local.alert_prefix}: ${replace(each.key, "-", " ")}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = local.events[each.value.event]

    condition_threshold {
      filter          = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.events[each.value.event].name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = "0s"

      aggregations {
        alignment_period     = each.value.window
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${each.value.what}\n\nWhat to do: ${var.runbook_url}#${each.key}"

    links {
      display_name = "Runbook"
      url          = "${var.runbook_url}#${each.key}"
    }
  }
}
