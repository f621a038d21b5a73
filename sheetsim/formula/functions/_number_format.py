"""Numbers as texts by Excel's format codes: `0.00`, `#,##0`, `0%`, `0.0E+00`, `yyyy-mm-dd`, ...

Sections for positive, negative, zero and text (`;`), quoted and escaped texts, thousands and
scaling commas, percent, exponents, dates, times and elapsed times (`[h]`). Colours are dropped.
Conditions (`[>100]`) and other calendars are not known: `FormatError`. Fractions (`# ?/?`) are
`_fractions`'.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from sheetsim.formula.functions._fractions import fraction
from sheetsim.formula.serial_dates import MONTHS, WEEKDAYS, day_of, weekday

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"?)|\\(?P<escaped>.)|_(?P<gap>.)|\*(?P<fill>.)
    |(?P<general>General)|(?P<half>AM/PM|A/P)|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<bracket>[^]]*)\]
    |(?P<exponent>E[+-](?=[0#?]))|(?P<date>y+|m+|d+|h+|s+)|(?P<digit>[0#?])|(?P<other>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color\s*\d+", re.IGNORECASE)

Token = tuple[str, str]
"""What it is, and its text."""


class FormatError(ValueError):
    """A format code holds what is not known here."""


def show(value: float | str, code: str) -> str:
    """Return a number or text as a format code shows it.

    Raises:
        FormatError: something in the code is not known.
        ValueError: a number that is no date, by the code of a date.
    """
    sections = _sections(code)
    if isinstance(value, str):
        last = sections[-1]
        known = len(sections) > 3 or _at(last)
        return _filled(last if len(sections) < 4 else sections[3], "@", value) if known else value
    sections = [one for one in sections[:3] if not _at(one)] or sections[:1]
    which = 0
    if len(sections) > 1 and value < 0:
        which = 1
    elif len(sections) > 2 and value == 0:
        which = 2
    tokens = sections[which]
    kinds = {kind for kind, _ in tokens}
    minus = "-" if value < 0 and which == 0 else ""
    if kinds & {"date", "elapsed", "half"}:
        return _moment(value if which == 0 else abs(value), tokens)
    if "general" in kinds:
        return minus + _filled(tokens, "general", general(abs(value)))
    if "@" in kinds:
        return _filled(tokens, "@", general(value))
    if "digit" not in kinds:
        return minus + _filled(tokens, "", "")
    if "/" in kinds:
        return minus + fraction(f"{abs(value):.15g}", tokens)
    return minus + _number(Decimal(f"{abs(value):.15g}"), tokens)


def _filled(tokens: list[Token], kind: str, shown: str) -> str:
    """Return the texts of tokens, those of one kind replaced."""
    return "".join(shown if own == kind else text for own, text in tokens)


def _at(tokens: list[Token]) -> bool:
    return any(kind == "@" for kind, _ in tokens)


def _sections(code: str) -> list[list[Token]]:
    """Split a code into sections of tokens; kinds: text, digit, `.`, `,`, `%`, `@`, date, ..."""
    sections: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup or "other", match[0]
        if kind == "other" and text == ";":
            sections.append([])
        elif kind == "bracket":
            if text.startswith("[$"):
                sections[-1].append(("text", text[2:-1].partition("-")[0]))
            elif not _COLOUR.fullmatch(text[1:-1]):
                raise FormatError(code)
        elif kind in {"quoted", "escaped", "gap", "fill"}:
            inner = {"quoted": text.strip('"'), "gap": " ", "fill": ""}.get(kind, text[1:])
            sections[-1].append(("text", inner))
        elif kind == "other":
            over = text == "/" and any(k == "digit" for k, _ in sections[-1])
            sections[-1].append((text if over or text in ".,%@" else "text", text))
        else:
            sections[-1].append((kind, text[1:-1] if kind == "elapsed" else text))
    return sections


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


def _number(value: Decimal, tokens: list[Token]) -> str:
    """Lay out a number that is not negative."""
    digits = [i for i, (kind, _) in enumerate(tokens) if kind == "digit"]
    point = next((i for i, (kind, _) in enumerate(tokens) if kind == "."), None)
    power = next((i for i, (kind, _) in enumerate(tokens) if kind == "exponent"), None)
    end = len(tokens) if power is None else power
    cut = end if point is None or point > end else point
    whole = [i for i in digits if i < cut]
    behind = [i for i in digits if cut < i < end]
    value = value.scaleb(2 * sum(kind == "%" for kind, _ in tokens))
    last = max(whole + behind, default=-1)
    scaling = [i for i in range(last + 1, end) if tokens[i][0] == ","]
    if power is None:
        value = value.scaleb(-3 * len(scaling))
    grouped = any(tokens[i][0] == "," for i in range(whole[0], whole[-1])) if whole else False
    exponent = 0
    if power is not None and value:
        value, exponent = _mantissa(value, max(len(whole), 1), len(behind))
    text = _fixed(value, len(behind))
    front, _, back = text.partition(".")
    out = {
        **_front(front.lstrip("0"), whole, tokens, grouped=grouped),
        **_back(back, behind, tokens),
    }
    if power is not None:
        held = [i for i in digits if i > power]
        shown = str(abs(exponent)).rjust(sum(tokens[i][1] == "0" for i in held), "0")
        sign = "-" if exponent < 0 else "+" if "+" in tokens[power][1] else ""
        out |= dict.fromkeys(held, "")
        out[power] = f"E{sign}{shown}"
    for i, (kind, one) in enumerate(tokens):
        if i not in out:
            out[i] = "" if kind == "," else one
    return "".join(out[i] for i in range(len(tokens)))


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
        if letter == "y":
            return f"{self.year % 100:02d}" if length <= 2 else f"{self.year:04d}"
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
            out.append((("AM", "PM") if len(text) > 3 else ("A", "P"))[clock.hour >= 12])
        elif kind == "date":
            minutes = low[0] == "m" and _minutes(tokens, dates, i)
            out.append(clock.shown(low, halves=halves, minutes=minutes))
        elif kind == "." and tokens[i + 1 : i + 2] == [("digit", "0")]:
            out.append("." + str(clock.part).rjust(decimals, "0"))
            dot = True
        elif kind != "digit" or not dot:
            out.append(text)
    return "".join(out)


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
