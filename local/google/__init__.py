"""Google Cloud on a laptop: Storage, Tasks, Run, Secret Manager and identity."""
