"""Several steps of training, unrolled: each takes the weights that the one before it made.

A step t is what the sheet step shows in full, here in three tables,

    z = x W_t + b_t                                 logits
    d = softmax(z) - [label]                        what is wrong with the softmax
    W_t+1 = W_t - lr (X^T d / n + 2 wd W_t)         and b alike

from the weights, the learning rate and the weight decay of that sheet. Read from left to right:
the same row is the same digit, or the same pixel, in every step. To take one step more, copy a
whole step to the right.

All steps are on the same twelve digits: full-batch gradient descent on a tiny set. A real run
(the lecture's, or `sheetsim digits`) takes other digits at every step and sees each of them
again only in the next epoch; what falls here is therefore the loss on digits that the model has
seen, and says nothing of others. Bias and decay are as in step: 2 wd w, biases included.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.references import a1
from sheetsim.sheet import Array, Block, Chart, ColorScale, Series, Sheet
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._step_to_show import shown_step, step_to_show
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.digits._batch import (
    CLASSES,
    PIXELS,
    MiniBatch,
    N,
    class_headings,
    entropy_cells,
    logit_cells,
    mini_batch,
)
from sheetsim.topics.digits.step import (
    COLORS,
    cross_entropy,
    gradient,
    how_many_right,
    logits,
    one_hot,
    penalty,
    predict,
    softmax,
)

FACTS, SUMMARY = 2, 5
LEFT, BAND = 2, 12
"""First column of the steps, and how many columns each takes."""

PRINTED = 2
"""How many steps are printed: the first; the others are alike."""


@dataclass(frozen=True)
class Rows:
    """Rows of the tables, which depend on how many steps the summary has.

    Attributes:
        steps: how many.
    """

    steps: int

    @property
    def logits(self) -> int:
        """First row of the logits; two headings above."""
        return SUMMARY + 1 + max(self.steps + 1, 15) + 3

    @property
    def errors(self) -> int:
        """First row of softmax less one-hot."""
        return self.logits + N + 3

    @property
    def bias(self) -> int:
        """Row of the new biases; the weights follow."""
        return self.errors + N + 3


@dataclass(frozen=True)
class Parts:
    """What every step refers to.

    Attributes:
        sheet: where.
        rows: of the tables.
        batch: pixels and labels, on the sheet digit.
        number: the digits' numbers, (n, 1).
        labels: the labels again, (n, 1).
        lr: learning rate.
        decay: factor of the sum of all squares in the loss.
    """

    sheet: Sheet
    rows: Rows
    batch: MiniBatch
    number: Block
    labels: Block
    lr: float
    decay: float


def train(
    x: Array, labels: Array, start: tuple[Array, Array], lr: float, decay: float, steps: int
) -> list[tuple[Array, Array]]:
    """Weights (64, 10) and bias (10,) before the first step and after each.

    Args:
        x: pixels (n, 64), 0 to 1.
        labels: (n,), 0 to 9.
        start: weights (64, 10) and bias (10,).
        lr: learning rate.
        decay: factor of the sum of all squares in the loss.
        steps: how many.
    """
    path = [start]
    for _ in range(steps):
        weights, bias = path[-1]
        errors = softmax(logits(x, weights, bias)) - one_hot(labels)
        by_weights, by_bias = gradient(x, errors, weights, bias, decay)
        path.append((weights - lr * by_weights, bias - lr * by_bias))
    return path


def _sheet(book: Draft) -> Sheet:
    steps, source = int(book.plan["epochs"]), book["step"]
    sheet = book.new("steps", "Several steps, unrolled")
    sheet.text(0, 0, sheet.title, "title")
    lead = "each step takes the weights that the step to its left made; the first takes those of "
    sheet.text(1, 0, lead + "sheet step", "lead")
    rates = [
        Fact(label, name, f"={source[name].qualified.range}", source[name].value, "calc.general")
        for label, name in (("lr", "lr"), ("wd", "wd"))
    ]
    facts(sheet, FACTS, 0, rates)
    parts = _row_headings(sheet, book, Rows(steps))
    start = (source["weights"].values, source["bias"].values[0])
    batch = parts.batch
    path = train(batch.rows, batch.answers, start, parts.lr, parts.decay, steps)
    cells = (source["weights"].qualified, source["bias"].qualified)
    penalties = []
    for t, values in enumerate(path):
        _forward(parts, t, cells, values)
        squares = "+".join(f"SUMSQ({block.range})" for block in cells)
        penalties.append((f"=wd*({squares})", penalty(*values, parts.decay)))
        if t < steps:
            cells = _update(parts, t, cells, path[t + 1])
    _summary(parts, penalties)
    _looks(sheet, parts.rows)
    return sheet


def _row_headings(sheet: Sheet, book: Draft, rows: Rows) -> Parts:
    """Digits, labels and pixels at the left, which all steps share."""
    batch = mini_batch(book)
    numbers = [[i] for i in range(1, N + 1)]
    number = sheet.numbers(rows.logits, 0, numbers, "index")
    formula = f"=INDEX({batch.labels.range},{number.across})"
    labels = sheet.fill(rows.logits, 1, "labels", formula, batch.labels.values.T, "calc.index")
    sheet.numbers(rows.errors, 0, numbers, "index")
    link = f"={labels.cell}"
    sheet.fill(rows.errors, 1, "labels_again", link, labels.values, "calc.index")
    for row in (rows.logits, rows.errors):
        sheet.labels(row - 1, 0, [["digit", "label"]], "heading")
    sheet.text(rows.bias - 1, 1, "pixel", "heading")
    sheet.text(rows.bias, 1, "bias", "row heading")
    sheet.numbers(rows.bias + 1, 1, [[pixel] for pixel in range(1, PIXELS + 1)], "index")
    lr, decay = (float(sheet[name].value) for name in ("lr", "wd"))
    return Parts(sheet, rows, batch, number, labels, lr, decay)


def _forward(parts: Parts, t: int, cells: tuple[Block, Block], values: tuple[Array, Array]) -> None:
    """Logits, cross entropies and predictions with the parameters that t steps made."""
    sheet, rows, column = parts.sheet, parts.rows, LEFT + BAND * t
    done = t == rows.steps
    title = f"after step {t}: logits" if done else f"step {t + 1}: logits"
    sheet.text(rows.logits - 2, column, title, "band")
    class_headings(sheet, rows.logits - 1, column)
    z = logits(parts.batch.rows, *values)
    at = (rows.logits, column)
    inputs = (parts.batch.x, parts.number, *cells)
    block = logit_cells(sheet, at, f"logits_{t}", inputs, z)
    sheet.labels(rows.logits - 1, column + CLASSES, [["cross entropy", "predicted"]], "heading")
    at = (rows.logits, column + CLASSES)
    entropies = cross_entropy(z, parts.batch.answers)
    entropy_cells(sheet, at, f"entropies_{t}", (block, parts.labels), entropies)
    formula = f"=MATCH(MAX({block.across}),{block.across},0)-1"
    at = (rows.logits, column + CLASSES + 1)
    sheet.fill(*at, f"predicted_{t}", formula, predict(z)[:, None], "calc.index")


def _update(
    parts: Parts, t: int, cells: tuple[Block, Block], values: tuple[Array, Array]
) -> tuple[Block, Block]:
    """What is wrong with the softmax, and the new weights and biases; returns those."""
    sheet, rows, column = parts.sheet, parts.rows, LEFT + BAND * t
    batch, z, (weights, bias) = parts.batch, sheet[f"logits_{t}"], cells
    sheet.text(rows.errors - 2, column, "softmax less 1 at the label", "band")
    classes = class_headings(sheet, rows.errors - 1, column)
    row = z.across
    share = f"EXP({z.cell}-MAX({row}))/SUMPRODUCT(EXP({row}-MAX({row})))"
    wrong = softmax(z.values) - one_hot(batch.answers)
    formula = f"={share}-IF({parts.labels.across}={classes.down},1,0)"
    errors = sheet.fill(rows.errors, column, f"errors_{t}", formula, wrong, "calc.error")
    sheet.text(rows.bias - 2, column, f"weights after step {t + 1}", "band")
    class_headings(sheet, rows.bias - 1, column)
    n = f"COUNT({errors.down})"
    slope = f"SUM({errors.down})/{n}+2*wd*{bias.cell}"
    formula = f"={bias.cell}-lr*({slope})"
    name, after = f"bias_{t + 1}", values[1][None]
    new_bias = sheet.fill(rows.bias, column, name, formula, after, "calc.error")
    slope = f"SUM(MMULT({batch.x.across},{errors.down}))/{n}+2*wd*{weights.cell}"
    formula = f"={weights.cell}-lr*({slope})"
    name, at = f"weights_{t + 1}", (rows.bias + 1, column)
    return sheet.fill(*at, name, formula, values[0], "calc.error"), new_bias


def _summary(parts: Parts, penalties: list[tuple[str, float]]) -> None:
    """Loss and right answers after each step, as a table and a chart."""
    sheet, labels = parts.sheet, parts.labels
    headings = [["steps", "cross entropy", "decay", "loss", "right"]]
    sheet.labels(SUMMARY, 0, headings, "heading")
    top, steps = SUMMARY + 1, range(len(penalties))
    step = sheet.numbers(top, 0, [[t] for t in steps], "index")
    blocks = [sheet[f"entropies_{t}"] for t in steps]
    formulas = [[f"=AVERAGE({block.range})"] for block in blocks]
    values = np.array([[block.values.mean()] for block in blocks])
    entropy = sheet.formulas(top, 1, "entropy", formulas, values, "calc.step")
    formulas = [[formula] for formula, _ in penalties]
    values = np.array([[value] for _, value in penalties])
    decay = sheet.formulas(top, 2, "decay", formulas, values, "calc.step")
    total = entropy.values + decay.values
    loss = sheet.fill(top, 3, "loss", f"={entropy.cell}+{decay.cell}", total, "key.step")
    blocks = [sheet[f"predicted_{t}"] for t in steps]
    formulas = [[f"=SUMPRODUCT(({block.range}={labels.range})*1)"] for block in blocks]
    values = np.array([[how_many_right(block.values, labels.values)] for block in blocks])
    sheet.formulas(top, 4, "right", formulas, values, "calc.index")
    limit = _facts(sheet, step, loss)
    series, reach = _drawn(sheet, step, (loss, entropy), limit), (0, len(penalties) - 1)
    title = "Loss on the twelve digits, up to the step to show"
    at = (SUMMARY, 8, 13, 16)
    sheet.charts.append(Chart(title, "steps", "loss", series, *at, x_range=reach))


def _facts(sheet: Sheet, step: Block, loss: Block) -> float:
    """Beside the chart: what is shown of the steps, and whether they diverge; the limit of that."""
    column, last = LEFT + 2 * BAND - 2, step.rows - 1
    times = float(facts(sheet, SUMMARY, column, (_divergence.times(),))["diverged_above"].value)
    limit = times * float(loss.values[0, 0])
    formula = f"=diverged_above*{loss.at(0)}"
    row = (Fact("loss limit", "loss_limit", formula, limit, "calc.step"),)
    facts(sheet, SUMMARY, column + 1, row)
    sheet.text(SUMMARY, 5, "far", "heading")
    flags = _divergence.flags(loss.values[:, 0], limit)[:, None]
    above = ["0", *(a1(step.row + t - 1, 5) for t in range(1, step.rows))]
    cells = [
        [f"=IFERROR(IF({a1(step.row + t, loss.column)}>loss_limit,1,{above[t]}),1)"]
        for t in range(step.rows)
    ]
    flag = sheet.formulas(step.row, 5, "beyond", cells, flags, "calc.index")
    ended = (float(loss.values[-1, 0]), limit)
    told = _divergence.told(flag, loss.at(last), "loss_limit", ended, from_0=True)
    asked = facts(sheet, SUMMARY + 3, column, (step_to_show(last), told))
    _divergence.alarm(sheet, asked["diverged_in"])
    there = shown_step(float(asked["step_to_show"].value), last)
    value = loss.values[int(there.value), 0]
    shown = (
        there,
        Fact("loss there", "step_loss", f"=INDEX({loss.range},shown_step+1)", value, "key.step"),
    )
    facts(sheet, SUMMARY + 6, column, shown)
    made = (Fact("steps", "steps_made", f"=COUNT({flag.range})-1", last, "calc.index"),)
    facts(sheet, SUMMARY + 9, column, made)
    return limit


def _drawn(
    sheet: Sheet, step: Block, losses: tuple[Block, Block], limit: float
) -> tuple[Series, ...]:
    """Both losses up to the step to show and up to the limit, as the chart draws them."""
    shown = int(sheet["shown_step"].value)
    sheet.labels(SUMMARY, 6, [["drawn", "drawn"]], "heading")
    left = LEFT + 2 * BAND
    sheet.text(SUMMARY, left, "drawn", "heading")
    steps, formula = np.minimum(step.values, shown), f"=MIN({step.cell},shown_step)"
    x = sheet.fill(
        step.row, left, "drawn_step", f"=MIN({step.cell},shown_step)", steps, "calc.index"
    )
    series = []
    for offset, (name, block) in enumerate(
        zip(("loss", "cross entropy"), losses, strict=True), start=6
    ):
        there = f"INDEX({block.range},{x.across}+1)"
        formula = f"={_divergence.drawn_formula(there, 'loss_limit')}"
        values = _divergence.drawn(block.values[steps[:, 0].astype(int)], limit)
        at = (step.row, offset, f"drawn_{block.name}", formula, values, "calc.step")
        series.append(Series(name, x, sheet.fill(*at)))
    return tuple(series)


def _looks(sheet: Sheet, rows: Rows) -> None:
    for t in range(rows.steps):
        for name, most in (
            (f"errors_{t}", COLORS["errors"]),
            (f"weights_{t + 1}", COLORS["weights"]),
        ):
            sheet.color_scales.append(ColorScale(sheet[name], -most, most, palette="signed"))
    sheet.width(0, 1, 8)
    for t in range(rows.steps + 1):
        first = LEFT + BAND * t
        sheet.width(first, first + CLASSES - 1, 6.3)
        sheet.width(first + CLASSES, first + CLASSES, 8)
        sheet.width(first + CLASSES + 1, first + CLASSES + 1, 9.5)
    column = sheet["diverged_above"].column  # of step_to_show, too
    sheet.width(column, column, _divergence.WIDTH)
    sheet.heights[FACTS] = sheet.heights[SUMMARY] = sheet.heights[rows.logits - 1] = 31
    sheet.freeze = (FACTS + 2, 2)
    top, bottom = rows.logits - 2, rows.bias + 1 + PIXELS
    first_steps = LEFT + BAND * min(PRINTED, rows.steps + 1)
    sheet.print_areas = ((0, 0, rows.logits - 3, LEFT + 2 * BAND), (top, 0, bottom, first_steps))


TOPIC = Topic(
    name="steps",
    title="Several steps",
    summary="several whole steps side by side, with loss and right answers after each",
    sheet=_sheet,
    order=2,
    tries=(
        Try(
            "Set lr on sheet step to 0.02, the lecture's, then to 10.",
            "With 0.02 the loss falls a little in every step; with 10 it jumps up and down.",
            edits=({"step!lr": 0.02}, {"step!lr": 10.0}),
            holds=lambda _was, low, high: every(
                np.diff(low["loss"], axis=0) < 0,
                np.diff(low["loss"], axis=0) > -0.1,
                (np.diff(high["loss"], axis=0) > 0).any(),
                (np.diff(high["loss"], axis=0) < 0).any(),
            ),
            rests_on="loss",
        ),
        Try(
            "Set step_to_show to 0, then to 1, 2 and so on.",
            "The curve is drawn step by step, and the loss there falls.",
            edits=tuple({"step_to_show": float(step)} for step in range(4)),
            holds=lambda was, *after: every(
                *(now["drawn_step"].max() == t for t, now in enumerate(after)),
                *(same(now["drawn_loss"][-1], was["loss"][t]) for t, now in enumerate(after)),
                *(same(now["step_loss"], was["loss"][t]) for t, now in enumerate(after)),
                np.diff([now["step_loss"] for now in after]) < 0,
            ),
            rests_on="step_loss",
        ),
        Try(
            "Set wd on sheet step to 0.5.",
            "The weights stay small and their colours pale: decay pulls them back towards 0 as "
            "the steps push them out.",
            edits=({"step!wd": 0.5},),
            holds=lambda was, now: every(
                np.abs(now["weights_5"]).mean() < np.abs(was["weights_5"]).mean() / 2
            ),
            rests_on="weights_5",
        ),
        Try(
            "On sheet digit, give one digit a wrong label.",
            "Its cross entropy falls from step to step all the same: labels are all that the steps "
            "know.",
            edits=({"digit!label_1": lambda s: (s["digit!label_1"] + 1) % 10},),
            holds=lambda _was, now: every(
                np.diff([now[f"entropies_{t}"][0, 0] for t in range(6)]) < 0
            ),
            rests_on="entropies_5",
        ),
    ),
    needs=("digit", "step"),
    options=("epochs",),
)
