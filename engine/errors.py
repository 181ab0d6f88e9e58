"""Every error this project raises on purpose.

MmmError
├── BadInput                    the person can mend it: shown as it is
│   ├── BadConfig               job_config.json or an experiment's settings
│   ├── BadData                 a file, table or column that cannot be modelled
│   ├── BadSelect               SQL that is not exactly one SELECT
│   └── NotFound                a dataset, experiment or run that is not there
├── Denied                      this person may not do this
├── IllegalTransition           a run cannot move from this state to that
├── Unavailable                 an outside service did not do it; trying again may help
│   ├── Ambiguous               it may have happened: the reply was lost
│   ├── NoRoom                  it did not happen: there is no room for it now (429, a quota)
│   ├── Postponed               it certainly did not happen; try again at a time that is known
│   └── LockedOut               it takes nothing of ours until somebody mends that: a revoked token, a missing right
├── Refused                     an outside service said no for good
├── Conflict                    somebody else wrote first (compare-and-swap lost)
│   └── AlreadyExists           the object was created by somebody else
├── BrokenState                 a stored object cannot be read (bad JSON, newer schema, wrong checksum)
├── BadSettings                 the service cannot start with these settings
└── TrainingFailed              the trainer ended without a usable result
    └── TrainingKilled          it was ended from outside: another attempt may do better

An error says three things: `what` happened (for the person), `todo` (what the person can do about
it) and `detail` (for the log only: never shown).
"""

from collections.abc import Sequence


class MmmError(Exception):
    """The root. `what` and `todo` are shown to people; `detail` goes to the log."""

    def __init__(self, what: str, todo: str = "", *, detail: str = "") -> None:
        super().__init__(what if not todo else f"{what} {todo}")
        self.what = what
        self.todo = todo
        self.detail = detail


class BadInput(MmmError):
    """Something a person gave us that they can correct. `field` names the form field at fault.

    `problems`: where there are several, each by itself, for those who can show a list; `todo` holds them all.
    `row` (as a spreadsheet numbers it) and `column` say where in the data it is, if it is at one place.
    """

    def __init__(
        self,
        what: str,
        todo: str = "",
        *,
        field: str = "",
        detail: str = "",
        problems: Sequence[str] = (),
        row: int | None = None,
        column: str = "",
    ) -> None:
        super().__init__(what, todo, detail=detail)
        self.field = field
        self.problems = tuple(problems)
        self.row = row
        self.column = column


class BadConfig(BadInput):
    """A setting of an experiment or a key of job_config.json."""


class BadData(BadInput):
    """A file, table or column that cannot be modelled as it stands."""


class BadSelect(BadInput):
    """SQL that is not exactly one SELECT."""


class NotFound(BadInput):
    """A dataset, experiment or run that does not exist."""


class Denied(MmmError):
    """This person may not do this; `todo` says who can allow it."""


class IllegalTransition(MmmError):
    """A run was asked to make a move its table does not have."""


class Unavailable(MmmError):
    """An outside service failed in a way that may pass."""


class Ambiguous(Unavailable):
    """An outside service failed after it may have acted."""


class NoRoom(Unavailable):
    """An outside service has no room for this now, and did nothing: it may be asked again soon."""


class Postponed(Unavailable):
    """Not now: we were asked to wait, or somebody else is at it. `seconds` is how long to stay away."""

    def __init__(self, what: str, todo: str = "", *, seconds: float, detail: str = "") -> None:
        super().__init__(what, todo, detail=detail)
        self.seconds = seconds


class LockedOut(Unavailable):
    """An outside service refuses us, and not this one thing: the same call works once somebody has mended it.

    `sure` is False where nobody knows whether it is us: a refusal in words we have never heard.
    """

    def __init__(self, what: str, todo: str = "", *, detail: str = "", sure: bool = True) -> None:
        super().__init__(what, todo, detail=detail)
        self.sure = sure


class Refused(MmmError):
    """An outside service refused for good: retrying the same call cannot help."""


class Conflict(MmmError):
    """A write lost to another writer."""


class AlreadyExists(Conflict):
    """A create-only write found an object that is not ours."""


class BrokenState(MmmError):
    """A stored object cannot be read: truncated, not JSON, or of a newer schema."""


class BadSettings(MmmError):
    """The settings are incomplete or contradict each other; every problem is in the message."""


class TrainingFailed(MmmError):
    """A training ended without a usable result."""


class TrainingKilled(TrainingFailed):
    """A training was ended from outside, and nothing says that it would end so again."""
