"""`verify` on workbooks with a known fault, and on those that Excel saved.

A fault is planted in a file whose cached values are right; what has to be found is known by that.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from installed import installed
from verify_books import chain, one_sheet, saved

from sheetsim.book import Book
from sheetsim.engines import engines
from sheetsim.errors import EngineMissingError, OptionError, WorkbookError
from sheetsim.formula.recalc.formula_alone import Formulas
from sheetsim.verifying.report import Verification
from sheetsim.verifying.verify import verify
from sheetsim.workbook.read.book import read_book

ALL = ["ironcalc", "libreoffice"]
needs_engines = pytest.mark.skipif(
    not all(installed(engine) for engine in engines().values()), reason="an engine is missing"
)


def names(one: Verification) -> list[str]:
    return [f"{each.sheet}!{each.cell}" for each in one.differences]


# Faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [1.0, 1e-9, 3e-12])
def test_a_wrong_cached_value_is_found_and_named(tmp_path: Path, by: float) -> None:
    path = saved(tmp_path / "a.xlsx", chain(50, 20, by))
    one = verify(path, engines=["numpy"])
    assert not one.success
    assert (one.cells, one.agree) == (50, 49)
    assert names(one) == ["S!A20"]
    assert one.first is not None
    assert one.first.follows is None
    assert one.first.formula == "=A19*0.9"
    assert one.first.values["cached"] == pytest.approx(one.first.values["numpy"] + by, abs=1e-13)
    assert "stale" in one.first.reason
    assert one.status.startswith("1 of 50 formula cells differ; the first is S!A20 (")


@needs_engines
@pytest.mark.parametrize("by", [1e-10, 1e-2])
def test_an_iteration_that_stopped_early_is_no_edit(tmp_path: Path, by: float) -> None:
    """1.1 is the root of -100 + 110 / x: within Excel's documented accuracy, or far from it."""
    cells = {"A1": -100.0, "A2": 110.0, "B1": ("=IRR(A1:A2)", 0.1 * (1 + by))}
    first = verify(saved(tmp_path / "a.xlsx", cells), engines=["numpy"]).first
    assert first is not None
    assert ("stopped it early, 1e-10 from" in first.reason) == (by < 1e-3)
    assert ("stale" in first.reason) == (by > 1e-3)


def test_a_fault_of_ours_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong inside, it is an error of this file, so that the next can be verified."""
    path = saved(tmp_path / "a.xlsx", {"A1": ("=1+1", 2.0)})
    for fault, said in ((RecursionError("deep"), "deep"), (MemoryError(), "not enough memory")):

        def fail(*_: object, fault: BaseException = fault) -> None:
            raise fault

        monkeypatch.setattr("sheetsim.verifying.verify.Tally", fail)
        with pytest.raises(WorkbookError, match=said):
            verify(path, engines=["numpy"])


def test_engines_that_agree_say_that_the_cache_is_stale(tmp_path: Path) -> None:
    one = verify(saved(tmp_path / "a.xlsx", chain(9, 5, 0.5)))
    assert [source.name for source in one.sources] == ["numpy", *ALL]
    assert names(one) == ["S!A5"]
    assert one.differences[0].differ == ("numpy", *ALL)
    assert "so say NumPy, IronCalc and LibreOffice" in one.differences[0].reason


def test_the_root_stands_before_its_followers(tmp_path: Path) -> None:
    """The file was saved by somebody whose A1000 was wrong: 1,002 cells followed from it."""
    cells = chain(2000, 1000, 0.1, followers=True)
    cells |= {"B1": ("=A1500*2", cells["A1500"][1] * 2)}  # earlier in the sheet
    one = verify(saved(tmp_path / "a.xlsx", cells), engines="ironcalc")
    assert names(one)[0] == "S!A1000"
    followers = one.differences[1:]
    assert len(followers) == 2001 - 1000 + 1
    assert {each.follows for each in followers} == {"S!A1000"}
    assert {each.reason for each in followers} == {"follows from S!A1000"}
    assert one.cells == one.agree + len(one.differences)
    assert "which follow from 1; the first is S!A1000" in one.status


def test_two_roots_and_whose_followers_are_whose(tmp_path: Path) -> None:
    cells: dict[str, Any] = {
        "A1": 1.5,
        "B1": 2.5,
        "A2": ("=A1+1", 9.0),
        "B2": ("=B1+1", 8.0),
        "A3": ("=A2*2", 18.0),
        "B3": ("=B2*2", 16.0),
        "C3": ("=SUM(A3:B3)", 34.0),
    }
    one = verify(saved(tmp_path / "a.xlsx", cells), engines=["numpy"])
    assert {n: d.follows for n, d in zip(names(one), one.differences, strict=True)} == {
        "S!A2": None,
        "S!B2": None,
        "S!A3": "S!A2",
        "S!B3": "S!B2",
        "S!C3": "S!A2",
    }


@pytest.mark.parametrize(
    ("formula", "cached", "agrees"),
    [
        ('=A1&"x"', "1x", True),
        ('=A1&"x"', "1X", False),
        ("=A1=1", True, True),
        ("=A1=1", 1.0, False),
        ("=1/0", "#DIV/0!", True),
        ("=1/0", "#NUM!", False),
        ('=IF(A1=1,"",2)', "", True),
        ('=IF(A1=1,"",2)', 0.0, False),
        ("=Z9", 0.0, True),
        ("=A1/3", 0.33333333333, False),
        ("=A1/3", 0.3333333333333333, True),
    ],
)
def test_values_of_each_kind(tmp_path: Path, formula: str, cached: Any, agrees: bool) -> None:
    path = saved(tmp_path / "a.xlsx", {"A1": 1.0, "B1": (formula, cached), "B2": ("=A1*2", 2.0)})
    assert verify(path, engines=["numpy"]).success is agrees


def test_cancellation_is_no_difference_and_a_tiny_error_is(tmp_path: Path) -> None:
    """Terms that cancel to 1e-17 may be 0; a small number that does not cancel may not."""
    cells: dict[str, Any] = {
        "A1": 0.1,
        "A2": 0.2,
        "A3": 0.3,
        "B1": ("=A1+A2-A3", 0.0),
        "C1": 1e-9,
        "C2": 1e-5,
        "C3": ("=0.99*C1+(1-0.99)*C2^2", 0.99e-9 + 0.01 * 1e-10),
    }
    one = verify(saved(tmp_path / "a.xlsx", cells), engines=["numpy"])
    assert one.success, one.differences
    assert one.sources[0].by_rounding == 1
    value = cells["C3"][1]
    cells["C3"] = ("=0.99*C1+(1-0.99)*C2^2", value * (1 + 1e-9))
    assert names(verify(saved(tmp_path / "a.xlsx", cells), engines=["numpy"])) == ["S!C3"]


def test_what_tips_over_is_no_rounding(tmp_path: Path) -> None:
    """A comparison that the last digit decides: moved numbers tip it over, which proves nothing."""
    cells = {"A1": 0.3, "B1": ("=IF(A1=0.3,1,2)", 2.0), "B2": ("=A1*2", 0.6)}
    assert names(verify(saved(tmp_path / "a.xlsx", cells), engines=["numpy"])) == ["S!B1"]


# What is not compared ----------------------------------------------------------------------


@needs_engines
def test_random_numbers_and_what_follows_are_counted_apart(tmp_path: Path) -> None:
    cells: dict[str, Any] = {
        "A1": ("=RAND()", 0.25),
        "A2": ("=A1*2", 0.5),
        "A3": ("=A2+1", 1.5),
        "A4": ("=NOW()", 45000.5),
        "B1": 2.0,
        "B2": ("=B1*3", 6.0),
    }
    one = verify(saved(tmp_path / "a.xlsx", cells))
    assert one.success, one.differences
    assert (one.formulas, one.cells, one.agree, one.volatile) == (5, 3, 3, 2)
    numpy, ironcalc, libreoffice = one.sources
    assert (numpy.cells, numpy.volatile) == (3, 2)  # from the cached random number
    for engine in (ironcalc, libreoffice):
        assert (engine.cells, engine.volatile) == (1, 4)
    cells["A3"] = ("=A2+1", 1.75)
    assert names(verify(saved(tmp_path / "a.xlsx", cells))) == ["S!A3"]


@needs_engines
def test_a_file_without_cached_values(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([1.5, 2.5, "=A1*B1", "=SUMXMY2(A1:B2,A3:B4)", "=MATCH(9,A1:B1,0)"])
    book.save(tmp_path / "a.xlsx")
    one = verify(tmp_path / "a.xlsx")
    assert one.reference == "numpy"
    assert "no cached values" in one.status
    assert (one.formulas, one.cells) == (3, 3)
    assert [source.cells for source in one.sources] == [0, 3, 3]
    assert all("cached" not in each.values for each in one.differences)


def test_nothing_to_compare_with(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["=1+1"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(EngineMissingError, match="nothing to compare with NumPy"):
        verify(tmp_path / "a.xlsx", engines=["numpy"])
    one = verify(saved(tmp_path / "b.xlsx", {"A1": 1.0}), engines=["numpy"])
    assert one.success
    assert one.status == "there are no formulas"


def test_zeros_of_xlsxwriter_are_reported(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", {"A1": 2.0, "B1": ("=A1*2", 0), "B2": ("=A1-2", 0)})
    one = verify(path, engines=["numpy"])
    assert names(one) == ["S!B1"]
    assert "0 is what XlsxWriter stores unless it is given a value" in one.differences[0].reason


@needs_engines
def test_functions_that_are_not_known_are_counted_by_name(tmp_path: Path) -> None:
    cells: dict[str, Any] = {
        "A1": 2.0,
        "B1": ("=MYOWN(A1)", 5.0),
        "B2": ("=B1+A1", 7.0),
        "B3": ("=A1*3", 6.0),
    }
    one = verify(saved(tmp_path / "a.xlsx", cells))
    assert one.success, one.differences
    assert (one.cells, one.unsupported) == (2, 1)
    numpy, ironcalc, libreoffice = one.sources
    assert numpy.reasons == {"MYOWN": 1}
    for engine in (ironcalc, libreoffice):
        assert (engine.cells, engine.unsupported) == (1, 2)
        assert engine.reasons["MYOWN"] == 1


# Engines that are missing or fail ----------------------------------------------------------


def test_an_engine_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.xlsx", chain(3))
    with pytest.raises(OptionError, match="no engine 'excel'; expected numpy, ironcalc"):
        verify(path, engines=["excel"])
    monkeypatch.setenv("SHEETSIM_SOFFICE", str(tmp_path / "nowhere"))
    with pytest.raises(EngineMissingError, match="which is no program"):
        verify(path, engines=ALL)
    one = verify(path)
    assert one.success
    assert list(one.missing) == ["libreoffice"]
    assert "libreoffice" not in {source.name for source in one.sources}


def test_an_engine_that_fails_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    """IronCalc loads no file without styles."""
    cells = '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><f>A1*2</f><v>4</v></c></row>'
    path = one_sheet(tmp_path / "a.xlsx", cells)
    one = verify(path, engines=["ironcalc"])
    assert not one.success
    assert not one.differences
    assert (one.cells, one.agree) == (1, 1)
    assert one.sources[1].problem.startswith(f"{path}: has no part with styles, ")
    assert one.status.endswith("; IronCalc failed")


# Excel's own values ------------------------------------------------------------------------

EXCEL = {
    "collab_filter.xlsx": (12_937, ["bias!V42"]),
    "entropy_example.xlsx": (
        75,
        [f"log_entropy!{cell}" for cell in ("H2", "H3", "H6", "I3", "I6")],
    ),
    "graddesc.xlsm": (1_594, []),
}
"""Cells that are compared, and those on which an engine alone differs from Excel."""


@needs_engines
@pytest.mark.parametrize("name", EXCEL)
def test_the_lectures_files(lecture: Path, name: str) -> None:
    cells, differ = EXCEL[name]
    one = verify(lecture / name)
    assert (one.reference, one.cells) == ("cached", cells)
    numpy = one.sources[0]
    assert (numpy.cells, numpy.agree, numpy.unsupported) == (cells, cells, 0)
    assert numpy.worst < 1e-15
    if name == "graddesc.xlsm":  # two columns of 29 points: random, and computed from these
        assert [source.volatile for source in one.sources] == [29, 58, 58]
    assert names(one) == differ
    assert one.agree == cells - len(differ)
    assert all("numpy" not in each.differ for each in one.differences)
    assert all("why is not known" not in each.reason for each in one.differences)


def test_each_formula_of_the_lecture_gives_what_excel_cached(lecture: Path) -> None:
    """By itself, from Excel's own values of the cells that it refers to: within 1e-15."""
    for name in EXCEL:
        book: Book = read_book(lecture / name)
        formulas = Formulas(book)
        cached = {s: book.sheets[n][p].value for (n, p), s in formulas.slots.items()}
        local = formulas.from_values(cached, cached)
        assert local.keys() == cached.keys() - formulas.frozen
        for slot, value in local.items():
            assert value == pytest.approx(cached[slot], rel=1e-15, abs=0), formulas.name(slot)


def test_formulas_from_given_values_leave_all_as_it_was(tmp_path: Path) -> None:
    formulas = Formulas(read_book(saved(tmp_path / "a.xlsx", chain(5))))
    before: Sequence[Any] = [formulas.value(slot) for slot in formulas.slots.values()]
    given = dict.fromkeys(formulas.slots.values(), 10.0)
    found = formulas.from_values(given, given)
    assert list(found.values()) == pytest.approx([0.27, 9.0, 9.0, 9.0, 9.0])
    assert [formulas.value(slot) for slot in formulas.slots.values()] == before


@pytest.mark.parametrize("shares", [True, False])
def test_one_wrong_cell_among_many_of_one_formula_is_found(tmp_path: Path, shares: bool) -> None:
    count, wrong = 5_000, 3_777
    rows = []
    for row in range(1, count + 1):
        formula = f"<f>A{row}*2+1</f>"
        if shares:
            first = f' ref="B1:B{count}"' if row == 1 else ""
            text = "A1*2+1" if row == 1 else ""
            formula = (
                f'<f t="shared"{first} si="0">{text}</f>' if text else '<f t="shared" si="0"/>'
            )
        value = row * 2 + 1 + (row == wrong)
        cells = f'<c r="A{row}"><v>{row}</v></c><c r="B{row}">{formula}<v>{value}</v></c>'
        rows.append(f'<row r="{row}">{cells}</row>')
    report = verify(one_sheet(tmp_path / "a.xlsx", "".join(rows)), engines=["numpy"])
    assert (report.formulas, report.agree) == (count, count - 1)
    (only,) = report.differences
    assert (only.cell, only.formula) == (f"B{wrong}", f"=A{wrong}*2+1")
