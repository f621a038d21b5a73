"""The charts of the narrow valley: the way over the contours, the errors, up to the step to show.

What they draw stands right of the table of steps.
"""

from collections.abc import Mapping

import numpy as np

from sheetsim.sheet import Block, Chart, Series, Sheet
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._step_to_show import shown_step

CHARTS, HEADINGS, TOP, ASIDE = 7, 31, 32, 15
"""Rows of the charts, of the headings of the steps and of the first step, and the first column of
what the charts draw."""
SIDE = 15.0
"""Both axes of the map run from -SIDE to SIDE."""
DEGREES = tuple(range(0, 361, 15))
LEVELS = (1, 2)
"""The contours: through the start, and through half of the way to the bottom."""


def drawn_run(sheet: Sheet, blocks: Mapping[str, Block]) -> dict[str, Block]:
    """The run up to the step to show, as the charts draw it; its place within the map's axes."""
    step, last = blocks["step"], blocks["step"].rows - 1
    made = Fact("steps", "steps_made", f"=COUNT({step.range})-1", last, "calc.index")
    facts(sheet, HEADINGS - 3, ASIDE, (made,))
    there = shown_step(float(sheet["step_to_show"].value), last)
    facts(sheet, sheet["step_to_show"].bottom, sheet["step_to_show"].column, (there,))
    sheet.text(HEADINGS - 1, ASIDE, "what the charts draw", "band")
    side = sheet.numbers(HEADINGS - 1, ASIDE + 5, [[SIDE]], "index")
    steps = np.minimum(step.values, float(there.value))
    rows = steps[:, 0].astype(int)
    at, formula = (TOP, ASIDE + 7), f"=MIN({step.across},shown_step)"
    drawn = {"step": sheet.fill(*at, "drawn_step", formula, steps, "calc.index")}
    for column, name in ((0, "x"), (1, "y"), (8, "flat"), (9, "steep")):
        source = blocks[name]
        here, values = f"INDEX({source.range},{drawn['step'].across}+1)", source.values[rows]
        if name in "xy":
            here = f"MAX(0-{side.range},MIN({side.range},{here}))"
            values = np.clip(values, -SIDE, SIDE)
        place = (TOP, ASIDE + column, f"drawn_{name}", f"={here}", values, "calc.step")
        drawn[name] = sheet.fill(*place)
    sheet.labels(HEADINGS, ASIDE + 7, [["drawn step", "drawn flat", "drawn steep"]], "heading")
    return drawn


def way_chart(sheet: Sheet, given: Mapping[str, float], drawn: Mapping[str, Block]) -> None:
    """The contours and the way over them, on axes of one length; beyond them nothing is drawn."""
    sheet.labels(HEADINGS, ASIDE, [["drawn x", "drawn y", "degrees"]], "heading")
    degrees = sheet.numbers(TOP, ASIDE + 2, [[d] for d in DEGREES], "index")
    turn, t = np.radians(given["angle"]), np.radians(np.array(DEGREES, dtype=float))
    energy = given["start_steep"] ** 2 + given["start_flat"] ** 2 / given["kappa"]
    series = []
    for i, n in enumerate(LEVELS):
        of = sheet.numbers(HEADINGS, ASIDE + 3 + 2 * i, [[n]], "heading")
        sheet.text(HEADINGS, ASIDE + 4 + 2 * i, "its y", "heading")
        long = f"SQRT(start_steep^2*kappa+start_flat^2)/{of.at(0)}*COS(RADIANS({degrees.across}))"
        short = f"SQRT(start_steep^2+start_flat^2/kappa)/{of.at(0)}*SIN(RADIANS({degrees.across}))"
        flat = np.sqrt(energy * given["kappa"]) / n * np.cos(t)
        steep = np.sqrt(energy) / n * np.sin(t)
        pair = []
        for offset, (one, sign, other) in enumerate((("COS", "-", "SIN"), ("SIN", "+", "COS"))):
            formula = f"={one}(RADIANS(angle))*{long}{sign}{other}(RADIANS(angle))*{short}"
            values = (
                np.cos(turn) * flat - np.sin(turn) * steep
                if offset == 0
                else np.sin(turn) * flat + np.cos(turn) * steep
            )
            name = f"contour_{'ab'[i]}_{'xy'[offset]}"
            at = (TOP, ASIDE + 3 + 2 * i + offset, name, formula, values[:, None], "calc.step")
            pair.append(sheet.fill(*at))
        series.append(Series(f"contour {n}", pair[0], pair[1], points=False, quiet=True))
    series.append(Series("the way", drawn["x"], drawn["y"]))
    ends = (-SIDE, SIDE)
    title = "The way over the contours, up to the step to show"
    sheet.charts.append(
        Chart(title, "x", "y", tuple(series), CHARTS, 0, 4, 22, x_range=ends, y_range=ends)
    )


def error_charts(sheet: Sheet, blocks: Mapping[str, Block], drawn: Mapping[str, Block]) -> None:
    """The error along each direction: of the run up to the step to show, and in closed form."""
    step = blocks["step"]
    for name, column in (("flat", 4), ("steep", 8)):
        series = (
            Series("closed form", step, blocks[f"{name}_closed"], points=False),
            Series("the run", drawn["step"], drawn[name], line=False),
        )
        title = f"The {name} error by step"
        sheet.charts.append(Chart(title, "step", f"{name} error", series, CHARTS, column, 4, 22))
