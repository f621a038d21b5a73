"""The covariance of the factors: how much they vary, and together with which others.

With the factors of n movies in the rows of F (n x k), take off each column's mean, X = F - mean,
and average the products of every two columns over the movies:

    C = X^T X / n                      C[f, g] = mean over the movies of X[f] X[g]

On the diagonal stand the variances, elsewhere what two factors have in common; their signs and
sizes depend on how the factors happen to be turned, but the sum of the diagonal, the total
variance, does not: it is the mean squared distance of the movies from their mean. For a direction
v of length 1 the variance of the movies along it is v^T C v, and that is what the next sheet makes
as large as it can.

Divided by n - 1, as scikit-learn does, all variances would be a little larger; the directions and
the shares of the variance are the same.
"""

import numpy as np

from sheetsim.sheet import Array, Block, ColorScale, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, add, every, same

FACTS, HEADINGS, TOP = 2, 5, 6


def centred(factors: Array) -> Array:
    """Factors (n, k) less the mean of their column."""
    return np.asarray(factors - factors.mean(axis=0))


def covariance(factors: Array) -> Array:
    """Covariance (k, k) of factors (n, k), divided by n."""
    x = centred(factors)
    return np.asarray(x.T @ x / len(x))


def names(k: int) -> list[str]:
    """What the factors are called."""
    return [f"factor {f + 1}" for f in range(k)]


def signed_scale(block: Block) -> ColorScale:
    """Colours of which the same shade is the same distance from 0, up or down."""
    largest = float(np.abs(block.values).max())
    # A whole number, so that all processors write the same one.
    limit = float(np.ceil(largest)) if np.isfinite(largest) and largest > 0 else 1.0
    return ColorScale(block, -limit, limit, palette="signed")


def _sheet(book: Draft) -> Sheet:
    n, k = book.plan["movies"], book.plan["k"]
    sheet = book.new("covariance", "Factors of the movies, and how they vary together")
    sheet.text(0, 0, sheet.title, "title")
    lead = "centred = factors - their mean; covariance = mean product of two centred factors"
    sheet.text(1, 0, lead, "lead")
    sheet.text(HEADINGS - 1, 1, "factors", "band")
    sheet.labels(HEADINGS, 0, [["movie", *names(k)]], "heading")
    sheet.records(TOP, 0, "movies", (n, 1), "row heading")
    factors = sheet.inputs(TOP, 1, "factors", np.ones((n, k)), "input.step", Valid(-1e3, 1e3))
    sheet.text(TOP + n, 0, "mean", "row heading")
    mean = sheet.fill(
        TOP + n,
        1,
        "mean",
        f"=AVERAGE({factors.down})",
        factors.values.mean(axis=0)[None, :],
        "calc.step",
    )
    left = k + 2
    sheet.text(HEADINGS - 1, left, "centred", "band")
    sheet.labels(HEADINGS, left, [names(k)], "heading")
    x = sheet.fill(
        TOP,
        left,
        "centred",
        f"={factors.cell}-{mean.down}",
        centred(factors.values),
        "calc.step",
    )
    top = TOP + n + 4
    sheet.text(top - 2, 1, "covariance", "band")
    sheet.labels(top - 1, 1, [names(k)], "heading")
    sheet.labels(top, 0, [[name] for name in names(k)], "row heading")
    columns = [x.part(slice(None), slice(f, f + 1)) for f in range(k)]
    products = [
        [f"=SUMPRODUCT({one.range},{other.range})/COUNT({one.range})" for other in columns]
        for one in columns
    ]
    matrix = sheet.formulas(top, 1, "covariance", products, covariance(factors.values), "calc.step")
    total = float(np.trace(matrix.values))
    trace = "+".join(matrix.at(f, f) for f in range(k))
    row = (
        Fact("total variance", "total_variance", f"={trace}", total, "key.step"),
        Fact("movies", "n_movies", f"=COUNT({columns[0].range})", n, "calc.index"),
    )
    facts(sheet, FACTS, 0, row)
    for block in (factors, x, matrix):
        sheet.color_scales.append(signed_scale(block))
    longest = max(len(str(title)) for title in sheet["movies"].values.ravel())
    sheet.width(0, 0, min(max(longest + 2, 14), 30))
    sheet.width(1, 2 * k + 1, 9.5)
    sheet.width(k + 1, k + 1, 3)
    sheet.freeze = (TOP, 1)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    sheet.pages = 1
    return sheet


TOPIC = Topic(
    name="covariance",
    title="Covariance of the factors",
    summary="the movies' factors, centred, and the covariance of every two of them",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Add 1 to a factor of all movies.",
            "Its mean rises by 1 and nothing else changes: only differences between movies count.",
            edits=({"factors": lambda s: add(s["factors"], 1, (slice(None), 0))},),
            holds=lambda was, now: every(
                same(now["mean"], add(was["mean"], 1, (0, 0))),
                same(now["centred"], was["centred"]),
                same(now["covariance"], was["covariance"]),
                same(now["components!share_1"], was["components!share_1"]),
            ),
            rests_on="mean",
        ),
        Try(
            "Double a factor of all movies.",
            "Its row and its column of the covariance double, and its variance is four times as "
            "large; the components turn towards it.",
            edits=({"factors": lambda s: add(s["factors"], s["factors"][:, 0], (slice(None), 0))},),
            holds=lambda was, now: every(
                same(now["covariance"][0, 0], 4 * was["covariance"][0, 0]),
                same(now["covariance"][0, 1:], 2 * was["covariance"][0, 1:]),
                same(now["covariance"][1:, 0], 2 * was["covariance"][1:, 0]),
                np.abs(now["components!component_1"][0, 0])
                > np.abs(was["components!component_1"][0, 0]),
            ),
            rests_on="covariance",
        ),
    ),
)
