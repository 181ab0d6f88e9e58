"""`/mmm map NAME`: what a dataset's columns mean, as a card; and the form that changes it."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.data import map_messages, mapping_form, modals
from bot.data.source import draft_id
from bot.wing import Command, Wing
from engine import paths
from engine.data.countries import country_name
from engine.data.dataset import Dataset, Draft
from engine.data.fitted import fitted, told
from engine.data.index import DatasetLine
from engine.data.listed import by_family
from engine.data.mapped import scope_of
from engine.data.mapping import Mapping
from engine.data.records import save_draft
from engine.errors import AlreadyExists
from engine.names import alike

TITLE = "What do they mean?"
# So many datasets are offered where no name is given.
OFFERED = 4
# Among so many of the newest, as a dataset may have been made anew often.
LOOKED_AT = 20


async def card(act: Act) -> Reply:
    """The card of a dataset's mapping, by what was typed or by a button."""
    wanted = act.value or act.text
    if not wanted:
        found = await act.blocking(act.seen.datasets, LOOKED_AT)
        return Whisper(map_messages.which(_offered(found)))
    dataset = await act.blocking(act.seen.find_dataset, wanted)
    versions = await act.blocking(act.seen.mapping_versions, dataset)
    return Whisper(map_messages.card(dataset, versions))


def _offered(found: Sequence[DatasetLine]) -> list[tuple[str, str]]:
    """The newest datasets, each of its family; with its country where others are called so, too."""
    newest = [one for one, *_ in by_family(found)]
    called = Counter(alike(one.title) for one in newest)
    return [
        (one.id, f"{country_name(one.country)}: {one.title}" if called[alike(one.title)] > 1 else one.title)
        for one in newest[:OFFERED]
    ]


async def change(act: Act) -> Reply:
    """Open the form of a dataset's roles: what is sent makes a new snapshot of the same rows."""
    waiting = await act.open(modals.loading("Opening the columns …", title=TITLE))
    dataset = await act.blocking(act.seen.dataset, act.value)
    draft = await act.blocking(draft_of, act, dataset, dataset.mapping, view_id=waiting)
    await act.surface.update_view(waiting, mapping_form.mapping_form(draft, dataset.mapping))
    return None


def draft_of(act: Act, dataset: Dataset, roles: Mapping, *, opened_at: datetime | None = None, **more: object) -> Draft:
    """Store the draft that gives a dataset's rows other roles, beginning with `roles`. Nobody waits for it yet.

    opened_at: when its form was opened, so that one that is sent twice makes one draft.
    """
    fit = fitted(roles, dataset.columns, [column.name for column in dataset.columns])
    draft = Draft(
        id=draft_id(opened_at or act.clock.now(), act.key, dataset.id, roles.model_dump_json(), str(more)),
        workspace=act.settings.workspace,
        title=dataset.title,
        country=dataset.country,
        source=dataset.source,
        who=act.user,
        channel=dataset.channel,
        created_at=act.clock.now(),
        columns=dataset.columns,
        findings=told(fit, dataset.columns, dataset.country),
        interval=dataset.interval,
        accepted=dataset.accepted,
        choices=dataset.choices,
        roles=fit.mapping,
        scope=scope_of(dataset),
        rows_of=dataset.id,
    ).model_copy(update=more)
    with suppress(AlreadyExists):  # delivered before
        save_draft(act.cloud.storage, draft)
    # Whoever closes the form leaves nothing that stays.
    act.cloud.storage.let_pass(paths.draft(draft.id))
    return draft


WING = Wing(
    commands=(
        Command(
            ("map",),
            card,
            "Show what a dataset's columns mean, and change it: roles, channels, goals, sums.",
            "NAME",
            needs=Role.VIEWER,
        ),
    ),
    buttons=(
        ("map_show", card, Role.VIEWER),
        ("map_change", change, Role.ANALYST),
    ),
)
