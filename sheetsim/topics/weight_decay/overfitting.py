"""What the decay is for: a model with too many weights, and rows that it has not seen.

A polynomial of degree 6 through 9 points has 7 weights, enough to chase the noise of every point.
Its inputs, the powers of x, are collinear: on -1 to 1 the even ones look alike, and so do the odd
ones, so large weights of opposite signs cancel on the points and run wild between them. The
penalty makes that expensive. Where the gradient of MSE + wd sum(w^2) is zero,

    2 G w - 2 c + 2 wd w = 0,  so  w = (G + wd I)^-1 c,     G = X'X / n,   c = X'y / n

which is ridge regression (Hoerl and Kennard 1970; Tikhonov) and needs no steps: every wd of a row
of them has its weights in closed form. The error on the points grows with wd, always; the error
on the rows held back falls first, while the decay takes away what was noise, and grows when it
takes away what was not. The best wd is looked for on held-back rows, never on the points.

As in the lesson, every weight counts in the sum, the constant's too (scikit-learn's Ridge leaves
out the intercept, and its alpha is n wd; PyTorch's weight_decay is 2 wd).
"""

from dataclasses import dataclass, replace

import numpy as np

from sheetsim.references import Fill, a1
from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same

FACTS, CHARTS, TOP = 2, 6, 28
"""Rows of the settings' labels, of the charts, and of the tables' headings."""
LEFT, PREDICTED, CURVES = 10, 20, 30
"""Columns of the labels of the weights, of the predictions, and of the curves."""
DEGREE, CURVE = 6, 41
"""Of the polynomial; points of a curve."""

POINTS = (
    (-0.88, -0.35),
    (-0.45, -1.21),
    (-0.38, -0.75),
    (-0.38, -0.81),
    (-0.16, -0.66),
    (0.08, 0.84),
    (0.44, 1.21),
    (0.56, 0.64),
    (0.85, 0.26),
)
HELD = (
    (-0.95, -0.19),
    (-0.76, -0.67),
    (-0.57, -1.21),
    (-0.38, -0.54),
    (-0.19, -0.51),
    (0.0, -0.26),
    (0.19, 0.43),
    (0.38, 0.85),
    (0.57, 0.52),
    (0.76, 0.51),
    (0.95, -0.26),
)
"""x and sin(3 x) with noise of standard deviation 0.3, drawn once; the second table is held
back."""
EXPONENTS = (-4.0, -3.0, -2.5, -2.0, -1.5, -1.0, 0.0, 1.0)
HELPS = "decay helps: with more of it than the first column has, the held-back rows fit better"
HURTS = "no decay of this row beats the first column on the held-back rows"


def powers(x: Array, degree: int) -> Array:
    """1, x, x^2, ... of x (n,); (n, degree + 1)."""
    return np.asarray(x[:, None] ** np.arange(degree + 1))


def ridge(x: Array, y: Array, wd: float) -> Array:
    """Weights (k,) of least MSE + wd sum(w^2) for inputs x (n, k) and targets y (n,).

    Raises:
        np.linalg.LinAlgError: wd is 0 and the inputs do not determine the weights.
    """
    gram = x.T @ x / len(y)
    return np.asarray(np.linalg.solve(gram + wd * np.eye(x.shape[1]), x.T @ y / len(y)))


def mse(x: Array, y: Array, weights: Array) -> Array:
    """Mean squared errors (m,) of the models whose weights are the columns of (k, m)."""
    return np.asarray(np.mean((x @ weights - y[:, None]) ** 2, axis=0))


@dataclass(frozen=True)
class _Rows:
    """One table of rows.

    Attributes:
        x: as typed.
        y: as typed.
        powers: 1, x, x^2, ..., (n, 7).
    """

    x: Block
    y: Block
    powers: Block


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("overfitting", "Overfitting, and what decay does about it")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "prediction = w0 + w1 x + ... + w6 x^6, with the weights of least MSE + wd sum(w²), in "
        "closed form for each wd; the held-back rows take no part in finding them"
    )
    sheet.text(1, 0, lead, "lead")
    points = _rows(sheet, TOP, "points", "the points", POINTS)
    held = _rows(sheet, TOP + len(POINTS) + 3, "held", "rows held back", HELD)
    settings = (
        Fact("base", "base", None, 10.0, "input.general", Valid(2, 10)),
        Fact(
            "points",
            "points",
            f"=COUNT({points.y.range})",
            float(points.y.rows),
            "calc.index",
        ),
    )
    facts(sheet, FACTS, 0, settings)
    wds, weights = _weights(sheet, points)
    errors = _errors(sheet, points, held, weights)
    _outcome(sheet, wds, errors)
    _curves(sheet, points, held, weights)
    _error_chart(sheet, errors)
    sheet.width(0, 33, 9.5)
    sheet.width(2, 2, 14)
    sheet.width(9, 9, 3)
    sheet.width(LEFT, LEFT, 14)
    sheet.width(PREDICTED - 1, PREDICTED - 1, 9.5)
    sheet.heights[FACTS] = 31
    sheet.freeze = (5, 0)
    bottom, right = sheet.extent
    middle = TOP + len(POINTS) + len(HELD) + 6
    sheet.print_areas = ((0, 0, middle, PREDICTED), (TOP - 1, PREDICTED, bottom, right))
    return sheet


def _rows(
    sheet: Sheet, row: int, name: str, title: str, rows: tuple[tuple[float, float], ...]
) -> _Rows:
    """A table of x and y, and the powers of x: each is the one before, times x."""
    sheet.text(row - 1, 0, title, "band")
    headings = ["x", "y", "1", "x", *(f"x^{i}" for i in range(2, DEGREE + 1))]
    sheet.labels(row, 0, [headings], "heading")
    values = np.array(rows)
    x = sheet.inputs(row + 1, 0, f"{name}_x", values[:, :1], "input.rating2", Valid(-1, 1))
    y = sheet.inputs(row + 1, 1, f"{name}_y", values[:, 1:], "input.rating2", Valid(-1e3, 1e3))
    ones = sheet.numbers(row + 1, 2, [[1.0]] * len(rows), "index")
    higher = powers(x.values[:, 0], DEGREE)
    fixed = x.across  # stays in its column where the powers go right
    block = sheet.fill(
        row + 1, 3, f"{name}_powers", f"={ones.cell}*{fixed}", higher[:, 1:], "calc.step"
    )
    return _Rows(x, y, replace(block, column=ones.column, values=higher, formulas=None))


def _weights(sheet: Sheet, points: _Rows) -> tuple[Block, Block]:
    """A column of weights for each wd, by the normal equations."""
    many, k = len(EXPONENTS), DEGREE + 1
    row = TOP + 1
    sheet.text(TOP - 1, LEFT, "a column for each wd = base^exponent", "band")
    sheet.text(TOP, LEFT, "column", "heading")
    number = sheet.numbers(TOP, LEFT + 1, [list(range(1, many + 1))], "heading")
    labels = ["exponent", "wd", *(f"w{i}" for i in range(k))]
    sheet.labels(row, LEFT, [[label] for label in labels], "row heading")
    exponents = sheet.inputs(row, LEFT + 1, "exponents", [EXPONENTS], "input.general", Valid(-4, 3))
    base = float(sheet["base"].value)
    wds = sheet.fill(
        row + 1, LEFT + 1, "wds", f"=base^{exponents.cell}", base**exponents.values, "calc.power"
    )
    gram, moments, identity = _normal_equations(sheet, points)
    formulas = [
        [
            f"=SUMPRODUCT(MMULT(MINVERSE({gram.range}+{wds.at(0, m)}*{identity.range}),"
            f"{moments.range})*{identity.part(slice(None), slice(i, i + 1)).range})"
            for m in range(many)
        ]
        for i in range(k)
    ]
    x, y = points.powers.values, points.y.values[:, 0]
    values = np.stack([ridge(x, y, float(wd)) for wd in wds.values[0]], axis=1)
    weights = sheet.formulas(row + 2, LEFT + 1, "weights", formulas, values, "calc.step")
    choices = Valid(1, many, choices=number.range)
    chosen = (Fact("column_to_show", "column_to_show", None, 4, "input.index", choices),)
    reach = Fact("reach", "reach", None, 1.0, "input.general", Valid(0.1, 1.5))
    facts(sheet, FACTS, 2, (*chosen, reach))
    return wds, weights


def _normal_equations(sheet: Sheet, points: _Rows) -> tuple[Block, Block, Block]:
    """G = X'X / n and c = X'y / n, and the identity matrix."""
    k, row = DEGREE + 1, TOP + 17
    x, y = points.powers, points.y
    sheet.text(row - 2, LEFT + 1, "G = X'X / n (X: the powers of the points' x)", "band")
    sheet.text(row - 2, LEFT + 1 + k, "c = X'y / n", "band")
    sheet.numbers(row - 1, LEFT + 1, [list(range(k))], "heading")
    sheet.text(row - 1, LEFT + 1 + k, "c", "heading")
    columns = [x.part(slice(None), slice(i, i + 1)).range for i in range(k)]
    formulas = [[f"=SUMPRODUCT({a},{b})/points" for b in columns] for a in columns]
    n = len(x.values)
    gram = sheet.formulas(row, LEFT + 1, "gram", formulas, x.values.T @ x.values / n, "calc.step")
    moments = sheet.formulas(
        row,
        LEFT + 1 + k,
        "moments",
        [[f"=SUMPRODUCT({a},{y.range})/points"] for a in columns],
        x.values.T @ y.values / n,
        "calc.step",
    )
    at = TOP + len(POINTS) + len(HELD) + 8
    sheet.text(at - 1, PREDICTED, "I, the identity matrix", "band")
    identity = sheet.numbers(at, PREDICTED, np.eye(k).tolist(), "index")
    return gram, moments, identity


def _errors(sheet: Sheet, points: _Rows, held: _Rows, weights: Block) -> dict[str, Block]:
    """Predictions of all rows with the weights of every column, and their errors below."""
    placed = {}
    row = weights.bottom
    squares = np.sum(weights.values**2, axis=0)[None, :]
    sheet.text(row, LEFT, "sum(w²)", "row heading")
    formula = f"=SUMPRODUCT({weights.down},{weights.down})"
    sheet.fill(row, LEFT + 1, "sum_squares", formula, squares, "calc.power")
    tables = ((points, "points", "MSE, points"), (held, "held", "MSE, held back"))
    for offset, (rows, name, label) in enumerate(tables, start=1):
        top = rows.x.row
        title = f"predictions, {'the points' if name == 'points' else 'rows held back'}"
        sheet.text(top - 2, PREDICTED, title, "band")
        numbers = [list(range(1, weights.columns + 1))]
        sheet.numbers(top - 1, PREDICTED, numbers, "heading")
        predicted = sheet.fill(
            top,
            PREDICTED,
            f"{name}_predicted",
            f"=SUM(MMULT({rows.powers.across},{weights.down}))",
            rows.powers.values @ weights.values,
            "calc.step",
        )
        sheet.text(row + offset, LEFT, label, "row heading")
        placed[name] = sheet.fill(
            row + offset,
            LEFT + 1,
            f"mse_{name}",
            f"=SUMPRODUCT(({predicted.down}-{rows.y.range})^2)/COUNT({rows.y.range})",
            mse(rows.powers.values, rows.y.values[:, 0], weights.values)[None, :],
            "calc.step",
        )
    return placed


def _outcome(sheet: Sheet, wds: Block, errors: dict[str, Block]) -> None:
    """The least error on the held-back rows, and the wd that has it."""
    held, row = errors["held"], errors["held"].bottom + 1
    least = np.minimum.accumulate(held.values, axis=1)
    first = held.part(slice(None), slice(0, 1)).cell
    before = a1(row, LEFT + 1)
    sheet.text(row, LEFT, "least so far", "row heading")
    second = a1(held.row, LEFT + 2)
    fill = Fill(f"=MIN({second},{before})")
    formulas = [[f"={first}", *(fill.at(0, i) for i in range(held.columns - 1))]]
    so_far = sheet.formulas(row, LEFT + 1, "least_so_far", formulas, least, "calc.step")
    smallest, lowest = float(held.values[0, 0]), float(least[0, -1])
    wanted = held.values == lowest
    best = float(np.sum(wanted * wds.values) / np.sum(wanted)) if wanted.any() else np.nan
    chosen = float(sheet["column_to_show"].value)
    inside = chosen in range(1, wds.columns + 1)
    shown = float(wds.values[0, int(chosen) - 1]) if inside else np.nan
    same = f"({held.range}=least_held)"
    row_of_facts = (
        Fact(
            "wd shown",
            "shown_wd",
            f"=INDEX({wds.range},1,column_to_show)",
            shown,
            "calc.power",
        ),
        Fact("held back, column 1", "first_held", f"={held.at(0, 0)}", smallest, "calc.step"),
        Fact(
            "held back, least",
            "least_held",
            f"={so_far.at(0, held.columns - 1)}",
            lowest,
            "key.step",
        ),
        Fact(
            "best wd",
            "best_wd",
            f"=SUMPRODUCT({same}*{wds.range})/SUMPRODUCT({same}*1)",
            best,
            "calc.power",
        ),
    )
    facts(sheet, FACTS, 4, row_of_facts)
    says: object = np.nan
    if np.isfinite(smallest + lowest):
        says = HELPS if lowest < smallest else HURTS
    formula = f'=IF(least_held<first_held,"{HELPS}","{HURTS}")'
    sheet.fill(FACTS + 1, 8, "verdict", formula, says, "calc.text")


def _curves(sheet: Sheet, points: _Rows, held: _Rows, weights: Block) -> None:
    """The polynomial of the chosen column and that of the first, from -reach to reach."""
    chosen = float(sheet["column_to_show"].value)
    inside = chosen in range(1, weights.columns + 1)
    picked = weights.values[:, [int(chosen) - 1 if inside else 0]]
    picked = picked if inside else np.full_like(picked, np.nan)
    at = weights.right
    sheet.text(weights.row - 1, at, "shown", "heading")
    formula = f"=INDEX({weights.across},1,column_to_show)"
    shown = sheet.fill(weights.row, at, "shown_weights", formula, picked, "calc.step")
    steps = sheet.numbers(TOP + 1, CURVES, [[i] for i in range(CURVE)], "index")
    sheet.text(TOP - 1, CURVES, "the curves", "band")
    sheet.labels(TOP, CURVES, [["", "x", "shown", "column 1"]], "heading")
    x = float(sheet["reach"].value) * (2 * np.arange(CURVE) / (CURVE - 1) - 1)
    across = sheet.fill(
        TOP + 1,
        CURVES + 1,
        "curve_x",
        f"=reach*(2*{steps.cell}/{steps.at(CURVE - 1)}-1)",
        x[:, None],
        "calc.step",
    )
    series = [
        Series("points", points.x, points.y, line=False),
        Series("held back", held.x, held.y, line=False),
    ]
    fixed = across.across  # stays in its column
    for offset, (name, label, column) in enumerate(
        (
            ("curve_shown", "column_to_show", shown),
            ("curve_first", "column 1", weights.part(slice(None), slice(0, 1))),
        )
    ):
        text = column.at(DEGREE)
        for i in reversed(range(DEGREE)):
            text = f"({column.at(i)}+{fixed}*{text})"
        values = powers(x, DEGREE) @ column.values
        block = sheet.fill(
            TOP + 1, CURVES + 2 + offset, name, f"={text[1:-1]}", values, "calc.step"
        )
        series.append(Series(label, across, block, points=False))
    title = "The rows and two of the polynomials"
    low, high = (-1.0, 1.0)
    sheet.charts.append(
        Chart(title, "x", "y", tuple(series), CHARTS, 0, 9, TOP - CHARTS - 2, x_range=(low, high))
    )


def _error_chart(sheet: Sheet, errors: dict[str, Block]) -> None:
    """Both errors over the exponent of wd."""
    exponents = sheet["exponents"]
    series = (
        Series("points", exponents, errors["points"]),
        Series("held back", exponents, errors["held"]),
    )
    title = "Mean squared error over the exponent of wd"
    sheet.charts.append(
        Chart(title, "exponent of wd", "MSE", series, CHARTS, 10, 9, TOP - CHARTS - 2)
    )


TOPIC = Topic(
    name="overfitting",
    title="Overfitting, and what decay does about it",
    summary="a polynomial with too many weights: error on its points and on held-back rows by wd",
    sheet=_sheet,
    order=3,
    tries=(
        Try(
            "Set column_to_show to 1, 4 and 8 in turn.",
            "The curve chases every point, follows the rows, and goes flat: the weights shrink "
            "from column to column.",
            edits=({"column_to_show": 1.0}, {"column_to_show": 4.0}, {"column_to_show": 8.0}),
            holds=lambda was, *after: every(
                np.diff(was["mse_points"][0]) > 0,
                np.diff(was["sum_squares"][0]) < 0,
                *(
                    same(now["shown_weights"][:, 0], now["weights"][:, column])
                    for now, column in zip(after, (0, 3, 7), strict=True)
                ),
                np.ptp(after[2]["curve_shown"]) < np.ptp(after[1]["curve_shown"]) / 3,
            ),
            rests_on="shown_weights",
        ),
        Try(
            "Type 4 as the y of the last of the points.",
            "With little decay the curve bends to it and the held-back error soars, from 0.19 to "
            "6.3 in column 1; in column 7 it still rises by two thirds, in column 8 hardly.",
            edits=({"points_y": lambda s: put(s["points_y"], 4, -1)},),
            holds=lambda was, now: every(
                was["mse_held"][0, 0].round(2) == 0.19,
                now["mse_held"][0, 0].round(1) == 6.3,
                1.5 < now["mse_held"][0, 6] / was["mse_held"][0, 6] < 1.9,
                now["mse_held"][0, 7] / was["mse_held"][0, 7] < 1.2,
            ),
            rests_on="mse_held",
        ),
        Try(
            "Type eight other exponents, say -2.75 to -1 in steps of 0.25.",
            "The chart zooms in on the best wd.",
            edits=({"exponents": [np.arange(-2.75, -0.99, 0.25)]},),
            holds=lambda was, now: every(
                same(now["wds"], 10 ** now["exponents"]),
                now["least_held"] <= was["least_held"],
                now["exponents"].min() < np.log10(now["best_wd"]) < now["exponents"].max(),
            ),
            rests_on="wds",
        ),
    ),
)
