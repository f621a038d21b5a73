"""An .xlsx file as a zip of parts, looked over when it is opened and read part by part.

All that can be wrong with a file from elsewhere is found here, before anything is parsed, and
said in one line: not there, a folder, not a zip, truncated, encrypted, another kind of document,
or a zip bomb. What the parts mean is the business of the other modules.
"""

from __future__ import annotations

import os
import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError, shown
from sheetsim.workbook.read.xml_scan import Handler, scan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

MAX_UNPACKED_BYTES = 512 * 2**20
"""All parts together. Excel's largest sheets of numbers are well below; a bomb is above."""

MAX_PARTS = 60_000
"""More do not fit into the list at the end of a plain zip; workbooks have some hundreds."""

MAX_RATIO = 400
"""Unpacked to packed, for parts above `RATIO_MATTERS_BYTES`. Sheets reach about 30; the most that
the zip format can do, with nothing but one repeated byte, is 1032."""

RATIO_MATTERS_BYTES = 2**20

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # the container of .xls, and of encrypted .xlsx
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the name of the stream in the latter


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet as the workbook lists it: its name, its state, and the part that holds it.

    `state` is "visible", "hidden" or "veryHidden"; `part` is None for a sheet without cells,
    such as a chart on a sheet of its own, or a module of macros from before 1997, which leads to
    no part at all.
    """

    name: str
    state: str
    part: str | None


class Archive:
    """An open workbook file. Use it in a `with` block.

    Attributes:
        path: the file, as it was given.
        workbook: the name of the part that lists the sheets, mostly `xl/workbook.xml`.
    """

    def __init__(self, path: str | Path) -> None:
        """Open the file and look it over.

        Args:
            path: the file.

        Raises:
            WorkbookError: it is not a workbook that can be read safely; the message says why.
        """
        self.path = Path(path)
        self._zip = _open_zip(self.path)
        self._names: dict[str, str] = {}
        try:
            _refuse_bombs(self._zip, path)
            for entry in self._zip.infolist():
                self._names.setdefault(_plain(entry.filename), entry.filename)
            self.workbook = self._find_workbook()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    @property
    def entries(self) -> list[zipfile.ZipInfo]:
        """Every entry of the zip, in order."""
        return self._zip.infolist()

    @property
    def directory_offset(self) -> int:
        """Where in the file the zip's list of its entries starts."""
        return self._zip.start_dir

    def raw(self) -> bytes:
        """Return the whole file as it is, packed.

        Raises:
            WorkbookError: it cannot be read, or is larger than any workbook.
        """
        file = self._zip.fp
        assert file is not None  # noqa: S101  it is open in the `with` block
        try:
            size = file.seek(0, os.SEEK_END)
            if size > 2 * MAX_UNPACKED_BYTES:
                raise WorkbookError(f"{self.path}: has {size / 2**20:,.0f} MB; refused")
            file.seek(0)
            return file.read()
        except OSError as error:
            raise WorkbookError(
                f"{self.path}: cannot be read ({error.strerror or error})"
            ) from error

    def spelled(self, part: str) -> str:
        """Return a part's name as the zip has it.

        Some programs write backslashes, or another case in the zip than in what leads to it.
        """
        if part in self._zip.NameToInfo:
            return part
        return self._names.get(_plain(part), part)

    def read(self, part: str) -> bytes:
        """Return the bytes of a part.

        Raises:
            WorkbookError: the part is missing or damaged.
        """
        try:
            return self._zip.read(self.spelled(part))
        except KeyError:
            raise WorkbookError(
                f"{self.path}: has no part {part}; expected a whole workbook"
            ) from None
        except NotImplementedError as error:
            raise WorkbookError(f"{self.path}: {part} is packed in a way not known here") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise WorkbookError(f"{self.path}: {part} is damaged ({error})") from error

    def scan(self, part: str, handler: Handler) -> None:
        """Parse a part; see `xml_scan.scan`."""
        scan(self.read(part), f"{self.path}: {part}", handler)

    def links(self, part: str) -> dict[str, tuple[str, str]]:
        """Return a part's relationships: id to (last word of the type, part it leads to)."""
        return self._relationships(part).found

    def externals(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part refers to outside of the file: id to (last word of type, address).

        None of it is ever followed.
        """
        return self._relationships(part).outside

    def link(self, part: str, kind: str) -> str | None:
        """Return the part that `part` leads to by a relationship of this kind, if any."""
        return next((to for word, to in self.links(part).values() if word == kind), None)

    def _relationships(self, part: str) -> _Relationships:
        handler = _Relationships(posixpath.dirname(part.replace("\\", "/")))
        rels = self.spelled(links_part(part))
        if rels in self._zip.NameToInfo:
            self.scan(rels, handler)
            found = handler.found.items()
            handler.found = {key: (kind, self.spelled(to)) for key, (kind, to) in found}
        return handler

    def sheets(self) -> list[SheetPart]:
        """Return the sheets in the workbook's order, hidden ones and charts included.

        Raises:
            WorkbookError: a sheet has no name or is named twice, or the list is empty.
        """
        handler = _Sheets()
        self.scan(self.workbook, handler)
        links = self.links(self.workbook)
        sheets: list[SheetPart] = []
        seen = set()
        for name, state, link in handler.found:
            if not name or name in seen:
                raise WorkbookError(
                    f"{self.path}: a sheet has no name, or two are named {shown(name)}"
                )
            seen.add(name)
            kind, part = links.get(link, ("", ""))
            if not part and link:
                raise WorkbookError(
                    f"{self.path}: sheet {shown(name)} leads to no part of the file"
                )
            sheets.append(SheetPart(name, state, part if kind == "worksheet" else None))
        if not sheets:
            raise WorkbookError(f"{self.path}: {self.workbook} lists no sheet; expected a workbook")
        return sheets

    def _find_workbook(self) -> str:
        """Follow the package's first relationship, as the standard says; say what else it is."""
        part = self.link("", "officeDocument")
        names = self._zip.NameToInfo
        if part is not None and part in names:
            if part.endswith(".bin"):
                raise WorkbookError(f"{self.path}: a binary workbook (.xlsb); expected .xlsx")
            return part
        if "mimetype" in names:
            raise WorkbookError(f"{self.path}: an OpenDocument file; expected .xlsx")
        raise WorkbookError(
            f"{self.path}: a zip without a workbook in it (no xl/workbook.xml); expected .xlsx"
        )


def _plain(part: str) -> str:
    return part.replace("\\", "/").casefold()


def links_part(part: str) -> str:
    """Return the name of the part that holds another's relationships."""
    folder, name = posixpath.split(part.replace("\\", "/"))
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _open_zip(path: Path) -> zipfile.ZipFile:
    """Open the zip, or say in one line what the file is instead."""
    head, is_encrypted = _beginning(path)
    if not head:
        raise WorkbookError(f"{path}: is empty; expected an .xlsx workbook")
    if is_encrypted:
        raise WorkbookError(f"{path}: protected by a password; save it without one")
    if head == _OLE:
        raise WorkbookError(f"{path}: an old .xls or another Office file; save it as .xlsx")
    if not head.startswith(b"PK"):
        raise WorkbookError(f"{path}: not a zip file; expected an .xlsx workbook")
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise WorkbookError(
            f"{path}: a truncated or damaged zip ({error}); expected a whole .xlsx workbook"
        ) from error


def _beginning(path: Path) -> tuple[bytes, bool]:
    """Return the first bytes of a file, and whether it is an encrypted workbook.

    Raises:
        WorkbookError: it cannot be read.
    """
    try:
        if path.is_fifo() or path.is_socket():  # reading would wait for ever
            raise WorkbookError(f"{path}: is not an ordinary file; expected an .xlsx workbook")
        with path.open("rb") as file:
            head = file.read(len(_OLE))
            rest = file.read(MAX_UNPACKED_BYTES) if head == _OLE else b""
    except FileNotFoundError:
        raise WorkbookError(f"{path}: no such file; expected an .xlsx workbook") from None
    except IsADirectoryError:
        raise WorkbookError(f"{path}: is a folder; expected an .xlsx workbook") from None
    except OSError as error:
        # On Windows a folder gives PermissionError.
        folder = isinstance(error, PermissionError) and path.is_dir()
        reason = "is a folder" if folder else f"cannot be read ({error.strerror or error})"
        raise WorkbookError(f"{path}: {reason}; expected an .xlsx workbook") from error
    return head, _ENCRYPTED in rest


def _refuse_bombs(archive: zipfile.ZipFile, path: str | Path) -> None:
    """Refuse what would fill the memory. Sizes may be trusted: zipfile never reads beyond them."""
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        raise WorkbookError(
            f"{path}: unpacks to {total / 2**20:,.0f} MB; "
            f"expected at most {MAX_UNPACKED_BYTES / 2**20:,.0f} MB"
        )
    if len(entries) > MAX_PARTS:
        raise WorkbookError(f"{path}: holds {len(entries):,} parts; expected at most {MAX_PARTS:,}")
    seen = set()
    for entry in entries:
        folders = entry.filename.replace("\\", "/").split("/")
        if folders[0] == "" or ".." in folders or ":" in folders[0]:
            raise WorkbookError(
                f"{path}: holds the part {shown(entry.filename)}, "
                "whose path leaves the file; refused"
            )
        ratio = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > RATIO_MATTERS_BYTES and ratio > MAX_RATIO:
            raise WorkbookError(
                f"{path}: {entry.filename} unpacks to {ratio:,.0f} times its size; "
                f"expected at most {MAX_RATIO} times"
            )
        if entry.flag_bits & 1:
            raise WorkbookError(f"{path}: {entry.filename} is encrypted; save it without password")
        if entry.filename in seen:
            raise WorkbookError(f"{path}: holds the part {entry.filename} twice")
        seen.add(entry.filename)


class _Relationships(Handler):
    """Collects the relationships of a part that stands in `folder`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.found: dict[str, tuple[str, str]] = {}
        self.outside: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != "Relationship":
            return
        key, target = attributes.get("Id", ""), attributes.get("Target", "")
        kind = attributes.get("Type", "").rpartition("/")[2]
        if attributes.get("TargetMode") == "External":
            self.outside[key] = (kind, target)
            return
        target = posixpath.normpath(posixpath.join("/", self.folder, target.replace("\\", "/")))
        self.found[key] = (kind, target.lstrip("/"))


class _Sheets(Handler):
    """Collects (name, state, relationship id) of each sheet from the workbook's part."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            link = next((v for k, v in attributes.items() if k.endswith("relationships id")), "")
            self.found.append(
                (attributes.get("name", ""), attributes.get("state", "visible"), link)
            )
