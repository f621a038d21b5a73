"""The lecture's own table: the objective that the issue asks for, from a sample of 100 starts.

The goals are those of many starts of Levenberg-Marquardt by other means (0.392901 and 0.318655),
and better than what Excel's Solver saved in the lecture's file (0.393015 and 0.319467).
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Sample

from sheetsim.arrays import Floats
from sheetsim.solver import factor_model, solve

RATINGS = Path(__file__).resolve().parents[3] / "shared/data/lecture/ratings.csv"


@pytest.fixture(scope="module")
def ratings() -> Floats:
    if not RATINGS.exists():
        pytest.skip(f"{RATINGS} is absent")
    return pd.read_csv(RATINGS, index_col="userId").to_numpy(float)


@pytest.mark.parametrize(
    ("bias", "goal", "best"), [(False, 0.39295, 0.392901), (True, 0.31875, 0.318655)]
)
def test_every_one_of_100_seeds_reaches_the_goal(
    ratings: Floats, bias: bool, goal: float, best: float, sample: Sample
) -> None:
    seeds = np.array(sample(range(100), 30))
    results = [solve(factor_model(ratings, 5, bias=bias, seed=seed)) for seed in seeds.tolist()]
    objectives = np.array([result.objective for result in results])
    assert all(result.success for result in results)
    assert (objectives <= goal).all(), f"seeds {seeds[objectives > goal]} miss {goal}"
    np.testing.assert_allclose(objectives, best, rtol=2e-6)
    assert all((np.diff(result.columns()["objective"]) <= 0).all() for result in results)
