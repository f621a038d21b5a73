"""The optimizers against Excel: every column, and the replay of the lecture's Run button.

The expected numbers are the values that Excel cached in the lecture's graddesc.xlsm.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sheetsim
from sheetsim.topics import lay_out, new_book
from sheetsim.workbook.read.all_cells import Cells

RTOL = 1e-11
FIRST, LAST = 3, 32
"""The lecture's 29 steps stand in rows 4 to 32."""

TOP = {"b": "C1", "a": "C2"}
COLUMNS = {"x": "A", "y": "B", "b": "C", "a": "D", "pred": "E"}
STEPS = {**COLUMNS, "de_db": "F", "de_da": "G", "new_b": "H", "new_a": "I"}
MOMENTS = {"m_b": "J", "m_a": "K", "v_b": "L", "v_a": "M"}
CARRIED = tuple(f"{column}3" for column in "JKLM")

SHEETS: dict[str, dict[str, Mapping[str, str]]] = {
    "basic": {
        "cells": {**TOP, "lr": "F1"},
        "columns": {
            **COLUMNS,
            "squared_error": "F",
            "nudged_b": "G",
            "est_de_db": "H",
            "nudged_a": "I",
            "est_de_da": "J",
            "de_db": "K",
            "de_da": "L",
            "new_a": "M",
            "new_b": "N",
        },
    },
    "momentum": {
        "cells": {**TOP, "lr": "D2", "beta1": "J1"},
        "columns": {**STEPS, "m_b": "J", "m_a": "K", "squared_error": "L"},
    },
    "rmsprop": {
        "cells": {**TOP, "lr": "D2", "beta2": "J1"},
        "columns": {**STEPS, "v_b": "J", "v_a": "K"},
    },
    "adam": {
        "cells": {**TOP, "lr": "D2", "beta1": "J1", "beta2": "L1"},
        "columns": {**STEPS, **MOMENTS},
    },
    "adam_ann": {
        "cells": {**TOP, "lr": "D2", "beta1": "J1", "beta2": "L1"},
        "columns": {**STEPS, **MOMENTS},
    },
}
"""The lecture's sheets: where their settings are, and what our columns are there."""

TOPICS = {"basic": "sgd", "adam_ann": "adam_annealed"}
"""What we call them, where it is not what the lecture calls them."""

HEADINGS = {
    "intercept": "b",
    "slope": "a",
    "y_pred": "pred",
    "err^2": "squared_error",
    "errb1": "nudged_b",
    "erra1": "nudged_a",
    "est de/db": "est_de_db",
    "est de/da": "est_de_da",
    "de/db": "de_db",
    "de/da": "de_da",
    "new a": "new_a",
    "new b": "new_b",
}
"""The lecture's headings, in row 3, that are not ours."""


def at(cells: Cells, sheet: str, cell: str) -> Any:
    """What Excel cached in a cell such as J3."""
    found = cells[sheet].get((int(cell[1:]) - 1, ord(cell[0]) - ord("A")))
    return None if found is None else found.value


def column(cells: Cells, sheet: str, letter: str) -> list[float]:
    """What Excel cached in a column, from the first step to the last."""
    return [at(cells, sheet, f"{letter}{row + 1}") for row in range(FIRST, LAST)]


def saved(cells: Cells, sheet: str) -> dict[str, float]:
    """The settings that the file was saved with."""
    return {name: at(cells, sheet, cell) for name, cell in SHEETS[sheet]["cells"].items()}


def carried(cells: Cells, sheet: str) -> list[float]:
    """What row 3 carries into the first step: a copy of what row 33 remembers."""
    state = [at(cells, sheet, cell) for cell in CARRIED]
    return [value for value in state if isinstance(value, float)]


def same(found: Any, expected: Any, what: str) -> None:
    np.testing.assert_allclose(found, expected, rtol=RTOL, atol=0, err_msg=what)


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_column_is_excels(graddesc: Cells, lecture: Path, sheet: str) -> None:
    steps = sheetsim.trace(
        TOPICS.get(sheet, sheet),
        points=lecture / "line.csv",
        epochs=1,
        variant="lecture",
        state=carried(graddesc, sheet),
        **saved(graddesc, sheet),
    )
    columns = SHEETS[sheet]["columns"]
    for name, letter in columns.items():
        heading = at(graddesc, sheet, f"{letter}3")
        if name in MOMENTS:  # there the heading's cell holds what is carried in
            assert heading == at(graddesc, sheet, f"{letter}33")
        else:
            assert HEADINGS.get(heading, heading) == name
        same(steps[name], column(graddesc, sheet, letter), f"{sheet}!{letter}, {name}")
    used = {chr(ord("A") + c) for r, c in graddesc[sheet] if FIRST <= r < LAST}
    assert used == set(columns.values()), "each of the lecture's columns is compared"


@pytest.mark.parametrize(("sheet", "epochs"), [("basic", 5), ("rmsprop", 5), ("adam_ann", 25)])
def test_replay_from_reset_reaches_the_saved_file(
    graddesc: Cells, lecture: Path, sheet: str, epochs: int
) -> None:
    settings = saved(graddesc, sheet)
    given: dict[str, Any] = {
        name: value for name, value in settings.items() if name.startswith("beta")
    }
    if sheet != "adam_ann":  # whose lr the macro has cut since its reset to 1
        given["lr"] = settings["lr"]
    # one epoch more than was run: its first row is what the top of the saved sheet shows
    steps = sheetsim.trace(
        TOPICS.get(sheet, sheet), points=lecture / "line.csv", epochs=epochs + 1, **given
    )
    now = steps[steps["epoch"] == epochs + 1].iloc[0]
    last = steps[steps["epoch"] == epochs].iloc[-1]
    same(now[["b", "a"]].astype(float), [settings["b"], settings["a"]], f"{sheet}!C1:C2")
    if sheet == "adam_ann":
        assert now["epoch_lr"] == settings["lr"] == 0.00390625
    # Near the optimum a gradient is a small difference of two large numbers that agree to
    # 1e-11 each, so its averages are held to 1e-11 of those: 2 y and 2 x y.
    terms = {"b": 2 * steps["y"].max(), "a": 2 * (steps["x"] * steps["y"]).max()}
    moments = [name for name in steps.columns if name in MOMENTS]
    for name, expected in zip(moments, carried(graddesc, sheet), strict=True):
        root = np.sqrt if name.startswith("v") else np.positive
        assert abs(root(last[name]) - root(expected)) < RTOL * terms[name[-1]], name
    if sheet == "adam_ann":
        sizes = {"N33": last["avg_grad2"], "N3": now["prev_grad2"]}
        for cell, size in sizes.items():
            assert abs(size - at(graddesc, sheet, cell)) < RTOL * terms["a"], cell


def test_annealing_cuts_the_rate_where_the_lecture_does(lecture: Path) -> None:
    """The macro cuts lr at the end of an epoch, so that epoch_lr falls in the next one."""
    steps = sheetsim.trace("adam_annealed", points=lecture / "line.csv", epochs=26)
    by_epoch = steps.groupby("epoch")["epoch_lr"]
    assert (by_epoch.min() == by_epoch.max()).all()
    rates: pd.Series[float] = by_epoch.first()
    falls = rates[rates.diff() < 0]
    assert [epoch - 1 for epoch in falls.index] == [7, 8, 16, 17]
    assert list(falls) == [4.0**-cut for cut in (1, 2, 3, 4)]


def test_momentum_was_saved_at_its_reset_state(graddesc: Cells, lecture: Path) -> None:
    """The reset state is what the first row carries in: m of row 1, undone by its own rule."""
    steps = sheetsim.trace("momentum", points=lecture / "line.csv", epochs=1)
    explicit = sheetsim.trace(
        "momentum", points=lecture / "line.csv", epochs=1, state=carried(graddesc, "momentum")
    )
    same(steps, explicit, "state=None is Reset's warm-up, J33 and K33")
    assert saved(graddesc, "momentum")["b"] == saved(graddesc, "momentum")["a"] == 1


def test_rmse_list_of_basic_is_the_root_of_the_summed_squares(
    graddesc: Cells, lecture: Path
) -> None:
    """The macro appends sqrt(sum of squared_error), not divided by n, from C38 on: five epochs."""
    pasted = [at(graddesc, "basic", f"C{row}") for row in range(38, 43)]
    assert at(graddesc, "basic", "C43") is None
    steps = sheetsim.trace("sgd", points=lecture / "line.csv", epochs=6)
    seen = np.sqrt(steps.groupby("epoch")["squared_error"].sum())
    same(seen[1:], pasted, "the pass after each Run")
    same(seen.iloc[-1], at(graddesc, "basic", "F33"), "basic!F33")


def test_root_sse_on_the_sheet_is_that_list(graddesc: Cells, lecture: Path) -> None:
    book = new_book("sgd", {"points": lecture / "line.csv", "epochs": 6})
    sheet = next(sheet for sheet in lay_out(book) if sheet.name == "sgd")
    pasted = [at(graddesc, "basic", f"C{row}") for row in range(38, 43)]
    same(sheet["root_sse"].values[1:, 0], pasted, "root_sse from the second epoch on")
