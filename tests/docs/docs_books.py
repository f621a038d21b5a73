"""The committed workbooks, as the tests of the Markdown files look at them: from their XML."""

import re
import zipfile
from functools import cache
from html import unescape
from pathlib import Path

import openpyxl
from docs_pages import ROOT

__all__ = ["cached", "committed", "formula_cells", "texts_of", "workbook"]


def workbook(name: str) -> Path:
    return ROOT / "workbooks" / f"{name}.xlsx"


def committed() -> list[str]:
    return sorted(path.stem for path in (ROOT / "workbooks").glob("*.xlsx"))


@cache
def formula_cells(name: str) -> int:
    """How many cells of a committed workbook hold a formula."""
    with zipfile.ZipFile(workbook(name)) as archive:
        sheets = [part for part in archive.namelist() if part.startswith("xl/worksheets/sheet")]
        return sum(archive.read(part).count(b"<f>") for part in sheets)


@cache
def cached(name: str, sheet: str, cell: str) -> float:
    """A number that a committed workbook shows, by the name of its cell."""
    book = openpyxl.load_workbook(workbook(name), data_only=True)
    place = book[sheet].defined_names[cell].attr_text.split("!")[1].replace("$", "")
    return float(book[sheet][place].value)


@cache
def texts_of(name: str) -> set[str]:
    """Every text and every name in a committed workbook."""
    with zipfile.ZipFile(workbook(name)) as archive:
        strings = archive.read("xl/sharedStrings.xml").decode("utf-8")
        book = archive.read("xl/workbook.xml").decode("utf-8")
    found = {unescape(text) for text in re.findall(r"<t\b[^>]*>([^<]*)</t>", strings)}
    return found | set(re.findall(r'<definedName [^>]*\bname="([^"]*)"', book))
