"""Small workbooks of kinds that once went wrong, solved by the command to their right values.

Each folder of `cases/` has a `cases.json`, with the arguments of `sheetsim solve`, what is right,
and where that is from: brute force, closed forms, published optima, other solvers. `was` is what an
earlier state gave. Those in which it claimed what is false run each time, of the others a sample.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import Sample

from sheetsim.cli import main
from sheetsim.solver.endings import Ending

FOLDER = Path(__file__).parent / "cases"

SLOW = {"chain_190", "chain_210"}
"""More than 400 variables, or nearly: 26 s, and not solved in 60 s; IPOPT needs 0.07 s for both."""

NEARBY = {"hs016", "hs097", "hs098"}
"""From the published start the search ends at another optimum; of ten starts one finds the best."""

FALSE_ONCE = {
    "hs104_false_infeasible",
    "far_from_zero_start",
    "scale_mix",
    "saddle_start",
    "unbounded_slow_log",
    "no_minimum_exp",
    "infeasible_circle",
    "hs099",
    "hs045",
    "q09_makespan",
    "q10_areas",
    "q18_fixed_charge",
    "q24_mod",
    "r01_tol_lp",
    "r02_merged",
    "r16_stored",
}
"""What was wrong with confidence."""


@cache
def cases(kind: str) -> list[dict[str, Any]]:
    path = FOLDER / kind / "cases.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return [{**case, "path": FOLDER / kind / case["file"]} for case in found]


def stem(case: dict[str, Any]) -> str:
    return Path(case["file"]).stem


def name(case: dict[str, Any]) -> str:
    return stem(case) + (f"-{case['variant']}" if "variant" in case else "")


def require_right(case: dict[str, Any]) -> None:
    """Solve a case by the command, and hold its answer against what is right."""
    more = ["--starts", "10"] if stem(case) in NEARBY else []
    words = ["solve", str(case["path"]), *case["args"], *more, "--no-copy", "--json"]
    done = CliRunner().invoke(main, words)
    title, right = name(case), case["right"]
    if right == "refused":
        assert done.exit_code == 2, title
        return
    solved = json.loads(done.stdout)
    if isinstance(right, str):  # infeasible, unbounded, no minimum on this way
        assert right in solved["status"], (title, solved["status"])
        assert done.exit_code == 1
        return
    if title == "no_slater":  # the one feasible point is a cusp, where no multipliers are
        assert solved["objective"] == pytest.approx(right, abs=1e-5)
        assert solved["violation"] <= 1e-9
        assert solved["status"].startswith(Ending.NO_BETTER.word)
        return
    assert done.exit_code == 0, (title, solved["status"])
    found, within = solved["objective"], case.get("within", 1e-6) * max(1.0, abs(right))
    sense = {"min": 1.0, "max": -1.0}.get(case.get("sense", ""))
    if sense is not None and sense * (found - right) < 0:
        return  # a better one is right, too
    assert found == pytest.approx(right, abs=within), (title, solved["status"])


def needs_highs(case: dict[str, Any]) -> bool:
    return "Simplex LP" in case["args"] or stem(case) == "r01_tol_lp"


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name(case))
        for kind in ("solver", "numeric", "hs")
        for case in cases(kind)
        if stem(case) in FALSE_ONCE
    ],
)
def test_what_was_false_once(case: dict[str, Any]) -> None:
    if needs_highs(case):
        pytest.importorskip("highspy", reason="Simplex LP needs the package highspy")
    require_right(case)


@pytest.mark.parametrize(("kind", "most"), [("solver", 8), ("numeric", 4), ("hs", 10)])
def test_the_others(kind: str, most: int, sample: Sample) -> None:
    pytest.importorskip("highspy", reason="Simplex LP needs the package highspy")
    others = [case for case in cases(kind) if not {stem(case)} & (FALSE_ONCE | SLOW)]
    for case in sample(others, most):
        require_right(case)


def test_a_wrong_answer_is_seen() -> None:
    """The tests above can fail."""
    (case,) = (case for case in cases("numeric") if stem(case) == "saddle_start")
    for wrong in ({"right": -5.0, "sense": ""}, {"right": "infeasible"}, {"right": "refused"}):
        with pytest.raises(AssertionError):
            require_right({**case, **wrong})
