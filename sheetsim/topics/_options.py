"""Options of a workbook or a trace: one name each, checked in one place, for API and CLI alike."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetsim.data.labels import shown
from sheetsim.errors import OptionError
from sheetsim.sheet.block import LARGEST

Parse = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        name: as in the API; the CLI writes `--name` with dashes.
        default: what it is when it is not given; None lets each topic choose.
        parse: (name, given) -> value; raises OptionError.
        help: one line for people.
        metavar: what the CLI calls the value.
    """

    name: str
    default: Any
    parse: Parse
    help: str
    metavar: str


def checked(options: tuple[Option, ...], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Every option's value: the given one, checked, or the default.

    Raises:
        OptionError: an option that does not exist, or a value that it may not have.
    """
    known = {option.name: option for option in options}
    for name in given:
        if name not in known:
            raise OptionError(
                f"{where} has no option {name!r}; it has {', '.join(known) or 'none'}"
            )
    values = {}
    for name, option in known.items():
        value = given.get(name)
        values[name] = option.default if value is None else option.parse(name, value)
    return values


def whole(low: int, high: int) -> Parse:
    """A whole number from `low` to `high`."""

    def parse(name: str, value: Any) -> int:
        number = _as_number(value)
        if number is None or not number.is_integer() or not low <= number <= high:
            raise OptionError(
                f"{name} is {_shown(value)}; expected a whole number from {low:,} to {high:,}"
            )
        return int(number)

    return parse


def real(low: float = -LARGEST, high: float = LARGEST, *, above: bool = False) -> Parse:
    """A number from `low` (or above it) to `high`."""
    expected = f"a number above {low:g}, up to" if above else f"a number from {low:g} to"
    expected += f" {high:.10g}"

    def parse(name: str, value: Any) -> float:
        number = _as_number(value)
        if number is None or not low <= number <= high or (above and number == low):
            raise OptionError(f"{name} is {_shown(value)}; expected {expected}")
        return number

    return parse


def one_of(*choices: str) -> Parse:
    """One of a few words."""
    *others, last = choices
    expected = f"{', '.join(others)} or {last}"

    def parse(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise OptionError(f"{name} is {_shown(value)}; expected {expected}")
        return value

    return parse


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
