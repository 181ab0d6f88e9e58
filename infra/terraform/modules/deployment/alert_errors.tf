# The share of requests that end in an error. The worker answers with one whenever something outside is down, so that the
# task comes again: some are part of a normal day.
locals {
  error_alerts = {
    bot-errors    = { service = "bot", share = 0.05 }
    worker-errors = { service = "worker", share = 0.25 }
  }
}

resource "google_monitoring_alert_policy" "errors" {
  for_each = local.error_alerts

  project               = var.project
  display_name          = "${local.alert_prefix}: ${replace(each.key, "-", " ")}"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "More than ${each.value.share * 100} % of the requests end in an error."

    condition_threshold {
      filter             = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}-${each.value.service}\" AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\""
      denominator_filter = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}-${each.value.service}\" AND metric.type=\"run.googleapis.com/request_count\""
      comparison         = "COMPARISON_GT"
      threshold_value    = each.value.share
      duration           = "300s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }

      denominator_aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Requests to the ${each.value.service} end in errors, for longer than a passing fault of something outside would explain.\n\nWhat to do: ${var.runbook_url}#${each.key}"

    links {
      display_name = "Runbook"
      url          = "${var.runbook_url}#${each.key}"
    }
  }
}
