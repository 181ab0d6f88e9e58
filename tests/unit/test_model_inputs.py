"""Bad input: every problem is named at once, with its column, its place and what to do."""

import json

import pandas as pd
import pytest

from engine.errors import BadConfig, BadData
from engine.model.holidays import joined_holidays
from engine.model.inputs import read_inputs
from tests.training_folder import training_folder, weeks


def put(column, row, value):
    def change(frame):
        frame.loc[row, column] = value
        return frame

    return change


def without(*rows):
    return lambda frame: frame.drop(index=list(rows))


CONFIGS = [
    pytest.param({"adstock": "weibull_cdf"}, ["weibull_cdf is not yet"], id="adstock of later"),
    pytest.param({"ts_validation": True}, ["ts_validation"], id="validation of later"),
    pytest.param({"paid_media_spends": []}, ["at least one"], id="no channel"),
    pytest.param({"paid_media_vars": ["TV_IMPRESSIONS"]}, ["1 names for 3 spends"], id="not parallel"),
    pytest.param({"organic_vars": ["TV_COST"]}, ["TV_COST", "more than one role"], id="two roles"),
    pytest.param({"start_date": "2024-05-01", "end_date": "2024-01-01"}, ["2024-01-01 is not after"], id="ends first"),
    pytest.param({"prophet_vars": ["weekday"]}, ["weekday", "week"], id="weekday of weeks"),
    pytest.param({"organic_vars": ["trend"]}, ["rename"], id="reserved name"),
    pytest.param({"adstock": "weibull_pdf", "ts_validation": True}, ["weibull", "ts_validation"], id="two at once"),
    pytest.param({"hyperparameter_preset": "Meta recommend"}, ["Meta recommend"], id="unknown preset"),
]

DATA = [
    pytest.param({"dep_var": "SALES"}, None, ["SALES", "REVENUE"], id="column missing"),
    pytest.param({}, put("DATE", 3, "soon"), ["DATE", "row 4", "soon"], id="no date"),
    pytest.param({}, put("DATE", 3, weeks()["DATE"][2]), ["more than once"], id="date twice"),
    pytest.param({}, without(10, 11), ["not regular", weeks()["DATE"][12]], id="gap in the middle"),
    pytest.param({}, put("TV_COST", 5, "lots"), ["TV_COST", "'lots'", weeks()["DATE"][5]], id="text for a number"),
    pytest.param({}, put("PRICE_INDEX", 5, ""), ["PRICE_INDEX", "empty", weeks()["DATE"][5]], id="hole"),
    pytest.param({}, put("PROMO_FLAG", 5, ""), ["PROMO_FLAG", "category"], id="hole in a category"),
    pytest.param({}, put("OOH_COST", 5, "-3"), ["OOH_COST", "negative"], id="negative spend"),
    pytest.param({}, lambda f: f.assign(PRICE_INDEX="1"), ["PRICE_INDEX never changes"], id="constant"),
    pytest.param({}, lambda f: f.assign(PROMO_FLAG="1"), ["PROMO_FLAG has one category"], id="one category"),
    pytest.param({}, lambda f: f.assign(REVENUE="5"), ["REVENUE never changes"], id="constant KPI"),
    pytest.param(
        {},
        lambda f: f.assign(OOH_COST=f["OOH_COST"].where(f["DATE"] < "2023-07-03", "0")),
        ["OOH_COST is 0 in the whole window"],
        id="silent in the window",
    ),
    pytest.param({}, lambda f: f.head(32), ["variables"], id="too few rows"),
    pytest.param({"start_date": "2031-01-06"}, None, ["start_date 2031-01-06 lies after"], id="window too late"),
    pytest.param({"end_date": "2001-01-01", "start_date": None}, None, ["end_date 2001"], id="window too early"),
    pytest.param({}, lambda f: f.head(1), ["one date only"], id="one row"),
    pytest.param({}, lambda f: f.head(0), ["no rows"], id="no rows"),
    pytest.param(
        {},
        lambda f: put("TV_COST", 5, "lots")(put("OOH_COST", 7, "")(f)),
        ["TV_COST", "OOH_COST"],
        id="two at once",
    ),
]


@pytest.mark.parametrize(("settings", "said"), CONFIGS)
def test_bad_settings_are_refused(tmp_path, settings, said):
    with pytest.raises(BadConfig) as refusal:
        read_inputs(training_folder(tmp_path, **settings))
    for text in said:
        assert text in str(refusal.value)


@pytest.mark.parametrize(("settings", "change", "said"), DATA)
def test_bad_data_are_refused(tmp_path, settings, change, said):
    with pytest.raises(BadData) as refusal:
        read_inputs(training_folder(tmp_path, change or (lambda frame: frame), **settings))
    assert refusal.value.todo
    for text in said:
        assert text in str(refusal.value)


def test_settings_ranges_columns_and_rows_are_told_at_once(tmp_path):
    change = put("OOH_COST", 7, "")
    wrong = {"adstock": "weibull_cdf", "context_vars": ["PRICE_INDEX", "WEATHER"], "prophet_vars": ["weekday"],
             "custom_hyperparameters": {"OOH_COST_alphas": [0, 3], "RADIO_alphas": [1, 2]}}  # fmt: skip
    with pytest.raises(BadConfig) as refusal:
        read_inputs(training_folder(tmp_path, lambda frame: put("TV_COST", 9, "-1")(change(frame)), **wrong))
    for text in ("weibull_cdf", "WEATHER", "weekday", "OOH_COST_alphas", "RADIO_alphas", "OOH_COST is empty",
                 "TV_COST is negative"):  # fmt: skip
        assert text in refusal.value.todo


def test_bad_settings_are_told_before_data_that_cannot_be_read(tmp_path):
    training_folder(tmp_path, ts_validation=True)
    (tmp_path / "input_data.parquet").write_bytes(b"DATE,REVENUE")
    with pytest.raises(BadConfig, match="ts_validation"):
        read_inputs(tmp_path)


def test_a_folder_without_data_is_refused(tmp_path):
    training_folder(tmp_path)
    (tmp_path / "input_data.csv").unlink()
    with pytest.raises(BadData, match=r"input_data\.parquet or input_data\.csv"):
        read_inputs(tmp_path)


def test_a_file_that_is_no_parquet_is_refused(tmp_path):
    training_folder(tmp_path)
    (tmp_path / "input_data.parquet").write_bytes(b"DATE,REVENUE")
    with pytest.raises(BadData, match="cannot be read"):
        read_inputs(tmp_path)


def test_a_folder_without_settings_is_refused(tmp_path):
    with pytest.raises(BadConfig, match="There is no"):
        read_inputs(tmp_path)


@pytest.mark.parametrize("written", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d %b %Y", "%Y-%m-%d 00:00:00"])
def test_dates_are_read_as_people_write_them(tmp_path, written):
    dated = pd.to_datetime(weeks()["DATE"])
    inputs = read_inputs(training_folder(tmp_path, lambda frame: frame.assign(DATE=dated.dt.strftime(written))))
    assert list(inputs.days) == list(dated.dt.date)
    assert inputs.interval == "week"


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_read(tmp_path, delimiter):
    training_folder(tmp_path)
    weeks().to_csv(tmp_path / "input_data.csv", sep=delimiter, index=False)
    assert len(read_inputs(tmp_path).days) == len(weeks())


def test_the_window_moves_to_the_nearest_date_and_says_so(tmp_path):
    inputs = read_inputs(training_folder(tmp_path, start_date="2023-07-05", end_date="2024-06-30"))
    assert (str(inputs.window[0]), str(inputs.window[-1])) == ("2023-07-03", "2024-07-01")
    assert len([note for note in inputs.notes if "moved" in note]) == 2


def test_few_rows_per_variable_are_noted_not_refused(tmp_path):
    inputs = read_inputs(training_folder(tmp_path, end_date="2024-01-01"))
    assert any("per variable" in note for note in inputs.notes)


def test_months_are_recognised_and_their_holidays_joined(tmp_path):
    months = pd.date_range("2021-01-01", periods=36, freq="MS").strftime("%Y-%m-%d")
    inputs = read_inputs(
        training_folder(tmp_path, lambda frame: frame.head(36).assign(DATE=months), start_date=None, factor_vars=[])
    )
    assert inputs.interval == "month"
    joined = joined_holidays(inputs).set_index("ds")["holiday"]
    assert joined["2021-05-01"].count(",") >= 2
    assert joined.index.is_unique


def test_a_country_without_known_holidays_is_refused(tmp_path):
    inputs = read_inputs(training_folder(tmp_path, country="XX"))
    with pytest.raises(BadConfig, match="XX"):
        joined_holidays(inputs)


def test_own_holidays_replace_the_known_ones(tmp_path):
    folder = training_folder(tmp_path)
    (folder / "prophet_holidays.csv").write_text("ds,holiday,country,year\n2023-07-14,Bastille,FR,2023\n")
    joined = joined_holidays(read_inputs(folder))
    assert [(str(day.date()), name) for day, name in joined.itertuples(index=False)] == [("2023-07-10", "Bastille")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day,name\n2023-07-14,Bastille\n", "lacks the columns"),
        ("ds,holiday,country,year\n2023-07-14,Bastille,DE,2023\n", "FR"),
        ("ds,holiday,country,year\nsoon,Bastille,FR,2023\n", "cannot be read"),
    ],
    ids=["columns", "country", "date"],
)
def test_own_holidays_that_cannot_be_used_are_refused(tmp_path, text, said):
    folder = training_folder(tmp_path)
    (folder / "prophet_holidays.csv").write_text(text)
    with pytest.raises((BadData, BadConfig), match=said):
        joined_holidays(read_inputs(folder))


def test_unknown_keys_of_the_configuration_are_ignored(tmp_path):
    training_folder(tmp_path)
    config = json.loads((tmp_path / "job_config.json").read_text())
    (tmp_path / "job_config.json").write_text(json.dumps(config | {"gcs_bucket": "old"}))
    assert read_inputs(tmp_path).config.dep_var == "REVENUE"
