"""What the workbooks ask of a spreadsheet program, read from their XML by nobody's reader.

Google Sheets can't be run here. What can be known is which functions and names the committed
workbooks use, and these tests hold it; workbooks/README.md says it, and what is not known.
"""

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_pages import GALLERY, ROOT, page

BOOKS = sorted((ROOT / "workbooks").glob("*.xlsx"))
SECTION = "Other spreadsheets"

GOOGLE = {
    "ABS", "ACOS", "AND", "AVERAGE", "AVERAGEIFS", "CHOOSE", "COS", "COUNT", "EXP", "IF", "IFERROR",
    "INDEX", "INT", "INTERCEPT", "ISERROR", "LEFT", "LN", "LOWER", "MATCH", "MAX", "MIN",
    "MINVERSE",
    "MMULT", "NA", "OR", "PI", "RADIANS",
    "ROUND", "SIN", "SLOPE", "SQRT", "STDEVP", "SUM", "SUMPRODUCT", "SUMSQ", "TANH", "TRIM",
}  # fmt: skip
"""Functions that are in Google's list of functions for Sheets and were in Excel 2007."""

NEWER = re.compile(r"_xl\w+\.")
"""What a file puts before the name of a function that is younger than the format, of 2007."""

_CELL = re.compile(r"[A-Z]{1,3}[0-9]+", re.IGNORECASE)
_R1C1 = re.compile(r"R[0-9]*(C[0-9]*)?|C[0-9]*", re.IGNORECASE)
_GOOGLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,249}")


def parts(path: Path, pattern: str) -> Iterator[str]:
    """The XML parts of a workbook whose names match."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if re.fullmatch(pattern, name):
                yield archive.read(name).decode("utf-8")


def formulas(path: Path) -> Iterator[tuple[str, str]]:
    """The attributes and the text of each formula, of cells, of drop-downs and of colours."""
    for sheet in parts(path, r"xl/worksheets/sheet\d+\.xml"):
        for _, attributes, text in re.findall(r"<(f|formula[12]?)\b([^>]*)>([^<]*)</\1>", sheet):
            yield attributes, html.unescape(text)


def called(formula: str) -> set[str]:
    """The functions that a formula calls, with what a file puts before newer ones."""
    plain = re.sub(r"'[^']*'!", "", re.sub(r'"[^"]*"', '""', formula))
    return set(re.findall(r"([A-Za-z_][A-Za-z0-9_.]*)\(", plain))


def names(path: Path) -> set[str]:
    """Defined names, without those that Excel keeps for itself and for its Solver."""
    (book,) = parts(path, r"xl/workbook\.xml")
    found = set(re.findall(r'<definedName [^>]*\bname="([^"]*)"', book))
    return {name for name in found if not name.startswith(("_xlnm.", "solver_"))}


def misread(name: str) -> bool:
    """Whether some program takes the name for a cell, or Google's rules do not allow it."""
    return bool(_CELL.fullmatch(name) or _R1C1.fullmatch(name) or not _GOOGLE_NAME.fullmatch(name))


def functions_of_the_workbooks() -> set[str]:
    return {name for path in BOOKS for _, formula in formulas(path) for name in called(formula)}


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_functions_are_classic_and_names_are_words(path: Path) -> None:
    found = list(formulas(path))
    assert len(found) > 100
    for attributes, formula in found:
        assert called(formula) <= GOOGLE, formula
        assert not NEWER.search(formula), formula
        assert "array" not in attributes, formula
    assert not {name for name in names(path) if misread(name)}


def test_the_gallery_says_so() -> None:
    """The number of functions, and the names that Google's rules are against."""
    text = page(GALLERY).sections[SECTION]
    used = functions_of_the_workbooks()
    assert f"{len(used)} functions" in text
    against = {name for path in BOOKS for name in names(path) if name.startswith(("true", "false"))}
    listed = re.search(r"begin with `true` \(([^)]*)\)", text)
    assert against == (set(re.findall(r"`(\w+)`", listed[1])) if listed else set())


@pytest.mark.parametrize("name", ["a1", "LR1", "abc123", "r", "C", "rc", "r1c1", "R2", "c3", "a.b"])
def test_a_bad_name_is_found(name: str) -> None:
    assert misread(name)


@pytest.mark.parametrize("name", ["lr", "beta1", "label_1", "x", "h", "freq", "rmse", "row"])
def test_a_good_name_is_none(name: str) -> None:
    assert not misread(name)


def test_planted_formulas_are_found(tmp_path: Path) -> None:
    sheet = (
        "<c><f>SUM('LET (x'!A1)&amp;\"LAMBDA(\"</f></c>"
        '<c><f t="array" ref="A1">_xlfn._xlws.SORT(A1:A3)</f></c>'
        "<dataValidation><formula1>OFFSET(A1,1,0)</formula1></dataValidation>"
    )
    path = tmp_path / "planted.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    first, second, third = formulas(path)
    assert called(first[1]) == {"SUM"}
    assert NEWER.search(second[1])
    assert "array" in second[0]
    assert called(second[1]) == {"_xlfn._xlws.SORT"}
    assert not called(third[1]) <= GOOGLE
