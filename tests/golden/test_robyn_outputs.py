"""What a whole run of Robyn wrote, file by file, against what ours makes of the same hyperparameters."""

import numpy as np
import pandas as pd
import pytest

from engine.experiment.budget import Budget
from engine.model.budget.robyn.allocator import allocate
from engine.model.budget.robyn.curves import mean_carryover
from engine.model.budget.robyn.export import robyn_rows
from engine.model.fit.candidate import Evaluator
from engine.model.planning import channels_of
from engine.model.search.hypervolume import hypervolume
from tests import robyn_reference as reference

pytestmark = reference.needs_reference

OUTPUTS = "recorded_outputs/"


@pytest.fixture(scope="module")
def problem():
    return reference.problem()


@pytest.fixture(scope="module")
def models(problem):
    """The selected models, fitted again, by solID."""
    given = reference.table(f"{OUTPUTS}pareto_hyperparameters.csv").set_index("solID")
    space = reference.space()
    evaluator = Evaluator(problem, space)
    return {str(name): evaluator.model(row[list(space.column_names)].to_numpy(float)) for name, row in given.iterrows()}


def by_winner(name):
    return list(reference.table(f"{OUTPUTS}{name}").groupby("solID"))


def test_the_hypervolume_is_that_of_robyns_run_after_every_so_many_iterations():
    candidates, known = reference.table("all_candidates.csv.gz"), reference.table("hypervolume_by_iteration.csv")
    for row in known.to_dict("records"):
        seen = candidates[candidates["iterNG"] <= row["iterations"]]
        if row["trial"]:
            seen = seen[seen["trial"] == row["trial"]]
        errors = seen[["nrmse", "decomp.rssd"]].to_numpy()
        assert hypervolume(errors, np.array([1.0, 1.0])) == pytest.approx(row["hv_ref_1_1"], rel=1e-9)
        assert errors.min(axis=0) == pytest.approx([row["min_nrmse"], row["min_rssd"]], rel=1e-9)


def test_every_selected_models_numbers_are_robyns(problem, models):
    known = reference.table(f"{OUTPUTS}pareto_aggregated.csv.gz")
    assert len(models) == known["solID"].nunique() == 128
    for name, rows in known.groupby("solID"):
        model, rows = models[name], rows.set_index("rn")
        variables = rows.loc[list(problem.names)]
        totals = model.parts.sum(axis=0)
        # Hyperparameters are recorded with ten digits.
        assert model.coefficients == pytest.approx(variables["coef"].to_numpy(), rel=1e-6, abs=1e-7), name
        assert model.intercept == pytest.approx(rows.loc["(Intercept)", "coef"], rel=1e-6), name
        whole = totals.sum() + model.intercept * len(problem.y)
        assert totals / whole == pytest.approx(variables["xDecompPerc"].to_numpy(), rel=1e-6, abs=1e-9), name
        paid = rows.loc[list(problem.paid_names)]
        assert problem.total_spend == pytest.approx(paid["total_spend"].to_numpy(), rel=1e-9)
        assert problem.spend_share == pytest.approx(paid["spend_share"].to_numpy(), rel=1e-9)
        shares = model.effects / model.effects.sum()
        assert shares == pytest.approx(paid["effect_share"].to_numpy(), rel=1e-6, abs=1e-9), name
        assert model.effects / problem.total_spend == pytest.approx(paid["roi_total"].to_numpy(), rel=1e-6, abs=1e-9)
        carried = [mean_carryover(problem, model, c) for c in range(len(problem.paid_names))]
        assert carried == pytest.approx(paid["mean_carryover"].to_numpy(), rel=1e-6), name


def test_the_decomposition_over_time_is_robyns(problem, models):
    for name, rows in by_winner("pareto_alldecomp_matrix.csv.gz"):
        model = models[name]
        assert model.parts == pytest.approx(rows[list(problem.names)].to_numpy(), rel=1e-6, abs=1e-3)
        assert model.fitted == pytest.approx(rows["depVarHat"].to_numpy(), rel=1e-8)
        assert problem.y == pytest.approx(rows["dep_var"].to_numpy(), rel=1e-12)


def test_media_are_transformed_as_in_robyns_matrix(problem, models):
    for name, rows in by_winner("pareto_media_transform_matrix.csv.gz"):
        model, first = models[name], len(problem.base_names)
        felt = model.felt[:, problem.rows].T
        known = rows[rows["type"] == "adstockedMedia"][list(problem.media_names)].to_numpy()
        assert felt == pytest.approx(known, rel=1e-6, abs=1e-6)
        response = rows[rows["type"] == "decompMedia"][list(problem.media_names)].to_numpy()
        assert model.parts[:, first:] == pytest.approx(response, rel=1e-6, abs=1e-3)


def test_the_allocators_export_is_robyns(problem, models):
    known = reference.table(f"{OUTPUTS}3_1998_1_max_response_reallocated.csv").set_index("channels")
    bounds = {"channel_constr_low": 0.7, "channel_constr_up": {"tv_S": 1.2} | dict.fromkeys(reference.SPENDS[1:], 1.5)}
    days = [day.date() for day in pd.to_datetime(reference.table("dt_mod.csv")["ds"])][problem.rows]
    answer = allocate(
        channels_of(problem, models["3_1998_1"], reference.SPENDS),
        Budget.model_validate(bounds),
        days,
        dep_var_type="revenue",
    )
    ours = pd.DataFrame(robyn_rows(answer, "3_1998_1", "week")).set_index("channels").loc[known.index]
    numbers = [name for name in known if pd.api.types.is_numeric_dtype(known[name]) and name in ours]
    assert len(numbers) > 50
    for name in numbers:
        assert ours[name].astype(float).to_numpy() == pytest.approx(known[name].to_numpy(float), rel=1e-4, abs=1e-6), (
            name
        )


def test_the_recorded_raw_data_are_the_demo_data():
    recorded = reference.table(f"{OUTPUTS}raw_data.csv")
    demo = reference.table("dt_simulated_weekly.csv")
    assert recorded["DATE"].tolist() == demo["DATE"].tolist()
    for name in (*reference.SPENDS, *reference.PAID, "revenue", "newsletter"):
        assert recorded[name].to_numpy(float) == pytest.approx(demo[name].to_numpy(float), rel=1e-12), name
