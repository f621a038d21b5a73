"""transfer.xlsx: fast.ai's rates, PyTorch's derivatives and steps, and what freezing is."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.errors import OptionError
from sheetsim.sheet import Array, Sheet
from sheetsim.topics import lay_out, new_book
from sheetsim.topics.transfer._steps import epoch_rates, train
from sheetsim.topics.transfer.layer_rates import group_rates
from sheetsim.topics.transfer.net import NAMES, derivatives, forward, mean_square, pretrained
from sheetsim.topics.transfer.runs import RUNS
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

TABLE = pd.read_csv(Path(__file__).with_name("transfer_table.csv"))
INDEX = np.arange(6)
X, Y = INDEX / 2 - 1, INDEX**2 / 8 - 1
"""The points of transfer_table.csv, as scripts/make_transfer_table has them."""

CASES = [pytest.param(rows.reset_index(), id=str(case)) for case, rows in TABLE.groupby("case")]


# Rates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lr", "groups", "expected"),
    [
        (1e-3, 3, [1e-3, 1e-3, 1e-3]),
        (slice(1e-3), 3, [1e-3 / 3, 1e-3 / 3, 1e-3]),
        (slice(1e-5, 1e-3), 3, [1e-5, 1e-4, 1e-3]),
        (slice(1e-6, 1e-3), 4, [1e-6, 1e-5, 1e-4, 1e-3]),
        (slice(1e-5, 1e-3), 2, [1e-5, 1e-3]),
        (slice(1e-3), 1, [1e-3]),
        (slice(1e-5, 1e-3), 1, [1e-3]),
    ],
)
def test_rates_are_those_that_fast_ai_documents(
    lr: float | slice, groups: int, expected: list[float]
) -> None:
    np.testing.assert_allclose(group_rates(lr, groups), expected, rtol=1e-14)


def test_later_versions_of_fast_ai_divide_by_10() -> None:
    np.testing.assert_allclose(group_rates(slice(1e-3), 3, 10), [1e-4, 1e-4, 1e-3], rtol=1e-14)


@given(st.floats(1e-8, 1e-2), st.floats(1.01, 1e4), st.integers(2, 12))
def test_a_slice_of_two_is_numpys_geomspace(first: float, times: float, groups: int) -> None:
    ours = group_rates(slice(first, first * times), groups)
    np.testing.assert_allclose(ours, np.geomspace(first, first * times, groups), rtol=1e-12)
    assert (np.diff(ours) > 0).all()


@pytest.mark.parametrize(
    ("lr", "groups", "words"),
    [
        (0, 3, "lr is 0; expected a number above 0"),
        (-1e-3, 3, "lr is -0.001"),
        (float("nan"), 3, "lr is nan"),
        (float("inf"), 3, "lr is inf"),
        (True, 3, "lr is True"),
        ("1e-3", 3, "lr is '1e-3'"),
        (None, 3, "lr is None"),
        (slice(None), 3, "the end of slice lr is None"),
        (slice(0), 3, "the end of slice lr is 0"),
        (slice(0, 1e-3), 3, "the start of slice lr is 0"),
        (slice(-1e-5, 1e-3), 3, "the start of slice lr is -1e-05"),
        (slice(1e-3, 1e-3), 3, "expected a start below the end"),
        (slice(1e-3, 1e-5), 3, "slice(0.001, 1e-05); expected a start below the end"),
        (slice(1e-5, 1e-3, 2), 3, "without a step"),
        (1e-3, 0, "groups is 0"),
        (1e-3, 2.5, "groups is 2.5"),
    ],
)
def test_nonsense_is_refused(lr: Any, groups: Any, words: str) -> None:
    with pytest.raises(OptionError, match=re.escape(words)):
        group_rates(lr, groups)


def test_a_divisor_must_be_above_0() -> None:
    with pytest.raises(OptionError, match="divisor is 0"):
        group_rates(slice(1e-3), 3, 0)


# Derivatives and steps ---------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_derivatives_are_pytorchs(case: pd.DataFrame) -> None:
    assert list(case["weight"]) == list(NAMES)
    ours = derivatives(case["start"].to_numpy(), X, Y)
    np.testing.assert_allclose(ours, case["derivative"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("case", CASES)
def test_three_epochs_end_where_pytorchs_sgd_does(case: pd.DataFrame) -> None:
    rates = case["rate"].to_numpy()[[0, 4, 10]]
    _, end = train(case["start"].to_numpy(), X, Y, np.tile(rates, (3, 1)))
    np.testing.assert_allclose(end, case["end"], rtol=1e-12)
    frozen = (case["rate"] == 0).to_numpy()
    assert (end == case["start"])[frozen].all()
    assert (end != case["start"])[~frozen].all()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-2, 2), min_size=13, max_size=13))
def test_derivatives_are_central_differences(weights: list[float]) -> None:
    at, h = np.array(weights), 1e-5
    differences = [
        (_loss(at + h * direction) - _loss(at - h * direction)) / (2 * h)
        for direction in np.eye(len(NAMES))
    ]
    np.testing.assert_allclose(derivatives(at, X, Y), differences, rtol=1e-6, atol=1e-7)


def _loss(weights: Array) -> float:
    return mean_square(forward(weights, X)[:, -1], Y)


def test_epoch_rates_by_hand() -> None:
    rates = epoch_rates(np.array([1.0, 2, 3]), np.array([1, 1, 0]), np.array([9, 2, 9]), 4)
    assert rates.tolist() == [[0, 0, 3], [0, 0, 3], [0, 2, 3], [0, 2, 3]]


def test_pretrained_weights_are_the_same_on_every_machine() -> None:
    """As committed: the descent is smooth enough for four decimals to be anybody's."""
    expected = [-1.2533, -0.6061, 1.8988, -0.3605, 1.0649, 0.5141, -2.1012]
    expected += [-2.5221, -1.9039, 0.8972, 2.1528, -1.8987, 2.2261]
    assert list(pretrained()) == expected
    x = np.linspace(-2, 2, 101)
    assert mean_square(forward(np.array(expected), x)[:, -1], np.sin(2 * x)) < 1e-3


# The sheets --------------------------------------------------------------------------------


@cache
def laid() -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in lay_out(new_book("transfer", {}))}


def edited(**blocks: Array | float) -> dict[str, Sheet]:
    """The sheets with other inputs; `frozen__lr=0.2` types 0.2 into lr of sheet frozen."""
    book = new_book("transfer", {})
    for key, change in blocks.items():
        sheet, name = key.split("__")
        book.given.setdefault(sheet, {})[name] = change
    return {sheet.name: sheet for sheet in lay_out(book)}


def test_frozen_groups_stay_to_the_last_bit() -> None:
    frozen = laid()["frozen"]
    assert np.array_equal(frozen["end"].values[0, :10], laid()["net"]["pretrained"].values[0, :10])
    for name in NAMES[:10]:
        assert np.ptp(frozen[name].values) == 0
    assert frozen["moved_a"].value == frozen["moved_b"].value == 0
    assert frozen["moved_c"].value > 0


def test_unfrozen_is_frozen_first_and_then_trains_the_early_groups_slower() -> None:
    unfrozen, frozen = laid()["unfrozen"], laid()["frozen"]
    first = 6 * int(unfrozen["unfreeze_after"].values[0, 0])
    for name in NAMES:
        assert np.array_equal(unfrozen[name].values[: first + 1], frozen[name].values[: first + 1])
        assert not np.array_equal(unfrozen[name].values, frozen[name].values)
    rates = unfrozen["epoch_rate"].values[-1]
    assert 0 < rates[0] < rates[1] < rates[2]


def test_the_runs_show_what_the_lesson_says() -> None:
    runs = laid()["runs"]
    end = dict(zip(RUNS, runs["end_loss"].values[0], strict=True))
    old = dict(zip(RUNS, runs["end_old_loss"].values[0], strict=True))
    above = dict(zip(RUNS, runs["epochs_above"].values[0], strict=True))
    assert above["slice_two"] < above["from_scratch"]
    assert end["slice_two"] < end["frozen"] < end["from_scratch"] / 2
    assert end["slice_two"] < end["one_rate"] / 2
    assert old["one_rate"] > 2 * old["slice_two"] > 0
    assert end["unfrozen"] < end["frozen"] / 2
    helps, spoils, pays, stays = runs["verdict"].values[:, 0]
    assert helps.startswith("Pre-training helps")
    assert spoils.startswith("One rate for all spoils")
    assert pays.startswith("Unfreezing pays")
    assert stays.startswith("Frozen means frozen")


def test_sentences_follow_the_numbers() -> None:
    sheets = edited(one_rate__lr=1e-6, runs__goal=0.0, unfrozen__lr=1e-6)
    helps, spoils, pays, stays = sheets["runs"]["verdict"].values[:, 0]
    assert helps.startswith("Pre-training does not help")
    assert spoils.startswith("One rate does no harm")
    assert pays.startswith("Unfreezing does not pay")
    assert stays.startswith("Frozen means frozen")
    thawed = edited(frozen__freeze=np.zeros((1, 3)))["runs"]["verdict"].values
    assert thawed[3, 0] == "Groups 1 and 2 of frozen did not stay as they began."


def test_one_run_becomes_another_by_its_inputs_alone() -> None:
    for way, name in ((2, "slice_one"), (3, "slice_two")):
        changed = edited(one_rate__way=way)["one_rate"]
        assert np.array_equal(changed["end"].values, laid()[name]["end"].values)
    for after, name in ((0, "slice_two"), (999, "frozen")):
        changed = edited(unfrozen__unfreeze_after=np.full((1, 3), after))["unfrozen"]
        assert np.array_equal(changed["end"].values, laid()[name]["end"].values)


def test_the_chosen_derivative_is_its_central_difference() -> None:
    for weight in range(1, 14):
        net = edited(net__weight=float(weight))["net"]
        assert net["ratio"].value == pytest.approx(1, abs=1e-4), NAMES[weight - 1]


# Edits -------------------------------------------------------------------------------------

EDITS: dict[str, dict[tuple[str, str, int], float]] = {
    "zeros": {("net", "random", i): 0.0 for i in range(13)} | {("net", "x", 0): 0.0},
    "a flat task": {("net", "size", 0): 0.0, ("net", "level", 0): 0.0, ("runs", "goal", 0): 0.0},
    "ways and freezing": {
        ("one_rate", "way", 0): 2.0,
        ("slice_one", "way", 0): 3.0,
        ("slice_two", "freeze", 0): 1.0,
        ("slice_two", "unfreeze_after", 0): 1.4,
        ("unfrozen", "unfreeze_after", 1): 1e6,
        ("frozen", "freeze", 2): 1.0,
        ("layer_rates", "freeze", 1): 1.0,
        ("net", "weight", 0): 13.0,
        ("net", "h", 0): 1.0,
    },
    "rates": {
        ("slice_one", "lr", 0): 1e-12,
        ("slice_two", "lr_start", 0): 0.05,
        ("layer_rates", "lr", 0): 1e6,
        ("layer_rates", "lr_start", 0): 1e-12,
        ("layer_rates", "divisor", 0): 1e6,
    },
    "saturated": {("net", "pretrained", 0): 1e6, ("net", "pretrained", 4): -1e6},
}


@pytest.mark.parametrize("edits", EDITS.values(), ids=EDITS)
def test_edited_workbooks_agree(edits: dict[tuple[str, str, int], float], tmp_path: Path) -> None:
    path = build("transfer", tmp_path, epochs=2)
    sheets = {sheet.name: sheet for sheet in read_workbook(path).sheets}
    typed: dict[str, dict[tuple[int, int], float | str]] = {}
    for (sheet, name, place), value in edits.items():
        block = sheets[sheet][name]
        row, column, _, _ = list(block.cells())[place]
        typed.setdefault(sheet, {})[row, column] = value
    target = tmp_path / "edited.xlsx"
    invalidated_copy(path, target, typed)
    assert check(target, ["ironcalc"]).differences == ()
