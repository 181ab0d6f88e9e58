"""The forecast of Robyn's own models: cut off before the end of the window, each foresees what it fitted there."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.model.fit.transforms import GEOMETRIC
from engine.model.forecast.continuation import Part
from engine.model.forecast.forecast import Medium, foresee
from engine.model.response.draws import MediaDraws
from tests.robyn_reference import BASE, FOLDER, MEDIA, PAID, SPENDS, content, needs_reference, table

pytestmark = needs_reference
AHEAD = 12
VECTORS = content("vectors_geometric.json") if FOLDER.is_dir() else []


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["solID"] for vector in VECTORS])
def test_a_model_of_robyns_foresees_its_last_fitted_periods(vector: dict[str, Any]) -> None:
    features = table("dt_mod.csv")
    inside = np.flatnonzero(features["in_window"] == 1)
    start, stop = int(inside[0]), int(inside[-1]) + 1
    cut = stop - AHEAD
    days = [date.fromisoformat(day) for day in features["ds"]]
    coef = {row["rn"]: row["coef"] for row in vector["variables"]}
    spend_name = dict(zip(PAID, SPENDS, strict=True))
    given = vector["hyperparameters"]
    shapes = [
        [given[f"{name}_alphas"], given[f"{name}_gammas"], given[f"{name}_thetas"], 0, GEOMETRIC] for name in MEDIA
    ]
    draws = MediaDraws(
        tuple(MEDIA),
        np.array([shapes], dtype=float),
        np.array([[vector["inflexion"][f"{name}_inflexion"] for name in MEDIA]]),
        np.array([[coef[name] for name in MEDIA]]),
    )
    media = [
        Medium(
            name=name,
            spend_name=spend_name.get(name, name),
            history=features[name].to_numpy(float)[:cut],
            draws=draws,
            place=m,
            trained=len(features),
            largest=float(features[name][start:cut].max()),
            paid=name in PAID,
        )
        for m, name in enumerate(MEDIA)
    ]
    parts = []
    for name in BASE:
        effect = coef[name] * features[name].to_numpy(float)
        parts.append(Part(name, "context", effect[start:cut], future=effect[cut:stop]))
    found = foresee(
        media,
        parts,
        coef.get("(Intercept)", 0.0),
        days[:cut],
        slice(start, cut),
        {name: features[name].to_numpy(float)[cut:stop] for name in MEDIA},
        days[cut:stop],
        "week",
        residuals=np.zeros(2 * AHEAD),
    )
    assert found.total == pytest.approx(np.array(vector["y_pred"][-AHEAD:]), rel=1e-10)
