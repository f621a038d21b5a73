"""`sheetsim goal-seek`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sheetsim.cli._files import Done, Written, file_of, folder_for, require_workbook
from sheetsim.errors import OptionError
from sheetsim.option_values import real
from sheetsim.terminal import one_line, parsed_option, print_json, progress

if TYPE_CHECKING:
    from sheetsim.solving.goal_seek import Sought


@click.command("goal-seek")
@click.argument("file", metavar="FILE")
@click.option("--set", "set_", required=True, metavar="CELL", help="cell that is to take the value")
@parsed_option("--to", real(-1e308, 1e308), required=True, metavar="V", help="the value")
@click.option("--by", required=True, metavar="CELL", help="cell to change")
@parsed_option(
    "--precision",
    real(0, above=True),
    default=1e-9,
    metavar="P",
    help="how far the cell may be from V, as a part of it; from 0, of its first values [1e-09]",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="the copy, or the folder for it [FILE.solved.xlsx]",
)
@click.option("--no-copy", is_flag=True, help="write no copy")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(
    file: str,
    set_: str,
    to: float,
    by: str,
    precision: float,
    out: Path | None,
    no_copy: bool,
    as_json: bool,
) -> None:
    """Find the value of one cell with which another takes a given value.

    Excel's Goal Seek, from the workbook's own formulas and their exact derivatives. Writes a copy
    in which nothing has changed but the cell --by and those that depend on it. A stored Solver
    model plays no part.

    Exits with 0 if the value was found, with 1 if it was not, and no copy is written; with 2 for
    bad input, with 3 if IronCalc is needed and missing, with 130 if interrupted.

    \b
    Examples:
      sheetsim goal-seek loan.xlsx --set B4 --to 1000 --by B1
      sheetsim goal-seek plan.xlsx --set Plan!F20 --to 0 --by Prices!B3 --out even.xlsx
    """
    require_workbook(file)
    if no_copy and out is not None:
        raise OptionError("--no-copy was given with --out; expected one of them")
    own = Path(file)
    name = f"{own.stem}.solved{own.suffix}"
    copy = None if no_copy else Path(name) if out is None else file_of(out, name, [own.suffix])
    there = copy is not None and copy.exists()
    from sheetsim.solving.goal_seek import goal_seek

    with folder_for(out if out is not None and copy is not out else None), progress(1) as bar:
        sought = goal_seek(
            file,
            set_,
            to,
            by,
            out=copy,
            precision=precision,
            progress=lambda sheet, share: bar(f"reading {sheet}: {share:.0%}"),
        )
    written = Written()
    if sought.path is not None:
        written.note(sought.path, there)
    if as_json:
        print_json({**sought.as_dict(), **written.as_dict()})
    else:
        _print(sought, written)
    if not sought.found:
        raise click.exceptions.Exit(1)


def _print(sought: Sought, written: Written) -> None:
    for line in (sought.status, f"{sought.by} was {sought.start:.15g}", *sought.notes):
        click.echo(one_line(line))
    for path, done in written.files.items():
        click.echo(one_line(path if done is Done.WRITTEN else f"{path}: {done}"))
