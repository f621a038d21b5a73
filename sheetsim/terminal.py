"""The terminal: every error as one line with its exit code, a bar, tables, and JSON.

Results go to standard output; the bar and errors go to standard error. Whatever stands in a file's
name or in a label is shown as it is: no markup, no control character and no line break gets out.
"""

from __future__ import annotations

import difflib
import functools
import io
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

import click

from sheetsim.errors import INTERRUPTED, OptionName, OutputError, SheetsimError, is_interrupt

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

PIPE_CLOSED = 1
KEPT = "interrupted; files that were finished are kept"
WIDE = 120
"""Columns of a table that no terminal limits."""


def one_line(text: object) -> str:
    """The text with line breaks and control characters escaped, so that it stays one line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


class Group(click.Group):
    """A group of commands whose every error is one line, with the exit code of its kind."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and exit; see `click.Command.main`."""
        inner: Callable[[], Any] = functools.partial(
            super().main, args, prog_name, complete_var, False, **extra
        )
        if not standalone_mode:
            return inner()
        _prepare_streams()
        try:
            code = inner()
        except click.ClickException as error:
            click.echo(f"sheetsim: {one_line(_usage(error))}", err=True)
            code = error.exit_code
        except click.Abort:  # Ctrl-C before the command began
            click.echo("sheetsim: interrupted", err=True)
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; its errors become lines."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # what cannot be printed is to fail here, not when Python ends
        except SheetsimError as error:
            _end(ctx, error.spelled(functools.partial(self._spell, ctx)), error.exit_code)
        except KeyboardInterrupt:
            _end(ctx, KEPT, INTERRUPTED)
        except MemoryError:
            _end(ctx, "there is not enough memory for this", 2)
        except BrokenPipeError:
            _leave_standard_output()
            ctx.exit(PIPE_CLOSED)
        except OSError as error:  # no disk to print to, no room for temporary files, no memory map
            _leave_standard_output()
            place = f"{error.filename}: " if error.filename else ""
            reason = error.strerror or str(error)
            _end(ctx, f"{place}cannot be written or read ({reason})", OutputError.exit_code)
        except click.UsageError as error:
            error.ctx = error.ctx or self._asked(ctx)
            raise
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if not is_interrupt(error):
                raise
            _end(ctx, KEPT, INTERRUPTED)
        return result

    def _asked(self, ctx: click.Context) -> click.Context:
        """The context of the command that was asked for, as click leaves it out of some errors."""
        command = self.get_command(ctx, ctx.invoked_subcommand or "")
        return ctx if command is None else click.Context(command, ctx, command.name)

    def _spell(self, ctx: click.Context, name: OptionName) -> str:
        """An option as the command that was asked for spells it: `--lr`, not `lr`."""
        command = self.get_command(ctx, ctx.invoked_subcommand or "")
        for param in [] if command is None else command.params:
            longest = max(param.opts, key=len)
            own = param.name, longest.removeprefix("--").replace("-", "_")
            if isinstance(param, click.Option) and name.option in own:
                return longest
        return str(name)


class _Option(click.Option):
    """An option whose help may be a function: what it has to import waits until help is shown."""

    def __init__(self, *names: Any, **rest: Any) -> None:
        self._later: Callable[[], str] | None = None
        if callable(rest.get("help")):
            self._later = rest.pop("help")
        super().__init__(*names, **rest)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and its help."""
        if self._later is not None:
            self.help = self._later()
        return super().get_help_record(ctx)


def option(*names: str, **rest: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `click.option`; `help` may be a function that returns it."""
    return click.option(*names, cls=_Option, **rest)


def parsed_option(
    name: str, parse: Callable[[str, Any], Any], **rest: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An option whose value a parser checks, such as those of `sheetsim.option_values`."""

    def check(_ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        return None if value is None else parse(param.opts[0], value)

    return option(name, type=click.UNPROCESSED, callback=check, **rest)


def meant(typed: str, known: Iterable[str]) -> str:
    """The end of a refusal: what comes close to what was typed, as click has it for options."""
    close = [f"'{name}'" for name in difflib.get_close_matches(typed, known)]
    one = f" Did you mean {' or '.join(close)}?"
    return one if close else ""


def _usage(error: click.ClickException) -> str:
    """What click has to say, in our words and on one line, and where there is help."""
    text = " ".join(error.format_message().split()).rstrip(".")
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "sheetsim"
    path = getattr(ctx and ctx.command, "asked_as", path)
    stop = "" if text.endswith(("?", "?)")) else "."
    return f"{text[:1].lower()}{text[1:]}{stop} Try '{path} --help'"


def _end(ctx: click.Context, message: str, code: int) -> None:
    click.echo(f"sheetsim: {one_line(message)}", err=True)
    ctx.exit(code)


def _prepare_streams() -> None:
    """Print any file name whatever the encoding, and clean up whoever asks us to end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)


def _leave_standard_output() -> None:
    """Nobody reads it, or it is full: let what is still buffered go nowhere, without a word."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


# Printing ----------------------------------------------------------------------------------


def columns() -> int:
    """How wide standard output is: as the terminal, or wide enough where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE


def print_heading(text: str) -> None:
    """Print a line, in bold type if the terminal has it."""
    click.echo(text if os.environ.get("TERM") == "dumb" else click.style(text, bold=True))


def console() -> Console:
    """Standard output for tables."""
    from rich.console import Console  # not before something is to be printed: it takes its time

    wide = None if sys.stdout.isatty() else WIDE
    return Console(width=wide, highlight=False, markup=False, emoji=False)


def new_table(*headings: str, **looks: Any) -> Table:
    """An empty table for `console`; see `rich.table.Table`."""
    from rich.table import Table

    return Table(*headings, **looks)


def print_json(value: Any) -> None:
    """Print as JSON, in which there is no NaN and no infinity: they are null."""
    from sheetsim.files import json_text

    click.echo(json_text(value))


class Bar:
    """A progress bar on standard error; where that is no terminal, nothing.

    Attributes:
        shown: rich's bar, shown while it is entered; None where there is no terminal.
    """

    def __init__(self, total: int) -> None:
        self.shown: Progress | None = None
        if not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.shown = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self.shown.add_task("starting", total=total)

    def __call__(self, words: str, done: int = 0) -> None:
        """Say what is going on, and that `done` more parts are finished."""
        if self.shown is not None:
            self.shown.update(self._task, description=one_line(words), advance=done)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while results are printed, which may go to the same terminal."""
        if self.shown is None:
            yield
            return
        self.shown.stop()
        yield
        self.shown.start()


@contextmanager
def progress(total: int) -> Iterator[Bar]:
    """Show a bar of `total` parts until the block ends."""
    bar = Bar(total)
    with bar.shown or nullcontext():
        yield bar
