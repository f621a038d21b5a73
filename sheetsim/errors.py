"""Every error that sheetsim raises on purpose: one tree, each class with its exit code.

A message is one line that says what was given, what was expected, and where (file, sheet,
cell, row of the CSV). The command line prints it and exits with the class's code; a library
user catches `SheetsimError`, or the one class that matters to them.

| code | meaning                                                                  |
| ---- | ------------------------------------------------------------------------ |
| 0    | all is well                                                              |
| 1    | `check`, `compare` or `verify` found cells that differ; `solve` did not  |
|      | solve; a training diverged                                               |
| 2    | bad input: an option, data, a workbook, or a file that cannot be written |
|      | (click uses the same code)                                               |
| 3    | something missing: a spreadsheet engine or a package that is not there,  |
|      | or an engine that hung or died                                           |
| 130  | interrupted with Ctrl-C                                                  |
"""


class SheetsimError(Exception):
    """The root: catch it to catch everything that sheetsim raises on purpose."""

    exit_code = 1


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
