"""The schedules against PyTorch's table, closed forms and pandas; the runs against plain loops.

`schedules_table.csv` is what PyTorch's OneCycleLR gives; `scripts/make_schedules_table` made it.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.sheet import Array, Sheet
from sheetsim.topics import lay_out, new_book
from sheetsim.topics.schedules.lr_finder import (
    LEVEL,
    NEVER,
    STOPPED,
    exponential,
    run,
    smoothed,
    stop_at,
    suggest,
)
from sheetsim.topics.schedules.one_cycle import one_cycle
from sheetsim.topics.schedules.schedules_compared import (
    cosine,
    exponential_decay,
    step_decay,
    train,
)
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

TABLE = pd.read_csv(Path(__file__).with_name("schedules_table.csv"))
SETTINGS = list(TABLE.columns[:7])


def sheets(edits: dict[tuple[str, str], Any] | None = None) -> dict[str, Sheet]:
    """The workbook laid out, with some inputs changed."""
    book = new_book("schedules", {})
    for (sheet, name), value in (edits or {}).items():
        book.given.setdefault(sheet, {})[name] = value
    return {sheet.name: sheet for sheet in lay_out(book)}


# One cycle ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", range(TABLE[SETTINGS].drop_duplicates().shape[0]))
def test_one_cycle_is_pytorchs(case: int) -> None:
    key = TABLE[SETTINGS].drop_duplicates().iloc[case]
    rows = TABLE[(TABLE[SETTINGS] == key).all(axis=1)]
    given = {str(name): float(value) for name, value in key.items()}
    lr, momentum = one_cycle(int(given.pop("steps")), **given)
    np.testing.assert_allclose(lr, rows["lr"], rtol=1e-14)
    np.testing.assert_allclose(momentum, rows["momentum"], rtol=1e-14)


def test_the_lessons_one_cycle() -> None:
    lr, momentum = one_cycle(100, lr_max=5e-3)
    assert lr[[0, 29, 99]] == pytest.approx([5e-3 / 25, 5e-3, 5e-3 / 25e4], rel=1e-12)
    assert momentum[[0, 29, 99]] == pytest.approx([0.95, 0.85, 0.95], rel=1e-12)
    assert (np.diff(lr[:30]) > 0).all()
    assert (np.diff(lr[29:]) < 0).all()


def test_a_peak_at_the_first_step_where_pytorch_divides_by_zero() -> None:
    lr, momentum = one_cycle(10, lr_max=2.0, pct_start=0.1)
    assert lr[0] == 2.0
    assert momentum[0] == 0.85


@settings(deadline=None)
@given(
    steps=st.integers(2, 300), pct=st.floats(0, 1), lr_max=st.floats(1e-6, 10), div=st.floats(1, 99)
)
def test_one_cycle_stays_between_its_ends(
    steps: int, pct: float, lr_max: float, div: float
) -> None:
    lr, momentum = one_cycle(steps, lr_max=lr_max, div=div, pct_start=pct)
    assert lr.shape == momentum.shape == (steps,)
    assert (lr <= lr_max * (1 + 1e-12)).all()
    assert (lr >= lr_max / 25e4 * (1 - 1e-9)).all()
    assert (momentum >= 0.85 - 1e-12).all()
    assert (momentum <= 0.95 + 1e-12).all()


@pytest.mark.parametrize(("steps", "pct"), [(0, 0.3), (10, -0.1), (10, 1.1), (10, np.nan)])
def test_what_one_cycle_refuses(steps: int, pct: float) -> None:
    with pytest.raises(ValueError, match="expected at least 1, and 0 to 1"):
        one_cycle(steps, lr_max=1.0, pct_start=pct)


def test_rows_beyond_the_steps_hold_the_last_values() -> None:
    sheet = sheets({("one_cycle", "steps"): 40.0})["one_cycle"]
    lr, momentum = one_cycle(40, lr_max=0.05)
    np.testing.assert_allclose(sheet["lr"].values[:40, 0], lr, rtol=1e-14)
    assert (sheet["lr"].values[40:] == sheet["lr"].values[39]).all()
    assert (sheet["momentum"].values[40:] == momentum[-1]).all()


# The finder --------------------------------------------------------------------------------


def test_rates_grow_in_equal_ratios_as_numpys_geomspace() -> None:
    np.testing.assert_allclose(exponential(100), np.geomspace(1e-7, 10, 100), rtol=1e-12)
    assert exponential(1, 0.5, 2).tolist() == [0.5]
    with pytest.raises(ValueError, match="expected 1 or more, above 0"):
        exponential(10, 0.0)


@settings(deadline=None)
@given(
    losses=st.lists(st.floats(0, 1e6), min_size=1, max_size=40),
    beta=st.sampled_from([0.0, 0.5, 0.9, 0.98, 0.999]),
)
def test_smoothed_is_pandas_ewm(losses: list[float], beta: float) -> None:
    expected = pd.Series(losses).ewm(alpha=1 - beta, adjust=True).mean()
    np.testing.assert_allclose(smoothed(np.array(losses), beta), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("losses", "factor", "at"),
    [
        ([5, 4, 3, 12], 4.0, 4),  # four times the best is not more than that
        ([5, 4, 3, 12.1, 1], 4.0, 3),
        ([1, 5], 4.0, 1),
        ([2, 8.1, 2], 4.0, 1),
        ([2, 1, np.nan, 1], 4.0, 2),
        ([2, 1, np.inf], 4.0, 2),
        ([np.nan], 4.0, 0),
        ([3, 3, 3], 1.0, 3),
        ([0, 0, 1e-300], 4.0, 2),
        ([], 4.0, 0),
    ],
)
def test_where_the_run_stops(losses: list[float], factor: float, at: int) -> None:
    assert stop_at(np.array(losses, dtype=float), factor) == at


def test_the_suggestion_is_a_tenth_of_the_rate_at_the_first_least_loss() -> None:
    rates = np.array([1.0, 2.0, 4.0, 8.0])
    assert suggest(rates, np.array([3.0, 1.0, 1.0, 9.0])) == pytest.approx(0.2)
    assert suggest(rates, np.array([3.0, np.nan, 1.0, np.inf]), 2.0) == 2.0
    for losses in ([], [np.nan] * 4, [1.0, 2.0]):
        with pytest.raises(ValueError, match="as many of both"):
            suggest(rates, np.array(losses))


def exact_run(u: Array, y: Array, lrs: Array, batch: int, steps: int) -> tuple[Fraction, Fraction]:
    """Intercept and slope after some steps of the finder, in fractions: no rounding at all."""
    b = a = Fraction(1)
    for i in range(steps):
        pairs = [
            (Fraction(float(u[k])), Fraction(float(y[k])))
            for k in ((i * batch + j) % len(u) for j in range(batch))
        ]
        errors = [b + a * x - target for x, target in pairs]
        rate = 2 * Fraction(float(lrs[i])) / batch
        slope = sum((e * x for e, (x, _) in zip(errors, pairs, strict=True)), Fraction(0))
        b, a = b - rate * sum(errors, Fraction(0)), a - rate * slope
    return b, a


def test_the_finders_steps_in_fractions() -> None:
    u, y = np.array([0.5, -1.0, 2.0]), np.array([3.0, 1.0, -2.0])
    lrs = exponential(12, 1e-3, 0.3)
    found = run(u, y, lrs=lrs, batch=2, beta=0.9, factor=1e6, start=(1.0, 1.0))
    b, a = exact_run(u, y, lrs, 2, 11)
    assert found["b"][-1] == pytest.approx(float(b), rel=1e-12)
    assert found["a"][-1] == pytest.approx(float(a), rel=1e-12)
    assert found["first"][:4].tolist() == [1.0, 3.0, 2.0, 1.0]
    np.testing.assert_allclose(found["smoothed"], smoothed(found["loss"], 0.9), rtol=1e-12)


def test_the_sheets_finder_follows_the_pure_functions() -> None:
    sheet = sheets()["lr_finder"]
    steps = int(sheet["steps_run"].value)
    levels = smoothed(sheet["loss"].values[:steps, 0])
    np.testing.assert_allclose(sheet["smoothed"].values[:steps, 0], levels, rtol=1e-12)
    assert stop_at(levels) == steps - 1
    lrs = exponential(100)[: steps - 1]
    assert sheet["suggested_lr"].value == pytest.approx(suggest(lrs, levels[:-1]), rel=1e-12)
    assert (sheet["running"].values[:, 0] == (np.arange(100) < steps)).all()
    for name in ("lr", "b", "a", "loss", "smoothed", "best"):  # what comes after holds still
        assert (sheet[name].values[steps:] == sheet[name].values[steps - 1]).all(), name


def test_the_edge_lies_below_the_rate_at_the_bottom_and_above_the_suggestion() -> None:
    """2 over the greatest curvature of the whole loss, from NumPy's eigenvalues."""
    for edits in ({}, {("lr_finder", "x_shift"): 55.5, ("lr_finder", "x_scale"): 26.6}):
        sheet = sheets(edits)["lr_finder"]
        u = sheet["u"].values[:, 0]
        design = np.stack([np.ones(len(u)), u])
        edge = 2 / np.linalg.eigvalsh(2 * design @ design.T / len(u)).max()
        assert sheet["suggested_lr"].value < edge < sheet["lr_there"].value


# The schedules side by side ----------------------------------------------------------------


def test_falling_rates_as_pytorchs_schedulers_define_them() -> None:
    """Step by step, by the recursions in PyTorch's documentation."""
    expected = [0.2]
    for step in range(1, 100):
        expected.append(expected[-1] * (0.5 if step % 25 == 0 else 1.0))
    found = step_decay(100, lr_max=0.2, step_factor=0.5, step_every=25)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    np.testing.assert_allclose(
        exponential_decay(50, lr_max=0.2, exp_end=0.01), np.geomspace(0.2, 0.002, 50), rtol=1e-12
    )
    expected = [0.3]
    for step in range(1, 60):
        turn = (1 + np.cos(np.pi * step / 59)) / (1 + np.cos(np.pi * (step - 1) / 59))
        expected.append(0.06 + (expected[-1] - 0.06) * turn)
    np.testing.assert_allclose(cosine(60, lr_max=0.3, cos_end=0.2), expected, rtol=1e-12)


def test_momentum_is_the_average_that_pandas_takes() -> None:
    """At a rate of 0 the line stays, so the gradients are known beforehand."""
    u, y = np.array([0.3, -1.2, 2.0, 0.7]), np.array([1.0, 0.0, -3.0, 2.0])
    found = train(u, y, np.zeros(4), np.full(4, 0.8), (0.5, -0.25))
    gradient = 2 * (0.5 - 0.25 * u - y)
    expected = pd.Series([0.0, *gradient]).ewm(alpha=0.2, adjust=False).mean()
    np.testing.assert_allclose(found["m_b"], expected[1:], rtol=1e-12)
    assert (found["b"] == 0.5).all()
    assert (found["a"] == -0.25).all()


def test_excess_is_what_the_squared_error_has_above_its_least() -> None:
    placed = sheets()
    sheet, points = placed["schedules_compared"], placed["lr_finder"]
    x, y = points["x"].values[:, 0], points["y"].values[:, 0]
    slope, intercept = np.polyfit(x, y, 1)
    least = np.mean((slope * x + intercept - y) ** 2)
    assert sheet["least_rmse"].value == pytest.approx(np.sqrt(least), rel=1e-10)
    for name in ("const", "decay", "expo", "cos", "cycle"):
        above = sheet[f"{name}_rmse"].value ** 2 - least
        assert sheet[f"{name}_end_excess"].value == pytest.approx(above, abs=1e-10 * least)


# What the sheets say to try ----------------------------------------------------------------


def test_what_the_finder_says_to_try() -> None:
    before = sheets()["lr_finder"]
    assert before["status"].value == STOPPED
    assert sheets({("lr_finder", "high"): 1e-5})["lr_finder"]["status"].value == NEVER
    later = sheets({("lr_finder", "stop_factor"): 100.0})["lr_finder"]
    assert later["steps_run"].value == before["steps_run"].value + 1
    assert later["suggested_lr"].value == before["suggested_lr"].value
    scaled = sheets(
        {
            ("lr_finder", "x_shift"): round(before["mean_x"].value, 4),
            ("lr_finder", "x_scale"): round(before["sd_x"].value, 4),
        }
    )["lr_finder"]
    assert 1e3 < scaled["suggested_lr"].value / before["suggested_lr"].value < 1e4
    single = sheets({("lr_finder", "batch"): 1.0})["lr_finder"]
    assert (single["status"].value, single["steps_run"].value) == (LEVEL, 2)


def test_what_the_schedules_say_to_try() -> None:
    name = "schedules_compared"
    before = sheets()[name]
    assert sheets({(name, "lr_max"): 0.02})[name]["nearest"].value == "constant"
    middle = sheets({(name, "lr_max"): 0.05})[name]
    assert middle["nearest"].value == "one cycle"
    ratio = middle["cycle_end_excess"].value / before["cycle_end_excess"].value
    assert ratio == pytest.approx(0.2, abs=0.05)
    level = {(name, key): 1.0 for key in ("step_factor", "exp_end", "cos_end")}
    same = sheets(level)[name]
    for other in ("decay", "expo", "cos"):
        np.testing.assert_allclose(same[f"{other}_b"].values, same["const_b"].values, rtol=1e-12)


# After edits -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("schedules", tmp_path_factory.mktemp("schedules"))


EDITS: tuple[dict[tuple[str, str], float], ...] = (
    {("one_cycle", "steps"): 1.0, ("lr_finder", "batch"): 1.0},
    {("one_cycle", "pct_start"): 0.0, ("schedules_compared", "pct_start"): 1.0},
    {("one_cycle", "pct_start"): 1.0, ("schedules_compared", "pct_start"): 0.0},
    {("one_cycle", "steps"): 37.5, ("one_cycle", "pct_start"): 0.013},
    {("lr_finder", "x_shift"): 55.48, ("lr_finder", "x_scale"): 26.55},
    {("lr_finder", "beta"): 0.0, ("lr_finder", "stop_factor"): 1.0},
    {("lr_finder", "beta"): 0.9999, ("lr_finder", "high"): 1e-6},
    {("lr_finder", "low"): 1.0, ("lr_finder", "high"): 1e-3, ("lr_finder", "batch"): 29.0},
    {("lr_finder", "noise"): 0.0, ("lr_finder", "start_b"): 30.0, ("lr_finder", "start_a"): 2.0},
    {("lr_finder", "true_a"): -1e6, ("schedules_compared", "start_a"): 1e6},
    {("lr_finder", "stop_factor"): 1e6, ("lr_finder", "low"): 1e3, ("lr_finder", "high"): 1e3},
    {("schedules_compared", "lr_max"): 0.05, ("schedules_compared", "momentum"): 0.0},
    {("schedules_compared", "momentum"): 1.0, ("schedules_compared", "step_every"): 1.0},
    {("schedules_compared", "lr_max"): 0.6, ("schedules_compared", "cos_end"): 1.0},
)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: " ".join(name for _, name in edit))
def test_edited_inputs_agree_too(edit: dict[tuple[str, str], float], workbook: Path) -> None:
    placed = {sheet.name: sheet for sheet in read_workbook(workbook).sheets}
    typed: dict[str, dict[tuple[int, int], float | str]] = {}
    for (sheet, name), value in edit.items():
        block = placed[sheet][name]
        typed.setdefault(sheet, {})[block.row, block.column] = value
    edited = workbook.with_name("edited.xlsx")
    invalidated_copy(workbook, edited, typed)
    assert check(edited, ["ironcalc"]).differences == ()


@pytest.mark.parametrize(("pct", "steps"), [(0.0, 1.9), (1.0, 1.0), (0.5, 2.0), (0.02, 50.0)])
def test_the_sheets_cycle_at_its_edges(pct: float, steps: float) -> None:
    found = sheets({("one_cycle", "pct_start"): pct, ("one_cycle", "steps"): steps})["one_cycle"]
    assert np.isfinite(found["lr"].values).all()
    assert (found["momentum"].values <= 0.95 + 1e-12).all()
