"""Plain gradient descent: a penalty in the loss and decay of the weights are the same.

With wd/2 sum(w^2) in the loss the gradient gets wd w more, so a step is

    w <- w - lr (grad + wd w)  =  (1 - lr wd) w - lr grad

which first makes every weight smaller by the same part of itself, lr wd, and then takes the step
of the error alone: weight decay. The two sides are the same number but for rounding, so the two
runs on the sheet agree to the last digits at every step, whatever the inputs are, and a live cell
says so: the distances of all steps, added up, are below 1e-12 of the size of the weights.

The lesson's penalty, wd sum(w^2), has the gradient 2 wd w; `factor` is 2 for that and 1 where the
2 is dropped. PyTorch's SGD(weight_decay=wd) is the factor 1. The equality needs PLAIN gradient
descent: with momentum the penalty's part of the gradient is averaged over steps and the decay is
not, and with Adam the two differ by far (next sheet). Without any decay the third run goes
on to weights that differ by much for inputs that differ by little.

Source: fast.ai (2019), lesson 5; S. Hanson and L. Pratt, Comparing Biases for Minimal Network
Construction with Back-Propagation (NIPS 1988) has the decay, I. Loshchilov and F. Hutter,
Decoupled Weight Decay Regularization (ICLR 2019) the proof and its limits.
"""

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Column, Series, Sheet, Valid, table
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.weight_decay._runs import (
    State,
    finite,
    gradient_columns,
    run,
    tell,
    verdict,
    watching,
    weight_columns,
    weight_limit,
)
from sheetsim.topics.weight_decay.penalty import NAMES

FACTS, CHARTS, HEADINGS = 2, 7, 27
RUNS = {"l2_w": "L2", "decay_w": "decay", "none_w": "neither"}
"""The runs: names of their columns of weights, and what they are called."""
SAME = "identical: every step of the one run is that of the other, but for rounding"
OTHER = "NOT identical: the two runs part (they agree where factor is 1)"


def sgd(x: Array, grad: Array, state: State, *, lr: float, **_: float) -> tuple[Array, State]:
    """A step without any decay."""
    return x - lr * grad, state


def sgd_l2(
    x: Array, grad: Array, state: State, *, lr: float, weight_decay: float, **_: float
) -> tuple[Array, State]:
    """A step along the gradient of loss + weight_decay/2 sum(x^2); `grad` is the loss's alone."""
    return x - lr * (grad + weight_decay * x), state


def sgd_decay(
    x: Array, grad: Array, state: State, *, lr: float, weight_decay: float, **_: float
) -> tuple[Array, State]:
    """The weights made smaller by lr weight_decay of themselves, then a step along `grad`."""
    return (1 - lr * weight_decay) * x - lr * grad, state


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("decay_under_sgd", "Weight decay under plain gradient descent")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "L2 in the loss: w = w - lr (gradient + factor wd w);   decay of the weights: "
        "w = (1 - lr wd) w - lr gradient;   points and start are those of the sheet penalty"
    )
    sheet.text(1, 0, lead, "lead")
    points = book["penalty"]["y"]
    settings = (
        Fact("lr", "lr", None, 0.1, "input.general", Valid(0, 1, above=True)),
        Fact("wd", "wd", None, 0.5, "input.general", Valid(0, 10)),
        Fact("factor", "factor", None, 1.0, "input.general", Valid(0, 2)),
        Fact("tolerance", "tolerance", None, 1e-12, "input.power", Valid(1e-13, 1)),
        Fact("points", "points", f"=COUNT({points.qualified.range})", points.rows, "calc.index"),
    )
    placed = facts(sheet, FACTS, 0, settings)
    lr, wd, factor = (float(placed[name].value) for name in ("lr", "wd", "factor"))
    x, y = book["penalty"]["x"].values, points.values[:, 0]
    start, steps = book["penalty"]["weights"].values[0], int(book.plan["steps"])
    with np.errstate(all="ignore"):
        runs = {
            "l2_": run(sgd_l2, (), x, y, start, steps=steps, lr=lr, weight_decay=factor * wd),
            "decay_": run(sgd_decay, (), x, y, start, steps=steps, lr=lr, weight_decay=wd),
            "none_": run(sgd, (), x, y, start, steps=steps, lr=lr),
        }
        pull = factor * wd * runs["l2_"]["w"]
        apart = np.abs(runs["decay_"]["w"] - runs["l2_"]["w"]).sum(axis=1)
    gaps = "+".join(f"ABS({{decay_w{j}}}-{{l2_w{j}}})" for j in range(1, len(NAMES) + 1))
    columns = [
        Column("step", None, np.arange(steps + 1.0), style="index"),
        *weight_columns(book, "l2_w", "={^l2_w#}-lr*{^l2_g#}", runs["l2_"]["w"]),
        *gradient_columns(
            book, "l2_g", "l2_w", finite(runs["l2_"]["g"] + pull), "+factor*wd*{l2_w#}"
        ),
        *weight_columns(
            book, "decay_w", "=(1-lr*wd)*{^decay_w#}-lr*{^decay_g#}", runs["decay_"]["w"]
        ),
        *gradient_columns(book, "decay_g", "decay_w", runs["decay_"]["g"]),
        Column("apart", f"={gaps}", finite(apart), style="calc.power"),
        *weight_columns(book, "none_w", "={^none_w#}-lr*{^none_g#}", runs["none_"]["w"]),
        *gradient_columns(book, "none_g", "none_w", runs["none_"]["g"]),
    ]
    _headings(sheet)
    limit = weight_limit(sheet, book, FACTS + 2)
    columns += watching({f"{name}w": rows["w"] for name, rows in runs.items()}, limit)
    blocks = table(sheet, HEADINGS + 1, 0, columns, steps + 1)
    verdict(sheet, FACTS, 5, blocks, SAME, OTHER)
    tell(sheet, FACTS + 2, RUNS, blocks, limit)
    _charts(sheet, blocks)
    sheet.width(0, 0, _divergence.WIDTH)
    sheet.width(1, 19, 10)
    sheet.heights[FACTS] = 31
    sheet.freeze = (FACTS + 4, 0)
    sheet.print_areas = ((0, 0, HEADINGS + 2 + steps, 20),)
    sheet.pages = 1
    return sheet


def _headings(sheet: Sheet) -> None:
    """What each group of columns is."""
    gradients = [f"gradient {name}" for name in NAMES]
    weights = [*NAMES, *gradients]
    for column, text in (
        (1, "L2 in the loss: weights, and gradients with wd w"),
        (7, "decay of the weights: weights, and gradients of MSE"),
        (14, "no decay: weights, and gradients of MSE"),
    ):
        sheet.text(HEADINGS - 1, column, text, "band")
    headings = ["step", *weights, *weights, "apart", *weights]
    headings += [f"{label} {of}" for label in RUNS.values() for of in ("beyond", *NAMES)]
    sheet.labels(HEADINGS, 0, [headings], "heading")
    sheet.heights[HEADINGS] = 31


def _charts(sheet: Sheet, blocks: dict[str, Block]) -> None:
    """The weights by step: L2 as lines, decay as points on them, and without decay."""
    runs = (("l2_w", "L2", False, True), ("decay_w", "decay", True, False))
    both = tuple(
        Series(f"{NAMES[j - 1]}, {label}", blocks["step"], blocks[f"{name}_drawn{j}"], points, line)
        for name, label, points, line in runs
        for j in range(1, len(NAMES) + 1)
    )
    title = "L2 in the loss (lines) and decay (points)"
    sheet.charts.append(
        Chart(title, "step", "weight", both, CHARTS, 0, columns=10, rows=HEADINGS - CHARTS - 2)
    )
    without = tuple(
        Series(name, blocks["step"], blocks[f"none_w_drawn{j}"], points=False)
        for j, name in enumerate(NAMES, start=1)
    )
    sheet.charts.append(
        Chart(
            "No decay",
            "step",
            "weight",
            without,
            CHARTS,
            10,
            columns=10,
            rows=HEADINGS - CHARTS - 2,
        )
    )


TOPIC = Topic(
    name="decay_under_sgd",
    title="Weight decay under plain gradient descent",
    summary="L2 in the loss and decay of the weights, side by side: identical, and a cell says so",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Change lr and wd to whatever you like.",
            "Both runs change, and stay identical.",
            edits=({"lr": 0.05, "wd": 0.2}, {"lr": 0.2, "wd": 1.0}),
            holds=lambda was, *after: every(
                *(now["verdict"] == was["verdict"] for now in after),
                *((now["l2_w1"][1:] != was["l2_w1"][1:]).all() for now in after),
                *(same(now["l2_w1"], now["decay_w1"]) for now in after),
            ),
            rests_on="decay_w1",
        ),
        Try(
            "Set factor to 2, the lesson's gradient with its 2.",
            "The verdict turns: L2 pulls twice as hard as the decay; the lines leave the points.",
            edits=({"factor": 2.0},),
            holds=lambda was, now: every(
                now["verdict"] != was["verdict"],
                now["gap"] > 0.1,
                np.abs(now["l2_w1"][-1]) < np.abs(now["decay_w1"][-1]),
            ),
            rests_on="l2_w1",
        ),
        Try(
            "Set wd to 0.",
            "All three runs are the same, and w1 stays far from w2 though x1 and x2 are nearly "
            "equal.",
            edits=({"wd": 0.0},),
            holds=lambda _was, now: every(
                *(
                    same(now[f"{run}_w{j}"], now[f"none_w{j}"])
                    for run in ("l2", "decay")
                    for j in (1, 2, 3)
                ),
                np.abs(now["l2_w1"][-1] - now["l2_w2"][-1]) > 1,
            ),
            rests_on="l2_w1",
        ),
    ),
    needs=("penalty",),
    options=("steps",),
)
