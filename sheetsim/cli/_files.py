"""Files and folders that commands write to, and what they say of them."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path

from sheetsim.errors import OptionError, OutputError


class Done(Enum):
    """What became of a file that a command was to write; the value says it to people."""

    WRITTEN = "written"
    REPLACED = "written over the file that was there"
    UNCHANGED = "unchanged"

    def __str__(self) -> str:
        return self.value


_FILES = {
    *(".xlsx", ".xlsm", ".csv", ".json", ".npz", ".txt"),
    *(".png", ".gif", ".jpg", ".jpeg", ".svg", ".pdf"),
}
"""Suffixes that are no folder's, although it may have one."""


def looks_like_a_file(path: Path) -> bool:
    """Whether a path is none of a folder that is there, and ends as a file's name does."""
    return path.suffix.lower() in _FILES and not path.is_dir()


def folder_of(out: str, contents: str) -> Path:
    """The folder that --out names, which need not be there yet.

    Args:
        out: as it was typed.
        contents: the files that go into it, for people to read.

    Raises:
        OptionError: it ends as a file's name does.
    """
    if looks_like_a_file(Path(out)):
        raise OptionError(f"--out is {out}; expected a folder, for {contents}")
    return Path(out)


def require_workbook(file: str) -> None:
    """Refuse what is no workbook at all before anything is imported that would compute it.

    Raises:
        WorkbookError: as `sheetsim.workbook.read.archive.Archive`.
    """
    from sheetsim.workbook.read.archive import Archive

    Archive(file).close()


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


class Written:
    """Files that a command has written, and what became of each.

    Attributes:
        files: path -> what became of it.
    """

    def __init__(self) -> None:
        self.files: dict[Path, Done] = {}

    def add(self, path: Path, write: Callable[[], object]) -> Done:
        """Write a file; that it is left as it is, `write` says by returning False."""
        there = path.exists()
        if write() is False:
            self.files[path] = Done.UNCHANGED
        else:
            self.note(path, there)
        return self.files[path]

    def note(self, path: Path, there: bool) -> None:
        """Add a file that is written already, and whether another was there before."""
        self.files[path] = Done.REPLACED if there else Done.WRITTEN

    def lines(self) -> list[str]:
        """What became of each, a line each."""
        return [f"{path}: {done}" for path, done in self.files.items()]

    def as_dict(self) -> dict[str, list[Path]]:
        """All of them, and those that were written over files that were there, for JSON."""
        replaced = [path for path, done in self.files.items() if done is Done.REPLACED]
        return {"files": list(self.files), "replaced": replaced}
