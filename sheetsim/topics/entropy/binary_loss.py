"""Binary cross entropy: minus the logarithm of the probability given to what is true.

With y = 1 for a cat and y = 0 for anything else, and a prediction p that it is a cat,

    loss = -y log(p) - (1 - y) log(1 - p)        which is    -log(p)      if y = 1
                                                             -log(1 - p)  if y = 0

One of the two terms is always multiplied by 0, so the formula is an IF in disguise: the sheet has
both forms side by side. They part for a y between 0 and 1 (a soft label), of which the IF knows
nothing. Being sure and wrong is what costs: the loss has no upper end as p goes to 0.

There the logarithm is an error, so programs put a floor under it. Here log(p) is log(max(p, eps)),
and likewise for 1 - p, with eps an input (Keras clips p to 1e-7; PyTorch's BCELoss keeps the log
above -100; scikit-learn clips at the rounding of a float). The logarithm is natural; `base` makes
it any other, log(p) / log(base). The lecture's sheet `entropy` has LOG, which is base 10.
"""

import math

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, first, put, same

FACTS, TOP, CURVE = 2, 7, 31
"""Row of the settings' labels, first row of the examples, points of the curves."""

EXAMPLES = (
    (1.0, 0.5),
    (1.0, 0.98),
    (0.0, 0.9),
    (0.0, 0.5),
    (1.0, 0.9),
    (1.0, 0.1),
    (0.0, 0.02),
    (0.0, 0.3),
)
"""Whether it is a cat, and the prediction that it is."""

SAME = "both forms agree in every row"
OTHER = "the two forms do NOT agree: IF knows only 0 and 1"


def log(p: Array, base: float, eps: float) -> Array:
    """Logarithm of probabilities (any shape) to a base, those below eps taken for eps."""
    return np.asarray(np.log(np.maximum(p, eps)) / np.log(base))


def binary_cross_entropy(y: Array, p: Array, base: float = math.e, eps: float = 1e-7) -> Array:
    """Loss of each prediction p in 0 to 1 for a label y in 0 to 1, both (n,)."""
    return np.asarray(-y * log(p, base, eps) - (1 - y) * log(1 - p, base, eps))


def by_choice(y: Array, p: Array, base: float = math.e, eps: float = 1e-7) -> Array:
    """The same for labels that are 0 or 1, as a choice between two logarithms."""
    return np.asarray(-log(np.where(y == 1, p, 1 - p), base, eps))


def log_settings() -> tuple[Fact, Fact]:
    """The inputs of every logarithm: its base and the floor under its argument."""
    return (
        Fact("base", "base", None, float(math.e), "input.step", Valid(1, 100, above=True)),
        Fact("eps", "eps", None, 1e-7, "input.power", Valid(1e-12, 0.1)),
    )


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("binary_loss", "Binary cross entropy")
    sheet.text(0, 0, sheet.title, "title")
    lead = "loss = -y log(p) - (1 - y) log(1 - p); nothing below eps goes into a logarithm"
    sheet.text(1, 0, lead, "lead")
    tolerance = Fact("tolerance", "tolerance", None, 1e-12, "input.power", Valid(1e-13, 1))
    placed = facts(sheet, FACTS, 0, (*log_settings(), tolerance))
    base, eps = (float(placed[name].value) for name in ("base", "eps"))
    values = np.array(EXAMPLES)
    headings = ["is cat, y", "prediction, p", "log(p)", "log(1 - p)", "sum of two terms", "by IF"]
    sheet.labels(TOP - 1, 0, [headings], "heading")
    y = sheet.inputs(TOP, 0, "is_cat", values[:, :1], "input.general", Valid(0, 1))
    p = sheet.inputs(TOP, 1, "prediction", values[:, 1:], "input.general", Valid(0, 1))
    logs = [
        sheet.fill(
            TOP,
            column,
            name,
            f"=LN(MAX({argument},eps))/LN(base)",
            log(value, base, eps),
            "calc.step",
        )
        for column, name, argument, value in (
            (2, "log_p", p.cell, p.values),
            (3, "log_not_p", f"1-{p.cell}", 1 - p.values),
        )
    ]
    yes, no = (block.cell for block in logs)
    loss = sheet.fill(
        TOP,
        4,
        "loss",
        f"=({y.cell}-1)*{no}-{y.cell}*{yes}",
        binary_cross_entropy(y.values, p.values, base, eps),
        "calc.step",
    )
    choice = sheet.fill(
        TOP,
        5,
        "loss_by_if",
        f"=0-IF({y.cell}=1,{yes},{no})",
        by_choice(y.values, p.values, base, eps),
        "calc.step",
    )
    _outcome(sheet, loss, choice)
    _curves(sheet, y, p, loss, base, eps)
    sheet.width(0, 5, 12)
    sheet.width(6, 6, 3)
    sheet.width(7, 14, 11)
    sheet.heights[FACTS], sheet.heights[TOP - 1] = 31, 31
    sheet.freeze = (TOP - 2, 0)
    sheet.pages = 1
    return sheet


def _outcome(sheet: Sheet, loss: Block, choice: Block) -> None:
    """The mean, and whether the two forms agree."""
    apart = float(np.sum(np.abs(loss.values - choice.values)))
    allowed = float(sheet["tolerance"].value) / float(np.log(float(sheet["base"].value)))
    row = (
        Fact("mean loss", "mean_loss", f"=AVERAGE({loss.range})", np.mean(loss.values), "key.step"),
        Fact(
            "gap",
            "gap",
            f"=SUMPRODUCT(ABS({loss.range}-{choice.range}))",
            apart,
            "calc.power",
        ),
        Fact("allowed", "allowed", "=tolerance/LN(base)", allowed, "calc.power"),
    )
    facts(sheet, FACTS, 3, row)
    says = SAME if apart <= allowed else OTHER
    formula = f'=IF(gap<=allowed,"{SAME}","{OTHER}")'
    sheet.fill(FACTS + 1, 7, "verdict", formula, says, "calc.text")


def _curves(sheet: Sheet, y: Block, p: Block, loss: Block, base: float, eps: float) -> None:
    """The loss over the prediction, for a cat and for something else, and the rows on them."""
    top = TOP + y.rows + 3
    sheet.text(top - 2, 0, "the loss over all predictions", "band")
    headings = ["", "prediction, p", "if it is a cat", "if it is not"]
    sheet.labels(top - 1, 0, [headings], "heading")
    sheet.heights[top - 1] = 31
    steps = sheet.numbers(top, 0, [[i] for i in range(CURVE)], "index")
    at = eps + (1 - 2 * eps) * np.arange(CURVE)[:, None] / (CURVE - 1)
    formula = f"=eps+(1-2*eps)*{steps.cell}/{steps.at(CURVE - 1)}"
    across = sheet.fill(top, 1, "curve_p", formula, at, "calc.step")
    ones = np.ones_like(at)
    series = [Series("the rows", p, loss, line=False)]
    for column, name, argument, label, title in (
        (2, "curve_cat", across.cell, ones, "it is a cat"),
        (3, "curve_other", f"1-{across.cell}", 0 * ones, "it is not"),
    ):
        formula = f"=0-LN(MAX({argument},eps))/LN(base)"
        values = by_choice(label, at, base, eps)
        block = sheet.fill(top, column, name, formula, values, "calc.step")
        series.append(Series(title, across, block, points=False))
    title = "Loss over the prediction (near 0 and 1 it goes on upwards)"
    limits = {"x_range": (0.0, 1.0), "y_range": (0.0, 5.0)}
    chart = Chart(title, "prediction", "loss", tuple(series), TOP - 1, 7, 8, 24, **limits)  # type: ignore[arg-type]
    sheet.charts.append(chart)


TOPIC = Topic(
    name="binary_loss",
    title="Binary cross entropy",
    summary="-y log(p) - (1 - y) log(1 - p), beside the IF that it is",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Set base to 10, as in the lecture, or to 2.",
            "All losses change by one factor. With base 2 a prediction of 0.5 costs exactly 1 bit.",
            edits=({"base": 10.0}, {"base": 2.0}),
            holds=lambda was, ten, two: every(
                same(ten["loss"], was["loss"] / np.log(10)),
                same(two["loss"], was["loss"] / np.log(2)),
                same(two["loss"][was["prediction"] == 0.5], 1),
            ),
            rests_on="loss",
        ),
        Try(
            "Type 0 as the prediction of something that is a cat.",
            "The loss is -log(eps) and no error; with a smaller eps it is larger.",
            edits=(
                {"prediction": lambda s: put(s["prediction"], 0, first(s["is_cat"] == 1))},
                {"eps": 1e-9},
            ),
            holds=lambda was, now, less: every(
                same(
                    now["loss"][first(was["is_cat"] == 1)],
                    -np.log(now["eps"]) / np.log(now["base"]),
                ),
                less["loss"][first(was["is_cat"] == 1)] > now["loss"][first(was["is_cat"] == 1)],
            ),
            rests_on="loss",
        ),
        Try(
            "Type 0.5 into is cat: a soft label.",
            "The sum takes half of each logarithm, the IF takes it for no cat; the note on top "
            "says that they part (unless p is 0.5).",
            edits=({"is_cat": lambda s: put(s["is_cat"], 0.5, first(s["prediction"] != 0.5))},),
            holds=lambda was, now: every(
                same(
                    now["loss"],
                    -now["is_cat"] * now["log_p"] - (1 - now["is_cat"]) * now["log_not_p"],
                ),
                same(
                    now["loss_by_if"], -np.where(now["is_cat"] == 1, now["log_p"], now["log_not_p"])
                ),
                now["verdict"] != was["verdict"],
            ),
            rests_on="loss",
        ),
    ),
)
