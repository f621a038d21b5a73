"""Both models side by side: how many predictions leave the scale.

A prediction below the least or above the most stars that anybody can give is wrong whatever the
rating turns out to be. The counts are taken over all cells and over those without a rating.

The sigmoid cannot leave its own range, 0 to 5.5: type these two in place of 0.5 and 5, and its
counts are 0 whatever the factors are. It can leave the stars, by less than the half star by which
the range is wider. The chart has a point for every cell, the prediction without the sigmoid to the
right and the one with it upwards: along the diagonal where the two agree, and within the range
where the sum has run away and the sigmoid has not.

RMSE over the ratings that were fitted says little about this: it is measured where a rating held
the prediction in place.
"""

import numpy as np

from sheetsim.sheet import Array, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._ratings_grid import as_floats
from sheetsim.topics._tries import Try, add, every, same

FACTS, HEADINGS, TABLE = 2, 5, 6
CHART_ROWS = 22
MODELS = ("linear_rating", "sigmoid_rating")


def counted(values: Array, mask: Array) -> float:
    """How many of the cells hold, of those in the mask; NaN if any prediction is an error."""
    return float(np.sum(mask)) if np.isfinite(values).all() else np.nan


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("outside_range", "Predictions that are no stars")
    sheet.text(0, 0, sheet.title, "title")
    lead = "the model without and with the sigmoid, for the same ratings; all counts are live"
    sheet.text(1, 0, lead, "lead")
    ends = _ends(sheet, book)
    headings = ["without sigmoid", "with sigmoid", "without, not rated", "with, not rated"]
    sheet.labels(HEADINGS, 1, [headings], "heading")
    _errors(sheet, book)
    bottom = _counts(sheet, book, ends, TABLE + 3)
    _pairs(sheet, book, bottom + 1)
    sheet.width(0, 0, 24)
    sheet.width(1, 2, 12)
    sheet.width(3, 3, 18)
    sheet.width(4, 4, 12)
    sheet.width(5, 5, 3)
    sheet.width(6, 13, 10)
    sheet.heights[HEADINGS] = 32
    sheet.freeze = (HEADINGS + 1, 1)
    return sheet


def _ends(sheet: Sheet, book: Draft) -> dict[str, tuple[str, float]]:
    """The ends of the scale; returns each one's formula name and value."""
    stars = as_floats(book["linear_rating"]["ratings"])
    finite = stars[np.isfinite(stars)]
    fits = finite.size == 0 or (finite.min() >= 0.5 and finite.max() <= 5)
    least, most = (0.5, 5.0) if fits else (float(finite.min()), float(finite.max()))
    source = {name: book["sigmoid_rating"][name] for name in ("low", "high")}
    row = (
        Fact("least_stars", "least_stars", None, least, "input.rating", Valid(-1e6, 1e6)),
        Fact("most_stars", "most_stars", None, most, "input.rating", Valid(-1e6, 1e6)),
        *(
            Fact(name, name, f"={block.qualified.range}", float(block.value), "calc.general")
            for name, block in source.items()
        ),
    )
    placed = facts(sheet, FACTS, 1, row)
    return {name: (name, float(block.value)) for name, block in placed.items()}


def _errors(sheet: Sheet, book: Draft) -> None:
    """RMSE, and the least and greatest prediction of each model."""
    sheet.labels(TABLE, 0, [["RMSE"], ["least prediction"], ["greatest"]], "row heading")
    for column, model in enumerate(MODELS, start=1):
        rmse, block = book[model]["rmse"], book[model]["predictions"]
        place, values = block.qualified.range, block.values
        for offset, (name, formula, found) in enumerate(
            (
                ("rmse", f"={rmse.qualified.range}", rmse.value),
                ("least", f"=MIN({place})", values.min()),
                ("greatest", f"=MAX({place})", values.max()),
            )
        ):
            sheet.fill(TABLE + offset, column, f"{name}_{model}", formula, found, "calc.step")


def _counts(sheet: Sheet, book: Draft, ends: dict[str, tuple[str, float]], row: int) -> int:
    """How many predictions lie beyond each end; returns the row below."""
    ratings = book["linear_rating"]["ratings"]
    blank = np.isnan(as_floats(ratings))
    unrated = f'({ratings.qualified.range}="")'
    lines = (
        ("predictions", "", ""),
        ("below the least stars", "<", "least_stars"),
        ("above the most stars", ">", "most_stars"),
    )
    sheet.labels(row, 0, [[label] for label, _, _ in lines], "row heading")
    for offset, model in enumerate(MODELS):
        block = book[model]["predictions"]
        place, values = block.qualified.range, block.values
        everywhere, among = [[f"=COUNT({place})"]], [[f"=SUMPRODUCT({unrated}*1)"]]
        counts = [float(np.isfinite(values).sum())]
        hidden = [float(blank.sum())]
        for _, sign, end in lines[1:]:
            name, limit = ends[end]
            beyond = values < limit if sign == "<" else values > limit
            everywhere.append([f"=SUMPRODUCT(({place}{sign}{name})*1)"])
            among.append([f"=SUMPRODUCT({unrated}*({place}{sign}{name}))"])
            counts.append(counted(values, beyond))
            hidden.append(counted(values, beyond & blank))
        for column, name, formulas, numbers in (
            (1 + offset, "all", everywhere, counts),
            (3 + offset, "unrated", among, hidden),
        ):
            found = np.array(numbers)[:, None]
            sheet.formulas(row, column, f"{name}_{model}", formulas, found, "calc.index")
    return row + len(lines)


def _pairs(sheet: Sheet, book: Draft, row: int) -> None:
    """A row for each user and movie with both predictions, and a chart of one over the other."""
    source = book["linear_rating"]
    users, movies = source["users"].qualified, source["movies"].qualified
    pairs = [(i, j) for i in range(users.rows) for j in range(movies.columns)]
    first = max(row + 5, TABLE + CHART_ROWS + 1)
    sheet.labels(first - 1, 0, [["user", "without", "with", "movie"]], "heading")
    for column, name, texts, found in (
        (0, "user", [users.at(i) for i, _ in pairs], [users.values[i, 0] for i, _ in pairs]),
        (3, "movie", [movies.at(0, j) for _, j in pairs], [movies.values[0, j] for _, j in pairs]),
    ):
        formulas = [[f"={cell}"] for cell in texts]
        values = np.array(found, dtype=object)[:, None]
        sheet.formulas(first, column, name, formulas, values, "calc.text")
    both = []
    for column, model in enumerate(MODELS, start=1):
        block = book[model]["predictions"]
        formulas = [[f"={block.qualified.at(i, j)}"] for i, j in pairs]
        values = block.values.reshape(-1, 1)
        name = f"each_{model}"
        both.append(sheet.formulas(first, column, name, formulas, values, "calc.rating2"))
    sheet.charts.append(
        Chart(
            "Every prediction without and with the sigmoid; grey: low and high",
            "prediction without the sigmoid",
            "prediction with the sigmoid",
            (Series("predictions", both[0], both[1], line=False), *_lines(sheet, row)),
            HEADINGS,
            6,
            columns=8,
            rows=CHART_ROWS,
        )
    )
    sheet.print_areas = ((0, 0, first - 1, 14),)


def _lines(sheet: Sheet, row: int) -> list[Series]:
    """The ends of the range, from the least prediction without the sigmoid to the greatest."""
    sheet.labels(row, 1, [["without", "low", "high"]], "heading")
    sheet.text(row, 0, "the chart's grey lines", "row heading")
    extremes = [sheet[f"{name}_linear_rating"] for name in ("least", "greatest")]
    formulas = [[f"={block.range}"] for block in extremes]
    values = np.array([[block.value] for block in extremes])
    ends = sheet.formulas(row + 1, 1, "line_from_to", formulas, values, "calc.rating2")
    series = []
    for column, name in ((2, "low"), (3, "high")):
        values = np.full((2, 1), float(sheet[name].value))
        formulas = [[f"={name}"]] * 2
        line = sheet.formulas(row + 1, column, f"{name}_line", formulas, values, "calc.rating2")
        series.append(Series(name, ends, line, points=False, quiet=True))
    return series


TOPIC = Topic(
    name="outside_range",
    title="Predictions that are no stars",
    summary="how many predictions leave the scale, without and with the sigmoid",
    sheet=_sheet,
    order=3,
    tries=(
        Try(
            "On linear_rating, add 3 to a user's bias; on sigmoid_rating, the same.",
            "That user's predictions without the sigmoid rise by 3, some beyond all stars; those "
            "with it stay below high.",
            edits=(
                {
                    f"{m}!user_factors": lambda s, m=m: add(s[f"{m}!user_factors"], 3, (0, 0))
                    for m in MODELS
                },
            ),
            holds=lambda was, now: every(
                same(now["linear_rating!predictions"][0], was["linear_rating!predictions"][0] + 3),
                (now["linear_rating!predictions"][0] > 5).any(),
                now["sigmoid_rating!predictions"] <= now["sigmoid_rating!high"],
            ),
            rests_on="linear_rating!predictions",
        ),
        Try(
            "Type low and high over the least and the most stars.",
            "The counts with the sigmoid become 0, and stay 0 whatever its factors are.",
            edits=(
                {"least_stars": lambda s: s["low"], "most_stars": lambda s: s["high"]},
                {"sigmoid_rating!user_factors": lambda s: 10 * s["sigmoid_rating!user_factors"]},
            ),
            holds=lambda was, *after: every(
                *(now["all_sigmoid_rating"][1:] == 0 for now in after),
                (was["all_sigmoid_rating"][1:] > 0).any(),
            ),
            rests_on="all_sigmoid_rating",
        ),
        Try(
            "On sigmoid_rating, set low to 0.5 and high to 5.",
            "Its counts become 0 here, and would be so after solving again; reach says why the "
            "lecture has a wider range all the same.",
            edits=({"sigmoid_rating!low": 0.5, "sigmoid_rating!high": 5.0},),
            holds=lambda _was, now: every(now["all_sigmoid_rating"][1:] == 0),
            rests_on="all_sigmoid_rating",
        ),
    ),
    needs=("linear_rating", "sigmoid_rating"),
)
