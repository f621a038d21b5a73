"""Reports of checks and comparisons, printed."""

from collections.abc import Callable, Sequence
from typing import Any

import click
from rich.table import Table

from sheetsim import api
from sheetsim.terminal import Bar, console, one_line


def stage_words(bar: Bar, name: str) -> Callable[[str], None]:
    """What `check` calls before each stage, for the bar."""
    return lambda stage: bar(f"{name}: {stage}")


def print_report(report: api.Report, show: int) -> None:
    table = Table("sheet", "engine", "cells", "differ", "by floor", "worst agreeing")
    for row in report.sheets:
        numbers = (f"{row.cells:,}", f"{row.differ:,}", f"{row.by_floor:,}", f"{row.worst:.1e}")
        table.add_row(row.sheet, row.engine, *numbers)
    console().print(table)
    click.echo(one_line(f"{report.path}: {report.status}"))
    for name, why in report.missing.items():
        click.echo(one_line(f"{report.path}: not checked in {name}: {why}"))
    print_differences(report.differences, show)


def print_differences(differences: Sequence[Any], show: int) -> None:
    for d in differences[:show]:
        click.echo(one_line(f"  {d.sheet}!{d.cell}  {d.formula}"))
        found = f"NumPy {d.expected!r}, {d.engine} {d.found!r} (inputs {d.inputs})"
        click.echo(one_line(f"    {found}; {d.reason}"))
    if len(differences) > show:
        click.echo(
            f"  ... and {len(differences) - show:,} more (--show {len(differences)}, or --json)"
        )
