"""`sheetsim list`."""

import click
from rich.table import Table

from sheetsim import api
from sheetsim.formula.categories import families
from sheetsim.terminal import console


@click.command("list")
@click.option("--functions", is_flag=True, help="list what formulas of any workbook may use")
def command(functions: bool) -> None:
    """List the workbooks and their topics, a line each.

    Topics with a Solver model are for `solve`, those of an optimizer for `sheetsim.trace`.

    \b
    Examples:
      sheetsim list
      sheetsim list --functions
    """
    if functions:
        for title, names in families().items():
            click.echo(f"{title}: {', '.join(names)}")
        return
    table, out = Table(box=None), console()
    longest, mark = max(len(name) for name in api.list_topics()) + 2, len("solve")
    table.add_column("topic", min_width=longest)
    table.add_column("for", min_width=mark)
    room = out.width - longest - mark - 6  # a blank on either side of each
    table.add_column("what it is", no_wrap=True, max_width=max(room, 10))
    last = None
    for info in api.list_topics().values():
        if info.workbook != last:
            table.add_row(f"{info.workbook} ", "", info.about, style="bold")
        able = "solve" if info.solvable else "trace" if info.traceable else ""
        table.add_row(f"  {info.name}", able, info.summary)
        last = info.workbook
    out.print(table)
