"""Files and folders that commands write to, and what they say of them."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from sheetsim.errors import OptionError, OutputError


@contextmanager
def folder_for(folder: Path | None) -> Iterator[None]:
    """Make a folder for the files that are written within; where none is, it goes away again.

    Args:
        folder: and those above it are made where they are missing; None for no folder.

    Raises:
        OutputError: as `make_folder`.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()] if folder else []
    if folder is not None:
        make_folder(folder)
    try:
        yield
    finally:
        for one in missing:  # from within outwards, up to the first that holds something
            try:
                one.rmdir()
            except OSError:
                break


class Done(Enum):
    """What became of a file that a command was to write; the value says it to people."""

    WRITTEN = "written"
    REPLACED = "written over the file that was there"
    UNCHANGED = "unchanged"

    def __str__(self) -> str:
        return self.value


_FILES = {
    *(".xlsx", ".xlsm", ".xls", ".xlsb", ".xltx", ".ods"),
    *(".csv", ".tsv", ".json", ".npz", ".npy", ".parquet", ".zip", ".txt", ".md", ".html"),
    *(".png", ".gif", ".jpg", ".jpeg", ".svg", ".pdf"),
}
"""Suffixes that are no folder's, although it may have one, such as v1.2."""


def is_folder(path: Path) -> bool:
    """Whether --out names a folder: one that is there, or a name that does not end as a file's."""
    try:
        there = path.is_dir()
    except OSError:  # a name that no file may have: who writes to it says so
        there = False
    return there or path.suffix.lower() not in _FILES


def file_of(out: Path, name: str, suffixes: Collection[str]) -> Path:
    """The file that --out names, by itself or by its folder.

    Args:
        out: as it was typed.
        name: of the file in a folder.
        suffixes: what its name may end in.

    Raises:
        OptionError: it ends as the name of another kind of file does.
    """
    if out.suffix.lower() in map(str.lower, suffixes) and not out.is_dir():
        return out
    if is_folder(out):
        return out / name
    endings = ", ".join(suffixes)
    raise OptionError(f"--out is {out}; expected a name that ends in {endings}, or a folder")


def folder_of(out: str, contents: str) -> Path:
    """The folder that --out names, which need not be there yet.

    Args:
        out: as it was typed.
        contents: the files that go into it, for people to read.

    Raises:
        OptionError: it ends as a file's name does.
    """
    if not is_folder(Path(out)):
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

    @property
    def replaced(self) -> list[Path]:
        """Those that were written over files that were there."""
        return [path for path, done in self.files.items() if done is Done.REPLACED]

    def lines(self) -> list[str]:
        """What became of each, a line each."""
        return [f"{path}: {done}" for path, done in self.files.items()]

    def as_dict(self) -> dict[str, list[Path]]:
        """All of them, and those that were written over files that were there, for JSON."""
        return {"files": list(self.files), "replaced": self.replaced}
