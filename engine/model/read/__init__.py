"""What a training is given, read and checked: `job_config.json`, the data, holidays, lift tests, an earlier result."""
