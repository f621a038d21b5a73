"""Dates and times, which are numbers: whole days since 1900, and parts of a day.

See `sheetsim.formula.serial_dates` for the 29 February 1900 that never was. Texts that spell dates
are taken as dates (2020-12-31, 12/31/2020, 31-Dec-2020); parts of a day do not count where days
are meant.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

from sheetsim.book import CellError, Value
from sheetsim.formula.functions._function import Function
from sheetsim.formula.functions._make import coerced, plain
from sheetsim.formula.serial_dates import (
    DAY_0_OF_1904,
    LAST,
    checked,
    day_of,
    days_in,
    is_leap,
    moved,
    number_of_day,
    read_date,
    read_moment,
    read_time,
    weekday,
)
from sheetsim.formula.values import NUM_ERROR, VALUE_ERROR, ExcelError, plain_number_of

DAY_SECONDS = 86400


_BASE: ContextVar[int] = ContextVar("base", default=0)
"""The number, counted from 1900, of the day 0 of the workbook that is being computed."""


def serial(value: Value) -> float:
    """Return the number, counted from 1900, of a date given as a number or a text.

    Raises:
        ExcelError: it is an error, or a text that spells neither a date nor a number.
    """
    if isinstance(value, str):
        number = plain_number_of(value)
        if number == number:
            return number + _BASE.get()
        moment = read_moment(value)
        if moment is None:
            raise ExcelError(VALUE_ERROR)
        return moment
    return float(coerced(value, "n")) + _BASE.get()


def number_in_book(text: str) -> float:
    """Return the number that a text spells, that of a date as the workbook counts days.

    Raises:
        ExcelError: it spells none.
    """
    number = plain_number_of(text)
    moment = read_moment(text) if number != number else number
    if moment is None:
        raise ExcelError(VALUE_ERROR)
    return moment - _BASE.get() if number != number and moment >= 1 else moment


def base() -> int:
    """Return the number, counted from 1900, of the workbook's day 0."""
    return _BASE.get()


def dated(
    name: str,
    letters: str,
    f: Callable[..., Value],
    *,
    most: int | None = None,
    gives: bool = False,
    **more: Any,
) -> Function:
    """Make a plain function, with the letter d for a date; `gives` says that it returns one."""
    kinds = letters.replace("|", "")

    def with_dates(*values: Any) -> Value:
        out = f(*(serial(v) if k == "d" else v for v, k in zip(values, kinds, strict=False)))
        if not gives or not isinstance(out, float) or not _BASE.get():
            return out
        return float(checked(out - _BASE.get())) if out == int(out) else out - _BASE.get()

    def from_1904(*values: Any) -> Value:
        token = _BASE.set(DAY_0_OF_1904)
        try:
            return with_dates(*values)
        finally:
            _BASE.reset(token)

    letters = letters.replace("d", "v")
    other = plain(name, letters, from_1904, most=most, **more)
    return plain(name, letters, with_dates, most=most, from_1904=other, **more)


def _date(year: int, month: int, day: int) -> float:
    if not 0 <= year <= 9999:
        raise ExcelError(NUM_ERROR)
    return float(number_of_day(year + 1900 if year < 1900 else year, month, day))


def _read(text: str, read: Callable[[str], float | None]) -> float:
    found = read(text)
    if found is None:
        raise ExcelError(VALUE_ERROR)
    return float(found)


def _day_in(text: str) -> float | None:
    found = read_date(text)
    moment = read_moment(text) if found is None else found
    return None if moment is None else float(int(moment))


def _time_in(text: str) -> float | None:
    found = read_time(text)
    moment = read_moment(text) if found is None else found
    return None if moment is None else moment % 1


def _time(hour: int, minute: int, second: int) -> float:
    if max(hour, minute, second) > 32767:
        raise ExcelError(NUM_ERROR)
    seconds = 3600 * hour + 60 * minute + second
    if seconds < 0:
        raise ExcelError(NUM_ERROR)
    return seconds % DAY_SECONDS / DAY_SECONDS


def _seconds(moment: float) -> int:
    """Return the seconds since midnight, rounded."""
    checked(moment)
    return int(moment % 1 * DAY_SECONDS + 0.5) % DAY_SECONDS


def _weekday(day: float, kind: int = 1) -> float:
    first = {1: 0, 2: 1, 3: 1, **{11 + i: (1 + i) % 7 for i in range(7)}}.get(kind)
    if first is None:
        raise ExcelError(NUM_ERROR)
    return float((weekday(day) - first) % 7 + (kind != 3))


def _week(day: float, kind: int = 1) -> float:
    """Return the week of the year: the first holds 1 January, or (21) is ISO's."""
    if kind == 21:
        return _iso_week(day)
    first = {1: 0, 2: 1, **{11 + i: (1 + i) % 7 for i in range(7)}}.get(kind)
    if first is None:
        raise ExcelError(NUM_ERROR)
    start = number_of_day(day_of(day).year, 1, 1)
    return float((checked(day) - start + (weekday(start) - first) % 7) // 7 + 1)


def _iso_week(day: float) -> float:
    """Return the week by ISO 8601: that of its Thursday."""
    thursday = checked(day) - (weekday(day) - 1) % 7 + 3
    start = number_of_day(day_of(thursday).year, 1, 1)
    return float((thursday - start) // 7 + 1)


def _month_end(day: float, months: int) -> float:
    first = moved(day - day_of(day).day + 1, months)
    year, month, _ = day_of(first)
    return float(number_of_day(year, month, days_in(year, month)))


def _days_360(start: float, end: float, european: bool = False) -> float:
    """Return the days between, in months of 30 days."""
    (y1, m1, d1), (y2, m2, d2) = day_of(start), day_of(end)
    if european:
        d1, d2 = min(d1, 30), min(d2, 30)
    else:
        if d1 == 31 or (m1 == 2 and d1 == days_in(y1, 2)):
            d1 = 30
        if d2 == 31:
            m2, d2 = (m2, 30) if d1 == 30 else (m2 + 1, 1)
    return float(360 * (y2 - y1) + 30 * (m2 - m1) + d2 - d1)


def _difference(start: float, end: float, unit: str) -> float:
    """Return DATEDIF: whole years, months or days, or what is left of them."""
    first, last = checked(start), checked(end)
    if first > last:
        raise ExcelError(NUM_ERROR)
    (y1, m1, d1), (y2, m2, d2) = day_of(first), day_of(last)
    months = 12 * (y2 - y1) + m2 - m1 - (d2 < d1)
    unit = unit.upper()
    if unit == "D":
        return float(last - first)
    if unit in {"Y", "M", "YM"}:
        return float({"Y": months // 12, "M": months, "YM": months % 12}[unit])
    if unit == "MD":
        return float(d2 - d1 if d2 >= d1 else last - number_of_day(y2, m2 - 1, d1))
    if unit == "YD":
        past = (m2, d2) < (m1, d1)
        return float(last - number_of_day(y2 - past, m1, d1))
    raise ExcelError(NUM_ERROR)


def year_share(start: float, end: float, basis: int = 0) -> float:
    """Return YEARFRAC, by the five ways of counting days."""
    if basis not in range(5):
        raise ExcelError(NUM_ERROR)
    first, last = sorted((checked(start), checked(end)))
    if basis in (2, 3):
        return (last - first) / (360 if basis == 2 else 365)
    if basis == 4:
        return _days_360(first, last, european=True) / 360
    (y1, m1, d1), (y2, m2, d2) = day_of(first), day_of(last)
    if basis == 1:
        return (last - first) / year_length(first, last)
    ends = [m == 2 and d == days_in(y, 2) for y, m, d in ((y1, m1, d1), (y2, m2, d2))]
    if all(ends):
        d2 = 30
    if ends[0]:
        d1 = 30
    if d2 == 31 and d1 >= 30:
        d2 = 30
    return (360 * (y2 - y1) + 30 * (m2 - m1) + d2 - min(d1, 30)) / 360


def year_length(first: int, last: int) -> float:
    """Return a year's days as Excel's basis 1 counts them.

    Up to a year: 366 if 29 February lies between, or both days in one leap year; else 365. More
    than a year: the average of all calendar years touched. (D. A. Wheeler, *YEARFRAC
    Incompatibilities*, for OpenFormula.)
    """
    one, two = day_of(first), day_of(last)
    if one.year == two.year:
        return 366.0 if is_leap(one.year) else 365.0
    if one.year + 1 == two.year and one[1:] >= two[1:]:
        marches = [number_of_day(y, 3, 1) for y in (one.year, two.year) if is_leap(y)]
        leaps = any(first < march <= last for march in marches) or two[1:] == (2, 29)
        return 366.0 if leaps else 365.0
    years = two.year - one.year + 1
    return (number_of_day(two.year, 12, 31) - number_of_day(one.year, 1, 1) + 1) / years


# Working days. A weekend is a set of days, 0 for Monday to 6 for Sunday.

Rows = list[list[Value]]


def _weekend(value: Value) -> frozenset[int]:
    """Return the days off that a number (1 to 7, 11 to 17) or seven digits such as 0000011 mean."""
    if isinstance(value, str) and len(value) == 7 and set(value) <= {"0", "1"}:
        if value == "1111111":
            raise ExcelError(VALUE_ERROR)
        return frozenset(i for i, one in enumerate(value) if one == "1")
    if isinstance(value, str):
        raise ExcelError(VALUE_ERROR)
    kind = 1 if value is None else int(coerced(value, "n"))
    if 1 <= kind <= 7:
        return frozenset({(kind + 4) % 7, (kind + 5) % 7})
    if 11 <= kind <= 17:
        return frozenset({(kind - 12) % 7})
    raise ExcelError(NUM_ERROR)


def _holidays(rows: Rows | None, off: Iterable[int]) -> set[int]:
    """Return the holidays that are no days off anyway."""
    values = [one for row in rows or () for one in row if one is not None]
    days = {checked(serial(one)) for one in values}
    return {day for day in days if _of_week(day) not in off}


def _of_week(day: int) -> int:
    """Return 0 for Monday to 6 for Sunday."""
    return (day - 2) % 7


def _network(start: float, end: float, weekend: Value = None, rows: Rows | None = None) -> float:
    """Return how many working days there are from start to end, both counted."""
    off = _weekend(weekend)
    sign = 1 if start <= end else -1
    first, last = sorted((checked(start), checked(end)))
    weeks, rest = divmod(last - first + 1, 7)
    days = weeks * (7 - len(off))
    days += sum(_of_week(day) not in off for day in range(last - rest + 1, last + 1))
    return float(sign * (days - sum(first <= day <= last for day in _holidays(rows, off))))


def _workday(start: float, count: int, weekend: Value = None, rows: Rows | None = None) -> float:
    """Return the day that lies so many working days later, or earlier."""
    off = _weekend(weekend)
    holidays = sorted(_holidays(rows, off))
    first, left = checked(start), abs(count)
    if not left:
        return float(first)

    def passed(day: int) -> int:
        """Return how many working days there are from the first on, that not counted, to a day."""
        low, high = (first + 1, day) if count > 0 else (day, first - 1)
        weeks, rest = divmod(high - low + 1, 7)
        days = weeks * (7 - len(off))
        days += sum(_of_week(one) not in off for one in range(high - rest + 1, high + 1))
        return days - (bisect_right(holidays, high) - bisect_left(holidays, low))

    near, far = first, LAST if count > 0 else 0  # the day lies behind the near one
    if passed(far) < left:
        raise ExcelError(NUM_ERROR)
    while abs(far - near) > 1:
        middle = (near + far) // 2
        near, far = (near, middle) if passed(middle) >= left else (middle, far)
    return float(far)


def _is_error(value: Value) -> None:
    if isinstance(value, CellError):
        raise ExcelError(value)


def _intl(f: Callable[..., float]) -> Callable[..., float]:
    def checked_first(*values: Any) -> float:
        if len(values) > 2:
            _is_error(values[2])
        return f(*values)

    return checked_first


FUNCTIONS = (
    dated("DATE", "iii", _date, gives=True),
    dated("DATEVALUE", "t", lambda text: _read(text, _day_in), gives=True),
    plain("TIME", "iii", _time),
    plain("TIMEVALUE", "t", lambda text: _read(text, _time_in)),
    dated("YEAR", "d", lambda day: float(day_of(day).year)),
    dated("MONTH", "d", lambda day: float(day_of(day).month)),
    dated("DAY", "d", lambda day: float(day_of(day).day)),
    dated("HOUR", "d", lambda moment: float(_seconds(moment) // 3600)),
    dated("MINUTE", "d", lambda moment: float(_seconds(moment) // 60 % 60)),
    dated("SECOND", "d", lambda moment: float(_seconds(moment) % 60)),
    dated("WEEKDAY", "d|i", _weekday),
    dated("WEEKNUM", "d|i", _week, booleans=False),
    dated("ISOWEEKNUM", "d", _iso_week),
    dated("EDATE", "di", lambda day, months: float(moved(day, months)), gives=True, booleans=False),
    dated("EOMONTH", "di", _month_end, gives=True, booleans=False),
    dated("DAYS", "dd", lambda end, start: float(checked(end) - checked(start))),
    dated("DAYS360", "dd|b", _days_360),
    dated("DATEDIF", "ddt", _difference),
    dated("YEARFRAC", "dd|i", year_share, booleans=False),
    dated("NETWORKDAYS", "dd|r", lambda start, end, *rows: _network(start, end, 1.0, *rows),
          booleans=False),
    dated("NETWORKDAYS.INTL", "dd|vr", _intl(_network)),
    dated("WORKDAY", "di|r", lambda start, count, *rows: _workday(start, count, 1.0, *rows),
          gives=True, booleans=False),
    dated("WORKDAY.INTL", "di|vr", _intl(_workday), gives=True),
)  # fmt: skip
