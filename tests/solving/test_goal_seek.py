"""Goal Seek: against closed forms, and what may not be called found."""

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from click.testing import CliRunner

import sheetsim
from sheetsim.cli import main
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.solver.root import find_root
from sheetsim.workbook.read.book import read_book


def made(path: Path, cells: dict[str, Any]) -> Path:
    """A file as a library writes it, with no values cached."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for cell, content in cells.items():
            sheet.write(cell, content)
    return path


LOAN = {"A1": 0.05, "A2": 360, "A3": 100_000, "A4": "=-PMT(A1/12,A2,A3)", "A5": "=A4*A2"}


def test_a_loan_that_one_can_pay(tmp_path: Path) -> None:
    """What 1,000 a month pays back is their present value, a geometric sum."""
    path = made(tmp_path / "loan.xlsx", LOAN)
    sought = sheetsim.goal_seek(path, set="A4", to=1000, by="A3", out=tmp_path / "out.xlsx")
    assert sought.found
    r = 0.05 / 12
    assert sought.variable == pytest.approx(1000 * (1 - (1 + r) ** -360) / r, rel=1e-14)
    cells = read_book(tmp_path / "out.xlsx").sheets["S"]
    shown = [cells[row, 0].value for row in (2, 3, 4)]
    assert shown == [pytest.approx(sought.variable), pytest.approx(1000), pytest.approx(360_000)]
    assert read_book(path).sheets["S"][2, 0].value == 100_000


CASES: dict[str, tuple[str, float, float, float | None]] = {
    "cubic": ("=B1^3-2*B1-5", 1.0, 0.0, 2.0945514815423265),  # Wallis's equation
    "from a flat place": ("=B1^3-2*B1-5", math.sqrt(2 / 3), 0.0, 2.0945514815423265),
    "kink": ("=ABS(B1-3)", 0.0, 2.0, 1.0),
    "flat at the start": ("=MAX(0,B1-10)^2", 0.0, 4.0, 12.0),
    "error at the start": ("=LN(B1)", -1.0, 2.0, math.exp(2)),
    "touched": ("=(B1-7)^2+3", 0.0, 3.0, 7.0),
    "far away": ("=B1/1000", 0.0, 5e6, 5e9),
    "bounded": ("=SIN(B1)", 0.0, 2.0, None),
    "a jump": ("=INT(B1)", 0.0, 2.5, None),
    "a pole": ("=IF(B1=0,1,1/B1)+0*B1", 1.0, 0.0, None),
    "nothing but errors": ("=SQRT(-1-B1^2)", 0.0, 1.0, None),
    "just missed": ("=B1^2+1E-6", 3.0, 0.0, None),
    "small": ("=B1^2*1E-12", 1.0, 4e-12, 2.0),
    "small, through 0": ("=(B1-3)*1E-12", 7.0, 0.0, 3.0),
    "small, just missed": ("=(B1^2+1E-6)*1E-12", 3.0, 0.0, None),
    "small, out of reach": ("=-(B1^2)*1E-12", 0.0, 4e-12, None),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_found_and_what_is_not(name: str, tmp_path: Path) -> None:
    formula, start, to, root = CASES[name]
    path = made(tmp_path / "goal.xlsx", {"B1": start, "B2": formula})
    sought = sheetsim.goal_seek(path, set="B2", to=to, by="B1", out=tmp_path / "out.xlsx")
    if name == "a pole":  # 1/x is within 1e-9 of 0 far away, and nowhere 0
        assert abs(1 / sought.variable) <= 1e-9
        return
    assert sought.found == (root is not None), sought.status
    assert (tmp_path / "out.xlsx").exists() == sought.found
    assert sought.status.startswith("found" if sought.found else "not found")
    if root is not None:
        sharp = 1e-4 if name == "touched" else 1e-9
        assert sought.variable == pytest.approx(root, rel=sharp)
        assert abs(sought.value - to) <= sought.tolerance


def test_a_jump_says_where(tmp_path: Path) -> None:
    path = made(tmp_path / "goal.xlsx", {"B1": 0.2, "B2": "=ROUND(B1,0)*10"})
    sought = sheetsim.goal_seek(path, set="B2", to=25, by="B1")
    assert not sought.found
    assert "jumps from 20 to 30 where S!B1 is 2.5" in sought.status


KINDS: list[Callable[..., Any]] = [
    lambda x, a, b, c: a * x**3 + b * x + c,
    lambda x, a, b, c: a * np.floor(b * x) + c,
    lambda x, a, b, c: a / (x - b) + c,
    lambda x, a, b, c: np.log(a * x + b) + c,
    lambda x, a, b, c: a * np.exp(x) - c + 0 * b,
    lambda x, a, b, c: np.where(np.abs(x) < 1, np.nan, a * x + c + 0 * b),
]
"""Smooth ones, steps, poles and holes."""


def test_found_is_within_the_tolerance_whatever_the_function() -> None:
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(300):
        start, target, *abc = rng.normal(size=5) * 10.0 ** rng.integers(-2, 4, size=5)
        f = partial(KINDS[rng.integers(len(KINDS))], a=abc[0], b=abc[1], c=abc[2])

        def slope(x: float, f: Any = f) -> float:
            h = 1e-6 * (1 + abs(x))
            return float((f(x + h) - f(x - h)) / (2 * h))

        def both(x: float, f: Any = f, slope: Any = slope) -> tuple[float, float]:
            return float(f(x)), slope(x)

        with np.errstate(all="ignore"):
            root = find_root(both, f, np.float64(start), float(target), 1e-9)
            found += root.found
            assert root.found == (abs(float(f(root.x)) - target) <= root.tolerance)
            assert root.tolerance <= max(1e-9, 1e-15 * abs(slope(root.x) * root.x))
    assert 100 < found < 300


def test_a_stored_model_plays_no_part(root: Path) -> None:
    path = root / "workbooks" / "collab_filter.xlsx"
    sought = sheetsim.goal_seek(path, set="dot_product!G5", to=1.0, by="dot_product!G26")
    assert sought.found
    f = sheetsim.compile(path, "dot_product!G5", "dot_product!G26")
    assert f(np.array([sought.variable])) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"set": "A1", "by": "A3"}, "holds no formula"),
        ({"set": "A4", "by": "A5"}, "holds a formula"),
        ({"set": "A4:A5", "by": "A3"}, "set is 'A4:A5'; expected one cell"),
        ({"set": "A4", "by": "Nope"}, "by is 'Nope'"),
        ({"set": "A4", "by": "C1"}, "does not depend"),
        ({"set": "A4", "by": "A3", "precision": 0}, "precision: got 0"),
    ],
)
def test_what_is_refused(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = made(tmp_path / "loan.xlsx", LOAN)
    with pytest.raises((OptionError, WorkbookError), match=said):
        sheetsim.goal_seek(path, **{"to": 1.0, **given})


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "loan.xlsx", LOAN)
    words = ["goal-seek", "loan.xlsx", "--set", "A4", "--by", "A3", "--to"]
    result = CliRunner().invoke(main, [*words, "1000", "--json"])
    shown = json.loads(result.stdout)
    assert (result.exit_code, shown["found"], shown["out"]) == (0, True, "loan.solved.xlsx")
    (tmp_path / "loan.solved.xlsx").unlink()
    result = CliRunner().invoke(main, [*words, "1e300", "--precision", "1e-300"])
    assert result.exit_code == (0 if result.stdout.startswith("found") else 1)
    result = CliRunner().invoke(main, [*words[:-3], "--by", "A2", "--to", "200", "--out", "n.xlsx"])
    assert (result.exit_code, (tmp_path / "n.xlsx").exists()) == (1, False)
    assert result.stdout.startswith("not found: ")
