"""A cell's value as text in `<v>`: numbers both ways, dates, and the index of a shared string."""

from __future__ import annotations

import re
from datetime import date

_EXACT = 1e15
"""Whole numbers below are written without a point and without an exponent."""

_MOMENT = re.compile(
    r"(?:([0-9]{4})-([0-9]{2})-([0-9]{2}))?"
    r"(?:(?:T|\A)([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?)?(?:Z|[-+]00:?00)?"
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


def number_text(number: float) -> str:
    """Return a number as a cell stores it: the shortest text that reads back as the same."""
    if number.is_integer() and abs(number) < _EXACT:
        return str(int(number))
    return repr(number).replace("e", "E")


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
