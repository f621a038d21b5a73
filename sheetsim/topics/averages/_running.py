"""A column in which each row needs the one above it, and an average of that kind."""

import numpy as np

from sheetsim.references import Fill
from sheetsim.sheet import Array, Block, Sheet


def ewma(values: Array, alpha: float) -> Array:
    """S_t = alpha value_t + (1 - alpha) S_(t-1) from S_0 = 0; (n,) of (n,)."""
    averages = np.empty(len(values))
    average = 0.0
    for t, value in enumerate(values):
        average = alpha * value + (1 - alpha) * average
        averages[t] = average
    return averages


def running(
    sheet: Sheet,
    row: int,
    column: int,
    name: str,
    formulas: tuple[str, str],
    values: Array,
    style: str,
) -> Block:
    """A column of formulas that point one row up.

    Args:
        sheet: where.
        row: of the first cell, from 0.
        column: from 0.
        name: the block's key.
        formulas: of the first row, which has none above it, and of the second, as it reads there;
            the rows below are filled from the second.
        values: (n,).
        style: the look.
    """
    first, second = formulas
    fill = Fill(second)
    texts = [[first], *([fill.at(i, 0)] for i in range(len(values) - 1))]
    return sheet.formulas(row, column, name, texts, values[:, None], style)


def so_far(block: Block) -> str:
    """`$H$2:H2`: a column's cells down to this row, growing as the formula is filled down."""
    return f"{block.at(0)}:{block.cell}"


def second(block: Block) -> str:
    """`H3`: the column's cell in its second row."""
    return block.part(slice(1, None)).cell
