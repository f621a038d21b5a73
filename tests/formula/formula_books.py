"""Small workbooks made of texts, for the tests of formulas."""

import re
from collections.abc import Mapping
from typing import Any

from sheetsim.book import Book, Cell, Place, Value
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.formula.syntax.tokens import Ref, tokenize

__all__ = ["book_of", "place_of", "value_of"]


def place_of(name: str) -> Place:
    """B2 -> (1, 1)."""
    ref = tokenize(name, (0, 0))[0].value
    assert isinstance(ref, Ref)
    return ref.top, ref.left


def book_of(cells: Mapping[str, Any], **more: Any) -> Book:
    """A book of cells such as {"A1": 1.0, "B!C2": "=A1*2", "D1:D3": "{=A1:A3}"}; sheet S."""
    sheets: dict[str, dict[Place, Cell]] = {"S": {}}
    for name, content in cells.items():
        sheet, _, own = name.rpartition("!")
        ref = tokenize(own, (0, 0))[0].value
        assert isinstance(ref, Ref)
        top, left, bottom, right = ref.at(0, 0)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                sheets.setdefault(sheet or "S", {})[row, column] = _cell(content, own)
    return Book("test.xlsx", sheets, **more)


def _cell(content: Any, own: str) -> Cell:
    if isinstance(content, Cell):
        return content
    if isinstance(content, str) and re.match(r"\{=.*\}$", content):
        return Cell(content[1:-1], None, own)
    if isinstance(content, str) and content.startswith("="):
        return Cell(content)
    return Cell(None, content)


def value_of(formula: str, cells: Mapping[str, Any] | None = None, **more: Any) -> Value:
    """The value of a formula in S!Z99."""
    book = book_of({**(cells or {}), "Z99": formula}, **more)
    result = evaluate(book)
    assert not result.unsupported, result.unsupported
    return result.values["S"][98, 25]
