"""What Cloud Run says of a launch it refused or an execution that failed, as people are told it: what, and whom to ask.

Pure, so that every answer is tested. Its words and codes: google.cloud.run_v2.Condition (`reason`, `execution_reason`,
`message`), `TaskAttemptResult.status`, and the canonical codes of https://cloud.google.com/apis/design/errors.
"""

import re
from dataclasses import dataclass

from google.api_core import exceptions as google

from engine.errors import NoRoom, Refused
from engine.observe.redaction import without_secrets

LONGEST = 300
ASK = "Ask whoever runs this service"
# What answers prove that nothing was started: every refusal but a call that ran out of time or was given up.
UNDECIDED = frozenset({408, 499})
# Room may be there a moment later: a quota per minute, machines of a region, a job that is being changed just now.
ROOM = frozenset({409, 429})
# Some of Google's services refuse what is too much as 403.
QUOTA = re.compile(r"RATE_LIMIT_EXCEEDED|rateLimitExceeded|Quota exceeded|RESOURCE_EXHAUSTED", re.IGNORECASE)
# Names that somebody chose, which may hold any word: a job called training-image, a project called billing.
NAMED = re.compile(r"projects/[^\s'\"]+|@[a-z0-9.-]+", re.IGNORECASE)
# The client writes what it asked before what it was told.
ASKED = re.compile(r"^[A-Z]+ https?://\S+: ")
MEMORY = re.compile(
    r"memory[- ]limit|too much memory|out[- ]of[- ]memory|\bOOM(Killed)?\b"
    r"|exceed\w* (its |the )?\S* ?memory|memory \S* ?exceeded",
    re.IGNORECASE,
)

TIME = re.compile(
    r"maximum timeout|longer than its timeout|task timeout|timeout of \d+|deadline exceeded"
    r"|timeout was (reached|exceeded)|exceeded (its |the )?(\w+ )?timeout",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Cause:
    """Why an execution failed. `lasting`: another attempt would fail in the same way, until somebody mends it."""

    what: str
    todo: str
    lasting: bool = False


@dataclass(frozen=True)
class _Known:
    """One thing that can be wrong with the job. `reasons` are Cloud Run's names for it, `words` how it is told.

    `passes`: it may be otherwise at the next attempt.
    """

    reasons: frozenset[str]
    words: re.Pattern[str]
    what: str
    todo: str
    passes: bool = False


# The first that fits is told; more special ones come first.
KNOWN = (
    _Known(
        frozenset(),
        re.compile(r"SERVICE_DISABLED|API has not been used in project|API .*\bis disabled", re.I),
        "Cloud Run is not switched on in this project.",
        f"{ASK} to enable the Cloud Run Admin API (run.googleapis.com) there.",
    ),
    _Known(
        frozenset(),
        re.compile(r"quota violated|exceed\w* .*\bquota|quota .*exceed", re.I),
        "The training asks for more than the project's quota allows.",
        f"{ASK} to look at Cloud Run's quotas of this project and region.",
        passes=True,
    ),
    _Known(
        frozenset({"CONTAINER_MISSING"}),
        re.compile(r"image\b.* not found|manifest unknown|failed to pull image.*not found|ContainerMissing", re.I),
        "The training's image was not found.",
        f"{ASK} to release it again: the training job names an image that the registry does not hold.",
    ),
    _Known(
        frozenset({"CONTAINER_PERMISSION_DENIED", "CONTAINER_IMAGE_UNAUTHORIZED"}),
        re.compile(r"(permission|access|denied|unauthori[sz]ed).*(image|artifactregistry|repositor)|pull image", re.I),
        "Cloud Run may not use the training's image.",
        f"{ASK} to let Cloud Run read the registry that holds it (roles/artifactregistry.reader).",
    ),
    _Known(
        frozenset({"SECRETS_ACCESS_CHECK_FAILED"}),
        re.compile(r"(permission|access|denied).*secret|secret.*(not found|denied|permission)", re.I),
        "The training may not read a secret that it is set up with.",
        f"{ASK} to let the training's account read it (roles/secretmanager.secretAccessor).",
    ),
    _Known(
        frozenset({"ENCRYPTION_KEY_PERMISSION_DENIED"}),
        re.compile(r"encryption key|cryptoKey|\bCMEK\b", re.I),
        "Cloud Run may not use the key that the training's image is encrypted with.",
        f"{ASK} to let Cloud Run's service agent use the key.",
    ),
    _Known(
        frozenset({"VPC_NETWORK_NOT_FOUND"}),
        re.compile(r"(vpc|subnet|network)\b.*(not found|does not exist)", re.I),
        "The network that the training is to run in was not found.",
        f"{ASK} to correct the network of the training job.",
    ),
    _Known(
        frozenset(),
        re.compile(r"actAs|service account .*(not found|does not exist|disabled)|impersonat", re.I),
        "The training cannot be run as its account.",
        f"{ASK} whether the training's account exists, and to let the worker's account act as it "
        "(roles/iam.serviceAccountUser).",
    ),
    _Known(
        frozenset(),
        re.compile(r"billing", re.I),
        "Google takes no orders from this project: its billing is not in order.",
        f"{ASK} to look at the project's billing account.",
    ),
)
# How a launch is refused, by HTTP status, where nothing above says it better.
REFUSALS = {
    401: (
        "Cloud Run does not know who asks.",
        f"{ASK} to look at the account that the worker runs as.",
    ),
    403: (
        "This service may not start the training.",
        f"{ASK} to let the worker's account run the training job with overrides (run.jobs.runWithOverrides, as in "
        "roles/run.jobsExecutorWithOverrides).",
    ),
    404: (
        "There is no training job of that name.",
        f"{ASK} to release the training job, or to correct its name and region in the settings.",
    ),
}
OTHERWISE = ("Cloud Run did not take the training as it is set up.", f"{ASK} to look at the training job.")


def words(said: str) -> str:
    """Cloud Run's words for people: one line of bounded length, without control characters and secrets."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())
    line = without_secrets(line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


def quoted(said: str) -> str:
    """Cloud Run's words as a sentence to follow another; empty where it said nothing."""
    line = words(said)
    return f" Cloud Run says: “{line}”" if line else ""


def refusal(error: google.GoogleAPICallError) -> NoRoom | Refused | None:
    """What a refused launch means; None where it may have been started all the same."""
    code, said = int(error.code or 0), ASKED.sub("", str(error.message or ""))
    detail = f"{code} {said}"
    if code in ROOM or (code == 403 and QUOTA.search(f"{said} {error.reason or ''}")):
        return NoRoom(f"Cloud Run has no room for the training right now.{quoted(said)}", detail=detail)
    if not 400 <= code < 500 or code in UNDECIDED:
        return None
    known = _known("", said)
    what, todo = (known.what, known.todo) if known else REFUSALS.get(code, OTHERWISE)
    return Refused(f"{what}{quoted(said)}", todo, detail=detail)


def why_it_failed(reason: str, said: str) -> Cause:
    """Why an execution failed, of Cloud Run's reason (such as CONTAINER_MISSING) and words; `what` may be empty."""
    known = _known(reason, said)
    return Cause(known.what, known.todo, lasting=not known.passes) if known else Cause("", "")


def is_lack_of_memory(said: str) -> bool:
    """Whether Cloud Run itself says that a container took more memory than it may."""
    return bool(MEMORY.search(said))


def is_lack_of_time(said: str) -> bool:
    """Whether Cloud Run itself says that a container took longer than it may."""
    return bool(TIME.search(said))


def _known(reason: str, said: str) -> _Known | None:
    by_name = next((known for known in KNOWN if reason in known.reasons), None)
    told = NAMED.sub("", said)
    return by_name or next((known for known in KNOWN if known.words.search(told)), None)
