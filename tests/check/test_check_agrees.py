"""No false alarms: whatever sheetsim builds, from whatever input, agrees in the real engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installed import installed
from needed import NEEDED

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.engines import engines
from sheetsim.sheet import Block, Kind
from sheetsim.topics import lessons
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

ODD = pd.DataFrame(
    [[4, np.nan, 3, 2.5], [1, 5, np.nan, 2], [3, 3.5, 4, 1], [2, 4, 4.5, np.nan]],
    index=["=1+1", "@x", "a?b*c~", '"quoted" {=A1}'],
    columns=["Ünï ☃ 日本 𝄞", "<&>\"'", "+5", "-x _x0041_"],
)
ON_A_LINE = np.array([[1, 32], [2, 34], [5, 40], [7, 44], [9, 48]])
BESIDE = ON_A_LINE + np.array([[0, 0.2], [0, 0], [0, -0.4], [0, 0.5], [0, 0]])

BOTH_ENGINES: list[tuple[str, dict[str, Any]]] = [
    *((name, NEEDED.get(name, {})) for name in lessons()),
    ("collab_filter", {"ratings": ODD, "k": 2}),
    ("adam", {"points": ON_A_LINE, "epochs": 200, "variant": "textbook", "lr": 1}),
    ("sgd", {"points": ON_A_LINE, "epochs": 200, "lr": 0.01}),
]
"""The defaults; labels that are wildcards or look like formulas; runs that end at rounding."""

ONE_ENGINE: list[tuple[str, dict[str, Any]]] = [
    ("gradient_descent", {"variant": "textbook", "epochs": 3}),
    ("gradient_descent", {"at": "start", "noise": 5, "epochs": 2, "a": 0, "b": 0}),
    ("momentum", {"points": ON_A_LINE, "epochs": 200, "lr": 0.01}),
    ("rmsprop", {"points": ON_A_LINE, "epochs": 200, "lr": 0.1}),
    ("sgd", {"points": BESIDE, "epochs": 200, "variant": "textbook", "lr": 0.005}),
    ("gradient_descent", {"points": BESIDE, "epochs": 1, "beta1": 0, "beta2": 0}),
    ("collab_filter", {"k": 1, "at": "start"}),
    ("bias", {"k": 10, "seed": 3}),
    ("dot_product", {"k": 15}),
    ("bias", {"ratings": ODD, "k": 4}),
    ("dot_product", {"ratings": ODD.fillna(3), "k": 1}),
]

LECTURES: list[tuple[str, dict[str, Any]]] = [
    ("gradient_descent", {"points": "line.csv", "epochs": 25}),
    ("collab_filter", {"ratings": "ratings.csv"}),
    ("collab_filter", {"ratings": "ratings.csv", "k": 2, "at": "start"}),
]


def named(case: tuple[str, dict[str, Any]]) -> str:
    return " ".join(
        [case[0], *(f"{k}={v}" for k, v in case[1].items() if isinstance(v, str | int))]
    )


def require_agreement(name: str, options: dict[str, Any], folder: Path, *names: str) -> None:
    path = build(name, folder, **options)
    before = path.read_bytes()
    report = check(path, names)
    assert report.differences == ()
    assert report.ok
    assert path.read_bytes() == before


@pytest.mark.sampled(5)
@pytest.mark.parametrize("case", BOTH_ENGINES, ids=named)
def test_in_libreoffice(case: tuple[str, dict[str, Any]], tmp_path: Path) -> None:
    if not installed(engines()["libreoffice"]):
        pytest.skip("libreoffice is not installed here")
    require_agreement(*case, tmp_path, "libreoffice")


@pytest.mark.parametrize("case", [*BOTH_ENGINES, *ONE_ENGINE], ids=named)
def test_in_ironcalc(case: tuple[str, dict[str, Any]], tmp_path: Path) -> None:
    require_agreement(*case, tmp_path, "ironcalc")


@pytest.mark.parametrize("case", LECTURES, ids=named)
def test_on_the_lectures_data(
    case: tuple[str, dict[str, Any]], lecture: Path, tmp_path: Path
) -> None:
    name, options = case
    options = {k: lecture / v if str(v).endswith(".csv") else v for k, v in options.items()}
    require_agreement(name, options, tmp_path, "ironcalc")


# After edits -------------------------------------------------------------------------------

MIDDLING = 50.0
"""Beyond it a run of an optimizer may overflow, which is another test."""


def edits(block: Block) -> st.SearchStrategy[float | str]:
    """What somebody may type into a cell of an input."""
    valid = block.valid
    if valid is not None and valid.choices:
        return st.integers(int(valid.low), int(valid.high)).map(float)
    low, high = (-MIDDLING, MIDDLING) if valid is None else (valid.low, valid.high)
    if block.name == "lr":
        low, high = 1e-9, 1e-3
    elif block.name in ("h", "anneal_by", "anneal_above"):
        low = 1e-3
    elif block.name.startswith("start_v"):
        low = 0.0
    numbers = st.floats(max(low, -MIDDLING), min(high, MIDDLING), allow_subnormal=False)
    return numbers | st.just("") if block.blanks else numbers


@pytest.fixture(scope="module", params=["collab_filter", "gradient_descent", "textbook"])
def workbook(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edited")
    if request.param == "collab_filter":
        return build("collab_filter", folder, ratings=ODD, k=2)
    variant = "lecture" if request.param == "gradient_descent" else "textbook"
    return build("gradient_descent", folder, points=BESIDE, epochs=3, variant=variant)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_after_random_edits(workbook: Path, data: st.DataObject) -> None:
    blocks = [b for s in read_workbook(workbook).sheets for b in s.of_kind(Kind.INPUT)]
    typed: dict[str, dict[tuple[int, int], float | str]] = {}
    for block in data.draw(st.lists(st.sampled_from(blocks), min_size=1, max_size=8)):
        i = data.draw(st.integers(0, block.rows - 1))
        j = data.draw(st.integers(0, block.columns - 1))
        place = (block.row + i, block.column + j)
        typed.setdefault(block.sheet, {})[place] = data.draw(edits(block))
    edited = workbook.with_name("edited.xlsx")
    invalidated_copy(workbook, edited, typed)
    report = check(edited, ["ironcalc"])
    assert report.differences == ()


@pytest.mark.processor
@pytest.mark.parametrize("value", [1e60, -1e60, 1e-80, 0.0, 123.45678901234567])
def test_extreme_inputs_agree_too(value: float, tmp_path: Path) -> None:
    """Numbers that leave the range of floats are errors for NumPy and for the engines."""
    path = build("gradient_descent", tmp_path, points=BESIDE, epochs=2)
    sheets = {sheet.name: sheet for sheet in read_workbook(path).sheets}
    typed = {
        name: {(sheets[name][cell].row, sheets[name][cell].column): value}
        for name, cell in (("sgd", "start_a"), ("momentum", "start_m_b"), ("adam", "start_b"))
    }
    typed["data"] = {(sheets["data"]["x"].row, 0): value}
    edited = tmp_path / "edited.xlsx"
    invalidated_copy(path, edited, typed)
    names = [n for n, e in engines().items() if installed(e)] if value == 1e60 else ["ironcalc"]
    assert check(edited, names).differences == ()
