"""A mapping as a file: given out, edited in any spreadsheet program, given back in a form or dropped in a channel."""

import re
from datetime import datetime
from typing import Final

from bot.access import Role
from bot.act import Act, Errors, Options, Reply, Show
from bot.asking import ask
from bot.data import again, map_file_messages, modals
from bot.data.dropped import usable
from bot.data.map import draft_of
from bot.data.map_file_messages import FILE_TYPES, MAP_FILE, TITLE
from bot.slack.blocks import channel, escape
from bot.slack.form import Choice
from bot.slack.limits import OPTION_VALUE
from bot.wing import Wing
from engine.data.dataset import Dataset, Draft
from engine.data.mapped import scope_of
from engine.errors import BrokenState, NotFound
from engine.paths import UNIVERSAL

KIND: Final = "map_download"
LISTED: Final = 100
# How the files that we give out say which dataset they are of.
_OF_DATASET: Final = re.compile(r"_([a-z]{2})_([0-9]{8}T[0-9]{6}Z-[0-9a-f]{6})")


async def download(act: Act) -> Reply:
    """Have the sheet of a dataset's mapping given out."""
    dataset = await act.blocking(act.seen.dataset, act.value)
    return await ask(act, KIND, {"dataset": dataset.id}, needs=Role.ANALYST, dataset=dataset)


async def upload(act: Act) -> Reply:
    """Open the form that takes a file for a dataset."""
    waiting = await act.open(modals.loading("Opening the form …", title=TITLE))
    dataset = await act.blocking(act.seen.dataset, act.value)
    view = map_file_messages.file_form(_choice(dataset), act.clock.now(), scope=scope_of(dataset))
    await act.surface.update_view(waiting, view)
    return None


async def from_file(act: Act) -> Reply:
    """A file that was dropped is to be a mapping: the form, with the dataset that its name says."""
    waiting = await act.open(modals.loading("Opening the form …", title=TITLE))
    file = await usable(act, act.value)
    dataset = await act.blocking(_meant, act, file.name)
    known, scope = (_choice(dataset), scope_of(dataset)) if dataset else (None, "")
    view = map_file_messages.file_form(known, act.clock.now(), scope=scope, dropped=Choice(file.id, file.name))
    await act.surface.update_view(waiting, view)
    return None


def _meant(act: Act, name: str) -> Dataset | None:
    """The newest snapshot of the family that a file's name tells; None where it tells none that is seen."""
    found = _OF_DATASET.search(name)
    if not found:
        return None
    try:
        one = act.seen.dataset(f"{found[1]}/{found[2]}")
        newest = act.seen.versions_of(one.id).lines
        return act.seen.dataset(newest[0].id) if newest else one
    except (NotFound, BrokenState):
        return None


def _choice(dataset: Dataset) -> Choice:
    return map_file_messages.dataset_choice(dataset)


async def sent(act: Act) -> Reply:
    """The form was sent: have the file read and checked whole. Nothing is applied where anything is wrong."""
    file, dataset_id = act.values.file("file"), act.values.text("map_dataset")
    errors: dict[str, str] = {}
    file_id = str(file["id"]) if file else str(act.meta.get("file", ""))
    name = str(file["name"]) if file else str(act.meta.get("name", ""))
    if not file_id:
        errors["file"] = "Drop a file."
    elif not name.lower().endswith(tuple(f".{kind}" for kind in FILE_TYPES)):
        errors["file"] = f"{name[:60]} is none of these: CSV, Excel, OpenDocument, JSON."
    if not dataset_id:
        errors["map_dataset"] = "Choose whose columns it says something of."
    if errors:
        return Errors(_beside(errors, act))
    try:
        dataset = await act.blocking(act.seen.dataset, dataset_id)
        await usable(act, file_id)
    except NotFound as error:
        place = "map_dataset" if error.field == "dataset_id" else "file"
        return Errors(_beside({place: f"{error.what} {error.todo}"}, act))
    scope = UNIVERSAL if act.values.text("scope") == UNIVERSAL else ""
    await act.blocking(_start, act, dataset, file_id, scope)
    text = (
        f":hourglass_flowing_sand: *{escape(name[:200])}* is being read for *{escape(dataset.title)}*. "
        "If anything is wrong with it, you are told here, and nothing is changed; "
        f"else the result arrives in {channel(dataset.channel)}."
    )
    return Show(modals.accepted(text, title=TITLE))


def _beside(errors: dict[str, str], act: Act) -> dict[str, str]:
    """Problems beside fields that the form shows."""
    shown = [block["block_id"] for block in act.view["blocks"] if block["type"] == "input"]
    return {name if name in shown else shown[0]: text for name, text in errors.items()}


def _start(act: Act, dataset: Dataset, file_id: str, scope: str) -> None:
    more = {"mapping_file": file_id, "scope": scope, "view_id": act.view["id"], "findings": ()}
    opened_at = datetime.fromisoformat(act.meta["opened_at"])
    draft: Draft = draft_of(act, dataset, dataset.mapping, opened_at=opened_at, **more)
    again.start(act, draft, form=True)


async def search(act: Act) -> Reply:
    """Datasets by part of their title or country."""
    found = await act.blocking(act.seen.search_datasets, act.value, LISTED)
    return Options(tuple(map_file_messages.dataset_choice(one) for one in found if len(one.id) <= OPTION_VALUE))


WING = Wing(
    buttons=(
        ("map_download", download, Role.ANALYST),
        ("map_upload", upload, Role.ANALYST),
        ("map_from_file", from_file, Role.ANALYST),
    ),
    forms=((MAP_FILE, sent, Role.ANALYST),),
    searches=(("map_dataset", search, Role.ANALYST),),
)
