# What each program is given to run with. Terraform makes the services and the job once, with images of Google's that start
# anywhere, and never changes what they run: that is the release's alone, which takes these settings with its images
# (.github/scripts/release.sh). So one revision holds an image and the settings it was made for, a setting that stops a
# program is gone back from like an image that does, and an apply has nothing to wait for.
locals {
  programs = {
    # Slack has three seconds for it.
    bot = {
      cpu         = "1"
      memory      = "1Gi"
      timeout     = 30
      concurrency = 40
      startup     = { period = 1, timeout = 1, failures = 60 }
      liveness    = { period = 30, timeout = 5, failures = 3 }
    }
    # As long as the slowest step: staging.
    worker = {
      cpu         = "2"
      memory      = "4Gi"
      timeout     = 1800
      concurrency = 8
      startup     = { period = 2, timeout = 1, failures = 60 }
      liveness    = { period = 60, timeout = 10, failures = 5 }
    }
  }

  # The same, as gcloud is told.
  probe_flags = {
    for name, program in local.programs : name => [
      for probe in ["startup", "liveness"] : join(",", [
        "--${probe}-probe=httpGet.path=/health",
        "httpGet.port=8080",
        "periodSeconds=${program[probe].period}",
        "timeoutSeconds=${program[probe].timeout}",
        "failureThreshold=${program[probe].failures}",
      ])
    ]
  }

  service_flags = {
    for name, program in local.programs : name => concat([
      "--service-account=${local.email[name]}",
      "--cpu=${program.cpu}",
      "--memory=${program.memory}",
      "--timeout=${program.timeout}",
      "--concurrency=${program.concurrency}",
      # Answers are complete before their requests end, so nothing needs the processor in between.
      "--cpu-throttling",
      "--cpu-boost",
    ], local.probe_flags[name])
  }

  job_flags = [
    "--service-account=${local.email["job"]}",
    "--cpu=${var.training_cpu}",
    "--memory=${var.training_memory}",
    "--task-timeout=${var.training_timeout}",
    "--max-retries=0",
  ]

  releases = {
    bot      = { env = local.service_env, flags = local.service_flags["bot"] }
    worker   = { env = local.service_env, flags = local.service_flags["worker"] }
    training = { env = local.job_env, flags = local.job_flags }
  }
}
