"""The softmax regression of digits.xlsx: its maths, its cells, and what it says one should see."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.data import load_digits
from sheetsim.sheet import Array, Kind, Sheet
from sheetsim.topics import Draft, lay_out, new_book
from sheetsim.topics.digits.digit import flatten, unflatten
from sheetsim.topics.digits.step import cross_entropy, gradient, logits, one_hot, penalty, softmax
from sheetsim.topics.digits.steps import train
from sheetsim.topics.digits.weights_seen import class_means
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

TABLE = Path(__file__).with_name("digits_table.csv")
NUMBERS = st.floats(-30, 30, allow_subnormal=False)


def sheets_with(seed: int = 42, epochs: int = 5, **typed: Any) -> dict[str, Sheet]:
    """The sheets of a book with other inputs on sheet step."""
    book = new_book("digits", {"seed": seed, "epochs": epochs})
    book.given["step"].update(typed)
    return {sheet.name: sheet for sheet in lay_out(book)}


@cache
def default() -> dict[str, Sheet]:
    return sheets_with()


def random_problem(seed: int) -> tuple[Array, Array, Array, Array]:
    """Pixels (7, 64), labels (7,), weights (64, 10) and bias (10,)."""
    rng = np.random.default_rng(seed)
    x, labels = rng.random((7, 64)), rng.integers(0, 10, 7)
    return x, labels, rng.standard_normal((64, 10)), rng.standard_normal(10)


# The maths ---------------------------------------------------------------------------------


def test_softmax_and_cross_entropy_in_closed_form() -> None:
    z = np.log(np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 55]]))
    np.testing.assert_allclose(softmax(z)[0], [0.01 * i for i in range(1, 10)] + [0.55], rtol=1e-14)
    assert cross_entropy(z, np.array([9]))[0] == pytest.approx(-math.log(0.55), rel=1e-14)
    flat = np.zeros((3, 10))
    assert softmax(flat).tolist() == [[0.1] * 10] * 3
    np.testing.assert_allclose(cross_entropy(flat, np.array([0, 5, 9])), math.log(10), rtol=1e-15)


@given(row=st.lists(NUMBERS, min_size=10, max_size=10), shift=NUMBERS, label=st.integers(0, 9))
def test_a_number_added_to_all_logits_changes_nothing(
    row: list[float], shift: float, label: int
) -> None:
    z, y = np.array([row]), np.array([label])
    np.testing.assert_allclose(softmax(z + shift), softmax(z), rtol=1e-12)
    np.testing.assert_allclose(softmax(z).sum(), 1, rtol=1e-14)
    loss, other = cross_entropy(z, y)[0], cross_entropy(z + shift, y)[0]
    assert other == pytest.approx(loss, abs=1e-12)
    assert loss == pytest.approx(-math.log(softmax(z)[0, label]), abs=1e-9)


def test_logits_so_large_that_exp_would_overflow() -> None:
    z = np.array([[1e4, 0, 0, 0, 0, 0, 0, 0, 0, -1e4]])
    assert softmax(z)[0].tolist() == [1, *[0] * 9]
    assert cross_entropy(z, np.array([9])).tolist() == [2e4]


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_gradient_is_the_central_difference_of_the_loss(decay: float) -> None:
    x, labels, weights, bias = random_problem(1)

    def loss(flat: Array) -> float:
        w, b = flat[:640].reshape(64, 10), flat[640:]
        return float(cross_entropy(logits(x, w, b), labels).mean()) + penalty(w, b, decay)

    at, h = np.concatenate([weights.ravel(), bias]), 1e-5
    central = [(loss(at + h * e) - loss(at - h * e)) / (2 * h) for e in np.eye(650)]
    errors = softmax(logits(x, weights, bias)) - one_hot(labels)
    by_weights, by_bias = gradient(x, errors, weights, bias, decay)
    np.testing.assert_allclose(np.concatenate([by_weights.ravel(), by_bias]), central, atol=2e-9)


def test_first_step_from_zero_weights_is_what_weights_seen_says() -> None:
    """lr / n (n_k mean of class k - n / 10 mean of all)."""
    x, labels, _, _ = random_problem(2)
    zeros = (np.zeros((64, 10)), np.zeros(10))
    (_, (weights, bias)) = train(x, labels, zeros, 0.5, 0.3, 1)
    counts = np.bincount(labels, minlength=10)
    expected = 0.5 / 7 * (counts * class_means(x, labels) - 0.7 * x.mean(axis=0)[:, None])
    np.testing.assert_allclose(weights, expected, atol=1e-15)
    np.testing.assert_allclose(bias, 0.5 * (counts / 7 - 0.1), atol=1e-15)


def test_pixels_shuffled_alike_are_learned_alike() -> None:
    x, labels, weights, bias = random_problem(3)
    order = np.random.default_rng(4).permutation(64)
    (w, b) = train(x, labels, (weights, bias), 0.2, 0.01, 4)[-1]
    (other, c) = train(x[:, order], labels, (weights[order], bias), 0.2, 0.01, 4)[-1]
    np.testing.assert_allclose(other, w[order], atol=1e-13)
    np.testing.assert_allclose(c, b, atol=1e-13)


@given(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_flatten_is_numpys_own_order(n: int, height: int, width: int) -> None:
    pictures = np.arange(n * height * width, dtype=float).reshape(n, height, width)
    columns = flatten(pictures, 2.0)
    assert columns.shape == (height * width, n)
    for i in range(n):
        np.testing.assert_array_equal(unflatten(columns[:, i], width) * 2, pictures[i])


# The cells against PyTorch -----------------------------------------------------------------


def cases() -> dict[tuple[int, float, float], list[dict[str, float]]]:
    found: dict[tuple[int, float, float], list[dict[str, float]]] = {}
    with TABLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            numbers = {name: float(value) for name, value in row.items()}
            key = (int(row["seed"]), numbers["lr"], numbers["weight_decay"])
            found.setdefault(key, []).append(numbers)
    return found


@pytest.mark.parametrize("case", cases(), ids=str)
def test_every_step_is_pytorchs(case: tuple[int, float, float]) -> None:
    """`tests/topics/digits_table.csv`, made by `scripts/make_digits_table`."""
    seed, lr, decay = case
    sheets = sheets_with(seed, lr=lr, wd=decay)
    step, steps = sheets["step"], sheets["steps"]
    rows = cases()[case]
    assert len(rows) == 6
    for t, row in enumerate(rows):
        source, name = (step, "") if t == 0 else (steps, f"_{t}")
        weights, bias = source[f"weights{name}"].values, source[f"bias{name}"].values[0]
        for k in range(10):
            assert bias[k] == pytest.approx(row[f"bias_{k}"], rel=1e-11, abs=1e-15)
            sums = np.arange(1, 65) @ weights[:, k]
            assert sums == pytest.approx(row[f"weights_{k}"], rel=1e-11, abs=1e-13)
        for column in ("entropy", "loss"):
            assert steps[column].values[t, 0] == pytest.approx(row[column], rel=1e-12)
        assert steps["right"].values[t, 0] == row["right"]
    for sheet_name, t in (("", 0), ("_after", 1)):
        assert step[f"entropy{sheet_name}"].value == pytest.approx(rows[t]["entropy"], rel=1e-12)
        assert step[f"loss{sheet_name}"].value == pytest.approx(rows[t]["loss"], rel=1e-12)
        assert step[f"right{sheet_name}"].value == rows[t]["right"]


# The cells among themselves ----------------------------------------------------------------


@pytest.mark.parametrize("seed", [42, 0, 2**32 - 1])
def test_batch_has_every_class_and_real_digits_of_the_training_part(seed: int) -> None:
    digit = sheets_with(seed, epochs=1)["digit"]
    labels = [int(digit[f"label_{i}"].value) for i in range(1, 13)]
    assert set(labels) == set(range(10))
    train_part = load_digits().train
    known = {
        image.tobytes(): label
        for image, label in zip(train_part.images, train_part.labels, strict=True)
    }
    pictures = [digit[f"picture_{i}"].values.astype(np.uint8).tobytes() for i in range(1, 13)]
    assert [known[picture] for picture in pictures] == labels
    assert len(set(pictures)) == 12


def test_first_of_the_steps_is_the_sheet_step() -> None:
    step, steps = default()["step"], default()["steps"]
    for one, other in (
        ("logits", "logits_0"),
        ("errors", "errors_0"),
        ("new_weights", "weights_1"),
        ("new_bias", "bias_1"),
        ("logits_after", "logits_1"),
        ("predicted_after", "predicted_1"),
    ):
        np.testing.assert_array_equal(step[one].values, steps[other].values)


def test_no_near_tie_decides_a_prediction_of_the_default() -> None:
    for t in range(6):
        z = np.sort(default()["steps"][f"logits_{t}"].values, axis=1)
        assert (z[:, -1] - z[:, -2]).min() > 1e-6


@pytest.mark.parametrize("made", range(6))
def test_weights_seen_are_those_of_the_step(made: int) -> None:
    book = new_book("digits", {})
    book.given["weights_seen"] = {"step_to_show": made}
    sheets = {sheet.name: sheet for sheet in lay_out(book)}
    source = sheets["step"]["weights"] if made == 0 else sheets["steps"][f"weights_{made}"]
    for k in range(10):
        seen = sheets["weights_seen"][f"weights_{k}"].values
        np.testing.assert_array_equal(seen, source.values[:, k].reshape(8, 8))


def test_sizes_are_modest() -> None:
    cells = sum(len(list(sheet.cells())) for sheet in default().values())
    assert 8_000 < cells < 10_000


# What the sheets say that one should see ---------------------------------------------------


def test_a_short_step_keeps_what_the_slope_promises_and_a_long_one_does_not() -> None:
    step = sheets_with(lr=0.02)["step"]
    fall = step["loss"].value - step["loss_after"].value
    assert fall > 0
    assert fall == pytest.approx(step["loss"].value - step["promised"].value, rel=0.05)
    step = default()["step"]
    assert step["promised"].value < step["loss_after"].value < step["loss"].value
    step = sheets_with(lr=10.0)["step"]
    assert step["loss_after"].value > step["loss"].value


def test_zero_weights_know_nothing() -> None:
    step = sheets_with(weights=np.zeros((64, 10)))["step"]
    assert (step["softmax"].values == 0.1).all()
    np.testing.assert_allclose(step["entropies"].values, math.log(10), rtol=1e-15)


def test_weight_decay_alone_and_at_its_strongest() -> None:
    step = sheets_with(wd=0.0)["step"]
    assert step["loss"].value == step["entropy"].value
    step = sheets_with(wd=1.0)["step"]  # lr 0.5: new = old - 0.5 (g + 2 old)
    without = sheets_with(wd=0.0)["step"]["weights_gradient"].values
    np.testing.assert_allclose(step["new_weights"].values, -0.5 * without, atol=1e-16)


@pytest.mark.parametrize("seed", range(5))
def test_loss_of_the_steps_falls_by_default_and_jumps_with_10(seed: int) -> None:
    for lr in (0.5, 0.02):
        losses = sheets_with(seed, lr=lr)["steps"]["loss"].values[:, 0]
        assert (np.diff(losses) < 0).all()
    losses = sheets_with(seed, lr=10.0)["steps"]["loss"].values[:, 0]
    assert losses[1] > losses[0]
    assert losses.max() > 2 * losses[0]
    assert (np.diff(losses) < 0).any()


def test_strong_decay_fades_the_weights() -> None:
    size = {}
    for decay in (0.01, 0.5):
        sheets = sheets_with(wd=decay)
        size[decay] = np.abs(sheets["steps"]["weights_5"].values)
        corner = sheets["steps"]["weights_5"].values[0] / sheets["step"]["weights"].values[0]
        np.testing.assert_allclose(corner, (1 - decay) ** 5, rtol=1e-9)  # 1 - 2 lr wd, no ink
    assert size[0.5].mean() < size[0.01].mean() / 2


def test_a_wrong_label_is_learned_too() -> None:
    book = new_book("digits", {})
    book.given["digit"]["label_6"] = 1.0  # the 7
    sheets = {sheet.name: sheet for sheet in lay_out(book)}
    ways = [sheets["steps"][f"entropies_{t}"].values[5, 0] for t in range(6)]
    assert (np.diff(ways) < 0).all()
    assert (sheets["weights_seen"]["mean_7"].values == 0).all()
    mixed = sheets["weights_seen"]["mean_1"].values
    x = sheets["digit"]["x"].values
    np.testing.assert_allclose(mixed.ravel(), (x[:, 5] + x[:, 6]) / 2, rtol=1e-15)


# After edits, in an engine -----------------------------------------------------------------


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("digits", tmp_path_factory.mktemp("edited"), epochs=2, seed=5)


def agrees_after(workbook: Path, typed: dict[str, dict[tuple[int, int], float | str]]) -> None:
    edited = workbook.with_name("edited.xlsx")
    invalidated_copy(workbook, edited, typed)
    assert check(edited, ["ironcalc"]).differences == ()


def inputs(workbook: Path) -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in read_workbook(workbook).sheets}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "typed",
    [
        {"lr": 0.0, "wd": 0.0},
        {"lr": 100.0, "wd": 0.0},
        {"lr": 1e-9, "wd": 100.0},
        {"weights": 0.0, "bias": 0.0},
        {"weights": 100.0, "bias": -100.0},
        {"picture_1": 16.0, "picture_2": 0.0, "ink": 1e-3, "label_1": 9.0, "label_2": 9.0},
        {"ink": 1e6, "digit_to_show": 12.0, "step_to_show": 0.0},
    ],
    ids=str,
)
def test_extreme_inputs_agree(workbook: Path, typed: dict[str, float]) -> None:
    """A whole block of one value each: all weights 0 (every class ties), all ink, no ink."""
    edits: dict[str, dict[tuple[int, int], float | str]] = {}
    for name, sheet in inputs(workbook).items():
        for block in sheet.of_kind(Kind.INPUT):
            if block.name in typed:
                for row, column, _, _ in block.cells():
                    edits.setdefault(name, {})[row, column] = typed[block.name]
    agrees_after(workbook, edits)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(data=st.data())
def test_random_edits_agree(workbook: Path, data: st.DataObject) -> None:
    blocks = [b for sheet in inputs(workbook).values() for b in sheet.of_kind(Kind.INPUT)]
    typed: dict[str, dict[tuple[int, int], float | str]] = {}
    for block in data.draw(st.lists(st.sampled_from(blocks), min_size=1, max_size=12)):
        assert block.valid is not None
        i, j = (
            data.draw(st.integers(0, block.rows - 1)),
            data.draw(st.integers(0, block.columns - 1)),
        )
        low, high = max(block.valid.low, -20.0), min(block.valid.high, 20.0)
        value = (
            float(data.draw(st.integers(int(low), int(high))))
            if block.valid.choices
            else data.draw(st.floats(low, high, exclude_min=True, allow_subnormal=False))
        )
        typed.setdefault(block.sheet, {})[block.row + i, block.column + j] = value
    agrees_after(workbook, typed)


def test_book_is_the_same_whoever_builds_it() -> None:
    books: list[Draft] = [new_book("digits", {}) for _ in range(2)]
    for name, inputs_of in books[0].given.items():
        for key, value in inputs_of.items():
            np.testing.assert_array_equal(value, books[1].given[name][key])
