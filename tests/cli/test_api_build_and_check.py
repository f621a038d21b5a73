"""`topics`, `build` and `check` as a program calls them: every kind of data, every wrong option."""

import dataclasses
import importlib.metadata
import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import sheetsim
from sheetsim.errors import DataError, EngineError, OptionError, OutputError, WorkbookError
from sheetsim.topics import gradient_descent

OLD = b"what stood here before"
TABLE = np.array([[3.0, np.nan, 4.5], [1.0, 2.0, np.nan], [np.nan, 5.0, 2.5], [0.5, 4.0, 3.0]])
XS, YS = [0.0, 1.0, 2.0, 4.0], [1.0, 3.5, 5.0, 8.5]


def optimizers_found() -> list[str]:
    """The files that hold an OPTIMIZER, in the order that each states."""
    orders = {}
    for path in Path(gradient_descent.__path__[0]).glob("[!_]*.py"):
        text = path.read_text(encoding="utf-8")
        if "\nOPTIMIZER = " in text:
            (order,) = re.findall(r"^    order=(\d+),$", text, re.MULTILINE)
            orders[path.stem] = int(order)
    lectures = ["sgd", "momentum", "rmsprop", "adam", "adam_annealed"]
    found = sorted(orders, key=lambda name: orders[name])
    assert [name for name in found if name in lectures] == lectures
    return found


def test_topics_in_the_order_of_the_sheets() -> None:
    found = sheetsim.list_topics()
    books: dict[str, list[str]] = {}
    for name, info in found.items():
        books.setdefault(info.workbook, []).append(name)
    assert books["collab_filter"] == ["dot_product", "one_hot", "embedding", "bias"]
    assert books["gradient_descent"] == ["data", *optimizers_found(), "compare", "valley"]
    assert set(books) - set(sheetsim.list_workbooks()) == {"movielens"}
    for name, info in found.items():
        assert info.name == name
        assert info.title
        assert info.summary
        with pytest.raises(dataclasses.FrozenInstanceError):
            info.name = "other"  # type: ignore[misc]
    solvable = {name for name, info in found.items() if info.solvable}
    assert solvable == {"dot_product", "bias", "data", "linear_rating", "sigmoid_rating"}
    assert [n for n, info in found.items() if info.traceable] == optimizers_found()


# Data --------------------------------------------------------------------------------------


def long_frame() -> pd.DataFrame:
    users, movies = np.nonzero(~np.isnan(TABLE))
    ratings = TABLE[users, movies]
    return pd.DataFrame({"userId": users + 1, "movieId": movies + 1, "rating": ratings})


def wide_frame() -> pd.DataFrame:
    return pd.DataFrame(TABLE, index=[1, 2, 3, 4], columns=[1, 2, 3])


def all_ratings(folder: Path) -> dict[str, Any]:
    wide, long = folder / "wide.csv", folder / "long.csv"
    wide_frame().to_csv(wide, index_label="userId")
    long_frame().to_csv(long, index=False)
    return {
        "array": TABLE,
        "lists": TABLE.tolist(),
        "wide frame": wide_frame(),
        "wide frame with a column of users": wide_frame().rename_axis("userId").reset_index(),
        "long frame": long_frame(),
        "wide path": wide,
        "long path": long,
        "path as text": str(wide),
    }


def cells(path: Path, sheet: str) -> list[list[Any]]:
    page = openpyxl.load_workbook(path, data_only=True)[sheet]
    return [list(row) for row in page.iter_rows(values_only=True)]


def numbers(rows: list[list[Any]]) -> list[float]:
    return [cell for row in rows for cell in row if isinstance(cell, int | float)]


def test_ratings_of_every_kind_build_the_same(tmp_path: Path) -> None:
    expected = None
    for name, ratings in all_ratings(tmp_path).items():
        path = sheetsim.build("bias", tmp_path / "bias.xlsx", ratings=ratings, k=2)
        assert path == tmp_path / "bias.xlsx"
        found = numbers(cells(path, "bias"))
        expected = expected or found
        assert found == expected, name
        assert sheetsim.solve("bias", ratings=ratings, k=2).variables.size == 2 * 7 + 7


def all_points(folder: Path) -> dict[str, Any]:
    path = folder / "points.csv"
    frame = pd.DataFrame({"y": YS, "note": "x", "x": XS})
    frame.to_csv(path, index=False)
    return {
        "path": path,
        "path as text": str(path),
        "frame": frame,
        "tuple of lists": (XS, YS),
        "tuple of arrays": (np.array(XS), np.array(YS)),
        "tuple of series": (pd.Series(XS), pd.Series(YS)),
        "array": np.column_stack([XS, YS]),
        "list of pairs": [list(pair) for pair in zip(XS, YS, strict=True)],
    }


def test_points_of_every_kind_build_the_same(tmp_path: Path) -> None:
    slope, intercept = np.polyfit(XS, YS, 1)
    expected = None
    for name, points in all_points(tmp_path).items():
        path = sheetsim.build("sgd", tmp_path / "sgd.xlsx", points=points, lr=0.01, epochs=2)
        found = numbers(cells(path, "sgd"))
        expected = expected or found
        assert found == expected, name
        result = sheetsim.solve("data", points=points)
        np.testing.assert_allclose(result.variables, [intercept, slope], rtol=1e-6)
        frame = sheetsim.trace("sgd", points=points, lr=0.01)
        assert frame["x"].tolist() == XS * 5


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        (np.full((2, 2), np.nan), "empty user"),
        (np.ones(3), r"an array of shape \(3,\); expected \(n_users, n_movies\)"),
        ([[1.0, "x"]], "ratings: holds"),
        (pd.DataFrame({"userId": [1, 1], "movieId": [2, 2], "rating": [3, 4]}), "twice"),
        (pd.DataFrame(), "no row at all"),
        ({"a": 1}, "ratings: "),
        ("absent.csv", "absent.csv: no such file"),
        (np.array([[np.inf]]), "out of range"),
    ],
)
def test_ratings_that_are_none(tmp_path: Path, ratings: Any, message: str) -> None:
    target = tmp_path / "bias.xlsx"
    target.write_bytes(OLD)
    with pytest.raises(DataError, match=message):
        sheetsim.build("bias", target, ratings=ratings, k=1)
    with pytest.raises(DataError, match=message):
        sheetsim.solve("bias", ratings=ratings, k=1)
    assert target.read_bytes() == OLD


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (([1.0], [2.0]), "1 point; expected at least 2"),
        (([1.0, 2.0], [2.0]), "2 values of x, 1 of y"),
        (([1.0], [2.0], [3.0]), "a tuple of 3; expected two sequences"),
        (np.ones((3, 3)), r"an array of shape \(3, 3\)"),
        (([1.0, np.nan], [1.0, 2.0]), "row 2, column x: nan is out of range"),
        (pd.DataFrame({"x": [1, 2]}), "missing heading y"),
        (7, r"an array of shape \(\)"),
        ("absent.csv", "absent.csv: no such file"),
    ],
)
def test_points_that_are_none(tmp_path: Path, points: Any, message: str) -> None:
    for call in (
        lambda: sheetsim.build("sgd", tmp_path / "sgd.xlsx", points=points),
        lambda: sheetsim.solve("data", points=points),
        lambda: sheetsim.trace("sgd", points=points),
    ):
        with pytest.raises(DataError, match=message):
            call()
    assert not list(tmp_path.iterdir())


# Options -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("bias", {"k": 0}, "k is 0; expected a whole number from 1 to 50"),
        ("bias", {"k": 2.5}, "k is 2.5; expected a whole number from 1 to 50"),
        ("bias", {"k": True}, "k is True; expected a whole number"),
        ("bias", {"k": [2]}, r"k is \[2\]; expected a whole number"),
        ("bias", {"k": np.array([2])}, r"k is array\(\[2\]\); expected a whole number"),
        ("bias", {"k": 10**400}, "k is .{,60}; expected a whole number"),
        ("bias", {"at": np.array(["start"])}, "at is array.* expected optimum or start"),
        ("adam", {"variant": 1}, "variant is 1; expected lecture or textbook"),
        ("adam", {"lr": float("nan")}, "lr is nan; expected a number above 0"),
        ("adam", {"lr": 1j}, "lr is 1j; expected a number above 0"),
        ("adam", {"lr": pd.NA}, "lr is <NA>; expected a number above 0"),
        ("adam", {"beta_1": 0.5}, "gradient_descent has no option 'beta_1'; it has points, noise"),
        ("bias", {"lr": 1}, "collab_filter has no option 'lr'; it has ratings, users"),
        ("gradient_descent", {"lr": 1}, r"sgd diverged at step 45 \(epoch 2, point 16\)"),
        ("adma", {}, "there is no workbook or topic 'adma'; did you mean adam"),
        (None, {}, "there is no workbook or topic None"),
    ],
)
def test_wrong_options_of_build(
    tmp_path: Path, name: Any, options: dict[str, Any], message: str
) -> None:
    target = tmp_path / "book.xlsx"
    target.write_bytes(OLD)
    with pytest.raises(OptionError, match=message) as caught:
        sheetsim.build(name, target, **options)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, sheetsim.SheetsimError)
    assert isinstance(caught.value, ValueError)
    assert target.read_bytes() == OLD
    assert len(list(tmp_path.iterdir())) == 1


def test_options_may_be_numpys_numbers_texts_or_none(tmp_path: Path) -> None:
    files = [
        sheetsim.build("bias", tmp_path / f"{i}.xlsx", k=k, seed=seed, ratings=None).read_bytes()
        for i, (k, seed) in enumerate([(2, 0), (np.int64(2), None), (2.0, "0"), ("2", np.uint8(0))])
    ]
    assert len(set(files)) == 1


def test_paths(tmp_path: Path) -> None:
    assert sheetsim.build("data", tmp_path) == tmp_path / "data.xlsx"
    assert sheetsim.build("data", str(tmp_path / "mine.XLSX")) == tmp_path / "mine.XLSX"
    table = tmp_path / "points.csv"
    table.write_bytes(OLD)
    with pytest.raises(OptionError, match=r"points\.csv; expected a name that ends in \.xlsx"):
        sheetsim.build("data", table)
    assert table.read_bytes() == OLD
    with pytest.raises(OutputError, match=r"cannot be written, there is no folder"):
        sheetsim.build("data", tmp_path / "none" / "data.xlsx")
    with pytest.raises(OutputError):
        sheetsim.build("data", tmp_path / ("x" * 300 + ".xlsx"))
    assert {path.name for path in tmp_path.iterdir()} == {"data.xlsx", "mine.XLSX", "points.csv"}


# Check -------------------------------------------------------------------------------------


def test_check_in_the_engines_asked_for(tmp_path: Path) -> None:
    path = sheetsim.build("data", tmp_path)
    before = path.read_bytes()
    said: list[str] = []
    report = sheetsim.check(path, engines=["ironcalc"], progress=said.append)
    assert report.ok
    assert report == sheetsim.check(str(path), ("ironcalc",))
    assert list(report.engines) == ["ironcalc"]
    assert report.engines["ironcalc"] == importlib.metadata.version("ironcalc")
    assert any("ironcalc" in words for words in said)
    assert path.read_bytes() == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.path = "other"  # type: ignore[misc]
    with pytest.raises(OptionError, match="there is no engine 'excel'"):
        sheetsim.check(path, engines=["excel"])
    with pytest.raises(EngineError, match=r"IronCalc took more than 1e-09 s"):
        sheetsim.check(path, engines=["ironcalc"], timeout=1e-9)
    for absent in ("absent.xlsx", str(tmp_path)):
        with pytest.raises(WorkbookError):
            sheetsim.check(absent)
        with pytest.raises(WorkbookError):
            sheetsim.compare(absent)


def test_compare_is_frozen_and_finds_nothing_to_say(tmp_path: Path) -> None:
    comparison = sheetsim.compare(sheetsim.build("data", tmp_path))
    assert comparison.ok
    assert [model.topic for model in comparison.models] == ["data"]
    for part in (comparison, comparison.models[0]):
        with pytest.raises(dataclasses.FrozenInstanceError):
            part.status = "other"  # type: ignore[misc]


# The package -------------------------------------------------------------------------------


def test_types_are_shipped() -> None:
    assert (Path(sheetsim.__file__).parent / "py.typed").is_file()
    assert "py.typed" in Path(__file__).parents[2].joinpath("pyproject.toml").read_text()


@pytest.mark.parametrize("name", [name for name in sheetsim.__all__ if name != "SheetsimError"])
def test_docstrings(name: str) -> None:
    function = getattr(sheetsim, name)
    text = inspect.getdoc(function) or ""
    assert text.splitlines()[0].endswith(".")
    assert "Returns:\n" in text
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    if signature.parameters:
        assert "Args:\n" in text
        assert "Raises:\n" in text
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty
        assert f"\n    {'**' * (parameter.kind is parameter.VAR_KEYWORD)}{parameter.name}: " in text
