"""The training job: it is there, it is set up as the engine counts on, and this account may start it."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.doctor.report import Finding, failed, ok, skipped, warning
from engine.doctor.subject import Check, Subject
from engine.errors import NotFound, Refused
from engine.settings import Settings

if TYPE_CHECKING:
    # Its library is the worker's: this check says so where it is missing.
    from engine.cloud.jobs import Declared

LAUNCH = "run.jobs.runWithOverrides"
DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")


def look(subject: Subject) -> Iterator[Finding]:
    """Compare the job with the settings."""
    settings, jobs = subject.settings, subject.cloud.jobs
    name = settings.training_job
    try:
        job = jobs.declared()
    except NotFound:
        deploy = "docs/deploy.md says how it is deployed: terraform apply"
        yield failed(f"There is no job {name} in {settings.region}.", f"Correct MMM_TRAINING_JOB; {deploy}")
        return
    except Refused:
        grant = f"gcloud run jobs describe {name} --region={settings.region} --project={settings.project}"
        yield skipped("Our account may not look at the job (run.jobs.get).", f"Look with your own account: {grant}")
        job = None
    wrong = list(_compared(subject, job)) if job else []
    if not jobs.may_launch():
        grant = (
            f"gcloud run jobs add-iam-policy-binding {name} --region={settings.region} --project={settings.project} "
            "--member=serviceAccount:… --role=roles/run.jobsExecutorWithOverrides"
        )
        wrong.append(failed(f"Our account may not start {name} ({LAUNCH}).", f"terraform apply; by hand: {grant}"))
    yield from wrong
    if job and not any(finding.fix for finding in wrong):
        yield ok(f"The job {name} is there, never tries again by itself, and our account may start it.")


def _compared(subject: Subject, job: "Declared") -> Iterator[Finding]:
    settings = subject.settings
    update = f"gcloud run jobs update {settings.training_job} --region={settings.region} --project={settings.project}"
    if job.retries:
        again = f"The job tries again by itself ({job.retries} times): a training that cannot work is paid for again."
        yield failed(again, f"terraform apply; by hand: {update} --max-retries=0")
    if job.tasks != 1:
        yield failed(f"The job starts {job.tasks} tasks at once; a training is one.", f"{update} --tasks=1")
    if job.timeout < settings.run_timeout:
        # Launches override it; whoever starts the job by hand is cut off.
        less = f"The job's own limit is {job.timeout:g} s, MMM_RUN_TIMEOUT is {settings.run_timeout} s."
        yield warning(
            less, f"Set training_timeout in Terraform; by hand: {update} --task-timeout={settings.run_timeout}s"
        )
    if not DIGEST.fullmatch(job.image):
        tag = f"The job's image is named by a tag ({job.image or 'none'}): what runs may change without a release."
        yield warning(tag, f"{update} --image=REGISTRY/training@sha256:…")
    if settings.job_account and job.account and job.account != settings.job_account:
        other = f"The job runs as {job.account}, MMM_JOB_ACCOUNT is {settings.job_account}: its callbacks are refused."
        yield failed(other, f"{update} --service-account={settings.job_account}")
    for setting in ("bucket", "project"):
        told, ours = job.env.get(f"MMM_{setting.upper()}"), getattr(settings, setting)
        if told is not None and told != ours:
            other = f"The job is told MMM_{setting.upper()}={told}; here it is {ours}."
            yield failed(other, f"terraform apply; by hand: {update} --update-env-vars=MMM_{setting.upper()}={ours}")
    if (cores := _cores(job.processors)) and settings.job_workers > cores:
        yield warning(
            f"A training uses {settings.job_workers} processes on {cores:g} processors.",
            "Set MMM_JOB_WORKERS to as many; in Terraform, training_cpu sets both.",
        )


def _cores(text: str) -> float:
    """Processors as Cloud Run writes them."""
    if text.endswith("m"):
        return float(text[:-1]) / 1000
    return float(text) if text else 0.0


def _asks(settings: Settings) -> tuple[str, ...]:
    return (settings.run_url,)


CHECKS = (Check("training job", look, ("worker",), asks=_asks),)
