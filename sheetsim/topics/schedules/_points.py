"""The points that both runs of this workbook are fitted to: beside y = 2 x + 30, as in the lecture.

    y = true_b + true_a x + noise z        z drawn once from the standard normal distribution

They stand on the sheet of the finder; the sheet of the schedules points at them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetsim.data import line_points
from sheetsim.sheet import Array, Block, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Inputs, Plan

N = 29
"""Points, as many as the lecture has."""


@dataclass(frozen=True)
class Placed:
    """Where the points stand.

    Attributes:
        number: 1 to 29, (29, 1).
        x: abscissas as given, (29, 1).
        y: ordinates, (29, 1).
        u: x shifted and scaled, what the line is fitted over, (29, 1).
    """

    number: Block
    x: Block
    y: Block
    u: Block


def draws(_plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the inputs of a new workbook start with: x and z, (29, 1) each, drawn from the seed."""
    x = line_points(seed=options["seed"]).x
    z = np.random.default_rng([options["seed"], 1]).standard_normal(N).round(3)
    return {"x": x[:, None], "z": z[:, None]}


def no_inf(values: Any) -> Array:
    """Infinite numbers as NaN, which stands for an error: that is what engines show for them."""
    array = np.asarray(values, dtype=float)
    return np.where(np.isfinite(array), array, np.nan)


def scale(sheet: Sheet, row: int, column: int, x: Block) -> None:
    """The inputs of the line and of the scale of x, and the scale that x itself has."""
    placed = (
        Fact("true_b", "true_b", None, 30.0, "input.general", Valid(-1e6, 1e6)),
        Fact("true_a", "true_a", None, 2.0, "input.general", Valid(-1e6, 1e6)),
        Fact("noise", "noise", None, 10.0, "input.general", Valid(0, 1e6)),
        Fact("x_shift", "x_shift", None, 0.0, "input.general", Valid(-1e6, 1e6)),
        Fact("x_scale", "x_scale", None, 1.0, "input.general", Valid(1e-3, 1e6)),
        Fact("mean_x", "mean_x", f"=AVERAGE({x.range})", x.values.mean(), "calc.step"),
        Fact("sd_x", "sd_x", f"=STDEVP({x.range})", x.values.std(), "calc.step"),
    )
    facts(sheet, row, column, placed)


def points(sheet: Sheet, row: int, column: int) -> Placed:
    """The table of the points, with the inputs above it; takes 4 rows more than points.

    Args:
        sheet: where.
        row: of the labels of the inputs.
        column: of the table's first column; it takes seven.
    """
    top = row + 4
    headings = ["point", "x", "z", "y", "u"]
    sheet.labels(top - 1, column, [headings], "heading")
    number = sheet.numbers(top, column, [[i + 1] for i in range(N)], "index")
    within, ones = Valid(-1e6, 1e6), np.ones((N, 1))
    x = sheet.inputs(top, column + 1, "x", ones, "input.general", within)
    z = sheet.inputs(top, column + 2, "z", ones, "input.general", within)
    scale(sheet, row, column, x)
    given = {name: float(sheet[name].value) for name in ("true_b", "true_a", "noise")}
    y = sheet.fill(
        top,
        column + 3,
        "y",
        f"=true_b+true_a*{x.cell}+noise*{z.cell}",
        given["true_b"] + given["true_a"] * x.values + given["noise"] * z.values,
        "calc.step",
    )
    shifted = (x.values - float(sheet["x_shift"].value)) / float(sheet["x_scale"].value)
    u = sheet.fill(top, column + 4, "u", f"=({x.cell}-x_shift)/x_scale", shifted, "calc.step")
    return Placed(number, x, y, u)
