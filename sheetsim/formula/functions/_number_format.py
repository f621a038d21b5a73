"""Numbers as texts by Excel's format codes: `0.00`, `#,##0`, `0%`, `0.0E+00`, `yyyy-mm-dd`, ...

Quoted and escaped texts, thousands and scaling commas, percent, exponents, dates, times and elapsed
times (`[h]`). Colours are dropped; eras (`g`) are shown as nothing, and years of other calendars
that Excel in English knows are `e` (as `yyyy`) and `b` (Buddhist). Sections and conditions are
`_format_sections`', fractions (`# ?/?`) `_fractions`'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sheetsim.formula.functions._format_sections import (
    Token,
    for_number,
    for_text,
    sections_of,
)
from sheetsim.formula.functions._fractions import fraction
from sheetsim.formula.serial_dates import MONTHS, WEEKDAYS, day_of, weekday

_DATES = {"date", "elapsed", "half"}
_BUDDHIST = 543


def show(value: float | str | bool, code: str, base: int = 0) -> str:
    """Return a number, text or boolean as a format code shows it.

    Args:
        value: what is shown; a boolean is shown as the text that it is.
        code: how.
        base: the number, counted from 1900, of day 0.

    Raises:
        FormatError: something in the code is not known, or it does not show the number.
        ValueError: a number that is no date, by the code of a date.
    """
    sections = sections_of(code)
    if isinstance(value, bool):
        value = str(value).upper()
    if isinstance(value, str):
        section = for_text(sections)
        return value if section is None else _filled(section.tokens, "@", value)
    section, signed = for_number(sections, value)
    if section is None:
        return general(value)
    if not {kind for kind, _ in section.tokens} & _DATES:
        return _shown(value if signed else abs(value), section.tokens)
    if any(kind == "elapsed" for kind, _ in section.tokens):
        sign = "-" if value < 0 and signed else ""
        return sign + _moment(abs(value), section.tokens)
    return _moment((value if signed else abs(value)) + base, section.tokens)


def _shown(value: float, tokens: list[Token]) -> str:
    """Return a number by a section without dates."""
    kinds = {kind for kind, _ in tokens}
    minus = "-" if value < 0 else ""
    if "general" in kinds:
        return minus + _filled(tokens, "general", general(abs(value)))
    if "@" in kinds:
        return _filled(tokens, "@", general(value))
    if "digit" not in kinds:
        return minus + _filled(tokens, "", "")
    digits = f"{abs(value):.15g}"
    shown = fraction(digits, tokens) if "/" in kinds else _number(Decimal(digits), tokens)
    return shown if _is_nothing(shown) else minus + shown


def _is_nothing(shown: str) -> bool:
    """Whether what is shown of a number is zero, so that a minus before it would mean nothing."""
    return not any(one.isdigit() and one != "0" for one in shown)


def _filled(tokens: list[Token], kind: str, shown: str) -> str:
    """Return the texts of tokens, those of one kind replaced."""
    return "".join(shown if own == kind else text for own, text in tokens)


def general(value: float) -> str:
    """Return a number as the format General shows it: at most 11 characters."""
    sign, size = "-" if value < 0 else "", abs(value)
    if size == 0:
        return "0"
    if size >= 1e11 or (size < 1e-4 and len(f"{Decimal(f'{size:.15g}'):f}") > 11):
        mantissa, _, exponent = f"{size:.5E}".partition("E")
        return f"{sign}{mantissa.rstrip('0').rstrip('.')}E{int(exponent):+03d}"
    whole = len(str(int(size)))
    shown = _fixed(Decimal(f"{size:.15g}"), max(0, 10 - whole))
    return sign + (shown.rstrip("0").rstrip(".") if "." in shown else shown)


def _fixed(value: Decimal, decimals: int) -> str:
    """Return a number rounded half up; so many digits behind the point, or cut off before it."""
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"


def fixed(value: float, decimals: int, *, commas: bool) -> str:
    """Return a number as FIXED shows it; negative `decimals` round before the point."""
    shown = Decimal(f"{abs(value):.15g}")
    text = _fixed(shown, decimals) if decimals >= 0 else f"{Decimal(_fixed(shown, decimals)):f}"
    whole, point, rest = text.partition(".")
    whole = f"{int(whole):,}" if commas else whole
    return ("-" if value < 0 and Decimal(text) != 0 else "") + whole + point + rest


@dataclass(frozen=True)
class _Places:
    """Where the parts of a number go: positions of tokens in a section.

    Attributes:
        whole, behind: the places of digits before the point and behind it.
        point: the token `.`, None for none.
        exponent: the token `E+` or `E-`, None for none.
        power: the places of the exponent's digits.
        percents: how many `%` there are.
        thousands: how many commas behind the last place divide the number by 1,000.
        grouped: whether a comma between places groups the digits.
    """

    whole: list[int]
    behind: list[int]
    point: int | None
    exponent: int | None
    power: list[int]
    percents: int
    thousands: int
    grouped: bool


def _places(tokens: list[Token]) -> _Places:
    kinds = [kind for kind, _ in tokens]
    digits = [i for i, kind in enumerate(kinds) if kind == "digit"]
    exponent = kinds.index("exponent") if "exponent" in kinds else None
    end = len(tokens) if exponent is None else exponent
    point = kinds.index(".") if "." in kinds[:end] else end
    whole = [i for i in digits if i < point]
    behind = [i for i in digits if point < i < end]
    ends = [(whole[-1] if whole else -1, point), (max([point, *behind]), end)]
    return _Places(
        whole,
        behind,
        point if point < end else None,
        exponent,
        [] if exponent is None else [i for i in digits if i > exponent],
        percents=kinds.count("%"),
        thousands=sum(kinds[first + 1 : last].count(",") for first, last in ends),
        grouped=bool(whole) and "," in kinds[whole[0] : whole[-1]],
    )


def _number(value: Decimal, tokens: list[Token]) -> str:
    """Lay out a number that is not negative."""
    places = _places(tokens)
    decimals = len(places.behind)
    value = value.scaleb(2 * places.percents)
    exponent = 0
    if places.exponent is None:
        value = value.scaleb(-3 * places.thousands)
    elif value:
        value, exponent = _mantissa(value, max(len(places.whole), 1), decimals)
    front, _, back = _fixed(value, decimals).partition(".")
    out = {i: "" if kind == "," else text for i, (kind, text) in enumerate(tokens)}
    front = front.lstrip("0")
    out |= _front(front, places.whole, tokens, grouped=places.grouped)
    if not places.whole and places.point is not None:  # the point is where all digits have to go
        out[places.point] = front + "."
    out |= _back(back, places.behind, tokens)
    if places.exponent is not None:
        out |= dict.fromkeys(places.power, "")
        out[places.exponent] = _power(exponent, places, tokens)
    return "".join(out.values())


def _power(exponent: int, places: _Places, tokens: list[Token]) -> str:
    """Return `E` with the exponent: as many digits as there are zeros; `E+` shows a plus, too."""
    zeros = sum(tokens[i][1] == "0" for i in places.power)
    plus = places.exponent is not None and "+" in tokens[places.exponent][1]
    sign = "-" if exponent < 0 else "+" if plus else ""
    return f"E{sign}{str(abs(exponent)).rjust(zeros, '0')}"


def _mantissa(value: Decimal, size: int, decimals: int) -> tuple[Decimal, int]:
    """Return a number with up to `size` digits before the point, and its power of 10."""
    exponent = value.adjusted()
    exponent -= exponent % size
    value = value.scaleb(-exponent)
    if Decimal(_fixed(value, decimals)) >= 10**size:
        value, exponent = value.scaleb(-size), exponent + size
    return value, exponent


def _front(text: str, places: list[int], tokens: list[Token], *, grouped: bool) -> dict[int, str]:
    """Put the digits before the point into their places, from the right."""
    out: dict[int, str] = {}
    count = 0
    for n, i in enumerate(reversed(places)):
        left = len(text) - n
        one = text[left - 1] if left > 0 else {"0": "0", "?": " ", "#": ""}[tokens[i][1]]
        digit = one.isdigit()
        comma = "," if grouped and digit and count and count % 3 == 0 else ""
        count += digit
        out[i] = one + comma
    if places and len(text) > len(places):
        first = places[0]
        for one in reversed(text[: len(text) - len(places)]):
            comma = "," if grouped and count % 3 == 0 else ""
            out[first] = one + comma + out[first]
            count += 1
    return out


def _back(text: str, places: list[int], tokens: list[Token]) -> dict[int, str]:
    """Put the digits behind the point into their places; zeros at the end may be left out."""
    out = dict(zip(places, text, strict=False))
    for i in reversed(places):
        sign = tokens[i][1]
        if out.get(i, "0") != "0" or sign == "0":
            break
        out[i] = " " if sign == "?" else ""
    return out


class _Clock:
    """A moment, rounded to the digits of a second that a format shows."""

    def __init__(self, value: float, decimals: int) -> None:
        if value < 0:
            raise ValueError(f"day {value}")
        step = 86400 * 10**decimals
        ticks = int(Decimal(repr(value)) * step + Decimal("0.5"))
        self.whole, rest = divmod(ticks, step)
        self.seconds, self.part = divmod(rest, 10**decimals)
        self.year, self.month, self.day = day_of(self.whole)
        self.hour = self.seconds // 3600
        total = ticks * 86400 // step
        self.total = {"h": total // 3600, "m": total // 60, "s": total}

    def shown(self, text: str, *, halves: bool, minutes: bool) -> str:
        """Return a code of date or time, in small letters, as the moment has it."""
        letter, length = text[0], len(text)
        if minutes:
            return str(self.seconds // 60 % 60).rjust(min(length, 2), "0")
        if letter == "g":
            return ""
        if letter in "yeb":
            year = self.year + (_BUDDHIST if letter == "b" else 0)
            short = length <= 2 and letter != "e"
            return f"{year % 100:02d}" if short else f"{year:04d}"
        if letter == "m":
            return _month(self.month, length)
        if letter == "d" and length > 2:
            name = WEEKDAYS[weekday(self.whole)]
            return name if length > 3 else name[:3]
        hour = (self.hour + 11) % 12 + 1 if halves else self.hour
        number = {"h": hour, "s": self.seconds % 60, "d": self.day}[letter]
        return str(number).rjust(min(length, 2), "0")


def _moment(value: float, tokens: list[Token]) -> str:
    """Lay out a date or time."""
    decimals = _second_decimals(tokens)
    clock = _Clock(value, decimals)
    halves = any(kind == "half" for kind, _ in tokens)
    dates = [i for i, (kind, _) in enumerate(tokens) if kind in {"date", "elapsed"}]
    out, dot = [], False
    for i, (kind, text) in enumerate(tokens):
        low = text.lower()
        if kind == "elapsed":
            out.append(str(clock.total[low[0]]).rjust(len(low), "0"))
        elif kind == "half":
            out.append(_half(text, late=clock.hour >= 12))
        elif kind == "date":
            minutes = low[0] == "m" and _minutes(tokens, dates, i)
            out.append(clock.shown(low, halves=halves, minutes=minutes))
        elif kind == "." and tokens[i + 1 : i + 2] == [("digit", "0")]:
            out.append("." + str(clock.part).rjust(decimals, "0"))
            dot = True
        elif kind != "digit" or not dot:
            out.append(text)
    return "".join(out)


def _half(text: str, *, late: bool) -> str:
    """Return AM or PM; or A or P, small if the code's is."""
    shown = "P" if late else "A"
    if len(text) > 3:
        return shown + "M"
    return shown if text[0].isupper() else shown.lower()


def _second_decimals(tokens: list[Token]) -> int:
    """Return how many digits of seconds are shown behind the point."""
    text = "".join("0" if t == ("digit", "0") else "." if t[0] == "." else " " for t in tokens)
    match = re.search(r"\.(0+)", text)
    return len(match[1]) if match else 0


def _minutes(tokens: list[Token], dates: list[int], i: int) -> bool:
    """Whether an m means minutes: behind hours, or before seconds."""
    at = dates.index(i)
    before = tokens[dates[at - 1]][1].lower()[0] if at else ""
    behind = tokens[dates[at + 1]][1].lower()[0] if at + 1 < len(dates) else ""
    return len(tokens[i][1]) <= 2 and (before == "h" or behind == "s")


def _month(month: int, length: int) -> str:
    name = MONTHS[month - 1].capitalize()
    if length <= 2:
        return str(month).rjust(length, "0")
    return name if length == 4 else name[0] if length == 5 else name[:3]
