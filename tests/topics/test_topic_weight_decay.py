"""Weight decay: PyTorch's steps, ridge regression by SciPy, and inputs changed every way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.sheet import Array, Kind, Sheet
from sheetsim.topics import Draft, lay_out, new_book
from sheetsim.topics.gradient_descent.adam import init_textbook, textbook
from sheetsim.topics.weight_decay import (
    STEPS,
    decay_under_adam,
    decay_under_sgd,
    overfitting,
    penalty,
)
from sheetsim.topics.weight_decay._runs import run
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

TABLE = pd.read_csv(Path(__file__).with_name("weight_decay_table.csv"))
POINTS = np.array(penalty.POINTS)
X, Y = POINTS[:, :3], POINTS[:, 3]
START = np.array([2.0, 0.0, 1.5])
ADAM = {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8}
RULES: dict[str, tuple[tuple[Callable[..., Any], dict[str, Any]], ...]] = {
    "sgd": ((decay_under_sgd.sgd_l2, {}), (decay_under_sgd.sgd_decay, {})),
    "adam": ((decay_under_adam.adam_l2, ADAM),),
    "adamw": ((decay_under_adam.adamw, ADAM),),
}
CASES = [
    (str(rule), float(str(lr)), float(str(wd)), steps)
    for (rule, lr, wd), steps in TABLE.groupby(["rule", "lr", "weight_decay"])
]


def sheets_with(**edits: Any) -> dict[str, Sheet]:
    """The sheets laid out with other inputs: sheet__block=values."""
    book = new_book("weight_decay", {})
    for key, values in edits.items():
        sheet, block = key.split("__")
        book.given.setdefault(sheet, {})[block] = values
    return {sheet.name: sheet for sheet in lay_out(book)}


# Against PyTorch ---------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "lr", "wd", "torch"), CASES)
def test_steps_are_pytorchs(rule: str, lr: float, wd: float, torch: pd.DataFrame) -> None:
    assert len(torch) == STEPS
    for step, hyper in RULES[rule]:
        state = init_textbook(START) if hyper else ()
        ours = run(step, state, X, Y, START, lr=lr, weight_decay=wd, **hyper)["w"]
        expected = torch[["w1", "w2", "w3"]].to_numpy()
        np.testing.assert_allclose(ours[1:], expected, rtol=1e-11, atol=1e-13)


def test_table_has_every_rule_with_and_without_decay() -> None:
    assert set(TABLE["rule"]) == set(RULES)
    assert {(case[0], case[2] > 0) for case in CASES} == {(r, on) for r in RULES for on in (0, 1)}


def test_sheet_shows_pytorchs_steps() -> None:
    """The defaults are a case of the table, so what the sheets hold is compared as well."""
    sheets = sheets_with()
    for sheet, rule, name in (
        ("decay_under_sgd", "sgd", "l2_w"),
        ("decay_under_sgd", "sgd", "decay_w"),
        ("decay_under_adam", "adam", "l2_w"),
        ("decay_under_adam", "adamw", "aw_w"),
    ):
        (torch,) = [c[3] for c in CASES if c[:3] == (rule, 0.1, 0.5)]
        ours = np.hstack([sheets[sheet][f"{name}{j}"].values for j in (1, 2, 3)])
        np.testing.assert_allclose(ours[1:], torch[["w1", "w2", "w3"]], rtol=1e-11, atol=1e-13)


# The penalty -------------------------------------------------------------------------------


@given(
    st.lists(st.floats(-5, 5), min_size=3, max_size=3).map(np.array),
    st.floats(0, 10),
)
def test_gradient_is_scipys_finite_difference(w: Array, wd: float) -> None:
    def loss(at: Array) -> float:
        return penalty.mse(X, Y, at) + penalty.penalty(at, wd)

    ours = penalty.mse_gradient(X, Y, w) + penalty.penalty_gradient(w, wd)
    scipys = scipy.optimize.approx_fprime(w, loss, 1e-7)
    np.testing.assert_allclose(ours, scipys, rtol=1e-4, atol=1e-4)


def test_by_hand() -> None:
    w = np.array([3.0, -1.0])
    assert penalty.penalty(w, 0.5) == 5.0
    np.testing.assert_array_equal(penalty.penalty_gradient(w, 0.5), [3.0, -1.0])
    x, y = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1.0, 0.0])
    assert penalty.mse(x, y, w) == (2.0**2 + 2.0**2) / 2
    np.testing.assert_array_equal(penalty.mse_gradient(x, y, w), [2.0, -4.0])


def test_sheet_penalty_agrees_with_its_finite_differences() -> None:
    sheet = sheets_with()["penalty"]
    np.testing.assert_allclose(sheet["gap"].values, 0, atol=1e-12)
    pull, slope = sheet["pull"].values, sheet["slope"].values
    np.testing.assert_allclose(sheet["conventional"].values, slope + pull / 2, rtol=1e-14)


# Plain gradient descent: the two are one ---------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1e-3, 1),
    st.floats(0, 10),
    st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3),
)
def test_identical_under_sgd_whatever_the_inputs(lr: float, wd: float, w: list[float]) -> None:
    """Runs that diverge included."""
    sheet = sheets_with(
        decay_under_sgd__lr=lr, decay_under_sgd__wd=wd, penalty__weights=np.array([w])
    )["decay_under_sgd"]
    assert sheet["verdict"].value == decay_under_sgd.SAME
    assert sheet["gap"].value <= 1e-12 * sheet["size_of_weights"].value


def test_twice_the_pull_is_another_run() -> None:
    sheet = sheets_with(decay_under_sgd__factor=2)["decay_under_sgd"]
    assert sheet["verdict"].value == decay_under_sgd.OTHER
    assert sheets_with(decay_under_adam__wd=0)["decay_under_adam"]["gap"].value == 0
    different = sheets_with()["decay_under_adam"]
    assert different["verdict"].value == decay_under_adam.OTHER
    assert different["gap"].value > 1


def test_adamw_without_decay_is_adam() -> None:
    grad = np.array([0.5, -2.0])
    hyper: dict[str, Any] = {"lr": 0.1, "t": 1, **ADAM}
    plain, state = textbook(START[:2], grad, init_textbook(grad), **hyper)
    ours, same = decay_under_adam.adamw(
        START[:2], grad, init_textbook(grad), weight_decay=0.0, **hyper
    )
    np.testing.assert_array_equal(ours, plain)
    np.testing.assert_array_equal(same, state)
    decayed, same = decay_under_adam.adamw(
        START[:2], grad, init_textbook(grad), weight_decay=0.3, **hyper
    )
    np.testing.assert_allclose(decayed, plain - 0.1 * 0.3 * START[:2], rtol=1e-15)
    np.testing.assert_array_equal(same, state)  # the decay does not enter the averages


# Ridge regression --------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(1e-4, 10))
def test_ridge_is_scipys_least_squares_on_augmented_rows(seed: int, wd: float) -> None:
    """Loss n MSE + n wd sum(w^2) is the squared length of rows (x, y) over (sqrt(n wd) I, 0)."""
    draw = np.random.default_rng(seed)
    x, y = draw.standard_normal((8, 4)), draw.standard_normal(8)
    rows = np.vstack([x, np.sqrt(len(y) * wd) * np.eye(4)])
    expected, *_ = scipy.linalg.lstsq(rows, np.concatenate([y, np.zeros(4)]))
    np.testing.assert_allclose(overfitting.ridge(x, y, wd), expected, rtol=1e-9, atol=1e-12)


def test_errors_over_wd() -> None:
    """More decay: smaller weights and a larger error on the points, always."""
    sheet = sheets_with()["overfitting"]
    assert (np.diff(sheet["mse_points"].values[0]) > 0).all()
    assert (np.diff(sheet["sum_squares"].values[0]) < 0).all()
    held = sheet["mse_held"].values[0]
    assert held.argmin() not in (0, len(held) - 1)
    assert sheet["best_wd"].value == sheet["wds"].values[0, held.argmin()]
    assert sheet["verdict"].value == overfitting.HELPS


def test_curve_goes_through_the_predictions() -> None:
    points = np.array(overfitting.POINTS)
    sheet = sheets_with(overfitting__column_to_show=2)["overfitting"]
    weights = sheet["weights"].values[:, 1]
    fitted = np.polynomial.Polynomial(weights)
    ours = sheet["points_predicted"].values[:, 1]
    np.testing.assert_allclose(ours, fitted(points[:, 0]), rtol=1e-12)
    at = sheet["curve_x"].values[:, 0]
    np.testing.assert_allclose(sheet["curve_shown"].values[:, 0], fitted(at), rtol=1e-11)


# After edits, in a real engine -------------------------------------------------------------

EDITS: list[dict[str, Any]] = [
    {"penalty.wd": 0.0, "penalty.h": 1.0, "penalty.weight_to_move": 3.0},
    {"penalty.weights": 0.0, "decay_under_sgd.wd": 0.0, "decay_under_adam.wd": 0.0},
    {"penalty.weights": 100.0, "decay_under_sgd.lr": 1.0, "decay_under_adam.lr": 1.0},
    {"penalty.y": 0.0, "decay_under_sgd.factor": 0.0, "decay_under_adam.step_to_show": 30.0},
    {"decay_under_adam.beta1": 0.0, "decay_under_adam.beta2": 0.5, "penalty.h": 0.01},
    {"decay_under_adam.epsilon": 1.0, "decay_under_sgd.wd": 10.0, "penalty.wd": 100.0},
    {"overfitting.exponents": 3.0, "overfitting.column_to_show": 8.0, "overfitting.base": 2.0},
    {"overfitting.points_x": 0.0, "overfitting.held_x": 1.0, "overfitting.held_y": -1e3},
    {"overfitting.points_y": 0.0, "overfitting.points_x": -1.0, "overfitting.base": 9.75},
]
"""Sheet.block -> what is typed into its first cell."""


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("weight_decay", tmp_path_factory.mktemp("edited"))


@pytest.mark.parametrize("edits", EDITS, ids=lambda edits: " ".join(edits))
def test_edited_inputs_agree(workbook: Path, edits: dict[str, float]) -> None:
    sheets = {sheet.name: sheet for sheet in read_workbook(workbook).sheets}
    typed: dict[str, dict[tuple[int, int], float | str]] = {}
    for name, value in edits.items():
        sheet, _, block = name.partition(".")
        found = sheets[sheet][block]
        assert found.kind is Kind.INPUT
        typed.setdefault(sheet, {})[found.row, found.column] = value
    edited = workbook.with_name("edited.xlsx")
    invalidated_copy(workbook, edited, typed)
    assert check(edited, ["ironcalc"]).differences == ()


def test_values_come_from_what_the_inputs_hold() -> None:
    """A book that is laid out twice, with other inputs, has no memory of the first."""
    book = Draft(new_book("penalty", {}).plan)
    first = lay_out(book)[1]["mse"].value
    book.given["penalty"] = {"y": np.zeros((10, 1))}
    assert lay_out(book)[1]["mse"].value != first
