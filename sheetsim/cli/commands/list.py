"""`sheetsim list`."""

import click
from rich.table import Table

from sheetsim import api
from sheetsim.terminal import console


@click.command("list")
def command() -> None:
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
