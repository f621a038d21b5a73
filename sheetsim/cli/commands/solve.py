"""`sheetsim solve FILE.xlsx`; for `sheetsim solve TOPIC` see `solve_topic`."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetsim.cli._against import asked, compare_solvers
from sheetsim.cli._files import Done, Written, file_of, folder_for, require_workbook
from sheetsim.cli._names import of_solver, peer_names
from sheetsim.errors import INTERRUPTED, OptionError, WorkbookError
from sheetsim.option_values import one_of, real, whole
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
    from collections.abc import Iterable

    from sheetsim.solving import Request, Solved
    from sheetsim.solving.many import Table

ABOVE_0 = real(0, above=True)
SHOWN = 10
"""Variables and rows that are printed; JSON and the copy have them all."""


@click.command("solve")
@click.argument("file", metavar="FILE.xlsx|TOPIC")
@click.option("--list", "only_list", is_flag=True, help="say which models the file holds")
@click.option("--sheet", metavar="NAME", help="sheet whose stored model it is [the only one]")
@click.option("--objective", metavar="CELL", help="cell to optimize [stored]")
@click.option("--minimize", is_flag=True, help="make it small [stored, or else this]")
@click.option("--maximize", is_flag=True, help="make it large")
@parsed_option("--value", real(-1e308, 1e308), metavar="V", help="make it equal to V")
@click.option(
    "--by",
    multiple=True,
    metavar="CELLS",
    help="cells to change; may be given several times [stored]",
)
@click.option(
    "--subject-to",
    multiple=True,
    metavar="TEXT",
    help='constraint, "B1:B5<=C1:C5" or "B1 integer"; may be given several times [stored]',
)
@click.option(
    "--non-negative/--free",
    default=None,
    help="variables without a lower bound are at least 0, or not [stored, or else free]",
)
@click.option("--engine", metavar="NAME", help="GRG Nonlinear, Simplex LP or Evolutionary [stored]")
@parsed_option(
    "--start",
    one_of("current", "random", "zero"),
    default="current",
    metavar="WHERE",
    help="start at the file's values (current), at random ones or at zero [current]",
)
@parsed_option(
    "--starts",
    whole(1, 10**9),
    metavar="N",
    help="starts, all but one random (populations of Evolutionary); the best result counts "
    "[stored, or else 1]",
)
@parsed_option(
    "--seed", whole(0, 2**32 - 1), metavar="SEED", help="seed of random numbers [stored, or else 0]"
)
@click.option(
    "--set",
    "set_",
    multiple=True,
    metavar="CELL=V",
    help="set an input before solving; may be given several times",
)
@click.option(
    "--sweep",
    multiple=True,
    metavar="CELL=A:B:N",
    help="solve once for each of N values of an input, from A to B; may be given several times",
)
@parsed_option(
    "--jobs",
    whole(1, 10_000),
    default=1,
    metavar="N",
    help="processes for a sweep or many starts [1]",
)
@option(
    "--against",
    metavar="NAMES",
    help=lambda: (
        f"let other solvers solve it too, and compare: all, or some of {', '.join(peer_names())}, "
        "and files that others solved, with commas between; --out is then a table, .csv or .json, "
        "or a picture, .png"
    ),
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Dask cluster for them, such as tcp://host:8786"
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="solved copy, or the folder for it [FILE.solved.xlsx]; of a sweep: a table, .csv, .json "
    "or .xlsx [none]",
)
@click.option("--no-copy", is_flag=True, help="write no solved copy")
@click.option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="write the linear model to a .mps or .lp file, for other programs, and do not solve it",
)
@click.option(
    "--report",
    is_flag=True,
    help="add the sheets Answer Report, Sensitivity Report, Limits Report and Trials to the copy",
)
@click.option(
    "--save-report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="write the same reports to one .json file, or to a .csv file each",
)
@parsed_option("--precision", ABOVE_0, metavar="P", help="how exactly constraints hold [stored]")
@parsed_option(
    "--convergence",
    ABOVE_0,
    metavar="C",
    help=lambda: f"relative change to stop at [{of_solver('convergence')}]",
)
@parsed_option("--max-time", ABOVE_0, metavar="SECONDS", help="time limit [stored]")
@parsed_option("--max-iterations", whole(1, 10**9), metavar="N", help="iteration limit [stored]")
@parsed_option(
    "--integer-tolerance",
    real(0, 1),
    metavar="T",
    help=lambda: (
        "how far from the best an integer solution may be, relatively "
        f"[{of_solver('integer_tolerance')}]"
    ),
)
@parsed_option(
    "--derivatives",
    one_of("analytic", "central", "forward"),
    metavar="HOW",
    help=lambda: f"analytic (exact), central or forward (differences) [{of_solver('derivatives')}]",
)
@parsed_option(
    "--population", whole(1, 10**9), metavar="N", help="population of Evolutionary [stored]"
)
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(file: str, only_list: bool, as_json: bool, **given: Any) -> None:
    """Solve a workbook's Solver model, from its own formulas.

    Writes a solved copy, in which nothing has changed but the variables and the cells that depend
    on them. The model is the one that is stored in FILE.xlsx, or one that is given: by --objective,
    --minimize, --maximize or --value, --by and --subject-to. It then goes into the copy in Excel's
    form. Options that are not given are as the model in the file has them, where [stored] says so.

    A TOPIC of the lecture has other options: sheetsim solve dot_product --help

    Exits with 0 if the model was solved, with 1 if it was not (then no copy is written, but with
    --report one that has the file's own values and says why), with 2 for bad input, with 3 if
    IronCalc or a package that is needed is missing, with 130 if interrupted.

    \b
    Examples:
      sheetsim solve model.xlsx --list
      sheetsim solve model.xlsx --out solved.xlsx --report
      sheetsim solve plan.xlsx --maximize --objective Sheet1!D9 --by B1:B5 \\
          --subject-to "B1:B5<=C1:C5" --engine "Simplex LP"
      sheetsim solve model.xlsx --sweep B1=0.1:1:10 --jobs 4 --out sweep.csv
      sheetsim solve model.xlsx --against scipy-slsqp,ipopt,solved-in-excel.xlsx
    """
    from sheetsim.workbook.read.paths import require_workbook_name

    require_workbook_name(file)
    require_workbook(file)
    if only_list:
        _list_models(file, as_json)
        return
    given = {name: value for name, value in given.items() if value is not None}
    if "export" in given:
        _export(file, given)
        return
    if "against" in given:
        compare_solvers(file, given, as_json)
        return
    how = _How(given, file)
    if how.sweep:
        with folder_for(how.folder):
            _sweep(file, how, as_json)
        return
    written = Written()
    with folder_for(how.folder):
        solved = _solve(file, how, as_json, written)
    if as_json:
        print_json({**solved.as_dict(), **written.as_dict()})
    else:
        _print_solved(solved)
        _print_files(written)
    if not solved.success:
        raise click.exceptions.Exit(INTERRUPTED if solved.interrupted else 1)


def _export(file: str, given: dict[str, Any]) -> None:
    from sheetsim.solving.export import export_file

    target: Path = given.pop("export")
    no_solve = ("sweep", "jobs", "report", "no_copy", "scheduler", "out", "save_report", "against")
    for name in no_solve:
        value = given.pop(name, None)
        if value and not (name == "jobs" and value == 1):
            option = f"--{name.replace('_', '-')}"
            raise OptionError(f"{option} was given; expected it without --export")
    there = target.exists()
    written = Written()
    written.note(export_file(file, asked(given), target), there)
    _print_files(written)


class _How:
    """The options that are the command's own, apart from those of the request."""

    def __init__(self, given: dict[str, Any], file: str) -> None:
        self.sweep: tuple[str, ...] = given.pop("sweep")
        self.jobs: int = given.pop("jobs")
        self.scheduler: str | None = given.pop("scheduler", None)
        self.report: bool = given.pop("report")
        self.save_report: Path | None = given.pop("save_report", None)
        no_copy: bool = given.pop("no_copy")
        for name, there in (("--report", self.report), ("--save-report", self.save_report)):
            if self.sweep and there:
                raise OptionError(f"{name} is of one solution; expected it without --sweep")
        if self.report and no_copy:
            raise OptionError("--report adds sheets to the copy; expected it without --no-copy")
        self.folder, self.out = self._place(given.pop("out", None), Path(file), no_copy)
        self.request: Request = asked(given)

    def _place(self, out: Path | None, own: Path, no_copy: bool) -> tuple[Path | None, Path | None]:
        """The folder that was given, if it was one, and the file to write, if there is one."""
        if out is None and (no_copy or self.sweep):
            return None, None
        if no_copy:
            raise OptionError("--no-copy was given with --out; expected one of them")
        name = f"{own.stem}.sweep.csv" if self.sweep else f"{own.stem}.solved{own.suffix}"
        if out is None:
            return None, Path(name)
        kinds = [".csv", ".json", own.suffix] if self.sweep else [own.suffix]
        file = file_of(out, name, kinds)
        return (None if file is out else out), file


def _solve(file: str, how: _How, as_json: bool, written: Written) -> Solved:
    from sheetsim.solving.run import solve_file

    def before(lines: tuple[str, ...]) -> None:
        # Who watches wants to see it now; a pipe or a file gets all of it or nothing.
        if sys.stdout.isatty() and not as_json:
            with bar.aside():
                _print_lines(lines)
            bar("solving")

    if how.report or how.save_report:
        from sheetsim.solving.reports import report_sheets, require_report, save_report
    if how.save_report is not None:
        require_report(how.save_report)
    there = how.out is not None and how.out.exists()
    with progress(1) as bar:
        solved = solve_file(
            file,
            how.request,
            out=how.out,
            reports=report_sheets if how.report else None,
            before=before,
            jobs=how.jobs,
            scheduler=how.scheduler,
            progress=lambda sheet, share: bar(f"reading {sheet}: {share:.0%}"),
        )
    if solved.path is not None:
        written.note(solved.path, there)
    if how.save_report is not None:
        before_it = set(how.save_report.parent.iterdir())
        for path in save_report(solved, how.save_report):
            written.note(path, path in before_it)
    if not sys.stdout.isatty() and not as_json:
        _print_lines(solved.before)
    return solved


def _print_files(written: Written) -> None:
    """A line for each file; that of a new copy is its name alone, for programs to take."""
    for path, done in written.files.items():
        click.echo(one_line(path if done is Done.WRITTEN else f"{path}: {done}"))


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(one_line(line))


def _sweep(file: str, how: _How, as_json: bool) -> None:
    from sheetsim.solving.many import require_table, save_table, sweep_file

    if how.out is not None:
        require_table(file, how.out)
    with progress(1) as bar:
        prepared, table = sweep_file(
            file,
            how.request,
            how.sweep,
            jobs=how.jobs,
            scheduler=how.scheduler,
            progress=lambda done: bar(f"{done:,} solved"),
        )
    written = Written()
    if how.out is not None:
        written.add(how.out, functools.partial(save_table, prepared, table, how.out))
    if as_json:
        print_json(table.as_dicts())
        for path in written.replaced:
            click.echo(one_line(f"{path}: {Done.REPLACED}"), err=True)  # JSON is the rows alone
    else:
        _print_table(table)
        _print_files(written)
    if not table.success:
        raise click.exceptions.Exit(INTERRUPTED if table.interrupted else 1)


def _list_models(file: str, as_json: bool) -> None:
    from sheetsim.workbook.read.book import read_book
    from sheetsim.workbook.solver_model.cell_problems import cell_problems
    from sheetsim.workbook.solver_model.describe import describe
    from sheetsim.workbook.solver_model.read import read_models

    book = read_book(file)
    models = read_models(book)
    if as_json:
        from dataclasses import asdict

        found = {}
        for sheet, model in models.items():
            problems = [str(one) for one in [*model.problems] or cell_problems(book, model)]
            found[sheet] = {**asdict(model), "words": describe(model), "problems": problems}
        print_json({"file": file, "models": found})
        return
    if not models:
        raise WorkbookError(f"{file}: holds no Solver model; expected one, or --objective and --by")
    for model in models.values():
        for line in describe(model).splitlines():
            click.echo(one_line(line))
        if not model.problems:
            for problem in cell_problems(book, model):
                click.echo(one_line(f"  cannot be solved: {problem}"))


def _print_solved(solved: Solved) -> None:
    click.echo()
    _print_lines(solved.after)
    table = new_table("cell", "start", "value")
    rows = list(zip(solved.variables.items(), solved.solution.start, strict=True))
    for (cell, value), start in rows[:SHOWN]:
        table.add_row(one_line(cell), f"{start:.10g}", f"{value:.10g}")
    console().print(table)
    if len(rows) > SHOWN:
        click.echo(f"... and {len(rows) - SHOWN:,} more variables (--json shows all)")


def _print_table(table: Table) -> None:
    shown = new_table(*map(one_line, table.inputs), "objective", "status")
    for values, solution in table.rows:
        cells = [f"{value:.6g}" for value in values]
        if solution is None:
            shown.add_row(*cells, "", "interrupted")
        else:
            objective = f"{solution.objective:.10g}" if solution.success else ""
            shown.add_row(*cells, objective, one_line(solution.status))
    console().print(shown)
