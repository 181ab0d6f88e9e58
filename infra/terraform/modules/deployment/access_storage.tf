# Who may reach which objects. Prefixes are those of engine/paths.py; a test compares them.
locals {
  objects = "projects/_/buckets/${local.bucket}/objects/${local.root}"

  object_grants = {
    # The public service writes what people decide, and reads what it shows them. It never sees the rows of a dataset. What
    # lists show lies in the metadata of objects, which a listing brings along: that takes no right to read them.
    bot-writes = {
      account  = "bot"
      role     = "roles/storage.objectUser"
      title    = "what people decide"
      prefixes = ["drafts/", "drafts-open/", "experiments/", "index/experiments/", "requests/", "runs/", "active/", "deletions/", "recipes/", "connections/", "patterns/"]
      suffix   = ""
    }
    bot-reads = {
      account  = "bot"
      role     = "roles/storage.objectViewer"
      title    = "what people choose from"
      prefixes = ["settings/", "slots/", "drafts-answered/", "outbox/"]
      suffix   = ""
    }
    bot-reads-descriptions = {
      account  = "bot"
      role     = "roles/storage.objectViewer"
      title    = "descriptions without rows"
      prefixes = ["datasets/", "metadata/", "robyn/", "rounds/"]
      suffix   = ".json"
    }
    bot-reads-findings = {
      account  = "bot"
      role     = "roles/storage.objectViewer"
      title    = "what trainings found"
      prefixes = ["robyn/"]
      suffix   = "/findings.zip"
    }

    # The training writes its own folder. It never touches a run's state.
    job-reads = {
      account  = "job"
      role     = "roles/storage.objectViewer"
      title    = "what a training reads"
      prefixes = ["training-configs/", "training-data/", "runs/"]
      suffix   = ""
    }
    job-writes = {
      account  = "job"
      role     = "roles/storage.objectUser"
      title    = "what a training writes"
      prefixes = ["robyn/"]
      suffix   = ""
    }
  }
}

# Below the deployment's root; or, where several workspaces are served, below the root of each.
locals {
  below = {
    for name, grant in local.object_grants : name => join(" || ", [
      for prefix in grant.prefixes : var.slack_install == null
      ? "resource.name.startsWith('${local.objects}${prefix}')"
      : "resource.name.extract('${local.objects}workspaces/{team}/${prefix}') != ''"
    ])
  }
}

resource "google_storage_bucket_iam_member" "parts" {
  for_each = local.object_grants

  bucket = google_storage_bucket.data.name
  role   = each.value.role
  member = local.member[each.value.account]

  condition {
    title = each.value.title
    expression = join(" && ", concat(
      ["(${local.below[each.key]})"],
      each.value.suffix == "" ? [] : ["resource.name.endsWith('${each.value.suffix}')"],
    ))
  }
}

# Finished trials lie in a run's folder: the one thing there that the training writes.
resource "google_storage_bucket_iam_member" "job_keeps_trials" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = local.member["job"]

  condition {
    title      = "finished trials"
    expression = "resource.name.extract('${local.objects}${var.slack_install == null ? "runs" : "workspaces"}/{run}/trials/') != ''"
  }
}

# The worker reads and writes everything. Facts are made once by a precondition on each write; without the right to
# delete, an object that is there already might be answered with "forbidden" instead of "exists".
resource "google_storage_bucket_iam_member" "worker" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = local.member["worker"]
}

# Without the right to list, an object that is not there is answered with "forbidden" instead of "not found".
resource "google_project_iam_custom_role" "object_lister" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_object_lister"
  title       = "${var.name} object lister"
  description = "Sees the names of objects, not what is in them."
  permissions = ["storage.objects.list"]
}

resource "google_storage_bucket_iam_member" "listers" {
  for_each = toset(["bot", "job"])

  bucket = google_storage_bucket.data.name
  role   = google_project_iam_custom_role.object_lister.name
  member = local.member[each.key]
}

# How the bucket is set up, for mmm doctor: whether what is overwritten can be brought back.
resource "google_project_iam_custom_role" "bucket_viewer" {
  project     = var.project
  role_id     = "${replace(var.name, "-", "_")}_bucket_viewer"
  title       = "${var.name} bucket viewer"
  description = "Sees how a bucket is set up, not what is in it."
  permissions = ["storage.buckets.get"]
}

resource "google_storage_bucket_iam_member" "worker_sees_bucket" {
  bucket = google_storage_bucket.data.name
  role   = google_project_iam_custom_role.bucket_viewer.name
  member = local.member["worker"]
}
