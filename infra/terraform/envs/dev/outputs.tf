output "deployment" {
  description = "Everything that releases and docs/deploy.md need."
  value       = module.deployment
}
