"""The line below a sheet's title: what the sheet shows, or what is wrong with its inputs.

Somebody empties a cell, pastes a text over a number, or types what no step can bear. The sheet
then says so where its lead stands, in words that name the cell and what belongs there, and so do
the sheets that need it. It is one formula, made here for every sheet from its own blocks:

1. the first input that holds what it may not: blank where it may not be, a text for a number, or
   beyond its limits;
2. else what the topic itself knows of (`Sheet.reasons`), such as a start of zeros;
3. else the warning of a sheet that this one needs;
4. else, where a cell shows an error all the same, that one does;
5. else the lead.

A formula with NA() leaves a gap in a chart on purpose; that is no error.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetsim.option_values import LARGEST
from sheetsim.references import a1_range
from sheetsim.sheet import Block, Highlight, Kind, Sheet, Valid
from sheetsim.sheet.block import A_TEXT

MARK = "⚠"
"""What a warning begins with, and no lead."""

NAME = "warning"
"""The block's name."""

LITERAL = 250
"""Characters of the longest text that a formula may hold in one piece, with some to spare."""


@dataclass(frozen=True)
class _Case:
    """Something that can be wrong.

    Attributes:
        test: a formula without its `=`, true if it is.
        holds: whether NumPy says so.
        words: a formula, without its `=`, of what the sheet then says.
        text: the same as a text.
    """

    test: str
    holds: bool
    words: str
    text: str


def add_warning(sheet: Sheet, needed: Iterable[Sheet]) -> None:
    """Turn the lead of a sheet that is laid out into the formula above.

    Args:
        sheet: its lead is the first text of the style "lead"; without one it stays as it is.
        needed: the sheets that its formulas point at.
    """
    places = enumerate(sheet.parts)
    place = next((i for i, b in places if b.kind is Kind.TEXT and b.style == "lead"), None)
    if place is None:
        return
    lead = sheet.parts[place]
    formula, shown = literal(str(lead.value)), str(lead.value)
    own = [*_wrong_inputs(sheet), *_reasons(sheet)]
    for case in reversed([*own, *_wrong_elsewhere(needed), *_errors(sheet)]):
        formula = f"IF({case.test},{case.words},{formula})"
        shown = case.text if case.holds else shown
    values = np.array([[shown]], dtype=object)
    at = (sheet.name, NAME, lead.row, lead.column)
    block = Block(*at, values, Kind.FORMULA, lead.style, formulas=((f"={formula}",),))
    sheet.parts[place] = sheet.blocks[NAME] = block
    sheet.highlights.append(Highlight(block, _warns(block), "warning"))


# What can be wrong ------------------------------------------------------------------------


def _wrong_inputs(sheet: Sheet) -> Iterator[_Case]:
    """The inputs that hold what they may not."""
    for block in sheet.of_kind(Kind.INPUT):
        tests = _of_texts(block) if block.of_texts else _of_numbers(block)
        cells = a1_range((block.row, block.column), (block.bottom - 1, block.right - 1))
        number = "a number" if block.valid is None else block.valid.sentence()
        expected = A_TEXT if block.of_texts and block.valid is None else number
        every = "" if block.values.size == 1 else " in each cell"
        blank = ", or nothing" if block.blanks else ""
        where = f"{sheet.name}!{cells} ({block.name})"
        said = f"{MARK} {where} should hold {expected}{blank}{every}."
        for test, holds in tests:
            yield _Case(test, holds, literal(said), said)


def _of_numbers(block: Block) -> Iterator[tuple[str, bool]]:
    """Of an input of numbers, what makes it wrong, and whether that is so."""
    cells, valid = block.range, block.valid
    # That a text stands there, or nothing, is for formulas alone: NumPy is given numbers.
    if block.blanks:
        yield f'SUMPRODUCT(({cells}<>"")*1)>COUNT({cells})', False
    else:
        yield f"COUNT({cells})<{block.values.size}", bool(np.isnan(block.values).any())
    tests = [] if valid is None else list(_beyond(block, valid))
    if valid is not None and tests:
        any_of = tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"
        values = block.values[~np.isnan(block.values)].tolist()
        wrong = not all(map(valid.allows, values))
        yield (f"AND(COUNT({cells})>0,{any_of})" if block.blanks else any_of), wrong


def _beyond(block: Block, valid: Valid) -> Iterator[str]:
    """Formulas that are true where numbers are none that the input may be."""
    cells = block.range
    if valid.low > -LARGEST:
        yield f"MIN({cells}){'<=' if valid.above else '<'}{valid.low!r}"
    if valid.high < LARGEST:
        yield f"MAX({cells})>{valid.high!r}"
    if valid.choices:
        for row, column in np.ndindex(block.values.shape):
            yield f"{block.at(row, column)}<>INT({block.at(row, column)})"


def _of_texts(block: Block) -> Iterator[tuple[str, bool]]:
    """Of an input of texts, what makes it wrong, and whether that is so."""
    cells, texts, valid = block.range, block.values.ravel().tolist(), block.valid
    yield f"COUNT({cells})>0", False
    if not block.blanks:
        yield f'SUMPRODUCT(({cells}<>"")*1)<{len(texts)}', "" in texts
    if valid is not None:
        missing = f"SUMPRODUCT(({valid.choices}={cells})*1)=0"
        yield missing, not all(map(valid.allows, texts))


def _reasons(sheet: Sheet) -> Iterator[_Case]:
    """What the topic knows of."""
    for test, holds, words in sheet.reasons:
        said = f"{MARK} {sheet.name}: {words}"
        yield _Case(test, holds, literal(said), said)


def _wrong_elsewhere(needed: Iterable[Sheet]) -> Iterator[_Case]:
    """The warnings of other sheets, as they stand there."""
    for other in needed:
        if NAME in other.blocks:
            block = other[NAME].qualified
            said = str(block.value)
            yield _Case(_warns(block), said.startswith(MARK), block.range, said)


def _errors(sheet: Sheet) -> Iterator[_Case]:
    """A cell that shows an error though all inputs are what they may be."""
    blocks = [block for block in sheet.of_kind(Kind.FORMULA) if not _has_gaps(block)]
    if not blocks:
        return
    wrong = any(_no_number(value) for block in blocks for value in block.values.ravel().tolist())
    areas = ",".join(_areas(blocks))
    said = (
        f"{MARK} A cell of {sheet.name} shows an error: with these inputs a number is too large "
        "for a spreadsheet, or something is divided by 0."
    )
    yield _Case(f"ISERROR(MAX({areas}))", wrong, literal(said), said)


def _areas(blocks: list[Block]) -> Iterator[str]:
    """The cells of blocks, those that stand side by side as one area."""
    first, *rest = sorted(blocks, key=lambda block: (block.row, block.bottom, block.column))
    right = first.right
    for block in [*rest, None]:
        if block is not None and (block.row, block.bottom, block.column) == (
            first.row,
            first.bottom,
            right,
        ):
            right = block.right
            continue
        corners = (first.row, first.column), (first.bottom - 1, right - 1)
        yield a1_range(*corners, fix_row=True, fix_column=True)
        if block is not None:
            first, right = block, block.right


# How it is written ------------------------------------------------------------------------


def _has_gaps(block: Block) -> bool:
    """Whether its formulas may leave a gap in a chart."""
    return any("NA()" in formula for line in block.formulas or () for formula in line)


def _no_number(value: Any) -> bool:
    """Whether a spreadsheet shows an error for what NumPy has."""
    return isinstance(value, float) and not np.isfinite(value)


def _warns(block: Block) -> str:
    """A formula, without its `=`, that is true where the block shows a warning."""
    return f'LEFT({block.range},{len(MARK)})="{MARK}"'


def literal(text: str) -> str:
    """A text as it stands in a formula, in pieces that are short enough for one."""
    pieces = [text[i : i + LITERAL] for i in range(0, max(len(text), 1), LITERAL)]
    return "&".join('"{}"'.format(piece.replace('"', '""')) for piece in pieces)
