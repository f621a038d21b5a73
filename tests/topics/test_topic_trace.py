"""`sheetsim.trace`: what it returns, how it diverges, and what it refuses."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import sheetsim
from sheetsim.errors import DataError, OptionError
from sheetsim.sheet import Kind
from sheetsim.topics import lay_out, new_book

OPTIMIZERS = [name for name, info in sheetsim.list_topics().items() if info.traceable]
LECTURES = ["sgd", "momentum", "rmsprop", "adam", "adam_annealed"]
"""The optimizers that the lecture has."""
VARIANTS = ["lecture", "textbook"]
LEAST = [
    "epoch",
    "step",
    "x",
    "y",
    "b",
    "a",
    "pred",
    "squared_error",
    "de_db",
    "de_da",
    "new_b",
    "new_a",
]
each = pytest.mark.parametrize("name", OPTIMIZERS)
both = pytest.mark.parametrize("variant", VARIANTS)


@each
def test_without_a_lecture_variant_both_are_the_textbooks(name: str) -> None:
    wanted, other = (sheetsim.trace(name, variant=variant) for variant in VARIANTS)
    assert other.attrs["variant"] == "textbook"
    assert wanted.attrs["variant"] == ("lecture" if name in LECTURES else "textbook")
    assert wanted.equals(other) == (name not in LECTURES)


@each
@both
def test_columns_and_values_are_the_sheets(name: str, variant: str) -> None:
    """A row for each step, with the headings of the sheet in their order."""
    steps = sheetsim.trace(name, epochs=3, variant=variant)
    book = new_book(name, {"epochs": 3, "variant": variant})
    sheet = next(sheet for sheet in lay_out(book) if sheet.name == name)
    of_panel, (*headings, flag) = [
        [str(text) for text in block.values[0]]
        for block in sheet.of_kind(Kind.TEXT)
        if block.columns > 8 and block.values[0, 0] == "epoch"
    ]
    assert of_panel == [*headings, flag]
    assert flag == "beyond", "the sheet's own column: a trace has its status"
    assert list(steps.columns) == headings
    assert set(LEAST) <= set(headings)
    for column in headings:
        if column in sheet.blocks:
            values = sheet[column].values[:, 0].astype(float)
            np.testing.assert_allclose(steps[column], values, rtol=1e-12, err_msg=column)
    assert steps.attrs["status"] == "finished: 87 steps"


@each
def test_shape_is_epochs_times_points(name: str) -> None:
    points = pd.DataFrame({"x": [1.0, 2.0, 4.0], "y": [2.0, 3.0, 5.0]})
    steps = sheetsim.trace(name, points=points, epochs=4)
    assert list(steps["epoch"]) == [e for e in (1, 2, 3, 4) for _ in range(3)]
    assert list(steps["step"]) == [1, 2, 3] * 4
    assert list(steps["x"]) == [1, 2, 4] * 4
    assert list(steps["y"]) == [2, 3, 5] * 4
    assert not steps.isna().any().any()


@each
def test_textbook_keeps_all_updates_and_the_lecture_28_of_29(name: str) -> None:
    for variant, column in (("textbook", "new_"), ("lecture", "")):
        steps = sheetsim.trace(name, epochs=2, variant=variant)
        if steps.attrs["variant"] != variant:
            assert name not in LECTURES
            continue
        last, first = steps.iloc[28], steps.iloc[29]
        assert [first["b"], first["a"]] == [last[f"{column}b"], last[f"{column}a"]], variant
        inner = steps.iloc[:29]
        for of in "ba":
            assert (inner[of].to_numpy()[1:] == inner[f"new_{of}"].to_numpy()[:-1]).all()


@both
def test_nan_stands_from_where_it_diverged(variant: str) -> None:
    """With lr 1 the error grows by a factor of about x² a step; warnings fail any test here."""
    steps = sheetsim.trace("sgd", variant=variant, epochs=5, lr=1)
    status = steps.attrs["status"]
    assert status.startswith("diverged at step ")
    step = int(status.split()[3])
    assert steps.attrs["diverged"] == step
    numbers = steps.drop(columns=["epoch", "step", "x", "y"])
    blank = numbers.isna().to_numpy()
    assert not blank[: step - 1].any()
    assert blank[step - 1 :].any(axis=1).all(), "each row from there on"
    if variant == "textbook":  # the lecture drops an epoch's last update, be it out of range
        lost = steps[["new_b", "new_a"]].isna().astype(int)
        assert (lost.diff().dropna() >= 0).all(axis=None), "what has left the range stays out"
    assert blank[-1].all()
    assert not np.isinf(numbers).any(axis=None)
    row = steps.iloc[step - 1]
    assert f"(epoch {row['epoch']:.0f}, point {row['step']:.0f})" in status
    assert "try a smaller lr" in status
    assert list(steps["step"]) == list(range(1, 30)) * 5


@each
@both
@pytest.mark.parametrize("lr", [1e3, 1e100])
def test_rates_however_large_end_in_a_sentence(name: str, variant: str, lr: float) -> None:
    steps = sheetsim.trace(name, variant=variant, epochs=3, lr=lr)
    assert steps.attrs["status"].startswith(("diverged at step ", "finished: "))
    assert not np.isinf(steps.to_numpy(dtype=float)).any()


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("sgd", {"lr": 0}, "lr is 0; expected a number above 0"),
        ("sgd", {"lr": -0.1}, r"lr is -0\.1; expected a number above 0"),
        ("sgd", {"lr": float("nan")}, "lr is nan; expected"),
        ("sgd", {"lr": float("inf")}, "lr is inf; expected"),
        ("sgd", {"lr": "fast"}, "lr is '?fast'?; expected a number above 0"),
        ("sgd", {"lr": True}, "lr is True; expected"),
        ("sgd", {"h": 0}, "h is 0; expected a number above 0"),
        ("sgd", {"beta1": 0.9}, "sgd has no beta1; it has lr, h"),
        ("momentum", {"beta1": 1}, r"beta1 is 1; expected a number from 0 to 0\.99"),
        ("momentum", {"beta1": -0.1}, r"beta1 is -0\.1; expected a number from 0"),
        ("momentum", {"beta2": 0.9}, "momentum has no beta2; it has lr, beta1"),
        ("rmsprop", {"beta2": 2}, "beta2 is 2; expected a number from 0"),
        ("rmsprop", {"epsilon": 0.1}, "rmsprop has no epsilon; it has lr, beta2"),
        ("adam", {"a": float("inf")}, "a is inf; expected a (finite )?number"),
        ("adam", {"b": None, "a": "1,5"}, "a is '?1,5'?; expected a (finite )?number"),
        ("adam_annealed", {"anneal_by": 0}, "anneal_by is 0; expected a number above 0"),
        ("adam", {"epochs": 0}, "epochs is 0; expected a whole number from 1 to "),
        ("adam", {"epochs": 1.5}, r"epochs is 1\.5; expected a whole number"),
        (
            "adam",
            {"epochs": 10**6},
            "epochs is 1,?000,?000; expected a whole number from 1 to 36,137",
        ),
        ("adam", {"variant": "best"}, "variant is '?best'?; expected '?lecture'? or '?textbook'?"),
    ],
)
def test_bad_parameters_say_what_was_expected(
    name: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message) as error:
        sheetsim.trace(name, **settings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "state", "message"),
    [
        ("sgd", [0.0], "state has 1 numbers; sgd expects none"),
        ("momentum", [0.0], "state has 1 numbers; momentum expects m_b, m_a"),
        ("momentum", [0.0, 0.0, 1.0], "state has 3 numbers; momentum expects m_b, m_a"),
        ("rmsprop", [], "state has 0 numbers; rmsprop expects v_b, v_a"),
        ("adam", [0.0] * 5, "state has 5 numbers; adam expects m_b, m_a, v_b, v_a"),
        (
            "adam_annealed",
            [0.0] * 6,
            "state has 6 numbers; adam_annealed expects m_b, m_a, v_b, v_a and, if you like, "
            "prev_grad2",
        ),
        ("momentum", [0.0, float("nan")], "state[1] is"),
        ("momentum", ["x", 0.0], "state[0] is"),
    ],
)
def test_state_of_the_wrong_length_is_refused(name: str, state: list[Any], message: str) -> None:
    with pytest.raises(OptionError) as error:
        sheetsim.trace(name, state=state)
    assert message in str(error.value)


def test_state_may_bring_prev_grad2() -> None:
    steps = sheetsim.trace("adam_annealed", epochs=2, state=[0, 0, 100, 900, 7.0])
    assert steps["prev_grad2"][0] == 7
    without = sheetsim.trace("adam_annealed", epochs=1, state=[0, 0, 100, 900])
    assert without["prev_grad2"][0] == 10 + 30, "√v_b + √v_a of what is carried in"


@pytest.mark.parametrize("name", ["dot_product", "data", "compare", "gradient_descent", "nothing"])
def test_only_optimizers_are_traced(name: str) -> None:
    with pytest.raises(OptionError, match=r"is no optimizer; sgd, momentum|there is no workbook"):
        sheetsim.trace(name)


def test_points_that_are_none_are_refused() -> None:
    with pytest.raises(DataError):
        sheetsim.trace("sgd", points=[[1.0, 2.0]])


def test_trace_changes_nothing_that_it_is_given() -> None:
    points = np.array([[1.0, 2.0], [2.0, 5.0]])
    state = [1.0, 2.0]
    sheetsim.trace("momentum", points=points, state=state)
    assert points.tolist() == [[1, 2], [2, 5]]
    assert state == [1, 2]
