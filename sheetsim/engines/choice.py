"""Which engines there are, and which of them take part: those that are named, or all installed."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsim.errors import EngineMissingError, OptionError
from sheetsim.module_text import held_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sheetsim.engines.base import Engine, Facts


def engines() -> dict[str, Engine]:
    """Return every engine by its name, in alphabetical order, whether it is installed or not."""
    return dict(_found())


def facts_of(name: str) -> Facts:
    """Return what is known of an engine, by its name."""
    from sheetsim.engines.base import Facts  # not needed to tell the engines' names

    return getattr(engines().get(name), "facts", Facts(name))


@cache
def names() -> tuple[str, ...]:
    """Return the engines' names, read from their files where these say them as plain texts."""
    return held_in("sheetsim.engines", "ENGINE")


@cache
def _found() -> tuple[tuple[str, Engine], ...]:
    modules = (
        importlib.import_module(f"{__package__}.{module.name}")
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
    )
    found: list[Engine] = [m.ENGINE for m in modules if hasattr(m, "ENGINE")]
    return tuple(sorted((engine.name, engine) for engine in found))


def require_known(wanted: Collection[str], allowed: Collection[str]) -> None:
    """Refuse a name that is no engine's.

    Raises:
        OptionError: naming it, and those that there are.
    """
    for name in wanted:
        if name not in allowed:
            raise OptionError(f"there is no engine {name!r}; expected {', '.join(allowed)}")


@dataclass(frozen=True)
class Choice:
    """Which engines take part.

    Attributes:
        engines: those that do, by name.
        versions: theirs, by name.
        missing: why the others do not, by name; empty where engines were named.
    """

    engines: dict[str, Engine]
    versions: dict[str, str]
    missing: dict[str, str]


def choose(
    names: str | Sequence[str] | None, known: Mapping[str, Engine], besides: str = ""
) -> Choice:
    """Choose the engines that were named, or all that are installed.

    Args:
        names: who must take part, each once however often it is named; None for all.
        known: the engines that there are, by name.
        besides: a name that may stand among `names` and is no engine.

    Raises:
        OptionError: there is no engine of a name.
        EngineMissingError: an engine that was named is not installed.
    """
    wanted = [names] if isinstance(names, str) else list(known if names is None else names)
    require_known(wanted, [*([besides] if besides else []), *known])
    choice = Choice({}, {}, {})
    for name in dict.fromkeys(wanted):
        if name == besides:
            continue
        try:
            choice.versions[name] = known[name].version()
        except EngineMissingError as error:
            if names is not None:
                raise
            choice.missing[name] = str(error)
        else:
            choice.engines[name] = known[name]
    return choice
