"""Other inputs for the same workbook: what shows that its cells are live, and each its own.

With the inputs as they are, a number in place of a formula agrees, and so do beta1 in place of
beta2 where both are 0.9, or a lost `$` that points at an equal cell. With every input changed,
each by another amount, none of them does.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Block, Kind, Sheet
from sheetsim.sheet.block import LONGEST
from sheetsim.topics import Draft

Edits = dict[str, dict[tuple[int, int], float | str]]
"""Sheet -> (row, column) -> what is typed there; "" for a cell that is emptied."""

BLANK = "new"
"""How the text begins that is typed into a blank cell for texts."""


def changed_book(book: Draft, sheets: Sequence[Sheet]) -> Draft:
    """The same workbook with every input changed by some percent, each by another amount.

    Numbers shrink by 1 to 6 %, zeros become small and positive, whole numbers stay whole, and an
    input with choices takes its last one (or the first, if it had the last). In a block that may
    have blanks, the first blank is filled, or the first number emptied if there is no blank. Texts
    become all different, and blanks among them are filled.

    Inputs that share a name on several sheets (start_a, start_b) go on sharing their value for
    every other one of these names, so that a formula which compares them sees both cases.

    Args:
        book: plan and inputs.
        sheets: as laid out from the book.
    """
    blocks = [block for sheet in sheets for block in sheet.of_kind(Kind.INPUT)]
    often = Counter(block.name for block in blocks)
    alike = sorted(name for name, times in often.items() if times > 1)[::2]
    changed = Draft(book.plan, {name: dict(given) for name, given in book.given.items()})
    for block in blocks:
        key = block.name if block.name in alike else f"{block.sheet}!{block.name}"
        rng = np.random.default_rng(zlib.crc32(key.encode()))
        changed.given[block.sheet][block.name] = _changed(block, rng)
    return changed


def input_edits(sheets: Sequence[Sheet], before: Sequence[Sheet]) -> Edits:
    """What has to be typed into which cells to turn the inputs of one layout into another's."""
    edits: Edits = {}
    for new, old in zip(sheets, before, strict=True):
        pairs = zip(new.of_kind(Kind.INPUT), old.of_kind(Kind.INPUT), strict=True)
        for block, was in pairs:
            for row, column, i, j in block.cells():
                if block.of_texts:
                    if block.values[i, j] != was.values[i, j]:
                        edits.setdefault(new.name, {})[row, column] = block.values[i, j]
                    continue
                value, earlier = float(block.values[i, j]), float(was.values[i, j])
                if value == earlier or (np.isnan(value) and np.isnan(earlier)):
                    continue
                typed: float | str = "" if np.isnan(value) else value
                edits.setdefault(new.name, {})[row, column] = typed
    return edits


def _changed(block: Block, rng: np.random.Generator) -> Array:
    """Other values for an input, within what it may be."""
    if block.of_texts:
        return _other_texts(block)
    values, valid = block.values.astype(float), block.valid
    if valid is not None and valid.choices:
        return np.where(values < valid.high, valid.high, valid.low)
    low, high = (-np.inf, np.inf) if valid is None else (valid.low, valid.high)
    share = rng.uniform(0.01, 0.06, values.shape)
    changed = np.where(values == 0, np.minimum(share, high), values * (1 - share))
    changed = np.where(changed < low, values * (1 + share), changed)
    if valid is not None and valid.whole:
        fewer = np.floor(changed)
        changed = np.where((fewer < low) | (values == 0), np.minimum(values + 1, high), fewer)
    if block.blanks:
        _fill_or_empty(changed)
    return np.asarray(np.vectorize(_typed, otypes=[float])(changed))


def _other_texts(block: Block) -> Array:
    """The texts of an input, each with its place behind it, so that all of them are different.

    A text that is chosen from a list becomes the last of it, or the first if it was the last.
    """
    if block.valid is not None and block.valid.options:
        first, last = block.valid.options[0], block.valid.options[-1]
        return np.where(block.values == last, first, last).astype(object)
    texts = block.values.ravel()
    changed = [f"{(text or BLANK)[: LONGEST - 6]}{i}" for i, text in enumerate(texts, start=1)]
    return np.array(changed, dtype=object).reshape(block.values.shape)


def _fill_or_empty(values: Array) -> None:
    """Fill the first blank with a middling number, or empty the first cell if there is none."""
    blank = np.argwhere(np.isnan(values))
    if len(blank) == values.size:
        values[tuple(blank[0])] = 1.0
    elif len(blank):
        values[tuple(blank[0])] = np.nanmean(values)
    elif values.size > 1:
        values[0, 0] = np.nan


def _typed(value: Any) -> float:
    """A number of as many digits as somebody could type."""
    return float(f"{value:.15g}")
