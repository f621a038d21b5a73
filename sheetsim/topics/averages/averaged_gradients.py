"""The averages that optimizers keep: of the gradients (momentum), and of their squares (RMSProp).

Plain gradient descent fits y = a x + b, one point a step; the averages only watch. With
e = (b + a x - y)^2 the gradients are g = 2 (b + a x - y) for b and x times that for a, so those of
a are x times as large. Of each gradient

    m <- beta1 m + (1 - beta1) g            momentum: which way, the noise averaged out
    v <- beta2 v + (1 - beta2) g^2          RMSProp: how large, whatever the sign

from m = v = 0, both divided by 1 - beta^t to correct the start. The quotient

    step = m_corrected / (sqrt(v_corrected) + epsilon)

is what Adam multiplies with lr (Kingma and Ba, 2015): it has no unit, it is 1 or -1 at the first
step, near 1 in size while the gradients agree, and near 0 while they cancel; and it is of the same
size for a and for b although their gradients are not. RMSProp divides g itself by sqrt(v), without
correction; the lecture corrects neither, and PyTorch's momentum leaves out the factor 1 - beta1.

With x far from 0 the run diverges at any lr. The sheet says in which step, and the chart of the
gradients ends where their errors would be the error limit; the steps stay as long as before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetsim.references import a1
from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.averages._running import ewma, running, second

STEPS = 60
FACTS, BANDS, HEADINGS, TOP = 2, 5, 6, 7
INPUTS = (
    ("lr", 2e-4, Valid(0, 0.001)),
    ("beta1", 0.9, Valid(0, 0.9999)),
    ("beta2", 0.99, Valid(0, 0.9999)),
    ("epsilon", 1e-8, Valid(0, 1)),
    ("true_b", 30.0, Valid()),
    ("true_a", 2.0, Valid()),
    ("start_b", 1.0, Valid()),
    ("start_a", 1.0, Valid()),
)
NOTHING = "both are 0"
"""What stands for the ratio of two sizes of 0: the run is on the line already."""

GAP, CHARTS, DRAWN = 5, 20, 29
"""The empty column between the run and the averages (another stands between those of b and a); the
first columns of the charts, and of what stands out of sight: flags, and what the charts draw."""


@dataclass(frozen=True)
class Averages:
    """The averages of one parameter's gradients, each (n,).

    Attributes:
        m: of the gradients.
        v: of their squares.
        m_corrected: m / (1 - beta1^t).
        v_corrected: v / (1 - beta2^t).
        step: what Adam multiplies with lr.
    """

    m: Array
    v: Array
    m_corrected: Array
    v_corrected: Array
    step: Array


def descend(x: Array, y: Array, b: float, a: float, lr: float) -> tuple[Array, ...]:
    """One step of gradient descent for each point; b, a before it, and their gradients, (n,)."""
    rows = np.empty((len(x), 4))
    for t, (at, wanted) in enumerate(zip(x, y, strict=True)):
        slope_b = 2 * (b + a * at - wanted)
        slope_a = at * slope_b
        rows[t] = b, a, slope_b, slope_a
        b, a = b - lr * slope_b, a - lr * slope_a
    return tuple(rows.T)


def averages(gradient: Array, beta1: float, beta2: float, epsilon: float) -> Averages:
    """All averages of gradients (n,)."""
    t = np.arange(1, len(gradient) + 1)
    m, v = ewma(gradient, 1 - beta1), ewma(gradient**2, 1 - beta2)
    m_corrected, v_corrected = m / (1 - beta1**t), v / (1 - beta2**t)
    step = m_corrected / (np.sqrt(v_corrected) + epsilon)
    return Averages(m, v, m_corrected, v_corrected, step)


def _given(_plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    draws = np.random.default_rng([options["seed"], 1]).integers(1, 31, STEPS)
    return {"x": draws.astype(float)[:, None]}


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("averaged_gradients", "Averages of gradients, and of their squares")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "plain gradient descent on y = true_a x + true_b; m averages the gradients, v their "
        "squares; step = corrected m / (√corrected v + epsilon)"
    )
    sheet.text(1, 0, lead, "lead")
    given = _inputs(sheet)
    run = _run(sheet, given)
    parts = {of: _averages(sheet, of, run, given) for of in "ba"}
    _sizes(sheet, run, parts)
    limit = _divergence_cells(sheet, run, given)
    _charts(sheet, run["t"], parts, _drawn(sheet, run, parts, limit))
    sheet.width(0, 0, 6)
    for column in (1, 2, 3, 4, *range(6, 12), *range(13, 19)):
        sheet.width(column, column, 9.5)
    for gap in (GAP, GAP + 7, GAP + 14):
        sheet.width(gap, gap, 2)
    sheet.width(CHARTS, CHARTS + 7, 8)
    column = sheet["diverged_above"].column
    sheet.width(column, column, _divergence.WIDTH)
    sheet.width(DRAWN, DRAWN + 2, 9.5)
    sheet.heights[FACTS], sheet.heights[HEADINGS] = 46, 31
    sheet.freeze = (TOP, 1)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    bottom = max(chart.row + chart.rows for chart in sheet.charts)
    sheet.print_areas = ((0, 0, bottom, CHARTS + 8),)
    sheet.pages = 1
    return sheet


def _inputs(sheet: Sheet) -> dict[str, float]:
    """Settings of the averages, then the line and the start of the run; their values by name."""
    rows = [Fact(name, name, None, value, "input.general", valid) for name, value, valid in INPUTS]
    beside = [*rows[4:], _divergence.times()]
    placed = facts(sheet, FACTS, 1, rows[:4]) | facts(sheet, FACTS, GAP + 1, beside)
    return {name: float(block.value) for name, block in placed.items()}


def _run(sheet: Sheet, given: Mapping[str, float]) -> dict[str, Block]:
    """The points, the weights before each step, and the gradients at them."""
    sheet.text(BANDS, 0, "the run", "band")
    sheet.labels(HEADINGS, 0, [["t", "x", "y", "b", "a"]], "heading")
    t = sheet.numbers(TOP, 0, [[step] for step in range(1, STEPS + 1)])
    x = sheet.inputs(TOP, 1, "x", np.ones((STEPS, 1)), "input.general", Valid())
    wanted = given["true_b"] + given["true_a"] * x.values
    y = sheet.fill(TOP, 2, "y", f"=true_b+true_a*{x.cell}", wanted, "calc.general")
    start = given["start_b"], given["start_a"], given["lr"]
    found = descend(x.values[:, 0], wanted[:, 0], *start)
    values = dict(zip(("b", "a", "g_b", "g_a"), found, strict=True))
    places = {"b": 3, "a": 4, "g_b": GAP + 1, "g_a": GAP + 8}
    first = {name: a1(TOP, column) for name, column in places.items()}
    blocks = {"t": t}
    for of in "ba":
        formulas = (f"=start_{of}", f"={first[of]}-lr*{first[f'g_{of}']}")
        blocks[of] = running(sheet, TOP, places[of], f"run_{of}", formulas, values[of], "calc.step")
    slopes = {
        "g_b": f"=2*({first['b']}+{first['a']}*{x.cell}-{y.cell})",
        "g_a": f"={x.cell}*{first['g_b']}",
    }
    for name, formula in slopes.items():
        at = (TOP, places[name], name, formula, values[name][:, None])
        blocks[name] = sheet.fill(*at, "calc.rating2")
    return blocks


def _averages(
    sheet: Sheet, of: str, run: Mapping[str, Block], given: Mapping[str, float]
) -> dict[str, Block]:
    """The averages of one parameter's gradients, beside these."""
    g = run[f"g_{of}"]
    found = averages(g.values[:, 0], given["beta1"], given["beta2"], given["epsilon"])
    titles = ["gradient", "m", "v", "corrected m", "corrected v", "step"]
    sheet.text(BANDS, g.column, f"gradients of {of}, and their averages", "band")
    sheet.labels(HEADINGS, g.column, [titles], "heading")
    m_first, v_first = a1(TOP, g.column + 1), a1(TOP, g.column + 2)
    m = running(
        sheet,
        TOP,
        g.column + 1,
        f"m_{of}",
        (f"=(1-beta1)*{g.cell}", f"=beta1*{m_first}+(1-beta1)*{second(g)}"),
        found.m,
        "calc.rating2",
    )
    v = running(
        sheet,
        TOP,
        g.column + 2,
        f"v_{of}",
        (f"=(1-beta2)*{g.cell}^2", f"=beta2*{v_first}+(1-beta2)*{second(g)}^2"),
        found.v,
        "calc.power",
    )
    age = run["t"].across
    m_hat, v_hat = a1(TOP, g.column + 3), a1(TOP, g.column + 4)
    rest = (
        ("m_corrected", f"={m.cell}/(1-beta1^{age})", found.m_corrected, "calc.rating2"),
        ("v_corrected", f"={v.cell}/(1-beta2^{age})", found.v_corrected, "calc.power"),
        ("step", f"={m_hat}/(SQRT({v_hat})+epsilon)", found.step, "calc.step"),
    )
    blocks = {"g": g, "m": m, "v": v}
    for column, (name, formula, values, style) in enumerate(rest, start=g.column + 3):
        key = f"{name}_{of}"
        blocks[name] = sheet.fill(TOP, column, key, formula, values[:, None], style)
    return blocks


def _sizes(sheet: Sheet, run: Mapping[str, Block], parts: Mapping[str, dict[str, Block]]) -> None:
    """How large gradients and steps are (root mean square), and how unlike for a and b."""
    column = GAP + 8
    for title, name in (("gradient", "g"), ("step", "step")):
        rows = []
        sizes = {of: float(np.sqrt(np.mean(parts[of][name].values ** 2))) for of in "ba"}
        for of in "ba":
            cells = parts[of][name].range
            formula = f"=SQRT(SUMPRODUCT({cells}^2)/COUNT({run['t'].range}))"
            label = f"RMS {title} of {of}"
            style = "calc.rating2" if name == "g" else "calc.step"
            rows.append(Fact(label, f"{name}_size_{of}", formula, sizes[of], style))
        ratio: float | str = sizes["a"] / sizes["b"] if sizes["b"] else NOTHING
        # Steps that are 0 / 0, without epsilon, are no sizes of 0: IFERROR would call them so.
        formula = f'=IF({name}_size_b=0,"{NOTHING}",{name}_size_a/{name}_size_b)'
        rows.append(Fact("a to b", f"{name}_ratio", formula, ratio, "key.rating2"))
        facts(sheet, FACTS, column, rows)
        column += len(rows)


def _size(gaps: Array) -> float:
    """Root mean square of gaps (n,); NaN beyond the range of floats."""
    with np.errstate(all="ignore"):
        size = float(np.sqrt(np.mean(gaps**2)))
    return size if np.isfinite(size) else np.nan


def _divergence_cells(sheet: Sheet, run: Mapping[str, Block], given: Mapping[str, float]) -> float:
    """In which step the run diverged, from flags out of sight; returns the limit of its errors."""
    x, y, g = sheet["x"], sheet["y"], run["g_b"]
    sizes = _size(given["start_b"] + given["start_a"] * x.values - y.values), _size(y.values)
    limit = float(given["diverged_above"] * np.nanmax([*sizes, 0.0]))
    count = f"COUNT({run['t'].range})"
    start = f"SQRT(SUMPRODUCT((start_b+start_a*{x.range}-{y.range})^2)/{count})"
    size = f"SQRT(SUMSQ({y.range})/{count})"
    formula = f"=diverged_above*IFERROR(MAX({start},{size}),{size})"
    row = (Fact("error limit", "error_limit", formula, limit, "calc.rating2"),)
    facts(sheet, FACTS, sheet["diverged_above"].right, row)
    errors = np.abs(g.values[:, 0]) / 2
    sheet.text(HEADINGS, DRAWN, _divergence.FLAG, "heading")
    test, above = "=IFERROR(IF(ABS({})/2>error_limit,1,{}),1)", a1(TOP, DRAWN)
    formulas = test.format(g.cell, 0), test.format(second(g), above)
    values = _divergence.flags(errors, limit)
    flag = running(sheet, TOP, DRAWN, _divergence.FLAG, formulas, values, "calc.index")
    end = f"ABS({g.at(g.rows - 1)})/2"
    told = _divergence.told(flag, end, "error_limit", (float(errors[-1]), limit))
    _divergence.alarm(sheet, facts(sheet, FACTS, CHARTS, (told,))["diverged_in"])
    return limit


def _drawn(
    sheet: Sheet, run: Mapping[str, Block], parts: Mapping[str, dict[str, Block]], limit: float
) -> tuple[Block, Block]:
    """The gradients of a and their average, as far as errors of the limit would make them."""
    x = sheet["x"]
    farthest = float(np.maximum(x.values.max(), -x.values.min()))
    most = 2 * limit * farthest
    formula = f"=2*error_limit*MAX(MAX({x.range}),0-MIN({x.range}))"
    row = (Fact("gradient limit", "gradient_limit", formula, most, "calc.rating2"),)
    facts(sheet, FACTS, DRAWN, row)
    sheet.labels(HEADINGS, DRAWN + 1, [["drawn gradient", "drawn m"]], "heading")
    found = []
    for column, block in enumerate((run["g_a"], parts["a"]["m_corrected"]), start=DRAWN + 1):
        formula = f"={_divergence.drawn_formula(block.cell, 'gradient_limit', signed=True)}"
        values = _divergence.drawn(block.values, most)
        name = f"drawn_{block.name}"
        found.append(sheet.fill(TOP, column, name, formula, values, "calc.rating2"))
    return found[0], found[1]


def _charts(
    sheet: Sheet, t: Block, parts: Mapping[str, dict[str, Block]], drawn: tuple[Block, Block]
) -> None:
    """The gradients of a with their average, and the steps of both."""
    a, b = parts["a"], parts["b"]
    gradient, average = drawn
    noise = (
        Series("gradient of a", t, gradient, line=False),
        Series("corrected m", t, average, points=False),
    )
    steps = (
        Series("step of b", t, b["step"], points=False),
        Series("step of a", t, a["step"], points=False),
    )
    for title, y_title, series, row in (
        ("Momentum: the gradients of a and their average", "gradient", noise, BANDS),
        ("Adam's step in units of lr: corrected m / √corrected v", "step / lr", steps, BANDS + 17),
    ):
        sheet.charts.append(Chart(title, "step t", y_title, series, row, CHARTS, 8, 16))


TOPIC = Topic(
    name="averaged_gradients",
    title="Averages of gradients, and of their squares",
    summary="momentum's and RMSProp's averages of the gradients of a run, with and without "
    "correction",
    sheet=_sheet,
    order=2,
    tries=(
        Try(
            "Set beta1 to 0.",
            "No memory: m and corrected m are the gradient.",
            edits=({"beta1": 0.0},),
            holds=lambda _was, now: every(
                *(
                    same(now[f"{name}_{of}"], now[f"g_{of}"])
                    for name in ("m", "m_corrected")
                    for of in "ba"
                )
            ),
            rests_on="m_b",
        ),
        Try(
            "Set beta2 to 0.",
            "v is the gradient's own square: step is corrected m over the size of the last "
            "gradient alone, and jumps.",
            edits=({"beta2": 0.0},),
            holds=lambda was, now: every(
                *(same(now[f"v_{of}"], now[f"g_{of}"] ** 2) for of in "ba"),
                *(
                    same(
                        now[f"step_{of}"],
                        now[f"m_corrected_{of}"] / (np.abs(now[f"g_{of}"]) + now["epsilon"]),
                    )
                    for of in "ba"
                ),
                np.abs(now["step_a"]).max() > 2 * np.abs(was["step_a"]).max(),
            ),
            rests_on="v_b",
        ),
        Try(
            "Set both betas to 0.",
            "Every step is 1 or -1, the sign of the gradient: sign descent.",
            edits=({"beta1": 0.0, "beta2": 0.0},),
            holds=lambda _was, now: every(
                *(same(now[f"step_{of}"], np.sign(now[f"g_{of}"]), 1e-3) for of in "ba")
            ),
            rests_on="step_b",
        ),
        Try(
            "Set start_b to 30 and start_a to 2, the true line.",
            "All gradients are 0, and so are all steps: epsilon keeps 0 / 0 away.",
            edits=({"start_b": 30.0, "start_a": 2.0},),
            holds=lambda _was, now: every(
                *(now[f"{name}_{of}"] == 0 for name in ("g", "step") for of in "ba")
            ),
            rests_on="step_b",
        ),
        Try(
            "Type 100 into every cell of x.",
            "The run diverges, as 'diverged in' says; its gradients reach 1E+32, and the steps of "
            "a stay below 1.",
            edits=({"x": 100.0},),
            holds=lambda was, now: every(
                now["beyond"].ravel() == (np.arange(1, STEPS + 1) >= 4),
                was["beyond"] == 0,
                now["diverged_in"] != was["diverged_in"],
                np.abs(now["g_a"]).max() > 1e32,
                np.abs(now["step_a"]) < 1,
            ),
            rests_on="diverged_in",
        ),
    ),
    terms={
        "diverged_above": "a run that ends with an error of so many times the first has diverged",
        "error_limit": "the error from which on the run has diverged",
        "diverged_in": "the step in which a run that diverged first went beyond error_limit",
        "beyond": "1 from the first step on whose error was beyond error_limit, 0 before it",
        "gradient_limit": "up to which the chart draws gradients: those of errors at error_limit",
    },
    options=("seed",),
    given=_given,
)
