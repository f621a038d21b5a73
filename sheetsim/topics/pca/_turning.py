"""How far power iteration has got in the step to show: the lengths so far, and v over the movies.

The movies are drawn in the plane of two directions, the first component v1 and what the start s has
besides, so that the start lies in it as long as it is:

    u = s - (s . v1) v1, brought to length 1          place of a movie x: (x . v1, x . u)

In the same plane v goes through the middle of the movies, as long as they reach,

    end of v = reach (v . v1, v . u)

It begins in the start's direction and turns until it lies along the first component, (reach, 0);
what of it lies along other directions meanwhile is not seen. The trail of its end shows that the
steps become short. What the charts draw stands right of the steps.
"""

import numpy as np

from sheetsim.sheet import Block, Chart, Series, Sheet
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._step_to_show import shown_step, step_to_show

DRAWN = 31
"""Rows of the steps that are drawn: after so many nothing is seen to move."""

ROWS, MOST = 17, 8
"""Rows of the charts, and the most columns of each."""

PLANE, WAYS, WIDE, ASIDE = 5, 8, 14, 7
"""Of what the charts draw: first columns of the movies and of the ways of v, columns in all, and
rows from the first to those of the plane."""


def inputs(sheet: Sheet, row: int, column: int, steps: int) -> None:
    """The step to show and the step that is shown, side by side."""
    given = facts(sheet, row, column, (step_to_show(steps),))["step_to_show"]
    facts(sheet, row, column + 1, (shown_step(float(given.value), steps),))


def charts(
    sheet: Sheet, covariance: Sheet, lengths: list[Block], at: tuple[int, int], left: int
) -> None:
    """Both charts, and to the right of the steps what they draw.

    Args:
        sheet: with the steps of every component.
        covariance: the sheet with the centred factors.
        lengths: |C v| of each component, (steps + 1, 1).
        at: row of the charts, and columns of each; the first begins in column 1.
        left: the first column of what they draw.
    """
    (row, columns), top = at, lengths[0].row
    columns = min(columns, MOST)
    sheet.text(top - 4, left, "what the charts draw", "band")
    step = next(b for b in sheet.parts if (b.row, b.column) == (top, 0))
    _rest(sheet, (top + ASIDE, left + WAYS + 4))
    _sizes(sheet, covariance["centred"].qualified, step, (top, left + PLANE))
    curves = _lengths(sheet, lengths, step, left)
    title = "|C v| up to the step to show"
    size = (row, 1, columns, ROWS)
    sheet.charts.append(Chart(title, "step", "|C v|", curves, *size, x_range=(0, DRAWN - 1)))
    _ways(sheet, (top, left + WAYS))
    title, size = "v of component 1 turns over the movies", (row, 1 + columns, columns, ROWS)
    series = (
        Series("corners", *_pair(sheet, "corners"), points=False, line=False, quiet=True),
        Series("movies", *_pair(sheet, "movies"), line=False),
        Series("v", *_pair(sheet, "v"), points=False),
        Series("its end, step by step", *_pair(sheet, "trail")),
    )
    sheet.charts.append(
        Chart(title, "along component 1", "along the rest of the start", series, *size)
    )


def _pair(sheet: Sheet, name: str) -> tuple[Block, Block]:
    """The two columns of that name, along component 1 and along the rest of the start."""
    return sheet[f"{name}_along_1"], sheet[f"{name}_along_2"]


def _lengths(sheet: Sheet, lengths: list[Block], step: Block, left: int) -> tuple[Series, ...]:
    """|C v| of each component, in the steps that are drawn."""
    top = step.row
    steps = np.minimum(step.values[:DRAWN], float(sheet["shown_step"].value))
    formula = f"=MIN({step.across},shown_step)"
    x = sheet.fill(top, left, "drawn_step", formula, steps, "calc.index")
    sheet.text(top - 1, left, "step", "heading")
    series = []
    for number, length in enumerate(lengths, start=1):
        sheet.text(top - 1, left + number, f"|C v| {number}", "heading")
        values = length.values[steps[:, 0].astype(int)]
        formula = f"=INDEX({length.part(slice(0, DRAWN)).range},{x.across}+1)"
        at = (top, left + number, f"drawn_{number}", formula, values, "calc.step")
        series.append(Series(f"component {number}", x, sheet.fill(*at), points=False))
    return tuple(series)


def _plane(sheet: Sheet) -> tuple[Block, Block]:
    """The two directions, (1, k) each."""
    return sheet["vector_1"], sheet["rest"]


def _rest(sheet: Sheet, at: tuple[int, int]) -> None:
    """What the start has besides component 1, of length 1; zeros where that is nothing."""
    (top, left), vector = at, sheet["vector_1"]
    firsts = [sheet[f"v{f + 1}_1"] for f in range(vector.columns)]
    start = np.array([[first.values[0, 0] for first in firsts]])
    cells = f"{firsts[0].at(0)}:{firsts[-1].at(0)}"
    beside = start - float(start[0] @ vector.values[0]) * vector.values
    sheet.text(top - 1, left, "the start less what it has of component 1", "band")
    formulas = [
        [
            f"={first.at(0)}-SUMPRODUCT({cells},{vector.range})*{vector.at(0, f)}"
            for f, first in enumerate(firsts)
        ]
    ]
    left_over = sheet.formulas(top, left, "left_over", formulas, beside, "calc.step")
    length = np.sqrt(np.sum(beside**2))
    decimals = int(sheet["decimals"].value)
    unit = beside / length if np.round(length, decimals) != 0 else np.zeros_like(beside)
    size = f"SQRT(SUMPRODUCT({left_over.range},{left_over.range}))"
    formula = f"=IF(ROUND({size},decimals)=0,0,{left_over.down}/{size})"
    sheet.fill(top + 1, left, "rest", formula, unit, "calc.step")


def _sizes(sheet: Sheet, centred: Block, step: Block, at: tuple[int, int]) -> None:
    """The movies in the plane, how far they reach, and how many steps there are."""
    top, left = at
    sheet.labels(top - 1, left, [["movies 1", "movies 2"]], "heading")
    for i, vector in enumerate(_plane(sheet), start=1):
        values = centred.values @ vector.values.T
        formula = f"=SUMPRODUCT({centred.across},{vector.range})"
        sheet.fill(top, left + i - 1, f"movies_along_{i}", formula, values, "calc.step")
    places = _pair(sheet, "movies")
    largest = float(np.abs(np.hstack([place.values for place in places])).max())
    ends = ",".join(f"MAX({place.range}),0-MIN({place.range})" for place in places)
    last = step.rows - 1
    row = (
        Fact("reach", "reach", f"=MAX({ends})", largest, "calc.step"),
        Fact("steps", "steps_made", f"=COUNT({step.range})-1", last, "calc.index"),
    )
    facts(sheet, top - 4, left, row)


def _ways(sheet: Sheet, at: tuple[int, int]) -> None:
    """How v lies in the plane in every step, the trail of its end, and v where it is shown."""
    top, left = at
    step, reach = sheet["drawn_step"], float(sheet["reach"].value)
    shown = int(sheet["shown_step"].value)
    parts = [sheet[f"v{f + 1}_1"] for f in range(sheet["vector_1"].columns)]
    v = np.hstack([part.values for part in parts])
    headings = [f"{name} {i}" for name in ("v along", "trail", "v") for i in (1, 2)]
    sheet.labels(top - 1, left, [headings], "heading")
    for i, vector in enumerate(_plane(sheet), start=1):
        column = left + i - 1
        formula = f"=SUMPRODUCT({parts[0].across}:{parts[-1].across},{vector.range})"
        along = v @ vector.values.T
        place = sheet.fill(top, column, f"every_along_{i}", formula, along, "calc.step")
        formula = f"=reach*INDEX({place.part(slice(0, DRAWN)).range},{step.across}+1)"
        trail = reach * along[step.values[:, 0].astype(int)]
        sheet.fill(top, column + 2, f"trail_along_{i}", formula, trail, "calc.step")
        end = f"reach*INDEX({place.range},shown_step+1)"
        both = reach * np.array([[-along[shown, 0]], [along[shown, 0]]])
        formulas = [[f"=0-{end}"], [f"={end}"]]
        sheet.formulas(top, column + 4, f"v_along_{i}", formulas, both, "calc.step")
        formulas, ends = [["=0-reach"], ["=reach"]], np.array([[-reach], [reach]])
        sheet.formulas(top + 3, column + 4, f"corners_along_{i}", formulas, ends, "calc.step")
    sheet.labels(top + 2, left + 4, [["reach 1", "reach 2"]], "heading")
