# One bucket, as the code has one: state, data and results stand under their own prefixes.
#
# The state wants no soft delete: small objects are overwritten every few seconds, and each overwritten version
# would be kept and billed for a week. Versioning keeps the last ones instead, of the data too.
locals {
  bucket = "${var.project}-${var.name}"
  root   = trim(var.bucket_root, "/") == "" ? "" : "${trim(var.bucket_root, "/")}/"

  # Files grow old; the state, which is JSON, never does. A rule takes no pattern: where several workspaces are served, it
  # holds below all of them, and goes by the kind of file alone. Robyn's trials are of a kind with its results, which stay.
  aging_of_one     = { data = ["datasets/", "training-data/", "robyn/"], trials = ["runs/"], trial_files = [".npz", ".rds"] }
  aging_of_several = { data = ["workspaces/"], trials = ["workspaces/"], trial_files = [".npz"] }
  aging            = var.slack_install == null ? local.aging_of_one : local.aging_of_several
  data_files       = [".parquet", ".zip", ".png", ".rds", ".log"]

  # The setting itself, or its default in engine/settings.py.
  keep_days = tonumber(lookup(var.settings, "MMM_KEEP_DAYS", "30"))
}

resource "google_storage_bucket" "data" {
  #checkov:skip=CKV_GCP_62:Who read what is for Cloud Audit Logs to say; a bucket's usage logs come late and not always
  name     = local.bucket
  project  = var.project
  location = var.region
  labels   = local.labels

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age                   = 30
      matches_prefix        = [for prefix in local.aging.data : "${local.root}${prefix}"]
      matches_suffix        = local.data_files
      matches_storage_class = ["STANDARD"]
    }
  }

  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "COLDLINE"
    }
    condition {
      age                   = 90
      matches_prefix        = [for prefix in local.aging.data : "${local.root}${prefix}"]
      matches_suffix        = local.data_files
      matches_storage_class = ["NEARLINE"]
    }
  }

  # Trials that a failed run left for an attempt that never came.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 14
      matches_prefix = [for prefix in local.aging.trials : "${local.root}${prefix}"]
      matches_suffix = local.aging.trial_files
    }
  }

  # What is done with has the time since when as its custom time: nothing else has one, and no prefix need be named.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_custom_time = local.keep_days
      with_state             = "ANY"
    }
  }

  # What was overwritten or deleted: the last twenty versions, a month long.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      num_newer_versions = 20
      with_state         = "ARCHIVED"
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 30
      with_state                 = "ARCHIVED"
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.apis]
}
