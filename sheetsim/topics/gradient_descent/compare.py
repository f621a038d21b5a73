"""All optimizers side by side: how far each is after each epoch, and by which way.

The map behind the paths is the RMSE itself. With the points' means and covariances,

    RMSE(a, b)^2 = least^2 + (db + mean_x da)^2 + var_x da^2

where da and db are the distances from the best line, so a contour of RMSE = L is an ellipse,

    da = r sin(t) / sd_x        db = r cos(t) - mean_x da        r^2 = L^2 - least^2

very long and thin when mean_x is large beside sd_x: the narrow valley that makes plain gradient
descent slow. What each optimizer does about it is the lesson.

Each optimizer has a map of its own, for in the valley their ways lie on one another. A map reaches
to the start and around the outermost contour; a way that leaves it goes on along its edge, so that
a run that diverges does not blow it up. Curves and ways are drawn up to the step to
show; what the charts draw stands to the right of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._step_to_show import (
    epoch_formula,
    shown_step,
    step_to_show,
    until,
    until_formula,
)
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent import _all, data

FACTS, ENDS = 2, 6
"""Row of the labels of the inputs, and of the headings of where all end."""

CHART, ACROSS, WIDE, HIGH = 18, 4, 4, 14
"""Rows of the chart of RMSE; maps side by side, their columns and rows."""

MOST_EPOCHS = 10
"""Up to how many epochs their table stands beside the chart of RMSE."""

LEVELS = (0.4, 0.2, 0.1, 0.05)
"""Contours, as parts of the RMSE at the start."""
DEGREES = tuple(range(0, 361, 10))


def contour(level: float, least: float, mean_x: float, sd_x: float) -> tuple[Array, Array]:
    """Distances (da, db) from the best line at which RMSE is `level`, a closed curve."""
    angle = np.radians(np.array(DEGREES, dtype=float))
    radius = np.sqrt(max(level**2 - least**2, 0.0))
    da = radius * np.sin(angle) / sd_x
    return da, radius * np.cos(angle) - mean_x * da


def optimizers(book: Draft) -> list[str]:
    """The sheets that step through epochs, in their order."""
    return [name for name, sheet in book.sheets.items() if "epoch_b" in sheet.blocks]


def lead_of(book: Draft) -> str:
    """What the sheet shows, and whose steps are not of the variant that the title names."""
    lead = (
        "RMSE at the end of each epoch, over the same points; each with the settings on its sheet"
    )
    not_in_lecture = [
        one.name
        for one in _all.optimizers()
        if one.name in optimizers(book) and one.lecture is None
    ]
    if book.plan["variant"] == "lecture" and not_in_lecture:
        *others, last = not_in_lecture
        names = f"{', '.join(others)} and {last}" if others else last
        them = "them" if others else "it"
        lead += f" ({names} as in PyTorch: the lecture does not have {them})"
    return lead


@dataclass(frozen=True)
class _Parts:
    """What the pieces of the sheet have to know of each other.

    Attributes:
        sheet: under construction.
        book: with the optimizers' sheets.
        names: of the optimizers.
    """

    sheet: Sheet
    book: Draft
    names: list[str]

    @property
    def epochs(self) -> int:
        return int(self.book.plan["epochs"])

    @property
    def n(self) -> int:
        return int(self.book.plan["n"])

    @property
    def maps(self) -> int:
        """The first row of the maps, below a line that says what they are."""
        return ENDS + CHART + 2

    @property
    def right(self) -> int:
        """The first column beside the maps and the chart of RMSE."""
        return max(ACROSS * WIDE, len(self.names) + 2 + 6)

    @property
    def table(self) -> tuple[int, int]:
        """Where the table of epochs stands: beside the chart of RMSE, or beside all."""
        return (ENDS + 7, 0) if self.epochs <= MOST_EPOCHS else (ENDS, self.right + 1)

    @property
    def epoch(self) -> Block:
        """The numbers of the epochs, from 0."""
        return next(b for b in self.sheet.parts if (b.row, b.column) == self.table)

    @property
    def drawn(self) -> int:
        """The first column of what the charts draw."""
        return self.table[1] + len(self.names) + 2 if self.table[1] else self.right + 1


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("compare", f"All optimizers ({book.plan['variant']} variants)")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, lead_of(book), "lead")
    parts = _Parts(sheet, book, optimizers(book))
    _settings(parts)
    _same_start(sheet, book)
    _ends(parts)
    _table(parts)
    _at_step(parts)
    _curves(parts)
    _maps(parts, _contours(parts), _ways(parts))
    sheet.width(0, 0, 12)
    sheet.width(1, parts.drawn + 8 + 3 * len(parts.names) + 2 * len(LEVELS), 14.5)
    sheet.heights[FACTS] = 31
    sheet.freeze = (FACTS + 3, 1)
    sheet.text(parts.maps - 1, 0, "the ways of (a, b) over the contours of RMSE", "band")
    rows = -(-len(parts.names) // ACROSS)
    sheet.print_areas = ((0, 0, parts.maps + rows * (HIGH + 1), parts.right),)
    return sheet


def _settings(parts: _Parts) -> None:
    """The step to show, the levels of the contours, and what the map is made of."""
    sheet, book = parts.sheet, parts.book
    x, y = book["data"]["x"], book["data"]["y"]
    a, b = data.least_squares(x.values[:, 0], y.values[:, 0])
    start = book[parts.names[0]]["rmse"]
    least = float(np.sqrt(np.mean((b + a * x.values - y.values) ** 2)))
    best_b, best_a = (book["data"][f"best_{of}"].qualified for of in "ba")
    gap = f"{best_b.range}+{best_a.range}*{x.qualified.range}-{y.qualified.range}"
    steps = parts.epochs * parts.n
    first = start.qualified.at(0)
    row = (
        step_to_show(steps),
        *(
            Fact(f"contour_{i + 1}", f"contour_{i + 1}", None, part, "input.general", Valid(0))
            for i, part in enumerate(LEVELS)
        ),
        Fact("start RMSE", "start_rmse", f"={first}", start.values[0, 0], "calc.step"),
        Fact(
            "least RMSE",
            "least_rmse",
            f"=SQRT(SUMPRODUCT(({gap})^2)/COUNT({x.qualified.range}))",
            least,
            "calc.step",
        ),
        Fact("best_b", "best_b", f"={best_b.range}", best_b.value, "calc.step"),
        Fact("best_a", "best_a", f"={best_a.range}", best_a.value, "calc.step"),
        Fact("mean_x", "mean_x", f"=AVERAGE({x.qualified.range})", x.values.mean(), "calc.step"),
        Fact("sd_x", "sd_x", f"=STDEVP({x.qualified.range})", x.values.std(), "calc.step"),
    )
    placed = facts(sheet, FACTS, 0, row)
    reach_a, reach_b = _reach(parts, placed)
    made = book[parts.names[0]]["steps_made"]
    row = (
        reach_a,
        reach_b,
        Fact("points", "points", f"=COUNT({x.qualified.range})", parts.n, "calc.index"),
        Fact("steps", "steps_made", f"={made.qualified.range}", steps, "calc.index"),
        shown_step(float(placed["step_to_show"].value), steps),
    )
    facts(sheet, FACTS, placed["sd_x"].right, row)


def _reach(parts: _Parts, placed: Mapping[str, Block]) -> tuple[Fact, Fact]:
    """How far the maps go from the best line: to the start, and around the outermost contour."""
    number = {name: np.float64(block.value) for name, block in placed.items()}
    levels = [f"contour_{i + 1}" for i in range(len(LEVELS))]
    outermost = max(number[name] for name in levels) * number["start_rmse"]
    with np.errstate(all="ignore"):
        radius = np.sqrt(max(outermost**2 - number["least_rmse"] ** 2, 0))
        sizes = {
            "a": radius / number["sd_x"],
            "b": radius * np.sqrt(1 + number["mean_x"] ** 2 / number["sd_x"] ** 2),
        }
    root = f"SQRT(MAX((MAX({','.join(levels)})*start_rmse)^2-least_rmse^2,0))"
    formulas = {"a": f"{root}/sd_x", "b": f"{root}*SQRT(1+mean_x^2/sd_x^2)"}
    first = parts.book[parts.names[0]]
    found = []
    for of in "ab":
        start, best = first[f"start_{of}"], f"best_{of}"
        formula = f"=MAX({formulas[of]},ABS({start.qualified.range}-{best}))"
        far = max(sizes[of], abs(float(start.value) - number[best]))
        found.append(Fact(f"reach of {of}", f"reach_{of}", formula, float(far), "calc.step"))
    return found[0], found[1]


def _same_start(sheet: Sheet, book: Draft) -> None:
    """Whether all start at the same place, in a sentence."""
    starts = {of: [book[name][f"start_{of}"] for name in optimizers(book)] for of in "ba"}
    tests = [
        f"{first.qualified.range}={other.qualified.range}"
        for first, *others in starts.values()
        for other in others
    ]
    same = all(first.value == other.value for first, *others in starts.values() for other in others)
    yes, no = "All start from the same b and a.", "NOT the same start: compare with care."
    sheet.fill(
        FACTS + 2,
        0,
        "same_start",
        f'=IF(AND({",".join(tests)}),"{yes}","{no}")',
        yes if same else no,
        "note",
    )


def _ends(parts: _Parts) -> None:
    """Where each optimizer ends, and in which step it diverged."""
    sheet, book = parts.sheet, parts.book
    sheet.labels(ENDS, 0, [["at the end", *parts.names]], "heading")
    for row, (label, of, style) in enumerate(
        (
            ("b", "epoch_b", "calc.step"),
            ("a", "epoch_a", "calc.step"),
            ("RMSE", "rmse", "key.step"),
        ),
        start=ENDS + 1,
    ):
        sheet.text(row, 0, label, "row heading")
        ends = [book[name][of] for name in parts.names]
        values = np.array([[end.values[-1, 0] for end in ends]])
        formulas = [[f"={end.qualified.at(end.rows - 1)}" for end in ends]]
        name = f"end_{of.removeprefix('epoch_')}"
        sheet.formulas(row, 1, name, formulas, values, style)
    told = [book[name]["diverged_in"] for name in parts.names]
    sheet.text(ENDS + 4, 0, "diverged in", "row heading")
    formulas = [[f"={block.qualified.range}" for block in told]]
    values = np.array([[block.value for block in told]], dtype=object)
    cells = sheet.formulas(ENDS + 4, 1, "diverged_in", formulas, values, "calc")
    _divergence.alarm(sheet, cells)


def _table(parts: _Parts) -> None:
    """RMSE by epoch."""
    sheet, (row, column) = parts.sheet, parts.table
    sheet.labels(row - 1, column, [["epoch", *parts.names]], "heading")
    sheet.numbers(row, column, [[e] for e in range(parts.epochs + 1)], "index")
    for offset, name in enumerate(parts.names, start=1):
        source = parts.book[name]["rmse"]
        formula = f"={source.qualified.cell}"
        sheet.fill(row, column + offset, name, formula, source.values, "calc.objective")


def _at_step(parts: _Parts) -> None:
    """B, a and RMSE of each optimizer after the step to show."""
    sheet, book, left = parts.sheet, parts.book, parts.drawn
    x, y = (book["data"][name] for name in "xy")
    steps = parts.epochs * parts.n
    shown = float(sheet["shown_step"].value)
    sheet.text(ENDS - 1, left, "what the charts draw", "band")
    sheet.labels(ENDS, left, [["step shown", *parts.names]], "heading")
    sheet.labels(ENDS + 1, left, [["b"], ["a"], ["RMSE"]], "row heading")
    for row, of in enumerate("ba", start=ENDS + 1):
        cells, values = [], []
        for name in parts.names:
            steps_of, last = book[name][of], book[name][f"epoch_{of}"]
            end = last.qualified.at(parts.epochs)
            cells.append(
                f"=IF(shown_step<steps_made,INDEX({steps_of.qualified.range},shown_step+1),{end})"
            )
            at = steps_of.values[int(shown), 0] if shown < steps else last.values[-1, 0]
            values.append(at)
        sheet.formulas(row, left + 1, f"step_{of}", [cells], np.array([values]), "calc.step")
    b, a = sheet["step_b"], sheet["step_a"]
    with np.errstate(all="ignore"):
        rmse = np.sqrt(np.mean((b.values + a.values * x.values - y.values) ** 2, axis=0))
    gap = f"{b.cell}+{a.cell}*{x.qualified.range}-{y.qualified.range}"
    formula = f"=SQRT(SUMPRODUCT(({gap})^2)/COUNT({x.qualified.range}))"
    rmse = np.where(np.isfinite(rmse), rmse, np.nan)[None, :]
    sheet.fill(ENDS + 3, left + 1, "step_rmse", formula, rmse, "calc.step")


def _until(parts: _Parts, values: Array, here: float) -> Array:
    """The values by epoch (epochs + 1, 1), and from the step to show on what is there."""
    shown = float(parts.sheet["shown_step"].value)
    return until(parts.epoch.values, parts.n, shown, values, here)


def _curves(parts: _Parts) -> None:
    """RMSE by epoch, each up to its sheet's error limit, and the chart of it."""
    sheet, book, left, row = parts.sheet, parts.book, parts.drawn, ENDS + 6
    epoch = parts.epoch
    sheet.labels(row - 1, left, [["epochs", *parts.names]], "heading")
    shown = float(sheet["shown_step"].value) / parts.n
    formula, values = epoch_formula(epoch.across), _until(parts, epoch.values, shown)
    x = sheet.fill(row, left, "drawn_epoch", formula, values, "calc.step")
    series = []
    for i, name in enumerate(parts.names):
        rmse, limit = sheet[name], book[name]["error_limit"]
        here = sheet["step_rmse"].part(slice(None), slice(i, i + 1))
        most = limit.qualified.range
        drawn = [_divergence.drawn_formula(cell, most) for cell in (rmse.cell, here.range)]
        formula = until_formula(epoch.across, *drawn)
        top = float(limit.value)
        whole, end = (_divergence.drawn(block.values, top) for block in (rmse, here))
        values = _until(parts, whole, float(end[0, 0]))
        at = (row, left + 1 + i, f"drawn_{name}", formula, values, "calc.objective")
        series.append(Series(name, x, sheet.fill(*at)))
    title, column = "RMSE by epoch, up to the step to show", len(parts.names) + 2
    columns = parts.right - column
    sheet.charts.append(
        Chart(
            title,
            "epoch",
            "RMSE (log scale)",
            tuple(series),
            ENDS,
            column,
            columns,
            CHART,
            log_y=True,
            x_range=(0, parts.epochs),
        )
    )


def _contours(parts: _Parts) -> list[tuple[Block, Block]]:
    """The contours of RMSE, (a, b) each."""
    sheet, left = parts.sheet, parts.drawn + 3 * len(parts.names) + 2
    row = ENDS + 6
    a, b, mean_x, sd_x, start, least = (
        float(sheet[name].value)
        for name in ("best_a", "best_b", "mean_x", "sd_x", "start_rmse", "least_rmse")
    )
    first = parts.names[0]
    title = f"contours of RMSE, at parts of its value at the start of {first}"
    sheet.text(row - 2, left, title, "band")
    headings = [f"{of} at {i + 1}" for i in range(len(LEVELS)) for of in "ab"]
    sheet.labels(row - 1, left, [["degrees", *headings]], "heading")
    angle = sheet.numbers(row, left, [[degree] for degree in DEGREES], "index")
    found = []
    for i in range(len(LEVELS)):
        name = f"contour_{i + 1}"
        with np.errstate(all="ignore"):
            da, db = contour(float(sheet[name].value) * start, least, mean_x, sd_x)
        radius = f"SQRT(MAX(({name}*start_rmse)^2-least_rmse^2,0))"
        across = sheet.fill(
            row,
            left + 1 + 2 * i,
            f"{name}_a",
            f"=best_a+{radius}*SIN(RADIANS({angle.across}))/sd_x",
            (a + da)[:, None],
            "calc.step",
        )
        up = sheet.fill(
            row,
            left + 2 + 2 * i,
            f"{name}_b",
            f"=best_b+{radius}*COS(RADIANS({angle.across}))-mean_x*({across.across}-best_a)",
            (b + db)[:, None],
            "calc.step",
        )
        found.append((across, up))
    return found


def _ways(parts: _Parts) -> list[tuple[Block, Block]]:
    """The way of each optimizer by epoch, (a, b) each, within the reach of the map."""
    sheet, book, row = parts.sheet, parts.book, ENDS + 6
    left = parts.drawn + len(parts.names) + 1
    reach = {of: float(sheet[f"reach_{of}"].value) for of in "ab"}
    sheet.text(row - 2, left, "ways, up to the step to show", "band")
    sheet.labels(row - 1, left, [[f"{of} of {n}" for n in parts.names for of in "ab"]], "heading")
    sheet.heights[row - 1] = 31
    ways = []
    for i, name in enumerate(parts.names):
        way = {}
        for offset, of in enumerate("ab"):
            place, best = book[name][f"epoch_{of}"], float(sheet[f"best_{of}"].value)
            here = sheet[f"step_{of}"].part(slice(None), slice(i, i + 1))
            there = until_formula(parts.epoch.across, place.qualified.cell, here.range)
            gap = f"{there.removeprefix('=')}-best_{of}"
            formula = f"=best_{of}+{_divergence.drawn_formula(gap, f'reach_{of}', signed=True)}"
            until = _until(parts, place.values, float(here.values[0, 0]))
            with np.errstate(all="ignore"):
                values = best + _divergence.drawn(until - best, reach[of])
            at = (row, left + 2 * i + offset, f"way_{of}_{name}")
            way[of] = sheet.fill(*at, formula, values, "calc.step")
        ways.append((way["a"], way["b"]))
    return ways


def _maps(
    parts: _Parts, contours: Sequence[tuple[Block, Block]], ways: Sequence[tuple[Block, Block]]
) -> None:
    """A map for each optimizer, all with the same axes."""
    sheet = parts.sheet
    quiet = [
        Series(f"contour {i + 1}", across, up, points=False, quiet=True)
        for i, (across, up) in enumerate(contours)
    ]
    corners = _corners(parts, [*contours, *ways])
    for i, (name, way) in enumerate(zip(parts.names, ways, strict=True)):
        series = (*quiet, corners, Series(name, *way, color=i))
        row, column = parts.maps + (HIGH + 1) * (i // ACROSS), WIDE * (i % ACROSS)
        sheet.charts.append(
            Chart(name, "a (slope)", "b (intercept)", series, row, column, WIDE, HIGH)
        )


def _corners(parts: _Parts, lines: Sequence[tuple[Block, Block]]) -> Series:
    """The least and the greatest of all maps: points that are not drawn, for the axes to follow."""
    sheet, left = parts.sheet, parts.drawn + len(parts.names) + 1
    sheet.labels(ENDS, left, [["least", "greatest"]], "fact")
    blocks = []
    for row, blocks_of in enumerate(zip(*lines, strict=True), start=ENDS + 1):
        ranges = ",".join(block.range for block in blocks_of)
        ends = [[f"=MIN({ranges})", f"=MAX({ranges})"]]
        values = np.array([_ends_of(blocks_of)])
        name = f"corners_{'ab'[row - ENDS - 1]}"
        blocks.append(sheet.formulas(row, left, name, ends, values, "calc.step"))
    a, b = blocks
    return Series("corners", a, b, points=False, line=False, quiet=True)


def _ends_of(blocks: Sequence[Block]) -> list[float]:
    """The least and the greatest of all values of blocks."""
    values = np.concatenate([block.values.ravel() for block in blocks])
    return [float(values.min()), float(values.max())]


TOPIC = Topic(
    name="compare",
    title="All optimizers",
    summary="RMSE by epoch of every optimizer, and their ways over the map of RMSE",
    sheet=_sheet,
    order=90,
    tries=(
        Try(
            "Set lr of adam to 0.1 on its sheet.",
            "Its line here falls in every epoch, without jumps.",
            edits=({"adam!lr": 0.1},),
            holds=lambda _was, now: every(np.diff(now["adam"], axis=0) < 0),
            rests_on="adam",
        ),
        Try(
            "Set start_a of one optimizer to 5.",
            "The note on top warns that the starts differ; the way begins elsewhere.",
            edits=({"adam!start_a": 5.0},),
            holds=lambda was, now: every(
                now["same_start"] != was["same_start"],
                now["adam!epoch_a"][0] == 5,
                now["adam"][0] != was["adam"][0],
            ),
            rests_on="same_start",
        ),
        Try(
            "Set step_to_show to 0, then to 29, 58 and so on.",
            "Curves and ways are drawn up to that step: see who goes where, epoch by epoch.",
            edits=({"step_to_show": 0.0}, {"step_to_show": 29.0}),
            holds=lambda _was, start, later: every(
                start["drawn_epoch"] == 0,
                same(start["way_a_adam"], start["adam!start_a"]),
                same(later["drawn_epoch"].max(), later["shown_step"] / later["points"]),
                later["way_a_adam"][-1] != start["way_a_adam"][-1],
            ),
            rests_on="drawn_epoch",
        ),
    ),
    needs=("*",),
)
