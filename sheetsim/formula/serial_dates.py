"""Excel's dates as numbers: day 1 is 1900-01-01, and day 60 a 29 February 1900 that never was.

Excel copied that leap year from Lotus 1-2-3. So day 59 is 28 February, 60 is 29 February 1900, 61
is 1 March 1900, and weekdays before that are one off. Day 0 is "0 January 1900". Dates run to 9999;
a negative day is `#NUM!`. For a workbook that counts from 1904, whoever calls these adds 1462.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

LAST = 2958465  # 9999-12-31
DAY_0_OF_1904 = 1462
"""The number of 1904-01-01, which is 0 in workbooks that count days from there."""
_EPOCH = date(1899, 12, 30).toordinal()
_PHANTOM = 60

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class Day(NamedTuple):
    """Year, month and day of the month."""

    year: int
    month: int
    day: int


def checked(number: float) -> int:
    """Return the whole day.

    Raises:
        ValueError: it is negative, or after the year 9999; in formulas, `#NUM!`.
    """
    day = int(number // 1)
    if not 0 <= day <= LAST:
        raise ValueError(f"day {day}")
    return day


def day_of(number: float) -> Day:
    """Return what date a number is.

    Raises:
        ValueError: none; see `checked`.
    """
    day = checked(number)
    if day == _PHANTOM:
        return Day(1900, 2, 29)
    if day == 0:
        return Day(1900, 1, 0)
    found = date.fromordinal(day + _EPOCH + (day < _PHANTOM))
    return Day(found.year, found.month, found.day)


def number_of_day(year: int, month: int, day: int) -> int:
    """Return the number of a date; months beyond 12 and days beyond the month's run over.

    Raises:
        ValueError: it lies before 1900 or after 9999.
    """
    months = 12 * year + month - 1
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        raise ValueError(f"year {year}")
    first = date(year, month + 1, 1).toordinal() - _EPOCH
    first -= first <= _PHANTOM
    return checked(first + day - 1)


def days_in(year: int, month: int) -> int:
    """Return how many days a month has; 29 for February 1900."""
    if month == 2:
        return 29 if is_leap(year) or year == 1900 else 28
    return 30 if month in (4, 6, 9, 11) else 31


def is_leap(year: int) -> bool:
    """Return whether a year has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def weekday(number: float) -> int:
    """Return 0 for Sunday to 6 for Saturday, as Excel counts: day 1 is a Sunday."""
    return (checked(number) - 1) % 7


def moved(number: float, months: int) -> int:
    """Return the same day so many months later, or the month's last if it has no such day."""
    year, month, day = day_of(number)
    year, month = divmod(12 * year + month - 1 + months, 12)
    if not 1900 <= year <= 9999:
        raise ValueError(f"year {year}")
    return number_of_day(year, month + 1, min(day, days_in(year, month + 1)))


_ISO = re.compile(r"(\d{4})\s*[-/]\s*(\d{1,2})\s*[-/]\s*(\d{1,2})")
_AMERICAN = re.compile(r"(\d{1,2})\s*[-/]\s*(\d{1,2})\s*[-/]\s*(\d{4}|\d{2})")
_MONTH_ALONE = re.compile(r"([a-z]{3,9})\.?[-\s/]+(\d{4})", re.IGNORECASE)
_NAMED = re.compile(r"(\d{1,2})[-\s]+([a-z]{3,9})\.?,?[-\s]+(\d{4}|\d{2})", re.IGNORECASE)
_NAME_FIRST = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4}|\d{2})", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{1,4}):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?\s*(am|pm|a|p)?|(\d{1,2})\s*(am|pm)",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"\d{1,4}[-/:\sap]|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?[-\s/]",
    re.IGNORECASE,
)
_LONGEST = 60
"""Characters of a date and a time; no longer text is looked at."""


def _year(text: str) -> int:
    """Return a year; two digits mean 1930 to 2029."""
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < 30 else 1900)


def read_date(text: str) -> int | None:
    """Return the number of the date that a text spells in American English or ISO; None for none.

    12/31/2020, 2020-12-31, 31-Dec-2020, December 31, 2020 and, for its first day, December 2020
    are read, with blanks around the signs or without. A date without a year means this year in
    Excel, which no file can know, so it is none here.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if match := _ISO.fullmatch(text):
        year, month, day = (int(one) for one in match.groups())
    elif match := _AMERICAN.fullmatch(text):
        month, day, year = int(match[1]), int(match[2]), _year(match[3])
    elif match := _NAMED.fullmatch(text):
        day, month, year = int(match[1]), _month(match[2]), _year(match[3])
    elif match := _NAME_FIRST.fullmatch(text):
        month, day, year = _month(match[1]), int(match[2]), _year(match[3])
    elif match := _MONTH_ALONE.fullmatch(text):
        month, day, year = _month(match[1]), 1, int(match[2])
    else:
        return None
    if not (1 <= month <= 12 and 1900 <= year <= 9999 and 1 <= day <= days_in(year, month)):
        return None
    return number_of_day(year, month, day)


def _month(name: str) -> int:
    """Return the number of a month's name or its first three letters, 0 for none."""
    name = name.lower()
    for i, full in enumerate(MONTHS, 1):
        if name in (full, full[:3]):
            return i
    return 0


def read_time(text: str) -> float | None:
    """Return the part of a day that a time spells, such as 6:30 PM or 18:30:05; None for none."""
    text = text.strip()
    match = _TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if not match:
        return None
    hour, minute = int(match[1] or match[5]), int(match[2] or 0)
    second, half = float(match[3] or 0), (match[4] or match[6] or "").lower()
    if (half and not 1 <= hour <= 12) or minute > 59 or second >= 60:
        return None
    if half:
        hour = hour % 12 + 12 * half.startswith("p")
    return (hour * 3600 + minute * 60 + second) / 86400


def read_moment(text: str) -> float | None:
    """Return the number of a date, a time, or a date and a time; None for anything else."""
    text = text.strip()
    if not _BEGINS.match(text) or len(text) > _LONGEST:  # most texts, quickly
        return None
    time = read_time(text)
    if time is not None:
        return time
    found = read_date(text)
    if found is not None:
        return float(found)
    for cut in [match.start() for match in re.finditer(r"\s", text)]:
        day, time = read_date(text[:cut]), read_time(text[cut:])
        if day is not None and time is not None:
            return day + time % 1
    return None
