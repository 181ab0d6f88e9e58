"""`python -m local.google`: Google Cloud on a loopback port."""

import argparse
import json
import sys
from pathlib import Path

from local.bigquery.app import BigQueryApi
from local.google.app import Project, create_app
from local.guard import read_word
from local.serving import saying_why, serve


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--job-env", type=Path, required=True, help="JSON file with the training job's settings")
    parser.add_argument("--durable", action="store_true", help="lose nothing in a power cut either")
    parser.add_argument("--worker-url", default="", help="the worker whose sweep is called now and then")
    parser.add_argument("--keep-days", type=int, default=0, help="how long after its custom time an object is kept")
    parser.add_argument("--asked", action="store_true", help="remember what Cloud Storage is asked for, for who counts")
    parser.add_argument("--bigquery", action="store_true", help="have a BigQuery, with the sample data in it")
    parser.add_argument("--word", type=Path, required=True, help="file with the word that callers must know")
    given = parser.parse_args()
    project = Project(
        job_command=[sys.executable, "-m", "engine.training_job"],
        job_env=json.loads(given.job_env.read_text()),
        job_folder=Path(__file__).resolve().parents[2],
        durable=given.durable,
        worker_url=given.worker_url,
        keep_days=given.keep_days,
        asked=given.asked,
        word=read_word(given.word),
    )
    sample = given.state / "bigquery"
    bigquery = BigQueryApi(sample, project.name, project.account, project.word) if given.bigquery else None
    app = create_app(given.state, public_url=f"http://127.0.0.1:{given.port}", project=project, bigquery=bigquery)
    serve(app, given.port, grace=3)


if __name__ == "__main__":
    saying_why(main)
