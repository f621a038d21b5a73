"""`sheetsim list`."""

import click

from sheetsim import api
from sheetsim.terminal import columns, print_heading


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
        from sheetsim.formula.functions_list import categories

        for title, names in categories().items():
            click.echo(f"{title}: {', '.join(names)}")
        return
    topics = api.list_topics()
    name_room, able_room = max(map(len, topics)) + 2, len("solve")
    shown = max(columns() - name_room - able_room - 6, 10)  # a blank on either side of each

    def row(name: str, able: str, text: str) -> str:
        cut = text if len(text) <= shown else f"{text[: shown - 1]}…"
        return f" {name:<{name_room}}  {able:<{able_room}}  {cut}"

    print_heading(row("topic", "for", "what it is"))
    last = None
    for topic in topics.values():
        if topic.workbook != last:
            print_heading(row(topic.workbook, "", topic.about))
            last = topic.workbook
        able = "solve" if topic.solvable else "trace" if topic.traceable else ""
        click.echo(row(f"  {topic.name}", able, topic.summary))
