"""The worker's door: what Cloud Tasks and the training job may ask for, each step by its name.

The only place of the bot that knows the engine's steps and its science. Everything else of the bot works
without them, so that the public service stays small.
"""

import logging
from collections.abc import Callable
from secrets import token_hex
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from bot.access import NotAllowed, Role, may
from bot.act import Services
from bot.admin.doctor import look_for
from bot.doors import Door, Route
from bot.installations import installed_teams
from bot.slack.client import SlackClient, SlackFiles
from bot.slack.messenger import SlackMessenger
from bot.slack.people import PeopleOfWorker
from bot.tenants import Tenants, tenants_of
from engine import paths
from engine.asks import Ask, read_ask
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.records import read_draft
from engine.data.wishes import begin, note
from engine.errors import BadInput, BrokenState, Denied, MmmError, TrainingFailed, Unavailable
from engine.full_disk import is_disk_full
from engine.observe.about import about
from engine.observe.logs import event
from engine.observe.telemetry import measured
from engine.pipeline.answer import answer, not_answered
from engine.pipeline.answers import Answers
from engine.pipeline.cancel import cancel
from engine.pipeline.cards import card
from engine.pipeline.conclude import fail
from engine.pipeline.countries import read_countries
from engine.pipeline.delete import delete
from engine.pipeline.finish import finish
from engine.pipeline.history import write_history
from engine.pipeline.knock import knock
from engine.pipeline.launch import launch
from engine.pipeline.list_tables import list_columns, list_tables
from engine.pipeline.look_after import give_up, waited_long
from engine.pipeline.more_charts import more_charts
from engine.pipeline.next_step import finish_next
from engine.pipeline.notify import notify
from engine.pipeline.outbox import SUBMITTED
from engine.pipeline.pictures import pictures
from engine.pipeline.preview import preview
from engine.pipeline.read_columns import read_columns, unreadable
from engine.pipeline.repair import repair
from engine.pipeline.rounds import show_round
from engine.pipeline.snapshot import refused, snapshot
from engine.pipeline.stage import Refusal, stage
from engine.pipeline.sweep import sweep
from engine.pipeline.upgrade import upgrade
from engine.pipeline.watch import watch
from engine.runs.run import Run

log = logging.getLogger(__name__)

Payload = dict[str, Any]
Step = Callable[[Payload], object]
# A step that breaks this often is not going to heal by itself.
TRIES = 6
# All workspaces are swept within so many seconds of the clock's ten minutes.
SWEPT_WITHIN = 480.0
# Steps that begin what a person asked for, and so, as `stage`, are not begun when that person may not any more.
DRAFT_STEPS = ("read_columns", "snapshot", "countries")
OF_RUNS = ("stage", "launch", "watch", "finish", "finished", "preview", "more_charts", "cancel", "card")
# The ids and the numbers that a step needs.
NEEDED = {
    **dict.fromkeys(OF_RUNS, ("run",)),
    **dict.fromkeys(DRAFT_STEPS, ("draft",)),
    **dict.fromkeys(("notify", "pictures"), ("key",)),
    "doctor": ("who", "key"),
    "knock": ("key",),
    "delete": ("what",),
    "answer": ("ask",),
    "round": ("round",),
}
NUMBERED = {
    **dict.fromkeys(("launch", "finish", "finished", "preview"), ("attempt",)),
    "watch": ("attempt", "n"),
    "pictures": ("n",),
    "doctor": ("at",),
    "knock": ("until",),
}
NUMBERS = ("attempt", "n", "marked", "at", "until")
# What the training job calls, and no task.
CALLS = {"finished"}
# Another instance of the worker may have room, so the step comes again first.
NO_ROOM = ("The disk of this service is full.", "Tell whoever runs this service: the worker needs more room.")


def routes(services: Services, tenants: Tenants | None = None) -> tuple[Route, ...]:
    """The worker's routes, and who may call each."""
    work = _Work(services, tenants or tenants_of(services))

    async def task(request: Request) -> Response:
        step = str(request.path_params["step"])
        if step not in work.names:
            return JSONResponse({"error": f"There is no step {step}."}, 404)
        tried = request.headers.get("x-cloudtasks-taskretrycount", "")
        return await _ask(request, work, step, int(tried) if tried.isdecimal() and len(tried) < 10 else 0)

    async def finished(request: Request) -> Response:
        """The training job says that it is done. A task sees to it, which comes again until that is done."""
        return await _ask(request, work, "finished", 0)

    async def previewed(request: Request) -> Response:
        """The training job says that there is a first look to be shown while it goes on."""
        return await _ask(request, work, "preview", 0)

    return (
        Route("POST", "/tasks/{step}", Door.TASKS, task),
        Route("POST", "/callbacks/finished", Door.JOB, finished),
        Route("POST", "/callbacks/preview", Door.JOB, previewed),
    )


async def _ask(request: Request, work: "_Work", name: str, tried: int) -> Response:
    try:
        payload = await request.json()
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict) or not _is_sound(name, payload):
        return JSONResponse({"error": "That is no payload."}, 400)
    return await run_in_threadpool(work.do, name, payload, tried)


def _is_sound(name: str, payload: Payload) -> bool:
    """Whether a payload has the ids and numbers that its step reads: what comes with a token may be odd."""
    texts = all(isinstance(payload.get(key), str) and payload[key] for key in NEEDED.get(name, ()))
    numbers = all(type(payload.get(key, 0)) is int and abs(payload.get(key, 0)) < 2**53 for key in NUMBERS)
    needed = all(key in payload for key in NUMBERED.get(name, ()))
    return texts and numbers and needed and isinstance(payload.get("workspace", ""), str)


class _Work:
    """The steps of each workspace. Where there are several, a payload says whose it is: we wrote it ourselves."""

    def __init__(self, services: Services, tenants: Tenants) -> None:
        self._services = services
        self._tenants = tenants
        self._made: dict[str, tuple[Services, dict[str, Step]]] = {}
        self.names = frozenset(steps_of(services)) - CALLS

    def do(self, name: str, payload: Payload, tried: int) -> Response:
        """Do one step of the workspace it is for."""
        if self._services.settings.many and name == "sweep" and "workspace" not in payload:
            return perform(self._services, name, lambda _: self._sweep_each(), payload, tried)
        try:
            services, steps = self._of(str(payload.get("workspace", "")))
        except Unavailable as error:
            log.warning("%s %s: %s (%s)", name, payload, error.what, error.detail)
            return JSONResponse({"error": error.what}, 500)
        except (Denied, BrokenState) as error:
            # It left, or was never here: asking again cannot help.
            log.warning("%s %s: %s (%s)", name, payload, error.what, error.detail)
            return JSONResponse({"ok": False, "error": error.what})
        return perform(services, name, steps[name], payload, tried)

    def _of(self, team: str) -> tuple[Services, dict[str, Step]]:
        services = self._tenants.of(team)
        known = self._made.get(services.settings.workspace)
        if known is not None and known[0] is services:
            return known
        steps = steps_of(services)
        people = PeopleOfWorker(services.settings, services.cloud.secrets)
        steps |= {name: _if_still_allowed(services, people, name, steps[name]) for name in DRAFT_STEPS}
        steps["stage"] = lambda p: stage(services.cloud, services.clock, p["run"], _refusal(services, people))
        made = self._made[services.settings.workspace] = services, steps
        return made

    def _sweep_each(self) -> None:
        """Have every workspace swept, each by itself."""
        cloud, clock = self._services.cloud, self._services.clock
        mark = clock.stamp()
        teams = list(installed_teams(cloud.storage))
        for n, team in enumerate(teams):
            try:
                services = self._tenants.of(team)
            except (Denied, BrokenState) as error:
                log.info("%s is not swept: %s", team, error.what)
                continue
            # One after the other, so that looks at trainings need not wait behind hundreds of sweeps.
            delay = SWEPT_WITHIN * n / len(teams)
            services.cloud.tasks.enqueue("watch", "sweep", {}, key=f"sweep|{team}|{mark}", delay=delay)


def steps_of(services: Services) -> dict[str, Step]:
    """The steps by name. Payloads hold ids only: everything else is read from the state."""
    cloud, clock = services.cloud, services.clock
    client = SlackClient(services.settings, cloud.secrets)
    files = SlackFiles(services.settings, cloud.secrets, client)
    messenger = SlackMessenger(client)
    people = PeopleOfWorker(services.settings, cloud.secrets)
    return {
        "list_tables": lambda p: list_tables(cloud, clock, str(p.get("connection", ""))),
        "list_columns": lambda p: list_columns(cloud, clock, str(p.get("connection", "")), str(p.get("table", ""))),
        "read_columns": lambda p: read_columns(cloud, clock, files, p["draft"]),
        "countries": lambda p: read_countries(cloud, clock, files, p["draft"]),
        "round": lambda p: show_round(cloud, clock, messenger, str(p["round"]), swept=bool(p.get("swept"))),
        "snapshot": lambda p: snapshot(cloud, clock, files, p["draft"]),
        "stage": lambda p: stage(cloud, clock, p["run"]),
        "launch": lambda p: launch(cloud, clock, p["run"], int(p["attempt"]), int(p.get("n", 0))),
        "watch": lambda p: watch(cloud, clock, p["run"], int(p["attempt"]), int(p["n"])),
        "finish": lambda p: finish(cloud, clock, p["run"], int(p["attempt"])),
        "finished": lambda p: finish_next(cloud, p["run"], int(p["attempt"])),
        "preview": lambda p: preview(cloud, clock, p["run"], int(p["attempt"])),
        "more_charts": lambda p: more_charts(cloud, clock, p["run"], preview=bool(p.get("preview"))),
        "cancel": lambda p: cancel(cloud, clock, p["run"]),
        "notify": lambda p: notify(
            cloud, clock, messenger, p["key"], str(p.get("conversation", "")), swept=bool(p.get("swept"))
        ),
        "card": lambda p: card(
            cloud, clock, messenger, p["run"], int(p.get("marked", 0)), first=p.get("version") == SUBMITTED
        ),
        "pictures": lambda p: pictures(cloud, clock, messenger, p["key"], int(p["n"]), swept=bool(p.get("swept"))),
        "answer": lambda p: answer(
            cloud, clock, files, str(p["ask"]), Answers(), _not_asked_any_more(services, people)
        ),
        "delete": lambda p: delete(cloud, clock, str(p["what"])),
        "history": lambda p: write_history(cloud, clock, str(p.get("since", ""))),
        "sweep": lambda p: sweep(cloud, clock),
        "repair": lambda p: repair(cloud, clock),
        "upgrade": lambda p: upgrade(cloud, clock, str(p.get("after") or "")),
        "knock": lambda p: knock(cloud, clock, str(p["key"]), int(p["until"])),
        "doctor": lambda p: look_for(services, messenger, people.standing(str(p["who"])), p),
    }


def _refusal(services: Services, people: PeopleOfWorker) -> Refusal:
    """Why a run is not begun: whoever asked for it may not start any more, since a role may have changed.

    Where Slack cannot be asked, what the bot found out before it wrote the request down stands.
    """

    def refusal(run: Run) -> MmmError | None:
        standing = people.standing(run.who)
        if not standing.sure or may(standing, Role.ANALYST):
            return None
        denied = NotAllowed(services.settings, standing, Role.ANALYST)
        log.warning("run %s is not begun: %s may not (%s)", run.id, run.who, denied.detail)
        # Its card is there for all to see; why is between the person and us.
        return TrainingFailed("It was not started: who asked for it may not start trainings any more.", denied.todo)

    return refusal


def _not_asked_any_more(services: Services, people: PeopleOfWorker) -> Callable[[Ask], MmmError | None]:
    """Why somebody is not answered: they may not ask that any more, since a role may have changed."""

    def refusal(ask: Ask) -> MmmError | None:
        standing, needs = people.standing(ask.who), Role[ask.needs]
        if not standing.sure or may(standing, needs):
            return None
        return NotAllowed(services.settings, standing, needs)

    return refusal


def _if_still_allowed(services: Services, people: PeopleOfWorker, name: str, step: Step) -> Step:
    """A step of a draft, unless whoever asked for it may not do that any more, as `_refusal`."""

    def checked(payload: Payload) -> None:
        cloud, clock, settings = services.cloud, services.clock, services.settings
        draft = read_draft(cloud.storage, str(payload["draft"]))
        who = str(payload.get("who") or draft.who)
        standing = people.standing(who)
        if not standing.sure or may(standing, Role.ANALYST):
            step(payload)
            return
        denied = NotAllowed(settings, standing, Role.ANALYST)
        log.warning("%s %s: %s may not (%s)", name, payload, who, denied.detail)
        if not begin(cloud.storage, draft.id, services.clock.now()):
            return
        if name in ("snapshot", "countries"):
            # In the conversation with them alone.
            privately = draft.model_copy(update={"who": who, "channel": ""})
            refused(cloud, clock, privately, error=denied)
        else:
            unreadable(cloud, clock, draft, denied)

    return checked


def perform(services: Services, name: str, step: Step, payload: Payload, tried: int) -> Response:
    """Do one step. 500 brings it again; anything else is final."""
    ids = {key: payload[key] for key in ("run", "attempt", "draft") if key in payload}
    with about(step=name, **ids):
        return _perform(services, name, step, payload, tried)


def _perform(services: Services, name: str, step: Step, payload: Payload, tried: int) -> Response:
    if tried > TRIES and _died_each_time(services, name, payload):
        # Whoever worked on it died each time, and could say nothing.
        reference = token_hex(3)
        event(log, "task_failed", f"{name} {payload} ended {tried} times without a word, reference {reference}",
              {"reference": reference, "tried": tried}, level=logging.ERROR)  # fmt: skip
        return _given_up(services, name, payload, None, reference)
    try:
        with measured("step", step=name):
            step(payload)
    except Unavailable as error:
        log.warning("%s %s: %s (%s)", name, payload, error.what, error.detail)
        if not _waited_long(services, name, payload):
            return JSONResponse({"error": error.what}, 500)
        return _given_up(services, name, payload, error, token_hex(3))
    except BadInput as error:
        # What it is about is gone: trying again cannot help.
        log.warning("%s %s: %s", name, payload, error.what)
    except Exception as error:
        reference = token_hex(3)
        said = {"reference": reference, "tried": tried}
        what, full = f"{name} {payload} failed, reference {reference}", is_disk_full(error)
        # What is full is said in one line: where in our code it was noticed helps nobody.
        what += f": {NO_ROOM[0]} {error}" if full else ""
        event(log, "task_failed", what, said, level=logging.ERROR, exc_info=not full)
        if tried < TRIES and not _waited_long(services, name, payload):
            return JSONResponse({"error": NO_ROOM[0] if full else "unexpected", "reference": reference}, 500)
        return _given_up(services, name, payload, MmmError(*NO_ROOM) if full else error, reference)
    return JSONResponse({"ok": True})


def _died_each_time(services: Services, name: str, payload: Payload) -> bool:
    """Whether a step that came this often is one whose work took whoever did it along, and somebody waits for it."""
    if name == "answer":
        try:  # what was found is only to be told, which takes nobody along
            return not services.cloud.storage.exists(paths.answer_pack(str(payload["ask"])))
        except MmmError:
            return False
    return name in DRAFT_STEPS and "draft" in payload


def _waited_long(services: Services, name: str, payload: Payload) -> bool:
    """Whether a person has waited long for this step of a draft. Notes that it is not at work any more."""
    if name not in DRAFT_STEPS or "draft" not in payload:
        return False
    draft = str(payload["draft"])
    try:
        note(services.cloud.storage, draft, working=None)
        return waited_long(services.cloud, services.clock, draft)
    except (MmmError, ValidationError) as error:
        log.warning("nobody can tell how long draft %s has waited: %s", draft, error)
        return False


def _given_up(services: Services, name: str, payload: Payload, error: Exception | None, reference: str) -> Response:
    try:
        _give_up(services.cloud, services.clock, name, payload, error, reference)
    except MmmError as again:
        log.warning("%s %s cannot be given up yet: %s (%s)", name, payload, again.what, again.detail)
        return JSONResponse({"error": again.what, "reference": reference}, 500)
    return JSONResponse({"ok": True})


def _give_up(cloud: Cloud, clock: Clock, name: str, payload: Payload, error: Exception | None, reference: str) -> None:
    """Who waits for a step that keeps breaking is told so, with a reference, instead of waiting for ever."""
    known = error if isinstance(error, MmmError) else None
    if "run" in payload:
        what = known.what if known else "Something broke on our side."
        told = TrainingFailed(
            what, (known.todo if known else "") or "Start it again; if it happens again, name the reference."
        )
        fail(cloud, clock, str(payload["run"]), told, reference=reference)
    elif name in DRAFT_STEPS and "draft" in payload:
        give_up(cloud, clock, str(payload["draft"]), known, reference)
    elif name == "answer":
        broke = known or MmmError("That broke on our side.", "Ask again; if it happens again, name the reference.")
        not_answered(cloud, clock, read_ask(cloud.storage, str(payload["ask"])), broke, reference=reference)
