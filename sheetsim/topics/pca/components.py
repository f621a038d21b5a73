"""The components: what share of the variance they explain, and where each movie stands.

The score of a movie is its centred factors along a component, s = x . v: one number where there
were k. As the components are at right angles, the variances of the scores add up, and

    share = lambda / total variance

says how much of what sets the movies apart is kept. Two components make a map of the movies. The
axes have no names; one looks at the movies at both ends and guesses. In the lecture, on MovieLens,
the first separates Casablanca and Chinatown from Home Alone 3: critics' favourites from the rest.

A component's sign is arbitrary, since -v is as good as v. The rule here: the sum of the cubes of
its loadings is positive, so that the large ones decide. scikit-learn's rule is another (it looks
at the scores), and fbpca has none, so scores may come out mirrored there.

`pca` is the same by the singular value decomposition X = U S V^T, without any steps: the
components are the rows of V^T, the variances S^2 / n, the scores U S. The sheet's values are
those of power iteration; a test holds the two against each other.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.errors import OptionError
from sheetsim.sheet import Array, Block, Chart, ColorScale, Series, Sheet
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.pca import N_COMPONENTS, covariance, power_iteration

HEADINGS, TOP = 3, 4
SCORES = TOP + N_COMPONENTS + 3


@dataclass(frozen=True)
class PCA:
    """Principal components of n items with k factors.

    Attributes:
        components: (c, k), each of length 1, the one of most variance first; the sum of the
            cubes of each is positive.
        scores: (n, c), the items along the components; each column has mean 0.
        variances: (c,), of the scores, divided by n.
        shares: (c,), of the total variance; NaN if that is 0.
    """

    components: Array
    scores: Array
    variances: Array
    shares: Array


def pca(factors: Array, n: int) -> PCA:
    """The first n principal components of factors (items, k), by their singular values.

    Raises:
        OptionError: `factors` is no table of finite numbers, or has no n components.
    """
    table = np.asarray(factors, dtype=float)
    if table.ndim != 2 or not 1 <= n <= min(table.shape) or not np.isfinite(table).all():
        raise OptionError(
            f"pca: got factors of shape {table.shape} and n = {n}; expected finite numbers, "
            "(items, k), and n from 1 to the smaller of the two"
        )
    x = table - table.mean(axis=0)
    _, sizes, right = np.linalg.svd(x, full_matrices=False)
    components = np.array([power_iteration.signed(row) for row in right[:n]])
    variances = sizes[:n] ** 2 / len(x)
    with np.errstate(all="ignore"):
        shares = sizes[:n] ** 2 / np.sum(sizes**2)
    return PCA(components, x @ components.T, variances, shares)


def _sheet(book: Draft) -> Sheet:
    n, k = book.plan["movies"], book.plan["k"]
    sheet = book.new("components", "The three components, and the movies along them")
    sheet.text(0, 0, sheet.title, "title")
    lead = "share = variance along the component / total variance; score = centred factors · v"
    sheet.text(1, 0, lead, "lead")
    headings = ["component", "variance", "share", "together", "sum of v cubed"]
    sheet.labels(HEADINGS, 0, [[*headings, *covariance.names(k)]], "heading")
    components = [_component(sheet, book, number) for number in range(1, N_COMPONENTS + 1)]
    source = book["covariance"]
    titles, x = source["movies"].qualified, source["centred"].qualified
    numbers = [f"score {number}" for number in range(1, N_COMPONENTS + 1)]
    sheet.text(SCORES - 2, 0, "scores of the movies", "band")
    sheet.labels(SCORES - 1, 0, [["movie", *numbers]], "heading")
    movies = sheet.fill(SCORES, 0, "movies", f"={titles.cell}", titles.values, "row heading")
    scores = []
    for column, vector in enumerate(components, start=1):
        formula = f"=SUMPRODUCT({x.across},{vector.range})"
        values = x.values @ vector.values.T
        scores.append(sheet.fill(SCORES, column, f"score_{column}", formula, values, "calc.step"))
        sheet.color_scales.append(covariance.signed_scale(scores[-1]))
    series = Series("movies", scores[0], scores[1], line=False, labels=movies)
    sheet.charts.append(
        Chart(
            "The movies along the first two components",
            "score 1",
            "score 2",
            (series,),
            SCORES - 2,
            5,
            columns=max(k, 7),
            rows=24,
        )
    )
    longest = max(len(str(title)) for title in movies.values.ravel())
    sheet.width(0, 0, min(max(longest + 2, 14), 30))
    sheet.width(1, 3, 10)
    sheet.width(4, 4, 17)
    sheet.width(5, 4 + max(k, 7), 10)
    sheet.freeze = (HEADINGS + 1, 1)
    sheet.pages = 1 if n <= 20 else 0
    return sheet


def _component(sheet: Sheet, book: Draft, number: int) -> Block:
    """The row of one component; returns its loadings."""
    steps = book["power_iteration"]
    vector, eigenvalue = steps[f"vector_{number}"], steps[f"eigenvalue_{number}"]
    total = book["covariance"]["total_variance"]
    row = TOP + number - 1
    sheet.numbers(row, 0, [[number]], "index")
    variance = sheet.fill(
        row,
        1,
        f"variance_{number}",
        f"={eigenvalue.qualified.range}",
        float(eigenvalue.value),
        "calc.step",
    )
    with np.errstate(all="ignore"):
        part = float(np.float64(eigenvalue.value) / total.value)
    place = f"{variance.range}/{total.qualified.range}"
    share = sheet.fill(row, 2, f"share_{number}", f"={place}", part, "key.step")
    formula, so_far = f"={share.range}", part
    if number > 1:
        before = sheet[f"together_{number - 1}"]
        formula, so_far = f"={before.range}+{share.range}", float(before.value) + part
    sheet.fill(row, 3, f"together_{number}", formula, so_far, "calc.step")
    v, raw = vector.qualified, vector.values[0]
    cubes = f"=SUMPRODUCT({v.range},{v.range},{v.range})"
    total_cubes = float(np.sum(raw**3))
    tilt = sheet.fill(row, 4, f"tilt_{number}", cubes, total_cubes, "calc.step")
    turned = f"={v.cell}*{tilt.range}/ABS({tilt.range})"
    values = power_iteration.signed(raw)[None, :]
    if total_cubes == 0:  # neither way is the right one, and 0/0 an error
        values = np.full_like(values, np.nan)
    loadings = sheet.fill(row, 5, f"component_{number}", turned, values, "calc.step")
    sheet.color_scales.append(ColorScale(loadings, -1.0, 1.0, palette="signed"))
    return loadings


TOPIC = Topic(
    name="components",
    title="Components and scores",
    summary="shares of the variance, the movies' scores, and a map of the movies",
    sheet=_sheet,
    order=3,
    tries=(
        Try(
            "On covariance, make the factors of two movies the same.",
            "Their scores become the same, and their points on the map meet.",
            edits=(
                {
                    "covariance!factors": lambda s: put(
                        s["covariance!factors"], s["covariance!factors"][0], 1
                    )
                },
            ),
            holds=lambda was, now: every(
                *(same(now[f"score_{n}"][1], now[f"score_{n}"][0]) for n in (1, 2, 3)),
                (was["score_1"][1] != was["score_1"][0]),
            ),
            rests_on="score_1",
        ),
        Try(
            "On covariance, multiply all factors by 10.",
            "Scores are 10 times and variances 100 times as large; shares and loadings stay.",
            edits=({"covariance!factors": lambda s: 10 * s["covariance!factors"]},),
            holds=lambda was, now: every(
                *(same(now[f"score_{n}"], 10 * was[f"score_{n}"], 1e-6) for n in (1, 2, 3)),
                *(same(now[f"variance_{n}"], 100 * was[f"variance_{n}"], 1e-6) for n in (1, 2, 3)),
                *(same(now[f"share_{n}"], was[f"share_{n}"], 1e-6) for n in (1, 2, 3)),
                *(same(now[f"component_{n}"], was[f"component_{n}"], 1e-6) for n in (1, 2, 3)),
            ),
            rests_on="variance_1",
        ),
        Try(
            "On covariance, set one factor of a movie to 20.",
            "That movie stands far out on the map, and the first component is mostly about it: "
            "variance is at the mercy of single movies.",
            edits=({"covariance!factors": lambda s: put(s["covariance!factors"], 20, (4, 1))},),
            holds=lambda _was, now: every(
                np.abs(now["score_1"]).argmax() == 4,
                np.sort(np.abs(now["score_1"].ravel()))[-1]
                > 5 * np.sort(np.abs(now["score_1"].ravel()))[-2],
                np.abs(now["component_1"]).argmax() == 1,
                np.abs(now["component_1"]).max() > 0.99,
            ),
            rests_on="score_1",
        ),
    ),
    needs=("covariance", "power_iteration"),
)
