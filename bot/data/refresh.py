"""`/mmm dataset refresh NAME [COUNTRY]`: a new snapshot of the same query, beside the one before."""

import asyncio
from collections.abc import Sequence
from typing import Final

from bot.access import Role
from bot.act import Act, Reply, Show, Whisper
from bot.data import modals
from bot.data.countries import begin
from bot.slack.blocks import Message, actions, button, channel, count, escape, section
from bot.wing import Command, Wing
from engine.data.countries import country_name
from engine.data.country_names import country_of
from engine.data.dataset import Dataset, Draft
from engine.data.index import DatasetLine
from engine.data.round import MOST
from engine.data.wishes import wish
from engine.errors import BadInput
from engine.labels import listed
from engine.names import alike

REFRESH: Final = "dataset_refresh"
NEW_FILE: Final = "dataset_refresh_file"
# So many channels are named where a title was told in several.
MOST_PLACES: Final = 5


async def refresh(act: Act) -> Reply:
    """Have a new snapshot taken of a dataset; of each of its countries, where it has several and none is named."""
    if not act.text and not act.value:
        text = "Which dataset? `/mmm dataset refresh NAME`; `/mmm dataset list` shows them."
        return Whisper(Message(text, [section(text)]))
    return Whisper(await act.blocking(_refresh, act))


def _refresh(act: Act) -> Message:
    named = act.seen.dataset(act.value) if act.value else act.seen.find_dataset(act.text)
    wanted: Sequence[Dataset | DatasetLine] = [named]
    if not act.value and not _names_one(act.text, named):
        wanted = act.seen.countries_called(named.title) or wanted
    if len(wanted) > MOST:
        raise BadInput(
            f"{named.title} has {len(wanted)} countries; at most {MOST} are read at once.",
            f"Name one: /mmm dataset refresh {named.title} {wanted[0].country.upper()}",
        )
    if named.source.kind == "csv":
        return _file_needed(named, sum(one.channel == named.channel for one in wanted))
    places = dict.fromkeys(one.channel for one in wanted)
    for place in places:
        there = [one for one in wanted if one.channel == place]
        if len(there) > 1:
            _begin_several(act, named, there)
        else:
            _begin_one(act, named if there[0].id == named.id else act.seen.dataset(there[0].id))
    return _on_it(named, len(wanted), tuple(places))


def _names_one(text: str, named: Dataset) -> bool:
    """Whether what was typed is one dataset's id, or ends with its country."""
    if text.strip() in (named.id, named.ts):
        return True
    words = text.split()
    for number in range(1, len(words)):
        title = words[:-number][:-1] if words[:-number][-1:] == ["in"] else words[:-number]
        of = country_of(" ".join(words[-number:]).strip("()"))
        if of == named.country and alike(" ".join(title)) == alike(named.title):
            return True
    return False


def _begin_one(act: Act, before: Dataset) -> None:
    draft = _draft(act, before, {"country": before.country, "renews": (before.id,)})
    made = wish(act.cloud.storage, draft, act.key, act.clock.now(), before.mapping, who=act.user)
    begin(act, made)


def _begin_several(act: Act, named: Dataset, wanted: Sequence[DatasetLine | Dataset]) -> None:
    """One draft asks for all that were told in a channel, which hears of these again: each is read as before."""
    about: dict[str, object] = {"id": wanted[0].ts, "country": "", "channel": wanted[0].channel}
    countries, renews = tuple(one.country for one in wanted), tuple(one.id for one in wanted)
    draft = _draft(act, named, {**about, "countries": countries, "renews": renews})
    begin(act, wish(act.cloud.storage, draft, act.key, act.clock.now(), None, who=act.user))


def _draft(act: Act, before: Dataset, more: dict[str, object]) -> Draft:
    """What a new snapshot begins with: as the one before, to be read anew. Its name is that of the wish."""
    known: dict[str, object] = {
        "id": before.ts,
        "workspace": before.workspace,
        "title": before.title,
        "source": before.source,
        "who": act.user,
        "public": act.seen.is_public(before.channel),
        "channel": before.channel,
        "created_at": act.clock.now(),
        "choices": before.choices,
        "accepted": before.accepted,
    }
    return Draft.model_validate({**known, **more})


def _on_it(named: Dataset, countries: int, places: Sequence[str] = ()) -> Message:
    """That it is begun. places: the channels that hear of it, each of what it heard of before."""
    heard = [f"in <#{place}>" if place else "in our conversation" for place in places or (named.channel,)]
    where = listed(heard[:MOST_PLACES] + (["elsewhere"] if len(heard) > MOST_PLACES else []))
    if countries == 1:
        text = f"On it: a new snapshot of *{escape(named.title)}* · {country_name(named.country)} is taken. "
        text += f"What came of it arrives {where}."
    else:
        text = f"On it: new snapshots of *{escape(named.title)}* for {count(countries, 'country', 'countries')}. "
        text += f"One message {where} shows how each of them stands."
    return Message(f"On it: {named.title} is read anew.", [section(text)])


def _file_needed(named: Dataset, countries: int) -> Message:
    """Its rows came from a file, which nobody but a person can bring anew."""
    of = f" for {count(countries, 'country', 'countries')}" if countries > 1 else ""
    text = f"*{escape(named.title)}*{of} came from a file, {escape(named.source.label)}: drop the new one. "
    text += "Everything else is filled in."
    press = button("Choose the new file", NEW_FILE, named.id, style="primary")
    return Message(f"{named.title} came from a file: drop the new one.", [section(text), actions(press)])


async def new_file(act: Act) -> Reply:
    """The first form for a new file of a dataset, with all else filled in."""
    waiting = await act.open(modals.loading("Opening the form …", title="New snapshot"))
    before = await act.blocking(act.seen.dataset, act.value)
    family = await _of_the_same_file(act, before)
    view = modals.source_form(
        kind="csv",
        channel=before.channel,
        warehouse=False,
        opened_at=act.clock.now(),
        title=before.title,
        country=modals.SEVERAL if len(family) > 1 else before.country,
        renews=before.id,
    )
    await act.surface.update_view(waiting, view)
    return None


async def _of_the_same_file(act: Act, before: Dataset) -> list[Dataset]:
    """The countries whose newest snapshots were made of one file together. Read at once: somebody waits."""
    lines = await act.blocking(act.seen.countries_called, before.title)
    there = [one.id for one in lines if one.channel == before.channel][:MOST]
    family = await asyncio.gather(*(act.blocking(act.seen.dataset, one) for one in there))
    return [one for one in family if one.source == before.source]


async def file_sent(act: Act, draft: Draft, before_id: str) -> Reply:
    """The form with the new file was sent: it is read by the roles of the snapshot that it is to follow."""
    before = await act.blocking(act.seen.dataset, before_id)
    family = await _of_the_same_file(act, before) if draft.several else [before]
    await act.blocking(_begin_with_file, act, draft, before, family)
    text = f":white_check_mark: *{escape(draft.title)}* is being read. What is new arrives in {channel(draft.channel)}."
    return Show(modals.accepted(text, title="New snapshot"))


def _begin_with_file(act: Act, draft: Draft, before: Dataset, family: Sequence[Dataset]) -> None:
    more: dict[str, object] = {"several": False, "choices": before.choices, "accepted": before.accepted, "view_id": ""}
    if draft.several:
        more |= {"countries": tuple(one.country for one in family), "renews": tuple(one.id for one in family)}
    elif (draft.country, alike(draft.title)) == (before.country, alike(before.title)):
        # Under another name, or of another country, it follows none.
        more["renews"] = (before.id,)
    asked = draft.model_copy(update=more)
    begin(act, wish(act.cloud.storage, asked, act.key, act.clock.now(), before.mapping, who=act.user))


WING = Wing(
    commands=(
        Command(
            ("dataset", "refresh"),
            refresh,
            "Take a new snapshot of a dataset, or of all its countries.",
            "NAME [COUNTRY]",
            needs=Role.ANALYST,
        ),
    ),
    buttons=((REFRESH, refresh, Role.ANALYST), (NEW_FILE, new_file, Role.ANALYST)),
)
