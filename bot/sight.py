"""Who sees what: the one way from a person to what is stored.

What was posted in private stays private. A run, dataset, experiment or draft is seen by everybody who may use the app
where its conversation is a public channel; else by who is in that conversation, by whoever asked for it, and by admins.
Whoever does not see it is told the same as of something that does not exist. Where Slack does not say who is in a
conversation, nobody else sees what was posted there until it does.

Every command, button, form, search and the Home get what they show from `Seen`; a test holds the wings to it. What a
run or an experiment was made of goes where it goes: its card names the dataset, and was posted for all to see.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bot.access import Role, Standing
from engine.cloud.storage import Storage
from engine.data.countries import country_name
from engine.data.dataset import Dataset, Draft
from engine.data.index import DatasetLine
from engine.data.listed import countries_called, find_dataset, list_datasets, search_datasets
from engine.data.mapped import MappingVersion, VersionLine, mapping_versions, read_version
from engine.data.recipe_state import RecipeState
from engine.data.recipes import (
    OpenRecipe,
    RecipeLine,
    SavedRecipe,
    approvals_of,
    family_of,
    read_open,
    read_saved,
    recipe_id,
    saved_recipes,
    state_of,
)
from engine.data.records import read_dataset, read_draft, title_of
from engine.data.results_cache import Cache, read_cache
from engine.data.round import Round, read_round
from engine.data.versions import Versions, versions_of, versions_of_title
from engine.errors import MmmError, NotFound, Unavailable
from engine.experiment.experiment import Experiment
from engine.experiment.index import ExperimentLine
from engine.experiment.listed import experiments_on, find_experiment, list_experiments
from engine.experiment.records import read_experiment
from engine.index.page import SEARCHED
from engine.listing import Listing
from engine.names import alike, quoted
from engine.runs.line import Listed, RunLine
from engine.runs.listed import find_run, find_runs, list_runs
from engine.runs.records import read_run
from engine.runs.run import Run, State
from engine.sight import Eyes, P, Posted

T = TypeVar("T")

NOT_TOLD = (
    "I find nothing of that name that I may show you; Slack does not tell me right now who is in every conversation.",
    "Try again in a minute.",
)
NOT_SURE = (
    "Slack does not tell me right now who sees these data, so I leave their recipes alone.",
    "Try again in a minute.",
)
# So many of the newest are looked at to tell whether Slack answers about where things were posted.
LOOKED_AT = 60
# Of the release before, whose lines no listing brings, so many experiments are read while a person waits.
OLD_ONES = 40


@dataclass(frozen=True)
class Place:
    """A conversation as Slack tells it. `members` are asked for only where it is not `public`."""

    public: bool
    members: frozenset[str] = frozenset()


# What Slack says of each of some conversations; None where it does not say anything now. Waits; not for an event loop.
Places = Callable[[Collection[str]], Mapping[str, Place | None]]


def nowhere(channels: Collection[str]) -> Mapping[str, Place | None]:
    """Nobody can be asked."""
    return dict.fromkeys(channels)


class Sight:
    """One person's eyes. `untold`: Slack did not say of some conversation, so that more may be there."""

    def __init__(self, user: str, standing: Standing, places: Places) -> None:
        self._user = user
        self._all = standing.sure and standing.role is Role.ADMIN
        self._places = places
        self.untold = False

    def seen(self, things: Sequence[P]) -> list[P]:
        """Return those of `things` that the person sees. Their conversations are asked about together."""
        if self._all:
            return list(things)
        # A conversation with nobody named is the one with whoever asked.
        asked = {one.channel for one in things if one.who != self._user and one.channel}
        told = self._places(asked) if asked else {}
        self.untold |= any(told.get(channel) is None for channel in asked)
        return [one for one in things if one.who == self._user or self._is_in(told.get(one.channel))]

    def _is_in(self, place: Place | None) -> bool:
        return place is not None and (place.public or self._user in place.members)


@dataclass(frozen=True)
class Seen:
    """What one person finds. Raises as the records do, and Unavailable where only Slack could tell whether it is so."""

    storage: Storage
    eyes: Callable[[], Sight]
    places: Places = nowhere

    def run(self, run_id: str) -> Run:
        return self._found(lambda eyes: read_run(self.storage, run_id, eyes), list_runs)

    def find_run(self, text: str) -> Run:
        return self._found(lambda eyes: find_run(self.storage, text, eyes), list_runs)

    def find_runs(self, text: str, until: Callable[[Listed], bool] = lambda run: True) -> Sequence[Listed]:
        """The runs that `text` names, the newest first; further back until there is one with `until`."""
        return self._found(lambda eyes: find_runs(self.storage, text, eyes, until=until), list_runs)

    def whole(self, run: Listed) -> Run:
        """All of a run that was listed."""
        return run if isinstance(run, Run) else self.run(run.id)

    def runs(self, limit: int) -> Listing[RunLine]:
        return self._listed(lambda eyes: list_runs(self.storage, limit, eyes))

    def newest_run_of(self, title: str, country: str, limit: int) -> RunLine | None:
        """The newest run on data of a title and country, among the open ones and `limit` others. Two requests."""
        eyes, name = self.eyes(), alike(title)
        found = list_runs(self.storage, limit, eyes, places=False)
        return next((run for run in found if alike(run.title) == name and run.country == country), None)

    def runs_by(self, who: str, limit: int) -> Listing[RunLine]:
        """Whose runs somebody started, among the newest."""
        return self._listed(
            lambda eyes: list_runs(self.storage, limit, eyes, most=SEARCHED, wanted=lambda run: run.who == who)
        )

    def runs_done(self, limit: int) -> Listing[RunLine]:
        """Runs that have results, among the newest."""
        return self._listed(
            lambda eyes: list_runs(
                self.storage, limit, eyes, most=SEARCHED, wanted=lambda run: run.state is State.SUCCEEDED
            )
        )

    def runs_of(self, revision: str, until: Callable[[Listed], bool] = lambda run: True) -> Sequence[Listed]:
        """The runs of an experiment, as for `find_runs`; none where there is none."""
        try:
            return find_runs(self.storage, revision, self.eyes(), until=until)
        except NotFound:
            return []

    def dataset(self, dataset_id: str) -> Dataset:
        return self._found(lambda eyes: read_dataset(self.storage, dataset_id, eyes), list_datasets)

    def find_dataset(self, text: str) -> Dataset:
        return self._found(lambda eyes: find_dataset(self.storage, text, eyes), list_datasets)

    def datasets(self, limit: int) -> Listing[DatasetLine]:
        return self._listed(lambda eyes: list_datasets(self.storage, limit, eyes))

    def search_datasets(self, text: str, limit: int) -> Listing[DatasetLine]:
        """Those with `text` in their title or country, among the newest."""
        return self._listed(lambda eyes: search_datasets(self.storage, text, limit, eyes))

    def versions(self, text: str) -> Versions:
        """The snapshots of the title, or of the title and country, that `text` names."""
        return self._found(lambda eyes: self._told(versions_of(self.storage, text, eyes), eyes), list_datasets)

    def versions_of(self, dataset_id: str, *, all_countries: bool = False) -> Versions:
        """The snapshots of a dataset's family, or of its title in all countries."""
        one = self.dataset(dataset_id)
        eyes = self.eyes()
        country = "" if all_countries else one.country
        return self._told(versions_of_title(self.storage, one.title, country, eyes), eyes)

    def _told(self, found: Versions, eyes: Eyes) -> Versions:
        found.lines.untold = isinstance(eyes, Sight) and eyes.untold
        return found

    def mapping_versions(self, dataset: Dataset) -> list[VersionLine]:
        """The versions of what the columns of a dataset's title mean, for its country, the newest first."""
        return mapping_versions(self.storage, dataset.title, dataset.country, self.eyes())

    def mapping_version(self, version_id: str) -> MappingVersion:
        return read_version(self.storage, version_id, self.eyes())

    def find_experiment(self, text: str) -> Experiment:
        return self._found(lambda eyes: find_experiment(self.storage, text, eyes), list_experiments)

    def experiments(self, limit: int) -> Listing[ExperimentLine]:
        return self._listed(lambda eyes: list_experiments(self.storage, limit, eyes))

    def draft(self, draft_id: str) -> Draft:
        """A form that somebody fills in: theirs, or of the channel that hears of it."""
        return read_draft(self.storage, draft_id, self.eyes())

    def family(self, dataset: Dataset) -> str:
        """Where the recipes of a dataset that is seen stand: those of private data are a family of their own.

        Raises Unavailable where only Slack could tell: in another family's name nothing is read or written.
        """
        if dataset.channel and self.places((dataset.channel,)).get(dataset.channel) is None:
            raise Unavailable(*NOT_SURE)
        return family_of(dataset, private=self.is_private(dataset))

    def recipe_state(self, line: Dataset | DatasetLine) -> RecipeState:
        """How far the recipes of the family of a dataset that is seen are. One request."""
        family, eyes = family_of(line, private=self.is_private(line)), self.eyes()
        return state_of(self.storage, family, seen=lambda saved: bool(eyes.seen([saved])))

    def open_recipe(self, dataset: Dataset) -> OpenRecipe:
        """The recipe that is being worked on for a dataset that is seen."""
        return read_open(self.storage, self.family(dataset), dataset)

    def recipes(self, dataset: Dataset) -> list[RecipeLine]:
        """The saved recipes of the family of a dataset that is seen, the newest first."""
        return self.eyes().seen(saved_recipes(self.storage, self.family(dataset)))

    def recipe(self, wanted: str) -> SavedRecipe:
        """A saved recipe by its id."""
        return self._found(lambda eyes: read_saved(self.storage, wanted, eyes), list_datasets)

    def recipe_numbered(self, dataset: Dataset, number: int) -> SavedRecipe:
        """A saved recipe of a dataset that is seen, by its number."""
        try:
            return self.recipe(recipe_id(self.family(dataset), number))
        except NotFound:
            called = f"{quoted(dataset.title)} ({country_name(dataset.country)})"
            there = sorted(line.number for line in self.recipes(dataset))
            todo = f"The newest is recipe {there[-1]}." if there else "None was saved yet: see /mmm prepare."
            raise NotFound(f"There is no recipe {number} of {called}.", todo, field="recipe") from None

    def approvals(self, dataset: Dataset) -> dict[int, str]:
        """Who approved which of the saved recipes of a dataset that is seen, by number."""
        return approvals_of(self.storage, self.family(dataset))

    def cache(self, now: datetime, hours: int) -> tuple[Cache, bool]:
        """What warehouses answered and is kept; and whether Slack did not say of some of it who sees it."""
        eyes = self.eyes()
        return read_cache(self.storage, now, hours, eyes), eyes.untold

    def sees(self, *things: Posted) -> bool:
        """Whether the person sees any of these: a run that may be another's, the places where a file lies."""
        return bool(self.eyes().seen(things))

    def is_private(self, thing: Posted) -> bool:
        """Whether a thing was posted where not everybody looks; also where Slack does not say."""
        return not self.is_public(thing.channel)

    def is_public(self, channel: str) -> bool:
        """Whether everybody may look into a conversation, as far as Slack says."""
        place = self.places((channel,)).get(channel) if channel else None
        return place is not None and place.public

    def settings_of(self, run: Run) -> dict[str, Any]:
        """The settings of a run that is seen, as an experiment holds them: its card tells them."""
        return run.experiment or read_experiment(self.storage, run.revision).model_dump(mode="json")

    def title_of(self, run: Run) -> str:
        """What the data of a run that is seen are called: its card tells it."""
        return run.title or title_of(self.storage, run.dataset_id)

    def dataset_of(self, experiment: Experiment) -> Dataset:
        """What an experiment that is seen is trained on."""
        return read_dataset(self.storage, experiment.dataset_id)

    def round(self, round_id: str) -> Round:
        """Several countries of one source, posted in a channel together."""
        return read_round(self.storage, round_id, self.eyes())

    def countries_called(self, title: str) -> list[DatasetLine]:
        """The newest dataset of each country that is called so."""
        return countries_called(self.storage, title, self.eyes())

    def experiments_on(self, *datasets: Dataset | DatasetLine) -> tuple[list[str], int]:
        """The experiments on datasets that are seen, as far as they are; and how many more there are."""
        found = experiments_on(self.storage, [one.id for one in datasets], OLD_ONES)
        seen = self.eyes().seen(found)
        return [one.revision for one in seen], len(found) - len(seen)

    def data_of(self, experiment: Experiment) -> Dataset | None:
        """What an experiment that is seen is trained on, to tell how long that takes; None where it cannot be read."""
        try:
            return read_dataset(self.storage, experiment.dataset_id)
        except MmmError:
            return None

    def _listed(self, look: Callable[[Sight], Listing[T]]) -> Listing[T]:
        eyes = self.eyes()
        found = look(eyes)
        found.untold = eyes.untold
        return found

    def _found(self, look: Callable[[Eyes], T], others: Callable[[Storage, int | None, Eyes], object]) -> T:
        try:
            return look(self.eyes())
        except NotFound:
            # By what is there, whether or not the one asked for is: else the answer would tell that it exists.
            eyes = self.eyes()
            others(self.storage, LOOKED_AT, eyes)
            if eyes.untold:
                raise Unavailable(*NOT_TOLD) from None
            raise
