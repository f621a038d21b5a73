"""Constant, falling and one-cycle rates on the same points, from the same start.

Gradient descent with one point a step never sees the whole loss, only that of its point. Far from
the best line all points agree on the way, and a large rate is best. Near it they pull this way
and that, and a constant rate goes on bouncing at a distance that grows with the rate; only where
the rate falls does the line settle. But a rate that falls too soon stops short of the goal. With
the step counted from 0, the last being N - 1,

    constant      lr_max
    step decay    lr_max step_factor^(whole part of step / step_every)       PyTorch's StepLR
    exponential   lr_max exp_end^(step / (N - 1)): exp_end is the last rate over the first;
                  PyTorch's ExponentialLR with gamma = exp_end^(1 / (N - 1))
    cosine        from lr_max to cos_end lr_max along half a cosine: PyTorch's CosineAnnealingLR
                  with T_max = N - 1; the paper restarts it, here it is one fall
    one cycle     see that topic; the only one that begins with a small rate, and whose momentum
                  moves

Each step is gradient descent with momentum as an average, the lecture's form,

    m = momentum m + (1 - momentum) gradient        b, a = b - lr m_b, a - lr m_a

under which lr keeps its meaning whatever the momentum; PyTorch's SGD and fastai add gradients up
(m = momentum m + gradient), which multiplies the steps by 1 / (1 - momentum): divide lr by it.

The line is b + a u with u = (x - mean) / sd. As u has mean 0 and variance 1, the mean squared
error is its least plus (b - best b)^2 + (a - best a)^2: `excess` is that sum of squares, what is
left to gain, without the noise that no line removes.

Source: I. Loshchilov, F. Hutter, SGDR (2016), https://arxiv.org/abs/1608.03983 (cosine); fast.ai,
Practical Deep Learning for Coders (2019), lesson 5.
"""

from collections.abc import Mapping

import numpy as np

from sheetsim.references import a1
from sheetsim.sheet import Array, Block, Chart, Column, Series, Sheet, Valid, table
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.schedules._points import N, no_inf
from sheetsim.topics.schedules.one_cycle import positions, there_and_on


def step_decay(steps: int, *, lr_max: float, step_factor: float, step_every: int) -> Array:
    """Rates (steps,) that are multiplied by `step_factor` every `step_every` steps."""
    return np.asarray(lr_max * step_factor ** (np.arange(steps) // step_every))


def exponential_decay(steps: int, *, lr_max: float, exp_end: float) -> Array:
    """Rates (steps,) in equal ratios from lr_max to lr_max times `exp_end`; steps at least 2."""
    return np.asarray(lr_max * exp_end ** (np.arange(steps) / (steps - 1)))


def cosine(steps: int, *, lr_max: float, cos_end: float) -> Array:
    """Rates (steps,) from lr_max to lr_max times `cos_end`, half a cosine; steps at least 2."""
    wave = 1.0 + np.cos(np.pi * (np.arange(steps) / (steps - 1)))
    return np.asarray(lr_max * (cos_end + (1.0 - cos_end) / 2.0 * wave))


def train(
    u: Array, y: Array, lr: Array, momentum: Array, start: tuple[float, float]
) -> dict[str, Array]:
    """Gradient descent with momentum on b + a u, one point a step.

    Args:
        u: the point of each step, (steps,).
        y: its ordinate, (steps,).
        lr: rates (steps,).
        momentum: (steps,), each 0 to 1.
        start: intercept b and slope a.

    Returns:
        b and a before each step and after the last, (steps + 1,) each; m_b and m_a, the averages
        that each step goes by, (steps,) each.
    """
    places, averages = [np.array(start)], [np.zeros(2)]
    for i in range(len(u)):
        b, a = places[-1]
        error = b + a * u[i] - y[i]
        gradient = 2.0 * error * np.array([1.0, u[i]])
        averages.append(momentum[i] * averages[-1] + (1.0 - momentum[i]) * gradient)
        places.append(places[-1] - lr[i] * averages[-1])
    line, m = np.array(places), np.array(averages[1:])
    return {"b": line[:, 0], "a": line[:, 1], "m_b": m[:, 0], "m_a": m[:, 1]}


# The sheet -------------------------------------------------------------------------------

FACTS, HEADINGS, TOP = 2, 7, 8
SCALE = (
    "lr_max is for u: what lr_finder suggests is for x as it is, and some thousand times smaller; "
    "with x_shift and x_scale at mean_x and sd_x it suggests a rate for u"
)
LEFT = 9
"""First column of the table of steps; what comes of it stands before it."""

SCHEDULES = {
    "const": "constant",
    "decay": "step decay",
    "expo": "exponential",
    "cos": "cosine",
    "cycle": "one cycle",
}
"""What the columns of each begin with, and its name."""


def _step_cells(first: int, steps: int) -> str:
    """Where the numbers of the steps stand, from the `first` to the last."""
    ends = (a1(TOP + i, LEFT, fix_row=True, fix_column=True) for i in (first, steps - 1))
    return ":".join(ends)


RATES = {
    "const": "=lr_max",
    "decay": "=lr_max*IF(MATCH({step}/step_every,@,1)=1,1,"
    "step_factor^(MATCH({step}/step_every,@,1)-1))",  # 0^0 is an error in Excel
    "expo": "=lr_max*exp_end^({step}/(steps-1))",
    "cos": "=lr_max*(cos_end+(1-cos_end)/2*(1+COS(PI()*{step}/(steps-1))))",
    "cycle": "=IF({cycle_fall}>0,"
    "lr_max/div_final+(lr_max-lr_max/div_final)/2*(1+COS(PI()*{cycle_fall})),"
    "lr_max+(lr_max/div-lr_max)/2*(1+COS(PI()*{cycle_rise})))",
}
"""Of step decay, MATCH finds the whole part: the last step number, of all those that stand where
the @ is, not beyond the quotient."""

CYCLE = {
    "cycle_rise": "=IF(peak>0,MIN({step}/peak,1),1)",
    "cycle_fall": "=IF(steps-1>peak,MAX(({step}-peak)/(steps-1-peak),0),0)",
    "cycle_beta": "=IF({cycle_fall}>0,"
    "momentum_high+(momentum_low-momentum_high)/2*(1+COS(PI()*{cycle_fall})),"
    "momentum_low+(momentum_high-momentum_low)/2*(1+COS(PI()*{cycle_rise})))",
}


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("schedules_compared", "Schedules side by side")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "the points of lr_finder, one a step, from the same start; only the rates differ. "
        "y = b + a u, with u = (x - mean_x) / sd_x: b is the height at the mean of x"
    )
    sheet.text(1, 0, lead, "lead")
    sheet.text(HEADINGS - 1, 0, SCALE, "note")
    x, y = (book["lr_finder"][name].qualified for name in "xy")
    steps = int(book.plan["steps"])
    given = _inputs(sheet, steps)
    _outcomes(sheet, x, y, given)
    with np.errstate(all="ignore"):
        columns = _columns(sheet, x, y, given)
    sheet.labels(HEADINGS, LEFT, [[column.name for column in columns]], "heading")
    blocks = table(sheet, TOP, LEFT, columns, steps)
    _ends(sheet, blocks, x, y)
    _charts(sheet, blocks)
    _looks(sheet, LEFT + len(columns))
    return sheet


def _inputs(sheet: Sheet, steps: int) -> dict[str, float]:
    """The inputs, in the frozen rows; their values by name, and how many steps there are."""
    positive, part = Valid(0, 1e6, above=True), Valid(0, 1, above=True)
    every = Valid(1, steps - 1, choices=_step_cells(1, steps))
    falling = (
        Fact("lr_max", "lr_max", None, 0.2, "input.general", positive),
        Fact("step_every", "step_every", None, steps // 4, "input.index", every),
        Fact("step_factor", "step_factor", None, 0.5, "input.general", part),
        Fact("exp_end", "exp_end", None, 0.01, "input.general", part),
        Fact("cos_end", "cos_end", None, 0.0, "input.general", Valid(0, 1)),
        Fact("momentum", "momentum", None, 0.9, "input.general", Valid(0, 1)),
        Fact("start_b", "start_b", None, 1.0, "input.general", Valid(-1e6, 1e6)),
        Fact("start_a", "start_a", None, 1.0, "input.general", Valid(-1e6, 1e6)),
    )
    cycle = (
        Fact("div", "div", None, 25.0, "input.general", positive),
        Fact("div_final", "div_final", None, 25e4, "input.general", Valid(0, 1e12, above=True)),
        Fact("pct_start", "pct_start", None, 0.3, "input.general", Valid(0, 1)),
        Fact("momentum_high", "momentum_high", None, 0.95, "input.general", Valid(0, 1)),
        Fact("momentum_low", "momentum_low", None, 0.85, "input.general", Valid(0, 1)),
    )
    sheet.text(FACTS + 3, 0, "one cycle:", "row heading")
    placed = facts(sheet, FACTS, 0, falling) | facts(sheet, FACTS + 2, 1, cycle)
    placed |= facts(sheet, FACTS + 2, 7, (_divergence.times(),))
    return {"steps": float(steps)} | {name: float(placed[name].value) for name in placed}


def _scaled(x: Block) -> Array:
    """The points' u, (n,): NaN where all x are the same."""
    values = x.values[:, 0]
    with np.errstate(all="ignore"):
        return no_inf((values - values.mean()) / values.std())


def _outcomes(sheet: Sheet, x: Block, y: Block, given: Mapping[str, float]) -> None:
    """The scale of x, and the best line over it in closed form."""
    u, ordinates = _scaled(x), y.values[:, 0]
    best_b, best_a = ordinates.mean(), np.mean(u * ordinates)
    least = np.sqrt(np.mean((best_b + best_a * u - ordinates) ** 2))
    centred = f"({x.range}-mean_x)/sd_x"
    peak = given["pct_start"] * given["steps"] - 1
    gap = f"best_b+best_a*{centred}-{y.range}"
    steps = given["steps"]
    every_step = _step_cells(0, round(steps))
    row = (
        Fact("steps", "steps", f"=COUNT({every_step})", steps, "calc.index"),
        Fact("points", "points", f"=COUNT({x.range})", N, "calc.index"),
        Fact("mean_x", "mean_x", f"=AVERAGE({x.range})", x.values.mean(), "calc.step"),
        Fact("sd_x", "sd_x", f"=STDEVP({x.range})", x.values.std(), "calc.step"),
        Fact("best_b", "best_b", f"=AVERAGE({y.range})", best_b, "calc.step"),
        Fact("best_a", "best_a", f"=SUMPRODUCT({centred},{y.range})/points", best_a, "calc.step"),
        Fact(
            "least RMSE",
            "least_rmse",
            f"=SQRT(SUMPRODUCT(({gap})^2)/points)",
            least,
            "calc.step",
        ),
        Fact(
            "excess limit",
            "excess_limit",
            "=diverged_above^2*MAX((start_b-best_b)^2+(start_a-best_a)^2,best_b^2+best_a^2)",
            given["diverged_above"] ** 2
            * np.maximum(
                (given["start_b"] - best_b) ** 2 + (given["start_a"] - best_a) ** 2,
                best_b**2 + best_a**2,
            ),
            "calc.power",
        ),
    )
    facts(sheet, TOP + len(SCHEDULES) + 2, 0, row)
    turn = Fact("peak (below 0: none)", "peak", "=pct_start*steps-1", peak, "calc.general")
    facts(sheet, FACTS + 2, 6, (turn,))


def _columns(sheet: Sheet, x: Block, y: Block, given: Mapping[str, float]) -> list[Column]:
    """The point of each step, and six columns for each schedule."""
    steps = round(given["steps"])
    point = np.arange(steps) % N
    u, ordinates = _scaled(x)[point], y.values[point, 0]
    turn = "=IF({^point}<points,{^point}+1,1)"
    columns = [
        Column("step", None, np.arange(float(steps)), style="index"),
        Column("point", turn, point + 1.0, first="=1", style="calc.index"),
        Column("u", f"=(INDEX({x.range},{{point}})-mean_x)/sd_x", u, style="calc.step"),
        Column("y", f"=INDEX({y.range},{{point}})", ordinates, style="calc.step"),
    ]
    rates, momenta, parts = _schedules(given)
    for name, template in CYCLE.items():
        columns.append(Column(name, template, parts[name], style="calc.step"))
    start = (given["start_b"], given["start_a"])
    watched: list[Column] = []
    limit = float(sheet["excess_limit"].value)
    best = [float(sheet[name].value) for name in ("best_b", "best_a")]
    for name in SCHEDULES:
        run = train(u, ordinates, rates[name], momenta[name], start)
        excess = (run["b"][:-1] - best[0]) ** 2 + (run["a"][:-1] - best[1]) ** 2
        rate = RATES[name].replace("@", _step_cells(0, steps))
        columns.append(Column(f"{name}_lr", rate, rates[name], style="calc.power"))
        columns += _line_columns(name, run)
        formula = f"=({{{name}_b}}-best_b)^2+({{{name}_a}}-best_a)^2"
        excess, left = no_inf(excess), f"{{{name}_excess}}"
        columns.append(Column(f"{name}_excess", formula, excess, style="calc.power"))
        flag = (left, "excess_limit", excess, limit, f"{name}_beyond")
        watched.append(_divergence.flag_column(*flag))
        formula = f"={_divergence.drawn_formula(left, 'excess_limit')}"
        values = _divergence.drawn(excess, limit)
        watched.append(Column(f"{name}_drawn", formula, values, style="calc.power"))
    return columns + watched


def _schedules(
    given: Mapping[str, float],
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """By schedule its rates and its momenta, and the columns that only one cycle has."""

    def take(*names: str) -> dict[str, float]:
        return {name: given[name] for name in names}

    top, steps = given["lr_max"], round(given["steps"])
    rise, fall = positions(np.arange(steps), steps, given["pct_start"])
    ends = top / given["div"], top, top / given["div_final"]
    cycle = there_and_on(*ends, rise, fall)
    high, low = given["momentum_high"], given["momentum_low"]
    moving = there_and_on(high, low, high, rise, fall)
    every = round(given["step_every"])
    rates = {
        "const": np.full(steps, top),
        "decay": step_decay(steps, step_every=every, **take("lr_max", "step_factor")),
        "expo": exponential_decay(steps, **take("lr_max", "exp_end")),
        "cos": cosine(steps, **take("lr_max", "cos_end")),
        "cycle": cycle,
    }
    momenta = {name: np.full(steps, given["momentum"]) for name in rates} | {"cycle": moving}
    return rates, momenta, {"cycle_rise": rise, "cycle_fall": fall, "cycle_beta": moving}


def _line_columns(name: str, run: Mapping[str, Array]) -> list[Column]:
    """The line before each step of a schedule, and the averages that the step goes by."""
    momentum = "{cycle_beta}" if name == "cycle" else "momentum"
    error = f"({{{name}_b}}+{{{name}_a}}*{{u}}-{{y}})"
    columns = []
    for of, gradient in (("b", f"2*{error}"), ("a", f"2*{{u}}*{error}")):
        column, average = f"{name}_{of}", f"{name}_m_{of}"
        before = f"={{^{column}}}-{{^{name}_lr}}*{{^{average}}}"
        new = f"(1-{momentum})*{gradient}"
        columns += [
            Column(column, before, no_inf(run[of][:-1]), first=f"=start_{of}", style="calc.step"),
            Column(
                average,
                f"={momentum}*{{^{average}}}+{new}",
                no_inf(run[f"m_{of}"]),
                first=f"={new}",
                style="calc.step",
            ),
        ]
    return columns


def _ends(sheet: Sheet, blocks: Mapping[str, Block], x: Block, y: Block) -> None:
    """Where each schedule ends, after its last step, and which is nearest to the best line."""
    heads = ["schedule", "last lr", "b", "a", "RMSE", "excess", "diverged in"]
    sheet.labels(HEADINGS, 0, [heads], "heading")
    u, ordinates = _scaled(x)[:, None], y.values
    best = [float(sheet[name].value) for name in ("best_b", "best_a")]
    excesses = []
    for row, (name, label) in enumerate(SCHEDULES.items(), start=TOP):
        sheet.text(row, 0, label, "row heading")
        lr = blocks[f"{name}_lr"]
        last = sheet.fill(
            row, 1, f"{name}_last_lr", f"=INDEX({lr.range},steps)", lr.values[-1, 0], "calc.power"
        )
        ends = {}
        for column, of in ((2, "b"), (3, "a")):
            place, average = blocks[f"{name}_{of}"], blocks[f"{name}_m_{of}"]
            formula = f"=INDEX({place.range},steps)-{last.cell}*INDEX({average.range},steps)"
            end = no_inf(place.values[-1, 0] - lr.values[-1, 0] * average.values[-1, 0])
            ends[of] = sheet.fill(row, column, f"{name}_end_{of}", formula, end, "calc.step")
        b, a = ends["b"], ends["a"]
        gap = f"{b.cell}+{a.cell}*({x.range}-mean_x)/sd_x-{y.range}"
        rmse = no_inf(np.sqrt(np.mean((b.value + a.value * u - ordinates) ** 2)))
        formula = f"=SQRT(SUMPRODUCT(({gap})^2)/points)"
        sheet.fill(row, 4, f"{name}_rmse", formula, rmse, "calc.step")
        excess = no_inf((b.value - best[0]) ** 2 + (a.value - best[1]) ** 2)
        formula = f"=({b.cell}-best_b)^2+({a.cell}-best_a)^2"
        excesses.append(sheet.fill(row, 5, f"{name}_end_excess", formula, excess, "calc.power"))
        ended = (float(excess), float(sheet["excess_limit"].value))
        flag, at_end = blocks[f"{name}_beyond"], excesses[-1].range
        told = _divergence.told(
            flag, at_end, "excess_limit", ended, f"{name}_diverged_in", from_0=True
        )
        at = (row, 6, told.name, str(told.formula), told.value, told.style)
        _divergence.alarm(sheet, sheet.fill(*at))
    row = TOP + len(SCHEDULES)
    levels = np.array([block.value for block in excesses])
    names = list(SCHEDULES.values())
    cells = f"{excesses[0].at(0)}:{excesses[-1].at(0)}"
    labels = f"{a1(TOP, 0, fix_row=True, fix_column=True)}:"
    labels += a1(row - 1, 0, fix_row=True, fix_column=True)
    nearest = names[levels.argmin()] if np.isfinite(levels).all() else np.nan
    sheet.text(row, 0, "nearest", "row heading")
    formula = f"=INDEX({labels},MATCH(MIN({cells}),{cells},0))"
    sheet.fill(row, 1, "nearest", formula, nearest, "key")


def _charts(sheet: Sheet, blocks: Mapping[str, Block]) -> None:
    for column, of, title, y_title, log in (
        (0, "lr", "Learning rate by step", "lr", False),
        (4, "drawn", "What is left to gain", "excess (log scale)", True),
    ):
        series = tuple(
            Series(label, blocks["step"], blocks[f"{name}_{of}"], points=False)
            for name, label in SCHEDULES.items()
        )
        last = (0, blocks["step"].rows)
        chart = Chart(title, "step", y_title, series, TOP + 10, column, 4, 18, log, last)
        sheet.charts.append(chart)


def _looks(sheet: Sheet, right: int) -> None:
    sheet.width(0, LEFT - 2, 15)
    sheet.width(LEFT - 1, LEFT - 1, 2)
    sheet.width(LEFT, right - 1, 13.5)
    sheet.heights[FACTS], sheet.heights[FACTS + 2], sheet.heights[HEADINGS] = 20, 31, 20
    sheet.freeze = (TOP, 0)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    sheet.print_areas = ((0, 0, TOP + 29, LEFT),)


TOPIC = Topic(
    name="schedules_compared",
    title="Schedules side by side",
    summary="constant, step, exponential, cosine and one-cycle rates on the same points",
    sheet=_sheet,
    order=2,
    needs=("lr_finder",),
    tries=(
        Try(
            "Set lr_max to 0.02.",
            "Constant is nearest now: the rates that fall stop short of the best line.",
            edits=({"lr_max": 0.02},),
            holds=lambda was, now: every(
                now["const_end_excess"]
                == min(
                    now[f"{way}_end_excess"] for way in ("const", "decay", "expo", "cos", "cycle")
                ),
                now["nearest"] != was["nearest"],
            ),
            rests_on="nearest",
        ),
        Try(
            "Set lr_max to 0.05.",
            "One cycle is nearest, and its excess about a fifth of what it was.",
            edits=({"lr_max": 0.05},),
            holds=lambda was, now: every(
                now["cycle_end_excess"]
                == min(
                    now[f"{way}_end_excess"] for way in ("const", "decay", "expo", "cos", "cycle")
                ),
                0.1 < now["cycle_end_excess"] / was["cycle_end_excess"] < 0.3,
            ),
            rests_on="cycle_end_excess",
        ),
        Try(
            "Set step_factor, exp_end and cos_end to 1.",
            "No rate falls but one cycle's: the other lines are one, and bounce to the end.",
            edits=({"step_factor": 1.0, "exp_end": 1.0, "cos_end": 1.0},),
            holds=lambda _was, now: every(
                *(same(now[f"{way}_lr"], now["lr_max"]) for way in ("decay", "expo", "cos")),
                *(
                    same(now[f"{way}_excess"], now["const_excess"])
                    for way in ("decay", "expo", "cos")
                ),
                (np.diff(now["const_excess"][-10:], axis=0) > 0).any(),
                now["cycle_lr"][-1] < now["lr_max"],
            ),
            rests_on="decay_lr",
        ),
    ),
)
