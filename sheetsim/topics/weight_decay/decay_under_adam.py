"""Under Adam the two differ: Adam with L2 in the loss beside AdamW.

Adam divides every step by the root of the average squared gradient, sqrt(v). With the penalty in
the loss, wd w is a part of the gradient, so the pull on a weight is divided too,

    L2:     grad <- grad + wd w, then Adam's step      pull about  lr wd w / (sqrt(v) + epsilon)
    AdamW:  w <- w - lr wd w, and Adam's step along grad alone      pull  lr wd w

and a weight whose gradients are large is hardly pulled at all, one with small gradients is pulled
hard: not what anybody who asked for "wd" had in mind. AdamW (Loshchilov and Hutter 2019) leaves
the decay out of the averages, so that each step takes the part lr wd off every weight, as plain
gradient descent does. (By the same token Adam with L2 heads for the minimum of the penalised loss
and AdamW for a place of its own.)

How PyTorch counts: `weight_decay` of torch.optim.Adam adds wd w to the gradient, which is the
penalty wd/2 sum(w^2); torch.optim.AdamW multiplies the weights by 1 - lr wd first, then takes
Adam's step along the gradient at the weights as they were before. Both are so here, and Adam's
rule itself is the textbook one of gradient_descent.xlsx. Loshchilov and Hutter's own formula
multiplies the decay by the schedule alone and not by lr; fast.ai and PyTorch include lr.
"""

import numpy as np

from sheetsim.option_values import BELOW_1
from sheetsim.sheet import Array, Block, Chart, Column, Series, Sheet, Valid, table
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent.adam import init_textbook, textbook
from sheetsim.topics.weight_decay._runs import (
    State,
    columns,
    finite,
    gradient_columns,
    run,
    tell,
    verdict,
    watching,
    weight_columns,
    weight_limit,
)
from sheetsim.topics.weight_decay.penalty import NAMES

FACTS, CHARTS, HEADINGS = 2, 7, 27
RUNS = {"l2_w": "L2", "aw_w": "AdamW"}
"""The runs: names of their columns of weights, and what they are called."""
SAME = "the same: the two runs do not part"
OTHER = "different: L2 in the loss is not decay of the weights here"


def adam_l2(
    x: Array, grad: Array, state: State, *, weight_decay: float, **hyper: float
) -> tuple[Array, State]:
    """Adam along the gradient of loss + weight_decay/2 sum(x^2), as torch.optim.Adam has it.

    Args:
        x: weights.
        grad: of the loss alone, like x.
        state: Adam's averages.
        weight_decay: 0 or more.
        hyper: lr, beta1, beta2, epsilon and t, the number of the step from 1.
    """
    return textbook(x, grad + weight_decay * x, state, **hyper)  # type: ignore[arg-type]


def adamw(
    x: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    weight_decay: float,
    **_: float,
) -> tuple[Array, State]:
    """Adam's step number t, and the weights smaller by lr weight_decay of what they were.

    The decay does not enter the averages, as in torch.optim.AdamW.
    """
    stepped, state = textbook(x, grad, state, lr=lr, beta1=beta1, beta2=beta2, epsilon=epsilon, t=t)
    return stepped - lr * weight_decay * x, state


def pull(v: Array, t: float, lr: float, wd: float, beta2: float, epsilon: float) -> Array:
    """Part of each weight that L2 takes off in step t, by its averages v (k,): see above."""
    return np.asarray(lr * wd / (np.sqrt(v / (1 - beta2**t)) + epsilon))


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("decay_under_adam", "Adam with L2 in the loss, and AdamW")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "L2: Adam's step along gradient + wd w;   AdamW: Adam's step along the gradient alone, and "
        "lr wd w off the weight;   points and start are those of the sheet penalty"
    )
    sheet.text(1, 0, lead, "lead")
    points = book["penalty"]["y"]
    settings = (
        Fact("lr", "lr", None, 0.1, "input.general", Valid(0, 1, above=True)),
        Fact("wd", "wd", None, 0.5, "input.general", Valid(0, 10)),
        Fact("beta1", "beta1", None, 0.9, "input.general", Valid(0, BELOW_1)),
        Fact("beta2", "beta2", None, 0.99, "input.general", Valid(0.5, BELOW_1)),
        Fact("epsilon", "epsilon", None, 1e-8, "input.power", Valid(1e-12, 1)),
        Fact("tolerance", "tolerance", None, 1e-12, "input.power", Valid(1e-13, 1)),
        Fact("points", "points", f"=COUNT({points.qualified.range})", points.rows, "calc.index"),
    )
    placed = facts(sheet, FACTS, 0, settings)
    rule = ("lr", "beta1", "beta2", "epsilon")
    hyper = {name: float(placed[name].value) for name in rule}
    wd = float(placed["wd"].value)
    x, y = book["penalty"]["x"].values, points.values[:, 0]
    start, steps = book["penalty"]["weights"].values[0], int(book.plan["steps"])
    runs = {
        name: run(step, init_textbook(start), x, y, start, steps=steps, weight_decay=wd, **hyper)
        for name, step in (("l2", adam_l2), ("aw", adamw))
    }
    _headings(sheet)
    limit = weight_limit(sheet, book, FACTS + 2)
    columns = _columns(book, runs, wd)
    columns += watching({f"{name}_w": rows["w"] for name, rows in runs.items()}, limit)
    blocks = table(sheet, HEADINGS + 1, 0, columns, steps + 1)
    verdict(sheet, FACTS, 7, blocks, SAME, OTHER)
    tell(sheet, FACTS + 2, RUNS, blocks, limit)
    which = Valid(1, steps, choices=blocks["step"].part(slice(1, None)).range)
    chosen = (Fact("step_to_show", "step_to_show", None, 2 * steps // 3, "input.index", which),)
    step = float(facts(sheet, FACTS, 19, chosen)["step_to_show"].value)
    _pulls(sheet, blocks, hyper, wd, step)
    _charts(sheet, blocks)
    sheet.width(0, 0, _divergence.WIDTH)
    sheet.width(1, 25, 9.3)
    sheet.width(19, 19, 12)
    sheet.heights[FACTS] = 31
    sheet.freeze = (FACTS + 4, 0)
    sheet.print_areas = ((0, 0, HEADINGS + 2 + steps, 26),)
    sheet.pages = 1
    return sheet


def _columns(book: Draft, runs: dict[str, dict[str, Array]], wd: float) -> list[Column]:
    """Both runs: weights, gradients and Adam's two averages."""
    step = "lr*({m_#}/(1-beta1^{step}))/(SQRT({v_#}/(1-beta2^{step}))+epsilon)"
    news = {"l2": f"={{^l2_w#}}-{step}", "aw": f"=(1-lr*wd)*{{^aw_w#}}-{step}"}
    result = [Column("step", None, np.arange(len(runs["l2"]["w"]), dtype=float), style="index")]
    with np.errstate(all="ignore"):
        apart = np.abs(runs["aw"]["w"] - runs["l2"]["w"]).sum(axis=1)
        grads = {"l2": runs["l2"]["g"] + wd * runs["l2"]["w"], "aw": runs["aw"]["g"]}
    for name, more in (("l2", "+wd*{l2_w#}"), ("aw", "")):
        new = news[name].replace("{m_", f"{{{name}_m").replace("{v_", f"{{{name}_v")
        m = f"=beta1*{{^{name}_m#}}+(1-beta1)*{{^{name}_g#}}"
        v = f"=beta2*{{^{name}_v#}}+(1-beta2)*{{^{name}_g#}}^2"
        result += [
            *weight_columns(book, f"{name}_w", new, runs[name]["w"]),
            *gradient_columns(book, f"{name}_g", f"{name}_w", finite(grads[name]), more),
            *columns(f"{name}_m", m, "=0", runs[name]["0"], "calc.step"),
            *columns(f"{name}_v", v, "=0", runs[name]["1"], "calc.step"),
        ]
    gaps = "+".join(f"ABS({{aw_w{j}}}-{{l2_w{j}}})" for j in range(1, len(NAMES) + 1))
    result.append(Column("apart", f"={gaps}", finite(apart), style="calc.step"))
    return result


def _headings(sheet: Sheet) -> None:
    """What each group of columns is."""
    each = [
        *NAMES,
        *(f"gradient {name}" for name in NAMES),
        *(f"m of {name}" for name in NAMES),
        *(f"v of {name}" for name in NAMES),
    ]
    sheet.text(HEADINGS - 1, 1, "Adam with L2 in the loss: the gradient has wd w in it", "band")
    sheet.text(HEADINGS - 1, 13, "AdamW: the gradient is that of MSE alone", "band")
    drawn = [f"{label} {of}" for label in RUNS.values() for of in ("beyond", *NAMES)]
    sheet.labels(HEADINGS, 0, [["step", *each, *each, "apart", *drawn]], "heading")
    sheet.heights[HEADINGS] = 31


def _pulls(
    sheet: Sheet, blocks: dict[str, Block], hyper: dict[str, float], wd: float, step: float
) -> None:
    """Which part of each weight the decay takes off, in the step that is chosen."""
    row, column = CHARTS, 19
    sheet.text(
        row,
        column - 3,
        "the part of itself that each weight loses to wd in the step to show",
        "band",
    )
    sheet.labels(row + 1, column, [NAMES], "heading")
    later = [blocks[f"l2_v{j}"].part(slice(1, None)) for j in range(1, len(NAMES) + 1)]
    inside = step in range(1, later[0].rows + 1)
    v = np.array([block.values[int(step) - 1 if inside else 0, 0] for block in later])
    beta2, epsilon, lr = hyper["beta2"], hyper["epsilon"], hyper["lr"]
    parts = pull(v, step, lr, wd, beta2, epsilon) if inside else np.full(len(NAMES), np.nan)
    every = [f"INDEX({block.range},step_to_show)" for block in later]
    formulas = [[f"=lr*wd/(SQRT({one}/(1-beta2^step_to_show))+epsilon)" for one in every]]
    sheet.text(row + 2, column - 1, "L2, by its v", "row heading")
    sheet.formulas(row + 2, column, "l2_part", formulas, finite(parts)[None, :], "calc.step")
    sheet.text(row + 3, column - 1, "AdamW", "row heading")
    same = np.full((1, len(NAMES)), lr * wd)
    sheet.fill(row + 3, column, "aw_part", "=lr*wd", same, "calc.step")
    sheet.text(
        row + 5,
        column - 3,
        "L2: lr wd / (√(v / (1 - beta2^t)) + epsilon), if m were this step's gradient:",
        "note",
    )
    sheet.text(
        row + 6,
        column - 3,
        "it depends on the sizes of the gradients. AdamW: lr wd, the same for all.",
        "note",
    )


def _charts(sheet: Sheet, blocks: dict[str, Block]) -> None:
    """The weights by step, in both runs."""
    series = tuple(
        Series(f"{NAMES[j - 1]}, {label}", blocks["step"], blocks[f"{name}_drawn{j}"], points, line)
        for name, label, points, line in (
            ("l2_w", "L2", False, True),
            ("aw_w", "AdamW", True, False),
        )
        for j in range(1, len(NAMES) + 1)
    )
    title = "Adam with L2 in the loss (lines) and AdamW (points)"
    rows = HEADINGS - CHARTS - 2
    sheet.charts.append(Chart(title, "step", "weight", series, CHARTS, 0, 15, rows))


TOPIC = Topic(
    name="decay_under_adam",
    title="Adam with L2 in the loss, and AdamW",
    summary="the same two ways under Adam, where they differ: Adam with L2 beside AdamW",
    sheet=_sheet,
    order=2,
    tries=(
        Try(
            "Set wd to 0.",
            "The two runs are one, and the verdict says so: Adam without decay.",
            edits=({"wd": 0.0},),
            holds=lambda was, now: every(
                *(same(now[f"l2_w{j}"], now[f"aw_w{j}"]) for j in (1, 2, 3)),
                now["verdict"] != was["verdict"],
            ),
            rests_on="l2_w1",
        ),
        Try(
            "Pick other steps to show at the top right, and compare the parts that weights lose.",
            "AdamW takes the same part off each weight. L2 does not: the smaller the gradients of "
            "a weight have been, the more it loses.",
            edits=({"step_to_show": 10.0}, {"step_to_show": 30.0}),
            holds=lambda was, *after: every(
                *(same(now["aw_part"], now["lr"] * now["wd"]) for now in (was, *after)),
                *(
                    now["l2_part"].argmin()
                    == np.argmax([now[f"l2_v{j}"][int(now["step_to_show"])] for j in (1, 2, 3)])
                    for now in (was, *after)
                ),
            ),
            rests_on="aw_part",
        ),
        Try(
            "Set epsilon to 1, which makes Adam's divisor less uneven.",
            "The parts that L2 takes off the three weights come closer to each other.",
            edits=({"epsilon": 1.0},),
            holds=lambda was, now: every(np.ptp(now["l2_part"]) < np.ptp(was["l2_part"]) / 2),
            rests_on="l2_part",
        ),
    ),
    needs=("penalty",),
    options=("steps",),
)
