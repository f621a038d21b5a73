"""`sheetsim recalc`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sheetsim.cli._files import Done, make_folder, require_workbook
from sheetsim.cli._names import engine_names, require_engines
from sheetsim.cli._options import timeout_option
from sheetsim.errors import OptionError, OptionName
from sheetsim.option_values import whole
from sheetsim.terminal import one_line, option, parsed_option, print_json, progress

if TYPE_CHECKING:
    from sheetsim.recalculating import Recalculation

SHOWN = 5
"""Cells that kept their values, of each reason; JSON has them all."""


@click.command("recalc")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="the copy, or the folder for copies of the same names [FILE.recalculated.xlsx]",
)
@click.option("--in-place", is_flag=True, help="write the values into FILEs themselves")
@option(
    "--engine",
    metavar="NAME",
    default="numpy",
    help=lambda: f"numpy, or {' or '.join(engine_names())} for theirs [numpy]",
)
@timeout_option
@parsed_option("--jobs", whole(1, 10_000), default=1, metavar="N", help="processes for FILEs [1]")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Dask cluster for them, such as tcp://host:8786"
)
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON: a list")
def command(
    files: tuple[str, ...],
    out: Path | None,
    in_place: bool,
    engine: str,
    timeout: float,
    jobs: int,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Compute all formulas of workbooks and write the values into copies.

    For files that a program wrote without values, or with old ones. All but the values stays as it
    is, to the byte. Formulas that cannot be computed keep the values that they have, and are
    listed; so do random numbers and the time.

    Exits with 0 if all FILEs were written, some cells as they were perhaps; with 2 if one cannot be
    read or written (the others are written all the same); with 3 if an engine is missing, hung or
    died; with 130 if interrupted.

    \b
    Examples:
      sheetsim recalc report.xlsx --in-place
      sheetsim recalc reports/*.xlsx --out fresh --jobs 4
      sheetsim recalc report.xlsx --engine libreoffice --out report.lo.xlsx
    """
    require_engines((engine,), ("numpy", *engine_names()))
    places = _places(files, out, in_place)
    for file in files if len(files) == 1 else ():
        require_workbook(file)
    from sheetsim.recalculating import recalc_files

    if out is not None and len({place.parent for place in places}) == 1:
        make_folder(places[0].parent)
    there = [place.exists() for place in places]
    with progress(len(files)) as bar:
        done = recalc_files(
            [(file, str(place)) for file, place in zip(files, places, strict=True)],
            engine=engine,
            timeout=timeout,
            jobs=jobs,
            scheduler=scheduler,
            progress=lambda count: bar(f"{count:,} of {len(files):,} written"),
        )
    if as_json:
        print_json([one.as_dict() for one in done])
    else:
        for one, before in zip(done, there, strict=False):
            _print(one, replaced=before and not in_place)
    bad = [one.exit_code for one in done if one.problem]
    if bad:
        raise click.exceptions.Exit(max(bad))


def _places(files: tuple[str, ...], out: Path | None, in_place: bool) -> list[Path]:
    """Where each file's copy goes.

    Raises:
        OptionError: two would go to the same place, or the options contradict each other.
    """
    if in_place:
        if out is not None:
            raise OptionError("--in-place was given with --out; expected one of them")
        return [Path(file) for file in files]
    if out is None:
        places = [Path(f"{Path(file).stem}.recalculated{Path(file).suffix}") for file in files]
    elif len(files) == 1 and out.suffix and not out.is_dir():
        return [out]
    else:
        if out.suffix.lower() in (".xlsx", ".xlsm"):
            raise OptionError(
                OptionName("out"), f" is {out}; expected a folder, for the copies of several files"
            )
        places = [out / Path(file).name for file in files]
    names = [str(place) for place in places]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise OptionError(f"two files would go to {doubled}; expected files of different names")
    return places


def _print(one: Recalculation, *, replaced: bool) -> None:
    if one.problem:
        click.echo(f"sheetsim: {one_line(one.problem)}", err=True)
        return
    over = f" ({Done.REPLACED})" if replaced else ""
    at = "" if one.out == one.path else f" -> {one.out}{over}"
    click.echo(one_line(f"{one.path}{at}: {one.status}"))
    for reason, count in one.reasons.items():
        cells = [cell for cell, why in one.kept.items() if why == reason]
        more = f" and {count - SHOWN:,} more" if count > SHOWN else ""
        click.echo(one_line(f"  {reason}: {', '.join(cells[:SHOWN])}{more}"))
