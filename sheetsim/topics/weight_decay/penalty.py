"""The penalty: loss = error + wd times the sum of the squared weights, and its gradient.

For a linear model pred = X w with mean squared error MSE,

    loss(w)     = MSE(w) + wd sum(w^2)
    d loss/dw_j = 2/n sum((pred - y) x_j) + 2 wd w_j

so each weight is pulled towards 0 in proportion to itself. The 2 is a nuisance, and convention
drops it: "weight decay wd" is what adds wd w to the gradient, which is the exact gradient of
MSE + wd/2 sum(w^2). PyTorch counts so: `weight_decay` of torch.optim.SGD and Adam adds wd w to
the gradient (its AdamW multiplies the weights by 1 - lr wd instead). With the lesson's formula
a wd is twice as strong as PyTorch's of the same number; scikit-learn's Ridge adds alpha sum(w^2)
to the SUM of the squared errors, so its alpha is n wd.

Nobody has to believe the derivative: the sheet also takes it by finite differences,
(loss(w + h) - loss(w - h)) / 2h, which for a square are exact but for rounding. Two of the three
inputs are nearly the same (collinear): the data say little about which of the two weights should
be large, and the penalty decides.

Source: fast.ai (2019), lesson 5; A. Krogh and J. Hertz, A Simple Weight Decay Can Improve
Generalization (NIPS 1991).
"""

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same

FACTS, HEADINGS, TOP, SWEEP = 2, 6, 7, 19
"""Rows of the inputs' labels, of the data's headings, of the data, and of the curves' title."""
NAMES = ("w1", "w2", "w3")
CURVE = 25
"""Points of the curves over one weight."""
ANY = Valid(-100, 100)

POINTS = (
    (0.19, 0.34, 0.25, 1.28),
    (-0.52, -0.57, 0.06, -0.93),
    (-0.41, -0.46, 0.10, -0.35),
    (-2.44, -2.56, 0.12, -4.54),
    (1.80, 1.87, -0.30, 3.13),
    (1.14, 1.13, 0.23, 2.82),
    (-0.33, -0.24, 0.62, 0.62),
    (0.77, 0.68, -0.49, 0.73),
    (0.28, 0.30, -0.52, -0.80),
    (-0.55, -0.69, -0.45, -2.27),
)
"""Inputs x1, x2 (x1 and a little noise), x3, and y = x1 + x2 + 2 x3 and noise; drawn once."""


def predictions(x: Array, w: Array) -> Array:
    """The linear model: x (n, k), w (k,) -> (n,)."""
    return np.asarray(x @ w)


def mse(x: Array, y: Array, w: Array) -> float:
    """Mean squared error of the model on x (n, k), y (n,)."""
    return float(np.mean((predictions(x, w) - y) ** 2))


def penalty(w: Array, wd: float) -> float:
    """The lesson's term: wd sum(w^2)."""
    return float(wd * np.sum(w**2))


def mse_gradient(x: Array, y: Array, w: Array) -> Array:
    """Derivatives of the mean squared error by the weights, (k,)."""
    return np.asarray(2 / len(y) * (x.T @ (predictions(x, w) - y)))


def penalty_gradient(w: Array, wd: float) -> Array:
    """Derivatives of `penalty`, (k,)."""
    return 2 * wd * w


def moved(w: Array, j: int, by: float) -> Array:
    """The weights with the j-th of them moved."""
    other = w.copy()
    other[j] += by
    return other


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("penalty", "The penalty and its gradient")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "prediction = x1 w1 + x2 w2 + x3 w3; loss = MSE + wd sum(w²), whose gradient is 2 wd w more"
    )
    sheet.text(1, 0, lead, "lead")
    settings = (
        Fact("wd", "wd", None, 0.5, "input.general", Valid(0, 100)),
        Fact("h", "h", None, 0.01, "input.general", Valid(0.01, 1)),
    )
    facts(sheet, FACTS, 0, settings)
    sheet.labels(FACTS, 2, [NAMES], "fact")
    w = sheet.inputs(FACTS + 1, 2, "weights", [[2.0, 0.0, 1.5]], "input.general", ANY)
    x, y = _points(sheet, w)
    _outcome(sheet, x, y, w)
    _gradient(sheet, x, y, w)
    _curves(sheet, x, y, w)
    sheet.width(0, 0, 14)
    sheet.width(1, 5, 11)
    sheet.width(6, 6, 3)
    sheet.width(7, 7, 20)
    sheet.width(8, 13, 11)
    for row in (FACTS, HEADINGS, SWEEP + 1):
        sheet.heights[row] = 31
    sheet.freeze = (5, 0)
    sheet.pages = 1
    return sheet


def _points(sheet: Sheet, w: Block) -> tuple[Block, Block]:
    """The points, and what the model makes of them."""
    sheet.text(HEADINGS - 1, 0, "the points, and the model's predictions", "band")
    sheet.labels(HEADINGS, 0, [["x1", "x2", "x3", "y", "prediction", "squared error"]], "heading")
    points = np.array(POINTS)
    x = sheet.inputs(TOP, 0, "x", points[:, :3], "input.rating2", ANY)
    y = sheet.inputs(TOP, 3, "y", points[:, 3:], "input.rating2", ANY)
    predicted = predictions(x.values, w.values[0])[:, None]
    formula = f"=SUMPRODUCT({x.across},{w.range})"
    pred = sheet.fill(TOP, 4, "prediction", formula, predicted, "calc.step")
    squares = (predicted - y.values) ** 2
    sheet.fill(TOP, 5, "error2", f"=({pred.cell}-{y.cell})^2", squares, "calc.step")
    return x, y


def _outcome(sheet: Sheet, x: Block, y: Block, w: Block) -> None:
    """MSE, the penalty, and their sum, beside the inputs."""
    wd = float(sheet["wd"].value)
    error, term = mse(x.values, y.values[:, 0], w.values[0]), penalty(w.values[0], wd)
    squares = float(np.sum(w.values**2))
    total = f"=SUMPRODUCT({w.range},{w.range})"
    points = (Fact("points", "points", f"=COUNT({y.range})", float(y.rows), "calc.index"),)
    facts(sheet, FACTS, 5, points)
    outcome = (
        Fact("MSE", "mse", f"=SUM({sheet['error2'].range})/points", error, "calc.objective"),
        Fact("sum(w²)", "sum_squares", total, squares, "calc.objective"),
        Fact("penalty", "term", "=wd*sum_squares", term, "calc.objective"),
        Fact("loss", "loss", "=mse+term", error + term, "key.objective"),
        Fact("MSE + wd/2 sum(w²)", "half", "=mse+term/2", error + term / 2, "calc.objective"),
    )
    facts(sheet, FACTS, 7, outcome)


def _gradient(sheet: Sheet, x: Block, y: Block, w: Block) -> None:
    """The gradient by the formula and by finite differences; a column for each weight."""
    left, weights, ys = 8, w.values[0], y.values[:, 0]
    wd, h = float(sheet["wd"].value), float(sheet["h"].value)
    sheet.text(HEADINGS - 1, left - 1, "the gradient, and a check of it", "band")
    sheet.labels(HEADINGS, left - 1, [["derivative by", *NAMES]], "heading")
    slope, pull = mse_gradient(x.values, ys, weights), penalty_gradient(weights, wd)
    up, down = (
        np.array(
            [
                mse(x.values, ys, one) + penalty(one, wd)
                for one in (moved(weights, j, by) for j in range(len(weights)))
            ]
        )
        for by in (h, -h)
    )
    pred = sheet["prediction"].range
    own = f"{w.part(slice(None), slice(0, 1)).down}"  # the weight of this column, row fixed

    def shifted(sign: str) -> str:
        return (
            f"=SUMPRODUCT(({pred}{sign}h*{x.down}-{y.range})^2)/points"
            f"+wd*(sum_squares-{own}^2+({own}{sign}h)^2)"
        )

    place = {name: f"{'ABCDEFGHIJ'[left]}{TOP + 1 + i}" for i, name in enumerate(ROWS)}
    formulas = {
        "slope": f"=2*SUMPRODUCT({pred}-{y.range},{x.down})/points",
        "pull": f"=2*wd*{own}",
        "gradient": f"={place['slope']}+{place['pull']}",
        "loss_up": shifted("+"),
        "loss_down": shifted("-"),
        "difference": f"=({place['loss_up']}-{place['loss_down']})/(2*h)",
        "gap": f"={place['gradient']}-{place['difference']}",
        "conventional": f"={place['slope']}+{place['pull']}/2",
    }
    values = {
        "slope": slope,
        "pull": pull,
        "gradient": slope + pull,
        "loss_up": up,
        "loss_down": down,
        "difference": (up - down) / (2 * h),
        "gap": slope + pull - (up - down) / (2 * h),
        "conventional": slope + wd * weights,
    }
    for i, (name, label) in enumerate(ROWS.items()):
        style = "calc.power" if name == "gap" else "calc.objective"
        sheet.text(TOP + i, left - 1, label, "row heading")
        sheet.fill(TOP + i, left, name, formulas[name], values[name][None, :], style)


ROWS = {
    "slope": "of MSE",
    "pull": "of the penalty",
    "gradient": "of the loss (sum)",
    "loss_up": "loss at w + h",
    "loss_down": "loss at w - h",
    "difference": "their difference / 2h",
    "gap": "off by",
    "conventional": "with the 2 dropped",
}
"""The rows of the gradient's table, and what they are called."""


def _curves(sheet: Sheet, x: Block, y: Block, w: Block) -> None:
    """MSE, penalty and loss as one of the weights goes from here to there."""
    sheet.text(SWEEP, 0, "one weight moved, the others as they are", "band")
    steps = sheet.numbers(SWEEP + 5, 0, [[i] for i in range(CURVE)], "index")
    which = Valid(1, len(NAMES), choices=steps.part(slice(1, 1 + len(NAMES))).range)
    settings = (
        Fact("weight_to_move", "weight_to_move", None, 1, "input.index", which),
        Fact("move_from", "move_from", None, -2.0, "input.general", ANY),
        Fact("move_to", "move_to", None, 5.0, "input.general", ANY),
    )
    placed = facts(sheet, SWEEP + 1, 0, settings)
    j, low, high = (float(block.value) for block in placed.values())
    inside = 1 <= j <= len(NAMES)
    j = int(j) - 1 if inside else 0
    here = float(w.values[0, j]) if inside else np.nan
    pick = f"=INDEX({w.range},1,weight_to_move)"
    facts(sheet, SWEEP + 1, 3, (Fact("it is now", "here", pick, here, "calc.general"),))
    sheet.text(HEADINGS, 12, "x that is moved", "heading")
    column = x.values[:, j : j + 1] if inside else np.full((x.rows, 1), np.nan)
    moving = sheet.fill(
        TOP, 12, "moving", f"=INDEX({x.across},1,weight_to_move)", column, "calc.general"
    )
    sheet.labels(SWEEP + 4, 0, [["", "weight", "MSE", "penalty", "loss"]], "heading")
    at = low + (high - low) * np.arange(CURVE)[:, None] / (CURVE - 1)
    weight = sheet.fill(
        SWEEP + 5,
        1,
        "weight",
        f"=move_from+(move_to-move_from)*{steps.cell}/{steps.at(CURVE - 1)}",
        at,
        "calc.step",
    )
    places = [moved(w.values[0], j, float(v) - here) for v in at[:, 0]]
    errors = np.array([[mse(x.values, y.values[:, 0], one)] for one in places])
    terms = np.array([[penalty(one, float(sheet["wd"].value))] for one in places])
    gap = f"{sheet['prediction'].range}+({weight.cell}-here)*{moving.range}-{y.range}"
    error = sheet.fill(
        SWEEP + 5, 2, "error_there", f"=SUMPRODUCT(({gap})^2)/points", errors, "calc.step"
    )
    formula = f"=wd*(sum_squares-here^2+{weight.cell}^2)"
    term = sheet.fill(SWEEP + 5, 3, "term_there", formula, terms, "calc.step")
    formula = f"={error.cell}+{term.cell}"
    loss = sheet.fill(SWEEP + 5, 4, "loss_there", formula, errors + terms, "calc.step")
    series = tuple(
        Series(name, weight, block, points=False)
        for name, block in (("MSE", error), ("penalty", term), ("loss", loss))
    )
    title = "MSE, penalty and loss over one weight"
    chart = Chart(
        title, "the weight that is moved", "loss", series, SWEEP + 1, 6, columns=6, rows=19
    )
    sheet.charts.append(chart)


TOPIC = Topic(
    name="penalty",
    title="The penalty and its gradient",
    summary="loss = MSE + wd sum(w²), its gradient 2 wd w, and a check by finite differences",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Set wd to 0, then to 2.",
            "At 0 the loss is the MSE. The larger wd, the nearer to 0 the lowest point of the loss "
            "curve, though the MSE curve stays where it is.",
            edits=({"wd": 0.0}, {"wd": 2.0}),
            holds=lambda was, none, two: every(
                same(none["loss"], none["mse"]),
                same(two["error_there"], was["error_there"]),
                *(
                    np.abs(two["weight"][two["loss_there"].argmin()])
                    < np.abs(now["weight"][now["loss_there"].argmin()])
                    for now in (was, none)
                ),
            ),
            rests_on="loss_there",
        ),
        Try(
            "Double all three weights.",
            "The penalty is four times what it was, and its gradient twice.",
            edits=({"weights": lambda s: 2 * s["weights"]},),
            holds=lambda was, now: every(
                same(now["term"], 4 * was["term"]), same(now["pull"], 2 * was["pull"])
            ),
            rests_on="pull",
        ),
        Try(
            "Set w1, w2 to 1, 1 and then to 2, 0.",
            "MSE hardly minds, for x1 and x2 are nearly the same; the penalty prefers the two "
            "equal ones.",
            edits=(
                {"weights": lambda s: put(s["weights"], [1, 1], (0, slice(0, 2)))},
                {"weights": lambda s: put(s["weights"], [2, 0], (0, slice(0, 2)))},
            ),
            holds=lambda _was, equal, apart: every(
                np.abs(equal["mse"] - apart["mse"]) < 0.1 * apart["term"],
                equal["term"] < apart["term"],
            ),
            rests_on="term",
        ),
        Try(
            "Set h to 1.",
            "The check agrees still: the loss is a square in each weight, and central differences "
            "of a square are exact.",
            edits=({"h": 1.0},),
            holds=lambda _was, now: every(now["gap"] < 1e-12),
            rests_on="difference",
        ),
    ),
)
