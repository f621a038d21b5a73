"""A training run: its choices, its steps in NumPy, and the sheet that all runs share.

From top to bottom: inputs and outcomes in the frozen rows; the layer groups (frozen or not, from
which epoch on they train, their rates) with the epochs below them and charts beside; then all
steps, one point a step as in gradient_descent.xlsx; at last what the net says at the end, to the
new task and, with its old head, to the old one.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Column, Series, Sheet, Valid, table
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._step_to_show import step_to_show
from sheetsim.topics._tries import Try
from sheetsim.topics.transfer._cells import SUMS, UNITS, finite
from sheetsim.topics.transfer._group_table import group_table, way_choices
from sheetsim.topics.transfer._shown import answers, drawn, step_shown
from sheetsim.topics.transfer._steps import epoch_rates, train
from sheetsim.topics.transfer.layer_rates import three_ways
from sheetsim.topics.transfer.net import GROUPS, NAMES

FACTS, GROUPS_AT, EPOCHS = 2, 5, 15
WEIGHTS_LEFT = 7
"""Column of the first weight; before it stand epoch, step, x, y and the three rates."""

UPDATES = {
    "w_1": "{^d_h_1}*{^x}",
    "w_2": "{^d_h_2}*{^x}",
    "b_1": "{^d_h_1}",
    "b_2": "{^d_h_2}",
    "p_11": "{^d_g_1}*{^h_1}",
    "p_12": "{^d_g_2}*{^h_1}",
    "p_21": "{^d_g_1}*{^h_2}",
    "p_22": "{^d_g_2}*{^h_2}",
    "q_1": "{^d_g_1}",
    "q_2": "{^d_g_2}",
    "v_1": "{^d_out}*{^g_1}",
    "v_2": "{^d_out}*{^g_2}",
    "c": "{^d_out}",
}
"""The derivative of the row above by each weight."""

FORWARD = {
    "h_1": "=TANH({w_1}*{x}+{b_1})",
    "h_2": "=TANH({w_2}*{x}+{b_2})",
    "g_1": "=TANH({p_11}*{h_1}+{p_21}*{h_2}+{q_1})",
    "g_2": "=TANH({p_12}*{h_1}+{p_22}*{h_2}+{q_2})",
    "pred": "={v_1}*{g_1}+{v_2}*{g_2}+{c}",
    "squared_error": "=({pred}-{y})^2",
    "d_out": "=2*({pred}-{y})",
    "d_g_1": "={d_out}*{v_1}*(1-{g_1}^2)",
    "d_g_2": "={d_out}*{v_2}*(1-{g_2}^2)",
    "d_h_1": "=({d_g_1}*{p_11}+{d_g_2}*{p_12})*(1-{h_1}^2)",
    "d_h_2": "=({d_g_1}*{p_21}+{d_g_2}*{p_22})*(1-{h_2}^2)",
}


@dataclass(frozen=True)
class Run:
    """A choice of what trains when, and how fast.

    Attributes:
        name: of topic and sheet.
        title: heading of the sheet.
        summary: one line for lists.
        order: place among the sheets.
        way: 1 a number, 2 slice(lr), 3 slice(lr_start, lr).
        tries: see `Topic`.
        lr: rate of the head.
        lr_start: rate of the first group in the third way.
        freeze: 1 for each group that starts frozen.
        after: last epoch in which the groups that start frozen are frozen.
        start: the row of sheet net that it starts from, "start" or "random".
    """

    name: str
    title: str
    summary: str
    order: int
    way: int
    tries: tuple[Try, ...]
    lr: float = 0.12
    lr_start: float = 0.012
    freeze: tuple[int, int, int] = (0, 0, 0)
    after: int = 999
    start: str = "start"

    def topic(self) -> Topic:
        """The run as a topic."""
        return Topic(
            name=self.name,
            title=self.title,
            summary=self.summary,
            sheet=functools.partial(_sheet, self),
            tries=self.tries,
            order=self.order,
            needs=("net", "layer_rates"),
        )


# The sheet ---------------------------------------------------------------------------------


def _sheet(run: Run, book: Draft) -> Sheet:
    epochs, net = book.plan["epochs"], book["net"]
    sheet = book.new(run.name, run.title)
    sheet.text(0, 0, sheet.title, "title")
    whence = "random weights everywhere" if run.start == "random" else "pre-trained layers"
    lead = f"from {whence} and a random head; one point a step, each group at its own rate"
    sheet.text(1, 0, lead, "lead")
    rates = _choices(sheet, run, book["layer_rates"]["divisor"], epochs, net["x"].rows)
    steps_at = max(EPOCHS + epochs, 28) + 4
    x, y = net["x"], net["y"]
    start = np.asarray(net[run.start].values, dtype=float)
    values, end = train(start[0], x.values[:, 0], y.values[:, 0], rates.values)
    first = _start(sheet, steps_at, net[run.start])
    limit = _loss_limit(sheet, values, y)
    steps = _steps(sheet, steps_at + 1, values, (x, y), rates, first, limit)
    last = _end(sheet, steps, end)
    _losses(sheet, steps, epochs, x.rows)
    title = "at the end: the new task, and the old task with the old head"
    at_end = answers(sheet, net, last, (last.bottom + 3, "end_"), title)
    _outcome(sheet, first, last, at_end)
    _divergence_facts(sheet, steps, y.qualified, limit)
    there = step_shown(sheet, net, steps, last)
    drawn(sheet, there, limit)
    _looks(sheet, there)
    sheet.print_areas = ((0, 0, steps_at - 2, 25),)
    return sheet


def _choices(sheet: Sheet, run: Run, divisor: Block, epochs: int, points: int) -> Block:
    """The inputs and the groups; below them, by epoch, the rates in effect, (epochs, 3)."""
    rate = Valid(0, 1e6, above=True)
    placed = facts(
        sheet,
        FACTS,
        1,
        (
            Fact("lr", "lr", None, run.lr, "input.general", rate),
            Fact("lr_start", "lr_start", None, run.lr_start, "input.general", rate),
            Fact("way", "way", None, run.way, "input.index", way_choices(sheet, GROUPS_AT + 3)),
            _divergence.times(),
            step_to_show(epochs * points),
        ),
    )
    lr, lr_start, *_ = (float(block.value) for block in placed.values())
    ways = three_ways(lr, lr_start, float(divisor.value))
    groups = group_table(sheet, GROUPS_AT, divisor.qualified, run.freeze, ways, "step", gap=1)

    sheet.labels(EPOCHS - 1, 0, [["epoch", "rate 1", "rate 2", "rate 3", "loss"]], "heading")
    number = sheet.numbers(EPOCHS, 0, [[e + 1] for e in range(epochs)], "index")
    after = [float(run.after if frozen else 2) for frozen in run.freeze]
    unfreeze = sheet.inputs(
        GROUPS_AT + 2, 1, "unfreeze_after", [after], "input.general", Valid(0, 1e6)
    )
    sheet.text(GROUPS_AT + 2, 0, "unfreeze_after", "row heading")
    in_effect = epoch_rates(
        groups.rate.values[0], groups.freeze.values[0], unfreeze.values[0], epochs
    )
    return sheet.fill(
        EPOCHS,
        1,
        "epoch_rate",
        f"=IF(AND(2*{number.across}<2*{unfreeze.down}+1,{groups.freeze.down}=1),0,"
        f"{groups.rate.down})",
        in_effect,
        "calc.step",
    )


def _start(sheet: Sheet, row: int, source: Block) -> Block:
    """The weights before the first step, in the columns of the steps' weights."""
    headings = ["epoch", "step", "x", "y", "rate_1", "rate_2", "rate_3", *NAMES]
    headings += [*UNITS, "squared error", *SUMS, _divergence.FLAG]
    sheet.heights[row - 1] = 31
    sheet.text(row - 2, 0, "all steps: a row is one point; the weights are those before it", "band")
    sheet.labels(row - 1, 0, [headings], "heading")
    sheet.text(row, 0, "start", "row heading")
    formula = f"={source.qualified.cell}"
    return sheet.fill(row, WEIGHTS_LEFT, "start", formula, source.values, "calc.step")


def _steps(
    sheet: Sheet,
    row: int,
    values: Mapping[str, Array],
    points: tuple[Block, Block],
    rates: Block,
    first: Block,
    limit: float,
) -> dict[str, Block]:
    """All steps, one below the other."""
    x, y = points
    epochs, n = rates.rows, x.rows
    epoch, number = np.repeat(np.arange(epochs), n), np.tile(np.arange(n), epochs)
    columns = [
        Column("epoch", None, epoch + 1.0, style="index"),
        Column("step", None, number + 1.0, style="index"),
    ]
    for name, block in (("x", x), ("y", y)):
        formula = f"=INDEX({block.qualified.range},{{step}})"
        columns.append(Column(name, formula, block.values[number, 0], style="calc.step"))
    for group in range(rates.columns):
        of_group = rates.part(slice(None), slice(group, group + 1))
        formula = f"=INDEX({of_group.range},{{epoch}})"
        name = f"rate_{group + 1}"
        columns.append(Column(name, formula, of_group.values[epoch, 0], style="calc.step"))
    for i, name in enumerate(NAMES):
        formula = f"={{^{name}}}-{{^rate_{GROUPS[i]}}}*{UPDATES[name]}"
        start = f"={first.at(0, i)}"
        column = values["weights"][:, i]
        columns.append(Column(name, formula, column, first=start, style="calc.step"))
    for i, name in enumerate(UNITS):
        columns.append(Column(name, FORWARD[name], values["units"][:, i], style="calc.step"))
    errors = finite((values["units"][:, -1] - y.values[number, 0]) ** 2)
    columns.append(Column("squared_error", FORWARD["squared_error"], errors, style="calc.step"))
    for i, name in enumerate(SUMS):
        columns.append(Column(name, FORWARD[name], values["sums"][:, i], style="calc.step"))
    flag = ("{squared_error}", "loss_limit", errors, limit)
    columns.append(_divergence.flag_column(*flag))
    return table(sheet, row, 0, columns, n)


def _end(sheet: Sheet, steps: Mapping[str, Block], end: Array) -> Block:
    """The weights after the last step."""
    last = steps["x"].rows - 1
    sheet.text(steps["x"].bottom, 0, "end", "row heading")
    cell = {name: block.at(last).replace("$", "") for name, block in steps.items()}
    formulas = [
        f"={cell[name]}-{cell[f'rate_{group}']}*{UPDATES[name].replace('^', '').format(**cell)}"
        for name, group in zip(NAMES, GROUPS, strict=True)
    ]
    row = steps["x"].bottom
    return sheet.formulas(row, WEIGHTS_LEFT, "end", [formulas], end[None, :], "calc.step")


def _losses(sheet: Sheet, steps: Mapping[str, Block], epochs: int, n: int) -> Block:
    """By epoch: the mean of squared_error over the pass, each point before its step."""
    errors = steps["squared_error"]
    passes = [errors.part(slice(e * n, (e + 1) * n)) for e in range(epochs)]
    values = np.array([[one.values.mean()] for one in passes])
    formulas = [[f"=AVERAGE({one.range})"] for one in passes]
    sheet.text(EPOCHS + epochs, 0, "end", "index")
    return sheet.formulas(EPOCHS, 4, "epoch_loss", formulas, values, "calc.step")


def _outcome(sheet: Sheet, start: Block, end: Block, at_end: Mapping[str, Block]) -> None:
    """The losses at the end, and how far each group has moved; beside the inputs."""
    new, old = at_end["squared_error"], at_end["old_squared_error"]
    row = [
        Fact(label, name, f"=AVERAGE({block.range})", block.values.mean(), style)
        for label, name, block, style in (
            ("loss at the end", "end_loss", new, "key.step"),
            ("old task's loss", "end_old_loss", old, "calc.step"),
        )
    ]
    for group in sorted(set(GROUPS)):
        own = slice(GROUPS.index(group), len(GROUPS) - GROUPS[::-1].index(group))
        before, after = start.part(slice(None), own), end.part(slice(None), own)
        with np.errstate(all="ignore"):
            way = finite(np.sqrt(((after.values - before.values) ** 2).sum()))
        formula = f"=SQRT(SUMPRODUCT(({after.range}-{before.range})^2))"
        name = f"moved_{'abc'[group - 1]}"
        row.append(Fact(f"group {group} moved", name, formula, float(way), "calc.step"))
    facts(sheet, FACTS, sheet["step_to_show"].right, row)
    below = sheet["epoch_loss"].bottom
    sheet.fill(below, 4, "last_loss", "=end_loss", new.values.mean(), "calc.step")


def _loss_limit(sheet: Sheet, values: Mapping[str, Array], y: Block) -> float:
    """The squared error from which a run has diverged: many times the first one, or that of 0."""
    first = float(finite((values["units"][0, -1] - y.values[0, 0]) ** 2))
    size = float(np.mean(y.values**2))
    return float(sheet["diverged_above"].value) ** 2 * float(np.fmax(first, size))


def _divergence_facts(sheet: Sheet, steps: Mapping[str, Block], y: Block, limit: float) -> None:
    """The limit, and in which step the run diverged; beside the outcomes."""
    first, size = steps["squared_error"].at(0), f"SUMSQ({y.range})/COUNT({y.range})"
    formula = f"=diverged_above^2*IFERROR(MAX({first},{size}),{size})"
    ended = (float(sheet["end_loss"].value), limit)
    row = (
        Fact("loss limit", "loss_limit", formula, limit, "calc.step"),
        _divergence.told(steps[_divergence.FLAG], "end_loss", "loss_limit", ended),
    )
    placed = facts(sheet, FACTS, sheet["moved_c"].right, row)
    _divergence.alarm(sheet, placed["diverged_in"])


def _looks(sheet: Sheet, there: Mapping[str, Block]) -> None:
    x, loss = there["x"], sheet["drawn_loss"]
    sheet.charts += [
        Chart(
            "Loss by epoch, up to the step to show",
            "epoch",
            "loss of the pass",
            (Series("loss", sheet["drawn_epoch"], loss),),
            GROUPS_AT,
            7,
            columns=9,
            rows=22,
            x_range=(0, loss.rows),
        ),
        Chart(
            "The new task after the step to show",
            "x",
            "y",
            (
                Series("y", x, there["y"], line=False),
                Series("pred", x, sheet["drawn_pred"], line=False),
            ),
            GROUPS_AT,
            16,
            columns=9,
            rows=22,
        ),
    ]
    sheet.width(0, 0, 20)
    sheet.width(1, 33, 8.6)
    for name in ("diverged_above", "step_to_show"):
        column = sheet[name].column
        sheet.width(column, column, _divergence.WIDTH)
    sheet.heights[FACTS] = 31
    sheet.freeze = (GROUPS_AT - 1, 1)
