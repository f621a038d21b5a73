"""A run that diverges: the sheet says in which step, and its charts still show the rest."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sheetsim.sheet import Array, Sheet
from sheetsim.topics import Draft, lay_out, lessons, new_book
from sheetsim.topics._divergence import NEVER, drawn, flags, sentence

OPTIMIZERS = tuple(
    topic.name for topic in lessons()["gradient_descent"].topics if topic.trace is not None
)
FAR = {"sgd": 0.001, "momentum": 0.01, "nesterov": 0.001, "rmsprop": 1e5}
"""Rates at which these diverge; Adam does at 1e6, and AdaGrad, whose rates fall, hardly ever."""


def edited(name: str, sheet: str, plan: dict[str, Any] | None = None, **cells: float) -> Draft:
    """A workbook in which somebody typed into the cells of a sheet."""
    book = new_book(name, plan or {})
    book.given.setdefault(sheet, {}).update(cells)
    return book


def sheet_of(book: Draft, name: str) -> Sheet:
    return next(sheet for sheet in lay_out(book) if sheet.name == name)


def first_beyond(numbers: Array, limit: float) -> int:
    """The first of the numbers, from 1, that is none or exceeds the limit; by looking at each."""
    for i, number in enumerate(numbers.ravel().tolist(), start=1):
        if math.isnan(number) or number > limit:
            return i
    return 0


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "adagrad"])
def test_an_optimizer_says_in_which_step_it_diverged(name: str) -> None:
    sheet = sheet_of(edited(name, name, lr=FAR.get(name, 1e6)), name)
    x, y = (sheet[of].values[:29] for of in "xy")
    start = float(np.sqrt(np.mean((1 + x - y) ** 2)))
    limit = 10 * max(start, float(np.sqrt(np.mean(y**2))))
    assert sheet["error_limit"].value == pytest.approx(limit, rel=1e-12)
    step = first_beyond(sheet["squared_error"].values, limit**2)
    assert step > 1
    assert sheet["diverged_in"].value == f"step {step}"
    assert sheet["drawn_rmse"].values.max() == pytest.approx(limit), "the curve goes to the limit"
    assert np.abs(sheet["line_y"].values).max() <= limit


def test_a_run_that_comes_back_has_not_diverged() -> None:
    """AdaGrad's first step at this rate goes far beyond; its rates fall to match."""
    sheet = sheet_of(edited("adagrad", "adagrad", lr=100), "adagrad")
    assert first_beyond(sheet["squared_error"].values, float(sheet["error_limit"].value) ** 2) == 2
    assert sheet["diverged_in"].value == NEVER
    assert sheet["rmse"].values[-1, 0] < sheet["rmse"].values[0, 0]


def test_the_defaults_do_not_diverge() -> None:
    sheets = {sheet.name: sheet for sheet in lay_out(new_book("gradient_descent", {}))}
    assert {str(sheets[name]["diverged_in"].value) for name in OPTIMIZERS} == {NEVER}
    assert set(sheets["compare"]["diverged_in"].values.ravel()) == {NEVER}


def test_estimates_keep_their_digits_while_the_run_diverges() -> None:
    sheet = sheet_of(edited("sgd", "sgd", lr=0.001), "sgd")
    for of in "ba":
        exact, estimate = sheet[f"de_d{of}"].values, sheet[f"est_de_d{of}"].values
        wanted = exact + sheet["h_used"].values * (1 if of == "b" else sheet["x"].values ** 2)
        large = np.isfinite(estimate) & (np.abs(exact) > 1e6)
        assert large.sum() > 200
        np.testing.assert_allclose(estimate[large], wanted[large], rtol=1e-6)


def test_the_maps_of_compare_stay_where_they_are() -> None:
    calm, wild = (
        {s.name: s for s in lay_out(edited("gradient_descent", "sgd", lr=lr))}["compare"]
        for lr in (1e-4, 1e-3)
    )
    assert wild["diverged_in"].values[0, 0] == "step 4"
    for of in "ab":
        best, reach = (float(wild[f"{name}_{of}"].value) for name in ("best", "reach"))
        np.testing.assert_allclose(np.abs(wild[f"way_{of}_sgd"].values[-1] - best), reach)
        np.testing.assert_array_equal(calm[f"way_{of}_adam"].values, wild[f"way_{of}_adam"].values)
        corners = wild[f"corners_{of}"].values
        assert (np.abs(corners - best) <= reach * (1 + 1e-12)).all()


@pytest.mark.parametrize("step", [0, 1, 28, 29, 30, 145, 290])
def test_the_step_to_show_is_where_the_run_is_after_so_many_steps(step: int) -> None:
    """The next row's b and a are what the run went on with: the lecture drops some updates."""
    sheet = sheet_of(edited("momentum", "momentum", step_to_show=step), "momentum")
    for of in "ba":
        column, last = sheet[of].values[:, 0], sheet[f"epoch_{of}"].values[-1, 0]
        assert sheet[f"step_{of}"].value == [*column, last][step]
    epochs = sheet["drawn_epoch"].values[:, 0]
    assert epochs.max() == step / 29
    whole = np.arange(11) <= step / 29
    np.testing.assert_array_equal(epochs[whole], np.arange(11.0)[whole])
    np.testing.assert_array_equal(sheet["drawn_rmse"].values[whole], sheet["rmse"].values[whole])
    assert sheet["drawn_rmse"].values[-1, 0] == pytest.approx(sheet["step_rmse"].value)


WILD: dict[str, tuple[str, str, dict[str, Any], str, int]] = {
    "transfer": ("transfer", "one_rate", {"lr": 5.0}, "diverged_in", 1),
    "digits": ("digits", "step", {"lr": 100.0, "wd": 1.0}, "diverged_in", 0),
    "schedules": ("schedules", "schedules_compared", {"lr_max": 20.0}, "const_diverged_in", 0),
    "L2": ("weight_decay", "decay_under_sgd", {"wd": 10.0, "lr": 1.0}, "l2_diverged_in", 0),
    "decay": ("weight_decay", "decay_under_sgd", {"wd": 10.0, "lr": 1.0}, "decay_diverged_in", 0),
    "AdamW": ("weight_decay", "decay_under_adam", {"wd": 10.0, "lr": 1.0}, "aw_diverged_in", 0),
}
"""Workbook, sheet, what is typed there, the cell that tells, and the number of the first step."""

WATCHED: dict[str, Callable[[Sheet], tuple[Array, float]]] = {
    "transfer": lambda s: (s["squared_error"].values, float(s["loss_limit"].value)),
    "digits": lambda s: (s["loss"].values, float(s["loss_limit"].value)),
    "schedules": lambda s: (s["const_excess"].values, float(s["excess_limit"].value)),
    "L2": lambda s: sizes(s, "l2_w"),
    "decay": lambda s: sizes(s, "decay_w"),
    "AdamW": lambda s: sizes(s, "aw_w"),
}
"""What must not exceed what."""


def sizes(sheet: Sheet, name: str) -> tuple[Array, float]:
    """The sizes of a run's weights by step, and their limit."""
    columns = np.hstack([sheet[f"{name}{j}"].values for j in (1, 2, 3)])
    return np.linalg.norm(columns, axis=1), float(sheet["weight_limit"].value)


@pytest.mark.parametrize("name", WILD)
def test_other_runs_say_it_too(name: str) -> None:
    workbook, where, cells, cell, first = WILD[name]
    shown = "steps" if workbook == "digits" else where
    calm, wild = (sheet_of(edited(workbook, where, **typed), shown) for typed in ({}, cells))
    assert calm[cell].value == NEVER
    numbers, limit = WATCHED[name](wild)
    step = first_beyond(np.asarray(numbers, dtype=float), limit)
    assert step
    assert wild[cell].value == f"step {step - 1 + first}"
    drawn_blocks = [block for key, block in wild.blocks.items() if "drawn" in key]
    most = max(float(np.abs(block.values).max()) for block in drawn_blocks)
    assert most <= limit * (1 + 1e-12)
    ours = [s.y for chart in wild.charts for s in chart.series]
    assert any(y is block for y in ours for block in drawn_blocks), "and that is what is drawn"


def test_flags_and_what_is_drawn() -> None:
    numbers = np.array([1.0, 3.0, 2.0, np.nan, 1.0])
    assert flags(numbers, 2.0).tolist() == [0, 1, 1, 1, 1]
    assert flags(numbers, 3.0).tolist() == [0, 0, 0, 1, 1]
    assert sentence(flags(numbers, 2.0), 2.0, 2.0) == NEVER
    assert sentence(flags(numbers, 2.0), np.nan, 2.0) == "step 2"
    assert sentence(np.zeros(5), 2.1, 2.0) == "step 5", "only the last step leaves it"
    assert sentence(flags(numbers, 2.0), np.nan, 2.0, first=0) == "step 1"
    assert drawn(np.array([-9.0, 1.0, 9.0, np.nan]), 2.0).tolist() == [-2, 1, 2, 2]
