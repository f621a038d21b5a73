"""Values that somebody gives for an option, checked alike in Python and on the command line.

A parser is called with the option's name, for the message, and with what was given: a value of
any type, or the text that was typed. It returns the value, or raises `OptionError`.
"""

import math
import operator
from collections.abc import Callable, Collection
from typing import Any

from sheetsim.errors import OptionError, OptionName, shown

Parse = Callable[[str, Any], Any]

BELOW_1 = 0.9999999
"""The greatest share that an average may keep of itself: with 1 it would never move."""

LARGEST = 1e100
"""Magnitude that no input exceeds: far beyond any lesson, and its cube is still a float."""


def whole_number(name: str, value: Any, low: int, high: int | None = None) -> int:
    """The value as an int, if it is a whole number of `low` or more, and `high` at most.

    Raises:
        OptionError: it is not, or of another type: `whole` also takes what was typed.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if isinstance(value, bool) or number < low or (high is not None and number > high):
        within = f", {low:,} or more" if high is None else f" from {low:,} to {high:,}"
        raise OptionError(OptionName(name), f" is {_shown(value)}; expected a whole number{within}")
    return number


def whole(low: int, high: int) -> Parse:
    """A whole number from `low` to `high`."""

    def parse(name: str, value: Any) -> int:
        number = _as_number(value)
        fits = number is not None and number.is_integer() and low <= number <= high
        return int(number) if fits else whole_number(name, value, low, high)  # type: ignore[arg-type]

    return parse


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise OptionError(OptionName(name), f" is {_shown(value)}; expected True or False")
    return value


def real(low: float = -LARGEST, high: float = LARGEST, *, above: bool = False) -> Parse:
    """A number from `low` (or above it) to `high`."""
    expected = f"a number above {low:g}, up to" if above else f"a number from {low:g} to"
    expected += f" {high:.10g}"

    def parse(name: str, value: Any) -> float:
        number = _as_number(value)
        if number is None or not low <= number <= high or (above and number == low):
            raise OptionError(OptionName(name), f" is {_shown(value)}; expected {expected}")
        return number

    return parse


def one_of(*choices: str) -> Parse:
    """One of a few words."""
    *others, last = choices
    expected = f"{', '.join(others)} or {last}"

    def parse(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise OptionError(OptionName(name), f" is {_shown(value)}; expected {expected}")
        return value

    return parse


def named(name: str, value: Any, known: Collection[str]) -> str:
    """The name of something that there is.

    Raises:
        OptionError: there is none such; the message lists those that there are.
    """
    if not isinstance(value, str) or value not in known:
        raise OptionError(OptionName(name), f" is {value!r}; expected one of {', '.join(known)}")
    return value


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise OptionError(OptionName(name), f" is {_shown(value)}; expected a text")
    return value


def anything(_name: str, value: Any) -> Any:
    """What is checked where it is loaded, such as a table or the path of one."""
    return value


def _as_number(value: Any) -> float | None:
    """The value as a finite float, or None if it is no such number."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _shown(value: Any) -> str:
    """What was given, for a message: as it was typed if that fits a line, or as Python has it."""
    if isinstance(value, str) and value.isprintable() and value.strip() and len(value) <= 40:
        return value
    return shown(value)
