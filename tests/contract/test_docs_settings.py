"""The settings' page says what the settings are."""

import re

import pytest

from docs.settings import GROUPS, PAGE, WAYS, launched_with, needed, page, variable
from engine.job.settings import JobSettings
from engine.settings import Settings
from tests.terraform_files import local_values

pytestmark = pytest.mark.slow


def test_the_page_is_as_the_code_is() -> None:
    assert PAGE.read_text() == page(), "write it anew with `python -m docs.settings`"


def test_every_setting_stands_in_one_group() -> None:
    named = [name for names in GROUPS.values() for name in names]
    assert sorted(named) == sorted(Settings.model_fields)


def test_every_setting_of_the_training_says_what_it_means() -> None:
    assert [name for name, field in JobSettings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("way", WAYS)
def test_the_least_that_a_way_takes_is_enough_and_no_more_than_needed(way: str) -> None:
    # What is needed is found by leaving out one at a time: so each way must start, and hold nothing that is not needed.
    assert all(needed(name) == "always" or way in needed(name) for name in WAYS[way])


def test_what_is_needed_does_not_depend_on_who_writes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(variable(name), "x")
    assert page() == PAGE.read_text()


def test_the_launch_tells_what_the_page_says_it_tells() -> None:
    assert {"MMM_RUN", "MMM_ATTEMPT", "MMM_CONFIG", "MMM_CONFIG_SHA", "MMM_FOLDER"} <= launched_with()
    assert launched_with() <= {variable(name) for name in JobSettings.model_fields}


def test_terraform_and_the_page_name_the_same_way_to_set_any_other() -> None:
    assert "var.settings" in str(local_values()["service_env"])
    for name in re.findall(r"settings = \{ (\w+) =", PAGE.read_text()):
        assert name.removeprefix("MMM_").lower() in Settings.model_fields
