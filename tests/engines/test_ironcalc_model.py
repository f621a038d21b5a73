"""IronCalc in the place of compiled formulas: what it computes, what it refuses, and a solve.

Oracles: closed forms, the values that Excel cached in the lecture's file, and NumPy's own
evaluation of the same cells (`sheetsim.formula`), which shares nothing with IronCalc.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter

from sheetsim.book import CellAddress
from sheetsim.engines.ironcalc_formulas import UNREADABLE, words
from sheetsim.engines.ironcalc_model import IronCalcModel, open_model
from sheetsim.errors import EngineError, EngineMissingError, OptionError, WorkbookError
from sheetsim.formula.program import compile_book
from sheetsim.sheet import Array
from sheetsim.solver.functions import Vectorized
from sheetsim.solver.model import Constraint, Model
from sheetsim.solver.options import Options
from sheetsim.solver.solve_model import solve
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.read.cell_xml import parse_cell

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a workbook of {"S!A1": 2.0, "S!B1": ("=A1*2", 4.0)}; a formula comes with its value."""

    def write(cells: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Path:
        path = tmp_path / "model.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for name, text in (names or {}).items():
                book.define_name(name, text)
            sheets: dict[str, Any] = {}
            for name, content in cells.items():
                sheet, place = address(name)
                if sheet not in sheets:
                    sheets[sheet] = book.add_worksheet(sheet)
                if isinstance(content, tuple):
                    sheets[sheet].write_formula(*place, content[0], None, content[1])
                else:
                    sheets[sheet].write(*place, content)
        return path

    return write


def address(name: str) -> CellAddress:
    """S!B2 -> ("S", (1, 1))."""
    sheet, _, cell = name.rpartition("!")
    return sheet, parse_cell(cell, "")


def opened(path: Path, variables: str, outputs: str, **more: Any) -> IronCalcModel:
    """A model of cells of sheet S, such as "A1 A2"."""
    settings = {address(name): value for name, value in more.pop("settings", {}).items()}
    x, y = ([address(f"S!{name}") for name in names.split()] for names in (variables, outputs))
    return open_model(path, x, y, settings, **more)


def at(*x: float) -> Array:
    return np.array(x, float)


def sixty(x: float, _: float) -> float:
    return 60 * x


# Values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=_xlfn.LET(_xlpm.x,A1,_xlpm.x*_xlpm.x+A2)", lambda x, y: x * x + y),
        ("=_xlfn.LAMBDA(_xlpm.v,_xlpm.v*2)(A1)", lambda x, _: 2 * x),
        ("=twice(A1)+A2", lambda x, y: 2 * x + y),
        ("=SUM(OFFSET(C1,0,0,A1,1))", lambda x, _: 10 * x * (x + 1) / 2),
        ('=INDIRECT("C"&A1)*A2', lambda x, y: 10 * x * y),
        ("=_xlfn.REDUCE(0,C1:C3,_xlfn.LAMBDA(_xlpm.a,_xlpm.b,_xlpm.a+_xlpm.b*A1))", sixty),
    ],
)
def test_it_computes_what_the_compiler_does_not(
    make: Make, formula: str, expected: Callable[[float, float], float]
) -> None:
    cells = {"S!A1": 2, "S!A2": 5, "S!C1": 10, "S!C2": 20, "S!C3": 30}
    path = make(
        {**cells, "S!B1": (formula, expected(2, 5))},
        {"twice": "=_xlfn.LAMBDA(_xlpm.v,_xlpm.v*2)"},
    )
    model = opened(path, "A1 A2", "B1")
    assert model.variables == ("S!A1", "S!A2")
    assert model.outputs == ("S!B1",)
    assert model.start.tolist() == [2.0, 5.0]
    x = np.array([[2.0, 5.0], [1.0, 7.0], [3.0, -1.0]])
    np.testing.assert_allclose(model.values(x)[:, 0], [expected(*row) for row in x], rtol=1e-14)
    assert model.values(x[1]).shape == (1,)
    assert model.values(x[:0]).shape == (0, 1)
    assert model.seconds > 0


def test_it_gives_what_the_compiled_formulas_give(lecture: Path) -> None:
    book = read_book(lecture / "collab_filter.xlsx")
    variables = [("dotprod", (r, c)) for r in range(18, 23) for c in range(7, 22)]
    variables += [("dotprod", (r, c)) for r in range(24, 39) for c in range(1, 6)]
    outputs = [("dotprod", (40, 21)), ("dotprod", (24, 7)), ("dotprod", (25, 8))]
    model = open_model(book.path, variables, outputs, book=book)
    assert model.left_out == ("movielens_1hot", "movielens_emb", "bias", "word_emb")
    assert model.values(model.start)[0] == pytest.approx(0.3930154712865702, rel=1e-14)
    program = compile_book(book, outputs, variables)
    np.testing.assert_array_equal(model.start, program.start)
    x = np.random.default_rng(4).uniform(0, 1, (4, model.start.size))
    np.testing.assert_allclose(model.values(x), program.values(x), rtol=1e-13)


def test_what_is_no_number_is_as_in_the_compiled_formulas(make: Make) -> None:
    cells: dict[str, Any] = {
        "S!A1": 2,
        "S!A2": "text",
        "S!A3": True,
        "S!B1": ("=A1>1", True),
        "S!B2": ("=A2&A1", "text2"),
        "S!B3": ('=IF(A1>0,"","x")', ""),
        "S!B4": ("=1/(A1-2)", "#DIV/0!"),
        "S!B5": ("=Z1", 0),
    }
    path = make(cells)
    names = "A1 A2 A3 A4 B1 B2 B3 B4 B5"
    model = opened(path, "A1", names)
    program = compile_book(read_book(path), [f"S!{n}" for n in names.split()], ["S!A1"])
    for x in (at(2.0), at(3.0), at(0.0)):
        np.testing.assert_array_equal(model.values(x), program.values(x))
    assert np.isnan(model.values(at(np.inf))).all()
    assert model.values(at(3.0))[7] == 1.0


def test_variables_without_a_number_start_at_0(make: Make) -> None:
    path = make({"S!A1": "text", "S!B1": ("=SUM(A1:A3)", 7), "S!A3": 7})
    model = opened(path, "A1 A2 A3", "B1")
    assert model.start.tolist() == [0.0, 0.0, 7.0]
    assert model.values(at(1, 2, 3)).tolist() == [6.0]


def test_x_of_another_size_is_refused(make: Make) -> None:
    model = opened(make({"S!A1": 1, "S!B1": ("=A1", 1)}), "A1", "B1")
    for x in (at(1, 2), np.zeros(()), np.zeros((1, 1, 1))):
        with pytest.raises(OptionError, match=r"expected \(1,\) or \(S, 1\)"):
            model.values(x)


def test_settings_hold(make: Make) -> None:
    path = make({"S!A1": 2, "S!A2": 5, "S!A3": 1, "S!B1": ("=A1*A2+LEN(A3)+A4", 11), "T!A1": 1})
    settings = {"s!A2": 7.0, "S!A3": "=abc", "S!A1": 4.0, "T!A1": 3.0, "S!A4": True}
    model = opened(path, "A1", "B1", settings=settings)
    assert model.start.tolist() == [4.0]
    assert model.values(at(10.0)).tolist() == [10 * 7 + 4 + 1]
    assert opened(path, "A1", "B1", settings={"S!A2": None}).values(at(10.0)).tolist() == [1]
    with pytest.raises(OptionError, match="no sheet 'U'; expected one of 'S', 'T'"):
        opened(path, "A1", "B1", settings={"U!A1": 1.0})


def test_random_cells_stay(make: Make) -> None:
    cells = {"S!A1": 2, "S!A2": ("=RAND()", 0.25), "S!A3": ("=drawn*4", 1.0)}
    path = make({**cells, "S!B1": ("=A1+A2+A3", 3.25)}, {"drawn": "=RAND()"})
    model = opened(path, "A1", "B1")
    assert model.frozen == ("S!A2", "S!A3")
    assert model.values(np.array([[2.0], [3.0]])).tolist() == [[3.25], [4.25]]


def test_the_file_is_not_touched(make: Make) -> None:
    path = make({"S!A1": 2, "S!B1": ("=A1", 2), "T!A1": 1})
    before = path.read_bytes()
    opened(path, "A1", "B1", settings={"S!A2": 1.0}).values(at(3.0))
    assert path.read_bytes() == before


# Sheets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "value", "left_out"),
    [
        ("=A1*2", 2, ("T", "It's", "U")),
        ("=A1*T!A1", 2, ("It's", "U")),
        ("=A1*'It''s'!A1", 3, ("T", "U")),
        ("=A1*inner", 2, ("It's", "U")),
        ("=outer(A1)", 2, ("It's", "U")),
        ('=A1*LEN("T!A1")', 4, ("T", "It's", "U")),
        ('=A1*INDIRECT("T!A1")', 2, ()),
        ("=A1*SHEETS()", 4, ()),
        ("=A1*U!A1", 2, ("It's",)),
    ],
)
def test_only_the_sheets_that_are_needed_are_computed(
    make: Make, formula: str, value: float, left_out: tuple[str, ...]
) -> None:
    path = make(
        {"S!A1": 1, "S!B1": (formula, value), "T!A1": 2, "It's!A1": 3, "U!A1": ("=T!A1", 2)},
        {
            "inner": "=T!$A$1",
            "outer": "=_xlfn.LAMBDA(_xlpm.v,_xlpm.v*inner)",
            "idle": "='It''s'!$A$1",
        },
    )
    model = opened(path, "A1", "B1")
    assert model.left_out == left_out
    assert model.values(at(10.0)).tolist() == [10 * value]


def test_the_words_of_a_formula() -> None:
    assert words("=SUM('a''b'!A1,\"x!y\")+t1.q*Ünï!$B$2") == {
        "sum",
        "a'b",
        "t1.q",
        "ünï",
    }
    assert words("=Sales[Net]+my_rate") == {"sales", "my_rate"}
    assert words("=A1+`") == {UNREADABLE}


# Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            {"B1": ("=B2+1", 4), "B2": ("=B3*2", 3), "B3": ("=AGGREGATE(9,6,A1:A2)", 1.5)},
            "IronCalc does not compute AGGREGATE and gives #NAME? for S!B3, which S!B1 needs, "
            "'=AGGREGATE(9,6,A1:A2)', where the file shows 1.5",
        ),
        (
            {"B1": ("=SUM(B2:B4)", 4), "B3": ("=FORECAST.ETS(A1,A1:A2,A1:A2)", 4)},
            "IronCalc gives #N/IMPL! for S!B3, which S!B1 needs, '=FORECAST.ETS",
        ),
        ({"B1": ("=SUM(S:T!A1)", 3)}, "IronCalc gives #ERROR! for S!B1 '=SUM(S:T!A1)'"),
        ({"B1": ("=A1+1", 7)}, "IronCalc gives 2.0 for S!B1 '=A1+1', where the file shows 7.0"),
        ({"B1": ("=NOSUCH(A1)", "")}, "IronCalc does not compute NOSUCH and gives #NAME? for S!B1"),
        ({"B1": ("=B2", 1), "B2": ("=B1", 1)}, "IronCalc gives #CIRC! for S!B"),
    ],
)
def test_what_ironcalc_gets_wrong_is_refused(
    make: Make, cells: Mapping[str, Any], message: str
) -> None:
    path = make({"S!A1": 1, "S!A2": 2, **{f"S!{k}": v for k, v in cells.items()}, "T!A1": 2})
    with pytest.raises(EngineError) as caught:
        opened(path, "A1", "B1")
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_what_excel_counts_otherwise_is_refused(lecture: Path) -> None:
    """SUMXMY2 and blanks: the file says 0.319467, IronCalc 0.857572."""
    with pytest.raises(EngineError, match=r"bias!V42 '=SQRT\(SUMXMY2.* shows 0\.31946741355"):
        open_model(lecture / "collab_filter.xlsx", [("bias", (18, 7))], [("bias", (41, 21))])


def test_a_function_that_the_start_hides_ends_the_search(make: Make) -> None:
    model = opened(make({"S!A1": 1, "S!B1": ("=IF(A1>2,NOSUCH(A1),A1)", 1)}), "A1", "B1")
    assert model.values(at(2.0)).tolist() == [2.0]
    with pytest.raises(EngineError, match=r"IronCalc gives #NAME\? for S!B1 at another point"):
        model.values(at(3.0))


@pytest.mark.parametrize("cached", [0, ""])
def test_a_file_that_was_never_computed_has_nothing_to_compare(make: Make, cached: Any) -> None:
    path = make({"S!A1": 3, "S!B1": ("=A1*2", cached), "S!B2": ("=NOSUCH(A1)", cached)})
    assert opened(path, "A1", "B1").values(at(4.0)).tolist() == [8.0]
    with pytest.raises(EngineError, match=r"NOSUCH and gives #NAME\? for S!B2 '=NOSUCH\(A1\)'$"):
        opened(path, "A1", "B2")


def test_sums_of_squares_near_0_are_rounding(make: Make) -> None:
    path = make({"S!A1": 0.1, "S!B1": ("=(A1+0.2-0.3)^2", 0), "S!B2": ("=1000*A1", 100)})
    assert opened(path, "A1", "B1").values(at(0.1))[0] < 1e-30


def test_data_tables_do_not_stand_in_the_way(tmp_path: Path, make: Make) -> None:
    """=TABLE(,A1) in S!D2:D3: beside the model it is left out, within it is refused."""
    path = make(
        {"S!A1": 3, "S!B1": ("=A1^2", 9), "S!C2": 4, "S!C3": 5, "S!D1": ("=B1", 9), "S!D2": 16,
         "S!D3": 25, "S!E1": ("=SUM(D2:D3)*A1", 123)}
    )  # fmt: skip
    with_table(path)
    assert opened(path, "A1", "B1").values(at(7.0)).tolist() == [49.0]
    with pytest.raises(EngineError, match=r"not compute TABLE and gives #NAME\? for S!D2, which"):
        opened(path, "A1", "E1")


def with_table(path: Path) -> None:
    """Make D2:D3 of the first sheet a what-if data table over A1."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    table = b'<c r="D2"><f t="dataTable" ref="D2:D3" dt2D="0" dtr="0" r1="A1"/><v>'
    assert b'<c r="D2"><v>' in parts[sheet]
    parts[sheet] = parts[sheet].replace(b'<c r="D2"><v>', table)
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)


def test_bad_files_and_cells(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make({"S!A1": 1, "S!B1": ("=A1", 1)})
    with pytest.raises(OptionError, match="no sheet 'X'"):
        open_model(path, [("X", (0, 0))], [("S", (0, 1))])
    with pytest.raises(WorkbookError, match=r"nothing\.xlsx"):
        opened(tmp_path / "nothing.xlsx", "A1", "B1")
    monkeypatch.setitem(sys.modules, "ironcalc", None)
    with pytest.raises(EngineMissingError, match="pip install ironcalc"):
        opened(path, "A1", "B1")


# Solving --------------------------------------------------------------------------------------


def test_a_model_without_derivatives_is_solved(make: Make) -> None:
    """min (x-3)² + (y+1)² + xy: 2(x-3) + y = 0 and 2(y+1) + x = 0, so x = 14/3 and y = -10/3."""
    formula = "=_xlfn.LET(_xlpm.x,A1,_xlpm.y,A2,(_xlpm.x-3)^2+(_xlpm.y+1)^2+_xlpm.x*_xlpm.y)"
    model = opened(make({"S!A1": 1, "S!A2": 1, "S!B1": (formula, 9)}), "A1 A2", "B1")
    solution = solve(model_of(model), Options(), "GRG Nonlinear")
    assert solution.success
    np.testing.assert_allclose(solution.variables, [14 / 3, -10 / 3], rtol=1e-6)
    assert solution.objective == pytest.approx((5 / 3) ** 2 + (7 / 3) ** 2 - 140 / 9, rel=1e-10)


def test_a_product_of_lambdas_is_solved_under_a_constraint(make: Make) -> None:
    """max xy with x + 2y <= 20 is 50, at (10, 5)."""
    path = make(
        {
            "S!A1": 1,
            "S!A2": 1,
            "S!B1": ("=_xlfn.LAMBDA(_xlpm.a,_xlpm.b,_xlpm.a*_xlpm.b)(A1,A2)", 1),
            "S!B2": ("=_xlfn.LET(_xlpm.s,A1+2*A2,_xlpm.s)", 3),
        }
    )
    model = opened(path, "A1 A2", "B1 B2")

    def over(x: Array) -> Array:
        return model.values(x)[..., 1:] - 20

    limit = Constraint(Vectorized(over, at=lambda x: (over(x), None)), "<=")
    problem = model_of(
        model, sense="maximize", lower=np.zeros(2), upper=np.full(2, np.inf), constraints=(limit,)
    )
    solution = solve(problem, Options(), "GRG Nonlinear")
    assert solution.success
    np.testing.assert_allclose(solution.variables, [10, 5], rtol=1e-5)
    assert solution.objective == pytest.approx(50, rel=1e-7)


def model_of(model: IronCalcModel, **more: Any) -> Model:
    return Model(
        start=model.start,
        objective=Vectorized(
            lambda x: model.values(x)[:, 0], at=lambda x: (float(model.values(x)[0]), None)
        ),
        **more,
    )
