resource "google_monitoring_dashboard" "overview" {
  project        = var.project
  dashboard_json = templatefile("${path.module}/dashboard.json.tftpl", { name = var.name, environment = var.environment })

  depends_on = [google_logging_metric.events]
}
