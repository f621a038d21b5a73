"""`sheetsim compare`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from sheetsim import api
from sheetsim.cli._files import require_workbook
from sheetsim.cli._options import show_option
from sheetsim.cli._reports import print_differences
from sheetsim.terminal import console, new_table, one_line, print_json, progress


@click.command("compare")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="print all of it as JSON: a list, an object for each FILE",
)
@show_option
def command(files: tuple[str, ...], as_json: bool, show: int) -> None:
    """Compare workbooks of `build` that were solved elsewhere.

    FILEs may have been changed, solved and saved in any program. Every saved value is compared with
    NumPy's, and the objective of every Solver model with what our solver finds.

    Exits with 0 if every saved value is NumPy's, with 1 if one is not, with 2 for bad input, with
    130 if interrupted.

    \b
    Examples:
      sheetsim compare solved-in-excel.xlsx
      sheetsim compare mine.xlsx --json
    """
    require_workbook(files[0])
    comparisons = []
    with progress(len(files)) as bar:
        for file in files:
            bar(f"{Path(file).name}: comparing")
            comparisons.append(api.compare(file))
            bar(f"{Path(file).name}: compared", 1)
            if not as_json:
                with bar.aside():
                    _print_comparison(comparisons[-1], show)
    if as_json:
        print_json([comparison.as_dict() for comparison in comparisons])
    if not all(comparison.ok for comparison in comparisons):
        raise click.exceptions.Exit(1)


def _print_comparison(comparison: api.Comparison, show: int) -> None:
    table = new_table("model", "saved", "recomputed", "from here", "from the start", "verdict")
    for model in comparison.models:
        numbers = (model.saved, model.recomputed, model.from_here, model.from_start)
        table.add_row(model.topic, *map(_number, numbers), model.verdict)
    if comparison.models:
        console().print(table)
    click.echo(one_line(f"{comparison.path}: {comparison.status}"))
    if not comparison.without_values:
        print_differences(comparison.differences, show)


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6f}" if math.isfinite(value) else "no number"
    return str(value)
