"""IF, MAX, ABS, SUMIF and the like, made linear with binaries: held against all whole points.

The right values are those of brute force by the compiled formulas, which are verified against
engines elsewhere, and closed forms.
"""

import itertools
from typing import Any

import numpy as np
import pytest
from conftest import Sample
from random_formulas import model_of

from sheetsim.book import Book, Cell, Place, Value
from sheetsim.formula.structure.binaries import affine, pieces, rows
from sheetsim.references import read_cell
from sheetsim.sheet import Array
from sheetsim.solver import Model, Options, Result, solve
from sheetsim.solver.endings import Ending
from sheetsim.solving.compiled import compile_model
from sheetsim.solving.request import Request, choose_model

pytest.importorskip("highspy", reason="needs the package highspy")

TOGETHER = 1e-6


def best_of(model: Model, points: Array) -> float:
    """The least objective, as it is minimized, of the feasible ones among points; inf for none."""
    sign = -1.0 if model.sense == "maximize" else 1.0
    values = sign * model.values(points)
    good = np.isfinite(values)
    for block in model.constraints:
        off = block.scaled(block.values(points))
        off = np.abs(off) if block.relation == "=" else off
        good &= (np.isfinite(off) & (off <= 1e-9)).all(axis=1)
    return float(values[good].min(initial=np.inf))


def whole_points(model: Model) -> Array:
    sides = [np.arange(a, b + 1) for a, b in zip(model.low, model.high, strict=True)]
    return np.array(list(itertools.product(*sides)), float)


def wrong_with(model: Model, found: Result) -> str:
    """What is false about a claim of a model of whole numbers, "" if nothing is."""
    sign = -1.0 if model.sense == "maximize" else 1.0
    best = best_of(model, whole_points(model))
    mine = sign * found.objective
    if found.proved and found.ending is Ending.INFEASIBLE:
        return f"a feasible point has {best}" if np.isfinite(best) else ""
    if found.proved and found.ending.solved:
        return "" if abs(best - mine) <= TOGETHER * max(1, abs(mine)) else f"{mine}, not {best}"
    if found.ending is Ending.NOT_LINEAR:
        return ""
    return f"not proved: {found.status}"


def test_whole_numbers_are_proved_as_brute_force_has_it(sample: Sample) -> None:
    refused = 0
    seeds = sample(range(3_000), 30)
    for seed in seeds:
        model, texts = model_of(seed, whole=True)
        if model.is_linear:
            continue
        found = solve(model, Options(), "Simplex LP")
        assert not wrong_with(model, found), (seed, texts, wrong_with(model, found))
        refused += found.ending is Ending.NOT_LINEAR
    assert refused <= 0.2 * len(seeds) + 2


def test_no_sampled_point_is_better_than_what_is_proved(sample: Sample) -> None:
    proved = 0
    seeds = sample(range(3_000), 12)
    for seed in seeds:
        model, texts = model_of(seed, whole=False)
        if model.is_linear:
            continue
        found = solve(model, Options(max_time=20.0), "Simplex LP")
        draw = np.random.default_rng(seed)
        points = draw.uniform(model.low, model.high, (2_000, model.n))
        points = np.where(draw.random(points.shape) < 0.4, np.round(points), points)
        best = best_of(model, points)
        mine = found.objective * (-1.0 if model.sense == "maximize" else 1.0)
        bound = mine - (found.gap or 0.0) * abs(mine)
        if found.proved and found.ending is Ending.INFEASIBLE:
            assert best == np.inf, (seed, texts)
        elif found.proved or found.gap is not None:
            assert best >= bound - TOGETHER * max(1, abs(bound)), (seed, texts, best, bound)
        proved += found.proved
    assert proved >= 0.5 * len(seeds)


def test_a_row_that_is_too_tight_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above can fail: conditions that are never so at their first whole number."""
    true = rows.at_most

    def wrong(left: Any, *args: Any, **more: Any) -> rows.Row:
        row = true(left, *args, **more)
        shift = affine.fixed(1.0) if len(row.expression.terms) > 1 else affine.fixed(0.0)
        return rows.Row(row.expression.plus(shift), row.equal, row.tie, row.near, row.strict)

    monkeypatch.setattr(pieces, "at_most", wrong)
    told = []
    for seed in range(12):
        model, _ = model_of(seed, whole=True)
        if not model.is_linear:
            told.append(wrong_with(model, solve(model, Options(), "Simplex LP")))
    assert any(told)


def place_of(name: str) -> Place:
    place = read_cell(name)
    assert place is not None
    return place


def solved(cells: dict[str, Value], engine: str = "Simplex LP", **more: Any) -> Result:
    """The end of a model on a sheet S; texts that begin with = are formulas."""
    sheet: dict[Place, Cell] = {}
    for name, value in cells.items():
        formula = value if isinstance(value, str) and value.startswith("=") else ""
        sheet[place_of(name)] = Cell(formula) if formula else Cell(value=value)
    book = Book("small.xlsx", {"S": sheet})
    stored = choose_model(book, Request(engine=engine, **more))
    return solve(compile_model(book, stored).model(), Options(), engine)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["Simplex LP", "GRG Nonlinear", "Evolutionary"])
def test_a_fixed_charge_is_proved_by_every_engine(engine: str) -> None:
    found = solved(
        {"A1": 50.0, "A2": 50.0, "B1": "=3*A1+IF(A1>0,40,0)", "B2": "=4*A2+IF(A2>0,10,0)",
         "C1": "=B1+B2", "C2": "=A1+A2"},
        engine, objective="C1", goal="minimize", by=("A1:A2",),
        subject_to=("C2>=70", "A1:A2<=80", "A1:A2>=0"),
    )  # fmt: skip
    # By hand: 70 of the first are 210 + 40, and of the second 280 + 10.
    assert found.objective == pytest.approx(250)
    assert found.proved
    assert found.ending is Ending.OPTIMAL
    assert found.reformulated is not None
    assert found.reformulated.binaries == 2


def test_what_is_never_reached_is_not_called_optimal() -> None:
    """IF(x<5,...) is 10 up to 5, and 0 there: 10 + x comes near 15 and is nowhere 15."""
    found = solved({"A1": 0.0, "B1": "=IF(A1<5,10,0)+A1"}, objective="B1", goal="maximize",
                   by=("A1",), subject_to=("A1<=9", "A1>=0"))  # fmt: skip
    assert found.ending is Ending.NO_BETTER
    assert not found.proved
    assert 14.99 < found.objective < 15
    assert found.gap == pytest.approx((15 - found.objective) / found.objective)


def test_the_same_of_whole_numbers_is_optimal() -> None:
    found = solved({"A1": 0.0, "B1": "=IF(A1<5,10,0)+A1"}, objective="B1", goal="maximize",
                   by=("A1",), subject_to=("A1<=9", "A1>=0", "A1 integer"))  # fmt: skip
    assert (found.objective, found.proved) == (14, True)


def test_an_argument_without_a_bound_is_refused_in_words() -> None:
    found = solved({"A1": 5.0, "B1": "=IF(A1>3,10,0)+A1"}, objective="B1", goal="minimize",
                   by=("A1",), subject_to=("A1>=0",))  # fmt: skip
    assert found.ending is Ending.NOT_LINEAR
    assert "S!B1: it needs a bound, and S!A1 has no upper one" in found.status


def test_constraints_bound_what_has_no_bounds_of_its_own() -> None:
    """A budget of 30 bounds both variables; 20 a piece once, then 3 each: 3*30 - 20 by hand."""
    found = solved(
        {"A1": 5.0, "A2": 0.0, "B1": "=3*A1+2*A2-IF(A1>0,20,0)", "B2": "=A1+A2"}, objective="B1",
        goal="maximize", by=("A1:A2",), subject_to=("B2<=30", "A1:A2>=0"),
    )  # fmt: skip
    assert found.objective == pytest.approx(70)
    assert found.proved


def test_the_greatest_of_some_needs_no_binary_where_it_is_to_be_small() -> None:
    cells: dict[str, Value] = {"A1": 0.0, "B1": "=MAX(2-A1,A1-4,ABS(A1-1))"}
    more: dict[str, Any] = {"objective": "B1", "by": ("A1",), "subject_to": ("A1<=9", "A1>=-9")}
    least = solved(cells, goal="minimize", **more)
    assert least.objective == pytest.approx(0.5)
    assert least.proved
    assert least.reformulated is not None
    assert least.reformulated.binaries == 0
    most = solved(cells, goal="maximize", **more)
    assert most.objective == pytest.approx(11)  # at -9: 2 + 9, by hand
    assert most.proved
    assert most.reformulated is not None
    assert most.reformulated.binaries > 0


def test_a_binary_times_a_bounded_term() -> None:
    """y*x with y = 0 or 1: the best of 5x - 12y where x <= 4y: 20 - 12."""
    found = solved({"A1": 0.0, "A2": 0.0, "B1": "=5*A1*A2-12*A2"}, objective="B1", goal="maximize",
                   by=("A1:A2",), subject_to=("A1<=4", "A1>=0", "A2 binary"))  # fmt: skip
    assert found.objective == pytest.approx(8)
    assert found.proved


def test_what_is_linear_only_where_it_was_looked_at_proves_nothing() -> None:
    """ROUND is not made linear, and flat near the start; the sum is not."""
    found = solved({"A1": 0.0, "B1": "=A1-100*(ROUND(A1/1000,0)>0)"}, objective="B1",
                   goal="minimize", by=("A1",), subject_to=("A1<=600", "A1>=0"))  # fmt: skip
    assert not found.proved


def test_equations_that_differ_by_less_than_the_precision_are_no_contradiction() -> None:
    """ABS is there so that binaries are tried; A1 is 1/3 twice, to 7 digits and to 16."""
    found = solved({"A1": 0.0, "B1": "=ABS(A1-2)", "B2": "=3*A1", "B3": "=A1"}, objective="B1",
                   goal="minimize", by=("A1",),
                   subject_to=("B2=1", "B3=0.3333333", "A1>=0", "A1<=9"))  # fmt: skip
    assert found.ending is not Ending.INFEASIBLE
