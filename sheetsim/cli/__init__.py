"""The command line: a thin layer over `sheetsim.api`, and the one place that prints.

Results go to standard output, progress and errors to standard error. An error is one line, and
the exit code says what kind it is (see `sheetsim.errors`). Each command is a file of `commands`,
which is imported when the command is run.
"""

import importlib

import click

import sheetsim
from sheetsim.terminal import Group

COMMANDS = ("list", "build", "check", "solve", "compare", "race", "movielens", "digits")
"""In the order of the help; each is the `command` of the module of its name."""


class _Commands(Group):
    """The commands, imported one by one as they are asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"{__name__}.commands.{cmd_name}").command
        return command


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # --max-time is --max_time: the names are Python's, the dashes are what fingers type.
        "token_normalize_func": lambda name: name.replace("-", "_"),
    },
)
@click.version_option(sheetsim.__version__, prog_name="sheetsim")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Workbooks with live formulas, solved by NumPy and proved cell by cell.

    \b
    sheetsim list                      what there is
    sheetsim build --out workbooks     write every workbook
    sheetsim check workbooks/*.xlsx    recalculate them and compare every cell
    sheetsim solve bias --seed 1       the solver alone
    sheetsim compare mine.xlsx         what Excel's Solver made of a workbook
    sheetsim race rosenbrock           optimizers on a loss surface, drawn
    sheetsim movielens --download      learn real ratings, and what they mean
    sheetsim digits                    learn handwritten digits
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
