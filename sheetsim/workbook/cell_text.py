"""A value as it stands in a cell of a file: its type, and the text of `<v>` or `<is>`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.workbook.texts import escaped

if TYPE_CHECKING:
    from sheetsim.book import Value

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "%": "&#37;"})
"""By a table: `xml.sax.saxutils` loads urllib, http and ssl with it."""

_EXACT = 1e15
"""Whole numbers below are written without a point and without an exponent."""


def encoded(value: Value, *, formula: bool, where: str) -> tuple[str, bytes | None]:
    """Return the type of a cell with this value, and the text in it; None for no value.

    Args:
        value: what the cell is to show.
        formula: whether it holds a formula, whose texts are stored in another way.
        where: file, sheet and cell, for the message of an error.

    Raises:
        WorkbookError: a number is not finite.
    """
    if value is None:
        return "n", None
    if isinstance(value, str):
        return ("str" if formula else "inlineStr"), xml_text(escaped(value))
    if isinstance(value, CellError):
        return "e", xml_text(value.code)
    if isinstance(value, bool):
        return "b", b"%d" % value
    number = float(value)
    if not math.isfinite(number):
        raise WorkbookError(f"{where}: {number} cannot stand in a cell; expected a finite number")
    return "n", number_text(number).encode()


def xml_text(text: str) -> bytes:
    """Return a text as XML has it, right in whatever encoding the part declares.

    References stand for all but ASCII, and for "%", which is a mark in `content`.
    """
    return text.translate(_ESCAPES).encode("ascii", "xmlcharrefreplace")


def number_text(number: float) -> str:
    """Return a number as a cell stores it: the shortest text that reads back as the same."""
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    return repr(number).replace("e", "E")


def attribute(kind: str) -> bytes:
    """Return the attribute `t` with a space before it; nothing for a number."""
    return b"" if kind == "n" else b' t="%b"' % kind.encode()


def content(kind: str, text: bytes | None) -> bytes:
    """Return the child of a cell that holds its value, `%b` wherever a prefix belongs."""
    if text is None:
        return b""
    if kind == "inlineStr":
        return b'<%bis><%bt xml:space="preserve">' + text + b"</%bt></%bis>"
    return b"<%bv>" + text + b"</%bv>"
