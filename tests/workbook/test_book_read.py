"""Reading any workbook: cells, shared and array formulas, tables, names, and nothing run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from book_files import BOOK, MAIN, link, links, name, one_sheet, parts_of, save
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator, TranslatorError

from sheetsim.book import Book, Cell, CellError, Iteration, Table
from sheetsim.errors import WorkbookError
from sheetsim.references import Fill, a1
from sheetsim.workbook.read import array_formulas, sheet_cells
from sheetsim.workbook.read.all_cells import read_cells
from sheetsim.workbook.read.book import read_book

NAMES = ["collab_filter.xlsx", "graddesc.xlsm", "entropy_example.xlsx"]


@pytest.mark.parametrize("file", NAMES)
def test_the_lectures_cells_are_those_of_the_other_reader(lecture: Path, file: str) -> None:
    book, cells = read_book(lecture / file), read_cells(lecture / file)
    assert list(book.sheets) == list(cells) == list(book.states)
    assert {sheet: dict(found) for sheet, found in book.sheets.items()} == cells
    assert book.macros == file.endswith(".xlsm")
    assert not book.date1904
    assert book.externals == ()


@pytest.mark.parametrize("file", NAMES)
def test_the_lectures_shared_formulas_are_filled_as_openpyxl_fills(
    lecture: Path, file: str
) -> None:
    count = 0
    for cells in read_book(lecture / file).sheets.values():
        for place, cell in cells.items():
            if cell.origin is not None and cell.origin != place:
                first = Translator(cells[cell.origin].formula, a1(*cell.origin))
                assert cell.formula == first.translate_formula(a1(*place))
                count += 1
    assert count > {"collab_filter.xlsx": 10_000, "graddesc.xlsm": 1_000}.get(file, 0)


def test_what_excel_saved_in_the_lecture(lecture: Path) -> None:
    book = read_book(lecture / "collab_filter.xlsx")
    assert book.sheets["dotprod"][40, 21].value == 0.3930154712865702  # as Excel cached it
    assert book.sheets["bias"][41, 21].value == 0.3194674135586278
    columns = ("Word id", "Vocab", "Embeddings", "1", "2", "3", "4")
    assert book.tables == {"Table1": Table("Table1", "word_emb", (24, 0), (38, 6), columns)}
    assert book.find_table("TABLE1") is book.tables["Table1"]
    found = book.find_name("SOLVER_OPT", "DotProd")
    assert found is not None
    assert (found.text, found.hidden) == ("dotprod!$V$41", True)
    assert book.find_name("solver_opt") is None
    assert book.find_sheet("DOTPROD") == "dotprod"


def test_a_sheet_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    parts = parts_of({"good": '<row r="1"><c r="A1"><v>1</v></c></row>', "bad": "<row><c>"})
    book = read_book(save(tmp_path / "a.xlsx", parts))
    assert "bad" in book.sheets
    assert "none" not in book.sheets
    assert len(book.sheets) == 2
    assert book.sheets["good"] == {(0, 0): Cell(None, 1.0)}
    assert book.sheets["good"] is book.sheets["good"]
    with pytest.raises(WorkbookError, match="sheet 'bad': is not well-formed XML"):
        book.sheets["bad"]
    with pytest.raises(KeyError):
        book.sheets["none"]


def test_a_file_that_changes_meanwhile_is_not_mixed(tmp_path: Path) -> None:
    path = one_sheet(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>')
    book = read_book(path)
    one_sheet(path, '<row r="1"><c r="A1"><v>22222</v></c></row>')
    os.utime(path, ns=(1, 1))
    with pytest.raises(WorkbookError, match="was changed while it was being read"):
        book.sheets["one"]
    path.unlink()
    with pytest.raises(WorkbookError, match="was changed"):
        book.sheets["one"]


def test_a_data_table_is_noted_in_all_its_cells(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="B1"><f t="dataTable" ref="B1:C2" dt2D="1" dtr="1" r1="F1" r2="F2"/>'
        '<v>1</v></c><c r="C1"><v>2</v></c><c r="D1"><v>9</v></c></row>'
        '<row r="2"><c r="B2"><v>3</v></c></row>'
    )
    cells = read_book(one_sheet(tmp_path / "a.xlsx", rows)).sheets["one"]
    assert cells == {
        (0, 1): Cell("=TABLE(F1,F2)", 1.0),
        (0, 2): Cell("=TABLE(F1,F2)", 2.0),
        (0, 3): Cell(None, 9.0),
        (1, 1): Cell("=TABLE(F1,F2)", 3.0),
    }


def test_array_formulas_and_what_they_spill(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" cm="1"><f t="array" ref="A1:B2">_xlfn.SEQUENCE(2,2)</f><v>1</v></c>'
        '<c r="B1"><v>2</v></c></row><row r="2"><c r="A2"><v>3</v></c><c r="B2" t="e">'
        "<v>#N/A</v></c></row>"
    )
    cells = read_book(one_sheet(tmp_path / "a.xlsx", rows)).sheets["one"]
    spilled = "=_xlfn.SEQUENCE(2,2)"
    assert cells[0, 0] == Cell(spilled, 1.0, "A1:B2")
    assert cells[1, 1] == Cell(spilled, CellError("#N/A"), "A1:B2")


def test_array_formulas_that_overlap_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_formulas, "MAX_COVERED", 1000)
    row = '<c><f t="array" ref="A1:XFD1048576">1</f></c>' * 50
    with pytest.raises(WorkbookError, match="overlap without end"):
        read_book(one_sheet(tmp_path / "a.xlsx", f"<row>{row}</row>")).sheets["one"]


TABLE = (
    '<table xmlns="{main}" id="1" name="T" displayName="Sales" ref="B2:C5" {more}>'
    '<tableColumns count="2"><tableColumn id="1" name="a_x000a_b"/>'
    '<tableColumn id="2" name="&lt;c&gt;"/></tableColumns></table>'
)


def with_table(path: Path, table: str, count: int = 1) -> Book:
    parts = parts_of({"one": "", "two": ""})
    each = [link(i, "table", "../tables/t.xml") for i in range(1, count + 1)]
    parts["xl/worksheets/_rels/sheet2.xml.rels"] = links(*each)
    parts["xl/tables/t.xml"] = table
    return read_book(save(path, parts))


def test_a_table_with_totals_and_without_headers(tmp_path: Path) -> None:
    more = 'headerRowCount="0" totalsRowCount="1"'
    book = with_table(tmp_path / "a.xlsx", TABLE.format(main=MAIN, more=more))
    expected = Table("Sales", "two", (1, 1), (4, 2), ("a\nb", "<c>"), 0, 1)
    assert book.tables == {"Sales": expected}


@pytest.mark.parametrize(
    ("old", "new", "count", "problem"),
    [
        ("B2:C5", "B2:D5", 1, "names 2 columns; expected the 3 of B2:D5"),
        ("B2:C5", "nowhere", 1, "'nowhere' is no cell"),
        ("{more}", 'headerRowCount="9"', 1, "has 9 rows of headers"),
        ("", "", 2, "two tables are named 'Sales'"),
        ("<table ", "<!DOCTYPE x><table ", 1, "declares a document type"),
    ],
)
def test_a_table_that_makes_no_sense(
    tmp_path: Path, old: str, new: str, count: int, problem: str
) -> None:
    table = (TABLE.replace(old, new) if old else TABLE).format(main=MAIN, more="")
    with pytest.raises(WorkbookError, match=problem):
        with_table(tmp_path / "a.xlsx", table, count)


def test_settings_states_and_other_files(tmp_path: Path) -> None:
    more = (
        '<externalReferences><externalReference r:id="rId8"/><externalReference r:id="rId9"/>'
        '</externalReferences><calcPr iterate="1"/>'
    )
    outside = (
        link(8, "externalLink", "externalLinks/e1.xml"),
        link(9, "externalLink", "externalLinks/gone.xml"),
    )
    parts = parts_of({"one": "", "two": ""}, "", more, outside)
    parts[BOOK] = parts[BOOK].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    parts[BOOK] = parts[BOOK].replace('name="two"', 'name="two" state="veryHidden"')
    parts["xl/externalLinks/_rels/e1.xml.rels"] = links(
        link(1, "externalLinkPath", "http://127.0.0.1:9/never.xlsx", "External")
    )
    book = read_book(save(tmp_path / "a.xlsx", parts))
    assert book.externals == ("http://127.0.0.1:9/never.xlsx", "an unknown file")
    assert book.states == {"one": "visible", "two": "veryHidden"}
    assert (book.date1904, book.iteration, book.macros) == (True, Iteration(), False)


def test_names_of_a_sheet_come_before_the_workbooks(tmp_path: Path) -> None:
    names = name("lr", "1", None) + name("lr", "2", 0) + name("beta", "3", None, hidden=False)
    book = read_book(one_sheet(tmp_path / "a.xlsx", "", names))
    texts = [book.find_name(*each) for each in (("LR", "ONE"), ("lr", None), ("beta", "one"))]
    assert [found.text for found in texts if found is not None] == ["2", "1", "3"]


def test_progress_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_cells, "REPORT_EVERY", 10)
    path = one_sheet(tmp_path / "a.xlsx", "<row>" + "<c><v>1</v></c>" * 100 + "</row>")
    reported: list[tuple[str, float]] = []
    assert len(read_book(path, progress=lambda *each: reported.append(each)).sheets["one"]) == 100
    assert [sheet for sheet, _ in reported] == ["one"] * 10
    fractions = [fraction for _, fraction in reported]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < 0.2 < 0.9 < fractions[-1] < 1


def test_too_many_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_cells, "MAX_CELLS", 99)
    path = one_sheet(tmp_path / "a.xlsx", "<row>" + "<c><v>1</v></c>" * 100 + "</row>")
    with pytest.raises(WorkbookError, match="sheet 'one': has more than 99 cells"):
        read_book(path).sheets["one"]


MANY = 200_000

MEASURED = """
import resource, sys
from sheetsim.workbook.read.book import read_book
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cells = read_book(sys.argv[1]).sheets["one"]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(cells), after - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in another unit")
def test_many_formulas_take_bounded_memory(tmp_path: Path) -> None:
    """A million take five times as much: 0.4 GB; a tree of the XML would take ten times that."""
    first = '<row><c><f t="shared" ref="A1:K1" si="0">Z1*2+$A$1</f></c></row>'
    row = "<row>" + '<c><f t="shared" si="0"/><v>1</v></c>' * 10 + "</row>"
    rows = [first, *[row] * (MANY // 10)]
    path = one_sheet(tmp_path / "a.xlsx", "".join(rows))
    out = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    count, kilobytes = map(int, out.stdout.split())
    assert count == MANY + 1
    assert kilobytes < 1000 * MANY / 1024  # under 1,000 bytes each, measured 400


# Shared formulas ---------------------------------------------------------------------------

CELL = st.builds(
    lambda fix, column, also, row: f"{fix}{column}{also}{row}",
    st.sampled_from(["", "$"]),
    st.sampled_from(["A", "Z", "AB", "XFC"]),
    st.sampled_from(["", "$"]),
    st.integers(1, 40),
)
ATOM = st.one_of(
    CELL,
    st.builds("{}:{}".format, CELL, CELL),
    st.builds("Sheet1!{}".format, CELL),
    st.builds("'it''s A1'!{}".format, CELL),
    st.sampled_from(['"A1 ""B2"""', "1.5E+3", "TRUE", "LOG10(2)", "my.name1", "rate_A1"]),
    st.sampled_from(["B:C", "$B:C", "3:7", "$3:$7", "Sheet1!4:$9", "#REF!"]),
)
FORMULA = st.lists(ATOM, min_size=1, max_size=5).flatmap(
    lambda atoms: st.sampled_from(
        ["+".join(atoms), f"SUM({','.join(atoms)})", f"IF({'>'.join(atoms)},1,{atoms[0]})"]
    )
)


@settings(max_examples=200, deadline=None)
@given(FORMULA, st.integers(0, 30), st.integers(0, 30), st.integers(-30, 60), st.integers(-30, 60))
def test_a_shared_formula_is_filled_as_openpyxl_fills_it(
    formula: str, row: int, column: int, down: int, right: int
) -> None:
    to = (max(row + down, 0), max(column + right, 0))
    ours = Fill(formula).at(to[0] - row, to[1] - column)
    try:
        theirs = Translator(f"={formula}", a1(row, column))
        expected = theirs.translate_formula(a1(*to))
    except TranslatorError:  # it leaves the sheet: Excel writes #REF!
        assert "#REF!" in ours
        return
    if "#REF!" in ours.replace("#REF!", "", formula.count("#REF!")):
        assert any(text in expected for text in ("XFE", "XFF", "XF", "XG", "XH"))
        return
    assert f"={ours}" == expected


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1+$A$1+A$1+$A1", "B3+$A$1+B$1+$A3"),
        ("Table1[[#This Row],[A1]:[B2]]*A1", "Table1[[#This Row],[A1]:[B2]]*B3"),
        ("[1]Sheet1!A1", "[1]Sheet1!B3"),
        ("Table1[it'[s A1]+A1", "Table1[it'[s A1]+B3"),
        ("XFD1+A1048575", "#REF!+#REF!"),
        ("XFE1+A1048577+ABCD1", "XFE1+A1048577+ABCD1"),
        ("A1:INDEX(A:A,3)", "B3:INDEX(B:B,3)"),
        ("Jan:Mar!A1+LOG10(A1)+A1.x+ä1+A1", "Jan:Mar!B3+LOG10(B3)+A1.x+ä1+B3"),
        ("2:$3", "4:$3"),
    ],
)
def test_what_moves_and_what_does_not(formula: str, moved: str) -> None:
    assert Fill(formula).at(2, 1) == moved


def test_reading_needs_neither_openpyxl_nor_pandas() -> None:
    """The modules that read a workbook import only what they use."""
    modules = sorted(Path(sheet_cells.__file__).parents[1].rglob("*.py"))
    assert len(modules) > 20
    for module in modules:
        text = module.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (openpyxl|pandas)", text, re.MULTILINE), module
