"""Bad input: every problem is named at once, with its column, its place and what to do."""

import json

import pandas as pd
import pytest

from engine.errors import BadConfig, BadData
from engine.model.read.holidays import joined_holidays
from engine.model.read.inputs import read_inputs
from engine.model.read.prophet import decompose
from tests.training_folder import training_folder, weeks


def put(column, row, value):
    def change(frame):
        frame.loc[row, column] = value
        return frame

    return change


def without(*rows):
    return lambda frame: frame.drop(index=list(rows))


CONFIGS = [
    pytest.param(
        {"adstock": "weibull"},
        ["adstock: must be 'auto', 'geometric', 'delayed', 'weibull_cdf' or"],
        id="unknown adstock",
    ),
    pytest.param({"paid_media_spends": []}, ["at least one"], id="no channel"),
    pytest.param({"paid_media_vars": ["TV_IMPRESSIONS"]}, ["1 names for 3 spends"], id="not parallel"),
    pytest.param({"organic_vars": ["TV_COST"]}, ["TV_COST", "more than one role"], id="two roles"),
    pytest.param({"start_date": "2024-05-01", "end_date": "2024-01-01"}, ["2024-01-01 is not after"], id="ends first"),
    pytest.param({"prophet_vars": ["weekday"]}, ["weekday", "week"], id="weekday of weeks"),
    pytest.param({"organic_vars": ["trend"]}, ["rename"], id="reserved name"),
    pytest.param(
        {"trials": 0, "end_date": "2023-01-02"},
        ["trials: must be at least 1", "2023-01-02 is not after"],
        id="two at once",
    ),
    pytest.param({"hyperparameter_preset": "Meta recommend"}, ["Meta recommend"], id="unknown preset"),
    pytest.param({"iterations": "many"}, ["iterations: must be a whole number, not 'many'"], id="text for a number"),
    pytest.param(
        {"refresh": {"results": "x", "refresh_steps": True}},
        ["refresh.refresh_steps: must be a whole number, not True"],
        id="a truth for a number of periods",
    ),
    pytest.param(
        {"forecast": {"periods": True}},
        ["forecast.periods: must be a whole number, not True"],
        id="a truth for a number of periods to come",
    ),
    pytest.param({"paid_media_spends": 5}, ["paid_media_spends: must be a list, not 5"], id="number for a list"),
    pytest.param({"custom_hyperparameters": [1]}, ["custom_hyperparameters: must be an object"], id="list of ranges"),
    pytest.param({"custom_hyperparameters": {"TV_COST_alphas": "wide"}}, ["[low, high]"], id="text for a range"),
    pytest.param({"dep_var": None}, ["dep_var: must be a text"], id="no KPI"),
    pytest.param({"train_size": [0.1, 0.8]}, ["train_size", "above 0.1"], id="training share"),
    pytest.param({"prophet_vars": ["trend", "trend"]}, ["names a part twice"], id="part twice"),
    pytest.param({"context_signs": ["positive"]}, ["context_signs: 1 signs for 2 variables"], id="signs"),
    pytest.param({"paid_media_signs": "up"}, ["paid_media_signs 1: must be 'default', 'positive'"], id="no sign"),
    pytest.param({"pareto_fronts": 0}, ["pareto_fronts: must be auto or"], id="fronts"),
    pytest.param({"calibration_constraint": 0.5}, ["calibration_constraint: must be at most 0.1"], id="constraint"),
    pytest.param({"refresh": {"results": "earlier"}}, ["there is no folder earlier"], id="nothing to refresh"),
    pytest.param({"refresh": {"results": "\0"}}, ["there is no folder"], id="no folder's name"),
    pytest.param({"refresh": {"steps": 3}}, ["refresh.results: is missing", "refresh.steps"], id="refresh by halves"),
    pytest.param({"forecast": {}}, ["either a plan or"], id="nothing to foresee"),
    pytest.param(
        {"forecast": {"plan": [{"ds": "2025-01-06", "TV": 1, "OOH_COST": -1}]}},
        ["OOH_COST: must be at least 0"],
        id="negative plan",
    ),
    pytest.param(
        {"forecast": {"plan": [{"ds": "2025-01-06", "TV_COSTS": 1}, {"ds": "2024-01-06"}]}},
        ["TV_COSTS is no channel; did you mean TV_COST", "must rise"],
        id="plan of something else",
    ),
    pytest.param(
        {
            "calibration_input": [
                {
                    "channel": "TV",
                    "liftStartDate": "2020-01-06",
                    "liftEndDate": "2020-02-02",
                    "liftAbs": 5,
                    "spend": 1,
                    "confidence": 1,
                    "metric": "REVENUE",
                    "calibration_scope": "total",
                }
            ]
        },
        ["TV is no channel", "outside the modelled window"],
        id="lift test",
    ),
    pytest.param(
        {"paid_media_spends": ["TV_COST"], "paid_media_vars": [], "budget": {}},
        ["at least two paid channels"],
        id="nothing to move budget to",
    ),
    pytest.param({"budget": {"total": 5}}, ["budget.total: is unknown"], id="budget of another kind"),
    pytest.param(
        {"budget": {"channel_constr_low": 10**400}}, ["budget.channel_constr_low: give a number"], id="huge bound"
    ),
    pytest.param({"budget": {"channel_constr_low": {"TV": 1}}}, ["budget: channel_constr_low: TV"], id="bound of none"),
    pytest.param(
        {"budget": {"date_range": ["2001-01-01", "2001-02-01"]}}, ["outside the modelled window"], id="budget of old"
    ),
    pytest.param(
        {"budget_scenario": "max_response_expected_spend"}, ["expected_spend is missing"], id="no expected spend"
    ),
    pytest.param(
        {"budget_scenario": "max_response_expected_spend", "expected_spend": 10}, ["lower bound"], id="tiny spend"
    ),
    pytest.param(
        {"budget_scenario": "max_response_expected_spend", "channel_budgets": {"TV_COST": 0}},
        ["gives nothing"],
        id="no amounts",
    ),
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
    pytest.param(
        {},
        lambda f: f.assign(PRICE_INDEX=f["PRICE_INDEX"].where(f["DATE"] < "2023-07-03", "1")),
        ["PRICE_INDEX never changes in the window"],
        id="constant in the window",
    ),
    pytest.param({}, put("PRICE_INDEX", 5, "inf"), ["PRICE_INDEX", "'inf'"], id="infinite"),
    pytest.param({}, put("REVENUE", 5, "NaN"), ["REVENUE is empty"], id="NaN"),
    pytest.param({}, put("REVENUE", 5, "1e200"), ["REVENUE holds numbers beyond"], id="astronomical"),
    pytest.param({}, put("TV_COST", 5, "1_000"), ["TV_COST", "1_000"], id="underscore"),
    pytest.param({}, put("DATE", 3, "0023-01-02"), ["DATE", "row 4"], id="antiquity"),
    pytest.param(
        {},
        lambda f: f.set_axis([*f.columns[:-1], "DATE"], axis=1),
        ["DATE is in the data more than"],
        id="column twice",
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
    wrong = {"context_signs": ["up"], "context_vars": ["PRICE_INDEX", "WEATHER"], "prophet_vars": ["weekday"],
             "custom_hyperparameters": {"OOH_COST_alphas": [0, 3], "RADIO_alphas": [1, 2]}}  # fmt: skip
    with pytest.raises(BadConfig) as refusal:
        read_inputs(training_folder(tmp_path, lambda frame: put("TV_COST", 9, "-1")(change(frame)), **wrong))
    for text in ("context_signs", "WEATHER", "weekday", "OOH_COST_alphas", "RADIO_alphas", "OOH_COST is empty",
                 "TV_COST is negative"):  # fmt: skip
        assert text in refusal.value.todo


def test_bad_settings_are_told_before_data_that_cannot_be_read(tmp_path):
    training_folder(tmp_path, trials=0)
    (tmp_path / "input_data.parquet").write_bytes(b"DATE,REVENUE")
    with pytest.raises(BadConfig, match=r"trials.*cannot be read"):
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
    with pytest.raises(BadConfig, match=r"There is no job_config\.json"):
        read_inputs(tmp_path)
    with pytest.raises(BadConfig, match="There is no folder"):
        read_inputs(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"", "is not JSON"),
        (b'{"dep_var": ', "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "must hold one object"),
        (b"{}", "dep_var: is missing; paid_media_spends: is missing"),
        (b'{"dep_var": NaN, "paid_media_spends": {"a": 1}, "trials": 1e400}', "trials"),
    ],
    ids=["empty", "half", "no text", "deep", "list", "nothing", "odd types"],
)
def test_settings_that_are_no_settings_are_refused(tmp_path, written, said):
    training_folder(tmp_path)
    (tmp_path / "job_config.json").write_bytes(written)
    with pytest.raises(BadConfig, match=said):
        read_inputs(tmp_path)


def test_settings_that_are_a_folder_are_refused(tmp_path):
    (tmp_path / "job_config.json").mkdir()
    with pytest.raises(BadConfig, match="cannot be read"):
        read_inputs(tmp_path)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"DATE\n", "no rows"),
        (b"DATE,REVENUE\n2024-01-01,1,2,3\n", "more values than its first line"),
        (b'DATE,REVENUE\n"2024-01-01,1\n', "cannot be read"),
    ],
    ids=["empty", "no text", "header", "wider than its header", "open quote"],
)
def test_data_that_are_no_table_are_refused(tmp_path, written, said):
    training_folder(tmp_path)
    (tmp_path / "input_data.csv").write_bytes(written)
    with pytest.raises(BadData, match=said):
        read_inputs(tmp_path)


def test_wrong_types_and_wrong_data_are_told_at_once(tmp_path):
    wrong = {"iterations": "many", "custom_hyperparameters": [1], "country": "UK"}
    with pytest.raises(BadConfig) as refusal:
        read_inputs(training_folder(tmp_path, put("TV_COST", 9, "-1"), **wrong))
    for text in ("iterations", "custom_hyperparameters", "GB", "TV_COST is negative"):
        assert text in refusal.value.todo


def test_odd_columns_of_a_parquet_are_refused_not_modelled(tmp_path):
    folder = training_folder(tmp_path, lambda f: f.head(0))
    frame = weeks().assign(DATE=lambda f: pd.to_datetime(f["DATE"]))
    frame = frame.assign(TV_COST=frame["DATE"], OOH_COST=[[1.0]] * len(frame), FACEBOOK_COST=True)
    frame.to_parquet(folder / "input_data.parquet")
    with pytest.raises(BadData) as refusal:
        read_inputs(folder)
    for text in ("TV_COST holds Timestamp", "OOH_COST holds", "FACEBOOK_COST never changes"):
        assert text in refusal.value.todo


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


@pytest.mark.parametrize("adstock", ["geometric", "weibull_cdf", "weibull_pdf"])
def test_each_adstock_is_taken_with_the_ranges_it_needs(tmp_path, adstock):
    names = {name.rsplit("_", 1)[1] for name in read_inputs(training_folder(tmp_path, adstock=adstock)).ranges}
    assert names == {"alphas", "gammas", *(("thetas",) if adstock == "geometric" else ("shapes", "scales"))}


@pytest.mark.parametrize(
    ("share", "start", "said"),
    [
        ([0.11, 0.8], "2024-07-01", "0.11 of 78 weeks leaves 9 to fit 9 variables"),
        ([0.5, 1], None, "1 of 156 weeks leaves 0 to validate on"),
    ],
)
def test_held_back_rows_leave_enough_to_fit_and_to_validate(tmp_path, share, start, said):
    held = {"ts_validation": True, "start_date": start}
    assert read_inputs(training_folder(tmp_path, **held)).ranges["train_size"] == (0.5, 0.8)
    with pytest.raises(BadData, match=said):
        read_inputs(training_folder(tmp_path, **held, train_size=share))


def test_the_launchers_budget_becomes_ours(tmp_path):
    budget = read_inputs(training_folder(tmp_path, budget_scenario="max_historical_response")).config.budget
    assert (budget.scenario, budget.date_range) == ("max_response", "last_52")
    alone = {"paid_media_spends": ["TV_COST"], "paid_media_vars": [], "budget_scenario": "max_historical_response"}
    assert read_inputs(training_folder(tmp_path, **alone)).config.budget is None


@pytest.mark.parametrize("quirks", [True, False])
def test_the_whole_grid_is_checked_though_robyn_looks_at_two_dates_only(tmp_path, quirks):
    with pytest.raises(BadData, match="not regular"):
        read_inputs(training_folder(tmp_path, without(60), robyn_quirks=quirks))
    with pytest.raises(BadData, match="more than once"):
        read_inputs(training_folder(tmp_path, put("DATE", 60, weeks()["DATE"][61]), robyn_quirks=quirks))


def test_months_are_dated_by_their_first_day(tmp_path):
    months = pd.date_range("2021-01-15", periods=36, freq=pd.DateOffset(months=1)).strftime("%Y-%m-%d")
    with pytest.raises(BadData, match="2021-01-01 and so on"):
        read_inputs(training_folder(tmp_path, lambda f: f.head(36).assign(DATE=months), start_date=None))


def test_a_window_that_begins_in_the_last_week_is_too_short_not_outside(tmp_path):
    with pytest.raises(BadData, match="1 week for"):
        read_inputs(training_folder(tmp_path, start_date="2025-12-25"))


def test_a_misspelt_key_is_noted(tmp_path):
    notes = read_inputs(training_folder(tmp_path, train_sizes=[0.5, 0.8], gcs_bucket="old")).notes
    assert notes == ("The key 'train_sizes' of job_config.json is unknown and was ignored; did you mean train_size?",)


def test_signs_of_time_effects_are_ignored_as_in_robyn_unless_corrected(tmp_path):
    signs = {"prophet_signs": ["default", "negative", "default"], "prophet_vars": ["trend", "season", "holiday"]}
    copied = read_inputs(training_folder(tmp_path, **signs))
    assert copied.config.signs["season"] == "default"
    assert any("prophet_signs are ignored" in note for note in copied.notes)
    corrected = read_inputs(training_folder(tmp_path, **signs, robyn_quirks=False))
    assert corrected.config.signs["season"] == "negative"
    assert not any("prophet_signs" in note for note in corrected.notes)


def test_a_plan_may_name_spends_exposures_and_organic_media(tmp_path):
    plan = [{"ds": f"2026-01-{day:02}", "TV_COST": 5, "FACEBOOK_COST": 0, "NEWSLETTER_SENDS": 9} for day in (5, 12)]
    read = read_inputs(training_folder(tmp_path, forecast={"plan": plan})).config.forecast
    assert read.plan[1].spend == {"TV_COST": 5, "FACEBOOK_COST": 0, "NEWSLETTER_SENDS": 9}
    assert str(read.plan[1].ds) == "2026-01-12"


def test_signs_go_by_column(tmp_path):
    signs = {"context_signs": ["negative", "default"], "paid_media_signs": ["positive", "default", "positive"]}
    found = read_inputs(training_folder(tmp_path, **signs)).config.signs
    assert found == {
        "trend": "default", "season": "default", "holiday": "default", "PRICE_INDEX": "negative",
        "PROMO_FLAG": "default", "TV_IMPRESSIONS": "positive", "FACEBOOK_COST": "default", "OOH_COST": "positive",
        "NEWSLETTER_SENDS": "positive",
    }  # fmt: skip


def two_factors(frame):
    """Two factors of which one's name begins the other's."""
    count = len(frame)
    return frame.assign(
        ev=[("a", "b", "c")[t % 3] for t in range(count)], events=[("x", "y")[t % 8 == 0] for t in range(count)]
    )


def test_a_factor_whose_name_begins_anothers_keeps_to_its_own(tmp_path):
    given = {"context_vars": ["ev", "events"], "factor_vars": ["ev", "events"], "prophet_vars": ["trend"]}
    copied = read_inputs(training_folder(tmp_path, two_factors, **given))
    assert copied.notes == ()
    found = decompose(copied).factors
    assert len(set(found["ev"].round(6))) == 3 and len(set(found["events"].round(6))) == 2


def test_categories_may_be_called_like_parts_of_the_forecast(tmp_path):
    def change(frame):
        return frame.assign(additive=[("terms", "zeros", "terms_lower")[t % 3] for t in range(len(frame))])

    given = {"context_vars": [], "factor_vars": ["additive"], "prophet_vars": ["trend"], "robyn_quirks": False}
    factor = decompose(read_inputs(training_folder(tmp_path, change, **given))).factors["additive"]
    assert len(set(factor.round(6))) == 3


def test_few_rows_per_variable_are_noted_not_refused(tmp_path):
    inputs = read_inputs(training_folder(tmp_path, end_date="2024-01-01"))
    assert any("per variable" in note for note in inputs.notes)


def test_months_are_recognised_and_their_holidays_joined(tmp_path):
    months = pd.date_range("2021-01-01", periods=36, freq="MS").strftime("%Y-%m-%d")
    inputs = read_inputs(
        training_folder(tmp_path, lambda frame: frame.head(36).assign(DATE=months), start_date=None, factor_vars=[])
    )
    assert inputs.interval == "month"
    joined = joined_holidays(inputs.holidays, inputs.days, inputs.interval).set_index("ds")["holiday"]
    assert joined["2021-05-01"].count(",") >= 2
    assert joined.index.is_unique


@pytest.mark.parametrize(
    ("country", "said"),
    [("XX", "XX"), ("", "an empty country"), ("uk", "did you mean GB"), ("Germany", "two letters")],
)
def test_a_country_without_known_holidays_is_refused(tmp_path, country, said):
    with pytest.raises(BadConfig, match=said):
        read_inputs(training_folder(tmp_path, country=country))


def test_no_country_is_needed_without_holidays(tmp_path):
    assert read_inputs(training_folder(tmp_path, country="", prophet_vars=["trend"])).holidays == ()


def test_own_holidays_replace_the_known_ones(tmp_path):
    folder = training_folder(tmp_path)
    (folder / "prophet_holidays.csv").write_text("ds,holiday,country,year\n2023-07-14,Bastille,FR,2023\n")
    inputs = read_inputs(folder)
    joined = joined_holidays(inputs.holidays, inputs.days, inputs.interval)
    assert [(str(day.date()), name) for day, name in joined.itertuples(index=False)] == [("2023-07-10", "Bastille")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day,name\n2023-07-14,Bastille\n", "lacks the columns"),
        ("ds,holiday,country,year\n2023-07-14,Bastille,DE,2023\n", "FR"),
        ("ds,holiday,country,year\nsoon,Bastille,FR,2023\n", "cannot be read"),
        ("", "cannot be read"),
    ],
    ids=["columns", "country", "date", "empty"],
)
def test_own_holidays_that_cannot_be_used_are_refused(tmp_path, text, said):
    folder = training_folder(tmp_path)
    (folder / "prophet_holidays.csv").write_text(text)
    with pytest.raises(BadConfig, match=said):
        read_inputs(folder)


def test_unknown_keys_of_the_configuration_are_ignored(tmp_path):
    training_folder(tmp_path)
    config = json.loads((tmp_path / "job_config.json").read_text())
    (tmp_path / "job_config.json").write_text(json.dumps(config | {"gcs_bucket": "old"}))
    assert read_inputs(tmp_path).config.dep_var == "REVENUE"
