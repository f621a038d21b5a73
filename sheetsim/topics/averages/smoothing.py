"""The exponentially weighted moving average (EWMA) of a noisy curve, beside a plain average.

Every new value g counts alpha, and the average so far the rest, beta = 1 - alpha:

    S_t = alpha g_t + (1 - alpha) S_(t-1)        S_0 = 0

Written out, the value k steps back has the weight alpha (1 - alpha)^k. After t steps these weights
add up to 1 - (1 - alpha)^t and not yet to 1, so that S starts too near to 0; dividing by that sum
corrects it (Adam's bias correction, Kingma and Ba, 2015):

    corrected_t = S_t / (1 - (1 - alpha)^t)

The plain moving average takes the last `window` values, each with the same weight (as many as
there are, at the start). The mean age of its values is (window - 1) / 2, that of the EWMA's
(1 - alpha) / alpha: the two lag equally where window = 2 / alpha - 1.

This is pandas' ewm(alpha) with adjust=True for `corrected`; its adjust=False starts at S_1 = g_1
instead, which overrates the first value. The lecture's optimizers have S, without a correction.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.references import a1
from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.averages._running import ewma, running, second, so_far

STEPS, START = 40, 12
BANDS, FACTS, HEADINGS, TOP = 2, 3, 6, 7
LABELS = {"noisy": "noisy", "s": "S", "corrected": "corrected", "moving": "moving"}
RANKED = ("corrected", "moving", "s", "noisy")
"""Which of them is called the nearest where several are."""

BESIDE = 9
"""First column beside the table."""


def weight_so_far(n: int, alpha: float) -> Array:
    """What the weights of steps 1 to t add up to, for t = 1 to n; (n,), 0 to 1."""
    return np.asarray(1 - (1 - alpha) ** np.arange(1, n + 1))


def moving_average(values: Array, window: float) -> Array:
    """The mean of the values fewer than `window` steps back; (n,) of (n,)."""
    age = np.arange(len(values))[:, None] - np.arange(len(values))
    taken = (age >= 0) & (age < window)
    return np.asarray((taken * values).sum(axis=1) / taken.sum(axis=1))


def _given(_plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    draws = np.random.default_rng(options["seed"]).standard_normal(STEPS)
    return {"z": draws.round(3)[:, None]}


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("smoothing", "Smoothing a noisy curve")
    sheet.text(0, 0, sheet.title, "title")
    lead = "S = alpha value + (1 - alpha) previous S; corrected = S / (1 - (1 - alpha)^t)"
    sheet.text(1, 0, lead, "lead")
    names = ["t", "z", "clean", "noisy", "S", "sum of weights", "corrected", "moving"]
    sheet.labels(HEADINGS, 0, [names], "heading")
    z = sheet.inputs(TOP, 1, "z", np.zeros((STEPS, 1)), "input.general", Valid())
    columns = _columns(sheet, z)
    t, clean = columns["t"], columns["clean"]
    compared = {name: columns[name] for name in ("noisy", "s", "corrected", "moving")}
    _distances(sheet, clean, compared)
    _charts(sheet, t, clean, compared)
    sheet.width(0, 0, 8)
    sheet.width(1, 7, 10.5)
    sheet.width(8, 8, 2)
    sheet.width(BESIDE, BESIDE + 6, 12)
    sheet.heights[FACTS], sheet.heights[HEADINGS] = 31, 31
    sheet.freeze = (TOP, 1)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    sheet.pages = 1
    return sheet


def _columns(sheet: Sheet, z: Block) -> dict[str, Block]:
    """The inputs above and the columns below, one row a step."""
    t = sheet.numbers(TOP, 0, [[step] for step in range(1, STEPS + 1)])
    given = _inputs(sheet, t)
    alpha, steps = given["alpha"], t.values[:, 0]
    curve = given["level"] + given["swing"] * np.sin(2 * np.pi * steps / given["period"])
    values = curve + given["noise"] * z.values[:, 0]
    average, weight = ewma(values, alpha), weight_so_far(STEPS, alpha)
    clean = sheet.fill(
        TOP,
        2,
        "clean",
        f"=level+swing*SIN(2*PI()*{t.cell}/period)",
        curve[:, None],
        "calc.rating2",
    )
    noisy = sheet.fill(
        TOP, 3, "noisy", f"={clean.cell}+noise*{z.cell}", values[:, None], "calc.rating2"
    )
    above = a1(TOP, 4)
    formulas = (f"=alpha*{noisy.cell}", f"=alpha*{second(noisy)}+(1-alpha)*{above}")
    s = running(sheet, TOP, 4, "s", formulas, average, "calc.step")
    total = sheet.fill(TOP, 5, "weight", f"=1-(1-alpha)^{t.cell}", weight[:, None], "calc.step")
    corrected = sheet.fill(
        TOP, 6, "corrected", f"={s.cell}/{total.cell}", (average / weight)[:, None], "calc.step"
    )
    taken = f"({so_far(t)}>{t.cell}-window)"
    moving = sheet.fill(
        TOP,
        7,
        "moving",
        f"=SUMPRODUCT({taken}*{so_far(noisy)})/SUMPRODUCT({taken}*1)",
        moving_average(values, given["window"])[:, None],
        "calc.step",
    )
    return {
        "t": t,
        "clean": clean,
        "noisy": noisy,
        "s": s,
        "corrected": corrected,
        "moving": moving,
    }


def _inputs(sheet: Sheet, t: Block) -> dict[str, float]:
    """The inputs by name, and the window that they amount to."""
    sheet.text(BANDS, 0, "the average, and the curve that it is to find in the noise", "band")
    placed = facts(
        sheet,
        FACTS,
        0,
        (
            Fact("alpha", "alpha", None, 0.25, "input.general", Valid(0.001, 1)),
            Fact("window", "window", None, 7, "input.index", Valid(1, STEPS, choices=t.range)),
            Fact("noise", "noise", None, 2, "input.general", Valid(0)),
            Fact("level", "level", None, 10, "input.general", Valid()),
            Fact("swing", "swing", None, 3, "input.general", Valid()),
            Fact("period", "period", None, 40, "input.general", Valid(0, above=True)),
        ),
    )
    given = {name: float(block.value) for name, block in placed.items()}
    even = 2 / given["alpha"] - 1
    label = "window of the same age"
    facts(sheet, FACTS, 7, (Fact(label, "even_window", "=2/alpha-1", even, "calc.rating2"),))
    return given


def _distances(sheet: Sheet, clean: Block, compared: dict[str, Block]) -> None:
    """How far each is from the clean curve, and which is nearest."""
    sheet.text(BANDS, BESIDE, "mean squared distance from the clean curve", "band")
    mses = {name: float(np.mean((b.values - clean.values) ** 2)) for name, b in compared.items()}
    placed = facts(
        sheet,
        FACTS,
        BESIDE,
        [
            Fact(
                LABELS[name],
                f"mse_{name}",
                f"=SUMPRODUCT(({block.range}-{clean.range})^2)/COUNT({clean.range})",
                mses[name],
                "calc.step",
            )
            for name, block in compared.items()
        ],
    )
    best = f"MIN({','.join(placed)})"
    *others, last = RANKED
    formula = f'"{LABELS[last]}"'
    for name in reversed(others):
        formula = f'IF(mse_{name}={best},"{LABELS[name]}",{formula})'
    nearest = LABELS[min(RANKED, key=lambda name: mses[name])]
    column = BESIDE + len(placed)
    facts(sheet, FACTS, column, (Fact("nearest", "verdict", f"={formula}", nearest, "key"),))


def _charts(sheet: Sheet, t: Block, clean: Block, compared: dict[str, Block]) -> None:
    """All steps, and the first ones, where the correction matters."""
    for title, steps, row in (
        ("A noisy curve and its averages", STEPS, HEADINGS),
        ("The first steps: S starts from 0", START, HEADINGS + 17),
    ):
        part = slice(0, steps)
        series = [
            Series("clean", t.part(part), clean.part(part), points=False),
            Series("noisy", t.part(part), compared["noisy"].part(part), line=False),
            *(
                Series(LABELS[name], t.part(part), block.part(part), points=False)
                for name, block in compared.items()
                if name != "noisy"
            ),
        ]
        chart = Chart(title, "step t", "value", tuple(series), row, BESIDE, 6, 16)
        sheet.charts.append(chart)


TOPIC = Topic(
    name="smoothing",
    title="Smoothing a noisy curve",
    summary="an exponentially weighted average, with and without correction, beside a plain one",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Set alpha to 0.05, then to 1.",
            "At 0.05 S is smooth, far too low at the start, and S and corrected lag behind the "
            "curve; at 1 nothing is averaged: both are the noisy value.",
            edits=({"alpha": 0.05}, {"alpha": 1.0}),
            holds=lambda was, low, one: every(
                low["s"][0] < low["clean"][0] / 2,
                np.std(np.diff(low["s"], axis=0)) < np.std(np.diff(was["s"], axis=0)) / 2,
                low["corrected"].argmax() > low["clean"].argmax() + 2,
                same(one["s"], one["noisy"]),
                same(one["corrected"], one["noisy"]),
            ),
            rests_on="s",
        ),
        Try(
            "Set noise to 0.",
            "What remains is lag: the noisy values lie on the curve, and each average trails "
            "behind it.",
            edits=({"noise": 0.0},),
            holds=lambda _was, now: every(
                same(now["noisy"], now["clean"]),
                now["mse_noisy"] == 0,
                *(
                    now[name].argmax() > now["clean"].argmax()
                    for name in ("s", "corrected", "moving")
                ),
            ),
            rests_on="noisy",
        ),
        Try(
            "Set level to 0.",
            "The curve begins near 0, where S starts from: S and corrected lie closer together.",
            edits=({"level": 0.0},),
            holds=lambda was, now: every(
                np.abs(now["clean"][0]) < 1,
                np.abs(now["s"] - now["corrected"]).max()
                < np.abs(was["s"] - was["corrected"]).max() / 2,
            ),
            rests_on="clean",
        ),
        Try(
            "Set window to 1, then to 40.",
            "At 1 moving is the noisy value itself; at 40 it is the mean of all so far.",
            edits=({"window": 1.0}, {"window": 40.0}),
            holds=lambda _was, one, all_: every(
                same(one["moving"], one["noisy"]),
                same(
                    all_["moving"][:, 0],
                    all_["noisy"][:, 0].cumsum() / np.arange(1, len(all_["noisy"]) + 1),
                ),
            ),
            rests_on="moving",
        ),
    ),
    options=("seed",),
    given=_given,
)
