"""Who may import whom, and what may happen at import: the floors of the house."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WINGS = ("data", "experiment", "runs", "results")
BOT_MAY = (
    *(f"engine.{wing}" for wing in WINGS),
    *(
        "engine.cloud",
        "engine.columns",
        "engine.labels",
        "engine.names",
        "engine.number_words",
        "engine.settings",
        "engine.errors",
        "engine.observe",
        "engine.clock",
        "engine.paths",
        "engine.ports",
        "engine.asks",
        "engine.guidance",
        "engine.doctor",
        "engine.index",
        "engine.listing",
        "engine.sight",
    ),
    *("engine.pipeline.submit", "engine.pipeline.cancel", "engine.pipeline.delete"),
)
# Each room of the model, and the rooms it may enter; what stands beside them may enter all.
MODEL_ROOMS = {
    "fit": (),
    "read": ("fit",),
    "search": ("fit",),
    "select": ("fit",),
    "response": ("fit",),
    "evidence": ("fit", "select", "response"),
    "budget": ("fit", "response"),
    "forecast": ("fit", "response"),
    "unseen": ("fit", "read", "search", "select", "evidence", "response", "forecast", "planning"),
}
WORKERS_DOOR = "bot/tasks.py"
SCIENCE = ("numpy", "pandas", "matplotlib", "pyarrow", "snowflake", "google.cloud.run_v2", "numba", "prophet")


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path, *, top_level: bool = False) -> Iterator[str]:
    """Every module a file imports, as dotted names; with `top_level`, only those imported when it is loaded."""
    tree = ast.parse(path.read_text())
    nodes = _executed(tree.body) if top_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize(("room", "may"), MODEL_ROOMS.items(), ids=list(MODEL_ROOMS))
def test_a_room_of_the_model_enters_only_those_below(room: str, may: tuple[str, ...]) -> None:
    allowed = tuple(f"engine.model.{one}" for one in (room, *may))
    entered = [(path, name) for path in sources(f"engine/model/{room}") for name in imports(path)]
    assert [one for one in entered if within(one[1], ("engine.model",)) and not within(one[1], allowed)] == []


def test_engine_knows_neither_bot_nor_local() -> None:
    wrong = [(path, name) for path in sources("engine") for name in imports(path) if within(name, ("bot", "local"))]
    assert wrong == []


def test_bot_reaches_into_the_engine_only_by_its_doors() -> None:
    wrong = [
        (path, name)
        for path in sources("bot")
        if path.relative_to(ROOT).as_posix() not in (WORKERS_DOOR, "bot/cli.py")
        for name in imports(path)
        if within(name, ("engine",)) and not within(name, BOT_MAY)
    ]
    assert wrong == []


# What reads stored things by their names: in the bot, only where somebody's eyes go with it, and in the worker's door.
READERS = {
    "engine.runs.records": {"read_run", "run_at", "run_names"},
    "engine.runs.listed": {"list_runs", "find_run", "find_runs"},
    "engine.data.records": {"read_dataset", "dataset_at", "dataset_names", "title_of", "read_draft"},
    "engine.data.listed": {"list_datasets", "search_datasets", "find_dataset"},
    "engine.data.versions": {"versions_of", "versions_of_title"},
    "engine.data.recipes": {"read_open", "read_saved", "saved_recipes", "approval_of", "approvals_of", "state_of"},
    "engine.experiment.records": {"read_experiment", "experiment_at", "experiment_names"},
    "engine.experiment.listed": {"list_experiments", "find_experiment", "experiments_on"},
}
SIGHT = ("bot/sight.py", WORKERS_DOOR)


def test_the_wings_read_what_is_stored_only_with_a_persons_eyes() -> None:
    wrong = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in sources("bot")
        if path.relative_to(ROOT).as_posix() not in SIGHT
        for name in imports(path)
        if any(within(name, (f"{module}.{reader}",)) for module, readers in READERS.items() for reader in readers)
        or name in READERS
    ]
    assert wrong == []


# The floors of the engine, the lowest first. A file may import from its own floor and from those below.
FLOORS = (
    (
        *("errors", "clock", "settings", "paths", "columns", "labels", "names", "ports", "observe", "listing"),
        *("full_disk", "sight", "made_with", "newest_first", "process_tree", "number_words"),
    ),
    ("cloud",),
    ("index", "asks"),
    WINGS,
    ("told_to_end", "guidance"),
    ("model", "charts", "robyn"),
    ("pipeline", "job", "training_job", "doctor"),
)


def test_no_arrow_runs_up_in_the_engine() -> None:
    floor = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
    wrong = []
    for path in sources("engine"):
        room = path.relative_to(ROOT / "engine").parts[0].removesuffix(".py")
        for name in imports(path):
            other = name.split(".")[1] if within(name, ("engine",)) and name != "engine" else room
            if room != "__init__" and floor[other] > floor[room]:
                wrong.append((str(path), name))
    assert wrong == []


def test_robyn_hangs_off_the_training_job_only_and_the_doctor_asks_whether_it_is_there() -> None:
    may = ("robyn", "job", "training_job.py", "doctor")
    wrong = [
        (path, name)
        for path in sources("engine")
        if path.relative_to(ROOT / "engine").parts[0] not in may
        for name in imports(path)
        if within(name, ("engine.robyn",))
    ]
    assert wrong == []


def test_only_one_room_knows_the_slack_sdk() -> None:
    wrong = [
        f"{path}: {name}"
        for package in ("bot", "engine")
        for path in sources(package)
        if not path.is_relative_to(ROOT / "bot" / "slack")
        for name in imports(path)
        if within(name, ("slack_sdk", "slack_bolt"))
    ]
    assert wrong == []


def test_local_is_imported_by_the_command_line_only_and_only_when_called() -> None:
    wrong = [
        f"{path}: {name}"
        for path in sources("bot")
        for name in imports(path, top_level=path.name == "cli.py")
        if within(name, ("local",))
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ["bot", "engine", "local"])
def test_no_file_is_longer_than_one_idea(package: str) -> None:
    long = [str(path) for path in sources(package) if len(path.read_text().splitlines()) > 500]
    assert long == []


@pytest.mark.parametrize("package", ["bot", "engine"])
def test_nobody_reads_the_environment_at_import(package: str) -> None:
    wrong = []
    for path in sources(package):
        for node in _executed(ast.parse(path.read_text()).body):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) and "os.environ" in ast.unparse(node):
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == []


def test_the_public_service_loads_no_science() -> None:
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if any(name == one or name.startswith(one + '.') for one in {SCIENCE!r}):\n"
        "            raise ImportError(f'the bot must not load {name}')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import bot.service, bot.slack.app, bot.cli\n"
        "print(len(bot.service.registry().commands))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 9
