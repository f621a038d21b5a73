"""No false claim of models with known answers, from several starts.

"Infeasible" and "unbounded" are said only where it is so; a converged search stands at the optimum,
or where the model has others at one of these. What is not claimed need not be reached.
"""

from pathlib import Path

import pytest
from conftest import Sample
from known_models import KNOWN, Known, Right, known_book

from sheetsim.solver.endings import Ending
from sheetsim.solver.result import Result

CLAIMS = {Ending.OPTIMAL, Ending.CONVERGED, Ending.INTEGER, Ending.PROBABLE}
EMPTY = {Ending.INFEASIBLE, Ending.CROSSED, Ending.CONFLICT}

ALWAYS = {
    "quartic_saddle_cross",
    "tanh_far",
    "prod_zero_eq",
    "cosine_top",
    "nomin_hyp",
    "bnd_slow_up",
    "unb_sqrt",
}
"""Of which something false was said once, or nothing where more was to be had."""


def require_true(known: Known, result: Result) -> None:
    """Hold what is claimed against what is right."""
    about = known.name, result.status, result.objective, result.variables
    if known.right is Right.NO_END:
        assert result.ending not in CLAIMS | EMPTY, about
        return
    if known.right is Right.INFEASIBLE:
        assert result.ending not in CLAIMS | {Ending.UNBOUNDED}, about
        assert not result.success, about
        return
    assert isinstance(known.right, float)
    assert result.ending not in EMPTY | {Ending.UNBOUNDED}, about
    if not result.success:
        return
    room = known.within * max(1.0, abs(known.right))
    above = (known.right - result.objective) if known.maximize else result.objective - known.right
    assert above >= -10 * max(room, 1e-6), about
    if result.proved or (result.ending in CLAIMS and not known.local):
        assert above <= room, about


def test_what_is_claimed_is_true(sample: Sample, tmp_path: Path) -> None:
    others = [known for known in KNOWN if known.name not in ALWAYS]
    for known in sample(others, 15):
        for start in known.starts:
            require_true(known, known_book(tmp_path / "model.xlsx", known, start).solve())


@pytest.mark.parametrize("name", sorted(ALWAYS))
def test_what_was_not_seen_once(name: str, tmp_path: Path) -> None:
    known = next(known for known in KNOWN if known.name == name)
    for start in known.starts:
        result = known_book(tmp_path / "model.xlsx", known, start).solve()
        require_true(known, result)
        if known.right is Right.NO_END:
            assert result.ending is Ending.UNBOUNDED, result.status
        else:
            assert result.success, result.status
            assert result.objective == pytest.approx(known.right, abs=1e-6)
