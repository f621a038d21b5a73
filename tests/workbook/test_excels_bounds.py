"""What no sheet of Excel's holds is refused in a line, whichever way the sheet is read."""

import pytest
from book_files import MAIN

from sheetsim.columns import SheetColumns
from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.sheet_cells import read_sheet


def _read(rows: str, *, plainly: bool) -> SheetColumns:
    note = "" if plainly else "<!-- read in the general way -->"
    sheet = f'<worksheet xmlns="{MAIN}">{note}<sheetData>{rows}</sheetData></worksheet>'
    return read_sheet(sheet.encode(), "f.xlsx: sheet 'S'", list)


def _formula(text: str) -> str:
    return f'<row r="1"><c r="A1"><f>{text}</f><v>1</v></c></row>'


@pytest.mark.parametrize("plainly", [True, False])
def test_a_formula_is_as_long_as_excel_lets_it_be(plainly: bool) -> None:
    longest = "+".join(["B1"] * 2731)
    assert len(longest) == 8192
    assert len(_read(_formula(longest), plainly=plainly)) == 1
    assert len(_read(_formula("_xlfn.SEC(B1)+" + longest[13:]), plainly=plainly)) == 1
    with pytest.raises(WorkbookError, match=r"S' A1: a formula of 8,193 .* at most 8,192$"):
        _read(_formula(longest + "1"), plainly=plainly)


@pytest.mark.parametrize("plainly", [True, False])
@pytest.mark.parametrize("number", ["-5", "0", "1048577", "1e3", "9" * 5000])
def test_a_row_is_one_of_a_sheet(number: str, plainly: bool) -> None:
    with pytest.raises(WorkbookError, match=r"is no row; expected one from 1 to 1048576$") as said:
        _read(f'<row r="1"/><row spans="1:1" r="{number}"><c r="A2"/></row>', plainly=plainly)
    assert len(str(said.value)) < 120


@pytest.mark.parametrize("plainly", [True, False])
def test_the_last_row_and_rows_without_a_number_are_read(plainly: bool) -> None:
    rows = '<row r="1048576" spans="1:1" ht="12"><c r="A1048576"><v>1</v></c></row>'
    assert len(_read(f'<row><c r="A1"><v>2</v></c></row>{rows}', plainly=plainly)) == 2
