"""A Solver model stored in a copy of a workbook, beside whatever names it has."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from book_files import BOOK, LINKS, MAIN, name, one_sheet, part, parts_of, save, solver_names
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import Goal, SolverEngine, SolverModel, SolverSettings
from sheetsim.workbook.solver_model.names import model_names
from sheetsim.workbook.solver_model.parse import parse_model
from sheetsim.workbook.solver_model.read import read_models


def model_on(sheet: str) -> SolverModel:
    spot = Area(sheet, (8, 3), (8, 3))
    variables = (Area(sheet, (0, 1), (2, 1)),)
    return SolverModel(sheet, spot, Goal.MAXIMIZE, 0.0, variables, engine=SolverEngine.SIMPLEX)


def test_the_lectures_model_is_stored_as_excel_stored_it(lecture: Path) -> None:
    book = read_book(lecture / "collab_filter.xlsx")
    for sheet in ("dotprod", "bias"):
        stored = {n.name: n.text for n in book.names if n.sheet == sheet}
        assert model_names(read_models(book)[sheet]) == stored


SETTINGS = {
    "solver_cvg": "0.0001",  # convergence
    "solver_drv": "2",  # derivatives: 1 forward, 2 central
    "solver_eng": "1",  # 1 GRG Nonlinear, 2 Simplex LP, 3 Evolutionary
    "solver_est": "1",  # estimates: tangent
    "solver_itr": "2147483647",  # iterations
    "solver_mip": "2147483647",  # most feasible integer solutions
    "solver_mni": "30",  # most seconds without improvement (Evolutionary)
    "solver_mrt": "0.075",  # mutation rate (Evolutionary)
    "solver_msl": "2",  # multistart: 2 is off
    "solver_neg": "2",  # unconstrained variables non-negative: 2 is off
    "solver_nod": "2147483647",  # most subproblems
    "solver_num": "0",  # number of constraints
    "solver_nwt": "1",  # search: Newton
    "solver_pre": "0.000001",  # precision
    "solver_rbv": "2",  # multistart needs bounds: 2 is off
    "solver_rlx": "2",  # ignore integer constraints: 2 is off
    "solver_rsd": "0",  # random seed: 0 is none
    "solver_scl": "2",  # automatic scaling: 2 is off
    "solver_sho": "2",  # show iteration results: 2 is off
    "solver_ssz": "100",  # population size
    "solver_tim": "2147483647",  # seconds
    "solver_tol": "0.01",  # integer optimality
    "solver_typ": "2",  # 1 maximize, 2 minimize, 3 a value
    "solver_val": "0",  # that value
    "solver_ver": "3",  # of the format: Excel 2010 and later
}
"""What Excel wrote for the lecture's own models, but for their cells."""


def test_the_defaults_are_those_of_excels_dialog() -> None:
    ours = model_names(SolverModel("one", None, settings=SolverSettings(central=True)))
    for key, text in SETTINGS.items():
        if key != "solver_rbv":  # in Excel's dialog it is on; the lecture's models have it off
            assert ours[key] == text


def test_storing_the_model_that_is_there_changes_no_byte_of_it(
    lecture: Path, tmp_path: Path
) -> None:
    path = lecture / "collab_filter.xlsx"
    for sheet in ("dotprod", "bias"):
        model = read_models(read_book(path))[sheet]
        write_values(path, tmp_path / "b.xlsx", {}, model=model)
        assert part(tmp_path / "b.xlsx", BOOK) == part(path, BOOK)


def test_a_model_given_as_text_is_stored_in_the_lectures_file(
    lecture: Path, tmp_path: Path
) -> None:
    path, copy = lecture / "collab_filter.xlsx", tmp_path / "b.xlsx"
    book = read_book(path)
    model = parse_model(
        book,
        objective="movielens_1hot!A1",
        by=["C4:G18", "C22:G36"],
        subject_to=["C4:G18<=5", "C22:G36 integer", "movielens_1hot!A1>=dotprod!V41"],
        value=1.5,
    )
    write_values(path, copy, {}, model=model)
    after = read_book(copy)
    assert read_models(after)["movielens_1hot"] == model
    for sheet in ("dotprod", "bias", "movielens_emb"):
        assert read_models(after)[sheet] == read_models(book)[sheet]
    kept = [n for n in book.names if n.sheet != "movielens_1hot"]
    assert [n for n in after.names if n.sheet != "movielens_1hot"] == kept
    assert all(n.hidden for n in after.names)
    order = [(n.name, n.sheet) for n in after.names]
    assert order == sorted(order)  # as Excel lists them
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy) as new:
        assert [n for n in old.namelist() if old.read(n) != new.read(n)] == [BOOK]


@pytest.mark.parametrize(
    "names",
    [
        "",
        name("zz", "1", None) + name("Aa", "2", 1),
        solver_names(0, opt="one!$A$1", adj="one!$B$1", num=1, lhs1="x", rel1=1, rhs1=2),
        solver_names(1, opt="two!$A$1", adj="two!$B$1") + name("_xlnm.Print_Area", "one!$A$1", 0),
    ],
)
def test_other_names_stay(tmp_path: Path, names: str) -> None:
    path = save(tmp_path / "a.xlsx", parts_of({"one": "", "two": ""}, names))
    write_values(path, tmp_path / "b.xlsx", {}, model=model_on("one"))
    before, after = read_book(path), read_book(tmp_path / "b.xlsx")
    assert read_models(after)["one"] == model_on("one")
    mine = {n for n in after.names if n.sheet == "one" and n.name.startswith("solver_")}
    old = [n for n in before.names if not (n.sheet == "one" and n.name.startswith("solver_"))]
    assert [n for n in after.names if n not in mine] == old
    assert len(mine) == 27
    openpyxl.load_workbook(tmp_path / "b.xlsx")


@pytest.mark.parametrize("form", ["<x:definedNames/>", "<x:definedNames></x:definedNames>", ""])
def test_a_prefix_and_an_empty_list(tmp_path: Path, form: str) -> None:
    parts = parts_of({"one": ""})
    parts[BOOK] = (
        f'<x:workbook xmlns:x="{MAIN}" xmlns:r="{LINKS}"><x:sheets><x:sheet name="one" sheetId="1" '
        f'r:id="rId1"/></x:sheets><x:functionGroups/>{form}<x:calcPr calcId="1"/></x:workbook>'
    )
    path = save(tmp_path / "a.xlsx", parts)
    write_values(path, tmp_path / "b.xlsx", {}, model=model_on("one"))
    assert read_models(read_book(tmp_path / "b.xlsx"))["one"] == model_on("one")
    text = part(tmp_path / "b.xlsx", BOOK).decode()
    assert re.sub("<x:definedNames.*</x:definedNames>", "", text) == parts[BOOK].replace(form, "")
    assert "<x:functionGroups/><x:definedNames><x:definedName name=" in text


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    path = one_sheet(tmp_path / "a.xlsx", "")
    with pytest.raises(WorkbookError, match="has no sheet 'two' to store a model with"):
        write_values(path, tmp_path / "b.xlsx", {}, model=model_on("two"))
    assert not (tmp_path / "b.xlsx").exists()


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20))
def test_a_sheet_with_any_name(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    folder = tmp_path_factory.mktemp("names")
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    path = save(folder / "a.xlsx", parts_of({escaped: ""}))
    (sheet,) = read_book(path).states
    assert sheet == title
    write_values(path, folder / "b.xlsx", {sheet: {(0, 0): 1.0}}, model=model_on(sheet))
    assert read_models(read_book(folder / "b.xlsx"))[sheet] == model_on(sheet)
