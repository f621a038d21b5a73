"""The command line: a thin layer over `sheetsim.api`, and the one place that prints.

Results go to standard output, progress and errors to standard error. An error is one line, and
the exit code says what kind it is (see `sheetsim.errors`).
"""

import functools
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

import sheetsim
from sheetsim import api
from sheetsim.check import TIMEOUT
from sheetsim.errors import OptionError, OutputError
from sheetsim.terminal import Bar, Group, console, one_line, parsed_option, print_json, progress
from sheetsim.topics import find, lessons
from sheetsim.topics._options import Parse, one_of, real, whole

SHOWN = 10
"""How many differences are printed unless told otherwise."""


@click.group(
    cls=Group,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # --max-time is --max_time: the names are Python's, the dashes are what fingers type.
        "token_normalize_func": lambda name: name.replace("-", "_"),
    },
)
@click.version_option(sheetsim.__version__, prog_name="sheetsim")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Workbooks with live formulas, solved by NumPy and proved cell by cell.

    \b
    sheetsim list                      what there is
    sheetsim build --out workbooks     write every workbook
    sheetsim check workbooks/*.xlsx    recalculate them and compare every cell
    sheetsim solve bias --seed 1       the solver alone
    sheetsim compare mine.xlsx         what Excel's Solver made of a workbook
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


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
    console().print(table)


Command = Callable[..., None]
HOW = one_of("analytic", "central", "forward")
FOR_SHEETS_ONLY = {"at", "epochs", "variant", "lr", "beta1", "beta2"}
"""Options that change a workbook but not its Solver models."""

WORKBOOK_OPTIONS = {option.name for lesson in lessons().values() for option in lesson.options}


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


def _for_solver(name: str, parse: Parse, metavar: str, text: str) -> Callable[[Command], Command]:
    """An option of the solver."""
    return parsed_option(f"--{name}", parse, metavar=metavar, help=text)


_show = parsed_option(
    "--show",
    whole(0, 10**9),
    default=SHOWN,
    metavar="N",
    help=f"differences to print [{SHOWN}]",
)


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
      sheetsim build gradient_descent --points line.csv --variant textbook
    """
    wanted = tuple(dict.fromkeys(names)) or api.workbooks()
    given = {key: value for key, value in options.items() if value is not None}
    chosen = {name: _options_of(name, given, alone=len(wanted) == 1) for name in wanted}
    unused = set(given).difference(*chosen.values())
    if unused:
        raise OptionError(f"--{min(unused)} is no option of {', '.join(wanted)}")
    folder = Path(out)
    if folder.suffix == ".xlsx" and not folder.is_dir():
        raise OptionError(f"--out is {out}; expected a folder, for files named as the workbooks")
    failed = False
    with progress(len(wanted) * (3 if checked else 2)) as bar:
        books = {}
        for name in wanted:  # whatever is wrong with options or data shows before a file is written
            bar(f"{name}: solving")
            books[name] = api.prepare(name, **chosen[name])
            bar(f"{name}: solved", 1)
        _make_folder(folder)
        for name, book in books.items():
            bar(f"{name}: writing")
            path = api.write(book, folder / f"{name}.xlsx")
            bar(f"{name}: written", 1)
            with bar.aside():
                click.echo(one_line(f"{path}: written, with {book.plan['topics']}"))
            if checked:
                report = api.check(path, progress=_words(bar, name))
                bar(f"{name}: checked", 1)
                with bar.aside():
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
        there = isinstance(error, FileExistsError)
        reason = "is there and is no folder" if there else error.strerror
        raise OutputError(f"{folder}: cannot be a folder to write to ({reason})") from error


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    help="ironcalc or libreoffice; may be given twice [all that are installed]",
)
@parsed_option(
    "--timeout",
    real(0, 1e6, above=True),
    default=TIMEOUT,
    metavar="SECONDS",
    help=f"time limit of an engine, for a copy of a file [{TIMEOUT:g}]",
)
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@_show
def check(
    files: tuple[str, ...], engines: tuple[str, ...], timeout: float, as_json: bool, show: int
) -> None:
    """Recalculate FILEs in spreadsheet engines and compare every formula cell with NumPy.

    Exits with 0 only if all agree.

    \b
    Examples:
      sheetsim check workbooks/*.xlsx
      sheetsim check mine.xlsx --engine libreoffice --json
    """
    reports = []
    with progress(len(files)) as bar:
        for file in files:
            name = Path(file).name
            words = _words(bar, name)
            reports.append(api.check(file, engines or None, timeout=timeout, progress=words))
            bar(f"{name}: checked", 1)
            if not as_json:
                with bar.aside():
                    _print_report(reports[-1], show)
    if as_json:
        print_json([report.as_dict() for report in reports])
    if not all(report.ok for report in reports):
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("name", metavar="TOPIC")
@_for_solver("starts", whole(1, 100_000), "N", "starts, run as one batch; best wins [1]")
@_for_solver("precision", real(0, above=True), "P", "how exactly bounds hold [1e-6]")
@_for_solver("convergence", real(0, above=True), "C", "relative change to stop at [1e-10]")
@_for_solver("max_time", real(0, above=True), "SECONDS", "time limit [none]")
@_for_solver("max_iterations", whole(1, 10**9), "N", "iteration limit [the method's]")
@_for_solver("derivatives", HOW, "HOW", "analytic, central or forward [analytic]")
@click.option("--log", "with_log", is_flag=True, help="print the log of trials too")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@functools.partial(_workbook_options, without=FOR_SHEETS_ONLY)
def solve(name: str, with_log: bool, as_json: bool, **options: Any) -> None:
    """Find the optimum of a TOPIC's Solver model with the NumPy solver.

    Exits with 0 only if the solver converged.

    \b
    Examples:
      sheetsim solve dot_product --ratings ratings.csv --seed 1
      sheetsim solve bias --k 3 --starts 20 --log
    """
    given = {key: value for key, value in options.items() if value is not None}
    own = {option.name for option in find(name)[0].options} - FOR_SHEETS_ONLY
    for key in given:
        if key in WORKBOOK_OPTIONS and key not in own:
            raise OptionError(f"{name} has no option --{key}; it has --{', --'.join(sorted(own))}")
    given["seed"] = whole(0, 2**32 - 1)("--seed", given.get("seed", 0))
    result = api.solve(name, **given)
    if as_json:
        print_json(asdict(result))
    else:
        _print_result(result, with_log)
    if not result.success:
        raise click.exceptions.Exit(1)


def _print_result(result: api.Result, with_log: bool) -> None:
    table = Table(show_header=False)
    table.add_row("objective", f"{result.objective:.10g}")
    table.add_row("at the start", f"{result.start_objective:.10g}")
    table.add_row("status", result.status)
    table.add_row("variables", f"{result.variables.size}")
    table.add_row("iterations", f"{result.iterations}")
    table.add_row("evaluations", f"{result.evaluations}")
    table.add_row("time", f"{result.seconds:.3f} s")
    console().print(table)
    if with_log:
        log = Table(*result.columns())
        for trial in result.log:
            log.add_row(*(f"{value:.6g}" for value in asdict(trial).values()))
        console().print(log)


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@_show
def compare(files: tuple[str, ...], as_json: bool, show: int) -> None:
    """Compare FILEs that were changed, solved or saved elsewhere with NumPy and our solver.

    Exits with 0 only if every saved value is NumPy's.

    \b
    Example:  sheetsim compare solved-in-excel.xlsx
    """
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


# Printing ----------------------------------------------------------------------------------


def _words(bar: Bar, name: str) -> Callable[[str], None]:
    """What `check` calls before each stage, for the bar."""
    return lambda stage: bar(f"{name}: {stage}")


def _print_comparison(comparison: api.Comparison, show: int) -> None:
    table = Table("model", "saved", "recomputed", "from here", "from the start", "verdict")
    for model in comparison.models:
        numbers = (model.saved, model.recomputed, model.from_here, model.from_start)
        table.add_row(model.topic, *map(_number, numbers), model.verdict)
    if comparison.models:
        console().print(table)
    click.echo(one_line(f"{comparison.path}: {comparison.status}"))
    _print_differences(comparison.differences, show)


def _print_report(report: api.Report, show: int) -> None:
    table = Table("sheet", "engine", "cells", "differ", "by floor", "worst agreeing")
    for row in report.sheets:
        numbers = (f"{row.cells:,}", f"{row.differ:,}", f"{row.by_floor:,}", f"{row.worst:.1e}")
        table.add_row(row.sheet, row.engine, *numbers)
    console().print(table)
    click.echo(one_line(f"{report.path}: {report.status}"))
    for name, why in report.missing.items():
        click.echo(one_line(f"{report.path}: not checked in {name}: {why}"))
    _print_differences(report.differences, show)


def _print_differences(differences: Sequence[Any], show: int) -> None:
    for d in differences[:show]:
        click.echo(one_line(f"  {d.sheet}!{d.cell}  {d.formula}"))
        found = f"NumPy {d.expected!r}, {d.engine} {d.found!r} (inputs {d.inputs})"
        click.echo(one_line(f"    {found}; {d.reason}"))
    if len(differences) > show:
        click.echo(
            f"  ... and {len(differences) - show:,} more (--show {len(differences)}, or --json)"
        )


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6f}" if math.isfinite(value) else "no number"
    return str(value)
