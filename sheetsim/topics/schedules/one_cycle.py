"""The one-cycle schedule: the learning rate up and down once, momentum down and up again.

A large rate crosses flat stretches and narrow minima quickly, but at the start the weights are
too poor for it, and at the end it keeps them bouncing about. So the rate rises from lr_max / div
to lr_max over the first pct_start of the steps and falls to lr_max / div_final over the rest,
both times along half a cosine,

    between(p) = to + (from - to) (1 + cos(pi p)) / 2        p from 0 to 1

Momentum goes the other way, from high to low and back: where the rate is large, past gradients
count less. The defaults are the lesson's: div 25, div_final 25e4, pct_start 0.3, 0.95 and 0.85.

Where step i of N stands (i from 0, N - 1 the last) is the only thing that versions differ in.

    PyTorch   torch.optim.lr_scheduler.OneCycleLR, three_phase=False: lr_max at step
              peak = pct_start N - 1, be it whole or not; p = i / peak up to it and
              (i - peak) / (N - 1 - peak) beyond. The last step has the lowest rate.
    fastai    p = (i / N) / pct_start, then (i / N - pct_start) / (1 - pct_start): lr_max at
              step pct_start N, one later, and the lowest rate only after the last step.

This file is PyTorch's, whose final_div_factor counts from the first rate: div_final / div. PyTorch
divides by zero if peak is 0 (N = 10, pct_start = 0.1); here step 0 then has lr_max.

Source: L. N. Smith, Super-Convergence (2018), https://arxiv.org/abs/1708.07120; the cosines are
fast.ai's, the paper's lines are straight. fast.ai, Practical Deep Learning for Coders (2019).
"""

from collections.abc import Mapping

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, same


def positions(step: Array, steps: float, pct_start: float) -> tuple[Array, Array]:
    """How far along the rise and the fall each step is; both 0 to 1, in the shape of `step`."""
    peak, last = pct_start * steps - 1.0, steps - 1.0
    rise, fall = np.ones(step.shape), np.zeros(step.shape)
    if peak > 0.0:
        rise = np.minimum(step / peak, 1.0)
    if last > peak:
        fall = np.clip((step - peak) / (last - peak), 0.0, 1.0)
    return rise, fall


def between(start: float, end: float, part: Array) -> Array:
    """Half a cosine from `start`, where `part` (any shape) is 0, to `end`, where it is 1."""
    return np.asarray(end + (start - end) / 2.0 * (1.0 + np.cos(np.pi * part)))


def there_and_on(first: float, middle: float, last: float, rise: Array, fall: Array) -> Array:
    """From `first` to `middle` along `rise` and on to `last` along `fall`, arrays of one shape."""
    return np.where(fall > 0.0, between(middle, last, fall), between(first, middle, rise))


def one_cycle(
    steps: int,
    *,
    lr_max: float,
    div: float = 25.0,
    div_final: float = 25e4,
    pct_start: float = 0.3,
    momentum_high: float = 0.95,
    momentum_low: float = 0.85,
) -> tuple[Array, Array]:
    """Learning rate and momentum of every step, as OneCycleLR has them.

    Args:
        steps: of the whole training, at least 1.
        lr_max: the greatest rate.
        div: lr_max over the first rate.
        div_final: lr_max over the last rate (OneCycleLR's final_div_factor times div).
        pct_start: part of the steps in which the rate rises, 0 to 1.
        momentum_high: momentum of the first and the last step.
        momentum_low: momentum where the rate is lr_max.

    Returns:
        lr and momentum, (steps,) each.

    Raises:
        ValueError: steps is below 1 or pct_start not from 0 to 1.
    """
    if steps < 1 or not 0.0 <= pct_start <= 1.0:
        raise ValueError(
            f"steps is {steps} and pct_start {pct_start}; expected at least 1, and 0 to 1"
        )
    rise, fall = positions(np.arange(steps), steps, pct_start)
    lr = there_and_on(lr_max / div, lr_max, lr_max / div_final, rise, fall)
    return lr, there_and_on(momentum_high, momentum_low, momentum_high, rise, fall)


# The sheet -------------------------------------------------------------------------------

FACTS, HEADINGS, TOP = 2, 5, 6

COUNTED = "Steps count from 0. Rows beyond the last step hold its values."
FALLS = "No step rises: the peak would stand before step 0, so lr falls from the first step on."
NO_PEAK = "none"

PARAMETERS = (
    Fact("lr_max", "lr_max", None, 0.05, "input.general", Valid(0, 1e6, above=True)),
    Fact("div", "div", None, 25.0, "input.general", Valid(0, 1e12, above=True)),
    Fact("div_final", "div_final", None, 25e4, "input.general", Valid(0, 1e12, above=True)),
    Fact("pct_start", "pct_start", None, 0.3, "input.general", Valid(0, 1)),
    Fact("momentum_high", "momentum_high", None, 0.95, "input.general", Valid(0, 1)),
    Fact("momentum_low", "momentum_low", None, 0.85, "input.general", Valid(0, 1)),
)


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("one_cycle", "The one-cycle schedule")
    sheet.text(0, 0, sheet.title, "title")
    lead = "lr up and down once, momentum down and up: half a cosine each way, as in PyTorch"
    sheet.text(1, 0, lead, "lead")
    rows = int(book.plan["steps"])
    steps = Fact("steps", "steps", None, float(rows), "input.general", Valid(1, rows))
    placed = facts(sheet, FACTS, 0, (steps, *PARAMETERS))
    given = {name: float(block.value) for name, block in placed.items()}
    _outcomes(sheet, given)
    sheet.labels(HEADINGS, 0, [["step", "rise", "fall", "lr", "momentum"]], "heading")
    step = sheet.numbers(TOP, 0, [[i] for i in range(rows)], "index")
    rises, falls = positions(step.values, given["steps"], given["pct_start"])
    at = step.across
    rise_formula = f"=IF(peak>0,MIN({at}/peak,1),1)"
    rise = sheet.fill(TOP, 1, "rise", rise_formula, rises, "calc.step")
    beyond = f"MIN(({at}-peak)/(steps-1-peak),1)"
    fall_formula = f"=IF(steps-1>peak,MAX({beyond},0),0)"
    fall = sheet.fill(TOP, 2, "fall", fall_formula, falls, "calc.step")
    columns = []
    for column, name, path in (
        (3, "lr", ("lr_first", "lr_max", "lr_last")),
        (4, "momentum", ("momentum_high", "momentum_low", "momentum_high")),
    ):
        first, middle, last = path
        up = f"{middle}+({first}-{middle})/2*(1+COS(PI()*{rise.across}))"
        down = f"{last}+({middle}-{last})/2*(1+COS(PI()*{fall.across}))"
        begin, turn, end = (float(sheet[name].value) for name in path)
        values = there_and_on(begin, turn, end, rises, falls)
        style = "calc.power" if name == "lr" else "calc.step"
        formula = f"=IF({fall.across}>0,{down},{up})"
        columns.append(sheet.fill(TOP, column, name, formula, values, style))
    _looks(sheet, step, columns)
    return sheet


def _outcomes(sheet: Sheet, given: Mapping[str, float]) -> None:
    """What follows from the inputs, beside them."""
    lr_max = given["lr_max"]
    peak = given["pct_start"] * given["steps"] - 1
    first, last = lr_max / given["div"], lr_max / given["div_final"]
    row = (
        Fact(
            "peak at step",
            "peak_at",
            f'=IF(peak<0,"{NO_PEAK}",peak)',
            NO_PEAK if peak < 0 else peak,
            "key.general",
        ),
        Fact("first lr", "lr_first", "=lr_max/div", first, "key.power"),
        Fact("last lr", "lr_last", "=lr_max/div_final", last, "key.power"),
        Fact("peak (below 0: none)", "peak", "=pct_start*steps-1", peak, "calc.general"),
    )
    facts(sheet, FACTS, 1 + len(PARAMETERS), row)


def _looks(sheet: Sheet, step: Block, columns: list[Block]) -> None:
    left = 6
    for row, block, title in zip(
        (TOP, TOP + 18), columns, ("Learning rate", "Momentum"), strict=True
    ):
        line = Series(block.name, step, block, points=False)
        chart = Chart(title, "step", block.name, (line,), row, left, 8, 17, x_range=(0, step.rows))
        sheet.charts.append(chart)
    peak = float(sheet["peak"].value)
    formula = f'=IF(peak<0,"{FALLS}","{COUNTED}")'
    sheet.fill(HEADINGS - 1, 0, "note", formula, FALLS if peak < 0 else COUNTED, "note")
    sheet.width(0, left + 7, 15)
    sheet.heights[FACTS], sheet.heights[HEADINGS] = 31, 20
    sheet.freeze = (TOP, 1)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    sheet.print_areas = ((0, 0, TOP + 36, left + 8),)


TOPIC = Topic(
    name="one_cycle",
    title="One cycle",
    summary="the one-cycle learning rate and momentum, step by step",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Set pct_start to 0.5.",
            "The peak moves to the middle: rise and fall take about as many steps.",
            edits=({"pct_start": 0.5},),
            holds=lambda was, now: every(
                same(now["peak_at"], now["steps"] / 2 - 1),
                now["lr"].argmax() == now["peak_at"],
                was["lr"].argmax() == was["peak_at"],
            ),
            rests_on="lr",
        ),
        Try(
            "Set div to 1.",
            "The first lr is lr_max: it stays level until the peak, and then falls as before.",
            edits=({"div": 1.0},),
            holds=lambda was, now: every(
                same(now["lr"][: int(now["peak"]) + 1], now["lr_max"]),
                same(now["lr"][int(now["peak"]) :], was["lr"][int(was["peak"]) :]),
            ),
            rests_on="lr",
        ),
        Try(
            "Set steps to 50.",
            "The same cycle in half as many steps; the rows beyond hold the last values.",
            edits=({"steps": 50.0},),
            holds=lambda _was, now: every(
                now["lr"].argmax() == 14,
                same(now["lr"][49:], now["lr_last"]),
                same(now["momentum"][49:], now["momentum_high"]),
            ),
            rests_on="lr",
            when={"steps": 100},
        ),
    ),
)
