"""`sheetsim verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sheetsim import api
from sheetsim.cli._files import require_workbook
from sheetsim.cli._names import engine_names, require_engines
from sheetsim.cli._options import show_option, timeout_option
from sheetsim.errors import EngineError, SheetsimError, WorkbookError
from sheetsim.module_text import constant
from sheetsim.option_values import real
from sheetsim.terminal import (
    console,
    new_table,
    one_line,
    option,
    parsed_option,
    print_json,
    progress,
)

if TYPE_CHECKING:
    from sheetsim.verifying.report import Disagreement, Verification


def _agrees(name: str) -> float:
    return float(constant("sheetsim.tolerances", name))


@click.command("verify")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    help=lambda: (
        f"{' or '.join(engine_names())}, or numpy for none; may be given several times "
        "[all that are installed]"
    ),
)
@parsed_option(
    "--tolerance",
    real(0, 0.01),
    metavar="T",
    help=lambda: (
        f"largest relative difference that agrees [{_agrees('VERIFY_TOLERANCE'):g} for NumPy, "
        f"{_agrees('VERIFY_ENGINE_TOLERANCE'):g} for the engines]"
    ),
)
@timeout_option
@show_option
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="print all of it as JSON: an object, or a list of them for several FILEs",
)
def command(
    files: tuple[str, ...],
    engines: tuple[str, ...],
    tolerance: float | None,
    timeout: float,
    show: int,
    as_json: bool,
) -> None:
    """Compute every formula of any workbook in three engines.

    NumPy, IronCalc and LibreOffice compute FILEs, and are compared with the values that are saved
    in them. The first cell that differs is named: one whose own formula does not give what is
    shown, before those that follow from it. Nothing that a file refers to is opened.

    The table has, of each that computed the file: its cells with formulas that were compared; how
    many agree; by rounding: how many of these only because each formula is right, which magnifies
    the last digits of what it refers to; volatile: random numbers, times, and what follows from
    them; unsupported: what it cannot compute, and what follows; worst: the largest relative
    difference that counts as equal.

    Exits with 0 if all agree, with 1 if a cell differs, with 2 for bad input (of several files the
    others are verified all the same), with 3 if an engine that was asked for is missing, or one
    hung or died; with 130 if interrupted.

    \b
    Examples:
      sheetsim verify model.xlsx
      sheetsim verify *.xlsx --engine ironcalc --json
    """
    require_engines(engines, ("numpy", *engine_names()))
    if len(files) == 1:
        require_workbook(files[0])
    done: list[Verification] = []
    bad: WorkbookError | None = None
    with progress(len(files)) as bar:
        for file in files:
            name = Path(file).name

            def words(stage: str, name: str = name) -> None:
                bar(f"{name}: {stage}")

            try:
                one = api.verify(
                    file,
                    engines=engines or None,
                    tolerance=tolerance,
                    timeout=timeout,
                    progress=words,
                )
            except WorkbookError as error:
                if len(files) == 1:
                    raise
                bad = error
                with bar.aside():
                    click.echo(f"sheetsim: {one_line(error)}", err=True)
                continue
            done.append(one)
            bar(f"{name}: verified", 1)
            if not as_json:
                with bar.aside():
                    _print(one, show)
    if as_json:
        reports = [one.as_dict() for one in done]
        print_json(reports[0] if len(files) == 1 else reports)
    if bad is not None:
        raise click.exceptions.Exit(bad.exit_code)
    if any(one.differences for one in done):
        raise click.exceptions.Exit(SheetsimError.exit_code)
    if not all(one.success for one in done):
        raise click.exceptions.Exit(EngineError.exit_code)


def _print(one: Verification, show: int) -> None:
    """Print a table of the sources, the outcome in a sentence, and the differences."""
    table = new_table(
        "", "cells", "agree", "by rounding", "volatile", "unsupported", "worst", "time"
    )
    for source in one.sources:
        if source.problem:
            table.add_row(source.title, *[""] * 6, f"{source.seconds:.1f} s")
            continue
        counts = (
            *(source.cells, source.agree, source.by_rounding),
            *(source.volatile, source.unsupported),
        )
        numbers = [f"{count:,}" for count in counts]
        table.add_row(source.title, *numbers, f"{source.worst:.0e}", f"{source.seconds:.1f} s")
    console().print(table)
    click.echo(one_line(f"{one.path}: {one.status}"))
    for line in _more(one):
        click.echo(one_line(f"{one.path}: {line}"))
    for each in one.differences[:show]:
        _print_difference(each)
    if len(one.differences) > show:
        count = len(one.differences)
        click.echo(f"  ... and {count - show:,} more (--show {count}, or --json)")


def _more(one: Verification) -> list[str]:
    """What there is to say beside the outcome, a line each."""
    from sheetsim.engines.choice import facts_of

    lines = list(one.notes)
    if one.volatile:
        lines.append(
            f"{one.volatile:,} cells of random numbers or the time are not compared; NumPy takes "
            "the cached ones for the cells that follow from them, the engines cannot"
        )
    if one.uncached:
        lines.append(f"{one.uncached:,} cells have no cached value, and are not compared")
    if one.unsupported:
        lines.append(f"{one.unsupported:,} cells can be computed by none of these")
    for source in one.sources:
        if source.problem:
            lines.append(f"{source.title} failed: {source.problem}")
        for reason, count in source.reasons.items():
            cells = "1 cell" if count == 1 else f"{count:,} cells"
            lines.append(f"{source.title} does not compute {cells}: {reason}")
    if one.reference == "numpy" and one.formulas:
        lines.append(
            "NumPy's values are what the engines are compared with, so none of NumPy's own is "
            "counted; `sheetsim recalc` writes values into the file"
        )
    lines += [f"not verified in {facts_of(name).title}: {why}" for name, why in one.missing.items()]
    return lines


def _print_difference(each: Disagreement) -> None:
    click.echo(one_line(f"  {each.sheet}!{each.cell}  {each.formula}"))
    from sheetsim.verifying.known_differences import title_of

    values = ", ".join(f"{title_of(name)} {value!r}" for name, value in each.values.items())
    click.echo(one_line(f"    {values}; {each.reason}"))
