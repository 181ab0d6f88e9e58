"""The runbook knows every alert, event, metric and account that there is, and no other."""

import ast
import inspect
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from bot import tasks
from bot.access import MAY
from engine.cloud.result import MANIFEST, Kind, Manifest
from engine.job.upload import BESIDE
from engine.model import train
from engine.observe import telemetry
from engine.pipeline import sweep
from engine.runs.run import ENDED, NAMES, Run
from engine.settings import Settings
from local.google.objects import Objects
from local.google.stored import Match
from tests.pages import OPERATE, ROOT, anchor
from tests.terraform_files import MODULE, local_values, made, named, written

pytestmark = pytest.mark.slow

SOURCES = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("engine/**/*.py")]


def calls(*names: str) -> Iterator[tuple[str, list[ast.expr]]]:
    """Every call of these functions by their plain names, with its arguments."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node.func.id, node.args


def words(arguments: list[ast.expr]) -> list[str]:
    return [each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def events() -> set[str]:
    """The names of all events that are logged."""
    logged = {name for _, arguments in calls("event") for name in words(arguments[1:2])}
    return logged | {f"run_{what}" for what in of_runs()}


# What makes an event of a run, and which of its arguments says which.
NAMED = {"record_event": 3, "happened": 1, "move_as": 0}


def of_runs() -> set[str]:
    """What may happen to a run: named where it does, or as the state that it moves to."""
    named = {what for name, arguments in calls(*NAMED) for what in words(arguments[NAMED[name] :][:1]) if what}
    return {*named, *NAMES.values(), ENDED}


def metrics() -> set[str]:
    """The names of all metrics that are measured."""
    timed = {f"mmm.{name}.seconds" for _, arguments in calls("measured") for name in words(arguments[:1])}
    return timed | {name for _, arguments in calls("observe", "count") for name in words(arguments[:1])}


def alerts() -> set[str]:
    """The heading that each alert of Terraform leads to."""
    several = {each.key or each.name.replace("_", "-") for each in made() if "alert_policy" in each.type}
    return several | {"cost" for each in written() if each.type == "google_billing_budget"}


def test_every_alert_has_its_entry_and_every_entry_its_alert() -> None:
    section = OPERATE.section("Alerts")
    entries = {anchor(text) for text in re.findall(r"^### (.+)$", section, re.MULTILINE)}
    assert entries == alerts()
    # Links by anchor need headings that stand once.
    texts = [anchor(text) for _, text in OPERATE.headings]
    assert len(texts) == len(set(texts))


def test_every_event_is_explained_and_every_explained_one_is_logged() -> None:
    assert {row[0].strip("`") for row in OPERATE.table("Events")} == events()


def test_no_event_is_logged_under_a_name_that_cannot_be_read_here() -> None:
    logged = [given for _, given in calls("event") if ast.unparse(given[0]) == "log"]
    computed = [given[1] for given in logged if not words(given[1:2])]
    # The one computed name is that of a run's own events.
    assert [ast.unparse(each) for each in computed] == ["f'run_{one.what}'"]
    unnamed = [name for name, arguments in calls(*NAMED) if not words(arguments[NAMED[name] :][:1])]
    # In the modules of these functions themselves: `move` calls it as the state is, and both add what they were told.
    assert sorted(unnamed) == ["happened", "happened"]


def test_every_metric_is_explained_and_every_explained_one_is_measured() -> None:
    assert {row[0].strip("`") for row in OPERATE.table("Metrics")} == metrics()
    assert 'f"mmm.{what}.seconds"' in inspect.getsource(telemetry.measured)


def test_counts_of_events_are_named_as_terraform_names_them() -> None:
    named_here = set(re.findall(r"`mmm/(\w+)`", OPERATE.section("Metrics")))
    assert named_here == set(local_values()["events"])


def test_numbers_of_the_alerts_are_those_of_terraform() -> None:
    counted = local_values()["event_alerts"]
    assert counted["broken-steps"]["above"] == 5 and "six times or more in a quarter" in OPERATE.section("Broken steps")
    assert counted["denied-calls"]["above"] == 20 and "More than twenty calls" in OPERATE.section("Denied calls")
    assert f"tried {_WORDS[tasks.TRIES + 1]} times" in OPERATE.section("Broken steps")
    for name, alert in local_values()["error_alerts"].items():
        assert f"More than {alert['share'] * 100:g} %" in OPERATE.section(name.replace("-", " ").capitalize())
    assert sweep.STUCK.total_seconds() == 1800 and "half an hour" in OPERATE.section("Stuck runs")


_WORDS = {6: "six", 7: "seven", 8: "eight"}


def test_what_is_read_of_a_run_is_there() -> None:
    text = OPERATE.section("A run has failed")
    fields = re.search(r"state\.json\" \| jq '\{([^}]+)\}'", text)
    assert fields and set(fields[1].split(", ")) <= set(Run.model_fields)
    told = re.search(r"result\.json \| jq '\{([^}]+)\}'", text)
    assert told and set(told[1].split(", ")) <= set(Manifest.model_fields)
    kinds = set(re.findall(r"with kind `(\w+)` \|", text))
    assert kinds <= {*get_args(Kind), "revoked"} and {"lost", "failed", "succeeded"} <= kinds
    assert set(re.findall(r"unzip -p result\.zip (\S+)", text)) <= {MANIFEST, *BESIDE}


def test_phases_are_those_that_a_training_enters() -> None:
    said = re.search(r"The phase of .*?the disk\.", OPERATE.section("A run has failed"), re.DOTALL)
    assert said
    entered = {"reading", *re.findall(r'phases\.phase\("(\w+)"\)', inspect.getsource(train))}
    assert set(re.findall(r"`([a-z]+)`", said[0])) == entered


@pytest.mark.parametrize("name", ["job_config.json", "input_data.parquet", "claim.json", "result.zip", "status.json"])
def test_objects_are_named_as_the_code_names_them(name: str) -> None:
    assert name in OPERATE.text and name in (ROOT / "engine" / "paths.py").read_text()


def test_ids_that_the_log_is_searched_by_are_those_that_lines_carry() -> None:
    carried = {"run", "attempt", "step", "draft", "request"}
    section = OPERATE.section("The log of one run")
    first = section.split(";")[0]
    assert set(re.findall(r"`(\w+)`", first)) == carried
    sources = "".join(path.read_text() for path in SOURCES)
    for field in set(re.findall(r"jsonPayload\.(\w+)", OPERATE.text)) - carried - {"event", "message"}:
        assert f'"{field}":' in sources, field


def test_roles_may_what_the_code_says_and_come_from_the_settings_that_are_named() -> None:
    rows = OPERATE.table("Access")
    assert [(row[0], row[1]) for row in rows] == [(role.name.lower(), may) for role, may in MAY.items()]
    for row in rows:
        for name in re.findall(r"`MMM_(\w+)`", row[2]):
            assert name.lower() in Settings.model_fields


def test_every_account_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ", OPERATE.section("Access"), re.MULTILINE)
    assert rows == list(local_values()["accounts"])


def test_limits_are_those_of_the_settings() -> None:
    said = {row[0]: (row[1], row[2]) for row in OPERATE.table("Limits and quotas")}
    fields = Settings.model_fields
    assert said["trainings at once"][0].startswith(str(fields["max_running"].default))
    assert said["a dropped file; packed, it may hold four times as much"][0] == f"{fields['max_upload_mb'].default} MB"
    assert said["a statement in Snowflake"][0] == f"{fields['snowflake_timeout'].default} s"
    assert said["rows of a table or a SELECT"][0].startswith(f"{fields['warehouse_max_rows'].default:,};")
    assert said["their Parquet file"][0] == f"{fields['warehouse_max_mb'].default:,} MB"
    hours, attempts = re.findall(r"\d+", said["time and attempts of a training"][0])
    assert int(hours) * 3600 == fields["run_timeout"].default and int(attempts) == fields["max_attempts"].default
    at_once = fields["max_running"].default * named(MODULE, "variable")["training_cpu"]["default"]
    assert f"{at_once} by default" in said["processors at once"][0]


def test_bytes_of_an_object_on_one_machine_are_where_the_query_says(tmp_path: Path) -> None:
    storage = tmp_path / "google" / "storage"
    objects = Objects(storage)
    for name in ("robyn/SHOP_3/fr/t/result.json", "runs/r1/state.json"):
        objects.put(name, name.encode(), content_type="application/json", metadata={}, match=Match())
    objects.close()
    [query] = re.findall(r'objects\.sqlite \\\n\s+"(SELECT [^"]+)"', OPERATE.text)
    with closing(sqlite3.connect(storage / "objects.sqlite")) as opened:
        found = opened.execute(query).fetchall()
    assert [(name, (tmp_path / where).read_text()) for name, where in found] == [("robyn/SHOP_3/fr/t/result.json",) * 2]
