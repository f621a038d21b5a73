"""Which paths are those of workbooks, by the look of them."""

from __future__ import annotations

from pathlib import Path

from sheetsim.errors import OptionError

SUFFIXES = (".xlsx", ".xlsm")
"""What the names of the workbooks that are read here end in."""

OTHER_SUFFIXES = (".xls", ".xlsb", ".ods")
"""What those of other programs' and other times' workbooks end in."""


def names_file(text: str | Path) -> bool:
    """Whether a text is the path of a file rather than the name of a topic."""
    if isinstance(text, Path):
        return True
    return text.lower().endswith(SUFFIXES + OTHER_SUFFIXES) or any(sign in text for sign in "./\\")


def require_workbook_name(path: str | Path) -> None:
    """Refuse a file whose name does not end as a workbook's.

    Raises:
        OptionError: it ends otherwise.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path}: expected a workbook, whose name ends in .xlsx or .xlsm")
