"""Why there is no solution: which constraints cannot all hold, and where linearity ends."""

import itertools
import random
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner
from conftest import Sample
from xlsxwriter import Workbook

from sheetsim.cli import main
from sheetsim.sheet import Array
from sheetsim.solver import Constraint, Model, Options, Result, Vectorized, solve
from sheetsim.solver.endings import Ending
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.edited_copy import write_values

pytest.importorskip("highspy", reason="needs the package highspy")

GRID = np.array(list(itertools.product(range(-30, 31), repeat=2)), float)
"""All whole points that a set of such small constraints may have, within reason."""


def linear_model(seed: int) -> tuple[Model, Array, Array]:
    """Two whole variables and six rows A x <= b, drawn so that most contradict."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    A = np.array([[draw.randint(-3, 3) for _ in range(2)] for _ in range(6)], float)
    b = np.array([draw.randint(-6, 4) for _ in range(6)], float)

    def rows(x: Array) -> Array:
        return np.asarray(x @ A.T - b)

    def slopes(x: Array) -> Array:
        return np.broadcast_to(A, (*x.shape[:-1], *A.shape))

    model = Model(
        start=np.zeros(2),
        objective=Vectorized(lambda x: x.sum(-1), np.ones_like),
        lower=np.array([-4.0, -4.0]),
        upper=np.array([4.0, 4.0]),
        constraints=(Constraint(Vectorized(rows, slopes), "<=", "rows", linear=True),),
        integer=np.array([True, True]),
        linear=True,
    )
    return model, A, b


def holds(model: Model, A: Array, b: Array, members: list[tuple[str, int]]) -> bool:
    """Whether a whole point of the grid meets some rows and bounds."""
    good = np.ones(len(GRID), bool)
    for kind, i in members:
        if kind == "row":
            good &= GRID @ A[i] <= b[i] + 1e-9
        elif kind == "high":
            good &= GRID[:, i] <= model.high[i]
        else:
            good &= GRID[:, i] >= model.low[i]
    return bool(good.any())


def members_of(found: Result) -> list[tuple[str, int]]:
    assert found.conflict is not None
    rows = [("row", i) for _, i in found.conflict.rows]
    return rows + [("high" if upper else "low", j) for j, upper in found.conflict.bounds]


def test_the_set_contradicts_and_without_any_one_it_does_not(sample: Sample) -> None:
    """Brute force over the grid says the same."""
    seen = 0
    for seed in sample(range(400), 60):
        model, A, b = linear_model(seed)
        found = solve(model, Options(), "Simplex LP")
        if found.ending is not Ending.INFEASIBLE:
            assert found.conflict is None
            continue
        members = members_of(found)
        assert found.conflict is not None
        assert found.conflict.proved
        assert not holds(model, A, b, members), seed
        if found.conflict.irreducible:
            for one in members:
                assert holds(model, A, b, [other for other in members if other != one]), seed
            seen += 1
    assert seen > 10


def sheet(path: Path, cells: dict[str, object]) -> Path:
    book = Workbook(path)
    page = book.add_worksheet("Plan")
    for name, value in cells.items():
        page.write(name, value)
    book.close()
    return path


PLAN: dict[str, object] = {
    "A1": "chairs", "A2": "tables", "B1": 2, "B2": 3, "A5": "hours", "B5": "=2*B1+3*B2",
    "A6": "promised", "B6": "=B1+B2", "A7": "profit", "B7": "=10.5*B1+20.25*B2",
    "A8": "greatest", "B8": "=MAX(B1,B2)", "A9": "area", "B9": "=B1*B2",
}  # fmt: skip


def asked(path: Path, out: Path, *limits: str, engine: str = "Simplex LP") -> tuple[int, str]:
    words = ["solve", str(path), "--objective", "B7", "--maximize", "--by", "B1:B2"]
    for limit in (*limits, "B1:B2<=9"):
        words += ["--subject-to", limit]
    words += ["--non-negative", "--engine", engine, "--report", "--out", str(out)]
    done = CliRunner().invoke(main, words)
    return done.exit_code, done.output


def texts(path: Path, title: str) -> list[str]:
    page = openpyxl.load_workbook(path)[title]
    return [str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize("engine", ["Simplex LP", "GRG Nonlinear"])
def test_the_feasibility_report(tmp_path: Path, engine: str) -> None:
    """2 b + 3 t <= 20 and b + t >= 15 leave b = 15 and less, and b is 9 at most."""
    path = sheet(tmp_path / "plan.xlsx", PLAN)
    code, output = asked(path, tmp_path / "out.xlsx", "B5<=20", "B6>=15", "B8<=50", engine=engine)
    assert code == 1
    line = "These constraints cannot all hold, and without any one of them the others can"
    assert f"{line}: Plan!B5 <= 20, Plan!B6 >= 15" in output.replace("\n", " ")
    shown = texts(tmp_path / "out.xlsx", "Feasibility Report 1")
    assert line in shown
    assert "$B$6>=15" in shown
    assert "Violated" in shown
    assert "$B$8<=50" not in shown
    before, after = read_book(path), read_book(tmp_path / "out.xlsx")
    assert after.sheets["Plan"] == before.sheets["Plan"]


def test_the_linearity_report_names_the_cell(tmp_path: Path) -> None:
    path = sheet(tmp_path / "plan.xlsx", {**PLAN, "B7": "=10*B1-B9"})
    code, output = asked(path, tmp_path / "out.xlsx", "B5<=20")
    assert code == 1
    assert "Plan!B9: it multiplies variables" in output.replace("\n", " ")
    shown = texts(tmp_path / "out.xlsx", "Linearity Report 1")
    at = shown.index("Cells at which linearity ends")
    assert shown[at + 1 :] == ["Cell", "Formula", "Plan!B9", "=B1*B2"]


def test_limits_say_why_there_are_none(tmp_path: Path) -> None:
    path = sheet(tmp_path / "plan.xlsx", PLAN)
    code, _ = asked(path, tmp_path / "out.xlsx", "B5<=20", "B1:B2 integer")
    assert code == 0
    assert "There are no limits" in texts(tmp_path / "out.xlsx", "Limits Report 1")


def test_headings_are_bold_and_numbers_have_formats(tmp_path: Path) -> None:
    path = sheet(tmp_path / "plan.xlsx", PLAN)
    asked(path, tmp_path / "out.xlsx", "B5<=20")
    page = openpyxl.load_workbook(tmp_path / "out.xlsx")["Answer Report 1"]
    cells = {cell.value: cell for row in page.iter_rows() for cell in row if cell.value is not None}
    assert cells["Variable Cells"].font.b
    assert not cells["chairs"].font.b
    assert cells[82].number_format if 82 in cells else True
    formats = {cell.value: cell.number_format for cell in cells.values()}
    whole = [value for value in formats if isinstance(value, int)]
    other = [value for value in formats if isinstance(value, float)]
    assert whole
    assert other
    assert {formats[value] for value in whole} == {"0"}
    assert {formats[value] for value in other} == {"0.00####"}


def test_without_reports_styles_stay(tmp_path: Path) -> None:
    path = sheet(tmp_path / "plan.xlsx", PLAN)
    write_values(path, tmp_path / "copy.xlsx", {})
    assert path.read_bytes() == (tmp_path / "copy.xlsx").read_bytes()
