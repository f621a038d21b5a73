"""What the sheets share: sizes, the batch of the sheet digit, and the cells of a forward pass.

The formulas of a forward pass stand here once, since the sheets step and steps have the same;
the maths beside them is in the file of the topic step.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.sheet import Array, Block, Sheet
from sheetsim.topics._lesson import Draft

SIDE, PIXELS, CLASSES = 8, 64, 10
"""Pixels of a picture's side, of all of it, and how many digits there are."""

N = 12
"""Digits in the mini-batch."""


@dataclass(frozen=True)
class MiniBatch:
    """The mini-batch as the sheet digit has it, for formulas on other sheets.

    Attributes:
        x: (64, n) pixels, 0 to 1, a column for each digit.
        labels: (1, n), 0 to 9.
        rows: the digits as rows, (n, 64).
        answers: the labels, (n,).
    """

    x: Block
    labels: Block

    @property
    def rows(self) -> Array:
        """Digits as the maths has them."""
        return self.x.values.T

    @property
    def answers(self) -> Array:
        """Labels as the maths has them."""
        return np.asarray(self.labels.values[0])


def mini_batch(book: Draft) -> MiniBatch:
    """The mini-batch, its references leading to the sheet digit."""
    source = book["digit"]
    return MiniBatch(source["x"].qualified, source["labels"].qualified)


def class_headings(sheet: Sheet, row: int, column: int) -> Block:
    """The classes 0 to 9 over a table; formulas compare labels with them."""
    return sheet.numbers(row, column, [list(range(CLASSES))], "heading")


def logit_cells(
    sheet: Sheet,
    at: tuple[int, int],
    name: str,
    inputs: tuple[Block, Block, Block, Block],
    values: Array,
) -> Block:
    """The logits of all digits, (n, 10).

    Args:
        sheet: where.
        at: row and column of the first.
        name: of the block.
        inputs: x (64, n), the digits' numbers (n, 1), weights (64, 10) and bias (1, 10).
        values: what NumPy says.
    """
    x, number, weights, bias = inputs
    formula = f"=SUMPRODUCT(INDEX({x.range},0,{number.across}),{weights.down})+{bias.down}"
    return sheet.fill(*at, name, formula, values, "calc.error")


def entropy_cells(
    sheet: Sheet, at: tuple[int, int], name: str, parts: tuple[Block, Block], values: Array
) -> Block:
    """The cross entropy of each digit from its logits in one formula, (n, 1).

    Args:
        sheet: where.
        at: row and column of the first.
        name: of the block.
        parts: logits (n, 10), labels (n, 1).
        values: what NumPy says, (n,).
    """
    logits, labels = parts
    row = logits.across
    formula = (
        f"=LN(SUMPRODUCT(EXP({row}-MAX({row}))))-(INDEX({row},1,{labels.across}+1)-MAX({row}))"
    )
    return sheet.fill(*at, name, formula, np.reshape(values, (-1, 1)), "calc.step")
