"""Every error that sheetsim raises on purpose: one tree, each class with its exit code.

A message is one line that says what was given, what was expected, and where (file, sheet,
cell, row of the CSV). The command line prints it and exits with the class's code; a library
user catches `SheetsimError`, or the one class that matters to them.

| code | meaning                                                                  |
| ---- | ------------------------------------------------------------------------ |
| 0    | all is well                                                              |
| 1    | `check`, `compare` or `verify` found cells that differ; `solve` did not  |
|      | solve; `goal-seek` did not find; a training diverged                     |
| 2    | bad input: an option, data, a workbook, or a file that cannot be written |
|      | (click uses the same code)                                               |
| 3    | something missing: a spreadsheet engine or a package that is not there,  |
|      | or an engine that hung or died                                           |
| 130  | interrupted with Ctrl-C                                                  |
"""

from __future__ import annotations

TYPE_CHECKING = False  # and not from typing, which takes longer to import than all that is here
if TYPE_CHECKING:
    from collections.abc import Callable


INTERRUPTED = 130
"""The exit code after Ctrl-C, which is no error of this tree."""


class OptionName(str):
    """The name of an option in a message, which the command line spells in its own way.

    Attributes:
        option: the name, as Python has it.
    """

    def __new__(cls, option: str, text: str | None = None) -> OptionName:
        """Make the name of an option, and say what Python's message calls it, if not that."""
        name = super().__new__(cls, option if text is None else text)
        name.option = option
        return name

    option: str


class SheetsimError(Exception):
    """The root: catch it to catch everything that sheetsim raises on purpose.

    Its message is its arguments, one behind the other; those that are an `OptionName` are options.
    """

    exit_code = 1

    def __str__(self) -> str:
        return "".join(map(str, self.args))

    def spelled(self, spell: Callable[[OptionName], str]) -> str:
        """The message, its options as somebody else spells them."""
        parts = (spell(part) if isinstance(part, OptionName) else str(part) for part in self.args)
        return "".join(parts)


class OptionError(SheetsimError, ValueError):
    """An option or argument is outside what it may be."""

    exit_code = 2


class DataError(SheetsimError, ValueError):
    """A data file or table cannot be used; the message names file, row and column."""

    exit_code = 2


class WorkbookError(SheetsimError):
    """A workbook cannot be read, or is not one that sheetsim wrote."""

    exit_code = 2


class PlacedError(WorkbookError):
    """The same, raised from within a formula, with file and place in its message already."""


class OutputError(SheetsimError):
    """A file cannot be written; whatever stood there before is untouched."""

    exit_code = 2


class EngineError(SheetsimError):
    """A spreadsheet engine is missing, hung, died or answered nonsense."""

    exit_code = 3


class EngineMissingError(EngineError):
    """A spreadsheet engine is not installed; the message says how to get it."""


def shown(value: object, limit: int = 40) -> str:
    """The value as a message quotes it: its `repr`, on one line, cut if it is long."""
    if isinstance(value, str):
        return repr(value if len(value) <= limit else f"{value[: limit - 1]}…")
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def is_interrupt(error: BaseException) -> bool:
    """Whether it is Ctrl-C, or comes from it: an import that it ends may raise something else."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return cause is not None
