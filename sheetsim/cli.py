"""The command line: a thin layer over `sheetsim.api`, and the one place that prints.

Results go to standard output, progress and errors to standard error. An error is one line, and
the exit code says what kind it is (see `sheetsim.errors`).
"""

import functools
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

import sheetsim
from sheetsim import api
from sheetsim.errors import OptionError, SheetsimError
from sheetsim.topics import find, lessons

INTERRUPTED = 130
SHOWN = 10
"""How many differences are printed unless told otherwise."""


class _Group(click.Group):
    """A group whose commands end with one line for each error of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SheetsimError as error:
            click.echo(f"sheetsim: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("sheetsim: interrupted; files that were finished are kept", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(sheetsim.__version__, prog_name="sheetsim")
def main() -> None:
    """Workbooks with live formulas, solved by NumPy and proved cell by cell.

    \b
    sheetsim list                      what there is
    sheetsim build --out workbooks     write every workbook
    sheetsim check workbooks/*.xlsx    recalculate them and compare every cell
    sheetsim solve bias --seed 1       the solver alone
    sheetsim compare mine.xlsx         what Excel's Solver made of a workbook
    """


@main.command("list")
def list_() -> None:
    """List the workbooks and their topics.

    \b
    Example:  sheetsim list
    """
    table = Table("workbook", "topic", "what it is", "solve", "trace")
    last = None
    for info in api.topics().values():
        workbook = info.workbook if info.workbook != last else ""
        marks = ["yes" if able else "" for able in (info.solvable, info.traceable)]
        table.add_row(workbook, info.name, info.summary, *marks)
        last = info.workbook
    _console().print(table)


Command = Callable[..., None]
FOR_SHEETS_ONLY = {"at", "epochs", "variant", "lr", "beta1", "beta2"}
"""Options that change a workbook but not its Solver models."""


def _workbook_options(command: Command, without: Collection[str] = ()) -> Command:
    """An option of the command for every option of every workbook."""
    helps: dict[str, tuple[str, str]] = {}
    for lesson in lessons().values():
        for option in lesson.options:
            known = helps.get(option.name)
            text = option.help + (f" [{option.default}]" if option.default is not None else "")
            both = text if known is None else f"{known[1]}; {text}"
            helps[option.name] = (option.metavar, f"{both} ({lesson.name})")
    for name, (metavar, text) in reversed(helps.items()):
        if name in without:
            continue
        command = click.option(f"--{name}", metavar=metavar, help=text)(command)
    return command


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-o", "--out", default=".", metavar="DIR", help="folder for the workbooks [.]")
@click.option("--check/--no-check", "checked", default=False, help="check each when it is written")
@_workbook_options
def build(names: tuple[str, ...], out: str, checked: bool, **options: Any) -> None:
    """Write workbooks: all of them, or those (or the topics) NAMEd.

    \b
    Examples:
      sheetsim build --out workbooks --check
      sheetsim build collab_filter --ratings ratings.csv --k 4
      sheetsim build gradient_descent --points line.csv --epochs 25 --variant textbook
    """
    wanted = names or api.workbooks()
    given = {key: value for key, value in options.items() if value is not None}
    chosen = {name: _options_of(name, given, alone=len(wanted) == 1) for name in wanted}
    unused = set(given).difference(*chosen.values())
    if unused:
        raise OptionError(f"--{min(unused)} is no option of {', '.join(wanted)}")
    folder = Path(out)
    _make_folder(folder)
    failed = False
    with _progress(len(wanted) * (2 if checked else 1)) as step:
        for name in wanted:
            step(f"{name}: building", 0)
            path = api.build(name, folder / f"{name}.xlsx", **chosen[name])
            step(f"{name}: written", 1)
            click.echo(f"{path}: written")
            if checked:
                report = api.check(path, progress=_words(step, name))
                step(f"{name}: checked", 1)
                _print_report(report, SHOWN)
                failed |= not report.ok
    if failed:
        raise click.exceptions.Exit(1)


def _options_of(name: str, given: dict[str, Any], *, alone: bool) -> dict[str, Any]:
    """Those of the given options that the workbook has; a lone workbook must have all."""
    known = {option.name for option in find(name)[0].options}
    for key in given:
        if alone and key not in known:
            raise OptionError(
                f"{name} has no option --{key}; it has --{', --'.join(sorted(known))}"
            )
    return {key: value for key, value in given.items() if key in known}


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"{folder}: cannot be a folder to write to ({error.strerror})") from error


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    help="ironcalc or libreoffice; may be given twice [all that are installed]",
)
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@click.option("--show", default=SHOWN, metavar="N", help=f"differences to print [{SHOWN}]")
def check(files: tuple[str, ...], engines: tuple[str, ...], as_json: bool, show: int) -> None:
    """Recalculate FILEs in spreadsheet engines and compare every formula cell with NumPy.

    Exits with 0 only if all agree.

    \b
    Examples:
      sheetsim check workbooks/*.xlsx
      sheetsim check mine.xlsx --engine libreoffice --json
    """
    reports = []
    with _progress(len(files)) as step:
        for file in files:
            name = Path(file).name
            reports.append(api.check(file, engines or None, progress=_words(step, name)))
            step(f"{name}: checked", 1)
            if not as_json:
                _print_report(reports[-1], show)
    if as_json:
        _print_json([report.as_dict() for report in reports])
    if not all(report.ok for report in reports):
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("name", metavar="TOPIC")
@click.option("--starts", default=1, metavar="N", help="starts, run as one batch; best wins [1]")
@click.option("--precision", type=float, metavar="P", help="how exactly bounds hold [1e-6]")
@click.option("--convergence", type=float, metavar="C", help="relative change to stop at [1e-10]")
@click.option("--max_time", type=float, metavar="SECONDS", help="time limit [none]")
@click.option("--max_iterations", type=int, metavar="N", help="iteration limit [the method's]")
@click.option("--derivatives", metavar="HOW", help="analytic, central or forward [analytic]")
@click.option("--log", "with_log", is_flag=True, help="print the log of trials too")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@functools.partial(_workbook_options, without=FOR_SHEETS_ONLY)
def solve(name: str, with_log: bool, as_json: bool, **options: Any) -> None:
    """Find the optimum of a TOPIC's Solver model with the NumPy solver.

    \b
    Examples:
      sheetsim solve dot_product --ratings ratings.csv --seed 1
      sheetsim solve bias --k 3 --starts 20 --log
    """
    given = {key: value for key, value in options.items() if value is not None}
    given["seed"] = _whole("seed", given.get("seed", 0))
    result = api.solve(name, **given)
    if as_json:
        _print_json(asdict(result))
        return
    table = Table(show_header=False)
    table.add_row("objective", f"{result.objective:.10g}")
    table.add_row("at the start", f"{result.start_objective:.10g}")
    table.add_row("status", result.status)
    table.add_row("variables", f"{result.variables.size}")
    table.add_row("iterations", f"{result.iterations}")
    table.add_row("evaluations", f"{result.evaluations}")
    table.add_row("time", f"{result.seconds:.3f} s")
    _console().print(table)
    if with_log:
        log = Table(*result.columns())
        for trial in result.log:
            log.add_row(*(f"{value:.6g}" for value in asdict(trial).values()))
        _console().print(log)
    if not result.success:
        raise click.exceptions.Exit(1)


def _whole(name: str, value: Any) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise OptionError(f"{name} is {value!r}; expected a whole number") from error


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@click.option("--show", default=SHOWN, metavar="N", help=f"differences to print [{SHOWN}]")
def compare(files: tuple[str, ...], as_json: bool, show: int) -> None:
    """Compare FILEs that were changed, solved or saved elsewhere with NumPy and our solver.

    \b
    Example:  sheetsim compare solved-in-excel.xlsx
    """
    comparisons = []
    for file in files:
        comparison = api.compare(file)
        comparisons.append(comparison)
        if as_json:
            continue
        table = Table(
            "model", "saved", "recomputed", "from here", "from the start", "verdict", title=file
        )
        for model in comparison.models:
            numbers = (model.saved, model.recomputed, model.from_here, model.from_start)
            table.add_row(model.topic, *map(_number, numbers), model.verdict)
        _console().print(table)
        click.echo(f"{file}: {comparison.status}")
        _print_differences(comparison.differences, show)
    if as_json:
        _print_json([comparison.as_dict() for comparison in comparisons])
    if not all(comparison.ok for comparison in comparisons):
        raise click.exceptions.Exit(1)


# Printing ----------------------------------------------------------------------------------


def _console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal, and wide enough for a table where there is none."""
    wide = None if sys.stdout.isatty() else 120
    return Console(stderr=stderr, width=wide, highlight=False)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str, int], None]]:
    """A progress bar on standard error; yields step(words, how many parts are done)."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("starting", total=total)
        yield lambda words, done: bar.update(task, description=words, advance=done)


def _words(step: Callable[[str, int], None], name: str) -> Callable[[str], None]:
    """What `check` calls before each stage, for the bar."""
    return lambda stage: step(f"{name}: {stage}", 0)


def _print_report(report: api.Report, show: int) -> None:
    table = Table("sheet", "engine", "cells", "differ", "by floor", "worst agreeing")
    for row in report.sheets:
        numbers = (f"{row.cells:,}", f"{row.differ:,}", f"{row.by_floor:,}", f"{row.worst:.1e}")
        table.add_row(row.sheet, row.engine, *numbers)
    _console().print(table)
    click.echo(f"{report.path}: {report.status}")
    for name, why in report.missing.items():
        click.echo(f"{report.path}: not checked in {name}: {why}")
    _print_differences(report.differences, show)


def _print_differences(differences: Sequence[Any], show: int) -> None:
    for d in differences[:show]:
        click.echo(f"  {d.sheet}!{d.cell}  {d.formula}")
        click.echo(
            f"    NumPy {d.expected!r}, {d.engine} {d.found!r} (inputs {d.inputs}); {d.reason}"
        )
    if len(differences) > show:
        click.echo(
            f"  ... and {len(differences) - show:,} more (--show {len(differences)}, or --json)"
        )


def _print_json(value: Any) -> None:
    def plain(item: Any) -> Any:
        return item.tolist() if isinstance(item, np.ndarray | np.generic) else str(item)

    click.echo(json.dumps(value, default=plain, indent=2))


def _number(value: Any) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)
