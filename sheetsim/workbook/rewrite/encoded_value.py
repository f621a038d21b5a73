"""A value as XML in a new or changed cell: its type, and the text of `<v>` or `<is>`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.escapes import escaped
from sheetsim.workbook.read.value_text import number_text

if TYPE_CHECKING:
    from sheetsim.book import Value

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "%": "&#37;"})
"""By a table: `xml.sax.saxutils` loads urllib, http and ssl with it."""

ERROR_CODES = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}
)
"""What a cell of type "e" may hold (ECMA-376, part 1, 18.18.11, and as Excel writes it). For its
newer errors, #SPILL! and the like, Excel writes `#VALUE!` and says in metadata what is meant."""


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
        return "e", xml_text(error_code(value))
    if isinstance(value, bool):
        return "b", b"%d" % value
    number = float(value)
    if not math.isfinite(number):
        raise WorkbookError(f"{where}: {number} cannot stand in a cell; expected a finite number")
    return "n", number_text(number).encode()


def error_code(error: CellError) -> str:
    """Return the code that a file may hold for an error."""
    return error.code if error.code in ERROR_CODES else "#VALUE!"


def xml_text(text: str) -> bytes:
    """Return a text as XML has it, right in whatever encoding the part declares.

    References stand for all but ASCII, and for "%", which is a mark in `content`.
    """
    return text.translate(_ESCAPES).encode("ascii", "xmlcharrefreplace")


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
