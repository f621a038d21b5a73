"""A value as it stands in a cell of a file: its type, and the text of `<v>` or `<is>`."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.texts import escaped

if TYPE_CHECKING:
    from sheetsim.book import Value

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "%": "&#37;"})
"""By a table: `xml.sax.saxutils` loads urllib, http and ssl with it."""

_EXACT = 1e15
"""Whole numbers below are written without a point and without an exponent."""

ERROR_CODES = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}
)
"""What a cell of type "e" may hold (ECMA-376, part 1, 18.18.11, and as Excel writes it). For its
newer errors, #SPILL! and the like, Excel writes `#VALUE!` and says in metadata what is meant."""

_MOMENT = re.compile(
    r"(?:([0-9]{4})-([0-9]{2})-([0-9]{2}))?"
    r"(?:(?:T|\A)([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?)?Z?"
)


def number_in(text: str | bytes) -> float:
    """Return the number that the text of `<v>` is; Python's own reading allows more, such as 1_0.

    Raises:
        ValueError: it is none.
    """
    text = text.decode() if isinstance(text, bytes) else text
    if "_" in text or not text.isascii():
        raise ValueError(text[:60])
    return float(text)


def index_in(text: str | bytes) -> int:
    """Return the number that the text of `<v>` is, of a shared string.

    Raises:
        ValueError: it is none.
    """
    text = text.decode() if isinstance(text, bytes) else text
    if "_" in text or not text.isascii():
        raise ValueError(text[:60])
    return int(text)


def moment_in(text: str, *, date1904: bool) -> float | str:
    """Return the number of the ISO 8601 date, time, or both, in a cell of type "d".

    A text that is neither is returned as it is: such cells are rare, and no reason to refuse a
    workbook.

    Args:
        text: of `<v>`.
        date1904: whether the workbook counts days from 1904 instead of 1900, where Excel's
            count has a 29 February that never was.
    """
    match = _MOMENT.fullmatch(text.strip())
    if not match or not text.strip("Z \n"):
        return text
    year, hour, minute, second = match[1], int(match[4] or 0), int(match[5] or 0), match[6]
    if hour > 24 or minute > 59 or float(second or 0) >= 61:
        return text
    day = 0
    if year:
        try:
            ordinal = date(int(year), int(match[2]), int(match[3])).toordinal()
        except ValueError:
            return text
        day = ordinal - (_DAY_0_OF_1904 if date1904 else _DAY_0)
        day -= not date1904 and day <= _PHANTOM
        if day < 0:
            return text
    return day + (3600 * hour + 60 * minute + float(second or 0)) / 86400


_DAY_0, _DAY_0_OF_1904 = date(1899, 12, 30).toordinal(), date(1904, 1, 1).toordinal()
_PHANTOM = 60


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
