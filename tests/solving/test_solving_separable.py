"""The lecture's own sheets, from random starts, by the structure that their formulas show.

The goals are the least RMSE that hundreds of starts have reached by other means (0.392901 and
0.318655, see `test_solver_lecture`), and below what Excel's Solver saved in the file.
"""

import pytest
from conftest import DATA, Sample

from sheetsim.solving import solve_file
from sheetsim.solving.request import Request

FILE = DATA / "lecture" / "collab_filter.xlsx"


@pytest.mark.skipif(not FILE.is_file(), reason=f"no reference data: {FILE} is not there")
@pytest.mark.parametrize(("sheet", "goal"), [("dotprod", 0.39295), ("bias", 0.31875)])
def test_every_random_start_reaches_the_best(sheet: str, goal: float, sample: Sample) -> None:
    for seed in sample(range(20), 4):
        request = Request(sheet=sheet, start="random", seed=seed)
        found = solve_file(FILE, request).solution
        assert found.success, found.status
        assert found.objective <= goal, f"seed {seed}"
