"""Points: the lecture's own, drawn ones, and every form that `as_points` takes."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sheetsim.data import Points, as_points, line_points, load_points
from sheetsim.errors import DataError, OptionError

LINE = Path(__file__).resolve().parents[3] / "shared" / "data" / "lecture" / "line.csv"

values = st.floats(-1e100, 1e100).filter(lambda v: v == 0 or abs(v) >= 1e-100)


def test_the_lectures_points() -> None:
    if not LINE.exists():
        pytest.skip(f"the lecture's data are not here: {LINE}")
    points = load_points(LINE)
    assert points.n == 29
    assert points.source == "line.csv"
    np.testing.assert_array_equal(points.y, 2 * points.x + 30)  # the lecture's line
    assert (points.x[0], points.y[0]) == (14, 58)  # sheet basic, A4:B4


def test_the_default_is_the_lectures_line_drawn_anew() -> None:
    points = as_points(None)
    assert points == line_points(n=29, a=2, b=30, noise=0, seed=42)
    assert points.n == 29
    np.testing.assert_array_equal(points.y, 2 * points.x + 30)
    assert set(points.x) <= set(range(1, 101))
    assert len(set(points.x)) > 10
    assert points.source == "y = 2 x + 30, noise 0, seed 42"
    assert line_points(seed=1) != points


def test_both_ends_of_randbetween_are_drawn() -> None:
    x = line_points(n=10_000).x
    assert (x.min(), x.max()) == (1, 100)


def test_noise_has_the_deviation_asked_for_and_leaves_x_alone() -> None:
    quiet, noisy = line_points(n=20_000), line_points(n=20_000, noise=3)
    np.testing.assert_array_equal(quiet.x, noisy.x)
    residuals = noisy.y - (2 * noisy.x + 30)
    assert abs(residuals.mean()) < 5 * 3 / np.sqrt(20_000)  # five standard errors
    assert abs(residuals.std() - 3) < 5 * 3 / np.sqrt(40_000)


@pytest.mark.parametrize(
    "options",
    [
        {"n": 1},
        {"n": 1_048_576},
        {"n": 2.5},
        {"n": True},
        {"seed": -1},
        {"seed": None},
        {"noise": -1},
        {"noise": float("nan")},
        {"a": float("inf")},
        {"a": "two"},
        {"b": 1e91},
    ],
    ids=str,
)
def test_bad_options(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(OptionError, match=rf"^{name} is .*; expected"):
        line_points(**options)


def test_headings_in_any_order_and_case_among_others(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes('\ufeffnote, Y ,x\r\n"a, b",1,2\r\n"say ""hi""",-.5,+3e1\r\n,,\r\n'.encode())
    assert load_points(path) == Points(np.array([2.0, 30.0]), np.array([1.0, -0.5]), "")


@settings(max_examples=40)
@given(pairs=hnp.arrays(np.float64, st.tuples(st.integers(2, 9), st.just(2)), elements=values))
def test_every_form_gives_the_same_points(
    tmp_path_factory: pytest.TempPathFactory, pairs: np.ndarray[Any, Any]
) -> None:
    x, y = pairs.T
    frame = pd.DataFrame({"y": y, "x": x})
    path = tmp_path_factory.mktemp("points") / "points.csv"
    frame.to_csv(path)  # with an index column, whose heading is empty
    expected = Points(x, y, "expected")
    assert expected.x.tolist() == x.tolist()
    assert as_points(expected) is expected
    for form in (pairs, pairs.tolist(), (x, y), (list(x), list(y)), frame, path, str(path)):
        assert as_points(form) == expected


def test_points_are_frozen_copies() -> None:
    x = np.array([1.0, 2.0])
    points = Points(x, x, "mine")
    x[0] = 9
    assert points.x[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        points.x[0] = 9
    with pytest.raises(AttributeError):
        points.x = x  # type: ignore[misc]
    assert len({points, Points(points.x, points.y, "other")}) == 1
    assert points != "points"


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (([1, 2], [3]), "2 values of x, 1 of y"),
        (([1], [3]), "1 point; expected at least 2"),
        (([1, 2], [3, np.nan]), "row 2, column y: nan is out of range"),
        (([1, np.inf], [3, 4]), "row 2, column x: inf is out of range"),
        (([1, 1e-200], [3, 4]), "row 2, column x"),
        (([[1, 2]], [[3, 4]]), r"x has shape \(1, 2\); expected \(n,\)"),
        (([1, 2], [3, 4], [5, 6]), "a tuple of 3"),
        ((["1", "2"], [3, 4]), "expected numbers"),
        (([1, [2]], [3, 4]), "not an array of numbers"),
        (([1, 2j], [3, 4]), "complex128 values"),
        ([[1, 2, 3]], r"shape \(1, 3\); expected \(n, 2\)"),
        (7, r"shape \(\); expected \(n, 2\)"),
        (object(), "not an array of numbers"),
        (np.array([[True, False], [True, True]]), "bool values"),
        (np.ma.masked_invalid([[1, 2], [3, np.nan]]), "row 2, column y"),
        ([[10**400, 1], [2, 3]], "points"),
        (pd.DataFrame({"x": [1, 2], "z": [3, 4]}), "DataFrame: headings: missing heading y"),
        (pd.DataFrame({"x": [1, 2], "y": [3, None]}), "DataFrame: row 2, column y: .*blank"),
        (pd.DataFrame({"x": [1, "a"], "y": [3, 4]}), "DataFrame: row 2, column x: 'a'"),
        (pd.DataFrame({"x": [], "y": []}), "DataFrame: no row at all"),
        (pd.DataFrame([[1, 2, 3]], columns=["x", "y", "X"]), "duplicate heading 'X'"),
    ],
)
def test_bad_objects(obj: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_points(obj)


@settings(max_examples=150)
@given(data=st.binary(max_size=60) | st.binary(max_size=40).map(lambda b: b"x,y\n1,2\n" + b))
def test_arbitrary_bytes_raise_nothing_but_data_errors(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(data)
    try:
        assert load_points(path).n >= 2
    except DataError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
