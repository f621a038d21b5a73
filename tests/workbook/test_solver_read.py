"""Solver models as Excel stores them: read, said in words, and what is wrong with them."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from book_files import name, one_sheet, parts_of, save, solver_names
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.book import Book, Cell, DefinedName
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.cell_problems import cell_problems
from sheetsim.workbook.solver_model.describe import describe
from sheetsim.workbook.solver_model.model import (
    MAX_VARIABLES,
    Goal,
    Relation,
    SolverConstraint,
    SolverEngine,
    SolverModel,
    SolverSettings,
)
from sheetsim.workbook.solver_model.names import model_names
from sheetsim.workbook.solver_model.read import read_models


def test_the_lectures_models(lecture: Path) -> None:
    """What lecture.md says that Excel saved: GRG Nonlinear, central, 150 and 180 variables."""
    models = read_models(read_book(lecture / "collab_filter.xlsx"))
    assert list(models) == ["dotprod", "movielens_1hot", "movielens_emb", "bias"]
    model = models["dotprod"]
    assert model == SolverModel(
        "dotprod",
        Area("dotprod", (40, 21), (40, 21)),
        Goal.MINIMIZE,
        0.0,
        (Area("dotprod", (18, 7), (22, 21)), Area("dotprod", (24, 1), (38, 5))),
        (),
        non_negative=False,
        engine=SolverEngine.GRG,
        settings=SolverSettings(central=True, bounds_required=False),
    )
    assert len(model.variable_cells()) == 150
    assert len(models["bias"].variable_cells()) == 180
    assert model.variable_cells()[75] == ("dotprod", (24, 1))
    assert describe(model) == (
        "dotprod: minimize V41 by changing 150 cells, H19:V23 and B25:F39\n"
        "  no constraints; variables may be negative\n"
        "  GRG Nonlinear, precision 1e-06, convergence 0.0001, central derivatives"
    )
    book = read_book(lecture / "collab_filter.xlsx")
    assert cell_problems(book, model) == []


def test_an_objective_that_was_deleted_is_said_so(lecture: Path) -> None:
    model = read_models(read_book(lecture / "collab_filter.xlsx"))["movielens_emb"]
    assert model.objective is None
    assert len(model.variable_cells()) == 150
    assert describe(model) == (
        "movielens_emb: cannot be solved as it is stored\n"
        "  the objective: movielens_emb!#REF! names a cell that was deleted"
    )


@pytest.mark.parametrize("file", ["graddesc.xlsm", "entropy_example.xlsx"])
def test_a_workbook_without_models(lecture: Path, file: str) -> None:
    assert read_models(read_book(lecture / file)) == {}


FULL = {
    "opt": "one!$D$9",
    "adj": "one!$B$1:$B$3,'it''s, two'!$A$1,changing",
    "typ": 3,
    "val": "2.5",
    "num": 8,
    "lhs1": "one!$B$1:$B$3",
    "rel1": 1,
    "rhs1": "one!$C$1:$C$3",
    "lhs2": "one!$B$1",
    "rel2": 2,
    "rhs2": "5%",
    "lhs3": "changing",
    "rel3": 3,
    "rhs3": "-1E-3",
    "lhs4": "one!$B$1:$B$2",
    "rel4": 4,
    "rhs4": "integer",
    "lhs5": "one!$B$3",
    "rel5": 5,
    "rhs5": '"binary"',
    "lhs6": "one!$B$1:$B$3",
    "rel6": 6,
    "rhs6": "AllDifferent",
    "lhs7": "one!$B$1:$B$3",
    "rel7": 1,
    "rhs7": "one!$C$1*2",
    "lhs8": "one!$A:$A",
    "rel8": 3,
    "rhs8": "=one!$C$1",
    "lhs9": "one!#REF!",  # left over from before: solver_num is 8
    "rel9": 1,
    "rhs9": 0,
    "neg": 1,
    "eng": 3,
    "pre": "0.001",
    "cvg": 0.5,
    "tim": 60,
    "itr": 100,
    "drv": 2,
    "msl": 1,
    "ssz": 50,
    "rsd": 7,
    "rbv": 2,
    "tol": "0.05",
    "nod": 10,
    "mip": 11,
    "mrt": 0.1,
    "mni": 12,
    "scl": 1,
    "sho": 1,
    "est": 2,
    "nwt": 2,
    "rlx": 1,
}


def test_all_that_a_model_can_hold(tmp_path: Path) -> None:
    names = solver_names(0, **FULL) + name("changing", "one!$F$1:$G$2", None, hidden=False)
    book = read_book(save(tmp_path / "a.xlsx", parts_of({"one": "", "it's, two": ""}, names)))
    (model,) = read_models(book).values()
    column = Area("one", (0, 1), (2, 1))
    changing = Area("one", (0, 5), (1, 6))
    assert model.problems == ()
    assert model.objective == Area("one", (8, 3), (8, 3))
    assert (model.goal, model.value) == (Goal.VALUE, 2.5)
    assert model.variables == (column, Area("it's, two", (0, 0), (0, 0)), changing)
    assert model.constraints == (
        SolverConstraint((column,), Relation.AT_MOST, Area("one", (0, 2), (2, 2))),
        SolverConstraint((Area("one", (0, 1), (0, 1)),), Relation.EQUAL, 0.05),
        SolverConstraint((changing,), Relation.AT_LEAST, -0.001),
        SolverConstraint((Area("one", (0, 1), (1, 1)),), Relation.INTEGER),
        SolverConstraint((Area("one", (2, 1), (2, 1)),), Relation.BINARY),
        SolverConstraint((column,), Relation.ALL_DIFFERENT),
        SolverConstraint((column,), Relation.AT_MOST, "one!$C$1*2"),
        SolverConstraint(
            (Area("one", (0, 0), (1048575, 0)),), Relation.AT_LEAST, Area("one", *[(0, 2)] * 2)
        ),
    )
    assert model.non_negative
    assert model.engine is SolverEngine.EVOLUTIONARY
    assert model.settings == SolverSettings(
        precision=0.001,
        convergence=0.5,
        seconds=60.0,
        iterations=100,
        central=True,
        multistart=True,
        population=50,
        seed=7,
        bounds_required=False,
        tolerance=0.05,
        ignore_integers=True,
        subproblems=10,
        integer_solutions=11,
        scaling=True,
        mutation=0.1,
        idle_seconds=12.0,
        show_steps=True,
        quadratic_estimates=True,
        conjugate_search=True,
    )
    assert describe(model).splitlines() == [
        "one: bring D9 to 2.5 by changing 8 cells, B1:B3, 'it''s, two'!A1 and F1:G2",
        "  subject to B1:B3 <= C1:C3",
        "  subject to B1 = 0.05",
        "  subject to F1:G2 >= -0.001",
        "  subject to B1:B2 integer",
        "  subject to B3 binary",
        "  subject to B1:B3 all different",
        "  subject to B1:B3 <= one!$C$1*2",
        "  subject to A:A >= C1",
        "  variables are at least 0 unless bound",
        "  Evolutionary, precision 0.001, population of 50 points, integer constraints ignored, "
        "at most 60 s, at most 100 iterations",
    ]


SOUND = {"opt": "one!$D$9", "adj": "one!$B$1:$B$3", "typ": 2, "num": 0}


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({"opt": "#REF!"}, "the objective: #REF! names a cell that was deleted"),
        ({"opt": "gone!$A$1"}, "the objective: gone!$A$1 is on sheet 'gone', which is not there"),
        ({"opt": "one!$A$1:$A$2"}, "the objective is one!$A$1:$A$2; expected a single cell"),
        ({"opt": "nobody"}, "'nobody' names no cells; expected some such as Sheet1!B1:B5"),
        ({"opt": "[1]one!$A$1"}, "'[1]one!$A$1' is in another file, which is not followed"),
        ({"opt": "one!$XFE$1"}, "one!$XFE$1 lies outside of a sheet"),
        ({"opt": ""}, "nothing is named where cells were expected"),
        ({"opt": "circle"}, "the name 'circle' leads from name to name and to no cell"),
        ({"opt": None}, "it names no objective and no constraints"),
        ({"adj": None}, "it names no cells to change"),
        ({"adj": "one!$B$1,one!#REF!"}, "the cells to change: one!#REF! names a cell that was"),
        ({"adj": "one!$A:$XFD"}, "it names 17,179,869,184 cells to change; expected at most"),
        ({"typ": 7}, "solver_typ is 7; expected 1, 2 or 3"),
        ({"typ": "two"}, "solver_typ is 'two'; expected a number"),
        ({"eng": "NaN"}, "solver_eng is 'NaN'; expected a number"),
        ({"num": 2}, "it counts 2 constraints, of which 0 are stored"),
        ({"num": 1e300}, "it counts 1e+300 constraints, of which 0 are stored"),
        (
            {"num": 1, "lhs1": "one!$B$1:$B$3", "rel1": 1, "rhs1": "one!$C$1:$C$2"},
            "constraint 1: one!B1:B3 <= one!C1:C2: 3 cells on the left and 2 on the right",
        ),
        (
            {"num": 1, "lhs1": "one!$B$1:$B$4", "rel1": 4, "rhs1": "integer"},
            "constraint 1: one!B1:B4 integer: B4 is none of the cells to change; "
            "only those can be integer",
        ),
        ({"num": 1, "lhs1": "one!$B$1", "rel1": 9, "rhs1": 1}, "constraint 1 relates by 9"),
        ({"num": 1, "lhs2": "one!$B$1"}, "constraint 1 has no left-hand side"),
        ({"num": 1, "lhs1": "one!$B$1", "rel1": 1}, "there is nothing on the right"),
        (
            {"num": 1, "lhs1": "one!$B$1", "rel1": 1, "rhs1": "one!#REF!*2"},
            "constraint 1: one!#REF!*2 names a cell that was deleted",
        ),
        (
            {"num": 1, "lhs1": "one!$B$1", "rel1": 1, "rhs1": "one!$A$1,one!$B$2"},
            "one!$A$1,one!$B$2 names several areas; expected one on the right",
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(
    tmp_path: Path, texts: dict[str, object], problem: str
) -> None:
    merged = {key: text for key, text in (SOUND | texts).items() if text is not None}
    names = solver_names(0, **merged) + name("circle", "circle", None)
    book = read_book(one_sheet(tmp_path / "a.xlsx", "", names))
    model = read_models(book)["one"]
    (found,) = model.problems
    assert problem in str(found)
    assert describe(model).splitlines()[0] == "one: cannot be solved as it is stored"
    assert len(describe(model).splitlines()) == 2


def test_names_of_names_and_endless_integers(tmp_path: Path) -> None:
    """Sixty names are followed; names that multiply, and integers without end, are not."""
    many = ",".join(f"part{i}" for i in range(60))
    names = "".join(name(f"part{i}", f"one!$B${i + 1}", None) for i in range(60))
    names += "".join(name(f"twice{i}", ",".join([f"twice{i + 1}"] * 1000), None) for i in range(9))
    names += name("twice9", "one!$B$1", None)
    book = read_book(
        one_sheet(tmp_path / "a.xlsx", "", names + solver_names(0, opt="one!$A$1", adj=many))
    )
    (model,) = read_models(book).values()
    assert len(model.variable_cells()) == 60
    bomb = solver_names(0, opt="one!$A$1", adj="twice0")
    (model,) = read_models(read_book(one_sheet(tmp_path / "a.xlsx", "", names + bomb))).values()
    (problem,) = model.problems
    assert "leads from name to name" in problem.why or "comes to more than" in problem.why
    texts: dict[str, object] = {"opt": "one!$C$1", "adj": "one!$A$1:$A$1000000", "num": 40}
    for i in range(1, 41):
        texts |= {f"lhs{i}": "one!$A$1:$A$1000000", f"rel{i}": 4, f"rhs{i}": "integer"}
    book = read_book(one_sheet(tmp_path / "a.xlsx", "", solver_names(0, **texts)))
    (model,) = read_models(book).values()
    assert list(map(str, model.problems)) == ["its integers are more than 10,000,000 cells"]


def test_excel_2007_says_linear_in_another_way(tmp_path: Path) -> None:
    for lin, engine in ((1, SolverEngine.SIMPLEX), (2, SolverEngine.GRG)):
        names = solver_names(0, **SOUND, lin=lin)
        book = read_book(one_sheet(tmp_path / "a.xlsx", "", names))
        assert read_models(book)["one"].engine is engine


def test_constraints_alone_are_a_model(tmp_path: Path) -> None:
    texts = {"adj": "one!$B$1", "num": 1, "lhs1": "one!$B$1", "rel1": 3, "rhs1": 4}
    book = read_book(one_sheet(tmp_path / "a.xlsx", "", solver_names(0, **texts)))
    model = read_models(book)["one"]
    assert model.problems == ()
    assert describe(model).startswith("one: satisfy the constraints by changing 1 cell, B1\n")


def test_what_the_cells_forbid() -> None:
    cells = {
        (0, 0): Cell("=1"),
        (1, 0): Cell("=2"),
        (2, 0): Cell(None, 3.0),
        (0, 5): Cell(None, 1.0),
    }
    book = Book("x", {"one": cells})
    model = SolverModel(
        "one", Area("one", (0, 5), (0, 5)), variables=(Area("one", (0, 0), (9, 1)),)
    )
    assert list(map(str, cell_problems(book, model))) == [
        "the objective one!F1 holds no formula; nothing moves it",
        "the variable one!A1 and 1 more holds a formula, =1, which a solution would overwrite; "
        "expected a number there, or other cells to change, such as those that the formula reads",
    ]
    column = (Area("one", (2, 0), (1048575, 0)),)
    sound = replace(model, objective=Area("one", (0, 0), (0, 0)), variables=column)
    assert cell_problems(book, sound) == []


# Whatever the names say --------------------------------------------------------------------

KEYS = ["opt", "adj", "typ", "val", "num", "lhs1", "rel1", "rhs1", "lhs2", "rel2", "rhs2", "neg"]
KEYS += ["eng", "tim", "itr", "ssz", "rsd", "pre", "name"]
TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["one!$A$1", "1", "2", "-1E308", "4", "$A:$A", "name", "(one!A1,B2)", "'one'!A1"]
    ),
    st.text("one!$:,'()AB12#=", max_size=14),
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), TEXT, min_size=1))
def test_any_text_gives_a_model_or_a_problem(texts: dict[str, str]) -> None:
    names = tuple(DefinedName(f"solver_{key}", "one", True, text) for key, text in texts.items())
    names += (DefinedName("name", None, False, texts.get("name", "one!B1")),)
    book = Book("x", {"one": {}}, names, {}, {"one": "visible"})
    for model in read_models(book).values():
        assert model.problems or (model.variables and (model.objective or model.constraints))
        assert all(problem.why.isprintable() for problem in model.problems)
        assert describe(model)
        assert sum(area.size for area in model.variables) <= MAX_VARIABLES


AREA = st.builds(
    lambda sheet, row, column, height, width: Area(
        sheet, (row, column), (row + height, column + width)
    ),
    st.sampled_from(["one", "it's, two", "3rd"]),
    st.integers(0, 1000),
    st.integers(0, 100),
    st.integers(0, 3),
    st.integers(0, 3),
)
NUMBER = st.floats(-1e12, 1e12).map(lambda x: x if abs(x) > 1e-300 else 0.0)


@settings(max_examples=200, deadline=None)
@given(
    AREA,
    st.lists(AREA, min_size=1, max_size=3),
    st.lists(st.tuples(AREA, st.sampled_from(Relation), st.one_of(NUMBER, AREA)), max_size=4),
    st.sampled_from(Goal),
    st.sampled_from(SolverEngine),
    NUMBER,
)
def test_what_is_written_is_read_back(
    target: Area,
    variables: list[Area],
    constraints: list[tuple[Area, Relation, float | Area]],
    goal: Goal,
    engine: SolverEngine,
    value: float,
) -> None:
    each = []
    for left, relation, right in constraints:
        bound = variables[0] if not relation.compares else left
        fits = isinstance(right, float) or right.size == 1
        other = right if fits else replace(left, sheet="one")
        each.append(SolverConstraint((bound,), relation, other if relation.compares else None))
    objective = replace(target, last=target.first)
    model = SolverModel("3rd", objective, goal, value, tuple(variables), tuple(each), engine=engine)
    names = tuple(
        DefinedName(title, "3rd", True, text) for title, text in model_names(model).items()
    )
    sheets = ["one", "it's, two", "3rd"]
    book = Book("x", {s: {} for s in sheets}, names, {}, dict.fromkeys(sheets, "visible"))
    assert read_models(book) == {"3rd": model}
    assert math.isfinite(value)
