"""`sheetsim page`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sheetsim.cli._files import require_workbook
from sheetsim.terminal import one_line

if TYPE_CHECKING:
    from sheetsim.pages.assemble import Page


@click.command("page")
@click.argument("file", metavar="FILE")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="PAGE", help="the page [FILE.html]"
)
def command(file: str, out: Path | None) -> None:
    """Write a workbook as a page that computes in any browser.

    PAGE is one file with nothing to fetch: open it from a disk, a stick or a mail. Values can be
    changed, and all that depends on them follows, charts too. What it does not compute or draw is
    listed here, and marked in the page, with the values that FILE has.

    Exits with 0 if the page was written; with 2 if FILE cannot be read, or PAGE not written;
    with 130 if interrupted.

    \b
    Examples:
      sheetsim page workbooks/gradient_descent.xlsx
      sheetsim page model.xlsx --out pages/model.html
    """
    require_workbook(file)
    place = out or Path(f"{Path(file).stem}.html")
    from sheetsim.pages.assemble import page_of

    page = page_of(file)
    page.save(place)
    click.echo(f"{place}: {len(page.html.encode()) / 1024:,.0f} KB")
    for line in _left_out(page):
        click.echo(line)


def _left_out(page: Page) -> list[str]:
    """Return what the page does not show as Excel does, a line each."""
    lines = [
        f"  not computed, as saved: {one_line(why)} ({count:,} cell{'s' * (count != 1)})"
        for why, count in page.unknown.items()
    ]
    lines += [f"  not drawn: {one_line(what)} ({count:,})" for what, count in page.missing.items()]
    return lines
