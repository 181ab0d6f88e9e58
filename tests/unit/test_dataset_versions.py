"""The versions of a title: found by what people type, newest first, with what changed; bounded at any age."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.data.dataset import Dataset, Finding
from engine.data.index import DatasetLine, line_of, read_line, shown_of
from engine.data.mapping import Mapping
from engine.data.records import save_dataset
from engine.data.versions import Version, changed, versions_of, versions_of_title
from engine.errors import NotFound
from engine.index.page import SEARCHED
from tests.stored import Kept, Outside, a_dataset

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROLES = Mapping(date_var="day", dep_var="revenue", paid_media_spends=("tv",))


def stamp(day: int) -> str:
    return f"{AT + timedelta(days=day):%Y%m%dT%H%M%SZ}-{day:04x}"


def kept(*datasets: Dataset, whole: bool = True) -> Kept:
    made = Kept()
    for one in datasets:
        save_dataset(made.storage, one)
    if whole:
        made.whole()
    return made


def snapshots(number: int, title: str = "Shop", **changes: Any) -> list[Dataset]:
    return [a_dataset(stamp(day), title, crc32c=f"{day:08d}", **changes) for day in range(number)]


@pytest.mark.parametrize("whole", [True, False], ids=["by the index", "by the facts"])
@pytest.mark.parametrize("text", ["Shop", "shop", "“Shop”", "Shop DE", "shop germany", f"de/{stamp(1)}", stamp(1)])
def test_a_family_is_found_by_what_people_type(whole: bool, text: str) -> None:
    made = kept(*snapshots(3), a_dataset(stamp(9), "Other"), whole=whole)
    found = versions_of(made.storage, text)
    assert [line.ts for line in found.lines] == [stamp(2), stamp(1), stamp(0)]
    pairs = [(one.line.ts, one.before.ts if one.before else "") for one in found.page()]
    assert pairs == [(stamp(2), stamp(1)), (stamp(1), stamp(0)), (stamp(0), "")]


def test_each_country_has_a_line_of_its_own() -> None:
    french = [a_dataset(stamp(day), "Shop", country="fr") for day in (5, 6)]
    made = kept(*snapshots(2), *french)
    every = versions_of(made.storage, "Shop")
    assert every.countries == ("fr", "de")
    assert {one.line.id: one.before.id if one.before else "" for one in every.page()} == {
        f"fr/{stamp(6)}": f"fr/{stamp(5)}",
        f"fr/{stamp(5)}": "",
        f"de/{stamp(1)}": f"de/{stamp(0)}",
        f"de/{stamp(0)}": "",
    }
    assert versions_of(made.storage, "Shop FR").countries == ("fr",)
    assert versions_of(made.storage, f"fr/{stamp(5)}").countries == ("fr",)


def test_a_title_that_ends_like_a_country_is_a_title_first() -> None:
    made = kept(a_dataset(stamp(1), "Tea in Spain", country="de"), a_dataset(stamp(2), "Tea", country="es"))
    assert versions_of(made.storage, "Tea in Spain").title == "Tea in Spain"


@pytest.mark.parametrize("number", [3, 400, 3000])
def test_versions_cost_four_requests_at_most_at_any_age(number: int) -> None:
    made = kept(*snapshots(number), *snapshots(number // 3, "Other"))
    for text in ("Shop", "Shop DE", f"de/{stamp(0)}"):
        before = len(made.world.calls)
        found = versions_of(made.storage, text)
        assert len(made.world.calls) - before <= 4, made.asked(before)
        assert found.lines[0].ts == stamp(number - 1)
        assert bool(found.lines.looked) == (number > SEARCHED)


def test_pages_follow_each_other() -> None:
    made = kept(*snapshots(5))
    found = versions_of_title(made.storage, "Shop", "de")
    first = found.page(limit=2)
    second = found.page(after=first[-1].line.id, limit=2)
    assert [one.line.ts for one in (*first, *second)] == [stamp(day) for day in (4, 3, 2, 1)]
    assert second[-1].before and second[-1].before.ts == stamp(0)


def test_what_somebody_does_not_see_is_no_version_and_nothing_is_before_it() -> None:
    one, two, three = snapshots(3)
    hidden = two.model_copy(update={"channel": "hidden"})
    made = kept(one, hidden, three)
    found = versions_of(made.storage, "Shop", Outside())
    assert [(v.line.ts, v.before.ts if v.before else "") for v in found.page()] == [
        (stamp(2), stamp(0)),
        (stamp(0), ""),
    ]
    with pytest.raises(NotFound, match="There is no dataset"):
        versions_of(kept(hidden).storage, "Shop", Outside())


def line(**changes: Any) -> DatasetLine:
    return shown_of(a_dataset(stamp(0), **{"mapping": ROLES, "crc32c": "old", **changes}))


NEW = {"crc32c": "new"}
TV = ROLES.model_copy(update={"organic_vars": ("mail",)})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "same rows"),
        ({"mapping": TV}, "same rows, roles changed"),
        (NEW | {"rows": 160, "last_date": date(2025, 1, 20)}, "4 rows more, goes on to 2025-01-20"),
        (NEW | {"rows": 155}, "1 row fewer"),
        (NEW | {"first_date": date(2022, 2, 7)}, "begins later, on 2022-02-07"),
        (NEW | {"last_date": date(2024, 12, 16)}, "goes only to 2024-12-16"),
        (NEW, "same dates, other values"),
        (NEW | {"interval": "day", "mapping": TV}, "by day, before by week, same dates, other values, roles changed"),
    ],
    ids=["nothing", "roles", "more", "fewer", "later", "shorter", "restated", "finer"],
)
def test_what_changed_is_said(changes: dict[str, Any], said: str) -> None:
    assert changed(Version(line(**changes), line())) == said


def test_of_lines_of_an_earlier_release_only_what_they_say_is_told() -> None:
    lean = {name: value for name, value in line_of(a_dataset(stamp(0))).items() if name not in ("rows", "sum", "roles")}
    old = DatasetLine.model_validate(lean)
    assert changed(Version(line(last_date=date(2025, 1, 6)), old)) == "goes on to 2025-01-06"
    assert changed(Version(line(), old)) == "same dates"
    assert changed(Version(old)) == ""


def test_a_line_says_whether_roles_are_its_own_and_how_much_is_to_be_looked_at() -> None:
    found = [Finding(code="a", grade=grade, text="t") for grade in ("FAIL", "REVIEW", "INFO")]
    made = a_dataset(stamp(0), findings=found, mapping=ROLES.model_copy(update={"version": "de/1"}))
    told = shown_of(made)
    assert (told.open, told.mapped) == (2, True)
    assert told.roles == shown_of(a_dataset(stamp(1), mapping=ROLES)).roles, "by what it says, not by its version"


def test_a_line_of_the_release_before_is_read_and_written_as_it_was() -> None:
    """Else every entry of an old store would count as amiss."""
    now = line_of(a_dataset(stamp(0)))
    lean = {name: value for name, value in now.items() if name not in ("rows", "sum", "roles")}
    read = read_line(f"datasets/de/{stamp(0)}/manifest.json", lean)
    assert read and read.model_dump(mode="json", exclude_defaults=True) == lean
