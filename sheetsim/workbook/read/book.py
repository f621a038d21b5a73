"""Reading any workbook, whoever saved it: what `sheetsim.book.Book` holds, from .xlsx or .xlsm.

Nothing is loaded through a library that knows all of Excel: pivots, filters, charts and macros
are stepped over, so that they cannot stand in the way, and macros never run. A sheet is read when
it is first asked for, since a model needs one sheet and a file may have many.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsim.book import Book, Iteration
from sheetsim.errors import WorkbookError, shown
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.defined_names import read_names
from sheetsim.workbook.read.hidden_rows import read_hidden_rows
from sheetsim.workbook.read.merged_areas import merged_areas
from sheetsim.workbook.read.shared_strings import shared_strings
from sheetsim.workbook.read.sheet_cells import read_sheet
from sheetsim.workbook.read.tables import read_tables
from sheetsim.workbook.read.xml_scan import Handler

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from sheetsim.book import Cell, HiddenRows, Place, Table
    from sheetsim.columns import SheetColumns
    from sheetsim.workbook.read.archive import SheetPart


def read_book(path: str | Path, *, progress: Callable[[str, float], None] | None = None) -> Book:
    """Read a workbook: its names and tables now, the cells of a sheet when they are asked for.

    Args:
        path: an .xlsx or .xlsm file, by whatever program it was saved.
        progress: called with the sheet that is being read and how much of it has been, 0 to 1.

    Returns:
        The workbook. Asking it for a sheet raises `WorkbookError` if the sheet is bad, or if the
        file has changed since.

    Raises:
        WorkbookError: the file is not a workbook that can be read safely.
    """
    with Archive(path) as archive:
        parts = archive.sheets()
        settings = _Settings()
        archive.scan(archive.workbook, settings)
        tables = read_tables(archive, parts)
        return Book(
            path=str(path),
            sheets=_Sheets(Path(path), parts, progress, settings.date1904),
            names=tuple(read_names(archive)),
            tables=tables,
            states={part.name: part.state for part in parts},
            externals=_externals(archive, settings.externals),
            macros=archive.link(archive.workbook, "vbaProject") is not None,
            date1904=settings.date1904,
            iteration=settings.iteration,
            hidden=_Hidden(Path(path), parts, tables),
        )


class _Sheets(Mapping[str, "Mapping[Place, Cell]"]):
    """Reads the cells of a sheet when they are first asked for, and keeps them."""

    def __init__(
        self,
        path: Path,
        parts: list[SheetPart],
        progress: Callable[[str, float], None] | None,
        date1904: bool,
    ) -> None:
        self._path = path
        self._date1904 = date1904
        self._parts = {part.name: part.part for part in parts if part.part is not None}
        self._progress = progress
        self._read: dict[str, SheetColumns] = {}
        self._strings: list[str] | None = None
        self._as_it_was = _signature(path)

    def __getitem__(self, name: str) -> Mapping[Place, Cell]:
        if name not in self._read:
            self._read[name] = self._read_sheet(name, self._parts[name])
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parts  # without reading it

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def mentions(self, name: str, words: Collection[str]) -> bool:
        """Whether a sheet's formulas may mention a word; its bytes are searched, no cell is read.

        Args:
            name: the sheet.
            words: names of sheets, tables, functions and the like; case does not matter.

        Returns:
            False only if none of them, and no reference through several sheets, is there.
        """
        with Archive(self._path) as archive:
            return mentions(archive.read(self._parts[name]), words)

    def merged(self, name: str) -> list[tuple[Place, Place]]:
        """The first and the last cell of each merged area of a sheet."""
        with Archive(self._path) as archive:
            where = f"{self._path}: sheet {shown(name)}"
            return merged_areas(archive.read(self._parts[name]), where)

    def _read_sheet(self, name: str, part: str) -> SheetColumns:
        if _signature(self._path) != self._as_it_was:
            raise WorkbookError(f"{self._path}: was changed while it was being read; try again")
        progress = self._progress

        def report(fraction: float) -> None:
            if progress is not None:
                progress(name, fraction)

        with Archive(self._path) as archive:

            def strings() -> list[str]:
                if self._strings is None:
                    self._strings = shared_strings(archive)
                return self._strings

            where = f"{self._path}: sheet {shown(name)}"
            call = report if progress else None
            return read_sheet(archive.read(part), where, strings, call, date1904=self._date1904)


class _Hidden(Mapping[str, "HiddenRows"]):
    """Reads which rows of a sheet are not shown, when that is first asked for."""

    def __init__(self, path: Path, parts: list[SheetPart], tables: Mapping[str, Table]) -> None:
        self._path = path
        self._parts = {part.name: part.part for part in parts if part.part is not None}
        self._tables = tables
        self._read: dict[str, HiddenRows] = {}

    def __getitem__(self, name: str) -> HiddenRows:
        if name not in self._read:
            part = self._parts[name]
            own = [table for table in self._tables.values() if table.sheet == name]
            with Archive(self._path) as archive:
                where = f"{self._path}: {part}"
                self._read[name] = read_hidden_rows(archive.read(part), where, own)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def mentions(data: bytes, words: Collection[str]) -> bool:
    """Whether the part of a sheet may mention one of some words; see `_Sheets.mentions`."""
    odd = any(odd in data for odd in (b"\0", b"<!", b"&#")) or data.count(b"<?") > 1
    if odd or _THROUGH_SHEETS.search(data.replace(b"&apos;", b"'")):
        return True  # words may be cut, or spelled in another way, or meant without being said
    if b"<f" not in data and not _PREFIXED_FORMULA.search(data):
        return False
    lower = data.lower()
    for word in words:
        longest = max(_PLAIN_PIECE.findall(word), key=len, default="")
        if longest.lower().encode() in lower:
            return True
    return False


# What is spelled in one way only in XML, in every encoding of sheets, and in formulas.
_PLAIN_PIECE = re.compile(r"[A-Za-z0-9_. ]+")
_THROUGH_SHEETS = re.compile(
    rb":[^<>:!,()+*/^&=]*!"  # Jan:Mar!A1
    rb"|:(?:[^'<>:*/?\[\]\\]|'')*'!"  # 'Jan (1):Mar (3)'!A1; between the two no quote ends
)
_PREFIXED_FORMULA = re.compile(rb"<[^\s<>]+:f[\s>]")


def _signature(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written again."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _externals(archive: Archive, links: list[str]) -> tuple[str, ...]:
    """Return the address of each other workbook that is referred to, in the order of `[1]`."""
    parts = archive.links(archive.workbook)
    found = []
    for link in links:
        _, part = parts.get(link, ("", ""))
        addresses = archive.externals(part) if part else {}
        # A second relationship may say the same address relative to another folder.
        found.append(next((address for _, address in addresses.values()), "an unknown file"))
    return tuple(found)


class _Settings(Handler):
    """Collects what the workbook's part says about calculation, and its links to other files."""

    def __init__(self) -> None:
        self.date1904 = False
        self.iteration: Iteration | None = None
        self.externals: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr":
            self.date1904 = attributes.get("date1904") in {"1", "true"}
        elif name == "calcPr":
            self.iteration = _iteration(attributes)
        elif name == "externalReference":
            link = next((v for k, v in attributes.items() if k.endswith("relationships id")), "")
            self.externals.append(link)


MOST_SWEEPS = 32_767
"""As Excel has it."""


def _iteration(attributes: Mapping[str, str]) -> Iteration | None:
    """Return how circles are iterated; a number that is none is as if it were left out."""
    if attributes.get("iterate") not in {"1", "true"}:
        return None
    usual = Iteration()
    count, change = attributes.get("iterateCount", ""), attributes.get("iterateDelta", "")
    try:
        number = float(change)
    except ValueError:
        number = math.nan
    return Iteration(
        max(1, min(int(count), MOST_SWEEPS)) if count.isdecimal() else usual.count,
        number if 0 <= number < math.inf else usual.change,
    )
