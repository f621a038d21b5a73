"""Cross entropy of several classes: the log of every class, or the one log that is looked up.

With a label that is 1 for the true class and 0 for the others (one-hot),

    loss = -sum over classes of y_i log(p_i) = -log(p of the true class)

for all other terms are multiplied by 0. So nobody computes them: programs take the label as a
number and look the logarithm up, which is all that NLLLoss does in PyTorch: an embedding's
look-up once more. The sheet has the sum and the look-up side by side, in natural logarithms
unless base says otherwise; a log's argument is never below eps.

With softmax in front the logarithm need not be taken of a number that has been rounded to 0:

    -log(p_t) = log(sum of e^o_j) - o_t = m + log(sum of e^(o_j - m)) - o_t,   m the largest output

is the loss straight from the outputs (log-sum-exp), good even where p_t underflows. This is what
torch.nn.CrossEntropyLoss does, which therefore takes outputs and not probabilities. A model
that knows nothing says 1/k for each of k classes and has the loss log(k): what to compare with.

The lecture's sheet `log_entropy` has two classes, LOG in base 10, and OFFSET for the look-up; here
INDEX does the same.
"""

import math

import numpy as np

from sheetsim.sheet import Array, Block, Chart, ColorScale, Highlight, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.entropy.binary_loss import log, log_settings
from sheetsim.topics.entropy.softmax import LIMIT, softmax

FACTS, TOP, CURVE = 2, 8, 31
"""Row of the settings' labels, first row of the images, points of the curve."""

CLASSES = ("cat", "dog", "plane", "fish")
OUTPUTS = (
    (2.5, 0.4, -1.2, 0.3),
    (0.2, 1.9, -0.7, -1.5),
    (-0.4, 0.1, 0.3, 0.6),
    (-2.0, -1.1, 4.2, 0.6),
    (1.4, 1.6, -2.2, 0.1),
    (3.1, 0.2, -0.9, -1.8),
)
LABELS = (1.0, 2.0, 3.0, 3.0, 1.0, 4.0)
SAME = "the sum, the look-up and the loss straight from the outputs agree"
OTHER = "they do NOT agree: a probability is below eps, which the outputs know nothing of"


def one_hot(labels: Array, k: int) -> Array:
    """Rows of zeros with a 1 at each label, which count from 1; (n,) -> (n, k)."""
    return np.asarray(labels[:, None] == np.arange(1, k + 1), dtype=float)


def nll(logs: Array, labels: Array) -> Array:
    """Minus the logarithm of the true class, looked up: logs (n, k), labels (n,) from 1."""
    return np.asarray(-logs[np.arange(len(logs)), labels.astype(int) - 1])


def from_outputs(outputs: Array, labels: Array, base: float = math.e) -> Array:
    """Cross entropy (n,) of the softmax of outputs (n, k), without the softmax."""
    largest = outputs.max(axis=1)
    total = largest + np.log(np.exp(outputs - largest[:, None]).sum(axis=1))
    true = outputs[np.arange(len(outputs)), labels.astype(int) - 1]
    return np.asarray((total - true) / np.log(base))


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("cross_entropy", "Cross entropy of several classes")
    sheet.text(0, 0, sheet.title, "title")
    lead = "loss = -sum of y log(p) over the classes = -log(p of the true class), looked up"
    sheet.text(1, 0, lead, "lead")
    k, n = len(CLASSES), len(LABELS)
    tolerance = Fact("tolerance", "tolerance", None, 1e-11, "input.power", Valid(1e-12, 1))
    placed = facts(sheet, FACTS, 1, (*log_settings(), tolerance))
    base, eps = (float(placed[name].value) for name in ("base", "eps"))
    bands = ((1, "outputs"), (7, "softmax"), (11, "log(softmax)"), (15, "label, one-hot: y"))
    for column, text in bands:
        sheet.text(TOP - 3, column, text, "band")
    numbers = sheet.numbers(TOP - 2, 1, [list(range(1, k + 1))], "index")
    headings = ["image", *CLASSES, "true class", "", *CLASSES * 3, "", "sum", "look-up"]
    headings += ["from outputs", "p of the true class"]
    sheet.labels(TOP - 1, 0, [headings[:6]], "heading")
    sheet.labels(TOP - 1, 7, [headings[7:19]], "heading")
    sheet.labels(TOP - 1, 20, [headings[20:]], "heading")
    sheet.text(TOP - 3, 20, "the loss, three ways", "band")
    sheet.numbers(TOP, 0, [[i + 1] for i in range(n)], "index")
    limits = Valid(-LIMIT, LIMIT)
    outputs = sheet.inputs(TOP, 1, "outputs", np.array(OUTPUTS), "input.rating2", limits)
    which = Valid(1, k, choices=numbers.range)
    labels = sheet.inputs(TOP, 5, "true_class", np.array(LABELS)[:, None], "input.index", which)
    shares, logs, hot = _probabilities(sheet, outputs, labels, numbers, base, eps)
    losses = _losses(sheet, outputs, labels, (shares, logs, hot), base)
    _outcome(sheet, losses, numbers, base)
    _curve(sheet, losses, base, eps)
    sheet.color_scales.append(ColorScale(shares, -1.0, 1.0))
    sheet.highlights.append(Highlight(hot, f"{hot.cell}=1", "hot"))
    _widths(sheet)
    return sheet


def _probabilities(
    sheet: Sheet, outputs: Block, labels: Block, numbers: Block, base: float, eps: float
) -> tuple[Block, Block, Block]:
    """Softmax, its logarithm, and the labels as rows of 0 and 1."""
    less = f"EXP({outputs.cell}-MAX({outputs.across}))"
    total = f"SUMPRODUCT(EXP({outputs.across}-MAX({outputs.across})))"
    values = softmax(outputs.values)
    shares = sheet.fill(TOP, 7, "softmax", f"={less}/{total}", values, "calc.step")
    formula = f"=LN(MAX({shares.cell},eps))/LN(base)"
    logs = sheet.fill(TOP, 11, "log_softmax", formula, log(values, base, eps), "calc.step")
    formula = f"=IF({labels.across}={numbers.down},1,0)"
    hot = one_hot(labels.values[:, 0], len(CLASSES))
    return shares, logs, sheet.fill(TOP, 15, "one_hot", formula, hot, "calc.hot")


def _losses(
    sheet: Sheet,
    outputs: Block,
    labels: Block,
    parts: tuple[Block, Block, Block],
    base: float,
) -> dict[str, Block]:
    """The loss of each image: as a sum, looked up, and straight from the outputs."""
    shares, logs, hot = parts
    true = labels.values[:, 0]
    largest = f"MAX({outputs.across})"
    picked = f"INDEX({outputs.across},1,{labels.across})"
    columns = (
        (
            "by_sum",
            f"=0-SUMPRODUCT({hot.across},{logs.across})",
            -np.sum(hot.values * logs.values, axis=1),
        ),
        ("by_look_up", f"=0-INDEX({logs.across},1,{labels.across})", nll(logs.values, true)),
        (
            "from_outputs",
            f"=({largest}+LN(SUMPRODUCT(EXP({outputs.across}-{largest})))-{picked})/LN(base)",
            from_outputs(outputs.values, true, base),
        ),
        (
            "true_p",
            f"=INDEX({shares.across},1,{labels.across})",
            shares.values[np.arange(len(true)), true.astype(int) - 1],
        ),
    )
    return {
        name: sheet.fill(TOP, 20 + i, name, formula, values[:, None], "calc.step")
        for i, (name, formula, values) in enumerate(columns)
    }


def _outcome(sheet: Sheet, losses: dict[str, Block], numbers: Block, base: float) -> None:
    """The mean, what it would be without knowing anything, and whether the ways agree."""
    by_sum, look_up, direct = (losses[n] for n in ("by_sum", "by_look_up", "from_outputs"))
    apart = np.abs(direct.values - by_sum.values) + np.abs(direct.values - look_up.values)
    gap, allowed = float(np.sum(apart)), float(sheet["tolerance"].value) / float(np.log(base))
    row = (
        Fact(
            "mean loss", "mean_loss", f"=AVERAGE({direct.range})", direct.values.mean(), "key.step"
        ),
        Fact(
            "knowing nothing: log(k)",
            "guess",
            f"=LN(COUNT({numbers.range}))/LN(base)",
            float(np.log(numbers.columns) / np.log(base)),
            "calc.step",
        ),
        Fact(
            "gap",
            "gap",
            f"=SUMPRODUCT(ABS({direct.range}-{by_sum.range}))"
            f"+SUMPRODUCT(ABS({direct.range}-{look_up.range}))",
            gap,
            "calc.power",
        ),
        Fact("allowed", "allowed", "=tolerance/LN(base)", allowed, "calc.power"),
    )
    facts(sheet, FACTS, 4, row[:2])
    facts(sheet, FACTS, 7, row[2:])
    says = SAME if gap <= allowed else OTHER
    formula = f'=IF(gap<=allowed,"{SAME}","{OTHER}")'
    sheet.fill(FACTS + 1, 9, "verdict", formula, says, "calc.text")


def _curve(sheet: Sheet, losses: dict[str, Block], base: float, eps: float) -> None:
    """The loss over the probability of the true class, and the images on it."""
    top = losses["by_sum"].bottom + 3
    sheet.text(top - 2, 0, "the loss over the probability of the true class", "band")
    sheet.labels(top - 1, 0, [["", "p", "-log(p)"]], "heading")
    steps = sheet.numbers(top, 0, [[i] for i in range(CURVE)], "index")
    at = eps + (1 - 2 * eps) * np.arange(CURVE)[:, None] / (CURVE - 1)
    formula = f"=eps+(1-2*eps)*{steps.cell}/{steps.at(CURVE - 1)}"
    across = sheet.fill(top, 1, "curve_p", formula, at, "calc.step")
    formula = f"=0-LN(MAX({across.cell},eps))/LN(base)"
    loss = sheet.fill(top, 2, "curve_loss", formula, -log(at, base, eps), "calc.step")
    series = (
        Series("images", losses["true_p"], losses["by_sum"], line=False),
        Series("-log(p)", across, loss, points=False),
    )
    title = "Loss over the probability of the true class"
    limits = {"x_range": (0.0, 1.0), "y_range": (0.0, 5.0)}
    chart = Chart(title, "p of the true class", "loss", series, top - 1, 5, 14, 23, **limits)  # type: ignore[arg-type]
    sheet.charts.append(chart)


def _widths(sheet: Sheet) -> None:
    sheet.width(0, 23, 9.5)
    for gap in (6, 19):
        sheet.width(gap, gap, 3)
    sheet.heights[FACTS], sheet.heights[TOP - 1] = 46, 31
    sheet.freeze = (TOP, 1)
    sheet.pages = 1


TOPIC = Topic(
    name="cross_entropy",
    title="Cross entropy of several classes",
    summary="the log of all classes, the one that is looked up, and the loss from the outputs",
    sheet=_sheet,
    order=2,
    tries=(
        Try(
            "Change the true class of an image.",
            "The 1 of its row moves, and so does what is looked up; the outputs stay.",
            edits=(
                {
                    "true_class": lambda s: put(
                        s["true_class"], s["true_class"][0, 0] % 4 + 1, (0, 0)
                    )
                },
            ),
            holds=lambda was, now: every(
                now["one_hot"][0] == (np.arange(1, 5) == now["true_class"][0, 0]),
                same(
                    now["by_look_up"][0, 0],
                    -now["log_softmax"][0, int(now["true_class"][0, 0]) - 1],
                ),
                now["by_look_up"][0, 0] != was["by_look_up"][0, 0],
                now["softmax"] == was["softmax"],
            ),
            rests_on="by_look_up",
        ),
        Try(
            "Type 40 as the output of a class that is not the true one.",
            "p of the true class falls below eps: the sum and the look-up stop at -log(eps), the "
            "loss from the outputs goes on, and the note on top says that they part.",
            edits=(
                {"outputs": lambda s: put(s["outputs"], 40, (0, int(s["true_class"][0, 0] % 4)))},
            ),
            holds=lambda was, now: every(
                now["true_p"][0, 0] < now["eps"],
                same(now["by_sum"][0, 0], -np.log(now["eps"]) / np.log(now["base"])),
                same(now["by_look_up"][0, 0], now["by_sum"][0, 0]),
                now["from_outputs"][0, 0] > 2 * now["by_sum"][0, 0],
                now["verdict"] != was["verdict"],
            ),
            rests_on="by_sum",
        ),
        Try(
            "Type 0 for all outputs of an image.",
            "Every class has p = 0.25, and the loss is that of knowing nothing.",
            edits=({"outputs": lambda s: put(s["outputs"], 0, 0)},),
            holds=lambda _was, now: every(
                same(now["softmax"][0], 0.25), same(now["by_sum"][0, 0], now["guess"])
            ),
            rests_on="softmax",
        ),
        Try(
            "Set base to 2.",
            "Losses are in bits: knowing nothing of 4 classes costs 2.",
            edits=({"base": 2.0},),
            holds=lambda was, now: every(
                same(now["guess"], 2), same(now["by_sum"], was["by_sum"] / np.log(2))
            ),
            rests_on="by_sum",
        ),
    ),
)
