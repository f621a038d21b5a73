"""Values as cells hold them: ISO dates, numbers that only Python reads, metadata, error codes."""

import datetime
from pathlib import Path

import openpyxl
import pytest
from book_files import MAIN, one_sheet
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from sheetsim.book import CellError, Value
from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.read.value_text import moment_in, number_in
from sheetsim.workbook.rewrite.cell_values import sheet_with_values

PRETTY = "\n "  # a space between rows leaves the sheet to the general reader


def sheet(row: str, gap: str = "") -> bytes:
    rows = f'<row r="1">{row}</row>'
    return f'<worksheet xmlns="{MAIN}"><sheetData>{gap}{rows}</sheetData></worksheet>'.encode()


def changed(cell: str, value: Value, gap: str = "") -> str:
    data = sheet(cell, gap)
    return sheet_with_values(data, {(0, 0): value}, "here").decode()


@pytest.mark.parametrize("gap", ["", PRETTY])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2020-01-01", 43831.0), ("2020-01-01T12:00:00", 43831.5), ("2020-01-01T18:00Z", 43831.75),
        ("1900-01-01", 1.0), ("1900-02-28", 59.0), ("1900-03-01", 61.0), ("9999-12-31", 2958465.0),
        ("12:00:00", 0.5), ("T06:00", 0.25), ("2020-01-01T00:00:00.250", 43831 + 0.25 / 86400),
        ("2020-02-30", "2020-02-30"), ("soon", "soon"), ("1899-01-01", "1899-01-01"), ("Z", "Z"),
    ],
)  # fmt: skip
def test_iso_dates_are_numbers(tmp_path: Path, text: str, value: Value, gap: str) -> None:
    row = f'{gap}<row r="1"><c r="A1" t="d"><v>{text}</v></c></row>'
    found = read_book(one_sheet(tmp_path / "dates.xlsx", row)).sheets["one"][0, 0].value
    assert type(found) is type(value)
    assert found == value


@pytest.mark.parametrize("epoch", [CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904])
def test_iso_dates_that_openpyxl_writes(tmp_path: Path, epoch: datetime.datetime) -> None:
    moments = [
        datetime.datetime(2020, 1, 1, 6),
        datetime.date(1904, 1, 1),
        datetime.datetime(2033, 12, 31, 23, 59, 59),
        datetime.time(18, 30),
    ]
    book = openpyxl.Workbook(iso_dates=True)
    book.epoch = epoch
    assert book.active is not None
    for i, moment in enumerate(moments, 1):
        book.active.cell(i, 1).value = moment
    book.save(tmp_path / "dates.xlsx")
    cells = read_book(tmp_path / "dates.xlsx").sheets["Sheet"]
    found = [cells[i, 0].value for i in range(len(moments))]
    assert found == pytest.approx([to_excel(moment, epoch) for moment in moments], rel=1e-12)


@given(st.text(alphabet="0123456789-T:.Z ", max_size=24), st.booleans())
def test_any_text_is_a_moment_or_stays(text: str, date1904: bool) -> None:
    found = moment_in(text, date1904=date1904)
    assert found == text if isinstance(found, str) else 0 <= found < 2958467


@pytest.mark.parametrize("gap", ["", PRETTY])
@pytest.mark.parametrize("cell", ['<c r="A1"><v>1_0</v></c>', '<c r="A1" t="s"><v>0_0</v></c>'])
def test_numbers_with_underscores_are_refused(tmp_path: Path, cell: str, gap: str) -> None:
    book = read_book(one_sheet(tmp_path / "odd.xlsx", f'{gap}<row r="1">{cell}</row>'))
    with pytest.raises(WorkbookError, match=r"odd.xlsx: sheet 'one' A1: '._0' is no value"):
        _ = book.sheets["one"]


def test_underscores_elsewhere_do_no_harm(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1" t="str"><v>a_b</v></c><c r="B1"><v>1.5E-3</v></c></row>'
    cells = read_book(one_sheet(tmp_path / "fine.xlsx", row)).sheets["one"]
    assert [cell.value for cell in cells.values()] == ["a_b", 0.0015]


def test_digits_of_other_scripts_are_refused() -> None:
    with pytest.raises(ValueError, match="١"):
        number_in("١")
    assert number_in(b"-1.5E3") == -1500.0


@pytest.mark.parametrize("gap", ["", PRETTY])
@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        # what metadata says of the old value goes with it, what it says of the formula stays
        ('<c r="A1" vm="1"><v>1</v></c>', 2.0, '<c r="A1"><v>2</v></c>'),
        ('<c r="A1" cm="2" vm="1"><f>B1</f><v>1</v></c>', 2.0,
         '<c r="A1" cm="2"><f>B1</f><v>2</v></c>'),
        ('<c r="A1" cm="2"><f>B1</f><v>1</v></c>', 2.0, '<c r="A1" cm="2"><f>B1</f><v>2</v></c>'),
        ('<c r="A1" t="e" vm="1"><v>#VALUE!</v></c>', CellError("#N/A"),
         '<c r="A1" t="e"><v>#N/A</v></c>'),
        ('<c r="A1" vm="1"><v>1</v></c>', 1.0, None),
        ('<c r="A1" t="e" vm="1"><v>#VALUE!</v></c>', CellError("#VALUE!"), None),
        # a newer error is #VALUE! in a file, and its metadata says more
        ('<c r="A1" t="e" vm="1"><v>#VALUE!</v></c>', CellError("#SPILL!"), None),
        ('<c r="A1"><f>B1</f><v>1</v></c>', CellError("#CALC!"),
         '<c r="A1" t="e"><f>B1</f><v>#VALUE!</v></c>'),
        ('<c r="A1"><v>1</v></c>', CellError("<&>"), '<c r="A1" t="e"><v>#VALUE!</v></c>'),
        # what an array formula spills keeps the type of a formula's text
        ('<c r="A1" t="str"><v>x</v></c>', "y", '<c r="A1" t="str"><v>y</v></c>'),
        ('<c r="A1" t="str"><v>x</v></c>', "x", None),
        ('<c r="A1" t="str"><v>x</v></c>', 2.0, '<c r="A1"><v>2</v></c>'),
        # a date becomes a number
        ('<c r="A1" s="1" t="d"><v>2020-01-01</v></c>', 43832.0,
         '<c r="A1" s="1"><v>43832</v></c>'),
        # what is no number is never taken for the one that Python reads
        ('<c r="A1"><v>1_0</v></c>', 10.0, '<c r="A1"><v>10</v></c>'),
    ],
)  # fmt: skip
def test_what_is_kept_of_a_cell(cell: str, value: Value, expected: str | None, gap: str) -> None:
    assert changed(cell, value, gap) == sheet(expected or cell, gap).decode()


def test_attributes_that_xml_would_change_are_left_to_the_general_way() -> None:
    head = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"'
    tail = "<v>0</v></c></row></sheetData></worksheet>"
    sheet = f'{head} s="1"\n\tt="b">{tail}'.encode()
    wanted = f'{head} s="1"><v>2.5</v></c></row></sheetData></worksheet>'.encode()
    assert sheet_with_values(sheet, {(0, 0): 2.5}, "w") == wanted
