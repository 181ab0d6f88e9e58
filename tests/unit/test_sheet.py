"""A mapping as a sheet: what is given out reads back as the same mapping, and every problem is told with its row."""

import csv
import io
import random
from pathlib import Path
from typing import Any

import pytest

from engine.columns import Column
from engine.data.details import described
from engine.data.formulas import defused
from engine.data.given_csv import as_csv
from engine.data.guess import guess
from engine.data.made import Made
from engine.data.mapped import same_roles
from engine.data.mapping import Goal, Mapping, validate_mapping
from engine.data.sheet import HEAD, sheet_rows
from engine.data.sheet_read import Read
from engine.errors import BadData
from engine.pipeline.mapping_file import read_any

NUMBERS = (
    *("REVENUE", "ORDERS", "META_BRAND_COST", "META_PERF_COST", "META_BRAND_CLICKS", "META_PERF_CLICKS"),
    *("TV_COST", "TV_GRPS", "TV_REACH", "MAIL_SENDS", "PRICE"),
)
COLUMNS = (
    Column(name="DATE", type="date", examples=("2024-01-01",)),
    *(Column(name=name, type="number", unit="EUR" if name.endswith("COST") else "") for name in NUMBERS),
    Column(name="PROMO", type="text", distinct=3, levels=("a", "b", "c")),
    Column(name="NOTE", type="text"),
    Column(name="LAND", type="text"),
)
MAPPING = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    goals=(Goal(column="ORDERS", kind="conversion"),),
    paid_media_spends=("META_BRAND_COST", "META_PERF_COST", "TV_COST"),
    exposures={"META_BRAND_COST": "META_BRAND_CLICKS", "META_PERF_COST": "META_PERF_CLICKS", "TV_COST": "TV_GRPS"},
    paid_media_mapping={
        "META_BRAND_COST": ("META_BRAND_CLICKS",),
        "META_PERF_COST": ("META_PERF_CLICKS",),
        "TV_COST": ("TV_GRPS", "TV_REACH"),
    },
    organic_vars=("MAIL_SENDS",),
    context_vars=("PRICE", "PROMO"),
    factor_vars=("PROMO",),
    country_var="LAND",
    channels={
        **dict.fromkeys(("META_BRAND_COST", "META_PERF_COST", "META_BRAND_CLICKS", "META_PERF_CLICKS"), "META"),
        **dict.fromkeys(("TV_COST", "TV_GRPS", "TV_REACH"), "TV"),
    },
    sub_channels={"META_BRAND_COST": "BRAND", "META_PERF_COST": "PERF"},
    tags={"TV_COST": ("reach", "upper funnel"), "TV_GRPS": ("reach", "upper funnel"), "TV_REACH": ("reach",)},
    labels={"TV_COST": "Television"},
    aggregation={"PRICE": "min"},
    currency="EUR",
)
TOTAL = MAPPING.model_copy(
    update={
        "paid_media_spends": ("META_TOTAL_COST", "TV_COST"),
        "exposures": {"META_TOTAL_COST": "META_TOTAL_CLICKS", "TV_COST": "TV_GRPS"},
        "paid_media_mapping": {"META_TOTAL_COST": ("META_TOTAL_CLICKS",), "TV_COST": ("TV_GRPS", "TV_REACH")},
        "channels": MAPPING.channels | {"META_TOTAL_COST": "META", "META_TOTAL_CLICKS": "META"},
        "made": (
            Made(name="META_TOTAL_COST", parts=("META_BRAND_COST", "META_PERF_COST"), channel="META"),
            Made(name="META_TOTAL_CLICKS", parts=("META_BRAND_CLICKS", "META_PERF_CLICKS"), channel="META"),
        ),
    }
)
Rows = list[list[str]]


def written(
    rows: Rows, *, delimiter: str = ",", encoding: str = "utf-8-sig", quoting: int = csv.QUOTE_MINIMAL
) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue().encode(encoding)


def workbook(rows: Rows) -> bytes:
    """The file as somebody saves it who opened it in Excel: what was defused stays so."""
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append([defused(cell) or None for cell in row])
    book.save(out)
    return out.getvalue()


def back(data: bytes, folder: Path, before: Mapping = MAPPING, columns: tuple[Column, ...] = COLUMNS) -> Read:
    path = folder / "file"
    path.write_bytes(data)
    return read_any(path, columns, before, "de")


def sheet(mapping: Mapping = MAPPING) -> Rows:
    return [list(HEAD), *sheet_rows(mapping, COLUMNS, "de")]


def changed(rows: Rows, name: str, **cells: str) -> Rows:
    """The rows with cells of the column `name` changed."""
    return [[cells.get(HEAD[at], cell) for at, cell in enumerate(row)] if row[0] == name else row for row in rows]


@pytest.mark.parametrize("mapping", [MAPPING, TOTAL], ids=["parts", "total"])
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda rows: as_csv(rows[0], rows[1:]), id="as given out"),
        pytest.param(lambda rows: written(rows, delimiter=";"), id="semicolons"),
        pytest.param(lambda rows: written(rows, delimiter="\t", encoding="utf-16"), id="tabs, UTF-16"),
        pytest.param(lambda rows: written(rows, encoding="utf-8"), id="no byte order mark"),
        pytest.param(lambda rows: written(rows, quoting=csv.QUOTE_ALL), id="everything quoted"),
        pytest.param(workbook, id="workbook"),
        pytest.param(lambda rows: written([*rows, [], [""] * 14]), id="empty rows at the end"),
        pytest.param(lambda rows: written([row[::-1] for row in rows]), id="another order of columns"),
        pytest.param(lambda rows: written([rows[0], *rows[:0:-1]]), id="rows the other way round"),
        pytest.param(lambda rows: written([rows[0], *sorted(rows[1:])]), id="rows sorted"),
    ],
)
def test_what_was_given_out_reads_back_as_the_same_mapping(mapping: Mapping, write: Any, tmp_path: Path) -> None:
    assert validate_mapping(mapping, COLUMNS) == []
    read = back(write(sheet(mapping)), tmp_path, mapping)
    assert read.problems == ()
    assert read.mapping is not None and same_roles(read.mapping, mapping)
    assert read.notes == ()


def test_a_sheet_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    rows = changed(sheet(), "MAIL_SENDS", role="unused", label="Mails")
    rows = changed(rows, "NOTE", role="category")
    rows = changed(rows, "TV_COST", tags="brand; tv", channel="Television", aggregation="")
    rows = changed(rows, "TV_GRPS", modelled="no")
    rows = changed(rows, "TV_REACH", modelled="Yes")
    rows = changed(rows, "ORDERS", goal="money")
    read = back(written(rows), tmp_path)
    assert read.problems == ()
    assert read.mapping is not None
    assert same_roles(
        read.mapping,
        MAPPING.model_copy(
            update={
                "organic_vars": (),
                "context_vars": ("PRICE", "PROMO", "NOTE"),
                "factor_vars": ("PROMO", "NOTE"),
                "labels": {"TV_COST": "Television", "MAIL_SENDS": "Mails"},
                "tags": MAPPING.tags | {"TV_COST": ("brand", "tv")},
                "channels": MAPPING.channels | {"TV_COST": "Television"},
                "exposures": MAPPING.exposures | {"TV_COST": "TV_REACH"},
                "paid_media_mapping": MAPPING.paid_media_mapping | {"TV_COST": ("TV_REACH", "TV_GRPS")},
                "goals": (Goal(column="ORDERS", kind="revenue"),),
            }
        ),
    )


@pytest.mark.parametrize(
    ("name", "cells", "told"),
    [
        ("PRICE", {"goal": "money"}, "“PRICE” is no goal, as its role is context: “money” below goal is not used."),
        ("MAIL_SENDS", {"exposure_of": "TV_COST"}, "“MAIL_SENDS” is no exposure, as its role is organic"),
        ("NOTE", {"modelled": "yes"}, "“yes” below modelled is not used."),
    ],
)
def test_what_a_row_says_that_its_role_has_no_use_for_is_told(
    name: str, cells: dict[str, str], told: str, tmp_path: Path
) -> None:
    read = back(written(changed(sheet(), name, **cells)), tmp_path)
    assert read.mapping is not None and same_roles(read.mapping, MAPPING)
    assert len(read.notes) == 1 and told in read.notes[0]


def test_a_total_that_is_given_a_role_takes_its_parts_out_and_their_exposures_along(tmp_path: Path) -> None:
    read = back(written(changed(sheet(), "META_TOTAL_COST", role="spend")), tmp_path)
    assert read.mapping is not None and same_roles(read.mapping, TOTAL)
    assert "takes the place of “META_BRAND_COST”, “META_PERF_COST”" in read.notes[0]


def test_a_part_that_is_given_a_role_takes_its_total_out(tmp_path: Path) -> None:
    read = back(written(changed(sheet(TOTAL), "META_PERF_COST", role="spend")), tmp_path, TOTAL)
    assert read.problems != () or "taken out: the total or its parts" in read.notes[0]


def test_a_tag_makes_a_sum_that_a_row_of_its_own_chooses(tmp_path: Path) -> None:
    rows = sheet()
    for name in ("META_BRAND_COST", "META_PERF_COST"):
        rows = changed(rows, name, tags="paid social")
    rows.append(["META_PAID_SOCIAL_COST", "spend", *[""] * 12])
    read = back(written(rows), tmp_path)
    assert read.problems == () and read.mapping is not None
    assert "META_PAID_SOCIAL_COST" in read.mapping.paid_media_spends
    made = {one.name: one for one in read.mapping.made}
    assert made["META_PAID_SOCIAL_COST"].parts == ("META_BRAND_COST", "META_PERF_COST")
    assert read.mapping.tags["META_BRAND_CLICKS"] == ("paid social",), "what is said of a spend goes to its exposures"


def test_every_problem_is_told_at_once_with_its_row_and_column(tmp_path: Path) -> None:
    rows = changed(sheet(), "MAIL_SENDS", role="orgnic", tags=",".join(f"t{n}" for n in range(30)))
    rows = changed(rows, "TV_GRPS", exposure_of="TV_COTS", aggregation="median")
    rows = changed(rows, "META_PERF_COST", label="x" * 61, currency="dollars")
    rows = changed(rows, "ORDERS", goal="both", role="goal")
    rows = changed(rows, "TV_REACH", modelled="maybe")
    rows = [row for row in rows if row[0] != "PRICE"] + [["TV_KOST", "spend", *[""] * 12], ["TV_COST", "", *[""] * 12]]
    read = back(written(rows), tmp_path)
    assert read.mapping is None
    told = {(one.row, one.column): one.text for one in read.problems}
    number = {row[0]: at for at, row in enumerate(rows, 1)}
    assert set(told) == {
        *((number["MAIL_SENDS"], name) for name in ("role", "tags")),
        *((number["TV_GRPS"], name) for name in ("exposure_of", "aggregation")),
        *((number["META_PERF_COST"], name) for name in ("label", "currency")),
        *((number["ORDERS"], name) for name in ("goal", "role")),
        (number["TV_REACH"], "modelled"),
        (number["TV_KOST"], "column"),
        (len(rows), "column"),
        (0, ""),
    }
    assert "Did you mean “organic”?" in told[number["MAIL_SENDS"], "role"]
    assert "Did you mean “TV_COST”?" in told[number["TV_GRPS"], "exposure_of"]
    assert "“PRICE” is context now and has no row" in told[0, ""]


@pytest.mark.parametrize(
    ("cells", "row_of", "said"),
    [
        ({"PROMO": {"role": "spend"}}, "PROMO", "must hold numbers but holds text"),
        ({"NOTE": {"role": "context"}}, "NOTE", "holds text: choose it as a category"),
        ({"ORDERS": {"aggregation": "mean"}}, "ORDERS", "counts conversions: they are added up"),
        ({"PROMO": {"aggregation": "sum"}}, "PROMO", "commonest value"),
        ({"TV_REACH": {"modelled": "yes"}}, "TV_REACH", "says yes already"),
        ({"LAND": {"role": "unused"}, "NOTE": {"role": "date"}}, "NOTE", "is the date already"),
        ({"TV_GRPS": {"exposure_of": ""}}, "TV_GRPS", "name the spend that bought it"),
        ({"TV_COST": {"currency": "USD"}}, "TV_COST", "all money of a dataset is in one currency"),
    ],
)
def test_what_a_column_cannot_be_is_told_at_its_row(
    cells: dict[str, dict[str, str]], row_of: str, said: str, tmp_path: Path
) -> None:
    rows = sheet()
    for name, values in cells.items():
        rows = changed(rows, name, **values)
    read = back(written(rows), tmp_path)
    assert read.mapping is None
    number = next(at for at, row in enumerate(rows, 1) if row[0] == row_of)
    assert any(one.row == number and said in one.text for one in read.problems), read.problems


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"DATE,REVENUE\n2024-01-01,5\n", "names no columns “column” and “role”"),
        (b"column,role,role\nDATE,date,date\n", "Two columns are called “role”"),
        (b'{"a": 1}', "says nothing of what columns mean"),
        (b"[1, 2", "says nothing of what columns mean"),
        (b"[" * 100_000, "says nothing of what columns mean"),
        (b"\x89PNG\r\n\x1a\n", "table"),
    ],
)
def test_a_file_that_says_nothing_of_columns_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    try:
        read = back(data, tmp_path)
    except BadData as error:
        assert said in f"{error.what} {error.todo}"
    else:
        assert read.mapping is None and any(said in one.text for one in read.problems)


ODD = (
    "=1+1",
    "+x",
    "-5",
    "@SUM(A1)",
    "'=quoted",
    " spaced ",
    'quo"te',
    "a,b;c",
    "line\nbreak",
    "🎉",
    "<@U1>",
    "é" * 2000,
)


@pytest.mark.parametrize("write", [lambda rows: as_csv(rows[0], rows[1:]), workbook], ids=["csv", "workbook"])
def test_odd_names_come_back_and_nothing_calculates(write: Any, tmp_path: Path) -> None:
    columns = (*COLUMNS, *(Column(name=name, type="number", examples=("=2+2",)) for name in ODD))
    mapping = MAPPING.model_copy(update={"context_vars": (*MAPPING.context_vars[:1], *ODD, "PROMO")})
    rows = [list(HEAD), *sheet_rows(mapping, columns, "de")]
    data = write(rows)
    read = back(data, tmp_path, mapping, columns)
    assert read.problems == ()
    assert read.mapping is not None and set(read.mapping.context_vars) == set(mapping.context_vars)
    if data[:2] != b"PK":
        cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row]
        assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("seed", range(12))
def test_any_guess_on_hundreds_of_columns_round_trips(seed: int, tmp_path: Path) -> None:
    drawn = random.Random(seed)
    words = [
        "META",
        "TV",
        "GOOGLE",
        "BRAND",
        "PERF",
        "COST",
        "SPEND",
        "CLICKS",
        "GRPS",
        "PRICE",
        "FLAG",
        "SENDS",
        "ORGANIC",
    ]
    names = {
        "_".join(drawn.choices(words, k=drawn.randint(2, 4))) + drawn.choice(["", "_2", "é", " "]) for _ in range(300)
    }
    kinds = ("number", "number", "number", "text", "boolean")
    columns = (
        Column(name="DAY", type="date"),
        Column(name="REVENUE", type="number"),
        *(Column.model_validate({"name": name, "type": drawn.choice(kinds)}) for name in sorted(names)),
    )
    guessed = guess(columns, "de")
    mapping = described(Mapping.model_validate(guessed.model_dump()), columns)
    if validate_mapping(mapping, columns):
        mapping = Mapping(date_var="DAY", dep_var="REVENUE", paid_media_spends=mapping.paid_media_spends[:1])
    if validate_mapping(mapping, columns):
        return
    rows = sheet_rows(mapping, columns, "de")
    assert [row[0] for row in rows[: len(columns)]] == [column.name for column in columns], "no column is left out"
    read = back(as_csv(HEAD, rows), tmp_path, mapping, columns)
    assert read.problems == ()
    assert read.mapping is not None and same_roles(read.mapping, mapping)
