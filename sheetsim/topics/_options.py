"""Options of a workbook or a trace: one name each, checked in one place, for API and CLI alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sheetsim.errors import OptionError
from sheetsim.option_values import Parse, whole


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


def seed_option(default: int) -> Option:
    """The option that every workbook has in which something is drawn."""
    text = "seed of all that is drawn at random"
    return Option("seed", default, whole(0, 2**32 - 1), text, "SEED")


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
