"""The net, with a derivative for every weight: forward, loss and backward for a few points.

One input x, two hidden layers of two units, one output; each unit of a hidden layer is the tanh
of a weighted sum:

    group 1    h_i = tanh(w_i x + b_i)
    group 2    g_j = tanh(p_1j h_1 + p_2j h_2 + q_j)
    group 3    pred = v_1 g_1 + v_2 g_2 + c                 (the head)
    loss       mean over the points of (pred - y)^2

Backward, the chain rule gives for each point the derivative by the sum that goes into each unit,
from the output to the input; tanh' = 1 - tanh^2, so that only values of the forward pass are used:

    d_out = 2 (pred - y)
    d_g_j = d_out v_j (1 - g_j^2)
    d_h_i = (d_g_1 p_i1 + d_g_2 p_i2) (1 - h_i^2)

and the derivative by a weight is the mean over the points of (derivative by the sum it goes into)
x (what it is multiplied with): d_h_1 x for w_1, d_h_1 for b_1, d_g_2 h_1 for p_12, d_out g_1 for
v_1. (Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, 1986.)

A central difference checks one weight of your choice: the loss with the weight h higher, minus
that with it h lower, over 2 h. Its error shrinks as h^2 until rounding takes over.

Groups 1 and 2 start pre-trained, on the old task y = sin(old_freq x). Their old head stands
beside, to see what they know; the new task starts with a random head.
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._last_digits import tanh
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic
from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.transfer import POINTS
from sheetsim.topics.transfer._cells import (
    backward_cells,
    derivative_formulas,
    finite,
    forward_cells,
)

NAMES = (
    "w_1",
    "w_2",
    "b_1",
    "b_2",
    "p_11",
    "p_12",
    "p_21",
    "p_22",
    "q_1",
    "q_2",
    "v_1",
    "v_2",
    "c",
)
"""The weights, in the order of their columns; p_12 leads from h_1 to g_2."""

GROUPS = (1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3)
"""The layer group of each weight."""

OLD_FREQ = 2.0
"""Of the task that layers 1 and 2 were trained on."""

FACTS, WEIGHTS, CHECK, TOP = 2, 5, 14, 19

ANGLE = Valid(-100, 100)
NUMBER = Valid(-1e6, 1e6)


def forward(weights: Array, x: Array) -> Array:
    """h_1, h_2, g_1, g_2 and pred, (n, 5), of weights (13,) for points x (n,)."""
    w, b, p, q, v, c = _parts(weights)
    h = tanh(x[:, None] * w + b)
    g = tanh(h @ p + q)
    return np.column_stack([h, g, g @ v + c])


def backward(weights: Array, x: Array, y: Array) -> Array:
    """Derivatives of (pred - y)^2 by the sums d_out, d_g_1, d_g_2, d_h_1, d_h_2; (n, 5)."""
    _, _, p, _, v, _ = _parts(weights)
    units = forward(weights, x)
    h, g, out = units[:, :2], units[:, 2:4], 2 * (units[:, 4:] - y[:, None])
    by_g = out * v * (1 - g**2)
    by_h = (by_g @ p.T) * (1 - h**2)
    return np.column_stack([out, by_g, by_h])


def derivatives(weights: Array, x: Array, y: Array) -> Array:
    """Derivatives of the loss by each weight, (13,), of points (n,)."""
    units, by_sum = forward(weights, x), backward(weights, x, y)
    h, g = units[:, :2], units[:, 2:4]
    out, by_g, by_h = by_sum[:, :1], by_sum[:, 1:3], by_sum[:, 3:]
    n = len(x)
    return np.concatenate(
        [
            (by_h * x[:, None]).sum(axis=0) / n,
            by_h.sum(axis=0) / n,
            (h.T @ by_g / n).ravel(),
            by_g.sum(axis=0) / n,
            (out * g).sum(axis=0) / n,
            out.sum(axis=0) / n,
        ]
    )


def mean_square(pred: Array, y: Array) -> float:
    """The loss, of predictions and targets of one shape."""
    return float(np.mean((pred - y) ** 2))


def _parts(weights: Array) -> tuple[Array, Array, Array, Array, Array, Any]:
    """The weights by their letters: w (2,), b (2,), p (2, 2) from h to g, q (2,), v (2,) and c."""
    return (
        weights[:2],
        weights[2:4],
        weights[4:8].reshape(2, 2),
        weights[8:10],
        weights[10:12],
        weights[12],
    )


@functools.cache
def pretrained() -> tuple[float, ...]:
    """The 13 weights that fit the old task, to four decimals; mean squared error 3e-4.

    Full-batch gradient descent from a fixed start, with a rate at which it is smooth: a change of
    the start in the ninth digit comes out in the ninth digit, so that processors which round
    differently agree on four decimals. With 0.1 the descent jumps to and fro on its way, and
    multiplies such a change by a million.
    """
    x = np.linspace(-2, 2, 17)
    y = np.sin(OLD_FREQ * x)
    weights: Array = np.random.default_rng(2).uniform(-1, 1, len(NAMES)).round(3)
    for _ in range(4000):
        weights = weights - 0.05 * derivatives(weights, x, y)
    return tuple(float(weight) for weight in weights.round(4))


def _given(_plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    """Points all over -2 to 2, in random order; random weights, uniform in -1 to 1."""
    rng = np.random.default_rng(options["seed"])
    x = -2 + 4 * (np.arange(POINTS) + rng.uniform(0.2, 0.8, POINTS)) / POINTS
    return {
        "x": rng.permutation(x.round(2))[:, None],
        "random": rng.uniform(-1, 1, len(NAMES)).round(3)[None, :],
        "pretrained": np.array([pretrained()]),
        "old_freq": OLD_FREQ,
    }


# The sheet ---------------------------------------------------------------------------------


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("net", "The net: forward, loss, and a derivative for every weight")
    sheet.text(0, 0, sheet.title, "title")
    lead = "y = level + size sin(freq x + phase) is the new task; layers 1 and 2 know the old one"
    sheet.text(1, 0, f"{lead}, y = sin(old_freq x)", "lead")
    placed = facts(
        sheet,
        FACTS,
        1,
        (
            Fact("level", "level", None, 0.5, "input.general", NUMBER),
            Fact("size", "size", None, -1.5, "input.general", NUMBER),
            Fact("freq", "freq", None, 2.3, "input.general", ANGLE),
            Fact("phase", "phase", None, 0.3, "input.general", ANGLE),
            Fact("old_freq", "old_freq", None, OLD_FREQ, "input.general", ANGLE),
        ),
    )
    level, size, freq, phase, old_freq = (float(block.value) for block in placed.values())
    start, number = _weights(sheet)
    sheet.text(TOP - 2, 0, "forward, and backward", "band")
    headings = ["point", "x", "y", "h_1", "h_2", "g_1", "g_2", "pred", "squared error"]
    headings += ["d_out", "d_g_1", "d_g_2", "d_h_1", "d_h_2", "old_y", "old_pred"]
    sheet.labels(TOP - 1, 0, [headings], "heading")
    sheet.heights[TOP - 1] = 31
    sheet.numbers(TOP, 0, [[i + 1] for i in range(POINTS)], "index")
    x = sheet.inputs(TOP, 1, "x", np.ones((POINTS, 1)), "input.general", ANGLE)
    y = sheet.fill(
        TOP,
        2,
        "y",
        f"=level+size*SIN(freq*{x.cell}+phase)",
        level + size * np.sin(freq * x.values + phase),
        "calc.step",
    )
    units = forward_cells(sheet, (TOP, 3), "", start, x, finite(forward(_row(start), _column(x))))
    pred = units["pred"]
    errors = sheet.fill(
        TOP,
        8,
        "squared_error",
        f"=({pred.cell}-{y.cell})^2",
        finite((pred.values - y.values) ** 2),
        "calc.step",
    )
    by_sum = finite(backward(_row(start), _column(x), _column(y)))
    sums = backward_cells(sheet, (TOP, 9), start, units, y, by_sum)
    slopes = finite(derivatives(_row(start), _column(x), _column(y)))[None, :]
    formulas = [derivative_formulas(units | sums, x)]
    sheet.formulas(WEIGHTS + 6, 1, "derivative", formulas, slopes, "calc.step")
    old = _old_task(sheet, x, units, old_freq)
    _outcome(sheet, x, errors, old)
    _difference(sheet, start, number, x, y)
    _looks(sheet, x, y, pred, old)
    return sheet


def _weights(sheet: Sheet) -> tuple[Block, Block]:
    """The weights as inputs; the start, which has old layers and a new head; their numbers."""
    labels = ["weight", "number", "group", "pre-trained", "random", "start", "derivative"]
    sheet.labels(WEIGHTS, 0, [[label] for label in labels], "row heading")
    sheet.labels(WEIGHTS, 1, [list(NAMES)], "heading")
    number = sheet.numbers(WEIGHTS + 1, 1, [list(range(1, len(NAMES) + 1))], "index")
    group = sheet.numbers(WEIGHTS + 2, 1, [list(GROUPS)], "index")
    ones = np.ones((1, len(NAMES)))
    known = sheet.inputs(WEIGHTS + 3, 1, "pretrained", ones, "input.step", NUMBER)
    random = sheet.inputs(WEIGHTS + 4, 1, "random", ones, "input.step", NUMBER)
    head = group.values == group.values.max()
    start = sheet.fill(
        WEIGHTS + 5,
        1,
        "start",
        f"=IF({group.cell}<{group.at(0, len(NAMES) - 1)},{known.cell},{random.cell})",
        np.where(head, random.values, known.values),
        "calc.step",
    )
    return start, number


def _old_task(sheet: Sheet, x: Block, units: Mapping[str, Block], old_freq: float) -> list[Block]:
    """The old task, and what the pre-trained layers with their old head say to it."""
    known = sheet["pretrained"]
    target = np.sin(old_freq * x.values)
    wanted = sheet.fill(TOP, 14, "old_y", f"=SIN(old_freq*{x.cell})", target, "calc.step")
    v_1, v_2, c = (known.at(0, NAMES.index(name)) for name in ("v_1", "v_2", "c"))
    said = sheet.fill(
        TOP,
        15,
        "old_pred",
        f"={v_1}*{units['g_1'].cell}+{v_2}*{units['g_2'].cell}+{c}",
        finite(forward(_row(known), _column(x))[:, 4:]),
        "calc.step",
    )
    return [wanted, said]


def _outcome(sheet: Sheet, x: Block, errors: Block, old: list[Block]) -> None:
    """How many points, the loss, and the loss on the old task; beside the inputs."""
    wanted, said = old
    gap = f"{wanted.range}-{said.range}"
    old_loss = finite(np.array(mean_square(said.values, wanted.values)))
    facts(
        sheet,
        FACTS,
        6,
        (
            Fact("points", "points", f"=COUNT({x.range})", x.rows, "calc.index"),
            Fact("loss", "loss", f"=AVERAGE({errors.range})", errors.values.mean(), "key.step"),
            Fact(
                "old task's loss",
                "old_loss",
                f"=SUMPRODUCT(({gap})^2)/points",
                float(old_loss),
                "calc.step",
            ),
        ),
    )


def _difference(sheet: Sheet, start: Block, number: Block, x: Block, y: Block) -> None:
    """The central difference of one weight, from two more forward passes."""
    valid = Valid(1, len(NAMES), choices=number.range)
    sheet.text(CHECK - 1, 0, "check one derivative by a central difference", "band")
    placed = facts(
        sheet,
        CHECK,
        1,
        (
            Fact("weight", "weight", None, 1, "input.index", valid),
            Fact("h", "h", None, 1e-3, "input.general", Valid(0, 1, above=True)),
        ),
    )
    weight, h = (float(block.value) for block in placed.values())
    losses = {}
    for offset, name, sign in ((0, "up", "+"), (1, "down", "-")):
        row = TOP + (POINTS + 3) * (offset + 1)
        moved = np.where(number.values == weight, float(f"{sign}1") * h, 0.0) + start.values
        weights = sheet.fill(
            row - 2,
            1,
            f"weights_{name}",
            f"={start.down}{sign}IF({number.down}=weight,h,0)",
            moved,
            "calc.step",
        )
        sheet.text(row - 2, 0, f"weights {name}", "row heading")
        headings = ["point", "x", "y", "h_1", "h_2", "g_1", "g_2", "pred", "squared error"]
        sheet.labels(row - 1, 0, [headings], "heading")
        sheet.heights[row - 1] = 31
        sheet.numbers(row, 0, [[i + 1] for i in range(POINTS)], "index")
        own_x = sheet.fill(row, 1, f"{name}_x", f"={x.cell}", x.values, "calc.general")
        own_y = sheet.fill(row, 2, f"{name}_y", f"={y.cell}", y.values, "calc.step")
        values = finite(forward(moved[0], _column(x)))
        pred = forward_cells(sheet, (row, 3), f"{name}_", weights, own_x, values)["pred"]
        errors = finite((pred.values - own_y.values) ** 2)
        formula = f"=({pred.cell}-{own_y.cell})^2"
        block = sheet.fill(row, 8, f"{name}_squared_error", formula, errors, "calc.step")
        losses[name] = block
    up, down = (block.values.mean() for block in losses.values())
    slope = (up - down) / (2 * h)
    exact = sheet["derivative"].values[0, int(weight) - 1]
    derivative = sheet["derivative"].range
    facts(
        sheet,
        CHECK,
        3,
        (
            Fact("loss up", "loss_up", f"=AVERAGE({losses['up'].range})", up, "calc.objective"),
            Fact(
                "loss down",
                "loss_down",
                f"=AVERAGE({losses['down'].range})",
                down,
                "calc.objective",
            ),
            Fact("slope", "slope", "=(loss_up-loss_down)/(2*h)", slope, "calc.objective"),
            Fact(
                "its derivative", "exact", f"=INDEX({derivative},weight)", exact, "calc.objective"
            ),
            Fact(
                "slope / derivative",
                "ratio",
                "=slope/exact",
                float(finite(np.divide(slope, exact))),
                "key.objective",
            ),
        ),
    )


def _looks(sheet: Sheet, x: Block, y: Block, pred: Block, old: list[Block]) -> None:
    wanted, said = old
    for row, title, target, answer in (
        (WEIGHTS - 2, "The old task: pre-trained layers, old head", wanted, said),
        (TOP + POINTS + 1, "The new task: a random head", y, pred),
    ):
        series = (Series("y", x, target, line=False), Series("pred", x, answer, line=False))
        sheet.charts.append(Chart(title, "x", "y", series, row, 15, columns=6, rows=11))
    sheet.width(0, 0, 13.5)
    sheet.width(1, 20, 10)
    sheet.heights[FACTS], sheet.heights[CHECK] = 31, 31
    sheet.freeze = (WEIGHTS - 1, 1)
    sheet.pages = 1


def _row(block: Block) -> Array:
    row: Array = block.values[0].astype(float)
    return row


def _column(block: Block) -> Array:
    column: Array = block.values[:, 0].astype(float)
    return column


TOPIC = Topic(
    name="net",
    title="The net",
    summary="the net's 13 weights: forward, loss, and every derivative by hand-written formulas",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Choose another weight no. for the check, 1 to 13.",
            "slope / derivative stays close to 1, whichever weight it is.",
            edits=({"weight": 5.0}, {"weight": 13.0}),
            holds=lambda was, *after: every(
                *(np.abs(now["ratio"] - 1) < 1e-3 for now in (was, *after))
            ),
            rests_on="slope",
        ),
        Try(
            "Set h to 0.01, then to 0.02.",
            "slope / derivative is about 4 times as far from 1: the error goes as h².",
            edits=({"h": 0.01}, {"h": 0.02}),
            holds=lambda _was, one, two: every(3.5 < (two["ratio"] - 1) / (one["ratio"] - 1) < 4.5),
            rests_on="slope",
        ),
        Try(
            "Type 0 into v_1 of the row random.",
            "d_g_1 is 0 at every point: nothing flows back through a head that ignores g_1.",
            edits=({"random": lambda s: put(s["random"], 0, (0, 10))},),
            holds=lambda was, now: every(now["d_g_1"] == 0, was["d_g_1"] != 0),
            rests_on="d_g_1",
        ),
        Try(
            "Set level, size, freq and phase to 0, 1, 2 and 0: the old task.",
            "y equals old_y; copy v_1, v_2, c of pre-trained to random, and both losses agree.",
            edits=(
                {"level": 0.0, "size": 1.0, "freq": 2.0, "phase": 0.0},
                {
                    "random": lambda s: put(
                        s["random"], s["pretrained"][0, 10:], (0, slice(10, None))
                    )
                },
            ),
            holds=lambda _was, task, head: every(
                same(task["y"], task["old_y"]),
                not same(task["loss"], task["old_loss"]),
                same(head["loss"], head["old_loss"]),
            ),
            rests_on="y",
        ),
    ),
    given=_given,
)
