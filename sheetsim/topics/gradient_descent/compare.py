"""All optimizers side by side: how far each is after each epoch, and by which way.

The map behind the paths is the RMSE itself. With the points' means and covariances,

    RMSE(a, b)^2 = least^2 + (db + mean_x da)^2 + var_x da^2

where da and db are the distances from the best line, so a contour of RMSE = L is an ellipse,

    da = r sin(t) / sd_x        db = r cos(t) - mean_x da        r^2 = L^2 - least^2

very long and thin when mean_x is large beside sd_x: the narrow valley that makes plain gradient
descent slow. What each optimizer does about it is the lesson.
"""

import numpy as np

from sheetsim.sheet import Array, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics.gradient_descent import _all, data

FACTS, HEADINGS, TOP = 2, 5, 6
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
    strangers = [
        one.name
        for one in _all.optimizers()
        if one.name in optimizers(book) and one.lecture is None
    ]
    if book.plan["variant"] == "lecture" and strangers:
        *others, last = strangers
        names = f"{', '.join(others)} and {last}" if others else last
        them = "them" if others else "it"
        lead += f" ({names} as in PyTorch: the lecture does not have {them})"
    return lead


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("compare", f"All optimizers ({book.plan['variant']} variants)")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, lead_of(book), "lead")
    epochs = book.plan["epochs"]
    _same_start(sheet, book)
    sheet.labels(HEADINGS, 0, [["epoch", *optimizers(book)]], "heading")
    epoch = sheet.numbers(TOP, 0, [[e] for e in range(epochs + 1)], "index")
    errors = []
    for offset, name in enumerate(optimizers(book), start=1):
        source = book[name]["rmse"]
        formula = f"={source.abroad.cell}"
        errors.append(sheet.fill(TOP, offset, name, formula, source.values, "calc.objective"))
    bottom = TOP + epochs + 2
    _ends(sheet, book, bottom)
    series = tuple(Series(block.name, epoch, block) for block in errors)
    left = max(2 * len(LEVELS), len(optimizers(book))) + 2
    sheet.charts.append(
        Chart("RMSE by epoch", "epoch", "RMSE (log scale)", series, HEADINGS, left, 8, 18, True)
    )
    _map(sheet, book, left, max(bottom + 8, HEADINGS + 20))
    sheet.width(0, 0, 10)
    sheet.width(1, left - 2, 14.5)
    sheet.width(left - 1, left - 1, 2)
    sheet.width(left, left + 7, 11)
    sheet.heights[HEADINGS] = 31
    sheet.freeze = (TOP, 1)
    sheet.pages = 1
    return sheet


def _same_start(sheet: Sheet, book: Draft) -> None:
    """Whether all start at the same place, in a sentence."""
    starts = {of: [book[name][f"start_{of}"] for name in optimizers(book)] for of in "ba"}
    tests = [
        f"{first.abroad.range}={other.abroad.range}"
        for first, *others in starts.values()
        for other in others
    ]
    same = all(first.value == other.value for first, *others in starts.values() for other in others)
    yes, no = "All start from the same b and a.", "NOT the same start: compare with care."
    sheet.fill(
        FACTS,
        0,
        "same_start",
        f'=IF(AND({",".join(tests)}),"{yes}","{no}")',
        yes if same else no,
        "note",
    )


def _ends(sheet: Sheet, book: Draft, row: int) -> None:
    """Where each optimizer ends, and the best line."""
    sheet.labels(row, 0, [["at the end", *optimizers(book)]], "heading")
    points = book["data"]
    for line, of in enumerate("ba", start=1):
        sheet.text(row + line, 0, of, "row heading")
        ends = [book[name][f"epoch_{of}"] for name in optimizers(book)]
        values = np.array([[end.values[-1, 0] for end in ends]])
        formulas = [[f"={end.abroad.at(end.rows - 1)}" for end in ends]]
        sheet.formulas(row + line, 1, f"end_{of}", formulas, values, "calc.step")
    sheet.text(row + 3, 0, "best line", "row heading")
    best = [points["best_b"], points["best_a"]]
    for offset, (of, block) in enumerate(zip("ba", best, strict=True)):
        sheet.text(row + 3, 1 + 2 * offset, of, "row heading")
        sheet.fill(
            row + 3,
            2 + 2 * offset,
            f"best_{of}",
            f"={block.abroad.range}",
            block.value,
            "calc.step",
        )


def _map(sheet: Sheet, book: Draft, left: int, row: int) -> None:
    """The contours of RMSE, and the way of each optimizer over them."""
    x, y = book["data"]["x"], book["data"]["y"]
    a, b = data.least_squares(x.values[:, 0], y.values[:, 0])
    start = book[optimizers(book)[0]]["rmse"]
    least = float(np.sqrt(np.mean((b + a * x.values - y.values) ** 2)))
    mean_x, sd_x = float(x.values.mean()), float(x.values.std())
    best_a, best_b = sheet["best_a"], sheet["best_b"]
    gap = f"{best_b.range}+{best_a.range}*{x.abroad.range}-{y.abroad.range}"
    band = "the map: contours of RMSE, at parts of its value at the start of sgd"
    sheet.text(row - 3, 0, band, "band")
    placed = facts(
        sheet,
        row - 2,
        0,
        (
            Fact("mean_x", "mean_x", f"=AVERAGE({x.abroad.range})", mean_x, "calc.step"),
            Fact("sd_x", "sd_x", f"=STDEVP({x.abroad.range})", sd_x, "calc.step"),
            Fact(
                "least RMSE",
                "least_rmse",
                f"=SQRT(SUMPRODUCT(({gap})^2)/COUNT({x.abroad.range}))",
                least,
                "calc.objective",
            ),
            Fact(
                "start RMSE",
                "start_rmse",
                f"={start.abroad.at(0)}",
                start.values[0, 0],
                "calc.objective",
            ),
            *(
                Fact(f"contour_{i + 1}", f"contour_{i + 1}", None, part, "input.general", Valid(0))
                for i, part in enumerate(LEVELS)
            ),
        ),
    )
    top = row + 2
    angle = sheet.numbers(top, 0, [[degree] for degree in DEGREES], "index")
    sheet.labels(top - 1, 0, [["degrees"]], "heading")
    series = []
    for i in range(len(LEVELS)):
        name = f"contour_{i + 1}"
        level = float(placed[name].value) * float(start.values[0, 0])
        with np.errstate(all="ignore"):
            da, db = contour(level, least, mean_x, sd_x)
        column = 1 + 2 * i
        sheet.labels(top - 1, column, [[f"a at {i + 1}", f"b at {i + 1}"]], "heading")
        radius = f"SQRT(MAX(({name}*start_rmse)^2-least_rmse^2,0))"
        across = sheet.fill(
            top,
            column,
            f"{name}_a",
            f"={best_a.range}+{radius}*SIN(RADIANS({angle.across}))/sd_x",
            (a + da)[:, None],
            "calc.step",
        )
        up = sheet.fill(
            top,
            column + 1,
            f"{name}_b",
            f"={best_b.range}+{radius}*COS(RADIANS({angle.across}))-mean_x*({across.across}-{best_a.range})",
            (b + db)[:, None],
            "calc.step",
        )
        series.append(Series(f"contour {i + 1}", across, up, points=False, quiet=True))
    for name in optimizers(book):
        steps = book[name]
        series.append(Series(name, steps["epoch_a"], steps["epoch_b"]))
    sheet.charts.append(
        Chart(
            "The way of (a, b) over the contours of RMSE",
            "a (slope)",
            "b (intercept)",
            tuple(series),
            HEADINGS + 19,
            left,
            columns=8,
            rows=24,
        )
    )


TOPIC = Topic(
    name="compare",
    title="All optimizers",
    summary="RMSE by epoch of every optimizer, and their ways over the map of RMSE",
    sheet=_sheet,
    order=90,
    tries=(
        (
            "Set lr of adam to 0.1 on its sheet.",
            "Its line here falls in every epoch, without jumps.",
        ),
        (
            "Set start_a of one optimizer to 5.",
            "The note on top warns that the starts differ; the way begins elsewhere.",
        ),
    ),
    needs=("*",),
)
