"""Clusters, winners and their ranges against Robyn's own on its demo data.

Robyn's random stream is reproduced, so nothing here is compared statistically: labels and winners are equal, and
the ranges agree as far as the recorded digits of ROAS go (15 significant).
"""

import numpy as np
import pandas as pd
import pytest

from engine.model.select.clusters import Clusters, cluster, cluster_ranges, feature_names, scaled
from tests.robyn_reference import needs_reference, table

pytestmark = needs_reference
ERRORS = ["nrmse", "decomp.rssd", "mape"]


def selected() -> pd.DataFrame:
    """The 128 selected models in the order of the search, hyperparameters to 15 digits."""
    return table("recorded_outputs/pareto_hyperparameters.csv")


def clustered(models: pd.DataFrame) -> Clusters:
    return cluster(models[list(feature_names(list(models)))].to_numpy(float), models[ERRORS].to_numpy(float))


def ranges() -> pd.DataFrame:
    """Our ranges in the columns and order of Robyn's."""
    models, aggregated = selected(), table("recorded_outputs/pareto_aggregated.csv.gz")
    paid = aggregated[aggregated["total_spend"].notna()]
    roi = paid.pivot(index="solID", columns="rn", values="roi_total").loc[models["solID"]]
    found = cluster_ranges(clustered(models).label, roi.to_numpy(float))
    columns = ["cluster", "channel", "n", "boot_mean", "boot_se", "ci_low", "ci_up", "sd"]
    made = pd.DataFrame([list(vars(one).values()) for one in found], columns=columns)
    return made.assign(rn=roi.columns[made["channel"]])


def same_ranges(found: pd.DataFrame, robyns: pd.DataFrame, columns: list[str]) -> None:
    assert found[["rn", "cluster"]].to_numpy().tolist() == robyns[["rn", "cluster"]].to_numpy().tolist()
    np.testing.assert_allclose(found[columns], robyns[columns].to_numpy(float), rtol=1e-12)


@pytest.mark.parametrize("file", ["clusters.csv", "recorded_outputs/pareto_clusters.csv"])
def test_clusters_and_winners_are_robyns(file: str) -> None:
    models, robyns = selected(), table(file)
    found = clustered(models)
    assert (found.k, found.note, len(found.wss)) == (3, "", 30)
    assert models["solID"].tolist() == robyns["solID"].tolist()
    assert found.label.tolist() == robyns["cluster"].tolist()
    assert found.top.tolist() == robyns["top_sol"].tolist()


def test_features_and_sizes_are_robyns() -> None:
    models, robyns = selected(), table("recorded_outputs/pareto_clusters.csv")
    names = list(feature_names(list(models)))
    assert names == [
        name for name in robyns if name in set(models) and name.split("_")[-1] in ("thetas", "alphas", "gammas")
    ]
    np.testing.assert_allclose(scaled(models[names].to_numpy(float)), robyns[names], rtol=0, atol=1e-14)
    assert np.bincount(clustered(models).label)[robyns["cluster"]].tolist() == robyns["n"].tolist()


def test_ten_digits_of_the_hyperparameters_are_enough_for_the_same_clusters() -> None:
    robyns = table("clusters.csv").set_index("solID")
    candidates = table("all_candidates.csv.gz")
    kept = candidates[candidates["solID"].isin(robyns.index)]
    found = clustered(kept)
    assert found.label.tolist() == robyns.loc[kept["solID"], "cluster"].tolist()
    assert found.top.tolist() == robyns.loc[kept["solID"], "top_sol"].tolist()


@pytest.mark.parametrize("file", ["clusters_ci.csv", "recorded_outputs/pareto_clusters_ci.csv"])
def test_ranges_are_robyns(file: str) -> None:
    same_ranges(ranges(), table(file), ["n", "boot_mean", "boot_se", "ci_low", "ci_up", "sd"])


def test_ranges_of_the_winners_are_robyns() -> None:
    winners = table("cluster_top_models_decomp.csv").dropna(subset="boot_mean").sort_values(["rn", "cluster"])
    assert len(winners) == 15
    same_ranges(ranges(), winners, ["boot_mean", "boot_se", "ci_low", "ci_up"])
