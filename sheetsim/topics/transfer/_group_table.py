"""The layer groups side by side: frozen or not, and their rates in each of the three ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from sheetsim.sheet import Array, Block, Sheet, Valid

WAYS = ("1: a number", "2: slice(lr)", "3: slice(lr_start, lr)")
"""How a learning rate can be given, and the number of each way in the input `way`."""

ASIDE = 4
"""Column of what may be chosen: 1 to 3 for the way, 0 and 1 for freeze."""


@dataclass(frozen=True)
class GroupTable:
    """The rows that formulas elsewhere on the sheet refer to, a column for each group.

    Attributes:
        group: numbers of the groups, (1, 3).
        freeze: 1 where the group starts frozen, (1, 3).
        ways: rates in each way, three blocks of (1, 3).
        rate: those of the chosen way, (1, 3).
    """

    group: Block
    freeze: Block
    ways: tuple[Block, ...]
    rate: Block


def way_choices(sheet: Sheet, row: int) -> Valid:
    """Put down the numbers of the ways beside their rows: what the input `way` may be."""
    numbers = sheet.numbers(row, ASIDE, [[1], [2], [3]], "index")
    return Valid(1, len(WAYS), choices=numbers.range)


def group_table(
    sheet: Sheet,
    row: int,
    divisor: Block,
    freeze: Sequence[int],
    rates: Array,
    number: str,
    gap: int = 0,
) -> GroupTable:
    """Rows from `row` down: the group, freeze, `gap` free rows, the three ways, the rate.

    Args:
        sheet: with inputs lr, lr_start and way.
        row: of the groups' numbers.
        divisor: one cell, as formulas here refer to it.
        freeze: 0 or 1 for each group, to begin with.
        rates: what NumPy says of the three ways, (3, 3).
        number: format of the rates.
        gap: rows left free below freeze.
    """
    first = row + 2 + gap
    sheet.labels(row, 0, [["layer group"], ["freeze"]], "row heading")
    sheet.labels(first, 0, [[way] for way in WAYS] + [["rate"]], "row heading")
    group = sheet.numbers(row, 1, [[1, 2, 3]], "heading")
    choices = sheet.numbers(row + 1, ASIDE, [[0, 1]], "index")
    sheet.text(row, ASIDE + 1, "0 trains, 1 is frozen", "note")
    yes_or_no = Valid(0, 1, choices=choices.range)
    frozen = sheet.inputs(
        row + 1, 1, "freeze", [[float(one) for one in freeze]], "input.index", yes_or_no
    )
    last = group.at(0, group.columns - 1)
    formulas = {
        "one_number": "=lr",
        "slice_of_one": f"=IF({group.down}<{last},lr/{divisor.range},lr)",
        "slice_of_two": f"=lr_start*(lr/lr_start)^(({group.down}-1)/({last}-1))",
    }
    ways = tuple(
        sheet.fill(first + i, 1, name, formula, rates[i : i + 1], f"calc.{number}")
        for i, (name, formula) in enumerate(formulas.items())
    )
    way = int(sheet["way"].value)
    column_of_ways = f"{ways[0].cell}:{ways[-1].cell}"
    rate = sheet.fill(
        first + len(ways),
        1,
        "rate",
        f"=INDEX({column_of_ways},way)",
        rates[way - 1 : way],
        f"key.{number}",
    )
    return GroupTable(group, frozen, ways, rate)
