"""What-if data tables: against closed forms, Excel's layout of them, and LibreOffice.

Excel puts the values of the row input cell above the table and those of the column input cell on
its left, the formula into the corner, or, with one input, the formulas on the other side.
"""

import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formula_books import book_of
from installed import installed

import sheetsim
from sheetsim.book import Cell, CellAddress, CellError, DataTable
from sheetsim.engines.libreoffice import LibreOffice
from sheetsim.errors import WorkbookError
from sheetsim.formula.compile.compiler import Compiler
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.evaluate import Evaluation, evaluate
from sheetsim.formula.recalc.formula_alone import Formulas
from sheetsim.formula.recalc.recalculate import recalculate
from sheetsim.references import column_name
from sheetsim.workbook.read.book import read_book

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workbook"))
from book_files import one_sheet

LOAN = {"A1": 0.05, "A2": 10.0, "A3": "=(1+A1)^A2", "A4": "=100*A3"}
CELLS = ("D5", "E5", "D6", "E6")


def table(row: str, column: str, cached: object = None) -> dict[str, Cell]:
    """A table in D5:E6."""
    made = DataTable((4, 3), (5, 4), row, column)
    return dict.fromkeys(CELLS, Cell(made, cached))  # type: ignore[arg-type]


def evaluated(cells: dict[str, Any]) -> Evaluation:
    return evaluate(book_of(cells))


def shown(cells: dict[str, Any]) -> list[Any]:
    found = evaluated(cells)
    assert not found.unsupported
    return [found.values["S"][4 + i // 2, 3 + i % 2] for i in range(4)]


HEADS = {"D4": 0.01, "E4": 0.02, "C5": 5.0, "C6": 20.0}


def test_two_inputs() -> None:
    found = shown({**LOAN, "C4": "=A4", **HEADS, **table("A1", "A2")})
    expected = [100 * (1 + r) ** n for n in (5, 20) for r in (0.01, 0.02)]
    assert found == pytest.approx(expected, rel=1e-15)


def test_one_input_above_or_on_the_left() -> None:
    """Two formulas each; and with a header that is computed, and one that is empty."""
    left = {**LOAN, "D4": "=A3", "E4": "=A4", "C5": "=2+3", "C6": 20.0, **table("", "A2")}
    assert shown(left) == pytest.approx([1.05**5, 100 * 1.05**5, 1.05**20, 100 * 1.05**20])
    above = {**LOAN, "C5": "=A3", "C6": "=A4", "D4": 0.5, **table("A1", "")}
    assert shown(above) == pytest.approx([1.5**10, 1.0, 100 * 1.5**10, 100.0])


def test_texts_errors_and_branches() -> None:
    """The input is a choice: of a text, of a branch, of what OFFSET refers to."""
    cells: dict[str, Any] = {
        "A1": "north", "B1": "north", "B2": "south", "B3": 1.0, "B4": 2.0,
        "C4": '=IF(A1="north","N"&A2,1/A2)', "D4": "north", "E4": "south", "C5": 4.0, "C6": 0.0,
        **table("A1", "A2"),
    }  # fmt: skip
    assert shown(cells) == ["N4", 0.25, "N0", CellError("#DIV/0!")]
    offset = {"A1": 1.0, "B3": 7.0, "B4": 9.0, "D4": "=OFFSET(B2,A1,0)*2", "E4": 3.0,
              "C5": 1.0, "C6": 2.0, **table("", "A1")}  # fmt: skip
    assert shown(offset) == [14.0, 3.0, 18.0, 3.0]
    sized = {"A1": 1.0, "D4": "=SUM(SEQUENCE(A1))", "E4": "=A1", "C5": 3.0, "C6": 4.0,
             **table("", "A1")}  # fmt: skip
    assert shown(sized) == [6.0, 3.0, 10.0, 4.0]


def test_an_input_that_holds_a_formula_and_a_table_over_a_table() -> None:
    inner = DataTable((9, 3), (9, 3), "", "A1")
    cells = {**LOAN, "A1": "=A5", "A5": 0.3, "D9": "=A3", "C10": 0.1, "D10": Cell(inner),
             "D4": "=D10*A2", "E4": "=A3", "C5": 1.0, "C6": 2.0, **table("", "A2")}  # fmt: skip
    assert shown(cells) == pytest.approx([1.1, 1.3, 1.21 * 2, 1.69])


def test_what_needs_random_numbers_keeps_what_the_file_shows() -> None:
    cells = {**LOAN, "D4": "=RAND()*A1", "E4": "=A1", "C5": 1.0, "C6": 2.0}
    book = book_of({**cells, **table("", "A1", 0.25), "G1": "=D5*2"})
    formulas = Formulas(book)
    frozen = {formulas.name(slot) for slot in formulas.frozen}
    assert {"S!D5", "S!D6"} <= frozen
    assert not {"S!E5", "S!E6"} & frozen
    values = {formulas.name(slot): formulas.value(slot) for slot in formulas.slots.values()}
    assert (values["S!D5"], values["S!E6"], values["S!G1"]) == (0.25, 2.0, 0.5)


def test_what_cannot_be_computed_is_named() -> None:
    cells = {**LOAN, "D4": "=NOSUCH(A1)", "E4": "=D5+A1", "C5": 1.0, "C6": 2.0}
    found = evaluated({**cells, **table("", "A1", 3.0), "E4": "=A1"})
    assert found.values["S"][4, 3] == 3.0
    assert "NOSUCH" in found.unsupported["S", (4, 3)]
    with pytest.raises(WorkbookError, match="circular reference"):
        evaluated({**LOAN, **HEADS, "C4": "=E6+A1", **table("A1", "A2")})


def test_an_edit_moves_the_table() -> None:
    """Its values follow what is not an input of the table; as after a solve."""
    cells = {"A1": 2.0, "A2": 3.0, "D4": "=A1*A2", "E4": "=A1", "C5": 5.0, "C6": 7.0}
    book = book_of({**cells, **table("", "A1", 1.0)})
    found = recalculate(book, {("S", (1, 0)): 10.0}, trusted=True).values["S"]
    assert (found[4, 3], found[5, 3]) == (50.0, 70.0)


def test_a_model_is_not_told_a_wrong_derivative() -> None:
    """The branch that the file takes does not depend on A2, the one that the table takes does."""
    cells = {"A1": 1.0, "A2": 3.0, "D4": "=IF(A1=1,5,A2)", "E4": "=A1", "C5": 1.0, "C6": 2.0}
    book = book_of({**cells, **table("", "A1", 1.0), "G1": "=D6*2", "G2": "=E6*A2"})
    program = compile_book(book, ["S!G1"], ["S!A2"])
    assert [note.function for note in program.fallbacks if note.moving] == ["TABLE"]
    still = compile_book(book, ["S!G2"], ["S!A2"])
    value, slope = still.value_and_gradient(np.array([3.0]))
    assert (float(value), float(slope[0])) == (6.0, 2.0)


def test_many_cells_compile_the_formula_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    compile_for = Compiler._for_inputs

    def counted(self: Compiler, inputs: Sequence[CellAddress]) -> Compiler:
        compiled.append(inputs)
        return compile_for(self, inputs)

    monkeypatch.setattr(Compiler, "_for_inputs", counted)
    made = DataTable((1, 1), (20, 20), "Z1", "Z2")
    cells: dict[str, Any] = {"Z1": 1.0, "Z2": 1.0, "A1": "=Z1*100+Z2"}
    cells |= {f"A{i + 2}": float(i) for i in range(20)}
    letters = [column_name(c + 1) for c in range(20)]
    cells |= {f"{name}1": float(c) for c, name in enumerate(letters)}
    cells |= {f"{name}{r + 2}": Cell(made) for name in letters for r in range(20)}
    found = evaluated(cells).values["S"]
    assert all(found[r + 1, c + 1] == c * 100.0 + r for r in range(20) for c in range(20))
    assert len(compiled) == 1


def test_it_comes_whole_out_of_another_process() -> None:
    cell = table("A1", "A2", 3.0)["D5"]
    again = pickle.loads(pickle.dumps(cell))  # noqa: S301 - our own
    assert (again, again.data_table) == (cell, cell.data_table)
    assert again.formula == "=TABLE(A1,A2)"


@pytest.mark.parametrize(
    "attributes",
    ['r1="#REF!"', "", 'r1="A1" del1="1"', 'dt2D="1" r1="A1" r2="B1" del2="1"', 'r1="S!A1"'],
)
def test_a_table_without_its_input_is_named(attributes: str, tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><v>3</v></c><c r="B1"><v>4</v></c></row><row r="5"><c r="C5">'
        f'<f t="dataTable" ref="C5" {attributes}/><v>7</v></c></row>'
    )
    kept = sheetsim.recalc(one_sheet(tmp_path / "a.xlsx", rows), None).kept
    assert kept == {"one!C5": "a data table without an input cell"}


def test_a_range_that_is_none_is_refused_where_it_stands(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><f t="dataTable" ref="A0:B" r1="A1"/><v>1</v></c></row>'
    path = one_sheet(tmp_path / "a.xlsx", rows)
    with pytest.raises(WorkbookError, match=r"a\.xlsx: sheet 'one' A1: data table: 'A0'"):
        sheetsim.recalc(path, None)


def written(path: Path, v: str = "") -> Path:
    """A table over both inputs of a growth, one over the column's, one over the row's."""
    rows = (
        '<row r="1"><c r="A1"><v>0.05</v></c></row><row r="2"><c r="A2"><v>10</v></c></row>'
        '<row r="3"><c r="A3"><f>(1+A1)^A2</f></c></row>'
        '<row r="4"><c r="C4"><f>A3</f></c><c r="D4"><v>0.01</v></c><c r="E4"><v>0.02</v></c></row>'
        f'<row r="5"><c r="C5"><v>5</v></c><c r="D5"><f t="dataTable" ref="D5:E6" dt2D="1" dtr="1"'
        f' r1="A1" r2="A2"/><v>{v}</v></c><c r="E5"><v>{v}</v></c></row>'
        f'<row r="6"><c r="C6"><v>20</v></c><c r="D6"><v>{v}</v></c><c r="E6"><v>{v}</v></c></row>'
        '<row r="8"><c r="D8"><f>A3</f></c></row>'
        f'<row r="9"><c r="C9"><v>3</v></c><c r="D9"><f t="dataTable" ref="D9:D10" dt2D="0" '
        f'dtr="0" r1="A2"/><v>{v}</v></c></row>'
        f'<row r="10"><c r="C10"><v>4</v></c><c r="D10"><v>{v}</v></c></row>'
        '<row r="12"><c r="D12"><v>0.5</v></c><c r="E12"><v>0.25</v></c></row>'
        f'<row r="13"><c r="C13"><f>A3*2</f></c><c r="D13"><f t="dataTable" ref="D13:E13" '
        f'dt2D="0" dtr="1" r1="A1"/><v>{v}</v></c><c r="E13"><v>{v}</v></c></row>'
    )
    return one_sheet(path, rows)


EXPECTED = {
    (4, 3): 1.01**5, (4, 4): 1.02**5, (5, 3): 1.01**20, (5, 4): 1.02**20,
    (8, 3): 1.05**3, (9, 3): 1.05**4, (12, 3): 2 * 1.5**10, (12, 4): 2 * 1.25**10,
}  # fmt: skip


def test_a_file_is_recalculated_and_verified(tmp_path: Path) -> None:
    done = sheetsim.recalc(written(tmp_path / "a.xlsx", "7"), tmp_path / "b.xlsx")
    assert not done.kept
    cells = read_book(tmp_path / "b.xlsx").sheets["one"]
    for place, value in EXPECTED.items():
        assert cells[place].value == pytest.approx(value, rel=1e-14)
    good = sheetsim.verify(tmp_path / "b.xlsx", engines=["numpy"])
    assert (good.agree, good.unsupported) == (12, 0)
    bad = sheetsim.verify(written(tmp_path / "c.xlsx", "7"), engines=["numpy"])
    assert {one.cell for one in bad.differences} >= {"D5", "D6", "E5", "E6", "D9", "D10"}


def test_libreoffice_computes_the_same(tmp_path: Path) -> None:
    engine = LibreOffice()
    if not installed(engine):
        pytest.skip("LibreOffice is not installed")
    found = engine.recalculate(written(tmp_path / "a.xlsx", "7"))["one"]
    assert {p: found[p] for p in EXPECTED} == pytest.approx(EXPECTED, rel=1e-12)
