"""The zip around a rewritten workbook: whatever wrote it, entries keep their bytes and places."""

import io
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from book_files import SHEET, one_sheet, part, parts_of, save
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.rewrite.zip_copy import rewritten

ROWS = '<row r="1"><c r="A1"><v>1</v></c></row>'


class Pipe(io.RawIOBase):
    """A stream that cannot be rewound: sizes then follow the data of each entry."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def streamed(path: Path) -> Path:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts_of({"one": ROWS}).items():
            file.writestr(name, text)
    path.write_bytes(bytes(pipe.data))
    return path


def stored(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, text in parts_of({"one": ROWS}).items():
            info = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            info.external_attr = 0o640 << 16
            info.comment = b"kept"
            info.extra = struct.pack("<2H4s", 0x7777, 4, b"mine")
            file.writestr(info, text)
        file.comment = b"the file's own"
    return path


def large_headers(path: Path) -> Path:
    """As some programs do it for every entry: 8-byte sizes in an extra field."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts_of({"one": ROWS}).items():
            with file.open(name, "w", force_zip64=True) as entry:
                entry.write(text.encode())
    return path


def with_something_before(path: Path) -> Path:
    path.write_bytes(b"#!/bin/sh\nexit\n" + save(path, parts_of({"one": ROWS})).read_bytes())
    return path


def turned_round(path: Path) -> Path:
    """The entries in one order, their list in another."""
    save(path, parts_of({"one": ROWS}))
    data = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        start, count = file.start_dir, len(file.infolist())
    at, records = start, []
    for _ in range(count):
        sizes = struct.unpack_from("<3H", data, at + 28)
        records.append(data[at : at + 46 + sum(sizes)])
        at += len(records[-1])
    path.write_bytes(data[:start] + b"".join(reversed(records)) + data[at:])
    return path


KINDS = [streamed, stored, large_headers, with_something_before, turned_round]


@pytest.mark.parametrize("make", KINDS)
def test_whoever_made_the_zip(tmp_path: Path, make: object) -> None:
    path = make(tmp_path / "a.xlsx")  # type: ignore[operator]
    if make is with_something_before:
        with pytest.raises(WorkbookError, match="not a zip file"):
            read_book(path)
        return
    copy = tmp_path / "b.xlsx"
    write_values(path, copy, {"one": {(0, 0): 2.5, (3, 3): 1.0}})
    cells = read_book(copy).sheets["one"]
    assert {place: cell.value for place, cell in cells.items()} == {(0, 0): 2.5, (3, 3): 1.0}
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(copy) as after:
        assert after.testzip() is None
        assert after.comment == before.comment
        for was, now in zip(before.infolist(), after.infolist(), strict=True):
            assert was.filename == now.filename
            assert was.date_time == now.date_time
            assert was.compress_type == now.compress_type
            assert was.external_attr == now.external_attr
            assert was.comment == now.comment
            if was.filename != SHEET:
                assert (was.CRC, was.flag_bits, was.extra) == (now.CRC, now.flag_bits, now.extra)
                assert before.read(was) == after.read(now)


@pytest.mark.parametrize("make", [streamed, stored, large_headers, turned_round])
def test_a_copy_of_a_copy_is_the_copy(tmp_path: Path, make: object) -> None:
    path = make(tmp_path / "a.xlsx")  # type: ignore[operator]
    write_values(path, tmp_path / "b.xlsx", {"one": {(0, 0): 2.5}})
    write_values(tmp_path / "b.xlsx", tmp_path / "c.xlsx", {"one": {(0, 0): 2.5}})
    assert (tmp_path / "b.xlsx").read_bytes() == (tmp_path / "c.xlsx").read_bytes()


def test_a_workbook_onto_itself(tmp_path: Path) -> None:
    path = one_sheet(tmp_path / "a.xlsx", ROWS)
    write_values(path, path, {"one": {(0, 0): 7.0}})
    assert read_book(path).sheets["one"][0, 0].value == 7.0
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    path = one_sheet(tmp_path / "a.xlsx", ROWS)
    for name in ("b.xlsx", "c.xlsx"):
        write_values(path, tmp_path / name, {"one": {(0, 0): 7.0, (9, 9): 1.0}})
    assert (tmp_path / "b.xlsx").read_bytes() == (tmp_path / "c.xlsx").read_bytes()


def test_parts_added_and_parts_that_are_not_there(tmp_path: Path) -> None:
    path = one_sheet(tmp_path / "a.xlsx", ROWS)
    with Archive(path) as archive:
        data = rewritten(archive, {}, {"xl/new.xml": b"<new/>" * 100})
        with pytest.raises(WorkbookError, match=r"has no part xl/gone\.xml"):
            rewritten(archive, {"xl/gone.xml": b""})
        with pytest.raises(WorkbookError, match="already has a part xl/workbook"):
            rewritten(archive, {}, {"xl/workbook.xml": b""})
    (tmp_path / "b.xlsx").write_bytes(data)
    assert part(tmp_path / "b.xlsx", "xl/new.xml") == b"<new/>" * 100
    with zipfile.ZipFile(tmp_path / "b.xlsx") as file:
        assert file.testzip() is None
        assert file.namelist()[-1] == "xl/new.xml"
        times = {info.date_time for info in file.infolist()}
    assert len(times) == 1


def test_other_programs_unpack_it(tmp_path: Path) -> None:
    """Python's own reader is lenient; the local headers are read here on their own."""
    path = large_headers(tmp_path / "a.xlsx")
    write_values(path, tmp_path / "b.xlsx", {"one": {(0, 0): 2.5}})
    data = (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "b.xlsx") as file:
        info = file.getinfo(SHEET)
    fields = struct.unpack_from("<4s5H3L2H", data, info.header_offset)
    crc, packed, unpacked, name, extra = fields[6:]
    start = info.header_offset + 30 + name + extra
    text = zlib.decompress(data[start : start + packed], -15)
    assert (crc, unpacked) == (zlib.crc32(text), len(text))
    assert b"<v>2.5</v>" in text


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_zip_is_refused_or_copied(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    whole = bytearray(stored(folder / "a.xlsx").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / "b.xlsx").write_bytes(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    said = ""
    try:
        write_values(folder / "b.xlsx", folder / "c.xlsx", {"one": {(0, 0): 2.5}})
        assert read_book(folder / "c.xlsx").sheets["one"][0, 0].value == 2.5
    except WorkbookError as error:
        said = str(error)
    assert "\n" not in said
    left = {each.name for each in folder.iterdir()}
    assert left == ({"a.xlsx", "b.xlsx"} if said else {"a.xlsx", "b.xlsx", "c.xlsx"})
    assert sys.getrecursionlimit() < 10_000
