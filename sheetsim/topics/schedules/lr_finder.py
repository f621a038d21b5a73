"""The learning-rate finder: one short run in which the rate grows until the loss explodes.

The rate grows by the same factor at every mini-batch, from `low` to `high`; the loss of every
mini-batch is smoothed, S = beta S + (1 - beta) loss, and divided by 1 - beta^t, which corrects
the start from 0; the run stops when the smoothed loss exceeds `factor` times its least so far.

What to read off it: near a minimum of curvature h, a step takes the distance d from it to
(1 - lr h) d, so the loss falls while lr < 2 / h and grows once lr is beyond. At the bottom of the
smoothed curve lr is already past that edge, for two reasons: the smoothed loss is an average
that lags behind, and a loss that has just begun to grow is still small. A few steps are a few
times the rate (100 steps from 1e-7 to 10 are a factor of 1.2 each), so the rule here is

    suggested lr = lr at the least smoothed loss (the first, if there are several) / 10

safely on the near side of the edge, and of the order of the best rate 1 / h. It is the lesson's
rule of thumb and fastai's `minimum`; fastai's `steep`, the rate where the smoothed loss falls
most quickly, is less steady on few points: it takes one slope where this takes one level.

fastai takes lr = low (high / low)^(i / N) at step i = 0 ... N - 1 and never reaches `high`; here it
is (high / low)^(i / (N - 1)), so that the last step has it. Both stop by the same rule, and
beta is 0.98, the factor 4, N 100.

The run here is plain gradient descent on a line, predicted = b + a u with u = (x - x_shift) /
x_scale. A mini-batch is `batch` points, one after the other and around again. Once the rule has
fired the weights freeze and all rows below hold still, as the loss would soon leave the range of
numbers.

Source: L. N. Smith, Cyclical Learning Rates (2015), https://arxiv.org/abs/1506.01186; fast.ai,
Practical Deep Learning for Coders (2019), lesson 2.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Column, Series, Sheet, Valid, table
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every
from sheetsim.topics.schedules._points import N, Placed, draws, no_inf, points


def exponential(steps: int, low: float = 1e-7, high: float = 10.0) -> Array:
    """Rates in equal ratios, (steps,), from `low` in the first step to `high` in the last.

    Raises:
        ValueError: steps is below 1, or low or high not above 0.
    """
    if steps < 1 or low <= 0.0 or high <= 0.0:
        raise ValueError(f"steps is {steps}, low {low}, high {high}; expected 1 or more, above 0")
    return np.asarray(low * (high / low) ** (np.arange(steps) / max(steps - 1, 1)))


def smoothed(losses: Array, beta: float = 0.98) -> Array:
    """Exponentially weighted means of the losses so far, (n,) for losses (n,), bias-corrected."""
    average, means = 0.0, []
    for loss in np.asarray(losses, dtype=float).tolist():
        average = beta * average + (1.0 - beta) * loss
        means.append(average)
    return np.array(means) / (1.0 - beta ** np.arange(1.0, len(means) + 1.0))


def stop_at(smoothed: Array, factor: float = 4.0) -> int:
    """The first index at which the loss exceeds `factor` times its least so far, or is no number.

    Args:
        smoothed: losses (n,), of any sign that the factor makes sense for: 0 or above.
        factor: 1 or more.

    Returns:
        The index, or n if there is none; what comes before it is `smoothed[:index]`.
    """
    losses = np.asarray(smoothed, dtype=float)
    over = ~np.isfinite(losses) | (losses > factor * np.fmin.accumulate(losses))
    return int(over.argmax()) if over.any() else len(losses)


def suggest(lrs: Array, smoothed: Array, divide: float = 10.0) -> float:
    """The rate at the least smoothed loss, the first of several, divided by `divide`.

    Args:
        lrs: rates (n,).
        smoothed: losses (n,); those that are no finite numbers do not count.
        divide: how far below the bottom of the curve to stay.

    Raises:
        ValueError: there is no finite loss, or not as many rates as losses.
    """
    rates, losses = np.asarray(lrs, dtype=float), np.asarray(smoothed, dtype=float)
    if rates.shape != losses.shape or not np.isfinite(losses).any():
        raise ValueError(
            f"{rates.size} rates and {losses.size} losses, {int(np.isfinite(losses).sum())} of "
            "them finite; expected as many of both, and one finite loss at least"
        )
    return float(rates[np.where(np.isfinite(losses), losses, np.inf).argmin()] / divide)


def run(
    u: Array,
    y: Array,
    *,
    lrs: Array,
    batch: int,
    beta: float,
    factor: float,
    start: tuple[float, float],
) -> dict[str, Array]:
    """The finder on a line through points, with the rows after the stop held still.

    Args:
        u: abscissas (n,).
        y: ordinates (n,).
        lrs: rates (steps,).
        batch: points in a mini-batch, 1 to n.
        beta: decay of the smoothed loss, 0 to less than 1.
        factor: see `stop_at`.
        start: intercept b and slope a.

    Returns:
        (steps,) each, NaN for what no float can hold: running (1 up to the row at which the rule
        fires, that one included), first (the mini-batch's first point, from 1), lr, b, a, loss,
        average, smoothed, best, de_db, de_da.
    """
    names: tuple[str, ...] = (
        "running",
        "lr",
        "first",
        "b",
        "a",
        "loss",
        "average",
        "smoothed",
        "best",
    )
    names += ("de_db", "de_da")
    rows = np.full((len(lrs), len(names)), np.nan)
    (b, a), average, best = start, 0.0, np.inf
    for i, lr in enumerate(lrs):
        chosen = (i * batch + np.arange(batch)) % len(u)
        errors = b + a * u[chosen] - y[chosen]
        loss = float(np.mean(errors**2))
        average = beta * average + (1.0 - beta) * loss
        level = average / (1.0 - beta ** (i + 1.0))
        best = float(np.minimum(best, no_inf(level)))
        slopes = 2.0 * np.mean(errors), 2.0 * np.mean(errors * u[chosen])
        rows[i] = no_inf([1.0, lr, chosen[0] + 1.0, b, a, loss, average, level, best, *slopes])
        if not np.isfinite(level):
            break  # an error in a spreadsheet, and in all that follows from it
        if level > factor * best:
            rows[i + 1 :] = rows[i]
            rows[i + 1 :, 0] = 0.0
            break
        b, a = b - lr * slopes[0], a - lr * slopes[1]
    return dict(zip(names, rows.T, strict=True))


# The sheet -------------------------------------------------------------------------------

FACTS, HEADINGS, TOP = 2, 5, 6
POINTS = HEADINGS + 22
"""Row of the labels above the points."""
LEFT = 8
"""First column of the table of steps; charts and points stand before it."""

STYLES = {
    "running": "calc.index",
    "first": "calc.index",
    **dict.fromkeys(("lr", "loss", "smoothed", "best", "average", "de_db", "de_da"), "calc.power"),
}

STOPPED = "The run stopped: the smoothed loss passed stop_factor times its best."
LEVEL = "The run stopped, but the smoothed loss never fell: no rate is to be read off it."
NONE = "none"
"""What stands for the suggested rate if the smoothed loss never fell."""

NEVER = "The loss never exploded: raise high until it does."


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("lr_finder", "The learning-rate finder")
    sheet.text(0, 0, sheet.title, "title")
    lead = "plain gradient descent on a line, with a rate that grows at every mini-batch"
    sheet.text(1, 0, lead, "lead")
    placed, steps = points(sheet, POINTS, 0), int(book.plan["steps"])
    given = _inputs(sheet, placed)
    with np.errstate(all="ignore"):
        result = run(
            placed.u.values[:, 0],
            placed.y.values[:, 0],
            lrs=exponential(steps, given["low"], given["high"]),
            batch=round(given["batch"]),
            beta=given["beta"],
            factor=given["stop_factor"],
            start=(given["start_b"], given["start_a"]),
        )
        result["log_lr"] = np.log(result["lr"]) / np.log(given["log_base"])
    columns = _columns(placed, result)
    sheet.labels(HEADINGS, LEFT, [[one.name for one in columns]], "heading")
    blocks = table(sheet, TOP, LEFT, columns, steps)
    _outcomes(sheet, placed, blocks, given)
    _chart(sheet, blocks)
    _looks(sheet, LEFT + len(columns))
    return sheet


def _inputs(sheet: Sheet, placed: Placed) -> dict[str, float]:
    """The inputs of the run, in the frozen rows; their values by name."""
    batch = Valid(1, N, choices=placed.number.range)
    row = (
        Fact("low", "low", None, 1e-7, "input.power", Valid(1e-12, 1e3)),
        Fact("high", "high", None, 10.0, "input.general", Valid(1e-12, 1e3)),
        Fact("beta", "beta", None, 0.98, "input.general", Valid(0, 0.9999)),
        Fact("stop_factor", "stop_factor", None, 4.0, "input.general", Valid(1, 1e6)),
        Fact("divide_by", "divide_by", None, 10.0, "input.general", Valid(0, 1e6, above=True)),
        Fact("batch", "batch", None, 8.0, "input.index", batch),
        Fact("start_b", "start_b", None, 1.0, "input.general", Valid(-1e6, 1e6)),
        Fact("start_a", "start_a", None, 1.0, "input.general", Valid(-1e6, 1e6)),
    )
    base = Fact("log_base", "log_base", None, 10.0, "input.general", Valid(2, 1e6))
    blocks = facts(sheet, FACTS, 0, row) | facts(sheet, POINTS, LEFT - 1, (base,))
    return {name: float(block.value) for name, block in blocks.items()}


def _columns(placed: Placed, result: Mapping[str, Array]) -> list[Column]:
    """The columns of the steps; each holds still where running is 0."""
    number, u, y = placed.number.range, placed.u.range, placed.y.range
    near = f"({number}>={{first}})*({number}<{{first}}+batch)"
    chosen = f"({near}+({number}<{{first}}+batch-points))"  # and on from the first point
    error = f"({{b}}+{{a}}*{u}-{y})"
    plain = {
        "lr": "low*(high/low)^(({step}-1)/(mini_batches-1))",
        "log_lr": "LN({lr})/LN(log_base)",
        "first": "IF({^first}+batch>points,{^first}+batch-points,{^first}+batch)",
        "b": "{^b}-{^lr}*{^de_db}",
        "a": "{^a}-{^lr}*{^de_da}",
        "loss": f"SUMPRODUCT({chosen}*{error}^2)/batch",
        "average": "beta*{^average}+(1-beta)*{loss}",
        "smoothed": "{average}/(1-beta^{step})",
        "best": "MIN({^best},{smoothed})",
        "de_db": f"2*SUMPRODUCT({chosen}*{error})/batch",
        "de_da": f"2*SUMPRODUCT({chosen}*{u}*{error})/batch",
    }
    first_row = plain | {
        "first": "1",
        "b": "start_b",
        "a": "start_a",
        "average": "(1-beta)*{loss}",
        "best": "{smoothed}",
    }
    goes_on = "=IF(AND({^running}=1,{^smoothed}<=stop_factor*{^best}),1,0)"
    columns = [
        Column("step", None, np.arange(1.0, len(result["lr"]) + 1.0), style="index"),
        Column("running", goes_on, result["running"], first="=1", style="calc.index"),
    ]
    for name, formula in plain.items():
        held = f"=IF({{running}}=1,{formula},{{^{name}}})"
        style = STYLES.get(name, "calc.step")
        columns.append(Column(name, held, result[name], first=f"={first_row[name]}", style=style))
    return columns


def _outcomes(
    sheet: Sheet, placed: Placed, blocks: Mapping[str, Block], given: Mapping[str, float]
) -> None:
    """How the run ended, and the rate that it suggests."""
    levels, rates = blocks["smoothed"].values[:, 0], blocks["lr"].values[:, 0]
    whole = bool(np.isfinite(levels).all())  # else an error, and so is all that follows
    least = float(levels.argmin()) + 1.0 if whole else np.nan
    at_least = rates[levels.argmin()] if whole else np.nan
    lr: float | str = suggest(rates, levels, given["divide_by"]) if whole else np.nan
    lr = NONE if least == 1.0 else lr
    smooth, lrs, step = blocks["smoothed"], blocks["lr"], blocks["step"].range
    lowest = blocks["best"].at(len(levels) - 1)
    row = (
        Fact("mini-batches", "mini_batches", f"=COUNT({step})", len(levels), "calc.index"),
        Fact("points", "points", f"=COUNT({placed.number.range})", N, "calc.index"),
        Fact(
            "steps run",
            "steps_run",
            f"=SUM({blocks['running'].range})",
            blocks["running"].values.sum(),
            "calc.index",
        ),
        Fact(
            "step of least smoothed",
            "least_at",
            f"=MATCH({lowest},{smooth.range},0)",
            least,
            "calc.index",
        ),
        Fact("lr there", "lr_there", f"=INDEX({lrs.range},least_at)", at_least, "calc.power"),
        Fact(
            "suggested lr",
            "suggested_lr",
            f'=IF(least_at=1,"{NONE}",lr_there/divide_by)',
            lr,
            "key.power",
        ),
    )
    facts(sheet, FACTS, LEFT, row)
    last_level, best = (
        f"INDEX({blocks[name].range},mini_batches)" for name in ("smoothed", "best")
    )
    ended = f"{last_level}>stop_factor*{best}"
    over = levels[-1] > given["stop_factor"] * blocks["best"].values[-1, 0]
    said: Any = (LEVEL if least == 1.0 else STOPPED) if over else NEVER
    formula = f'=IF({ended},IF(least_at=1,"{LEVEL}","{STOPPED}"),"{NEVER}")'
    sheet.fill(HEADINGS - 1, LEFT, "status", formula, said if whole else np.nan, "note")


def _chart(sheet: Sheet, blocks: Mapping[str, Block]) -> None:
    """Loss against rate, and an upright line at the suggested one, whose ends are cells."""
    top, column = POINTS + 4, 6
    sheet.labels(top - 1, column, [["log of lr", "from, to"]], "heading")
    with np.errstate(all="ignore"):
        suggested = sheet["suggested_lr"].value
        number = np.nan if suggested == NONE else float(suggested)
        at = no_inf(np.log(number) / np.log(sheet["log_base"].value))
    formula = "=IFERROR(LN(suggested_lr)/LN(log_base),NA())"
    mark = sheet.fill(top, column, "mark_lr", formula, [[at], [at]], "calc.step")
    loss, level, best = blocks["loss"], blocks["smoothed"], blocks["best"]
    ends = sheet.formulas(
        top,
        column + 1,
        "mark_loss",
        [[f"={best.at(best.rows - 1)}"], [f"=MAX({loss.range})"]],
        [[best.values[-1, 0]], [loss.values.max()]],
        "calc.power",
    )
    lr = blocks["log_lr"]
    series = (
        Series("loss of the mini-batch", lr, loss, line=False),
        Series("smoothed", lr, level, points=False),
        Series("suggested lr", mark, ends, points=False),
    )
    title = "Loss as the rate grows"
    chart = Chart(
        title, "log of lr, to log_base", "loss (log scale)", series, TOP, 0, LEFT - 1, 19, True
    )
    sheet.charts.append(chart)


def _looks(sheet: Sheet, right: int) -> None:
    sheet.width(0, LEFT - 1, 11)
    sheet.width(LEFT, right - 1, 11)
    sheet.heights[FACTS], sheet.heights[HEADINGS] = 46, 20
    sheet.freeze = (TOP, 0)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    bottom = POINTS + 4 + N
    sheet.print_areas = ((0, 0, POINTS, LEFT + 6), (POINTS, 0, bottom, LEFT))


TOPIC = Topic(
    name="lr_finder",
    title="Learning-rate finder",
    summary="a run whose rate grows until the loss explodes, and the rate that it suggests",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Set high to 1e-5.",
            "The loss falls to the last step and never explodes: the note says to raise high.",
            edits=({"high": 1e-5},),
            holds=lambda was, now: every(
                now["smoothed"].argmin() == len(now["smoothed"]) - 1,
                now["steps_run"] == now["mini_batches"],
                now["status"] != was["status"],
            ),
            rests_on="status",
        ),
        Try(
            "Set x_shift and x_scale to mean_x and sd_x, which stand beside them.",
            "The suggested lr is some thousand times as large: all directions now curve alike.",
            edits=({"x_shift": lambda s: s["mean_x"], "x_scale": lambda s: s["sd_x"]},),
            holds=lambda was, now: every(500 < now["suggested_lr"] / was["suggested_lr"] < 5000),
            rests_on="suggested_lr",
        ),
        Try(
            "Set stop_factor to 100.",
            "The run goes on a step further, and the suggested lr stays.",
            edits=({"stop_factor": 100.0},),
            holds=lambda was, now: every(
                now["steps_run"] == was["steps_run"] + 1, now["suggested_lr"] == was["suggested_lr"]
            ),
            rests_on="steps_run",
        ),
        Try(
            "Set batch to 1.",
            "The second point's loss is several times the first's: the run stops at step 2, and "
            "tells nothing. A batch must speak for all points.",
            edits=({"batch": 1.0},),
            holds=lambda _was, now: every(
                now["loss"][1] > 4 * now["loss"][0],
                now["steps_run"] == 2,
                now["suggested_lr"] == "none",
            ),
            rests_on="suggested_lr",
        ),
    ),
    options=("seed",),
    given=draws,
)
