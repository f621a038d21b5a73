"""One training step of softmax regression, with every number in sight.

For digit i with pixels x_i (64 numbers) and label y_i, weights W (64 x 10) and bias b (10):

    logits         z_i = x_i W + b
    softmax        p_ik = exp(z_ik - m_i) / sum over j of exp(z_ij - m_i),   m_i the largest logit
    cross entropy  l_i = -ln p_i,y = ln(sum over j of exp(z_ij - m_i)) - (z_i,y - m_i)
    loss           L = mean of l_i + wd (sum of W^2 + sum of b^2)

Taking m off every logit changes nothing but keeps exp from overflowing, and the second form of
l_i never takes the logarithm of 0: so does PyTorch's cross_entropy. The derivative is simple,

    dL/dz_ik = (p_ik - [y_i = k]) / n
    dL/dW = X^T (P - Y) / n + 2 wd W        dL/db = mean over i of (p_i - y_i) + 2 wd b
    new W = W - lr dL/dW                    new b = b - lr dL/db

a weight goes up where its pixel has ink in the digits of its class, and down in the others.

Weight decay as in the lecture's loss: wd times the sum over ALL parameters, biases included, with
the 2 of the derivative kept. PyTorch's weight_decay adds wd w, half of it: its 2 wd is our wd's
doing. The lecture's notebook takes lr 2e-2 and wd 1e-5; here the batch is small and the steps are
few, so both are larger. Multinomial logistic regression is another name of the model.

Source: fast.ai (2019), lesson 5, MNIST SGD; C. Bishop, Pattern Recognition and Machine Learning
(2006), 4.3.4.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Block, ColorScale, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic
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

FACTS, HEADINGS, TOP = 3, 7, 8
BIAS = TOP + N + 3
WEIGHTS = BIAS + 1
"""Rows of the facts, of the tables by digit, and of the tables by pixel."""

PRINTED = 5
"""Rows of pixels that are printed: the first."""

LEFT, MIDDLE, RIGHT, AFTER = 2, 15, 28, 39
"""First columns of the tables of ten classes."""

COLORS = {"weights": 0.3, "new_weights": 0.3, "softmax": 1.0, "errors": 1.0}
"""Where the colours end: fixed, so that they mean the same in every step."""

SPREAD = 0.02
"""Standard deviation of the first weights: none, and all classes would tie."""


def logits(x: Array, weights: Array, bias: Array) -> Array:
    """X W + b: (n, 10), from x (n, 64), weights (64, 10) and bias (10,)."""
    return np.asarray(x @ weights + bias)


def softmax(z: Array) -> Array:
    """Probabilities (n, 10) from logits (n, 10); each row sums to 1."""
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def cross_entropy(z: Array, labels: Array) -> Array:
    """-ln of the probability of each label, (n,), from logits (n, 10) and labels (n,).

    NaN where a label is none of 0 to 9.
    """
    largest = z.max(axis=1)
    known = (labels >= 0) & (labels < CLASSES)
    column = np.where(known, labels, 0).astype(int)[:, None]
    of_label = np.where(known, np.take_along_axis(z, column, axis=1)[:, 0], np.nan)
    return np.asarray(np.log(np.exp(z - largest[:, None]).sum(axis=1)) - (of_label - largest))


def predict(z: Array) -> Array:
    """The class of the largest logit, the first of equal ones, (n,), from logits (n, 10)."""
    return np.where(np.isfinite(z).all(axis=1), z.argmax(axis=1), np.nan)


def how_many_right(predicted: Array, labels: Array) -> float:
    """How many of the predictions are the labels; NaN where one is none."""
    if np.isnan(predicted).any():
        return np.nan
    return float(np.sum(predicted == labels))


def one_hot(labels: Array) -> Array:
    """Rows (n, 10) with a 1 in the place of the label, from labels (n,)."""
    return np.asarray(labels[:, None] == np.arange(CLASSES), dtype=float)


def penalty(weights: Array, bias: Array, wd: float) -> float:
    """Weight decay's part of the loss: wd times the sum of all squares."""
    return float(wd * (np.sum(weights**2) + np.sum(bias**2)))


def gradient(
    x: Array, errors: Array, weights: Array, bias: Array, wd: float
) -> tuple[Array, Array]:
    """Derivatives of the loss by weights (64, 10) and bias (10,).

    Args:
        x: pixels, (n, 64), 0 to 1.
        errors: softmax less one-hot, (n, 10).
        weights: (64, 10).
        bias: (10,).
        wd: factor of the sum of all squares in the loss.
    """
    n = len(x)
    by_weights = x.T @ errors / n + 2 * wd * weights
    return by_weights, errors.mean(axis=0) + 2 * wd * bias


def _given(plan: Plan, _given: Inputs, _options: Mapping[str, Any]) -> dict[str, Any]:
    rng = np.random.default_rng([int(plan["seed"]), 1])
    draws = (SPREAD * rng.standard_normal((PIXELS, CLASSES))).round(4)
    return {"weights": draws, "bias": np.zeros((1, CLASSES))}


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("step", "One step of training")
    sheet.text(0, 0, sheet.title, "title")
    lead = "from pixels (sheet digit) to logits, softmax, loss, gradient, new weights and new loss"
    sheet.text(1, 0, lead, "lead")
    batch = mini_batch(book)
    settings = (
        Fact("lr", "lr", None, 0.5, "input.general", Valid(0, 100)),
        Fact("wd", "wd", None, 0.01, "input.general", Valid(0, 100)),
    )
    facts(sheet, FACTS, LEFT, settings)
    _parameters(sheet)
    number = sheet.numbers(TOP, 0, [[i] for i in range(1, N + 1)], "index")
    labels = sheet.fill(
        TOP,
        1,
        "labels",
        f"=INDEX({batch.labels.range},{number.across})",
        batch.labels.values.T,
        "calc.index",
    )
    _forward(sheet, batch, number, labels)
    _backward(sheet, batch)
    _after(sheet, batch, number, labels)
    _outcome(sheet)
    _looks(sheet)
    return sheet


def _parameters(sheet: Sheet) -> None:
    """Weights and biases, both inputs."""
    weights, bias = np.zeros((PIXELS, CLASSES)), np.zeros((1, CLASSES))
    some = Valid(-100, 100)
    sheet.inputs(WEIGHTS, LEFT, "weights", weights, "input.error", some)
    sheet.inputs(BIAS, LEFT, "bias", bias, "input.error", some)
    sheet.text(BIAS, 1, "bias", "row heading")
    sheet.numbers(WEIGHTS, 1, [[pixel] for pixel in range(1, PIXELS + 1)], "index")
    sheet.text(BIAS - 1, 1, "pixel", "heading")
    for column in (LEFT, MIDDLE, RIGHT):
        class_headings(sheet, BIAS - 1, column)
    sheet.text(BIAS - 2, LEFT, "weights and biases, a column for each class", "band")


def _forward(sheet: Sheet, batch: MiniBatch, number: Block, labels: Block) -> None:
    """Logits, softmax and cross entropy of each digit."""
    weights, bias, answers = sheet["weights"], sheet["bias"], batch.answers
    z = logits(batch.rows, weights.values, bias.values[0])
    sheet.labels(HEADINGS, 0, [["digit", "label"]], "heading")
    sheet.text(HEADINGS - 1, LEFT, "logits: pixels times weights, plus bias", "band")
    class_headings(sheet, HEADINGS, LEFT)
    cells = logit_cells(sheet, (TOP, LEFT), "logits", (batch.x, number, weights, bias), z)
    sheet.labels(HEADINGS, LEFT + CLASSES, [["largest", "sum of exp"]], "heading")
    largest = sheet.fill(
        TOP,
        LEFT + CLASSES,
        "largest",
        f"=MAX({cells.across})",
        z.max(axis=1)[:, None],
        "calc.error",
    )
    total = sheet.fill(
        TOP,
        LEFT + CLASSES + 1,
        "total",
        f"=SUMPRODUCT(EXP({cells.across}-{largest.across}))",
        np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)[:, None],
        "calc.error",
    )
    sheet.text(HEADINGS - 1, MIDDLE, "softmax: exp(logit - largest) / sum", "band")
    class_headings(sheet, HEADINGS, MIDDLE)
    formula = f"=EXP({cells.cell}-{largest.across})/{total.across}"
    sheet.fill(TOP, MIDDLE, "softmax", formula, softmax(z), "calc.error")
    sheet.labels(HEADINGS, MIDDLE + CLASSES, [["cross entropy", "predicted"]], "heading")
    of_label = f"INDEX({cells.across},1,{labels.across}+1)"
    sheet.fill(
        TOP,
        MIDDLE + CLASSES,
        "entropies",
        f"=LN({total.across})-({of_label}-{largest.across})",
        cross_entropy(z, answers)[:, None],
        "calc.step",
    )
    sheet.fill(
        TOP,
        MIDDLE + CLASSES + 1,
        "predicted",
        f"=MATCH({largest.across},{cells.across},0)-1",
        predict(z)[:, None],
        "calc.index",
    )


def _backward(sheet: Sheet, batch: MiniBatch) -> None:
    """From softmax less one-hot to the gradient and the new parameters."""
    p, labels, weights, bias = (sheet[name] for name in ("softmax", "labels", "weights", "bias"))
    lr, decay = float(sheet["lr"].value), float(sheet["wd"].value)
    errors = p.values - one_hot(batch.answers)
    sheet.text(HEADINGS - 1, RIGHT, "softmax less 1 at the label", "band")
    classes = class_headings(sheet, HEADINGS, RIGHT)
    formula = f"={p.cell}-IF({labels.across}={classes.down},1,0)"
    cells = sheet.fill(TOP, RIGHT, "errors", formula, errors, "calc.error")
    by_weights, by_bias = gradient(batch.rows, errors, weights.values, bias.values[0], decay)
    n = f"COUNT({cells.down})"
    sheet.text(
        BIAS - 2, MIDDLE, "gradient: pixels turned x (softmax less 1) / n + 2 decay w", "band"
    )
    slope = f"=SUM(MMULT({batch.x.across},{cells.down}))/{n}+2*wd*{weights.cell}"
    slopes = sheet.fill(WEIGHTS, MIDDLE, "weights_gradient", slope, by_weights, "calc.error")
    slope = f"=SUM({cells.down})/{n}+2*wd*{bias.cell}"
    bias_slopes = sheet.fill(BIAS, MIDDLE, "bias_gradient", slope, by_bias[None], "calc.error")
    sheet.text(BIAS - 2, RIGHT, "new: old less lr times gradient", "band")
    for name, old, by in (("weights", weights, slopes), ("bias", bias, bias_slopes)):
        formula = f"={old.cell}-lr*{by.cell}"
        values = old.values - lr * by.values
        sheet.fill(old.row, RIGHT, f"new_{name}", formula, values, "calc.error")


def _after(sheet: Sheet, batch: MiniBatch, number: Block, labels: Block) -> None:
    """The same digits again, with the new parameters."""
    weights, bias = sheet["new_weights"], sheet["new_bias"]
    z = logits(batch.rows, weights.values, bias.values[0])
    sheet.text(HEADINGS - 1, AFTER, "logits after the step", "band")
    class_headings(sheet, HEADINGS, AFTER)
    cells = logit_cells(sheet, (TOP, AFTER), "logits_after", (batch.x, number, weights, bias), z)
    sheet.labels(HEADINGS, AFTER + CLASSES, [["cross entropy", "predicted"]], "heading")
    at = (TOP, AFTER + CLASSES)
    entropies = cross_entropy(z, batch.answers)
    entropy_cells(sheet, at, "entropies_after", (cells, labels), entropies)
    sheet.fill(
        TOP,
        AFTER + CLASSES + 1,
        "predicted_after",
        f"=MATCH(MAX({cells.across}),{cells.across},0)-1",
        predict(z)[:, None],
        "calc.index",
    )


def _outcome(sheet: Sheet) -> None:
    """Loss and right answers before and after, and what the slope promised."""
    entropies, predicted, labels = (sheet[n] for n in ("entropies", "predicted", "labels"))
    lr, decay = float(sheet["lr"].value), float(sheet["wd"].value)
    mean = float(entropies.values.mean())
    shrink = penalty(sheet["weights"].values, sheet["bias"].values, decay)
    slopes = [sheet["weights_gradient"], sheet["bias_gradient"]]
    steepness = sum(float(np.sum(slope.values**2)) for slope in slopes)
    squares = "+".join(f"SUMSQ({slope.range})" for slope in slopes)
    before = (
        Fact("right", "right", *_right(predicted, labels), "calc.index"),
        Fact("cross entropy", "entropy", f"=AVERAGE({entropies.range})", mean, "calc.step"),
        Fact("decay", "decay", _decay(sheet, ""), shrink, "calc.step"),
        Fact("loss", "loss", "=entropy+decay", mean + shrink, "key.step"),
    )
    facts(sheet, FACTS, LEFT + 3, before)
    entropies, predicted = sheet["entropies_after"], sheet["predicted_after"]
    mean_after = float(entropies.values.mean())
    shrink_after = penalty(sheet["new_weights"].values, sheet["new_bias"].values, decay)
    after = (
        Fact("right", "right_after", *_right(predicted, labels), "calc.index"),
        Fact(
            "cross entropy",
            "entropy_after",
            f"=AVERAGE({entropies.range})",
            mean_after,
            "calc.step",
        ),
        Fact("decay", "decay_after", _decay(sheet, "new_"), shrink_after, "calc.step"),
        Fact(
            "loss",
            "loss_after",
            "=entropy_after+decay_after",
            mean_after + shrink_after,
            "key.step",
        ),
        Fact(
            "loss on a line",
            "promised",
            f"=loss-lr*({squares})",
            mean + shrink - lr * steepness,
            "calc.step",
        ),
    )
    facts(sheet, FACTS, MIDDLE, after)
    sheet.text(FACTS - 1, LEFT + 3, "before the step", "note")
    sheet.text(FACTS - 1, MIDDLE, "after the step", "note")


def _decay(sheet: Sheet, which: str) -> str:
    """Weight decay's part of the loss, as a formula."""
    parts = "+".join(f"SUMSQ({sheet[which + name].range})" for name in ("weights", "bias"))
    return f"=wd*({parts})"


def _right(predicted: Block, labels: Block) -> tuple[str, float]:
    """How many digits are classified correctly: formula and value."""
    formula = f"=SUMPRODUCT(({predicted.range}={labels.range})*1)"
    return formula, how_many_right(predicted.values, labels.values)


def _looks(sheet: Sheet) -> None:
    for name, most in COLORS.items():
        sheet.color_scales.append(ColorScale(sheet[name], -most, most, palette="signed"))
    sheet.color_scales.append(ColorScale(sheet["weights_gradient"], palette="signed"))
    sheet.width(0, AFTER + CLASSES + 1, 6.3)
    for column in (LEFT + CLASSES, LEFT + CLASSES + 1, MIDDLE + CLASSES, AFTER + CLASSES):
        sheet.width(column, column, 7.8)
    for column in (MIDDLE + CLASSES + 1, AFTER + CLASSES + 1):
        sheet.width(column, column, 9.5)
    for column in (MIDDLE - 1, RIGHT - 1, AFTER - 1):
        sheet.width(column, column, 2)
    sheet.heights[FACTS] = sheet.heights[HEADINGS] = 31
    sheet.freeze = (FACTS + 2, 2)
    cuts = (0, MIDDLE, RIGHT, AFTER + CLASSES + 2)
    sheet.print_areas = tuple((0, left, WEIGHTS + PRINTED, end) for left, end in pairwise(cuts))


TOPIC = Topic(
    name="step",
    title="One training step",
    summary="logits, softmax, cross entropy, gradient, weight decay, new weights and new loss",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Set lr to 0.02, the lecture's.",
            "The loss falls by little, and by what the slope says: 'loss' and 'loss on a line' "
            "after the step nearly agree. A long step is where they part.",
            edits=({"lr": 0.02},),
            holds=lambda was, now: every(
                0 < now["loss"] - now["loss_after"] < (was["loss"] - was["loss_after"]) / 4,
                np.abs(now["loss_after"] - now["promised"])
                < 0.02 * (now["loss"] - now["loss_after"]),
                np.abs(was["loss_after"] - was["promised"])
                > 0.1 * (was["loss"] - was["loss_after"]),
            ),
            rests_on="loss_after",
        ),
        Try(
            "Set lr to 10.",
            "The step is too long: the loss after it is larger than before.",
            edits=({"lr": 10.0},),
            holds=lambda _was, now: every(now["loss_after"] > now["loss"]),
            rests_on="loss_after",
        ),
        Try(
            "Select all blue weights, type 0 and press Ctrl+Enter.",
            "Every softmax is exactly 0.1 and every cross entropy ln 10 = 2.3026.",
            edits=({"weights": 0.0},),
            holds=lambda _was, now: every(
                same(now["softmax"], 0.1), same(now["entropies"], np.log(10))
            ),
            rests_on="softmax",
        ),
        Try(
            "Set wd to 0, then to 1.",
            "With 0 the loss is the cross entropy alone; with 1 and lr 0.5 the old weights are "
            "wiped out, and the new ones hold this gradient only.",
            edits=({"wd": 0.0}, {"wd": 1.0, "lr": 0.5}),
            holds=lambda _was, none, one: every(
                none["decay"] == 0,
                same(none["loss"], none["entropy"]),
                same(one["new_weights"], -0.5 * (one["weights_gradient"] - 2 * one["weights"])),
            ),
            rests_on="new_weights",
        ),
    ),
    needs=("digit",),
    given=_given,
)
