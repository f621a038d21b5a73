"""What `check` works out anew for each file, though the files of a job share it, kept.

The files differ in their formulas alone. Where the inputs are the same, so are the layout, what
rounding can do, and the terms of sheetsim's own formulas; and `check` parses each file three
times: to read it, and for each of its two copies.
"""

from __future__ import annotations

import importlib
import pickle
import re
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from sheetsim.checking import read_back
from sheetsim.checking.agreement import Floors, rounding_floors
from sheetsim.checking.cancellation import Terms
from sheetsim.sheet import Sheet
from sheetsim.topics import Book, lay_out
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.cell_xml import element_end, raw_cells, splice
from sheetsim.workbook.rewrite import package
from sheetsim.workbook.write.writer import write_workbook

_FORMULA = re.compile(rb"<f>[^<]*</f>")


def keep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `check` keep them until the test is over."""
    check = importlib.import_module("sheetsim.checking.check")
    layouts: dict[bytes, list[Sheet]] = {}
    floors: dict[bytes, Floors] = {}
    terms: dict[int, Terms] = {}

    def laid_out(book: Book) -> list[Sheet]:
        key = _key(book)
        if key not in layouts:
            layouts[key] = lay_out(book)
        return layouts[key]

    def floors_of(book: Book, sheets: list[Sheet]) -> Floors:
        key = _key(book)
        if key not in floors:
            floors[key] = rounding_floors(book, sheets)
        return floors[key]

    def terms_of(sheets: list[Sheet]) -> Terms:
        return terms.setdefault(id(sheets), Terms(sheets))  # `layouts` keeps the list alive

    for module in (check, read_back):
        monkeypatch.setattr(module, "lay_out", laid_out)
    monkeypatch.setattr(check, "rounding_floors", floors_of)
    monkeypatch.setattr(check, "Terms", terms_of)
    monkeypatch.setattr(package, "raw_cells", lru_cache(maxsize=64)(raw_cells))


def _key(book: Book) -> bytes:
    """Plan and inputs, to the last digit of the last number."""
    return pickle.dumps((book.plan, book.given))


class Written:
    """Sheets written once, of which files with other formulas are made by changing those alone."""

    def __init__(self, sheets: Sequence[Sheet], path: Path) -> None:
        write_workbook(sheets, path)
        with zipfile.ZipFile(path) as file:
            self._parts = {name: file.read(name) for name in file.namelist()}
        with Archive(path) as archive:
            self._part_of = {sheet.name: str(sheet.part) for sheet in archive.sheets()}
        self._cells = {
            part: {raw.place: raw for raw in raw_cells(self._parts[part], part)}
            for part in self._part_of.values()
        }

    def save(self, formulas: dict[str, dict[tuple[int, int], str]], path: Path) -> Path:
        """Write a file with other formulas: sheet -> (row, column) -> formula, with its `=`."""
        parts = dict(self._parts)
        for sheet, others in formulas.items():
            part = self._part_of[sheet]
            data = parts[part]
            edits: list[tuple[int, int, bytes]] = []
            for place in sorted(others):
                raw = self._cells[part][place]
                end = element_end(data, raw.start, raw.end)
                old = _FORMULA.search(data, raw.start, end)
                assert old is not None, place
                text = escape(others[place].removeprefix("=")).encode()
                edits.append((*old.span(), b"<f>" + text + b"</f>"))
            parts[part] = splice(data, edits)
        with zipfile.ZipFile(path, "w") as file:
            for name, data in parts.items():
                file.writestr(name, data)
        return path
