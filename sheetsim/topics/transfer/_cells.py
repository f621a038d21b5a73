"""The formulas of the net for a column of points, wherever on a sheet they stand."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Block, Sheet

UNITS = ("h_1", "h_2", "g_1", "g_2", "pred")
SUMS = ("d_out", "d_g_1", "d_g_2", "d_h_1", "d_h_2")


def forward_cells(
    sheet: Sheet, at: tuple[int, int], prefix: str, weights: Block, x: Block, values: Array
) -> dict[str, Block]:
    """Five columns side by side: h_1, h_2, g_1, g_2, pred.

    Args:
        sheet: where.
        at: row and column of the first point's h_1.
        prefix: what the blocks' names begin with.
        weights: (1, 13), anywhere on the sheet.
        x: the points, (n, 1), in the same rows.
        values: what NumPy says, (n, 5).

    Returns:
        The columns, by their names without the prefix.
    """
    w_1, w_2, b_1, b_2, p_11, p_12, p_21, p_22, q_1, q_2, v_1, v_2, c = (
        weights.at(0, i) for i in range(weights.columns)
    )
    placed: dict[str, Block] = {}

    def put(name: str, formula: str) -> None:
        offset = UNITS.index(name)
        column = values[:, offset : offset + 1]
        row, left = at
        placed[name] = sheet.fill(row, left + offset, prefix + name, formula, column, "calc.step")

    put("h_1", f"=TANH({w_1}*{x.cell}+{b_1})")
    put("h_2", f"=TANH({w_2}*{x.cell}+{b_2})")
    h_1, h_2 = placed["h_1"].cell, placed["h_2"].cell
    put("g_1", f"=TANH({p_11}*{h_1}+{p_21}*{h_2}+{q_1})")
    put("g_2", f"=TANH({p_12}*{h_1}+{p_22}*{h_2}+{q_2})")
    put("pred", f"={v_1}*{placed['g_1'].cell}+{v_2}*{placed['g_2'].cell}+{c}")
    return placed


def backward_cells(
    sheet: Sheet,
    at: tuple[int, int],
    weights: Block,
    units: Mapping[str, Block],
    y: Block,
    values: Array,
) -> dict[str, Block]:
    """Five columns side by side: d_out, d_g_1, d_g_2, d_h_1, d_h_2.

    Args:
        sheet: where.
        at: row and column of the first point's d_out.
        weights: (1, 13), anywhere on the sheet.
        units: the forward pass, in the same rows.
        y: the targets, (n, 1), in the same rows.
        values: what NumPy says, (n, 5).
    """
    p_11, p_12, p_21, p_22 = (weights.at(0, i) for i in range(4, 8))
    v_1, v_2 = weights.at(0, 10), weights.at(0, 11)
    cell = {name: block.cell for name, block in units.items()}
    placed: dict[str, Block] = {}

    def put(name: str, formula: str) -> None:
        offset = SUMS.index(name)
        column = values[:, offset : offset + 1]
        placed[name] = sheet.fill(at[0], at[1] + offset, name, formula, column, "calc.step")
        cell[name] = placed[name].cell

    put("d_out", f"=2*({cell['pred']}-{y.cell})")
    put("d_g_1", f"={cell['d_out']}*{v_1}*(1-{cell['g_1']}^2)")
    put("d_g_2", f"={cell['d_out']}*{v_2}*(1-{cell['g_2']}^2)")
    put("d_h_1", f"=({cell['d_g_1']}*{p_11}+{cell['d_g_2']}*{p_12})*(1-{cell['h_1']}^2)")
    put("d_h_2", f"=({cell['d_g_1']}*{p_21}+{cell['d_g_2']}*{p_22})*(1-{cell['h_2']}^2)")
    return placed


def derivative_formulas(cells: Mapping[str, Block], x: Block) -> list[str]:
    """Derivatives of the loss by the 13 weights, each from what its weight is multiplied with.

    Args:
        cells: the columns of the forward and the backward pass.
        x: the points, (n, 1); how many there are is called `points` on the sheet.
    """
    to = {name: block.range for name, block in cells.items()}
    return [
        f"=SUMPRODUCT({to['d_h_1']},{x.range})/points",
        f"=SUMPRODUCT({to['d_h_2']},{x.range})/points",
        f"=SUM({to['d_h_1']})/points",
        f"=SUM({to['d_h_2']})/points",
        f"=SUMPRODUCT({to['d_g_1']},{to['h_1']})/points",
        f"=SUMPRODUCT({to['d_g_2']},{to['h_1']})/points",
        f"=SUMPRODUCT({to['d_g_1']},{to['h_2']})/points",
        f"=SUMPRODUCT({to['d_g_2']},{to['h_2']})/points",
        f"=SUM({to['d_g_1']})/points",
        f"=SUM({to['d_g_2']})/points",
        f"=SUMPRODUCT({to['d_out']},{to['g_1']})/points",
        f"=SUMPRODUCT({to['d_out']},{to['g_2']})/points",
        f"=SUM({to['d_out']})/points",
    ]


def finite(values: Any) -> Array:
    """The values with NaN, an error to a spreadsheet, in place of what is not finite."""
    return np.where(np.isfinite(values), values, np.nan)
