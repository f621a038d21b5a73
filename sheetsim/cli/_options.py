"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

import click

from sheetsim.module_text import constant
from sheetsim.option_values import real, whole
from sheetsim.terminal import parsed_option

if TYPE_CHECKING:
    from sheetsim.topics._options import Option

Command = Callable[..., None]

SHOWN = 10
"""How many differences are printed unless `--show` says otherwise."""


def workbook_options(
    command: Command, workbooks: Collection[str] | None = None, without: Collection[str] = ()
) -> Command:
    """An option of the command for every option of some workbooks, or of all, but for some."""
    from sheetsim.topics import covers  # who wants --show alone need not wait for it

    found: dict[str, dict[str, list[tuple[Option, str]]]] = {}
    for lesson in covers().values():
        if lesson.needs or (workbooks is not None and lesson.name not in workbooks):
            continue
        for option in lesson.options:
            if option.name not in without:
                texts = found.setdefault(option.name, {})
                texts.setdefault(option.help, []).append((option, lesson.name))
    for name, texts in reversed(found.items()):
        metavar = next(iter(texts.values()))[0][0].metavar
        text = "; ".join(f"{text} {_defaults(owners)}" for text, owners in texts.items())
        command = click.option(f"--{name.replace('_', '-')}", metavar=metavar, help=text)(command)
    return command


def _defaults(owners: Iterable[tuple[Option, str]]) -> str:
    """The workbooks that have an option, behind the default of each: `[5] (a, b), [6] (c)`."""
    workbooks: dict[Any, list[str]] = {}
    for option, workbook in owners:
        workbooks.setdefault(option.default, []).append(workbook)
    parts = [
        ("" if default is None else f"[{default}] ") + f"({', '.join(names)})"
        for default, names in workbooks.items()
    ]
    return ", ".join(parts)


show_option = parsed_option(
    "--show",
    whole(0, 10**9),
    default=SHOWN,
    metavar="N",
    help=f"differences to print [{SHOWN}]",
)


def _timeout() -> float:
    return float(constant("sheetsim.engines.base", "DEFAULT_TIMEOUT"))


timeout_option = parsed_option(
    "--timeout",
    real(0, 1e6, above=True),
    default=_timeout,
    metavar="SECONDS",
    help=lambda: f"time limit of an engine, for a file [{_timeout():g}]",
)
