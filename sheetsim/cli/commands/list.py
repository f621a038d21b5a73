"""`sheetsim list`."""

import click
from rich.table import Table

from sheetsim import api
from sheetsim.terminal import console


@click.command("list")
def command() -> None:
    """List the workbooks and their topics, a line each.

    Topics with a Solver model are for `solve`, those of an optimizer for `sheetsim.trace`.

    \b
    Example:  sheetsim list
    """
    table = Table("topic", "for", "what it is", box=None, pad_edge=True)
    table.columns[-1].no_wrap = True
    last = None
    for info in api.topics().values():
        if info.workbook != last:
            table.add_row(f"{info.workbook} ", "", info.about, style="bold")
        able = "solve" if info.solvable else "trace" if info.traceable else ""
        table.add_row(f"  {info.name}", able, info.summary)
        last = info.workbook
    console().print(table)
