"""The copy with invalid cached values: what must change does, and nothing else."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.book import CellError
from sheetsim.errors import OutputError, WorkbookError
from sheetsim.workbook.read.all_cells import read_cells
from sheetsim.workbook.rewrite.invalidated_copy import INVALID_VALUE, invalidated_copy

LECTURE = Path(__file__).resolve().parents[3] / "shared/data/lecture"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsx"
    out = xlsxwriter.Workbook(str(path))
    sheet = out.add_worksheet("a & b")
    bold = out.add_format({"bold": True})
    sheet.write_number("A1", 1.5, bold)
    sheet.write_string("A2", "text")
    sheet.write_blank("A3", None, bold)
    sheet.write_boolean("A4", True)
    sheet.write_formula("B1", "=A1*2", bold, 3)
    sheet.write_formula("B2", '=A2&" <&>"', None, "text <&>")
    sheet.write_formula("B3", "=1/0", None, "#DIV/0!")
    sheet.write_formula("B4", "=A1>0", None, True)
    sheet.write_array_formula("C1:D2", "{=TRANSPOSE(A1:B2)}", None, 9)
    out.add_worksheet("other").write_formula(0, 0, "='a & b'!B1", None, 3)
    out.close()
    return path


def test_every_cached_value_is_invalid_and_all_else_is_kept(book: Path, tmp_path: Path) -> None:
    invalidated_copy(book, tmp_path / "copy.xlsx")
    before, after = read_cells(book), read_cells(tmp_path / "copy.xlsx")
    assert sum(cell.formula is not None for cell in before["a & b"].values()) == 8
    for name, cells in before.items():
        assert after[name].keys() == cells.keys()
        for place, cell in cells.items():
            got = after[name][place]
            assert (got.formula, got.array) == (cell.formula, cell.array)
            assert got.value == (cell.value if cell.formula is None else INVALID_VALUE)


def test_other_parts_are_kept_byte_for_byte(book: Path, tmp_path: Path) -> None:
    invalidated_copy(book, tmp_path / "copy.xlsx")
    before, after = parts(book), parts(tmp_path / "copy.xlsx")
    assert list(before) == list(after)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {SHEET, "xl/worksheets/sheet2.xml"}  # XlsxWriter asks for calculation itself


def test_what_openpyxl_sees_is_the_same(book: Path, tmp_path: Path) -> None:
    invalidated_copy(book, tmp_path / "copy.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "copy.xlsx")["a & b"]
    assert sheet["B1"].value == "=A1*2"
    assert sheet["B1"].font.bold
    assert sheet["C1"].value.text == "=TRANSPOSE(A1:B2)"
    assert sheet["A2"].value == "text"


def test_constants_are_edited(book: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.xlsx"
    changes: dict[tuple[int, int], float | str] = {
        (0, 0): 0.1 + 0.2,
        (1, 0): ' <b> & "épö" \x07 _x0041_ \n',
        (2, 0): 7,
        (3, 0): False,
    }
    invalidated_copy(book, copy, {"a & b": changes})
    found = read_cells(copy)["a & b"]
    assert {place: found[place].value for place in changes} == changes
    sheet = openpyxl.load_workbook(copy)["a & b"]
    assert sheet["A1"].value == 0.1 + 0.2
    assert sheet["A1"].font.bold


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        ({"a & b": {(0, 1): 1.0}}, "a & b!B1 holds a formula"),
        ({"a & b": {(1, 3): 1.0}}, "a & b!D2 holds a formula"),  # within the array formula's range
        ({"a & b": {(9, 9): 1.0}}, "a & b!J10 is not in the file"),
        ({"a & b": {(0, 0): float("nan")}}, "a & b!A1: nan cannot stand in a cell"),
        ({"none": {(0, 0): 1.0}}, "has no sheet 'none' to edit; it has a & b, other"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(
    book: Path, tmp_path: Path, edits: dict[str, dict[tuple[int, int], float | str]], problem: str
) -> None:
    target = tmp_path / "copy.xlsx"
    target.write_bytes(b"as it was")
    with pytest.raises(WorkbookError, match=problem):
        invalidated_copy(book, target, edits)
    assert target.read_bytes() == b"as it was"


def test_a_plain_sheet_is_invalidated_as_any_other(tmp_path: Path) -> None:
    """A comment in a sheet is enough for it to be read in the general way."""
    path = tmp_path / "plain.xlsx"
    out = xlsxwriter.Workbook(str(path))
    sheet = out.add_worksheet("one")
    bold = out.add_format({"bold": True})
    sheet.write_row("A1", [1.5, "text", True], bold)
    sheet.write_blank("D1", None, bold)
    sheet.write_formula("A2", '=B1&" <&>"', bold, "text <&>")
    sheet.write_formula("B2", "=1/0", None, "#DIV/0!")
    sheet.write_formula("C2", "=A1>0", None, True)
    out.close()
    plain = parts(path)
    plain[SHEET] = plain[SHEET].replace(b'<c r="D1"', b'<c r="D1" t="n"')
    plain[SHEET] = plain[SHEET].replace(b'<c r="B2"', b'<c r="B2" vm="1"')
    typed: dict[tuple[int, int], float | str] = {(0, 0): 0.1 + 0.2, (0, 1): "<b>", (0, 2): ""}
    for edited in ({}, {"one": typed}):
        copies = []
        for comment in (b"", b"<!-- -->"):
            with zipfile.ZipFile(path, "w") as file:
                for name, data in plain.items():
                    behind = data.replace(b"</sheetData>", b"</sheetData>" + comment)
                    file.writestr(name, behind if name == SHEET else data)
            invalidated_copy(path, tmp_path / "copy.xlsx", edited)
            copies.append(parts(tmp_path / "copy.xlsx")[SHEET].replace(comment, b""))
        assert copies[0] == copies[1]
        assert copies[0].count(str(INVALID_VALUE).encode()) == 3
        assert b't="n"' not in copies[0]


def test_a_copy_may_take_the_place_of_its_source(book: Path) -> None:
    invalidated_copy(book, book)
    assert read_cells(book)["a & b"][0, 1].value == INVALID_VALUE


def test_a_target_that_cannot_be_written(book: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        invalidated_copy(book, tmp_path / "no" / "copy.xlsx")


def test_a_part_in_utf16_is_read_but_not_edited(book: Path, tmp_path: Path) -> None:
    path = tmp_path / "wide.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts(book).items():
            wide = data.decode().replace("UTF-8", "UTF-16").encode("utf-16")
            file.writestr(name, wide if name == SHEET else data)
    assert read_cells(path) == read_cells(book)
    with pytest.raises(WorkbookError, match="is in UTF-16"):
        invalidated_copy(path, tmp_path / "copy.xlsx")


@pytest.mark.skipif(not LECTURE.is_dir(), reason="the lecture's own workbooks are not here")
@pytest.mark.parametrize("name", ["graddesc.xlsm", "collab_filter.xlsx", "entropy_example.xlsx"])
def test_a_file_of_excels_keeps_all_but_its_caches(tmp_path: Path, name: str) -> None:
    copy = tmp_path / name
    invalidated_copy(LECTURE / name, copy)
    before, after = parts(LECTURE / name), parts(copy)
    for part, data in before.items():
        if part == "xl/workbook.xml":
            start = after[part].index(b"<calcPr")
            added = after[part].replace(b' fullCalcOnLoad="1"', b"")
            assert b' fullCalcOnLoad="1"' in after[part][start:]
            assert added == data.replace(b' fullCalcOnLoad="1"', b"")
        elif not part.startswith("xl/worksheets/sheet"):
            assert after[part] == data
    cells = read_cells(copy)
    for sheet, found in read_cells(LECTURE / name).items():
        for place, cell in found.items():
            expected = cell.value if cell.formula is None else INVALID_VALUE
            assert cells[sheet][place].value == expected


# What may stand in a sheet, at random: cells of every kind with their attributes in any order and
# either quote, comments, extensions, prefixed or not. openpyxl says what it means.
WORDS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=8)
QUOTED = st.sampled_from(["'", '"'])


@st.composite
def cell_xml(draw: st.DrawFn, column: int, p: str) -> str:
    letter = "ABCDEFGH"[column]
    kind = draw(st.sampled_from(["n", "str", "b", "e", "inlineStr", "blank"]))
    formula = draw(st.booleans()) and kind not in {"inlineStr", "blank"}
    number = repr(draw(st.floats(-1e9, 1e9)))
    value = {
        "n": number,
        "str": draw(WORDS.filter(lambda word: "_x" not in word)),
        "b": draw(st.sampled_from("01")),
        "e": "#N/A",
    }.get(kind, "")
    attributes = [f"r={quoteattr(letter + '1')}", "s='0'", "e:x=\"t='n' r='Z9' >\""]
    if kind != "blank" and (kind != "n" or draw(st.booleans())):
        quote = draw(QUOTED)
        attributes.append(f"t={quote}{kind}{quote}")
    head = f"<{p}c {draw(st.sampled_from([' ', chr(10)])).join(draw(st.permutations(attributes)))}"
    if kind == "blank":
        return head + draw(st.sampled_from([" />", "/>", f"></{p}c>", f"></{p}c >"]))
    noise = st.sampled_from(["", "<!-- <c r='A9'/> <v>1</v> -->", "<e:v>no</e:v>", "\n"])
    inside = draw(noise)
    if formula:
        extra = draw(st.sampled_from(["", ' ca="1"', " aca='false' "]))
        body = draw(st.sampled_from(["B9&lt;C9", "<![CDATA[B9<C9]]>", "SUM(A9:B9)"]))
        inside += f"<{p}f{extra}>{body}</{p}f>" + draw(noise)
    if kind == "inlineStr":
        inside += f"<{p}is><{p}t>{escape(draw(WORDS))}</{p}t></{p}is>"
    elif draw(st.booleans()):
        inside += f"<{p}v>{escape(value)}</{p}v >"
    return f"{head}>{inside}{draw(noise)}</{p}c>"


@st.composite
def sheet_xml(draw: st.DrawFn) -> str:
    p = draw(st.sampled_from(["", "x:"]))
    cells = "".join(draw(cell_xml(column, p)) for column in range(draw(st.integers(1, 6))))
    main = f"xmlns{':x' if p else ''}={quoteattr(NAMESPACE)}"
    return (
        f"<?xml version='1.0'?><{p}worksheet {main} xmlns:e='urn:e'>"
        f"<{p}sheetData><{p}row r='1'>{cells}</{p}row></{p}sheetData></{p}worksheet>"
    )


def by_openpyxl(path: Path) -> dict[str, object]:
    sheet = openpyxl.load_workbook(path)["one"]
    return {c.coordinate: c.value for row in sheet for c in row if c.value is not None}


@settings(max_examples=40, deadline=None)
@given(xml=sheet_xml())
def test_any_sheet_is_scanned_and_edited_as_openpyxl_reads_it(
    tmp_path_factory: pytest.TempPathFactory, xml: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    plain, path, copy = folder / "plain.xlsx", folder / "a.xlsx", folder / "copy.xlsx"
    out = xlsxwriter.Workbook(str(plain))
    out.add_worksheet("one")
    out.close()
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts(plain).items():
            file.writestr(name, xml if name == SHEET else data)
    before = by_openpyxl(path)
    ours = read_cells(path)["one"]
    shown = {f"{'ABCDEFGH'[c]}{r + 1}": x.formula or x.value for (r, c), x in ours.items()}
    shown = {k: str(v) if isinstance(v, CellError) else v for k, v in shown.items()}
    # openpyxl takes an empty text for nothing.
    assert {k: v for k, v in shown.items() if v != ""} == {
        k: v for k, v in before.items() if v != ""
    }
    constants = [p for p, x in ours.items() if x.formula is None]
    invalidated_copy(path, copy, {"one": dict.fromkeys(constants, 42.5)})
    after = by_openpyxl(copy)
    for (row, column), cell in ours.items():
        assert after[f"{'ABCDEFGH'[column]}{row + 1}"] == (cell.formula or 42.5)
    cached = read_cells(copy)["one"]
    assert all(cached[p].value == INVALID_VALUE for p, x in ours.items() if x.formula)
    rest = parts(copy)[SHEET].decode()
    assert rest.count("e:x=") == xml.count("e:x=")
    assert rest.count("<!-- <c") == xml.count("<!-- <c")
