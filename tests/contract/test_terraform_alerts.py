"""What is watched: every alert says what it means and leads to its entry in the runbook."""

import json
import re
from pathlib import Path
from string import Template

import pytest

from tests.terraform_files import MODULE, Resource, local_values, made, written

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = ROOT / "docs" / "operate.md"
PREFIX = "${local.alert_prefix}: "


def alerts() -> dict[str, Resource]:
    """Every alert by its heading in the runbook."""
    found = {}
    for each in made():
        if each.type == "google_monitoring_alert_policy":
            found[each.key or each.name.replace("_", "-")] = each
    return found


def test_there_are_alerts_on_everything_that_has_gone_wrong_before() -> None:
    expected = {"failed-runs", "stuck-runs", "broken-steps", "denied-calls", "silent-sweep", "old-tasks"}
    expected |= {"bot-errors", "worker-errors", "slow-answers", "lost-trainings"}
    assert set(alerts()) == expected
    # The budget is the eleventh: cost.
    assert [each.name for each in written() if each.type == "google_billing_budget"] == ["monthly"]


@pytest.mark.parametrize("heading", sorted(alerts()))
def test_an_alert_says_what_it_means_whom_it_tells_and_what_to_do(heading: str) -> None:
    alert = alerts()[heading]
    [documentation] = alert.body["documentation"]
    spelled = Resource(alert.type, alert.name, documentation, alert.key, alert.value)
    assert f"${{var.runbook_url}}#{heading}" in spelled.get("content")
    assert len(spelled.get("content")) > 80
    [link] = documentation["links"]
    assert Resource("", "", link, alert.key, alert.value).get("url") == f"${{var.runbook_url}}#{heading}"
    assert alert.body["notification_channels"] == "${local.channels}"
    assert alert.body["severity"] in ("WARNING", "ERROR", "CRITICAL", "${each.value.severity}")
    assert alert.body["display_name"].startswith(PREFIX)


def test_alerts_count_events_that_are_counted() -> None:
    events = set(local_values()["events"])
    assert events == {"run_failed", "run_stuck", "sweep_done", "task_failed", "denied"}
    assert {alert["event"] for alert in local_values()["event_alerts"].values()} | {"sweep_done"} == events
    [metric] = [each for each in written() if each.type == "google_logging_metric"]
    assert 'jsonPayload.event=\\"${each.key}\\"' in metric.body["filter"]
    assert metric.body["name"] == "${var.name}/${each.key}"


def test_the_runbook_has_an_entry_for_every_alert() -> None:
    if not RUNBOOK.exists():
        pytest.skip("docs/operate.md is not written yet")
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ")).strip().lower().replace(" ", "-")
        for line in RUNBOOK.read_text().splitlines()
        if line.startswith("#")
    }
    assert {*alerts(), "cost"} - headings == set()


def dashboard() -> dict[str, object]:
    text = (MODULE / "dashboard.json.tftpl").read_text()
    assert set(re.findall(r"\$\{(\w+)\}", text)) == {"name", "environment"}
    made: dict[str, object] = json.loads(Template(text).substitute(name="mmm", environment="dev"))
    return made


def test_the_dashboard_fits_its_grid() -> None:
    layout = dashboard()["mosaicLayout"]
    assert isinstance(layout, dict)
    taken: set[tuple[int, int]] = set()
    for tile in layout["tiles"]:
        cells = {
            (x, y)
            for x in range(tile["xPos"], tile["xPos"] + tile["width"])
            for y in range(tile["yPos"], tile["yPos"] + tile["height"])
        }
        assert not cells & taken and max(x for x, _ in cells) < layout["columns"]
        taken |= cells


def test_the_dashboard_draws_what_alerts_speak_of() -> None:
    text = json.dumps(dashboard())
    drawn = {
        metric.removeprefix("logging.googleapis.com/user/mmm/")
        for metric in re.findall(r'metric\.type=\\"([^\\]+)', text)
    }
    assert set(local_values()["events"]) <= drawn
    spoken_of = set()
    for alert in alerts().values():
        spoken_of |= set(re.findall(r'metric\.type="((?:run|cloudtasks)\.[\w./]+)', str(alert.body)))
    assert len(spoken_of) == 5 and spoken_of <= drawn
