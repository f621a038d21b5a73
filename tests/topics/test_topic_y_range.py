"""Predictions within a range: the maths against closed forms, and edits against the engine."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.topics.y_range.reach import descend, logit
from sheetsim.topics.y_range.sigmoid_rating import (
    range_for,
    sigmoid_range,
    sigmoid_range_slope,
)
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy


def test_range_of_known_scores() -> None:
    """Logistic(ln 10) is 10/11 and logistic(0) is 1/2, exactly."""
    found = sigmoid_range(np.array([np.log(10), 0.0, -np.log(10)]), 0.0, 5.5)
    np.testing.assert_allclose(found, [5.0, 2.75, 0.5], rtol=1e-14)
    slope = sigmoid_range_slope(np.array([np.log(10), 0.0]), 0.0, 5.5)
    np.testing.assert_allclose(slope, [5 * 0.5 / 5.5, 5.5 / 4], rtol=1e-14)


def test_far_scores_neither_overflow_nor_leave_the_range() -> None:
    with np.errstate(all="raise", under="ignore"):
        found = sigmoid_range(np.array([-1e4, -800.0, 800.0, 1e4]), 0.0, 5.5)
        slope = sigmoid_range_slope(np.array([-1e4, 1e4]), 0.0, 5.5)
    assert found.tolist() == [0.0, 0.0, 5.5, 5.5]
    assert slope.tolist() == [0.0, 0.0]


@given(raw=st.floats(-15, 15), low=st.floats(-5, 0), high=st.floats(1, 9))
def test_tanh_says_the_same(raw: float, low: float, high: float) -> None:
    """The logistic function is (1 + tanh(x / 2)) / 2; its slope is by central differences."""
    found = float(sigmoid_range(np.array(raw), low, high))
    expected = low + (high - low) * (1 + np.tanh(raw / 2)) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    h = 1e-5
    up, down = (float(sigmoid_range(np.array(raw + d), low, high)) for d in (h, -h))
    slope = float(sigmoid_range_slope(np.array(raw), low, high))
    np.testing.assert_allclose((up - down) / (2 * h), slope, rtol=1e-6, atol=1e-9)


def test_logit_is_the_inverse_and_nothing_at_the_ends() -> None:
    assert logit(5.0, 0.0, 5.5) == pytest.approx(np.log(10), rel=1e-14)
    assert np.isnan([logit(5.0, 0.0, 5.0), logit(0.0, 0.0, 5.5)]).all()


def test_descent_arrives_only_where_the_rating_is_inside() -> None:
    near, far = (descend(0.0, 5.0, 0.0, top, 0.5, 400) for top in (5.0, 5.5))
    assert far[1][-1] == pytest.approx(5.0, abs=1e-9)
    assert near[1][-1] < 4.99
    assert near[0][-1] > near[0][-2]


def test_range_holds_other_scales() -> None:
    assert range_for(np.array([0.5, 5.0])) == (0.0, 5.5)
    assert range_for(np.array([1.0, np.nan, 10.0])) == (0.5, 10.5)


def test_edits_agree(tmp_path: Path) -> None:
    path = build("y_range", tmp_path / "book.xlsx", k=2)
    sheets = {sheet.name: sheet for sheet in read_workbook(path).sheets}

    def place(sheet: str, block: str, i: int = 0, j: int = 0) -> tuple[int, int]:
        return sheets[sheet][block].row + i, sheets[sheet][block].column + j

    many: list[dict[str, dict[tuple[int, int], float | str]]] = [
        {"sigmoid_rating": {place("sigmoid_rating", "movie_factors"): -2000.0}},
        {"sigmoid_rating": {place("sigmoid_rating", "high"): 0.0}},
        {
            "linear_rating": {place("linear_rating", "ratings", 1, 1): ""},
            "outside_range": {place("outside_range", "most_stars"): 3.0},
        },
        {"reach": {place("reach", "near_top"): 0.0, place("reach", "lr"): 1.0}},
        {"reach": {place("reach", "goal"): -3.0, place("reach", "raw_first"): 50.0}},
    ]
    for typed in many:
        edited = tmp_path / "edited.xlsx"
        invalidated_copy(path, edited, typed)
        assert check(edited, ["ironcalc"]).differences == (), typed
