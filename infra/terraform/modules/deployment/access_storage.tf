# Who may reach which objects. Prefixes are those of engine/paths.py; a test compares them.
locals {
  objects = "projects/_/buckets/${local.bucket}/objects/${local.root}"

  # The public service writes what people decide, and reads what it shows them. It never sees the rows of a dataset.
  bot_writes = ["drafts/", "experiments/", "requests/", "runs/", "active/", "outbox/"]
  bot_reads  = ["settings/", "slots/"]

  # The training writes its own folder and keeps its trials. It never touches a run's state.
  job_writes = ["robyn/"]
  job_reads  = ["training-configs/", "training-data/", "runs/"]

  starts = {
    bot_writes = join(" || ", [for prefix in local.bot_writes : "resource.name.startsWith('${local.objects}${prefix}')"])
    bot_reads  = join(" || ", [for prefix in local.bot_reads : "resource.name.startsWith('${local.objects}${prefix}')"])
    job_writes = join(" || ", [for prefix in local.job_writes : "resource.name.startsWith('${local.objects}${prefix}')"])
    job_reads  = join(" || ", [for prefix in local.job_reads : "resource.name.startsWith('${local.objects}${prefix}')"])
  }
}

# Without the right to list, an object that is not there answers "forbidden" instead of "not found".
resource "google_project_iam_custom_role" "object_lister" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_object_lister"
  title       = "${var.name} object lister"
  description = "Sees the names of objects, not what is in them."
  permissions = ["storage.objects.list"]
}

resource "google_storage_bucket_iam_member" "bot_lists" {
  bucket = google_storage_bucket.data.name
  role   = google_project_iam_custom_role.object_lister.name
  member = local.member.bot
}

resource "google_storage_bucket_iam_member" "bot_writes" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = local.member.bot

  condition {
    title      = "what people decide"
    expression = local.starts.bot_writes
  }
}

resource "google_storage_bucket_iam_member" "bot_reads" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectViewer"
  member = local.member.bot

  condition {
    title      = "what people are shown"
    expression = local.starts.bot_reads
  }
}

resource "google_storage_bucket_iam_member" "bot_reads_descriptions" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectViewer"
  member = local.member.bot

  condition {
    title       = "descriptions, no rows"
    description = "Manifests and mappings of datasets; progress, findings and manifests of results."
    expression = join(" && ", [
      "(${join(" || ", [for prefix in ["datasets/", "metadata/", "robyn/"] : "resource.name.startsWith('${local.objects}${prefix}')"])})",
      "resource.name.endsWith('.json')",
    ])
  }
}

resource "google_storage_bucket_iam_member" "worker" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = local.member.worker
}

resource "google_storage_bucket_iam_member" "job_lists" {
  bucket = google_storage_bucket.data.name
  role   = google_project_iam_custom_role.object_lister.name
  member = local.member.job
}

resource "google_storage_bucket_iam_member" "job_reads" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectViewer"
  member = local.member.job

  condition {
    title      = "the training's input"
    expression = local.starts.job_reads
  }
}

resource "google_storage_bucket_iam_member" "job_writes" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = local.member.job

  condition {
    title      = "the training's folder"
    expression = local.starts.job_writes
  }
}

resource "google_storage_bucket_iam_member" "job_keeps_trials" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = local.member.job

  condition {
    title      = "finished trials"
    expression = "resource.name.extract('${local.objects}runs/{run}/trials/') != ''"
  }
}
