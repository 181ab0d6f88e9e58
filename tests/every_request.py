"""One signed request for each entry of the registry, that works if the right person makes it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.access import Role
from bot.data import prepare_column, prepare_form, prepare_messages, review_form
from bot.data.connect_form import connection_form, rows_form
from bot.data.map_file_messages import dataset_choice, file_form
from bot.data.map_patterns import patterns_form
from bot.data.map_versions import versions_view
from bot.data.mapping_form import mapping_form
from bot.data.modals import source_form
from bot.data.review_press import pressed_value
from bot.experiment.modals import REDRAWS, WEEKDAY, experiment_form
from bot.registry import Entry
from bot.service import registry
from bot.slack.form import Choice
from engine import paths
from engine.clock import SystemClock
from engine.cloud.storage import Storage
from engine.data.dataset import Dataset, Draft
from engine.data.mapped import version_of
from engine.data.patterns import FIRST
from engine.data.recipe import recipe_of
from engine.data.recipes import SavedRecipe, family_of
from engine.data.records import save_dataset, save_draft, save_mapping
from engine.data.review.filters import Filters
from engine.data.round import begin_round, failed_line, note_told
from engine.errors import AlreadyExists
from engine.experiment.create import create_experiment
from engine.experiment.experiment import Experiment, ExperimentForm
from engine.runs.run import Run
from local import workspace
from local.person import filled
from local.sample import weekly_csv
from tests.golden.test_messages import DATASET, DRAFT, RUN
from tests.slack_requests import command, interaction, signed
from tests.stack import Stack
from tests.stored import keep_run

ANA, CHANNEL = workspace.ANA.id, workspace.MARKETING.id
Json = dict[str, Any]
# What it is, the body and the headers.
Request = tuple[str, bytes, dict[str, str]]
# Buttons that are fields of a form, and the form each stands in.
FIELDS = {"kind": "dataset_source", "connection_kind": "connection"}
FIELDS |= dict.fromkeys(("paid_media_spends", "map_more", "about_column"), "dataset_mapping")
FIELDS |= {"map_patterns_reset": "map_patterns_form"}
FIELDS |= {"recipe_one_column": "recipe_form", "recipe_pick": "recipe_column_form"}
FIELDS |= dict.fromkeys(("connection", "table"), "dataset_source") | {"connection_table": "connection_rows"}
FIELDS |= dict.fromkeys(("experiment_more", WEEKDAY, *REDRAWS), "experiment_new")


# What the form of a connection is filled with.
CONNECTION = {"account": "local", "user": "NORTH_SERVICE", "role": "NORTH_READER", "warehouse": "MMM_WH"}
CONNECTION |= {"database": "MMM"}


@dataclass(frozen=True)
class Things:
    """One of each thing that can be asked for by its name, and the file that a dataset can be made of."""

    dataset: Dataset
    draft: Draft
    experiment: Experiment
    run: Run
    file: str = ""
    # Whether the data were posted where not everybody looks: their recipes are a family of their own.
    private: bool = False

    @property
    def recipe(self) -> SavedRecipe:
        """The first saved recipe of the dataset, by somebody who asks for nothing here."""
        of = self.dataset.model_dump(include={"title", "country", "channel", "created_at"})
        made = {"family": family_of(self.dataset, private=self.private), "number": 1, "made_on": self.dataset.id}
        whose = {"who": self.dataset.who if self.private else workspace.GIL.id, "key": "k"}
        return SavedRecipe.model_validate({"recipe": recipe_of(self.dataset.mapping), **of, **made, **whose})


def keep_recipe(storage: Storage, saved: SavedRecipe) -> SavedRecipe:
    """Store a saved recipe as it is."""
    with suppress(AlreadyExists):
        storage.create(paths.saved_recipe(saved.family, saved.number), saved)
    return saved


def checked(it: Things, **more: str) -> str:
    return json.dumps({"d": it.dataset.id, "p": "strict", **more})


# What a button's value names; a field of a form stands in a view, which names it.
ABOUT: dict[str, Callable[[Things], str]] = {
    **dict.fromkeys(
        ("dataset_show", "dataset_delete", "dataset_delete_all", "dataset_delete_asked"), lambda it: it.dataset.id
    ),
    **dict.fromkeys(("dataset_versions", "dataset_versions_older", "dataset_download"), lambda it: it.dataset.id),
    "experiment_from_dataset": lambda it: it.dataset.id,
    "dataset_countries": lambda it: f"0 {it.dataset.id}",
    "dataset_diff": lambda it: it.dataset.id,
    **dict.fromkeys(("map_show", "map_change", "map_download", "map_upload", "map_versions"), lambda it: it.dataset.id),
    "map_back": lambda it: f"{it.dataset.id} {it.dataset.id}",
    **dict.fromkeys(("dataset_refresh", "dataset_refresh_file"), lambda it: it.dataset.id),
    "countries_retry": lambda it: it.draft.id,
    **dict.fromkeys(("dataset_remap", "dataset_accept", "dataset_replace", "dataset_again"), lambda it: it.draft.id),
    "dataset_check": lambda it: it.dataset.id,
    "dataset_driver": lambda it: checked(it, c="TV_COST", v="lags"),
    **dict.fromkeys(("check_more", "check_profile", "check_columns", "check_pictures"), lambda it: checked(it)),
    "check_change": lambda it: checked(it, k="accept", v="rows.span"),
    "dataset_review": lambda it: it.dataset.id,
    "cache_clear": lambda it: "0" * 40,
    **dict.fromkeys(("review_look", "review_filters"), lambda it: pressed_value(it.dataset.id, Filters())),
    **dict.fromkeys(("dataset_prepare", "recipe_change", "recipe_versions"), lambda it: it.dataset.id),
    **dict.fromkeys(("recipe_drop", "recipe_leave_out"), lambda it: it.dataset.id),
    **dict.fromkeys(("recipe_show", "recipe_approve"), lambda it: it.recipe.id),
    "recipe_save": lambda it: json.dumps({"d": it.dataset.id, "r": recipe_of(it.dataset.mapping).digest}),
    **dict.fromkeys(
        ("recipe_table", "recipe_back", "experiment_from_recipe"),
        lambda it: json.dumps({"d": it.dataset.id, "s": it.recipe.id}),
    ),
    "dataset_choose": lambda it: json.dumps({"d": it.draft.id, "k": "decimal:TV_COST", "v": "comma"}),
    **dict.fromkeys(("experiment_run", "experiment_seed", "experiment_standard"), lambda it: it.experiment.revision),
    **dict.fromkeys(("run_cancel", "run_results", "run_details", "run_terms", "run_more_charts"), lambda it: it.run.id),
}
# What follows the words of a command.
TYPED: dict[str, tuple[Callable[[Things], str], ...]] = {
    "dataset show": (lambda it: it.dataset.title, lambda it: it.dataset.id, lambda it: it.dataset.ts),
    "dataset refresh": (lambda it: it.dataset.title, lambda it: it.dataset.id, lambda it: f"{it.dataset.title} FR"),
    "dataset delete": (lambda it: it.dataset.title, lambda it: it.dataset.id, lambda it: it.dataset.ts),
    **dict.fromkeys(
        ("dataset versions", "dataset diff", "dataset download"),
        (lambda it: it.dataset.title, lambda it: it.dataset.id, lambda it: it.dataset.ts),
    ),
    "driver": (lambda it: f"{it.dataset.title} TV_COST", lambda it: f"{it.dataset.id} tv", lambda it: it.dataset.ts),
    "check": (lambda it: it.dataset.title, lambda it: it.dataset.id, lambda it: it.dataset.ts),
    "prepare": (lambda it: it.dataset.title, lambda it: it.dataset.id, lambda it: f"{it.dataset.title} recipe 1"),
    "review": (lambda it: it.dataset.title, lambda it: it.dataset.id, lambda it: f"{it.dataset.title} 6 months"),
    "experiment new": (lambda it: it.dataset.title, lambda it: it.dataset.id),
    "map": (lambda it: it.dataset.title, lambda it: it.dataset.id, lambda it: it.dataset.ts),
    "run": (lambda it: it.experiment.revision,),
    "status": (lambda it: it.run.id, lambda it: it.experiment.revision),
    "results": (lambda it: it.run.id, lambda it: it.experiment.revision),
    "cancel": (lambda it: it.run.id, lambda it: it.experiment.revision),
}


class Everything:
    """What there is to ask for, and how it is asked."""

    def __init__(self, product: Stack, things: Things | None = None) -> None:
        """things: what is asked for, where it is not one of each, posted for all to see."""
        self.product = product
        self.things = things or _public(product.cloud.storage)
        self.dataset, self.draft = self.things.dataset, self.things.draft
        self.experiment, self.run = self.things.experiment, self.things.run
        self.known = registry()

    def requests(self, who: str, needs: Callable[[Role], bool]) -> Iterator[Request]:
        """What it is, body and headers, for each entry whose role `needs` says so."""
        for name, text in self._texts(needs):
            yield f"/mmm {name}", *self._signed(command(self.product, text, user_id=who, trigger_id=self._trigger(who)))
        kinds: tuple[tuple[str, dict[str, Entry], Callable[[str, str], Json]], ...] = (
            ("button", self.known.buttons, self.click),
            ("form", self.known.forms, self.submission),
            ("search", self.known.searches, self.search),
            ("shortcut", self.known.shortcuts, self.shortcut),
        )
        for kind, entries, payload in kinds:
            for name, entry in entries.items():
                if needs(entry.needs):
                    yield f"{kind} {name}", *self._signed(interaction(user={"id": who}, **payload(name, who)))

    def _texts(self, needs: Callable[[Role], bool]) -> Iterator[tuple[str, str]]:
        named = {
            "dataset show": self.dataset.title,
            "dataset delete": self.dataset.title,
            "dataset versions": self.dataset.title,
            "dataset diff": self.dataset.title,
            "dataset download": self.dataset.title,
            "check": self.dataset.title,
            "map": self.dataset.title,
            "prepare": self.dataset.title,
            "review": self.dataset.title,
            "dataset refresh": self.dataset.title,
            "driver": f"{self.dataset.title} TV_COST",
            "run": self.experiment.revision,
            "cancel": self.run.id,
        }
        for words, one in self.known.commands.items():
            if needs(one.needs):
                name = " ".join(words)
                yield name, f"{name} {named.get(name, '')}".strip()
        if needs(Role.VIEWER):
            yield from (("(alone)", ""), ("(unknown)", "dance"))

    def _signed(self, form: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        body = urlencode(form).encode()
        return body, signed(body)

    def _trigger(self, who: str) -> str:
        return self.product.slack.tickets.trigger(who)

    def click(self, name: str, who: str) -> Json:
        action = {"action_id": name, "block_id": "b", "action_ts": f"{time.time():.6f}", "type": "button"}
        place: Json = {"channel": {"id": CHANNEL}, "container": {"type": "message", "message_ts": "1.2"}}
        if name in FIELDS:
            place = {"container": {"type": "view"}, "view": self.view(FIELDS[name], who)}
        return {
            "type": "block_actions",
            "actions": [{**action, "value": ABOUT[name](self.things) if name in ABOUT else ""}],
            "trigger_id": self._trigger(who),
            **place,
        }

    def view(self, name: str, who: str) -> Json:
        if name == "dataset_source":
            drawn = source_form(kind="csv", channel=CHANNEL, warehouse=True, opened_at=SystemClock().now())
        elif name == "dataset_mapping":
            drawn = mapping_form(self.draft, DATASET.mapping)
        elif name == "review_filters":
            drawn = review_form.form(self.dataset, [], Filters(), channel=CHANNEL, thread="")
        elif name.startswith("recipe_"):
            drawn = self.recipe_view(name)
        elif name.startswith("map_"):
            drawn = self.map_view(name)
        elif name == "connection":
            drawn = connection_form(self.product.settings)
        elif name == "connection_rows":
            drawn = rows_form("default", chosen=Choice("MMM.MARKETING.WEEKLY", "WEEKLY"))
        else:
            values = {"preset": "quick", "channel": CHANNEL}
            drawn = experiment_form(dataset=self.dataset, values=values, trainers=("native",), more=False)
        view = self.product.slack.views.open(who, drawn)
        self.product.slack.views.clear(who)
        state = filled(view)
        if name == "dataset_source":
            file = self.product.slack.files.keep("weekly.csv", weekly_csv("FR"), who)
            state |= {"title": {"title": {"value": f"By {who}"}}, "file": {"file": {"files": [file]}}}
            state |= {"country": {"country": {"selected_option": {"value": "fr"}}}}
        if name == "map_file":
            file = self.product.slack.files.keep("mapping.csv", b"column,role\r\n", who)
            state |= {"file": {"file": {"files": [file]}}}
        if name == "recipe_file":
            file = self.product.slack.files.keep("recipe.csv", b"column,takes_part\r\n", who)
            state |= {"recipe_csv": {"recipe_csv": {"files": [file]}}}
        if name == "connection":
            typed = {"name": f"by-{who.lower()}", **CONNECTION}
            state |= {field: {field: {"type": "plain_text_input", "value": value}} for field, value in typed.items()}
        if name == "connection_rows":
            option = {"value": "MMM.MARKETING.WEEKLY", "text": {"type": "plain_text", "text": "WEEKLY"}}
            state |= {"connection_table": {"connection_table": {"selected_option": option}}}
        return {**view, "state": {"values": state}}

    def map_view(self, name: str) -> Json:
        dataset, at = self.dataset, SystemClock().now()
        match name:
            case "map_file":
                return file_form(dataset_choice(dataset), at)
            case "map_patterns_form":
                return patterns_form(FIRST.model_copy(update={"who": ANA, "changed_at": at}))
        own = version_of(dataset, dataset.country)
        return versions_view(dataset, [own, own.model_copy(update={"scope": "universal"})])

    def recipe_view(self, name: str) -> Json:
        dataset, recipe = self.dataset, recipe_of(self.dataset.mapping)
        match name:
            case "recipe_form":
                return prepare_form.recipe_form(dataset, recipe, channel=CHANNEL)
            case "recipe_column_form":
                return prepare_column.column_form(dataset, recipe, recipe.goal, channel=CHANNEL)
            case "recipe_file":
                return prepare_form.file_form(dataset, channel=CHANNEL)
        return prepare_messages.save_form([], dataset.id, recipe.digest, 2, channel=CHANNEL)

    def submission(self, name: str, who: str) -> Json:
        return {"type": "view_submission", "view": self.view(name, who)}

    def search(self, name: str, who: str) -> Json:
        of_review, of_recipe = name.startswith("review_"), name.startswith("recipe_")
        of_column = name in (prepare_column.PICK, prepare_column.EXPOSURE)
        recipe_view = "recipe_column_form" if of_column else "recipe_form"
        mine = "connection_rows" if name in ("connection_table", "connection_columns") else "dataset_mapping"
        view = self.view("review_filters" if of_review else recipe_view if of_recipe else mine, who)
        typed = "" if of_review else "t"
        return {"type": "block_suggestion", "action_id": name, "block_id": name, "value": typed, "view": view}

    def shortcut(self, name: str, who: str) -> Json:
        if name.startswith("message_"):
            file = self.product.slack.files.keep("weekly.csv", weekly_csv("FR"), ANA)
            about: Json = {"channel": {"id": CHANNEL}, "message": {"ts": "1.2", "text": "", "files": [file]}}
            asked = {"type": "message_action", "callback_id": name, "trigger_id": self._trigger(who)}
            return {**asked, "message_ts": "1.2", "action_ts": "1.2", **about}
        return {"type": "shortcut", "callback_id": name, "action_ts": "1.2", "trigger_id": self._trigger(who)}


def _public(storage: Storage) -> Things:
    at = SystemClock().now()
    dataset = save_dataset(storage, DATASET.model_copy(update={"workspace": workspace.TEAM_ID}))
    form = ExperimentForm(dataset_id=dataset.id, preset="quick", channel=CHANNEL)
    experiment = create_experiment(storage, form, key="k", who=ANA, at=at)
    made = {"revision": experiment.revision, "workspace": workspace.TEAM_ID, "created_at": at}
    run = keep_run(storage, RUN.model_copy(update={**made, "changed_at": at, "started_at": None}))
    it = Things(dataset, _kept(storage, DRAFT), experiment, run)
    keep_recipe(storage, it.recipe)
    return it


def _kept(storage: Storage, draft: Draft) -> Draft:
    """The draft, stored if it is not yet."""
    with suppress(AlreadyExists):
        save_draft(storage, draft)
    save_mapping(storage, draft.id, DATASET.mapping)
    keep_round(storage, draft)
    return draft


def keep_round(storage: Storage, draft: Draft) -> None:
    """A round that is called as the draft: of two countries, both of which failed."""
    lead = draft.model_copy(update={"countries": ("fr", "de"), "view_id": ""})
    begin_round(storage, lead, DATASET.mapping, SystemClock().now())
    note_told(storage, lead, failed_line("It holds no rows."))
