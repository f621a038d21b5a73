"""Reading cells and names, with openpyxl and Excel's own files as the outside word."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.book import Cell, CellError, Value
from sheetsim.errors import WorkbookError
from sheetsim.references import a1
from sheetsim.workbook.read.all_cells import read_cells
from sheetsim.workbook.read.cell_xml import parse_cell, raw_cells
from sheetsim.workbook.read.defined_names import defined_names

LECTURE = Path(__file__).resolve().parents[3] / "shared/data/lecture"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
needs_lecture = pytest.mark.skipif(
    not LECTURE.is_dir(), reason="the lecture's own workbooks are not on this machine"
)


def with_sheet(path: Path, rows: str, shared: str = "") -> Path:
    """Write a workbook whose only sheet has these rows, given as XML."""
    plain = path.with_suffix(".plain.xlsx")
    book = xlsxwriter.Workbook(str(plain))
    book.add_worksheet("one").write_string(0, 0, "any")
    book.close()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                head, _, rest = data.decode().partition("<sheetData>")
                data = f"{head}<sheetData>{rows}{rest[rest.index('</sheetData>') :]}".encode()
            elif entry.filename == "xl/sharedStrings.xml" and shared:
                data = f'<sst xmlns="{NAMESPACE}">{shared}</sst>'.encode()
            new.writestr(entry.filename, data)
    return path


def cells_of(path: Path, rows: str, shared: str = "") -> dict[tuple[int, int], Cell]:
    return read_cells(with_sheet(path, rows, shared))["one"]


@pytest.mark.parametrize(
    ("xml", "cell"),
    [
        ('<c r="A1"><v>1.5</v></c>', Cell(None, 1.5)),
        ('<c r="A1" t="n"><v> 2 </v></c>', Cell(None, 2.0)),
        ('<c r="A1" t="s"><v>0</v></c>', Cell(None, "rich text")),
        ('<c r="A1" t="b"><v>1</v></c>', Cell(None, True)),
        ('<c r="A1" t="e"><v>#DIV/0!</v></c>', Cell(None, CellError("#DIV/0!"))),
        ('<c r="A1" t="e"><f>NA()</f><v>#N/A</v></c>', Cell("=NA()", CellError("#N/A"))),
        ('<c r="A1" t="inlineStr"><is><t>a &amp; b</t></is></c>', Cell(None, "a & b")),
        (
            '<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t xml:space="preserve"> b</t></r>'
            "<rPh><t>no</t></rPh></is></c>",
            Cell(None, "a b"),
        ),
        ('<c r="A1" t="str"><f>""</f><v></v></c>', Cell('=""', "")),
        ('<c r="A1" t="str"><f>"a"&amp;B1</f><v>a_x0009_b</v></c>', Cell('="a"&B1', "a\tb")),
        ('<c r="A1"><f>B1&lt;2</f></c>', Cell("=B1<2", None)),
        ('<c r="A1"><f><![CDATA[B1<2]]></f><!-- c --><v>1<!-- c -->2</v></c>', Cell("=B1<2", 12.0)),
        ('<c><f t="array" ref="A1">SUM(B1:B2)</f><v>3</v></c>', Cell("=SUM(B1:B2)", 3.0, "A1")),
    ],
)
def test_a_cell_is_read_for_what_it_is(tmp_path: Path, xml: str, cell: Cell) -> None:
    shared = "<si><r><t>rich</t></r><r><t> text</t></r><rPh sb='0' eb='1'><t>no</t></rPh></si>"
    found = cells_of(tmp_path / "a.xlsx", f'<row r="1">{xml}</row>', shared)
    assert found == {(0, 0): cell}
    assert type(found[0, 0].value) is type(cell.value)


def test_blank_cells_that_carry_a_style_are_left_out(tmp_path: Path) -> None:
    assert cells_of(tmp_path / "a.xlsx", '<row r="1"><c r="A1" s="0"/><c r="B1"></c></row>') == {}


def test_rows_and_cells_may_leave_out_where_they_stand(tmp_path: Path) -> None:
    rows = "<row><c><v>1</v></c></row><row r='5'><c r='C5'><v>2</v></c><c><v>3</v></c></row>"
    found = cells_of(tmp_path / "a.xlsx", rows)
    assert {place: cell.value for place, cell in found.items()} == {
        (0, 0): 1.0,
        (4, 2): 2.0,
        (4, 3): 3.0,
    }


def test_an_array_formula_belongs_to_every_cell_of_its_range(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet("one")
    sheet.write_array_formula("B2:C3", "{=TRANSPOSE(E1:F2)}", None, 1)
    sheet.write_number("D2", 5)
    book.close()
    found = read_cells(tmp_path / "a.xlsx")["one"]
    for place in ((1, 1), (1, 2), (2, 1), (2, 2)):
        assert found[place].formula == "=TRANSPOSE(E1:F2)"
        assert found[place].array == "B2:C3"
    assert found[1, 3] == Cell(None, 5.0)


def test_a_huge_array_range_costs_nothing(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><f t="array" ref="A1:XFD1048576">B1</f><v>1</v></c></row>'
    assert list(cells_of(tmp_path / "a.xlsx", rows)) == [(0, 0)]


def test_a_shared_formula_is_moved_to_each_of_its_cells(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="B1"><f t="shared" ref="B1:B3" si="0">A1+$A$1+sum(LOG10(A1))</f></c></row>'
        '<row r="3"><c r="B3"><f t="shared" si="0"/><v>3</v></c></row>'
    )
    found = cells_of(tmp_path / "a.xlsx", rows)
    assert found[2, 1] == Cell("=A3+$A$1+sum(LOG10(A3))", 3.0)


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ('<c r="A1"><v>one</v></c>', "sheet1.xml A1: 'one' is no value"),
        ('<c r="A1"><v>NaN</v></c>', "'NaN' is no value"),
        ('<c r="A1" t="s"><v>77</v></c>', "'77' is no value of a cell of type 's'"),
        ('<c r="XFE1"><v>1</v></c>', "'XFE1' is no cell"),
        ('<c r="A1048577"><v>1</v></c>', "'A1048577' is no cell"),
        ('<c r="1A"><v>1</v></c>', "'1A' is no cell"),
        ('<c r="B2"><f t="shared" si="9"/><v>1</v></c>', "B2: shared formula '9'"),
        ('<c r="B2"><v>1</c>', "is not well-formed XML"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(tmp_path: Path, xml: str, problem: str) -> None:
    with pytest.raises(WorkbookError) as caught:
        cells_of(tmp_path / "a.xlsx", f'<row r="1">{xml}</row>')
    assert problem in str(caught.value)
    assert str(tmp_path / "a.xlsx") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sheets_come_in_order_with_their_names_and_without_charts(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    names = ["last", "a & b <c>", 'it\'s "x"', "épö 日本"]
    book = xlsxwriter.Workbook(str(path))
    for name in names:
        book.add_worksheet(name).write_string(0, 0, name)
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": ["last", 0, 0, 1, 0]})
    book.add_chartsheet("chart").set_chart(chart)
    book.add_worksheet("hidden").hide()
    book.close()
    found = read_cells(path)
    assert list(found) == [*names, "hidden"]
    assert all(found[name][0, 0].value == name for name in names)
    assert found["hidden"] == {}


def test_names_hidden_and_scoped_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    for name in ("one", "a & b"):
        book.add_worksheet(name)
    book.define_name("everywhere", "=one!$A$1")
    book.define_name("'a & b'!lr", "='a & b'!$B$4")
    book.close()
    found = {(n.name, n.sheet, n.hidden, n.text) for n in defined_names(path)}
    assert found == {
        ("everywhere", None, False, "one!$A$1"),
        ("lr", "a & b", False, "'a & b'!$B$4"),
    }


@needs_lecture
def test_the_lectures_workbooks_are_read_as_excel_saved_them() -> None:
    basic = read_cells(LECTURE / "graddesc.xlsm")["basic"]
    assert basic[0, 2] == Cell(None, 1.2754625002528799)
    assert basic[3, 4].formula == "=C4+D4*A4"
    assert basic[5, 4].formula == "=C6+D6*A6"  # within a shared formula
    both = read_cells(LECTURE / "collab_filter.xlsx")
    assert list(both) == ["dotprod", "movielens_1hot", "movielens_emb", "bias", "word_emb"]
    assert both["dotprod"][40, 21].value == 0.3930154712865702
    assert both["bias"][41, 21].value == 0.3194674135586278
    names = {(n.name, n.sheet): n for n in defined_names(LECTURE / "collab_filter.xlsx")}
    assert names["solver_adj", "bias"].text == "bias!$H$19:$V$24,bias!$A$26:$F$40"
    assert names["solver_adj", "bias"].hidden


@needs_lecture
@pytest.mark.parametrize("name", ["graddesc.xlsm", "collab_filter.xlsx", "entropy_example.xlsx"])
def test_every_cell_of_the_lecture_equals_openpyxls(name: str) -> None:
    ours = read_cells(LECTURE / name)
    for data_only in (False, True):
        book = openpyxl.load_workbook(LECTURE / name, read_only=True, data_only=data_only)
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value is None or cell.data_type == "d":
                        continue
                    mine = ours[sheet.title][cell.row - 1, cell.column - 1]
                    if data_only or mine.formula is None:
                        assert str(cell.value) == str(mine.value) or cell.value == mine.value
                    elif cell.data_type == "f" and cell.value != "=":
                        # Its streaming reader leaves out shared formulas but for the first.
                        assert getattr(cell.value, "text", cell.value) == mine.formula
        book.close()


@given(st.integers(0, 1_048_575), st.integers(0, 16_383))
def test_a_reference_is_read_back_as_it_was_written(row: int, column: int) -> None:
    text = a1(row, column)
    assert parse_cell(text, "here") == (row, column)
    assert text == f"{openpyxl.utils.get_column_letter(column + 1)}{row + 1}"


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.one_of(
            TEXT.filter(lambda text: "_x" not in text),
            st.floats(-1e300, 1e300).map(lambda x: float(f"{x:.15g}")),  # openpyxl writes 16 digits
            st.booleans(),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_openpyxl_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[Value]
) -> None:
    path = tmp_path_factory.mktemp("round") / "a.xlsx"
    book = openpyxl.Workbook()
    for row, value in enumerate(values, 1):
        cell = book.active.cell(row, 1)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # also a text that begins with "="
    book.save(path)
    found = read_cells(path)["Sheet"]
    for row, value in enumerate(values):
        assert found[row, 0].value == value
        assert isinstance(found[row, 0].value, str | bool) or type(value) is float


def test_an_extension_s_own_c_and_f_are_no_cells() -> None:
    data = (
        f'<x:worksheet xmlns:x="{NAMESPACE}" xmlns:e="urn:e"><x:sheetData><x:row r="1">'
        '<x:c r="A1"><e:c r="B1"/><x:f>1+1</x:f><x:extLst><x:f>no</x:f></x:extLst></x:c>'
        "</x:row></x:sheetData></x:worksheet>"
    ).encode()
    (cell,) = raw_cells(data, "here")
    assert (cell.place, cell.formula) == ((0, 0), "1+1")
