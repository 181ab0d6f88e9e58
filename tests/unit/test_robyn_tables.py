"""Tables as R writes them, read back with the contract's types."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from engine.errors import BrokenState
from engine.model.train import train
from engine.results.check import check_results
from engine.results.contract import ALLOCATION, CANDIDATES, COEFFICIENTS, CONVERGENCE, DECOMPOSITION, TABLES
from engine.results.from_csv import from_csv
from engine.results.read import load_results
from engine.robyn.__main__ import main
from tests.training_folder import training_folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    """A result of the native trainer."""
    out = tmp_path_factory.mktemp("native")
    forecast = {"forecast": {"periods": 4}}
    train(training_folder(tmp_path_factory.mktemp("in"), iterations=40, selection="robyn", **forecast), out)
    return out


@pytest.fixture
def written(native, tmp_path):
    """The same result with its tables as R would write them."""
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "summary.json").write_bytes((native / "results" / "summary.json").read_bytes())
    for table in TABLES:
        as_r_writes(pd.read_parquet(native / "results" / table.file), folder / table.text_file)
    return tmp_path


def as_r_writes(frame, path):
    """Write a table as write.csv does: text quoted, NA, Inf, TRUE and FALSE bare."""
    frame = frame.astype(object)
    with path.open("w", newline="") as file:
        file.write(",".join(f'"{name}"' for name in frame.columns) + "\n")
        for row in frame.itertuples(index=False):
            file.write(",".join(map(in_r, row)) + "\n")


def in_r(value):
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if pd.isna(value):
        return "NA"
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).upper()
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return {np.inf: "Inf", -np.inf: "-Inf"}.get(value, repr(float(value)))


def lines(path, *rows):
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_result_survives_being_written_by_r(native, written):
    for table in TABLES:
        there = pq.read_table(native / "results" / table.file)
        back = from_csv(written / "results" / table.text_file, table)
        assert back.column_names == there.column_names
        for name, kind in zip(there.column_names, there.schema.types, strict=True):
            if str(kind).startswith(("date", "timestamp")):
                assert str(back.schema.field(name).type).startswith("date")
            elif str(kind) != "null":
                assert str(back.schema.field(name).type).removeprefix("large_") == str(kind).removeprefix("large_")
        left, right = there.to_pandas(), back.to_pandas()
        for name in left.columns:
            if any(column.name == name and column.kind == "day" for column in table.columns):
                left[name], right[name] = pd.to_datetime(left[name]), pd.to_datetime(right[name])
        pd.testing.assert_frame_equal(left, right, check_dtype=False, check_exact=True)


def test_results_are_checked_before_they_are_typed(native, written):
    assert check_results(written) == []
    (written / "results" / "ranges.csv").unlink()
    assert check_results(written) == ["ranges.parquet is missing"]


def test_results_are_read_alike_before_and_after_they_are_typed(native, written):
    before = load_results(written)
    assert main(["tables", str(written)]) == 0
    for results in (before, load_results(written)):
        for table in TABLES:
            there, here = getattr(load_results(native), table.name), getattr(results, table.name)
            pd.testing.assert_frame_equal(here, there, check_dtype=False)
        assert str(results.forecast["ds"].dtype) == str(results.decomposition["ds"].dtype) == "datetime64[ns]"


def test_typing_replaces_the_text_and_keeps_the_contract(written, capsys):
    assert main(["tables", str(written)]) == 0
    assert capsys.readouterr().out == ""
    assert sorted(path.suffix for path in (written / "results").iterdir()) == [".json", *[".parquet"] * len(TABLES)]
    results = load_results(written)
    assert results.chosen in set(results.candidates["solID"])
    assert main(["tables", str(written)]) == 0


def test_a_table_that_cannot_be_read_stays_to_be_looked_at(written, capsys):
    path = written / "results" / "convergence.csv"
    path.write_text(path.read_text().replace("Inf", "much").replace('"trial"', '"trial","trial"'))
    assert main(["tables", str(written)]) == 1
    assert capsys.readouterr().out == "convergence.csv: column trial is there more than once.\n"
    assert path.is_file() and not (written / "results" / "convergence.parquet").exists()


def test_a_broken_contract_is_told_line_by_line(written, capsys):
    path = written / "results" / "convergence.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-5]))
    assert main(["tables", str(written)]) == 1
    assert "convergence.parquet: 75 rows, but 80 models were evaluated" in capsys.readouterr().out


def test_text_stays_text_and_missing_is_missing(tmp_path):
    path = lines(
        tmp_path / "coefficients.csv",
        '"solID","rn","coef","range_over","total_spend"',
        '"1_10","NA",1e+05,NA,NA',
        '"007","a, ""b""",-Inf,"",',
        "1e3,c,inf,trials, 12 ",
    )
    assert from_csv(path, COEFFICIENTS).to_pylist() == [
        {"solID": "1_10", "rn": "NA", "coef": 100_000.0, "range_over": None, "total_spend": None},
        {"solID": "007", "rn": 'a, "b"', "coef": -np.inf, "range_over": None, "total_spend": None},
        {"solID": "1e3", "rn": "c", "coef": np.inf, "range_over": "trials", "total_spend": 12.0},
    ]


def test_a_text_that_is_empty_on_purpose_stays_empty(tmp_path):
    path = lines(tmp_path / "allocation.csv", '"channel","left_out","feasible"', '"tv","",TRUE', "fb,,FALSE")
    assert from_csv(path, ALLOCATION).to_pylist() == [
        {"channel": "tv", "left_out": "", "feasible": True},
        {"channel": "fb", "left_out": "", "feasible": False},
    ]


def test_whole_numbers_may_be_written_as_r_likes(tmp_path):
    path = lines(tmp_path / "convergence.csv", "trial,iterNG,nrmse", "1,1e+05,0.1", "2.0,3,NaN")
    found = from_csv(path, CONVERGENCE)
    assert [str(kind) for kind in found.schema.types] == ["int64", "int64", "double"]
    assert found.to_pydict() == {"trial": [1, 2], "iterNG": [100_000, 3], "nrmse": [0.1, None]}


def test_hyperparameters_are_numbers_and_what_else_is_added_elsewhere_is_what_it_is(tmp_path):
    path = lines(tmp_path / "candidates.csv", "solID,tv_thetas,Iter", "1_1_1,0.25,NA")
    assert [str(kind) for kind in from_csv(path, CANDIDATES).schema.types] == ["string", "double", "double"]
    path = lines(tmp_path / "decomposition.csv", "solID,ds,note,weight", "1_1_1,2024-01-01 00:00:00,fine,2")
    assert [str(kind) for kind in from_csv(path, DECOMPOSITION).schema.types] == [
        "string", "date32[day]", "string", "double",
    ]  # fmt: skip


def test_a_table_without_rows_has_its_types(tmp_path):
    path = lines(tmp_path / "allocation.csv", ",".join(column.name for column in ALLOCATION.columns))
    found = from_csv(path, ALLOCATION)
    assert found.num_rows == 0
    assert str(found.schema.field("left_out").type) == "string"
    assert str(found.schema.field("feasible").type) == "bool"


@pytest.mark.parametrize(
    ("table", "text", "told"),
    [
        pytest.param(CONVERGENCE, "trial\n1.5\n", "column trial should hold whole: “1.5” is none", id="fraction"),
        pytest.param(CONVERGENCE, "trial\nInf\n", "column trial should hold whole: “Inf” is none", id="endless"),
        pytest.param(CONVERGENCE, "nrmse\n1_000\n", "column nrmse should hold number: “1_000”", id="no number"),
        pytest.param(CANDIDATES, "tv_thetas\nhigh\n", "column tv_thetas should hold number", id="hyperparameter"),
        pytest.param(CANDIDATES, "top_sol\n1\n", "“1” is neither TRUE nor FALSE", id="yes or no"),
        pytest.param(DECOMPOSITION, "ds\n31.01.2024\n", "days are written as 2024-01-31", id="day"),
        pytest.param(DECOMPOSITION, "ds\n2024-02-31\n", "column ds should hold day", id="no such day"),
        pytest.param(CONVERGENCE, "trial,nrmse\n1,2,3\n", "cannot be read", id="too many cells"),
        pytest.param(CONVERGENCE, "", "cannot be read", id="nothing"),
        pytest.param(CONVERGENCE, "trial,trial\n1,2\n", "trial is there more than once", id="twice"),
    ],
)
def test_what_is_not_of_its_kind_is_named(tmp_path, table, text, told):
    path = tmp_path / table.text_file
    path.write_text(text)
    with pytest.raises(BrokenState) as broken:
        from_csv(path, table)
    assert told in broken.value.what and table.text_file in broken.value.what


def test_what_is_not_utf_8_is_told(tmp_path):
    path = tmp_path / "convergence.csv"
    path.write_bytes(b"trial,nrmse\n1,0.1\n\xff,2\n")
    with pytest.raises(BrokenState, match=r"convergence\.csv cannot be read"):
        from_csv(path, CONVERGENCE)
