"""The name of every object in the bucket. Nothing else in the code spells one.

Names are relative to the workspace's root (`Settings.bucket_root`), which the storage wrapper adds.
`ts` is a name made by `Clock.stamp`. A `country` is ISO 3166 alpha-2 in lower case.
"""

import re
from datetime import datetime
from hashlib import sha256

from engine.newest_first import newest_first

INSTALLATIONS = "installations/"
OAUTH_STATES = "oauth-states/"
DATASETS = "datasets/"
DRAFTS = "drafts/"
OPEN_DRAFTS = "drafts-open/"
ANSWERED_DRAFTS = "drafts-answered/"
EXPERIMENTS = "experiments/"
ROUNDS = "rounds/"
OPEN_ROUNDS = "rounds-open/"
RECIPES = "recipes/"
RUNS = "runs/"
ANSWERS = "answers/"
OUTBOX = "outbox/"
OPEN_NOTICES = "outbox-open/"
OPEN_PICTURES = "pictures-open/"
OPEN_CARDS = "cards-open/"
ACTIVE = "active/"
DELETIONS = "deletions/"
SLOTS = "slots/"
JOBS = "robyn-jobs/"
HISTORY_ROWS = "robyn-jobs/rows/"
OLD_ROWS = "robyn-jobs/rows/dt="
HISTORY = "robyn-jobs/job_history.csv"
CONNECTIONS = "connections/"
LOOKS = "settings/connections/"
TABLES = "settings/tables/"
CACHE = "cache/"
CACHE_USES = "cache-uses/"
CONFIGS = "training-configs/"
LATEST_CONFIG = "training-configs/latest/job_config.json"
INDEX = "index/"
DATASET_INDEX = "index/datasets/"
TITLE_INDEX = "index/titles/"
EXPERIMENT_INDEX = "index/experiments/"
HISTORY_PARTS = "index/history/"
OPEN_HISTORY = "index/history/open.csv"
CLOSING_HISTORY = "index/history/closing.csv"
CHECKED = "index/checked.json"
UPGRADED = "index/upgraded.json"
MAPPING_INDEX = "index/mappings/"
# What stands where a mapping is for every country of its title.
UNIVERSAL = "universal"
PATTERNS = "patterns/roles.json"


def workspace_root(team: str) -> str:
    """Below what a workspace has everything, where a deployment serves several."""
    return f"workspaces/{team}"


def installation(team: str) -> str:
    """Where a workspace's token is kept, and since when: at the deployment's root, with no token in it."""
    return f"{INSTALLATIONS}{team}.json"


def oauth_state_used(state: str) -> str:
    """That somebody came back from Slack with the state of an installation. Create-only, so that this happens once."""
    return f"{OAUTH_STATES}{sha256(state.encode()).hexdigest()[:40]}.used"


def connection(name: str) -> str:
    """A named way into a warehouse. Compare-and-swap only."""
    return f"{CONNECTIONS}{name}.json"


def connection_look(name: str) -> str:
    """How the last test of a connection went; a view."""
    return f"{LOOKS}{name}.json"


def cached_rows(digest: str) -> str:
    """What a warehouse answered to one SELECT through one connection, whole, for as long as that may be used again."""
    return f"{CACHE}{digest}.parquet"


def cache_use(made_at: datetime, key: str) -> str:
    """That rows were read, from a warehouse or from what was kept, the newest first. Create-only."""
    return f"{CACHE_USES}{newest_first(made_at)}-{sha256(key.encode()).hexdigest()[:16]}"


def known_tables(scope: str) -> str:
    """The tables that a connection's role saw last; a view."""
    return f"{TABLES}{scope}.json"


def known_columns(scope: str, table: str) -> str:
    """The columns of a table as a connection's role saw them last; a view."""
    return f"settings/columns/{scope}/{sha256(table.encode()).hexdigest()[:32]}.json"


def draft(draft_id: str) -> str:
    """A dataset somebody is still defining: source, columns, who asked, where to answer."""
    return f"{DRAFTS}{draft_id}.json"


def is_draft(draft_id: str) -> bool:
    """Whether a text can be a draft's name: what comes back with a button may be anything."""
    return _DRAFT.fullmatch(draft_id) is not None


def draft_mapping(draft_id: str) -> str:
    """The roles that somebody chose for a draft. Create-only."""
    return f"{DRAFTS}{draft_id}.mapping.json"


def draft_open(draft_id: str) -> str:
    """Marks a draft that somebody waits for. Goes when they are answered."""
    return f"{OPEN_DRAFTS}{draft_id}.json"


def draft_answered(draft_id: str) -> str:
    """That a draft's person was answered, and what they were offered. Create-only."""
    return f"{ANSWERED_DRAFTS}{draft_id}.json"


def draft_intent(about: str) -> str:
    """Which draft does what was meant, by whichever click. Create-only."""
    return f"requests/drafts/meant/{sha256(about.encode()).hexdigest()[:32]}.json"


def draft_wish(draft_id: str, key: str) -> str:
    """Which draft does what one press or one sending of a form asked of this one. Create-only."""
    return f"requests/drafts/{sha256(f'{draft_id}|{key}'.encode()).hexdigest()[:32]}.json"


# Numbers of recipes are counted down in names, so that a listing begins with the newest.
LAST_NUMBER = 999_999


def round_of(path: str) -> str:
    """The round that an open one's mark is of, by its name."""
    return path.removeprefix(OPEN_ROUNDS).removesuffix(".json")


def is_round(round_id: str) -> bool:
    """Whether a text can be a round's name: it is that of the draft that began it."""
    return is_draft(round_id)


def round_begun(round_id: str) -> str:
    """A round: one source for several countries, each of which becomes a dataset. Create-only."""
    return f"{ROUNDS}{round_id}/round.json"


def round_open(round_id: str) -> str:
    """Marks a round whose end was not told yet."""
    return f"{OPEN_ROUNDS}{round_id}.json"


def round_card(round_id: str) -> str:
    """The record of posting a round's message: that it was begun, then where it stands."""
    return f"{ROUNDS}{round_id}/card.json"


def round_tries(round_id: str) -> str:
    """What is known of a round's countries; a folder."""
    return f"{ROUNDS}{round_id}/tries/"


def round_asked(round_id: str, draft_id: str) -> str:
    """That a draft asks for countries of a round; its line says for which. Create-only."""
    return f"{round_tries(round_id)}{draft_id}.asked"


def round_try(round_id: str, draft_id: str, country: str, stage: str) -> str:
    """That a country's draft was `begun`, or was `told`; its line says how. Create-only."""
    return f"{round_tries(round_id)}{draft_id}.{country}.{stage}"


def round_rows(round_id: str, draft_id: str) -> str:
    """One country's rows, of those that were read together, until its draft has made a dataset of them."""
    return f"{ROUNDS}{round_id}/rows/{draft_id}.parquet"


_CONVERSATION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAPPING_ENTRY = re.compile(r"index/mappings/[0-9a-f]{32}/[0-9]{13}-([a-z]{2}|universal)-([A-Za-z0-9][A-Za-z0-9._-]*)")
_MAPPING_VERSION = re.compile(r"(?:[a-z]{2}|universal)/[A-Za-z0-9][A-Za-z0-9._-]*")
_DRAFT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
_MANIFEST = re.compile(r"datasets/([a-z]{2})/([A-Za-z0-9][A-Za-z0-9._-]*)/manifest\.json")


def dataset_of(path: str) -> tuple[str, str] | None:
    """The country and the ts of a manifest by its name; None where no dataset can be called so."""
    found = _MANIFEST.fullmatch(path)
    return (found[1], found[2]) if found else None


def raw_data(country: str, ts: str) -> str:
    """A snapshot's rows as they came from the source."""
    return f"{DATASETS}{country}/{ts}/raw.parquet"


def dataset_manifest(country: str, ts: str) -> str:
    """What a snapshot is: rows, columns, checksum, source, mapping, who. Written last."""
    return f"{DATASETS}{country}/{ts}/manifest.json"


def mapping(country: str, ts: str) -> str:
    """Which column plays which role in a snapshot."""
    return f"metadata/{country}/{ts}/mapping.json"


def mapping_version(scope: str, ts: str) -> str:
    """A version of a title's mapping: for one country, by its code, or for all of them. Create-only."""
    return f"metadata/{scope}/{ts}/mapping.json"


def is_mapping_version(scope: str, ts: str) -> bool:
    """Whether two texts can name a mapping version: what comes back with a button may be anything."""
    return _MAPPING_VERSION.fullmatch(f"{scope}/{ts}") is not None


def mapping_entries(title: str) -> str:
    """Where the mapping versions of a title stand, the newest first; a folder. `title` as names are compared."""
    return f"{MAPPING_INDEX}{sha256(title.encode()).hexdigest()[:32]}/"


def mapping_entry(title: str, made_at: datetime, scope: str, ts: str) -> str:
    """A mapping version among those of its title."""
    return f"{mapping_entries(title)}{newest_first(made_at)}-{scope}-{ts}"


def mapping_version_of(entry: str) -> tuple[str, str] | None:
    """The scope and the ts of a mapping version, by its entry; None where none can be called so."""
    found = _MAPPING_ENTRY.fullmatch(entry)
    return (found[1], found[2]) if found else None


def experiment(revision: str) -> str:
    """One experiment's settings. Create-only."""
    return f"{EXPERIMENTS}{revision}.json"


def experiment_request(key: str) -> str:
    """Which experiment a request made, so that its repetition makes no second one. Create-only."""
    return f"requests/experiments/{sha256(key.encode()).hexdigest()[:32]}.json"


def recipes_of_title(country: str, title: str) -> str:
    """Where all recipes for snapshots of one title in one country stand; a folder. `title` as names are compared."""
    return f"{RECIPES}{country}/{sha256(title.encode()).hexdigest()[:16]}/"


def recipes_of(family: str) -> str:
    """All recipes of a family: the open one, those that were saved, approvals; a folder."""
    return f"{RECIPES}{family}/"


def open_recipe(family: str) -> str:
    """The recipe that is being worked on, compare-and-swap. `family` is `country/digest/space`."""
    return f"{RECIPES}{family}/open.json"


def saved_recipes(family: str) -> str:
    """Where the saved recipes of a family stand, the newest first; a folder."""
    return f"{RECIPES}{family}/saved/"


def saved_recipe(family: str, number: int) -> str:
    """One saved recipe. Create-only, so that a number is given once."""
    return f"{saved_recipes(family)}{LAST_NUMBER - number:06d}.json"


def recipe_approvals(family: str) -> str:
    """Where it stands who approved a family's recipes, the newest first; a folder."""
    return f"{RECIPES}{family}/approved/"


def recipe_approved(family: str, number: int) -> str:
    """Who approved a saved recipe. Create-only."""
    return f"{recipe_approvals(family)}{LAST_NUMBER - number:06d}.json"


def file_offered(file_id: str) -> str:
    """That somebody was offered to make data of a file they dropped, so that they are not asked twice. Create-only."""
    return f"requests/files/{sha256(file_id.encode()).hexdigest()[:32]}.json"


def ask(ask_id: str) -> str:
    """What somebody asked about the data, for the worker to look up. Create-only."""
    return f"requests/asks/{ask_id}.json"


def answer_pack(ask_id: str) -> str:
    """What was found about an ask: words, pictures, files. Create-only: it is there whole or not at all."""
    return f"{ANSWERS}{ask_id}.zip"


def probe(ts: str) -> str:
    """An object that only shows that the bucket works; deleted at once. Where the bot may write, too."""
    return f"requests/doctor/{ts}.json"


def input_data(ts: str) -> str:
    """Exactly the rows a run trains on."""
    return f"training-data/{ts}/input_data.parquet"


def job_config(ts: str) -> str:
    """The configuration a run trains with. Create-only; the job is told this path."""
    return f"training-configs/{ts}/job_config.json"


def run_state(run_id: str) -> str:
    """Where a run stands: the one mutable object of a run, compare-and-swap only."""
    return f"{RUNS}{run_id}/state.json"


def run_of(path: str) -> str:
    """The run whose state an object is by its name; empty where it is none."""
    found = re.fullmatch(r"runs/([^/]+)/state\.json", path)
    return found[1] if found else ""


def run_launch(run_id: str, attempt: int) -> str:
    """The lease of whoever launched an attempt, in earlier releases: it stands in the run's state now."""
    return f"{RUNS}{run_id}/attempts/{attempt}/launch.json"


def run_cancel(run_id: str) -> str:
    """Somebody's wish to stop a run. Create-only."""
    return f"{RUNS}{run_id}/cancel.json"


def run_trials(run_id: str) -> str:
    """Finished trials of a run, kept for its next attempt; a folder, with a slash at its end."""
    return f"runs/{run_id}/trials/"


def run_card(run_id: str) -> str:
    """The record of posting the run's card: that it was begun, then where it stands, channel and timestamp."""
    return f"{RUNS}{run_id}/card.json"


def deletion(what: str) -> str:
    """Somebody's wish that a run (`run/ID`) or a dataset (`dataset/COUNTRY/TS`) be deleted, until that is done."""
    return f"{DELETIONS}{what.replace('/', '-')}.json"


def active(run_id: str) -> str:
    """Marks a run that is not over. Its line is the run's as it was submitted."""
    return f"{ACTIVE}{run_id}"


def slot(number: int) -> str:
    """One of the places for running trainings, while somebody has it; it, and its line, say which attempt."""
    return f"{SLOTS}{number}.json"


def training_folder(revision: str, country: str, ts: str, attempt: int) -> str:
    """The folder of one attempt: claim, status, log, results. The first attempt carries the plain name."""
    return f"robyn/{revision}/{country}/{ts}{'' if attempt == 1 else f'-a{attempt}'}/"


def trainings(revision: str) -> str:
    """Where all trainings of an experiment left what they left; a folder."""
    return f"robyn/{revision}/"


def claim(folder: str) -> str:
    """Who may train this attempt, decided once. Create-only."""
    return f"{folder}claim.json"


def status(folder: str) -> str:
    """The trainer's progress, overwritten as it goes."""
    return f"{folder}status.json"


def result(folder: str) -> str:
    """The manifest of a training of the release before, whose files lie beside it. Only read."""
    return f"{folder}result.json"


def results(folder: str, name: str) -> str:
    """One file of the results: of the release before, or too large to lie in the pack."""
    return f"{folder}results/{name}"


def preview(folder: str) -> str:
    """The folder of an attempt's preview, if a faster trainer went first: results and manifest as of a training."""
    return f"{folder}preview/"


def notice(key: str) -> str:
    """The record of sending a message, or several that belong together: that it was begun, then what went where."""
    return f"{OUTBOX}{key}.json"


def notice_sent(key: str) -> str:
    """The mark of the release before that a message was sent."""
    return f"{OUTBOX}{key}.sent.json"


def conversation_open(conversation: str) -> str:
    """Where the messages stand that wait for one conversation, a channel's or a person's; a folder."""
    name = conversation if _CONVERSATION.fullmatch(conversation) else sha256(conversation.encode()).hexdigest()[:32]
    return f"{OPEN_NOTICES}{name}/"


def notice_open(conversation: str, at: str, key: str) -> str:
    """A message, or several that belong together, that wait to be sent. Its name sorts by when it was written down."""
    return f"{conversation_open(conversation)}{at}-{key}"


def notice_try(key: str) -> str:
    """How a post stood, as the release before noted it."""
    return f"outbox-tries/{key}.json"


def notice_pictures(key: str) -> str:
    """Which pictures of a message lay in Slack already, as the release before noted it."""
    return f"outbox-pictures/{key}.json"


def pictures_open(key: str) -> str:
    """A message that was sent without its pictures, which follow. Goes when they are there, or are given up."""
    return f"{OPEN_PICTURES}{key}"


def card_open(run_id: str) -> str:
    """Marks a run whose card could not be drawn. Goes when it is."""
    return f"{OPEN_CARDS}{run_id}"


def history_row(day: str, run_id: str) -> str:
    """One row of the job history, as the release before indexes called it. Create-only."""
    return f"{OLD_ROWS}{day}/{run_id}.json"


def old_row_of(path: str) -> tuple[str, str] | None:
    """The day and the run of a row that the release before indexes wrote; None for any other name."""
    found = re.fullmatch(rf"{OLD_ROWS}(\d{{4}}-\d\d-\d\d)/([^/]+)\.json", path)
    return (found[1], found[2]) if found else None


def unreadable_row(name: str) -> str:
    """A row of the release before that nobody can read, put aside for a look by hand."""
    return f"robyn-jobs/unreadable/{name}"


def row(ended_at: datetime, run_id: str) -> str:
    """One ended run, the newest first. Create-only."""
    return f"{HISTORY_ROWS}{newest_first(ended_at)}-{run_id}.json"


def closed_history(day: str) -> str:
    """The job history up to and with a day, YYYY-MM-DD, as CSV with its head."""
    return f"{HISTORY_PARTS}until-{day}.csv"


def dataset_entry(made_at: datetime, country: str, ts: str) -> str:
    """A dataset in the list of all, the newest first."""
    return f"{DATASET_INDEX}{newest_first(made_at)}-{country}-{ts}"


def title_entries(title: str) -> str:
    """Where the datasets of a title stand, the newest first; a folder. `title` as names are compared."""
    return f"{TITLE_INDEX}{sha256(title.encode()).hexdigest()[:32]}/"


def title_entry(title: str, made_at: datetime, country: str, ts: str) -> str:
    """A dataset among those of its title."""
    return f"{title_entries(title)}{newest_first(made_at)}-{country}-{ts}"


def experiment_entry(made_at: datetime, revision: str) -> str:
    """An experiment in the list of all, the newest first."""
    return f"{EXPERIMENT_INDEX}{newest_first(made_at)}-{revision}"


def index_whole(prefix: str) -> str:
    """Says that every fact has its entry below `prefix`. Sorts before all of them, so that a page brings it along."""
    return f"{prefix}0-whole"


def result_pack(folder: str) -> str:
    """All that a training left: manifest, console, timings, results. Create-only: it is there whole or not at all."""
    return f"{folder}result.zip"


def findings_pack(folder: str) -> str:
    """What the results of a training say: findings and charts. Create-only."""
    return f"{folder}findings.zip"
