"""`sheetsim solve FILE --against NAMES`: the table of several solvers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetsim.cli._files import Written
from sheetsim.errors import OptionError
from sheetsim.terminal import console, new_table, one_line, print_json, progress

if TYPE_CHECKING:
    from sheetsim.peers.side_by_side import SideBySide
    from sheetsim.solving import Request

NOT_WITH = ("sweep", "jobs", "scheduler", "report", "save_report", "no_copy")
"""Options of the command that are of one solver, and of no comparison."""

KINDS = (".csv", ".json", ".png")


def compare_solvers(file: str, given: dict[str, Any], as_json: bool) -> None:
    """Solve by ours and by others, print the table, and write what --out names.

    Raises:
        OptionError: an option that does not go with --against; and as `side_by_side`.
        WorkbookError, EngineError, OutputError: likewise.
    """
    from sheetsim.files import require_writable
    from sheetsim.peers.side_by_side import side_by_side

    names = [name.strip() for name in given.pop("against").split(",") if name.strip()]
    out: Path | None = given.pop("out", None)
    for name in NOT_WITH:
        value = given.pop(name, None)
        if value and not (name == "jobs" and value == 1):
            option = f"--{name.replace('_', '-')}"
            raise OptionError(f"{option} was given; expected it without --against")
    if out is not None:
        if out.suffix.lower() not in KINDS:
            expected = f"a name that ends in {', '.join(KINDS)}"
            raise OptionError(f"--out is {out}; expected {expected}, with --against")
        require_writable(out)
    request = asked(given)
    with progress(1) as bar:
        bar("solving")
        found = side_by_side(file, names, request)
    written = Written()
    if out is not None:
        written.add(out, lambda: _save(found, out))
    if as_json:
        print_json({**found.as_dict(), **written.as_dict()})
    else:
        _print(found)
        for line in written.lines():
            click.echo(one_line(line))
    if not found.success:
        raise click.exceptions.Exit(1)


def asked(given: dict[str, Any]) -> Request:
    """The request that the options of `solve FILE` make, which are taken from `given`.

    Raises:
        OptionError: as `request_of`.
    """
    from sheetsim.api.files import request_of

    flags = [name for name in ("minimize", "maximize") if given.pop(name)]
    given |= dict.fromkeys(flags, True)
    given["set"] = given.pop("set_")
    return request_of(given)


def _save(found: SideBySide, out: Path) -> object:
    if out.suffix.lower() != ".png":
        return found.save(out)
    from sheetsim.figures.side_by_side import draw_side_by_side

    return draw_side_by_side(found, out)


def _print(found: SideBySide) -> None:
    table = new_table("solver", "objective", "violation", "claims", "does it hold?", "s", "evals")
    absent = []
    for row in found.rows:
        if row.objective is None:
            absent.append(f"{row.solver}: {row.message}")
            continue
        table.add_row(
            one_line(row.solver),
            f"{row.objective:.10g}",
            f"{row.violation:.1g}",
            row.claims.value,
            row.holds.value,
            "" if row.seconds is None else f"{row.seconds:.3g}",
            "" if row.evaluations is None else f"{row.evaluations:,}",
        )
    aim = "larger" if found.maximize else "smaller"
    what = "no objective" if found.objective is None else f"{found.objective}, {aim} is better"
    click.echo(one_line(f"{found.sheet}: {what}; {found.start:.10g} at the start"))
    console().print(table)
    for line in absent:
        click.echo(one_line(line))
