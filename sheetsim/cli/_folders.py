"""Folders to write to."""

from pathlib import Path

from sheetsim.errors import OutputError


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing.

    Raises:
        OutputError: something else is there, or it may not be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        there = isinstance(error, FileExistsError)
        reason = "is there and is no folder" if there else error.strerror
        raise OutputError(f"{folder}: cannot be a folder to write to ({reason})") from error
