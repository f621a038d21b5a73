"""The narrow valley: a quadratic in two variables, where all about momentum can be said by formula.

The loss is half a sum of squares along two directions at a right angle, one steep and one flat,

    f = 1/2 (steep^2 + flat^2 / kappa)        slopes: steep, flat / kappa

kappa, the condition number, is how many times as steep the one is; `angle` turns both against the
axes. Momentum as Polyak has it (1964; torch.optim.SGD's sum) is, from m = 0,

    m <- beta m + gradient        x <- x - lr m

Whatever the angle, the two directions do not know of each other. Along one whose curvature is
lambda (1, or 1 / kappa) the error e obeys

    e_(k+1) = 2 s e_k - beta e_(k-1)    2 s = 1 + beta - lr lambda    e_1 = (1 - lr lambda) e_0

whose solutions are powers of the roots of r^2 - 2 s r + beta = 0. With d = s^2 - beta,

    d > 0    e_k = e_0 ((p^k + q^k) / 2 + c (p^k - q^k) / (2 sqrt d))    p = s + sqrt d
    d < 0    e_k = e_0 beta^(k/2) (cos k phi + c / sqrt(-d) sin k phi)   q = s - sqrt d
    d = 0    e_k = e_0 s^(k-1) (s + k c)                                 c = 1 - lr lambda - s

and cos phi = s / sqrt beta.

So each step multiplies the error by |s| + sqrt d in the long run, or by sqrt beta where d < 0 and
the error swings through 0. It converges where both are below 1: for 0 <= beta < 1 that is

    lr lambda < 2 (1 + beta)        for the steep direction, whatever the flat one would like

which is why plain descent (beta = 0) crawls along the valley: lr may not exceed 2, and then the
flat error shrinks by 1 - lr / kappa a step. With momentum the best of both is

    lr = (2 / (1 + 1 / sqrt kappa))^2, beta = ((sqrt kappa - 1) / (sqrt kappa + 1))^2

where both shrink by sqrt beta, as if kappa were its root.

Sources: B. Polyak, Some methods of speeding up the convergence of iteration methods (1964);
G. Goh, Why Momentum Really Works, Distill (2017), https://distill.pub/2017/momentum. The lecture
shows the valley on its data; here it is cut out of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sheetsim.sheet import Array, Block, Column, Sheet, Valid, table
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._step_to_show import step_to_show
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent._valley_charts import (
    ASIDE,
    CHARTS,
    HEADINGS,
    SIDE,
    TOP,
    drawn_run,
    error_charts,
    way_chart,
)

STEPS = 60
INPUTS, FACTS, LEFT = 2, 4, 7
"""Rows of the inputs' labels and of the outcomes', and the first column of the roots."""

SWINGS = "swings through 0 and settles"
JUMPS = "jumps from side to side, and settles"
CREEPS = "goes straight in"
FAILS = "does not settle: lr is too large, or beta"


@dataclass(frozen=True)
class Direction:
    """What becomes of the error along a direction, by the formulas above.

    Attributes:
        curvature: lambda.
        s: half the sum of the roots.
        d: s^2 - beta; below 0 the roots are complex.
        rate: by what the error is multiplied in a step, in the long run.
    """

    curvature: float
    s: float
    d: float
    rate: float


def direction(curvature: float, lr: float, beta: float) -> Direction:
    """The roots along a direction of that curvature."""
    s = (1 + beta - lr * curvature) / 2
    d = s**2 - beta
    rate = np.sqrt(beta) if d < 0 else np.abs(s) + np.sqrt(np.maximum(d, 0))
    return Direction(curvature, float(s), float(d), float(rate))


def error(e: float, k: Array, way: Direction, lr: float, beta: float) -> Array:
    """The error after k steps (n,), whole numbers from 0, in closed form."""
    first, s, d = 1 - lr * way.curvature, way.s, way.d
    if d > 0:
        root = np.sqrt(d)
        high, low = (s + root) ** k, (s - root) ** k
        powers = (high + low) / 2 + (first - s) * (high - low) / (2 * root)
    elif d < 0:
        phi, radius = np.arccos(s / np.sqrt(beta)), np.sqrt(beta)
        waves = np.cos(k * phi) + (first - s) / np.sqrt(-d) * np.sin(k * phi)
        powers = radius**k * waves
    else:
        powers = s ** (k - 1) * (s + k * (first - s)) if s else np.zeros(len(k))
    return np.where(k == 0, e, e * powers)


def turned(flat: Array, steep: Array, angle: float) -> Array:
    """What lies so far along both directions, in x and y: (..., 2) of (...)."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.stack([flat * cos - steep * sin, flat * sin + steep * cos], axis=-1)


def along(x: Array, angle: float) -> tuple[Array, Array]:
    """How far places in x and y, (..., 2), lie along the flat and the steep direction, (...)."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return cos * x[..., 0] + sin * x[..., 1], cos * x[..., 1] - sin * x[..., 0]


def slopes(x: Array, kappa: float, angle: float) -> Array:
    """The gradient at places, (..., 2)."""
    flat, steep = along(x, angle)
    return turned(flat / kappa, steep, angle)


def descend(
    start: Array, gradient: Callable[[Array], Array], lr: float, beta: float, steps: int
) -> dict[str, Array]:
    """Momentum in two variables; places (steps + 1, 2), gradients and m, each at its step."""
    x, m = start, np.zeros(2)
    rows = []
    for _ in range(steps + 1):
        slope = gradient(x)
        m = beta * m + slope
        rows.append((x, slope, m))
        x = x - lr * m
    places, gradients, momenta = (np.array(part) for part in zip(*rows, strict=True))
    return {"x": places, "g": gradients, "m": momenta}


def says(way: Direction) -> str:
    """What becomes of the error, in words."""
    if way.rate >= 1:
        return FAILS
    if way.d < 0:
        return SWINGS
    return JUMPS if way.s < 0 else CREEPS


# The sheet -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Roots:
    """What rules the errors, a column for each direction.

    Attributes:
        curvature: lambda.
        s: half the sum of the roots.
        d: s^2 - beta.
    """

    curvature: Block
    s: Block
    d: Block


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("valley", "The narrow valley: why momentum, and when it fails")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "loss = 1/2 (steep² + flat² / kappa); m = beta m + gradient, new = old - lr m. "
        "What the run does along each direction stands beside its closed form"
    )
    sheet.text(1, 0, lead, "lead")
    given = _inputs(sheet)
    ways = {
        name: direction(curvature, given["lr"], given["beta"])
        for name, curvature in (("flat", 1 / given["kappa"]), ("steep", 1.0))
    }
    roots = _outcomes(sheet, given, ways)
    with np.errstate(all="ignore"):
        blocks = _steps(sheet, given)
        blocks |= _closed_forms(sheet, given, ways, roots, blocks)
        drawn = drawn_run(sheet, blocks)
        way_chart(sheet, given, drawn)
    error_charts(sheet, blocks, drawn)
    sheet.width(0, ASIDE - 2, 12)
    sheet.width(ASIDE - 1, ASIDE - 1, 2)
    sheet.width(ASIDE, ASIDE + 9, 11.5)
    sheet.heights[INPUTS] = sheet.heights[FACTS] = sheet.heights[HEADINGS] = 20
    sheet.freeze = (CHARTS - 1, 0)
    sheet.print_areas = ((0, 0, TOP + STEPS + 1, ASIDE - 1),)
    return sheet


def _inputs(sheet: Sheet) -> dict[str, float]:
    """The inputs; their values by name."""
    row = (
        Fact("kappa", "kappa", None, 50.0, "input.general", Valid(1, 1e4)),
        Fact("angle", "angle", None, 30.0, "input.general", Valid(-360, 360)),
        Fact("lr", "lr", None, 1.5, "input.general", Valid(0, 100, above=True)),
        Fact("beta", "beta", None, 0.3, "input.general", Valid(0, 1)),
        Fact("start_flat", "start_flat", None, 12.0, "input.general", Valid(-SIDE, SIDE)),
        Fact("start_steep", "start_steep", None, 3.0, "input.general", Valid(-SIDE, SIDE)),
        step_to_show(STEPS),
    )
    return {name: float(block.value) for name, block in facts(sheet, INPUTS, 0, row).items()}


def _outcomes(sheet: Sheet, given: Mapping[str, float], ways: Mapping[str, Direction]) -> Roots:
    """The best that there is; and of both directions the roots, and what they mean."""
    kappa, root = given["kappa"], np.sqrt(given["kappa"])
    best = (
        ("lr_limit", "=2*(1+beta)", 2 * (1 + given["beta"])),
        ("plain_lr", "=2/(1+1/kappa)", 2 / (1 + 1 / kappa)),
        ("plain_rate", "=(kappa-1)/(kappa+1)", (kappa - 1) / (kappa + 1)),
        ("best_lr", "=(2/(1+1/SQRT(kappa)))^2", (2 / (1 + 1 / root)) ** 2),
        ("best_beta", "=best_rate^2", ((root - 1) / (root + 1)) ** 2),
        ("best_rate", "=(SQRT(kappa)-1)/(SQRT(kappa)+1)", (root - 1) / (root + 1)),
    )
    facts(
        sheet,
        FACTS,
        0,
        [Fact(name, name, formula, value, "calc.step") for name, formula, value in best],
    )
    sheet.labels(INPUTS, LEFT, [["along", *ways]], "heading")
    labels = [["lambda"], ["s"], ["d"], ["rate"]]
    sheet.labels(INPUTS + 1, LEFT, labels, "row heading")

    def across(offset: int, name: str, formula: str, values: list[float], style: str) -> Block:
        at = (INPUTS + 1 + offset, LEFT + 1)
        return sheet.fill(*at, name, formula, np.array([values]), style)

    curvatures = np.array([[way.curvature for way in ways.values()]])
    at = (INPUTS + 1, LEFT + 1, "curvature", [["=1/kappa", "=1"]])
    curved = sheet.formulas(*at, curvatures, "calc.step")
    both = list(ways.values())
    formula = f"=(1+beta-lr*{curved.cell})/2"
    s = across(1, "s", formula, [way.s for way in both], "calc.step")
    d = across(2, "d", f"={s.cell}^2-beta", [way.d for way in both], "calc.step")
    formula = f"=IF({d.cell}<0,SQRT(beta),ABS({s.cell})+SQRT(MAX({d.cell},0)))"
    rate = across(3, "rate", formula, [way.rate for way in both], "key.step")
    for i, (name, way) in enumerate(ways.items()):
        formula = (
            f'=IF({rate.at(0, i)}>=1,"{FAILS}",IF({d.at(0, i)}<0,"{SWINGS}",'
            f'IF({s.at(0, i)}<0,"{JUMPS}","{CREEPS}")))'
        )
        sheet.text(INPUTS + 1 + i, LEFT + 3, name, "row heading")
        sheet.fill(INPUTS + 1 + i, LEFT + 4, f"verdict_{name}", formula, says(way), "note")
    return Roots(curved, s, d)


def _steps(sheet: Sheet, given: Mapping[str, float]) -> dict[str, Block]:
    """The run, a row a step, and the errors along both directions beside their closed forms."""
    kappa, angle = given["kappa"], given["angle"]
    # In the order of the formulas: the steep error is what rounding leaves of x and y, which are
    # a million times as large where the flat one lags behind.
    start = turned(np.array(given["start_flat"]), np.array(given["start_steep"]), angle)
    run = descend(start, lambda x: slopes(x, kappa, angle), given["lr"], given["beta"], STEPS)
    flat_error, steep_error = along(run["x"], angle)
    k = np.arange(STEPS + 1.0)
    cos, sin = "COS(RADIANS(angle))", "SIN(RADIANS(angle))"
    flat = f"({cos}*{{x}}+{sin}*{{y}})"
    steep = f"({cos}*{{y}}-{sin}*{{x}})"
    columns = [Column("step", None, k, style="index")]
    for name, i, first in (
        ("x", 0, f"=start_flat*{cos}-start_steep*{sin}"),
        ("y", 1, f"=start_flat*{sin}+start_steep*{cos}"),
    ):
        columns.append(_column(name, f"={{^{name}}}-lr*{{^m_{name}}}", run["x"][:, i], first))
    gradients = (
        ("g_x", 0, f"={flat}/kappa*{cos}-{steep}*{sin}"),
        ("g_y", 1, f"={flat}/kappa*{sin}+{steep}*{cos}"),
    )
    columns += [_column(name, formula, run["g"][:, i]) for name, i, formula in gradients]
    columns += [
        _column(f"m_{of}", f"=beta*{{^m_{of}}}+{{g_{of}}}", run["m"][:, i], f"={{g_{of}}}")
        for i, of in enumerate("xy")
    ]
    columns.append(_column("flat", f"={flat[1:-1]}", flat_error))
    columns.append(_column("steep", f"={steep[1:-1]}", steep_error))
    loss = (steep_error**2 + flat_error**2 / kappa) / 2
    columns.append(_column("loss", "=({steep}^2+{flat}^2/kappa)/2", loss, style="calc.power"))
    sheet.labels(HEADINGS, 0, [[column.name for column in columns]], "heading")
    return table(sheet, TOP, 0, columns, STEPS + 1)


def _closed_forms(
    sheet: Sheet,
    given: Mapping[str, float],
    ways: Mapping[str, Direction],
    roots: Roots,
    blocks: Mapping[str, Block],
) -> dict[str, Block]:
    """Both errors by their formulas, side by side: one formula, filled down and to the right."""
    step = blocks["step"]
    column = blocks["loss"].right
    names = [f"{name}_closed" for name in ways]
    sheet.labels(HEADINGS, column, [names], "heading")
    starts = [given[f"start_{name}"] for name in ways]
    links = [[f"=start_{name}" for name in ways]]
    start = sheet.formulas(TOP, column, "closed_start", links, np.array([starts]), "calc.step")
    k = np.arange(1, STEPS + 1.0)
    values = np.stack(
        [
            error(e, k, way, given["lr"], given["beta"])
            for e, way in zip(starts, ways.values(), strict=True)
        ],
        axis=1,
    )
    values = np.where(np.isfinite(values), values, np.nan)
    later = step.part(slice(1, None))
    s, d, power = roots.s.down, roots.d.down, later.across
    more = f"(1-lr*{roots.curvature.down}-{s})"
    root = f"SQRT({d})"
    real = (
        f"((({s}+{root})^{power}+({s}-{root})^{power})/2"
        f"+{more}*(({s}+{root})^{power}-({s}-{root})^{power})/(2*{root}))"
    )
    phi = f"{power}*ACOS({s}/SQRT(beta))"
    wave = f"SQRT(beta)^{power}*(COS({phi})+{more}/SQRT(0-{d})*SIN({phi}))"
    one = f"IF({s}=0,0,{s}^({power}-1)*({s}+{power}*{more}))"
    formula = f"={start.down}*IF({d}<0,{wave},IF({d}>0,{real},{one}))"
    closed = sheet.fill(TOP + 1, column, "closed", formula, values, "calc.step")
    whole = replace(start, values=np.vstack([start.values, closed.values]), formulas=None)
    return {name: whole.part(slice(None), slice(i, i + 1)) for i, name in enumerate(names)}


def _column(
    name: str, formula: str, values: Array, first: str | None = None, style: str = "calc.step"
) -> Column:
    return Column(name, formula, np.where(np.isfinite(values), values, np.nan), first, style=style)


TOPIC = Topic(
    name="valley",
    title="The narrow valley",
    summary="a quadratic in two variables: why momentum, and at which lr it must fail, by formula",
    sheet=_sheet,
    order=95,
    tries=(
        Try(
            "Set lr to 2.5, then to 2.7.",
            "At 2.5 the steep error jumps from side to side and settles; beyond lr_limit, 2.6, it "
            "does not, though the flat direction would bear an lr 50 times as large.",
            lambda _before, slow, fast: slow["rate"][0, 1] < 1 < fast["rate"][0, 1],
            "rate",
            ({"lr": 2.5}, {"lr": 2.7}),
        ),
        Try(
            "Type best_lr into lr and best_beta into beta.",
            "Both errors shrink by best_rate a step, 0.75, where plain_rate is 0.96: the way bends "
            "into the valley, overshoots once and is there.",
            lambda before, after: (
                abs(after["rate"] - after["best_rate"]).max() < 1e-3
                and abs(before["plain_rate"] - 0.9608) < 1e-4
            ),
            "rate",
            ({"lr": 3.0698, "beta": 0.5661},),
        ),
        Try(
            "Set beta to 0.98.",
            "Too much memory: both errors swing, and each step takes off one part in a hundred.",
            lambda _before, after: (
                after["d"].max() < 0 and abs(after["rate"] - 0.98**0.5).max() < 1e-9
            ),
            "d",
            ({"beta": 0.98},),
        ),
        Try(
            "Set angle to 0, then to 45.",
            "The map turns, and neither error changes: the directions do not know of each other.",
            lambda before, one, other: every(
                *(abs(now["steep"] - before["steep"]).max() < 1e-9 for now in (one, other)),
                *(abs(now["flat"] - before["flat"]).max() < 1e-9 for now in (one, other)),
                *(one[of][0] != before[of][0] != other[of][0] != one[of][0] for of in "xy"),
            ),
            "x",
            ({"angle": 0.0}, {"angle": 45.0}),
        ),
        Try(
            "Set step_to_show to 0, then to 1, 2 and so on.",
            "The way goes over the contours step by step: across the valley first, to and fro, "
            "then along it.",
            lambda before, *after: every(
                *(now["drawn_step"].max() == k for k, now in enumerate(after)),
                *(same(now["drawn_x"][-1], before["x"][k]) for k, now in enumerate(after)),
                *(same(now["drawn_steep"][-1], before["steep"][k]) for k, now in enumerate(after)),
                after[0]["drawn_steep"][-1] > 0 > after[1]["drawn_steep"][-1],
            ),
            "drawn_x",
            tuple({"step_to_show": float(k)} for k in range(3)),
        ),
    ),
    terms={
        "kappa": "condition number: how many times as much the steep direction curves as the flat",
        "angle": "degrees by which the flat direction is turned from the x axis",
        "lr": "learning rate: how far a step goes for m = 1",
        "beta": "what m keeps of itself at every step; 0 is plain descent",
        "flat": "along the direction in which the loss hardly curves: the valley's own",
        "steep": "along the direction in which the loss curves most: across the valley",
        "start_flat": "where the run starts, along the valley",
        "start_steep": "where the run starts, across the valley",
        "lambda": "curvature along a direction: 1 across the valley, 1 / kappa along it",
        "s": "half the sum of the two roots that rule an error",
        "d": "s² - beta: below 0 the error swings",
        "rate": "what a step multiplies an error by, in the long run; from 1 on it does not settle",
        "lr_limit": "the lr from which on the steep error grows: 2 (1 + beta)",
        "plain_lr": "the best lr without momentum",
        "plain_rate": "the best rate without momentum",
        "best_lr": "the best lr with momentum, to be used with best_beta",
        "best_beta": "the best beta, to be used with best_lr",
        "best_rate": "the rate that best_lr and best_beta reach: √best_beta",
        "flat_closed": "the flat error by its formula, without any run",
        "steep_closed": "the steep error by its formula, without any run",
        "g_x": "slope of the loss in x",
        "g_y": "slope of the loss in y",
        "m_x": "sum of the slopes in x, decayed: momentum",
        "m_y": "sum of the slopes in y, decayed: momentum",
        "loss": "1/2 (steep² + flat² / kappa)",
    },
)
