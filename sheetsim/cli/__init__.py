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
    *("solve", "goal-seek", "verify", "recalc", "page"),
    *("list", "build", "check", "compare", "race", "movielens", "digits"),
)
"""In the order of the help; each is the `command` of the module of its name, - as _ there."""

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
        command: click.Command = importlib.import_module(_module(cmd_name)).command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands, each with what it says of itself."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_line(name)) for name in COMMANDS])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """`solve` is for files, unless its arguments name none."""
        if args[:1] == ["solve"] and self._is_for_a_topic(ctx, args[1:]):
            args = [FOR_A_TOPIC, *args[1:]]
        elif args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command '{args[0]}'.{meant(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def _is_for_a_topic(self, ctx: click.Context, args: list[str]) -> bool:
        """Whether the first argument of `solve` that is no option, nor of one, is no file.

        Raises:
            OptionError: nor is it a topic.
        """
        from sheetsim.workbook.read.paths import names_file

        word = self._positional(ctx, args)
        if word is None or names_file(word):
            return False
        if not {"-h", "--help"} & set(args):
            from sheetsim.topics import home_of  # which looks into the topics' files

            home_of(word)
        return True

    def _positional(self, ctx: click.Context, args: list[str]) -> str | None:
        """The first argument of `solve` that is neither an option nor an option's value."""
        words = iter(args)
        values: dict[str, int] = {}
        for word in words:
            if word == "--":
                return next(words, None)
            if not word.startswith("-"):
                return word
            values = values or self._values_of_options(ctx)
            name = word if word in values or word.startswith("--") else word[:2]
            for _ in range(
                values.get(name, 0) if name == word else 0
            ):  # else --name=value, -nvalue
                next(words, None)
        return None

    def _values_of_options(self, ctx: click.Context) -> dict[str, int]:
        """How many values each option of `solve` takes, for a file or for a topic."""
        found: dict[str, int] = {}
        for name in ("solve", FOR_A_TOPIC):
            command = self.get_command(ctx, name)
            for param in [] if command is None else command.get_params(ctx):
                if isinstance(param, click.Option):
                    count = 0 if param.is_flag else param.nargs
                    found |= dict.fromkeys([*param.opts, *param.secondary_opts], count)
        return found


def _module(name: str) -> str:
    """The module of a command."""
    return f"{COMMAND_FILES}.{name.replace('-', '_')}"


def _first_line(name: str) -> str:
    """What a command does: the first line of its docstring, read without importing it."""
    try:
        source = (pkgutil.get_data(COMMAND_FILES, f"{name.replace('-', '_')}.py") or b"").decode()
    except OSError:  # there is but bytecode
        source = ""
    line = source.partition("\ndef command(")[2].partition('"""')[2].partition("\n")[0]
    return line or (importlib.import_module(_module(name)).command.get_short_help_str())


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(sheetsim.__version__, prog_name="sheetsim")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Workbooks with live formulas, solved by NumPy and proved cell by cell.

    `solve`, `verify` and `recalc` are for any workbook, the other commands for the lecture's. Each
    says more, with examples, in `sheetsim COMMAND --help`.

    \b
    Examples:
      sheetsim solve model.xlsx
      sheetsim verify model.xlsx
      sheetsim list
      sheetsim build --out workbooks --check
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
