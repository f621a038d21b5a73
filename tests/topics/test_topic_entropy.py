"""Softmax and cross entropy: SciPy, PyTorch, and what Excel cached in the lecture's own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special
from conftest import rectangle
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.sheet import Array, Kind, Sheet
from sheetsim.topics import lay_out, new_book
from sheetsim.topics.entropy.binary_loss import binary_cross_entropy, by_choice
from sheetsim.topics.entropy.cross_entropy import from_outputs, nll
from sheetsim.topics.entropy.nothing_there import NO, YES, sigmoid
from sheetsim.topics.entropy.softmax import AGREE, OTHER, SAME, TOO_LARGE, plain, softmax
from sheetsim.workbook.read.all_cells import Cells, read_cells
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

CLOSE = 1e-11
outputs = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=8).map(np.array)
moderate = st.lists(st.floats(-30, 30), min_size=2, max_size=8).map(np.array)


def sheets_with(**edits: Any) -> dict[str, Sheet]:
    """The sheets laid out with other inputs: sheet__block=values."""
    book = new_book("entropy", {})
    for key, values in edits.items():
        sheet, block = key.split("__")
        book.given.setdefault(sheet, {})[block] = values
    return {sheet.name: sheet for sheet in lay_out(book)}


# Against SciPy and PyTorch -----------------------------------------------------------------


@given(outputs)
def test_softmax_is_scipys(values: Array) -> None:
    np.testing.assert_allclose(softmax(values), scipy.special.softmax(values), rtol=CLOSE)
    np.testing.assert_allclose(
        sigmoid(values), scipy.special.expit(values), rtol=CLOSE, atol=1e-300
    )


@given(moderate, st.floats(-30, 30))
def test_a_constant_changes_no_softmax(values: Array, constant: float) -> None:
    np.testing.assert_allclose(softmax(values + constant), softmax(values), rtol=1e-12)
    np.testing.assert_allclose(plain(values), softmax(values), rtol=1e-12)
    two = np.array([values[0], 0.0])
    np.testing.assert_allclose(softmax(two)[0], sigmoid(values[0]), rtol=1e-12)


@given(outputs)
def test_cross_entropy_is_scipys_log_softmax(values: Array) -> None:
    rows = np.tile(values, (len(values), 1))
    labels = np.arange(1.0, len(values) + 1)
    logs = scipy.special.log_softmax(values)
    np.testing.assert_allclose(nll(rows, labels), -values, rtol=0)
    np.testing.assert_allclose(from_outputs(rows, labels), -logs, rtol=1e-12, atol=1e-12)
    bits = from_outputs(rows, labels, base=2)
    np.testing.assert_allclose(bits, -logs / np.log(2), rtol=1e-12, atol=1e-12)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0, 1))
def test_binary_cross_entropy_is_scipys_xlogy(p: float, y: float) -> None:
    expected = -scipy.special.xlogy(y, p) - scipy.special.xlog1py(1 - y, -p)
    ours = binary_cross_entropy(np.array([y]), np.array([p]))
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-15)
    for label in (0.0, 1.0):
        pair = np.array([label]), np.array([p])
        np.testing.assert_allclose(by_choice(*pair), binary_cross_entropy(*pair), rtol=1e-15)


def test_pytorchs_cross_entropy() -> None:
    """torch.nn.functional.cross_entropy and binary_cross_entropy, PyTorch 2.13, float64."""
    rows = np.array([[2.5, 0.4, -1.2, 0.3], [0.2, 1.9, -0.7, -1.5], [50.0, -800.0, 3.0, 0.25]])
    torch = [0.22950973456784526, 2.854898288086789, 850.0]
    np.testing.assert_allclose(from_outputs(rows, np.array([1.0, 3.0, 2.0])), torch, rtol=1e-14)
    y, p = np.array([1, 1, 0, 0.25, 1]), np.array([0.5, 0.98, 0.9, 0.5, 0.1])
    torch = [
        *(0.6931471805599453, 0.020202707317519466, 2.302585092994046),
        *(0.6931471805599453, 2.3025850929940455),
    ]
    np.testing.assert_allclose(binary_cross_entropy(y, p), torch, rtol=1e-13)


# Against Excel, by the values that it cached -----------------------------------------------


@pytest.fixture(scope="module")
def excel(lecture: Path) -> Cells:
    return read_cells(lecture / "entropy_example.xlsx")


def test_lectures_softmax(excel: Cells) -> None:
    cells = excel["softmax"]
    first, second = rectangle(cells, "B3:B7"), rectangle(cells, "G3:G7")
    extra = second - (first - 1.5)  # image 2 as the lecture has it, whatever shift is
    sheets = sheets_with(softmax__outputs=first, softmax__extra=extra)
    ours = sheets["softmax"]
    for block, extent in (
        ("shifted", "G3:G7"),
        ("exp_plain_one", "C3:C7"),
        ("plain_one", "D3:D7"),
        ("stable_one", "D3:D7"),
        ("sum_plain_one", "C8:C8"),
        ("exp_plain_two", "H3:H7"),
        ("plain_two", "I3:I7"),
        ("stable_two", "I3:I7"),
        ("sum_plain_two", "H8:H8"),
    ):
        np.testing.assert_allclose(ours[block].values, rectangle(cells, extent), rtol=CLOSE)
    assert ours["images_verdict"].value == SAME
    nothing = sheets["nothing_there"]
    np.testing.assert_allclose(nothing["sigmoid_1"].values, rectangle(cells, "K3:K7"), rtol=CLOSE)
    np.testing.assert_allclose(nothing["sigmoid_2"].values, rectangle(cells, "L3:L7"), rtol=CLOSE)


def test_lectures_binary_entropy_in_base_10(excel: Cells) -> None:
    cells = excel["entropy"]
    y, p = np.ones((8, 1)), np.full((8, 1), 0.5)
    y[:5], p[:5] = rectangle(cells, "B2:B6"), rectangle(cells, "C2:C6")
    ours = sheets_with(binary_loss__is_cat=y, binary_loss__prediction=p, binary_loss__base=10)
    loss = ours["binary_loss"]
    for block, extent in (("loss", "D2:D6"), ("loss_by_if", "E2:E6")):
        np.testing.assert_allclose(loss[block].values[:5], rectangle(cells, extent), rtol=CLOSE)
    logs = excel["log_entropy"]
    for block, extent in (("log_p", "E2:E6"), ("log_not_p", "F2:F6"), ("loss", "G2:G6")):
        np.testing.assert_allclose(loss[block].values[:5], rectangle(logs, extent), rtol=CLOSE)


def test_lectures_look_up_in_base_10(excel: Cells) -> None:
    """Its two classes as the first two of ours; the others get no probability at all."""
    cells = excel["log_entropy"]
    p = rectangle(cells, "D2:D6")[:, 0]
    scores = np.full((6, 4), -1e3)
    scores[:5, 0], scores[:5, 1], scores[5, 0] = np.log(p), np.log(1 - p), 0.0
    labels = np.ones((6, 1))
    labels[:5] = rectangle(cells, "H2:H6")
    ours = sheets_with(
        cross_entropy__outputs=scores, cross_entropy__true_class=labels, cross_entropy__base=10
    )["cross_entropy"]
    np.testing.assert_allclose(
        ours["log_softmax"].values[:5, :2], rectangle(cells, "E2:F6"), rtol=CLOSE
    )
    expected = rectangle(cells, "G2:G6")
    for block in ("by_sum", "by_look_up", "from_outputs"):
        np.testing.assert_allclose(ours[block].values[:5], expected, rtol=CLOSE)
    np.testing.assert_allclose(
        -ours["by_look_up"].values[:5], rectangle(cells, "I2:I6"), rtol=CLOSE
    )


# What the sheets say -----------------------------------------------------------------------


def test_sentences_follow() -> None:
    sheet = sheets_with()["softmax"]
    assert (sheet["verdict"].value, sheet["images_verdict"].value) == (AGREE, SAME)
    far = sheets_with(softmax__shift=-800)["softmax"]
    assert (far["verdict"].value, far["images_verdict"].value) == (TOO_LARGE, SAME)
    assert np.isnan(far["plain_two"].values).any()
    assert np.isfinite(far["stable_two"].values).all()
    other = sheets_with(softmax__extra=np.array([[2.0], [0], [0], [0], [0]]))["softmax"]
    assert other["images_verdict"].value == OTHER


def test_sigmoids_can_say_no() -> None:
    low = sheets_with(softmax__shift=4)["nothing_there"]
    assert [low[f"verdict_{i}"].value for i in (1, 2, 3)] == [YES, NO, NO]
    np.testing.assert_allclose(low["softmax_1"].values, low["softmax_2"].values, rtol=1e-12)
    assert np.ptp(low["moved_softmax"].values) < 1e-14
    assert (np.diff(low["moved_sigmoid"].values[:, 0]) < 0).all()


def test_eps_is_where_the_logarithm_stops() -> None:
    never = np.zeros((8, 1))
    sheet = sheets_with(binary_loss__prediction=never, binary_loss__eps=1e-5)["binary_loss"]
    assert sheet["loss"].values[0, 0] == -np.log(1e-5)


# After edits, in a real engine -------------------------------------------------------------

EDITS: list[dict[str, float]] = [
    {"softmax.shift": -1000.0, "softmax.extra": 0.5},
    {"softmax.outputs": 1000.0, "softmax.shift": 1000.0, "nothing_there.threshold": 0.01},
    {"softmax.outputs": -1000.0, "softmax.extra": -1000.0, "nothing_there.threshold": 0.99},
    {"nothing_there.less_from": -1000.0, "nothing_there.less_to": 1000.0},
    {"nothing_there.output_three": 1000.0, "softmax.shift": 0.0},
    {"binary_loss.is_cat": 0.5, "binary_loss.prediction": 0.0, "binary_loss.eps": 1e-12},
    {"binary_loss.is_cat": 0.0, "binary_loss.prediction": 1.0, "binary_loss.base": 1.0625},
    {"cross_entropy.outputs": 1000.0, "cross_entropy.true_class": 3.0, "cross_entropy.base": 2.0},
    {"cross_entropy.outputs": -1000.0, "cross_entropy.eps": 1e-12, "cross_entropy.base": 100.0},
]
"""Sheet.block -> what is typed into its first cell."""


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("entropy", tmp_path_factory.mktemp("edited"))


def edited(workbook: Path, edits: dict[str, float]) -> Path:
    """A copy of the workbook with other inputs."""
    sheets = {sheet.name: sheet for sheet in read_workbook(workbook).sheets}
    typed: dict[str, dict[tuple[int, int], float | str]] = {}
    for name, value in edits.items():
        sheet, _, block = name.partition(".")
        found = sheets[sheet][block]
        assert found.kind is Kind.INPUT
        typed.setdefault(sheet, {})[found.row, found.column] = value
    copy = workbook.with_name("edited.xlsx")
    invalidated_copy(workbook, copy, typed)
    return copy


@pytest.mark.parametrize("edits", EDITS, ids=lambda edits: " ".join(edits))
def test_edited_inputs_agree(workbook: Path, edits: dict[str, float]) -> None:
    assert check(edited(workbook, edits), ["ironcalc"]).differences == ()


@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    st.floats(-1e3, 1e3),
    st.floats(-30, 30),
    st.floats(0, 1),
    st.floats(1.01, 100),
    st.integers(1, 4),
)
def test_random_edits_agree(
    workbook: Path, shift: float, output: float, p: float, base: float, label: int
) -> None:
    edits = {
        "softmax.shift": shift,
        "softmax.outputs": output,
        "nothing_there.output_three": output,
        "binary_loss.prediction": p,
        "binary_loss.base": base,
        "cross_entropy.base": base,
        "cross_entropy.true_class": float(label),
        "cross_entropy.outputs": output,
    }
    assert check(edited(workbook, edits), ["ironcalc"]).differences == ()
