r"""Regular expressions: REGEXTEST, REGEXEXTRACT, REGEXREPLACE.

Excel has PCRE2's; these are Python's, which mean the same for what both know. A pattern may take
time without end (`(a+)+b` tries every way to cut a row of a's), and a workbook is a stranger's. So
the ways in which it can be tried are counted before: each repetition by how often it can repeat, a
repetition of what itself has several ways by their power, alternatives added up, and all of them
multiplied, for each place where it may begin. More than `MOST_WAYS` are not tried, and the cell
counts as one that is not computed here; so do patterns that Python does not know, and letters
beyond ASCII where a class such as `\w` may or may not mean them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

from sheetsim.book import Value
from sheetsim.formula.functions._function import UnknownResultError
from sheetsim.formula.functions._make import coerced, plain
from sheetsim.formula.functions.arrays import Rows, dynamic
from sheetsim.formula.values import NA_ERROR, VALUE_ERROR, ExcelError

MOST_WAYS = 20_000_000
"""Ways to try a pattern: some tenths of a second."""

_LONGEST_PATTERN = 2_000
_PCRE_NAME = re.compile(r"\(\?<(?=[A-Za-z_])")
_SYMBOLIC = re.compile(r"\\[wWdDsSbB]")
_GROUP = re.compile(r"\$(?:\$|(?P<number>[0-9]{1,2})|\{(?P<name>\w+)\})")

_START = (_constants.AT, _constants.AT_BEGINNING)
_REPEATS = {
    _constants.MAX_REPEAT,
    _constants.MIN_REPEAT,
    _constants.POSSESSIVE_REPEAT,
}


def _ways(parsed: Iterable[Any], length: int) -> float:
    """Return in how many ways at most a parsed pattern can be tried at one place of a text."""
    total = 1.0
    for op, arg in parsed:
        if op in _REPEATS:
            low, high, inner = arg
            high = min(int(high), length)
            ways = _ways(inner, length)
            times = max(high - int(low) + 1, 1)
            total *= times if ways == 1 else times * _power(ways, high)
        elif op is _constants.BRANCH:
            total *= sum(_ways(one, length) for one in arg[1])
        elif op is _constants.SUBPATTERN:
            total *= _ways(arg[3], length)
        elif op in (_constants.ASSERT, _constants.ASSERT_NOT):
            total *= _ways(arg[1], length)
        elif op is _constants.ATOMIC_GROUP:
            total *= _ways(arg, length)
        elif op is _constants.GROUPREF_EXISTS:
            total *= _ways(arg[1], length) + (_ways(arg[2], length) if arg[2] else 1)
    return total


def _power(base: float, exponent: int) -> float:
    try:
        return float(base**exponent)
    except OverflowError:
        return float("inf")


@lru_cache(maxsize=256)
def _compiled(pattern: str, flags: int) -> tuple[re.Pattern[str], Any]:
    """Return a pattern, and what it consists of.

    Raises:
        UnknownResultError: Python does not know it.
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise UnknownResultError("a long regular expression")
    own = _PCRE_NAME.sub("(?P<", pattern)
    try:
        return re.compile(own, flags), _parser.parse(own, flags)
    except (re.error, OverflowError, RecursionError):
        raise UnknownResultError("a regular expression that is not Python's") from None


def _matcher(text: str, pattern: str, nocase: float) -> re.Pattern[str]:
    """Return a pattern that may be tried on a text.

    Raises:
        ExcelError: whether case counts is neither 0 nor 1.
        UnknownResultError: it is not tried; see the module's docstring.
    """
    if int(nocase) not in (0, 1):
        raise ExcelError(VALUE_ERROR)
    found, parsed = _compiled(pattern, re.IGNORECASE if int(nocase) else 0)
    if not text.isascii() and (_SYMBOLIC.search(pattern) or int(nocase)):
        raise UnknownResultError("a regular expression's class over letters beyond ASCII")
    length = len(text) + 1
    places = 1 if len(parsed) and tuple(parsed[0]) == _START else length
    if _ways(parsed, length) * places > MOST_WAYS:
        raise UnknownResultError("a regular expression that might be tried without end")
    return found


def _test(text: str, pattern: str, nocase: float = 0.0) -> bool:
    return _matcher(text, pattern, nocase).search(text) is not None


def _one(rows: Rows | None, letter: str, default: Any) -> Any:
    value = None if rows is None else rows[0][0]
    return default if value is None else coerced(value, letter)


def _extracted(
    text: Rows, pattern: Rows, mode: Rows | None = None, nocase: Rows | None = None
) -> Rows:
    """Return the first match, all of them beside each other, or the first one's groups."""
    how = int(_one(mode, "n", 0))
    whole = _one(text, "t", "")
    own = _matcher(whole, _one(pattern, "t", ""), _one(nocase, "n", 0.0))
    matches = list(own.finditer(whole))
    if how not in (0, 1, 2):
        raise ExcelError(VALUE_ERROR)
    if not matches:
        raise ExcelError(NA_ERROR)
    if how == 1:
        return [[match.group() for match in matches]]
    if how == 0:
        return [[matches[0].group()]]
    groups: list[Value] = [one or "" for one in matches[0].groups()]
    if not groups:
        raise ExcelError(NA_ERROR)
    return [groups]


def _replaced(
    text: str, pattern: str, replacement: str, which: int = 0, nocase: float = 0.0
) -> str:
    """Put a text, in which $1 is a group, in place of all matches or of one, from either end."""
    own = _matcher(text, pattern, nocase)
    matches = list(own.finditer(text))
    if which:
        at = which - 1 if which > 0 else which
        matches = [matches[at]] if -len(matches) <= at < len(matches) else []
    out, start = [], 0
    for match in matches:
        out += [text[start : match.start()], _filled(replacement, match)]
        start = match.end()
    return "".join([*out, text[start:]])


def _filled(replacement: str, match: re.Match[str]) -> str:
    """Return a replacement with the groups that it names.

    Raises:
        ExcelError: there is no such group.
    """

    def group(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        name = found["number"] or found["name"]
        try:
            return match.group(int(name) if name.isdigit() else name) or ""
        except IndexError:
            raise ExcelError(VALUE_ERROR) from None

    return _GROUP.sub(group, replacement)


FUNCTIONS = (
    plain("REGEXTEST", "tt|n", _test),
    dynamic("REGEXEXTRACT", 2, 4, _extracted),
    plain("REGEXREPLACE", "ttt|in", _replaced),
)
