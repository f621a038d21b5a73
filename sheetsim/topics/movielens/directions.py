"""Components: many factors to a few, and where each title lies along them.

Principal components are the directions in which the titles' factors differ most; pca.xlsx finds
them step by step. Here they come from a singular value decomposition of all titles, as inputs,
and the cells do what follows from them:

    score[i, c] = sum over f of (factor[i, f] - mean[f]) loading[c, f]

and a component's share is the spread of its scores over the spread of all factors. The model
knew nothing of genres or of age, and yet titles that belong together get scores that are close.

Source: fast.ai, lesson 4 (`movie_w.pca(3)`, a singular value decomposition too). The sign of a
component means nothing; here the sum of the cubes of its loadings is positive.
"""

import numpy as np

from sheetsim.sheet import Array, Block, ColorScale, Sheet, Valid
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same

HEADINGS, TOP = 3, 4


def scores(factors: Array, loadings: Array) -> Array:
    """Where items (n, k) lie along components (c, k), (n, c)."""
    return np.asarray((factors - factors.mean(axis=0)) @ loadings.T)


def spread(columns: Array) -> Array:
    """Sum of the squared distances from the mean, of each column of (n, w); (w,)."""
    return np.asarray(((columns - columns.mean(axis=0)) ** 2).sum(axis=0))


def _sheet(book: Draft) -> Sheet:
    k, c = book.plan["k"], book.plan["components"]
    sheet = book.new("directions", f"Principal components: {k} factors to {c}")
    sheet.text(0, 0, sheet.title, "title")
    lead = "a component counts each factor by its loading; all titles are placed along it"
    sheet.text(1, 0, lead, "lead")
    table = book["titles"]["item_factors"]
    factors = table.part(slice(None), slice(1, None))
    sheet.labels(HEADINGS, 0, [["loadings", *(f"factor {f + 1}" for f in range(k))]], "heading")
    names = [f"component {number + 1}" for number in range(c)]
    sheet.labels(TOP, 0, [[name] for name in names], "row heading")
    rows = np.eye(c, k)
    loadings = sheet.inputs(TOP, 1, "loadings", rows, "input.step", Valid(-1e3, 1e3))
    means, spreads = _columns(sheet, factors, TOP + c)
    top = TOP + c + 4
    along = _scores(sheet, book, factors, means, loadings, top + c + 3)
    _shares(sheet, along, spreads, top)
    sheet.color_scales.append(ColorScale(loadings, palette="signed"))
    sheet.color_scales.append(ColorScale(along, palette="signed"))
    sheet.width(0, 0, 46)
    sheet.width(1, k, 12.5)
    sheet.freeze = (0, 1)
    sheet.print_first(top + 40)
    return sheet


def _columns(sheet: Sheet, factors: Block, row: int) -> tuple[Block, Block]:
    """Mean and spread of each factor, below the loadings."""
    sheet.labels(row, 0, [["mean of the titles"], ["spread of the titles"]], "row heading")
    down = factors.qualified.down
    means = factors.values.astype(float).mean(axis=0)[None, :]
    spreads = spread(factors.values.astype(float))[None, :]
    return (
        sheet.fill(row, 1, "means", f"=AVERAGE({down})", means, "calc.step"),
        sheet.fill(row + 1, 1, "spreads", f"=DEVSQ({down})", spreads, "calc.step"),
    )


def _scores(
    sheet: Sheet, book: Draft, factors: Block, means: Block, loadings: Block, row: int
) -> Block:
    """A row for each title: its name, and its score along each component."""
    names = [f"component {number + 1}" for number in range(loadings.rows)]
    sheet.labels(row - 1, 0, [["title", *names]], "heading")
    titles = book["titles"]["labels"]
    sheet.fill(row, 0, "movie_titles", f"={titles.qualified.cell}", titles.values, "calc.text")
    values = scores(factors.values.astype(float), loadings.values)
    formulas = [
        [
            f"=SUMPRODUCT({factors.part(slice(i, i + 1)).qualified.range}-{means.range},"
            f"{loadings.part(slice(c, c + 1)).range})"
            for c in range(loadings.rows)
        ]
        for i in range(factors.rows)
    ]
    return sheet.formulas(row, 1, "scores", formulas, values, "calc.step")


def _shares(sheet: Sheet, along: Block, spreads: Block, row: int) -> None:
    """How much of the spread of all factors each component shows."""
    sheet.labels(row - 1, 0, [["component", "spread", "share"]], "heading")
    total = float(spreads.values.sum())
    for c, of_scores in enumerate(spread(along.values)):
        sheet.text(row + c, 0, f"component {c + 1}", "row heading")
        column = along.part(slice(None), slice(c, c + 1))
        formula = f"=DEVSQ({column.range})"
        own = sheet.fill(row + c, 1, f"spread_{c}", formula, float(of_scores), "calc.step")
        with np.errstate(all="ignore"):
            share = np.float64(of_scores) / total
        formula = f"={own.range}/SUM({spreads.range})"
        value = share if np.isfinite(share) else np.nan
        sheet.fill(row + c, 2, f"share_{c}", formula, value, "key.rating2")


TOPIC = Topic(
    name="directions",
    title="Principal components",
    summary="the factors' three main directions, and every title along them",
    sheet=_sheet,
    order=4,
    needs=("titles",),
    tries=(
        Try(
            "Type 0 over all loadings of component 1 but that of factor 1, and 1 over that one.",
            "Its scores are the titles' first factor, less its mean, and its share shrinks: no "
            "direction has more spread than a principal component.",
            edits=(
                {
                    "loadings": lambda s: put(
                        s["loadings"], np.arange(s["loadings"].shape[1]) == 0, 0
                    )
                },
            ),
            holds=lambda _was, now: every(
                same(now["scores"][:, 0], now["titles!item_factors"][:, 1] - now["means"][0, 0])
            ),
            rests_on="scores",
        ),
    ),
)
