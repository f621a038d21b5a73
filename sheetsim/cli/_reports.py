"""Reports of checks and comparisons, printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from sheetsim.terminal import Bar, console, new_table, one_line

if TYPE_CHECKING:
    from sheetsim import api


def stage_words(bar: Bar, name: str) -> Callable[[str], None]:
    """What `check` calls before each stage, for the bar."""
    return lambda stage: bar(f"{name}: {stage}")


def print_report(report: api.CheckReport, show: int) -> None:
    from sheetsim.engines.choice import facts_of

    table = new_table("sheet", "engine", "cells", "differ", "by floor", "worst agreeing")
    for row in report.sheets:
        numbers = (f"{row.cells:,}", f"{row.differ:,}", f"{row.by_floor:,}", f"{row.worst:.1e}")
        table.add_row(row.sheet, facts_of(row.engine).title, *numbers)
    console().print(table)
    click.echo(one_line(f"{report.path}: {report.status}"))
    for name, why in report.missing.items():
        click.echo(one_line(f"{report.path}: not checked in {facts_of(name).title}: {why}"))
    counted = sum(row.differ for row in report.sheets)
    if counted != len({(d.sheet, d.cell) for d in report.differences}):
        click.echo(
            f"{counted:,} comparisons differ in the table, which compares each cell twice in each "
            "engine; where a formula is another one, its cell differs by that alone"
        )
    print_differences(report.differences, show)


def print_differences(differences: Sequence[Any], show: int) -> None:
    from sheetsim.engines.choice import facts_of

    for d in differences[:show]:
        click.echo(one_line(f"  {d.sheet}!{d.cell}  {d.formula}"))
        found = f"NumPy {d.expected!r}, {facts_of(d.engine).title} {d.found!r} (inputs {d.inputs})"
        click.echo(one_line(f"    {found}; {d.reason}"))
    if len(differences) > show:
        click.echo(
            f"  ... and {len(differences) - show:,} more (--show {len(differences)}, or --json)"
        )
