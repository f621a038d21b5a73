"""`sheetsim list`."""

from dataclasses import asdict

import click

from sheetsim import api
from sheetsim.terminal import columns, print_heading, print_json


@click.command("list")
@click.option("--functions", is_flag=True, help="list what formulas of any workbook may use")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(functions: bool, as_json: bool) -> None:
    """List the lecture's workbooks and their topics.

    A topic is marked with what else takes it: `solve` if it has a Solver model, or `trace`, which
    is `sheetsim.trace` in Python, if it is an optimizer.

    \b
    Examples:
      sheetsim list
      sheetsim list --functions
    """
    if functions:
        from sheetsim.formula.functions_list import categories

        if as_json:
            print_json(categories())
            return
        for title, names in categories().items():
            click.echo(f"{title}: {', '.join(names)}")
        return
    topics = api.list_topics()
    if as_json:
        print_json([asdict(topic) for topic in topics.values()])
        return
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
