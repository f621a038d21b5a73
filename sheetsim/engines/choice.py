"""Which engines there are, and which of them take part: those that are named, or all installed."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsim.errors import EngineMissingError, OptionError
from sheetsim.module_text import assigned, may_assign, source_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sheetsim.engines.base import Engine


def engines() -> dict[str, Engine]:
    """Return every engine by its name, in alphabetical order, whether it is installed or not."""
    return dict(_found())


@cache
def names() -> tuple[str, ...]:
    """Return the engines' names, read from their files where these say them as plain texts."""
    found: set[str] = set()
    for module in _modules():
        source = source_of(module)
        if not may_assign(source, "ENGINE"):
            continue
        try:
            found.add(_name(source))
        except (ValueError, SyntaxError, AttributeError):
            engine = getattr(importlib.import_module(module), "ENGINE", None)
            found |= set() if engine is None else {engine.name}
    return tuple(sorted(found))


def _name(source: str) -> str:
    """Return the `name` in the class of a file's `ENGINE`."""
    maker = assigned(source, "ENGINE").func.id  # type: ignore[attr-defined]
    (made, *_) = ast.parse(source[source.index(f"\nclass {maker}") :]).body
    texts = {
        statement.targets[0].id: statement.value  # type: ignore[attr-defined]
        for statement in made.body  # type: ignore[attr-defined]
        if isinstance(statement, ast.Assign)
    }
    if "name" not in texts:
        raise ValueError("no plain name")
    return str(ast.literal_eval(texts["name"]))


def _modules() -> list[str]:
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return [f"{__package__}.{module.name}" for module in found]


@cache
def _found() -> tuple[tuple[str, Engine], ...]:
    modules = map(importlib.import_module, _modules())
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
