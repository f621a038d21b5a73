"""Every file that is no workbook gets one clear line, before anything of it is parsed."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from sheetsim.errors import OutputError, WorkbookError
from sheetsim.files import replace_file
from sheetsim.workbook.read import archive
from sheetsim.workbook.read.all_cells import read_cells
from sheetsim.workbook.read.defined_names import defined_names
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

if TYPE_CHECKING:
    from collections.abc import Callable

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def good(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("one")
    sheet.write_number(0, 0, 1)
    sheet.write_formula(1, 0, "=A1*2", None, 2)
    book.close()
    return path


def repacked(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Write a good workbook with its parts changed, or left out where `change` gives None."""
    with (
        zipfile.ZipFile(good(path.with_suffix(".good"))) as old,
        zipfile.ZipFile(path, "w") as new,
    ):
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return path


def without(part: str) -> Callable[[str, bytes], bytes | None]:
    return lambda name, data: None if name == part else data


def exchanged(part: str, old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, data: data.replace(old, new) if name == part else data


def truncated(path: Path) -> Path:
    path.write_bytes(good(path).read_bytes()[:-40])
    return path


def damaged(path: Path) -> Path:
    data = bytearray(good(path).read_bytes())
    with zipfile.ZipFile(path) as file:
        offset = file.getinfo("xl/worksheets/sheet1.xml").header_offset
    for at in range(offset + 70, offset + 90):
        data[at] ^= 0xFF
    path.write_bytes(data)
    return path


def zip_of(path: Path, **parts: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return path


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", b"0" * 2**21)
    return path


def twice(path: Path) -> Path:
    with zipfile.ZipFile(good(path), "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("xl/workbook.xml", "<workbook/>")
    return path


def encrypted_entry(path: Path) -> Path:
    data = bytearray(good(path).read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def wrote(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


ENTITY = (
    b"?><!DOCTYPE x [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;'><!ENTITY f SYSTEM '/etc/passwd'>]>"
)
SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"

BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda p: p, "no such file"),
    "folder": (folder, "is a folder"),
    "empty": (lambda p: wrote(p, b""), "is empty"),
    "text": (lambda p: wrote(p, b"a,b\n1,2\n"), "not a zip file"),
    "truncated": (truncated, "truncated or damaged zip"),
    "two bytes": (lambda p: wrote(p, b"PK"), "truncated or damaged zip"),
    "damaged": (damaged, "xl/worksheets/sheet1.xml is damaged"),
    "old xls": (lambda p: wrote(p, OLE + b"\0" * 600), "an old .xls"),
    "password": (
        lambda p: wrote(p, OLE + b"\0" * 99 + "EncryptedPackage".encode("utf-16-le")),
        "protected by a password",
    ),
    "encrypted entry": (encrypted_entry, "is encrypted"),
    "bomb": (bomb, "times its size"),
    "part twice": (twice, "holds the part xl/workbook.xml twice"),
    "other zip": (lambda p: zip_of(p, readme="x"), "a zip without a workbook"),
    "ods": (lambda p: zip_of(p, mimetype="application/vnd.oasis"), "an OpenDocument file"),
    "no workbook part": (lambda p: repacked(p, without(BOOK)), "a zip without a workbook"),
    "no sheet part": (lambda p: repacked(p, without(SHEET)), f"has no part {SHEET}"),
    "no links": (
        lambda p: repacked(p, without("xl/_rels/workbook.xml.rels")),
        "sheet 'one' leads to no part",
    ),
    "no sheets": (
        lambda p: repacked(p, exchanged(BOOK, b"<sheet ", b"<sheat ")),
        "lists no sheet",
    ),
    "broken xml": (
        lambda p: repacked(p, exchanged(SHEET, b"</sheetData>", b"")),
        "is not well-formed XML",
    ),
    "unknown encoding": (
        lambda p: repacked(p, exchanged(SHEET, b'"UTF-8"', b'"klingon"')),
        "is not well-formed XML",
    ),
    "entities in a sheet": (
        lambda p: repacked(p, exchanged(SHEET, b"?>", ENTITY)),
        "declares a document type",
    ),
    "entities in the workbook": (
        lambda p: repacked(p, exchanged(BOOK, b"?>", ENTITY)),
        "declares a document type",
    ),
    "entities in the links": (
        lambda p: repacked(p, exchanged("_rels/.rels", b"?>", ENTITY)),
        "declares a document type",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gets_one_line(tmp_path: Path, kind: str) -> None:
    make, problem = BAD[kind]
    path = make(tmp_path / "bad.xlsx")
    target = tmp_path / "target.xlsx"
    target.write_bytes(b"as it was")
    with pytest.raises(WorkbookError) as caught:
        read_cells(path)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    with pytest.raises(WorkbookError):
        invalidated_copy(path, target)
    assert target.read_bytes() == b"as it was"
    assert not list(tmp_path.glob(".*"))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root, who runs the tests, may read everything
    with pytest.raises(WorkbookError, match=r"cannot be read \(Permission denied\)"):
        read_cells(tmp_path / "a.xlsx")


def test_all_parts_together_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(WorkbookError, match="unpacks to 0 MB; expected at most"):
        read_cells(good(tmp_path / "a.xlsx"))


def test_a_name_of_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        names = (
            b'<definedNames><definedName name="x" localSheetId="7">1</definedName></definedNames>'
        )
        return data.replace(b"<calcPr", names + b"<calcPr") if name == BOOK else data

    with pytest.raises(WorkbookError, match="name 'x' belongs to sheet 7"):
        defined_names(repacked(tmp_path / "a.xlsx", change))


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replace_file(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.suffix == ".txt"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    path, link = tmp_path / "a.txt", tmp_path / "link.txt"
    path.write_text("old")
    link.symlink_to(path)
    with replace_file(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x"), OSError(28, "disk full")])
def test_a_failure_leaves_what_stood_there(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    expected = OutputError if isinstance(error, OSError) else type(error)

    def fail() -> None:
        with replace_file(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(expected) as caught:
        fail()
    if expected is OutputError:
        assert str(caught.value) == f"{path}: cannot be written (disk full)"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_replaced_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = {tmp_path: "is a folder", tmp_path / "no" / "a.txt": "there is no folder"}
    if Path("/dev/null").exists():
        cases[Path("/dev/null")] = "is not an ordinary file"
    for path, problem in cases.items():
        with pytest.raises(OutputError, match=problem), replace_file(path):
            pytest.fail("nothing may be written")
    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="is read-only"), replace_file(path):
        pytest.fail("nothing may be written")
