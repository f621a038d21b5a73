"""What the net says at the end and after the step to show, and what the charts of a run draw."""

from collections.abc import Mapping

import numpy as np

from sheetsim.sheet import Block, Sheet
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._step_to_show import epoch_formula, shown_step, until, until_formula
from sheetsim.topics.transfer._cells import UNITS, finite, forward_cells
from sheetsim.topics.transfer.net import NAMES, forward


def answers(
    sheet: Sheet, net: Sheet, weights: Block, at: tuple[int, str], title: str
) -> dict[str, Block]:
    """What the net says with some weights, to all points of the new task and of the old one.

    Args:
        sheet: where.
        net: with the points, and the weights that know the old task.
        weights: (1, 13), on this sheet.
        at: the row of the first point, below a line and the headings; what the names of the blocks
            begin with, and the keys do not.
        title: of the table.
    """
    row, prefix = at
    sheet.text(row - 2, 0, title, "band")
    headings = [
        "point",
        "x",
        "y",
        *UNITS,
        "squared error",
        "old_y",
        "old_pred",
        "old squared error",
    ]
    sheet.heights[row - 1] = 31
    sheet.labels(row - 1, 0, [headings], "heading")
    x, y, old_y, known = net["x"], net["y"], net["old_y"], net["pretrained"].qualified
    sheet.numbers(row, 0, [[i + 1] for i in range(x.rows)], "index")
    placed = {}
    for column, name, source in ((1, "x", x), (2, "y", y), (9, "old_y", old_y)):
        formula = f"={source.qualified.cell}"
        placed[name] = sheet.fill(row, column, prefix + name, formula, source.values, "calc.step")
    values = finite(forward(weights.values[0], x.values[:, 0]))
    units = forward_cells(sheet, (row, 3), prefix, weights, placed["x"], values)
    v_1, v_2, c = (known.at(0, NAMES.index(name)) for name in ("v_1", "v_2", "c"))
    head = known.values[0, [NAMES.index(name) for name in ("v_1", "v_2", "c")]]
    old_pred = sheet.fill(
        row,
        10,
        f"{prefix}old_pred",
        f"={v_1}*{units['g_1'].cell}+{v_2}*{units['g_2'].cell}+{c}",
        finite(head[0] * values[:, 2:3] + head[1] * values[:, 3:4] + head[2]),
        "calc.step",
    )
    placed |= {"pred": units["pred"], "old_pred": old_pred}
    for column, name, said, wanted in (
        (8, "squared_error", units["pred"], placed["y"]),
        (11, "old_squared_error", old_pred, placed["old_y"]),
    ):
        placed[name] = sheet.fill(
            row,
            column,
            prefix + name,
            f"=({said.cell}-{wanted.cell})^2",
            finite((said.values - wanted.values) ** 2),
            "calc.step",
        )
    return placed


def step_shown(
    sheet: Sheet, net: Sheet, steps: Mapping[str, Block], end: Block
) -> dict[str, Block]:
    """Where the run is after the step to show: its weights, and what the net says with them."""
    made, n = steps["squared_error"].rows, net["x"].rows
    shown = shown_step(float(sheet["step_to_show"].value), made)
    row = (
        Fact("points", "points", f"=COUNT({net['x'].qualified.range})", n, "calc.index"),
        Fact("steps", "steps_made", f"=COUNT({steps[_divergence.FLAG].range})", made, "calc.index"),
        shown,
        pass_so_far(sheet, float(shown.value), n),
    )
    placed = facts(sheet, sheet["diverged_in"].row - 1, sheet["diverged_in"].right, row)
    before = [*(steps[name] for name in NAMES)]
    every = [f"{one.at(0)}:{end.at(0, i)}" for i, one in enumerate(before)]
    values = np.vstack([np.hstack([one.values for one in before]), end.values])
    top = sheet["end_pred"].bottom + 4
    sheet.text(top - 3, 0, "after the step to show", "band")
    sheet.labels(top - 1, end.column, [list(NAMES)], "heading")
    sheet.text(top, 0, "weights there", "row heading")
    formulas = [[f"=INDEX({one},shown_step+1)" for one in every]]
    at = (top, end.column, "there", formulas, values[int(shown.value)][None, :], "calc.step")
    title = "the new task, and the old task with the old head, after the step to show"
    there = answers(sheet, net, sheet.formulas(*at), (top + 4, "there_"), title)
    losses = [
        Fact(label, name, f"=AVERAGE({there[of].range})", there[of].values.mean(), "calc.step")
        for label, name, of in (
            ("loss there", "step_loss", "squared_error"),
            ("old loss there", "step_old_loss", "old_squared_error"),
        )
    ]
    facts(sheet, placed["pass_there"].row - 1, placed["pass_there"].right, losses)
    return there


def pass_so_far(run: Sheet, shown: float, points: int) -> Fact:
    """The loss of a run's pass up to a step, or of its first point alone before the first step.

    Args:
        run: its sheet; the cell may stand on another, which has a `shown_step`, too.
        shown: the step.
        points: how many steps a pass has.
    """
    errors = run["squared_error"].qualified
    epoch, step = (
        next(b for b in run.parts if (b.row, b.column) == (errors.row, column)).qualified
        for column in (0, 1)
    )
    before = "INT((shown_step-1)/points)"
    formula = (
        f"=IF(shown_step=0,{errors.at(0)},AVERAGEIFS({errors.range},{epoch.range},{before}+1,"
        f'{step.range},"<="&(shown_step-points*{before})))'
    )
    until_step = max(int(shown), 1)
    first = (until_step - 1) // points * points
    mean = float(errors.values[first:until_step].mean())
    return Fact("epoch so far", "pass_there", formula, mean, "calc.step")


def drawn(sheet: Sheet, there: Mapping[str, Block], limit: float) -> None:
    """What the charts draw: losses up to the step to show, predictions after it, within limits."""
    loss, pred, points = sheet["epoch_loss"], there["pred"], int(sheet["points"].value)
    shown, epoch = sheet["shown_step"], epoch_of(sheet)
    sheet.labels(loss.row - 1, 5, [["epochs", "drawn"]], "heading")
    formula, at = epoch_formula(epoch.cell), float(shown.value)
    values = until(epoch.values, points, at, epoch.values, at / points)
    sheet.fill(loss.row, 5, "drawn_epoch", formula, values, "calc.step")
    here = float(sheet["pass_there"].value)
    ends = [_divergence.drawn_formula(one, "loss_limit") for one in (loss.cell, "pass_there")]
    both = _divergence.drawn(loss.values, limit), float(_divergence.drawn(here, limit))
    values = until(epoch.values, points, at, *both)
    formula = until_formula(epoch.cell, *ends)
    sheet.fill(loss.row, 6, "drawn_loss", formula, values, "calc.step")
    column = there["old_squared_error"].right
    sheet.text(pred.row - 1, column, "drawn", "heading")
    formula = f"={_divergence.drawn_formula(pred.cell, 'SQRT(loss_limit)', signed=True)}"
    values = _divergence.drawn(pred.values, float(np.sqrt(limit)))
    sheet.fill(pred.row, column, "drawn_pred", formula, values, "calc.step")


def epoch_of(sheet: Sheet) -> Block:
    """The numbers of the epochs, beside their losses."""
    at = (sheet["epoch_loss"].row, 0)
    return next(block for block in sheet.parts if (block.row, block.column) == at)
