"""The averages equal pandas' and SciPy's, and closed forms; edited workbooks still agree."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.sheet import Array, Sheet
from sheetsim.topics import Draft, lay_out, new_book
from sheetsim.topics.averages import averaged_gradients, memory, smoothing
from sheetsim.topics.averages._running import ewma
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

CLOSE = 1e-12
ALPHAS = (0.001, 0.1, 0.25, 0.9, 1.0)
DRAWS = np.random.default_rng(0).standard_normal(50)


def laid_out(**given: dict[str, object]) -> dict[str, Sheet]:
    """The sheets with some inputs changed: sheet=dict(input=value)."""
    book = new_book("averages", {})
    for name, inputs in given.items():
        book.given.setdefault(name, {}).update(inputs)
    return {sheet.name: sheet for sheet in lay_out(Draft(book.plan, book.given))}


def column(sheet: Sheet, name: str) -> Array:
    return np.asarray(sheet[name].values[:, 0], dtype=float)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_ewma_is_scipys_filter(alpha: float) -> None:
    expected = lfilter([alpha], [1, alpha - 1], DRAWS)
    np.testing.assert_allclose(ewma(DRAWS, alpha), expected, rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_corrected_is_pandas_with_adjust(alpha: float) -> None:
    corrected = ewma(DRAWS, alpha) / smoothing.weight_so_far(len(DRAWS), alpha)
    expected = pd.Series(DRAWS).ewm(alpha=alpha, adjust=True).mean()
    np.testing.assert_allclose(corrected, expected, rtol=1e-10, atol=CLOSE)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_pandas_without_adjust_is_another_start(alpha: float) -> None:
    """What the docstring says of it: S_1 = g_1, that is, an average from g_1 and not from 0."""
    expected = pd.Series(DRAWS).ewm(alpha=alpha, adjust=False).mean()
    from_first = DRAWS[0] + ewma(DRAWS - DRAWS[0], alpha)
    np.testing.assert_allclose(from_first, expected, rtol=CLOSE, atol=CLOSE)


@pytest.mark.parametrize("window", [1, 2, 7, 50, 90])
def test_moving_average_is_pandas(window: int) -> None:
    expected = pd.Series(DRAWS).rolling(window, min_periods=1).mean()
    found = smoothing.moving_average(DRAWS, window)
    np.testing.assert_allclose(found, expected, rtol=CLOSE, atol=CLOSE)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.001, 1), st.floats(-1e3, 1e3, allow_subnormal=False))
def test_a_constant_is_found_at_once_when_corrected(alpha: float, value: float) -> None:
    constant = np.full(30, value)
    corrected = ewma(constant, alpha) / smoothing.weight_so_far(30, alpha)
    # Below 1e-300 alpha times value leaves the range in which floats have all of their digits.
    np.testing.assert_allclose(corrected, constant, rtol=1e-10, atol=1e-300)


def test_windows_of_the_same_age_lag_alike() -> None:
    """Behind a straight line both lag by their mean age, once the start is forgotten."""
    line = np.arange(400.0)
    alpha, window = 0.25, 7
    assert laid_out(smoothing={"alpha": alpha})["smoothing"]["even_window"].value == window
    lag = (window - 1) / 2
    assert line[-1] - smoothing.moving_average(line, window)[-1] == pytest.approx(lag)
    assert line[-1] - ewma(line, alpha)[-1] == pytest.approx(lag)


def test_distances_and_the_nearest_are_those_of_the_columns() -> None:
    for inputs in ({}, {"alpha": 1.0}, {"noise": 0.0}, {"window": 1.0, "level": 0.0}):
        sheet = laid_out(smoothing=dict(inputs))["smoothing"]
        clean = column(sheet, "clean")
        distances = {}
        for name in ("noisy", "s", "corrected", "moving"):
            distances[name] = np.square(column(sheet, name) - clean).mean()
            assert sheet[f"mse_{name}"].value == pytest.approx(distances[name], rel=CLOSE)
        nearest = str(sheet["verdict"].value).lower()
        assert distances[nearest] == min(distances.values())


# Memory ------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [0.01, 0.5, 0.9, 0.999])
def test_weights_are_the_answer_to_a_single_pulse(beta: float) -> None:
    pulse = np.zeros(41)
    pulse[0] = 1
    found = memory.weights(np.array([beta]), np.arange(41.0))[:, 0]
    np.testing.assert_allclose(found, lfilter([1 - beta], [1, -beta], pulse), rtol=1e-11)
    total = memory.weight_up_to(np.array([beta]), np.arange(41.0))[:, 0]
    np.testing.assert_allclose(total, found.cumsum(), rtol=1e-11)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95, 0.9999])
def test_so_many_steps_hold_the_share(share: float) -> None:
    beta = np.array([0.1, 0.5, 0.9, 0.999])
    steps = memory.steps_for(beta, share)
    np.testing.assert_allclose(1 - beta**steps, share, rtol=1e-9, atol=CLOSE)
    assert memory.steps_for(np.array([0.5]), 0.75)[0] == pytest.approx(2)


def test_the_rule_of_thumb_holds_about_63_percent() -> None:
    beta = np.array([0.9, 0.99, 0.999])
    held = 1 - beta ** memory.steps_of(beta)
    assert np.all(np.diff(held) < 0)
    np.testing.assert_allclose(held[-1], 1 - np.exp(-1), atol=2e-4)


# Gradients ---------------------------------------------------------------------------------


def test_gradients_are_those_of_the_run() -> None:
    """The closed form of a step, and the derivative by a central difference."""
    sheet = laid_out()["averaged_gradients"]
    x, y, b, a = (column(sheet, name) for name in ("x", "y", "run_b", "run_a"))

    def error(b: Array, a: Array) -> Array:
        return np.asarray(np.square(b + a * x - y))

    h = 1e-4
    by_b = (error(b + h, a) - error(b - h, a)) / (2 * h)
    by_a = (error(b, a + h) - error(b, a - h)) / (2 * h)
    np.testing.assert_allclose(column(sheet, "g_b"), by_b, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(column(sheet, "g_a"), by_a, rtol=1e-6, atol=1e-5)
    lr = sheet["lr"].value
    np.testing.assert_allclose(np.diff(b), -lr * column(sheet, "g_b")[:-1], rtol=1e-9)
    np.testing.assert_allclose(np.diff(a), -lr * column(sheet, "g_a")[:-1], rtol=1e-9)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.0, 0.5), (0.5, 0.0)])
def test_averages_are_pandas(beta1: float, beta2: float) -> None:
    found = averaged_gradients.averages(DRAWS, beta1, beta2, 1e-8)
    first = pd.Series(DRAWS).ewm(alpha=1 - beta1, adjust=True).mean().to_numpy()
    second = pd.Series(DRAWS**2).ewm(alpha=1 - beta2, adjust=True).mean().to_numpy()
    np.testing.assert_allclose(found.m_corrected, first, rtol=1e-10, atol=CLOSE)
    np.testing.assert_allclose(found.v_corrected, second, rtol=1e-10, atol=CLOSE)
    step = first / (np.sqrt(second) + 1e-8)
    np.testing.assert_allclose(found.step, step, rtol=1e-9, atol=CLOSE)


def test_what_the_tries_promise() -> None:
    no_memory = laid_out(averaged_gradients={"beta1": 0.0})["averaged_gradients"]
    for name in ("m_a", "m_corrected_a"):
        np.testing.assert_allclose(column(no_memory, name), column(no_memory, "g_a"))
    signs = laid_out(averaged_gradients={"beta1": 0.0, "beta2": 0.0})["averaged_gradients"]
    for of in "ba":
        sign = np.sign(column(signs, f"g_{of}"))
        np.testing.assert_allclose(column(signs, f"step_{of}"), sign, rtol=1e-6)
    truth = laid_out(averaged_gradients={"start_b": 30.0, "start_a": 2.0})["averaged_gradients"]
    assert not column(truth, "g_a").any()
    assert not column(truth, "step_b").any()
    longer = laid_out(memory={"beta": np.array([[0.99, 0.8, 0.9, 0.98]]), "share": 0.5})["memory"]
    assert longer["steps"].value == pytest.approx(100)
    assert longer["half_life"].value == pytest.approx(69, abs=0.1)
    assert longer["total"].values[-1, 0] == pytest.approx(1 / 3, abs=0.01)
    np.testing.assert_array_equal(longer["share_steps"].values, longer["half_life"].values)


def test_steps_are_of_one_size_where_gradients_are_not() -> None:
    sheet = laid_out()["averaged_gradients"]
    assert sheet["g_ratio"].value > 10
    assert 1 / 3 < sheet["step_ratio"].value < 3


# In an engine ------------------------------------------------------------------------------

EDITS: list[dict[str, dict[str, float]]] = [
    {"smoothing": {"alpha": 1, "window": 1, "noise": 0, "level": 0}},
    {"smoothing": {"alpha": 0.001, "window": 40, "period": 0.37, "swing": -2, "z": 3}},
    {"smoothing": {"noise": 1e6, "level": -1e6}, "memory": {"beta": 0.01, "share": 0}},
    {"memory": {"beta": 0.999, "share": 0.9999}},
    {"averaged_gradients": {"beta1": 0, "beta2": 0, "epsilon": 0, "lr": 0}},
    {"averaged_gradients": {"beta1": 0.9999, "beta2": 0.9999, "epsilon": 1, "x": -4}},
    {"averaged_gradients": {"start_b": 30, "start_a": 2, "epsilon": 0}},
    {"averaged_gradients": {"lr": 0.001, "x": 0, "true_b": -5, "true_a": 0}},
]


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("averages", tmp_path_factory.mktemp("averages"))


@pytest.mark.parametrize("edits", EDITS, ids=str)
def test_edited_inputs_agree(edits: dict[str, dict[str, float]], workbook: Path) -> None:
    """The first cell of each input is typed over."""
    sheets = {sheet.name: sheet for sheet in read_workbook(workbook).sheets}
    typed: dict[str, dict[tuple[int, int], float | str]] = {
        name: {(sheets[name][cell].row, sheets[name][cell].column): v for cell, v in cells.items()}
        for name, cells in edits.items()
    }
    edited = workbook.with_name("edited.xlsx")
    invalidated_copy(workbook, edited, typed)
    assert check(edited, ["ironcalc"]).differences == ()
