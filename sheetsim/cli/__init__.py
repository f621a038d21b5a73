"""The command line: a thin layer over the package, and the one place that prints.

Results go to standard output, progress and errors to standard error. An error is one line, and
the exit code says what kind it is (see `sheetsim.errors`). Each command is a file of `commands`,
which is imported when the command is run, and imports NumPy and the like when it does its work:
help and refusals come at once.

What several commands need stands beside them: `_options`, `_files` (where they write), `_downloads`
(where data is), `_reports` (checks and comparisons, printed), `_names` (of what
there is, for help), `_race` and `_against` (other solvers).
"""

import importlib
import pkgutil

import click

import sheetsim
from sheetsim.terminal import Group, meant

COMMANDS = (
    *("solve", "verify"),
    *("list", "build", "check", "compare", "race", "movielens", "digits"),
)
"""In the order of the help; each is the `command` of the module of its name."""

COMMAND_FILES = f"{__name__}.commands"
"""The package that they are in."""

FOR_A_TOPIC = "solve_topic"
"""What `solve` is when a topic of the lecture is named, and no file."""


class _Commands(Group):
    """The commands, imported one by one as they are asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in (*COMMANDS, FOR_A_TOPIC):
            return None
        command: click.Command = importlib.import_module(f"{COMMAND_FILES}.{cmd_name}").command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands, each with what it says of itself."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_line(name)) for name in COMMANDS])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """`solve` is for files, unless its arguments name none."""
        if args[:1] == ["solve"] and not _names_a_file(args[1:]):
            args = [FOR_A_TOPIC, *args[1:]]
        elif args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command '{args[0]}'.{meant(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


def _first_line(name: str) -> str:
    """What a command does: the first line of its docstring, read without importing it."""
    try:
        source = (pkgutil.get_data(COMMAND_FILES, f"{name}.py") or b"").decode()
    except OSError:  # there is but bytecode
        source = ""
    line = source.partition("\ndef command(")[2].partition('"""')[2].partition("\n")[0]
    return line or (importlib.import_module(f"{COMMAND_FILES}.{name}").command.get_short_help_str())


def _names_a_file(args: list[str]) -> bool:
    """Whether the arguments of `solve` name a workbook, or nothing at all, as for its help."""
    words = [arg for arg in args if not arg.startswith("-")]
    if words and words[0] == args[0]:  # no value of an option
        return any(sign in words[0] for sign in "./\\")
    suffixes = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
    return not words or any(arg.lower().endswith(suffixes) for arg in words)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # --max_time is --max-time, for who has Python's name for it in mind.
        "token_normalize_func": lambda name: name.replace("_", "-"),
    },
)
@click.version_option(sheetsim.__version__, prog_name="sheetsim")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Workbooks with live formulas, solved by NumPy and proved cell by cell.

    `solve` and `verify` are for any workbook, the other commands for the lecture's. Each says more,
    with examples, in `sheetsim COMMAND --help`.

    \b
    Examples:
      sheetsim solve model.xlsx
      sheetsim verify model.xlsx
      sheetsim list
      sheetsim build --out workbooks --check
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
