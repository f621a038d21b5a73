"""What the real engines answer: the same as the closed form, on every kind of cell we write."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from installed import installed

from sheetsim.book import CellError, Content
from sheetsim.engines import Engine, engines
from sheetsim.engines.libreoffice import ENGINE as LIBREOFFICE
from sheetsim.engines.libreoffice import LibreOffice
from sheetsim.errors import EngineError, WorkbookError
from sheetsim.workbook.read.all_cells import read_cells
from sheetsim.workbook.read.defined_names import defined_names
from sheetsim.workbook.rewrite.invalidated_copy import INVALID_VALUE, invalidated_copy

LECTURE = Path(__file__).resolve().parents[3] / "shared/data/lecture"
needs_lecture = pytest.mark.skipif(not LECTURE.is_dir(), reason="the lecture's files are not here")


@pytest.fixture(params=["ironcalc", "libreoffice"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found = engines()[request.param]
    if not installed(found):
        pytest.skip(f"{request.param} is not installed here")
    return found


def test_the_engines_are_found() -> None:
    assert list(engines()) == ["ironcalc", "libreoffice"]
    assert all(engine.name == name for name, engine in engines().items())


def test_an_engine_says_its_version(engine: Engine) -> None:
    assert engine.version()[0].isdecimal()


# Formulas over A1:C3 = 1..9, E1:E3 = 1, blank, 3 and names lr = 0.25, beta1 = 0.9, with the answer
# that the definition of each function gives.
FORMULAS: dict[str, Content] = {
    "=lr*A2": 1.0,
    "=beta1+lr": 1.15,
    "=SUMPRODUCT(INDEX(A1:C3,2,0),INDEX(A1:C3,3,0))": 122.0,
    "=MMULT(A1:C1,A1:A3)": 30.0,
    "=IF(A1=1,MMULT(INDEX(A1:C3,2,0),A1:A3),0)": 66.0,
    '=SUMPRODUCT((E1:E3<>"")*(E1:E3-A1:A3)^2)': 16.0,
    "=SUMPRODUCT((A1:A3=4)*C1:C3)": 6.0,
    "=COUNT(E1:E3)": 2.0,
    "=MATCH(7,A1:A3,0)": 3.0,
    '=IFERROR(MATCH(8,A1:A3,0),"none")': "none",
    "=SQRT(SUMSQ(A1:B1)/4)": 1.25**0.5,
    '=IF(E2="","",E2)': "",
    '="n="&COUNT(E1:E3)': "n=2",
    '=TEXT(0.392901,"0.0000")': "0.3929",
    "=A1>0": True,
    "=1/0": CellError("#DIV/0!"),
    "=NA()": CellError("#N/A"),
    "='a & b <c>'!A1&\"!\"": "<one & only>!",
    "='it''s \"x\"'!A1+1": 8.5,
    "='épö 日本'!A1+1": 9.5,
    "=INDEX(A1:C3,1+INT(5/3),MOD(5,3)+1)": 6.0,
    '=HYPERLINK("#\'a & b <c>\'!A1","go")': "go",
    "=0-2^2": -4.0,
    "=POWER(0.5,3)": 0.125,
}


def full_book(path: Path) -> Path:
    """Write a workbook that has a bit of everything that sheetsim's workbooks have."""
    book = xlsxwriter.Workbook(str(path))
    sheet, other = book.add_worksheet("one"), book.add_worksheet("two")
    for r in range(3):
        sheet.write_row(r, 0, [3 * r + 1, 3 * r + 2, 3 * r + 3])
    sheet.write_number("E1", 1)
    sheet.write_number("E3", 3)
    bold = book.add_format({"bold": True})
    sheet.write_rich_string("F1", "rich ", bold, "text")
    sheet.write_boolean("F2", True)
    for tab, lr in ((sheet, 0.25), (other, 0.5)):
        tab.write_number("Z1", lr)
        tab.write_number("Z2", 0.9)
        book.define_name(f"{tab.name}!lr", f"={tab.name}!$Z$1")
        book.define_name(f"{tab.name}!beta1", f"={tab.name}!$Z$2")
    other.write_formula("A1", "=lr*4", None, 99)
    sheet.write_array_formula("H1:J3", "{=MMULT(A1:C3,A1:C3)}", None, 99)
    for row, formula in enumerate(FORMULAS):
        sheet.write_formula(row, 11, formula, None, 99)
    book.add_worksheet("a & b <c>").write_string(0, 0, "<one & only>")
    book.add_worksheet('it\'s "x"').write_number(0, 0, 7.5)
    book.add_worksheet("épö 日本").write_number(0, 0, 8.5)
    hidden = book.add_worksheet("hidden")
    hidden.write_formula(0, 0, "=one!A1+1", None, 99)
    hidden.hide()
    sheet.data_validation("P1", {"validate": "list", "source": ["1", "2"]})
    sheet.conditional_format("A1:C3", {"type": "3_color_scale"})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=one!$A$1:$A$3"})
    sheet.insert_chart("P5", chart)
    for name, text in (("solver_opt", "=one!$L$1"), ("solver_adj", "=one!$A$1:$C$3")):
        book.define_name(f"one!{name}", text)
    book.close()
    return hiding_solver(path)


def hiding_solver(path: Path) -> Path:
    """Hide the Solver's names, as Excel does and XlsxWriter cannot."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    book = parts["xl/workbook.xml"]
    for name in (b"solver_opt", b"solver_adj"):
        book = book.replace(b'name="%b"' % name, b'name="%b" hidden="1"' % name)
    with zipfile.ZipFile(path, "w") as file:
        for part, data in (parts | {"xl/workbook.xml": book}).items():
            file.writestr(part, data)
    return path


def test_every_kind_of_cell_is_computed(engine: Engine, tmp_path: Path) -> None:
    book = full_book(tmp_path / "book.xlsx")
    assert sum(n.hidden and n.sheet == "one" for n in defined_names(book)) == 2
    invalidated_copy(book, tmp_path / "copy.xlsx")
    before = (tmp_path / "copy.xlsx").read_bytes()
    values = engine.recalculate(tmp_path / "copy.xlsx")
    assert (tmp_path / "copy.xlsx").read_bytes() == before
    names = ["one", "two", "a & b <c>", 'it\'s "x"', "épö 日本", "hidden"]
    assert list(values) == names
    for row, (formula, expected) in enumerate(FORMULAS.items()):
        got = values["one"][row, 11]
        assert type(got) is type(expected), formula
        assert got == (pytest.approx(expected, rel=1e-14) if type(got) is float else expected), (
            formula
        )
    product = [[30, 36, 42], [66, 81, 96], [102, 126, 150]]
    assert [[values["one"][r, 7 + c] for c in range(3)] for r in range(3)] == product
    assert values["two"][0, 0] == 2.0  # the name means each sheet's own cell
    assert values["hidden"][0, 0] == 2.0
    assert values["one"][0, 5] == "rich text"
    assert values["one"][1, 5] is True
    assert (1, 4) not in values["one"]


def chain(path: Path, sign: str = "-") -> Path:
    """Gradient descent on (x - 3)^2 with lr 0.1, in closed form 3 - 3 * 0.8^n; caches are right."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("sgd")
    sheet.write_number(0, 0, 0.0)
    for row in range(1, 21):
        formula = f"=A{row}{sign}0.1*2*(A{row}-3)"
        sheet.write_formula(row, 0, formula, None, 3 - 3 * 0.8**row)
    book.close()
    return path


def column(values: dict[tuple[int, int], Content]) -> list[Content]:
    return [values[row, 0] for row in range(21)]


CLOSED_FORM = [3 - 3 * 0.8**row for row in range(21)]


@pytest.mark.parametrize("invalidated", [False, True])
def test_a_sign_bug_is_found_though_the_caches_are_right(
    engine: Engine, tmp_path: Path, invalidated: bool
) -> None:
    for sign, right in (("-", True), ("+", False)):
        book = chain(tmp_path / "book.xlsx", sign)
        assert [c.value for c in read_cells(book)["sgd"].values()] == CLOSED_FORM
        if invalidated:
            invalidated_copy(book, book)
        got = column(engine.recalculate(book)["sgd"])
        assert (got == pytest.approx(CLOSED_FORM, rel=1e-13)) is right


def test_edits_flow_through_to_what_depends_on_them(engine: Engine, tmp_path: Path) -> None:
    book = chain(tmp_path / "book.xlsx")
    invalidated_copy(book, tmp_path / "copy.xlsx", {"sgd": {(0, 0): 13.0}})
    got = column(engine.recalculate(tmp_path / "copy.xlsx")["sgd"])
    assert got == pytest.approx([3 + 10 * 0.8**row for row in range(21)], rel=1e-13)


def test_libreoffice_without_our_profile_echoes_the_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trap itself: should a LibreOffice no longer fall into it, the profile can go."""
    if not installed(LIBREOFFICE):
        pytest.skip("LibreOffice is not installed here")
    wrong = chain(tmp_path / "wrong.xlsx", "+")  # a sign bug, with the right values cached
    monkeypatch.setattr(
        "sheetsim.engines.libreoffice._PROFILE",
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry"/>',
    )
    naive = LibreOffice()
    got = column(naive.recalculate(wrong)["sgd"])
    assert got == pytest.approx(CLOSED_FORM, rel=1e-13), "it calculated after all"
    invalidated_copy(wrong, wrong)
    with pytest.raises(EngineError, match=r"LibreOffice did not recalculate sgd!A2"):
        naive.recalculate(wrong)
    assert column(LIBREOFFICE.recalculate(wrong)["sgd"]) == pytest.approx(
        [3 - 3 * 1.2**row for row in range(21)], rel=1e-13
    )


@needs_lecture
@pytest.mark.parametrize("sheet", ["basic", "momentum", "rmsprop", "adam", "adam_ann"])
def test_the_lecture_computes_to_what_excel_cached(tmp_path: Path, sheet: str) -> None:
    """IronCalc on Excel's own file: the values that Excel cached are the oracle."""
    invalidated_copy(LECTURE / "graddesc.xlsm", tmp_path / "copy.xlsm")
    values = engines()["ironcalc"].recalculate(tmp_path / "copy.xlsm")[sheet]
    formulas = {p: c for p, c in read_cells(LECTURE / "graddesc.xlsm")[sheet].items() if c.formula}
    assert len(formulas) > 250
    for place, cell in formulas.items():
        assert values[place] == pytest.approx(cell.value, rel=1e-11)


@needs_lecture
def test_shared_formulas_are_expanded_as_libreoffice_does(tmp_path: Path) -> None:
    """LibreOffice writes each cell's formula out: an expansion that owes nothing to openpyxl's."""
    if not installed(LIBREOFFICE):
        pytest.skip("LibreOffice is not installed here")
    path = LECTURE / "graddesc.xlsm"
    (written,) = LIBREOFFICE._convert([path], tmp_path, "xlsx:Calc MS Excel 2007 XML", 180)
    theirs = read_cells(written)["basic"]
    ours = {p: c.formula for p, c in read_cells(path)["basic"].items() if c.formula}
    assert {p: theirs[p].formula for p in ours} == ours


def test_a_cell_that_keeps_its_invalid_value_is_an_error(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("a & b").write_number("C7", INVALID_VALUE)
    book.close()
    with pytest.raises(EngineError, match=r"did not recalculate a & b!C7"):
        engine.recalculate(path)


def test_a_bad_file_is_the_files_fault(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_text("a,b\n")
    with pytest.raises(WorkbookError, match="not a zip file"):
        engine.recalculate(path)


def test_a_name_that_looks_like_an_option(engine: Engine, tmp_path: Path) -> None:
    path = chain(tmp_path / "--help me & 'you' é.xlsx")
    assert column(engine.recalculate(path)["sgd"]) == pytest.approx(CLOSED_FORM, rel=1e-13)
