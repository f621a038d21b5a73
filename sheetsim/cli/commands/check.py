"""`sheetsim check`."""

from pathlib import Path

import click

from sheetsim import api
from sheetsim.cli._files import require_workbook
from sheetsim.cli._names import engine_names, require_engines
from sheetsim.cli._options import show_option, timeout_option
from sheetsim.cli._reports import print_report, stage_words
from sheetsim.terminal import option, print_json, progress


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    help=lambda: (
        f"{' or '.join(engine_names())}; may be given several times [all that are installed]"
    ),
)
@timeout_option
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="print all of it as JSON: a list, an object for each FILE",
)
@show_option
def command(
    files: tuple[str, ...],
    engines: tuple[str, ...],
    timeout: float,
    as_json: bool,
    show: int,
) -> None:
    """Recalculate workbooks of `build`, and compare every formula cell.

    Spreadsheet engines compute FILEs, with their inputs and with others, and every formula cell is
    compared with NumPy. For any other workbook there is `sheetsim verify`.

    The table has, of each sheet and engine: its cells with formulas; differ: how many comparisons
    fail, of two for each cell, with the inputs as they are and with others; by floor: how many
    agree only because terms cancel in that cell, so that what is left of them is rounding; worst
    agreeing: the largest relative difference of those that agree without that.

    Exits with 0 if all agree, with 1 if a cell differs, with 2 for bad input, with 3 if an engine
    is missing, hung or died, with 130 if interrupted.

    \b
    Examples:
      sheetsim check workbooks/*.xlsx
      sheetsim check mine.xlsx --engine libreoffice --json
    """
    require_engines(engines, engine_names())
    require_workbook(files[0])

    from sheetsim.checking.expected import Expectations

    reports = []
    shared = Expectations()
    with progress(len(files)) as bar:
        for file in files:
            name = Path(file).name
            words = stage_words(bar, name)
            reports.append(
                api.check(
                    file, engines or None, timeout=timeout, progress=words, expectations=shared
                )
            )
            bar(f"{name}: checked", 1)
            if not as_json:
                with bar.aside():
                    print_report(reports[-1], show)
    if as_json:
        print_json([report.as_dict() for report in reports])
    if not all(report.ok for report in reports):
        raise click.exceptions.Exit(1)
