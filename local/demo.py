"""`mmm demo --once`: the main job without a person. Real commands, real forms, a real training, all on this machine."""

import json
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.names import alike
from engine.robyn.installed import require_robyn
from local import workspace
from local.main import running
from local.person import Person, Stuck
from local.sample import weekly_csv
from local.serving import free_ports

CHANNEL = workspace.MARKETING.id
# Robyn in R takes minutes for what the native trainer does in seconds.
TRAINING_SECONDS = {"native": 600.0, "robyn": 7200.0}
PARTS = ("slack-bolt", "fastapi", "google-cloud-storage", "snowflake-connector-python", "nevergrad", "prophet")


@dataclass
class Phases:
    """How long each part of the job took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        print(f"{name} …", flush=True)
        yield
        self.seconds[name] = round(time.monotonic() - began, 2)


def demo(out: Path, *, trainer: str = "native") -> int:
    """Do the job once; write the transcript, the charts and a summary to `out`. Returns the exit status.

    Raises BadSettings before anything is started where `trainer` is Robyn and something of it is missing.
    """
    if trainer == "robyn":
        require_robyn()
    out.mkdir(parents=True, exist_ok=True)
    csv = out / "weekly_fr.csv"
    csv.write_bytes(weekly_csv("FR"))
    phases = Phases()
    with TemporaryDirectory(prefix="mmm-demo-") as state:
        with phases.timed("start the stack"):
            stack = running(Path(state), free_ports(5), trainers=("native", trainer))
            started = stack.__enter__()
        try:
            ana = Person(started.at.slack)
            try:
                told = job(ana, csv, phases, trainer)
            except Stuck as stuck:
                print(f"mmm demo: {stuck.what} {stuck.detail}", file=sys.stderr)
                for name in started.parts:
                    print(f"--- {name}\n{_tail(started.log(name))}", file=sys.stderr)
                return 1
            _write(out, ana, told, phases)
            ana.close()
        finally:
            stack.__exit__(None, None, None)
    print(f"{told['verdict']}\nCharts, transcript.json and summary.json are in {out}.")
    return 0


def job(ana: Person, csv: Path, phases: Phases, trainer: str) -> dict[str, Any]:
    """What a person does: a dataset from a CSV, one from the warehouse, an experiment, a verdict."""
    ana.type(CHANNEL, "/mmm")
    with phases.timed("make a dataset from a CSV"):
        dataset_from_csv(ana, csv, "Weekly France", "fr")
    with phases.timed("make a dataset from the warehouse"):
        dataset_from_table(ana, "MMM.MARKETING.DAILY", "Daily Germany", "de")
    with phases.timed("train and report"):
        return experiment(ana, "Weekly France", within=TRAINING_SECONDS[trainer], trainer=trainer)


def dataset_from_csv(ana: Person, csv: Path, title: str, country: str) -> dict[str, Any]:
    """Drop a CSV, accept the guessed roles, wait for the dataset. Returns its message."""
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    _send(ana, form, title=title, country=country, kind="csv", file=ana.upload(csv), channel=CHANNEL)
    return _accept_roles(ana, title)


def dataset_from_table(ana: Person, table: str, title: str, country: str) -> dict[str, Any]:
    """Name a table of the warehouse, accept the guessed roles, wait for the dataset. Returns its message."""
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    ana.choose(form, "kind", "table", title=title, country=country)
    form = ana.wait(lambda: _with_field(ana, "table"), "the field for a table")
    _send(ana, form, title=title, country=country, kind="table", table=table, channel=CHANNEL)
    return _accept_roles(ana, title)


def experiment(
    ana: Person, title: str, *, within: float = TRAINING_SECONDS["native"], **settings: Any
) -> dict[str, Any]:
    """Start an experiment on a dataset and wait for the verdict and the charts in its thread, `within` seconds."""
    ana.type(CHANNEL, f"/mmm experiment new {title}")
    form = ana.wait_for_view("experiment_new")
    _send(ana, form, **{"preset": "quick", "channel": CHANNEL, **settings})
    card = ana.wait_for_message(CHANNEL, f" on {title}")
    thread = ana.wait(lambda: _finished(ana, card["ts"]), "the charts in the thread", within)
    return {"card": card["ts"], "verdict": thread[0]["text"], "messages": [message["text"] for message in thread]}


def _finished(ana: Person, ts: str) -> list[dict[str, Any]] | None:
    """The replies once the last one, with the charts, is there. Raises Stuck if the run failed."""
    replies = ana.thread(CHANNEL, ts)[1:]
    if any(" failed: " in reply["text"] for reply in replies):
        raise Stuck("The run failed.", detail=replies[-1]["text"])
    return replies if any(reply["text"].startswith("Charts of ") for reply in replies) else None


def _accept_roles(ana: Person, title: str) -> dict[str, Any]:
    form = ana.wait_for_view("dataset_mapping")
    _send(ana, form)
    return ana.wait_for_message(CHANNEL, f"Dataset {title} is ready")


def _send(ana: Person, form: dict[str, Any], **values: Any) -> None:
    answer = ana.submit(form, **values)
    if not answer.get("ok"):
        raise Stuck("The form was refused.", detail=str(answer))


def _with_field(ana: Person, name: str) -> dict[str, Any] | None:
    view = ana.view()
    return view if view and any(block["block_id"] == name for block in view["blocks"]) else None


def _write(out: Path, ana: Person, told: dict[str, Any], phases: Phases) -> None:
    calls = [{"method": c["method"], "args": c["args"], "ok": c["ok"]} for c in ana.transcript()]
    (out / "transcript.json").write_text(json.dumps(calls, indent=1, ensure_ascii=False))
    for name, file_id in _posted(calls):
        (out / name).write_bytes(ana.file(file_id))
    versions = {"python": platform.python_version(), **{part: version(part) for part in PARTS}}
    summary = {"verdict": told["verdict"], "messages": told["messages"], "seconds": phases.seconds}
    summary |= {"total_seconds": round(sum(phases.seconds.values()), 2), "versions": versions}
    (out / "summary.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False))


def _posted(calls: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The pictures that messages showed: a file name and Slack's file id each."""
    number = 0
    for call in calls:
        if call["method"] != "chat.postMessage" or not call["ok"]:
            continue
        for block in call["args"].get("blocks") or []:
            if block["type"] == "image":
                number += 1
                yield f"{number:02d}-{alike(block['title']['text'])}.png", block["slack_file"]["id"]


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
