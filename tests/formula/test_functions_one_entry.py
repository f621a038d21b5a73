"""What a function is, stands in its one entry of the table: no logic elsewhere knows it by name."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from formula_books import book_of, value_of

import sheetsim
from sheetsim.formula.functions import TABLE
from sheetsim.formula.functions._make import elementwise, general
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.dependents import find_dependents

PACKAGE = Path(sheetsim.__file__).parent
FORMULA = PACKAGE / "formula"
OUTSIDE = sorted(path for path in FORMULA.rglob("*.py") if path.parent.name != "functions")
ELSEWHERE = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if FORMULA not in path.parents and PACKAGE / "topics" not in path.parents
)
"""All of the package but the workbooks, which write formulas."""

SIGNS = {
    "mixed_integer.py": "how the sides of a constraint compare",
    "statistics.py": "the signs of criteria",
    "plan.py": "the `:` between two sheets, and the `,` of a union",
    "program.py": "the space between two references, in a text that names cells",
    "values.py": "how numbers are written",
}
"""Files outside syntax/, which is the grammar, in which an operator's sign is not the operator."""

BOOLEANS = {"TRUE", "FALSE"}
"""How a text spells a boolean; both are functions as well."""

WORDS = {
    "ADDRESS": "a cell, in the help of an option",
    "CELL": "likewise",
    "N": "a number, in the help of an option",
    "T": "likewise, a tolerance",
    "TEXT": "likewise, a text",
    "VALUE": "the goal of a Solver model",
}
"""Names of functions that mean something else outside formula/."""


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a file, with their lines; without docstrings, which are no logic."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    free = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in free:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(FORMULA)))
def test_no_function_is_known_by_name(path: Path) -> None:
    names = set(TABLE) - BOOLEANS
    words = {name for name in names if name[0].isalpha()}
    found = [(line, text) for line, text in strings(path) if text in words]
    assert not found, "give the function's entry a field for it"
    if path.parent.name != "syntax":
        signs = {text for _, text in strings(path) if text in names}
        assert bool(signs) == (path.name in SIGNS), signs


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nor_is_any_elsewhere(path: Path) -> None:
    names = {name for name in TABLE if name[0].isalpha() and name.isupper()} - BOOLEANS - {*WORDS}
    found = [(line, text) for line, text in strings(path) if text in names]
    assert not found, "give the function's entry a field for it"


PATTERNS = {"compile", "startswith", "endswith", "match", "search", "frozenset"}
"""What looks for the texts that it is given."""


def sought(source: str) -> Iterator[str]:
    """Functions that code looks for by name within texts: in patterns, and in sets of names."""
    names = {name for name in TABLE if name[0].isalpha() and len(name) > 1} - BOOLEANS
    for node in ast.walk(ast.parse(source)):
        inside = [one for one in ast.walk(node) if isinstance(one, ast.Constant)]
        texts = [one.value for one in inside if isinstance(one.value, str)]
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in PATTERNS:
                words = re.findall(r"[A-Z][A-Z0-9.]+(?=[()|])", " ".join(texts))
                yield from (word for word in words if word in names)
        if isinstance(node, ast.Set):  # of two names or more, in whatever letters
            found = [text for text in texts if text.upper() in names and text not in WORDS]
            yield from found if len(found) > max(1, len(node.elts) // 2) else []


@pytest.mark.parametrize("path", OUTSIDE + ELSEWHERE, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nor_is_any_looked_for_within_texts(path: Path) -> None:
    if path.parent.name == "syntax":
        return  # which is the grammar
    found = set(sought(path.read_text(encoding="utf-8")))
    assert not found, "give the function's entry a field for it"


def test_what_is_looked_for_is_seen() -> None:
    """The lines that stood here."""
    assert set(sought('KNOWN = re.compile(r"\\b(SUMXMY2|SUMX2MY2)\\(")')) == {"SUMXMY2", "SUMX2MY2"}
    assert set(sought('shown = text.startswith("=INDEX(")')) == {"INDEX"}
    assert set(sought('A = frozenset({"rand", "now", "randarray"})')) == {
        "rand",
        "now",
        "randarray",
    }
    assert not set(sought('A = {"left", "top", "bottom", "width"}'))


def test_the_walk_sees_what_it_should() -> None:
    found = {text for _, text in strings(FORMULA / "functions" / "references.py")}
    assert {"OFFSET", "ROWS"} <= found
    assert len(OUTSIDE) > 35
    assert len(ELSEWHERE) > 100


def test_a_new_function_takes_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """It computes, has its derivative, its structure and its precedents, by its entry alone."""
    twice = elementwise("TWICE", lambda a: 2 * a, lambda y, a: 2.0 + 0 * y * a, linear={0})
    monkeypatch.setitem(TABLE, "TWICE", twice)
    cells = {"A1": 3.0, "Z1": "=TWICE(A1)+1"}
    program = compile_book(book_of(cells), ["S!Z1"], ["S!A1"])
    value, slope = program.value_and_gradient(np.array([4.0]))
    assert (value, *slope) == (9.0, 2.0)
    assert program.linear == (True,)
    assert not program.fallbacks
    assert find_dependents(book_of(cells), [("S", (0, 0))]).cells == [("S", (0, 25))]


def test_what_stands_in_an_entry_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry like another's, under another name, is treated like it."""
    for name in ("IF", "SUMXMY2", "SUM", "INDEX", "OFFSET", "INDIRECT", "ROWS", "SUMIF", "DATE"):
        monkeypatch.setitem(TABLE, f"MY.{name}", replace(TABLE[name], name=f"MY.{name}"))
    cells = {f"A{i}": float(i) for i in range(1, 6)} | {"B1": 9.0, "Jan!A1": 1.0, "Mar!A1": 2.0}
    for formula in (
        "SUM(IF({1,0},A1:A3,B1:B2))", "SUM(A1:INDEX(A:A,3))", "SUM(OFFSET(A1,1,0,2,1))",
        'INDIRECT("A"&2)', "ROWS(A1:A4)", 'SUMIF(A1:A3,">1",B1)', "SUM(Jan:Mar!A1)",
        "SUMXMY2(A1:A2,A3:A4)", "DATE(2020,1,31)", "IF(A1>7,1)", "SUM(A:A)",
    ):  # fmt: skip
        mine = formula
        for name in ("SUMXMY2", "SUMIF", "INDEX", "OFFSET", "INDIRECT", "ROWS", "DATE"):
            mine = mine.replace(f"{name}(", f"MY.{name}(")
        for name in ("SUM", "IF"):
            mine = mine.replace(f"{name}(", f"MY.{name}(") if mine.startswith(name) else mine
        assert mine != formula
        assert value_of(f"={mine}", cells) == value_of(f"={formula}", cells)
    program = compile_book(
        book_of({**cells, "Z1": "=MY.SUMXMY2(A1:A2,A3:A4)"}), ["S!Z1"], ["S!A1:A2"]
    )
    assert program.sum_of_squares is not None
    assert program.sum_of_squares.size == 2


def test_an_entry_that_differs_is_treated_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    mean = general("MEAN", 1, 255, lambda *args: args[0], params="R")
    monkeypatch.setitem(TABLE, "MEAN", mean)
    book = book_of({"A1": 1.0, "Z1": "=MEAN(S:S!A1)", "Jan!A1": 1.0, "Z2": "=SUM(S:Jan!A1)"})
    program = compile_book(book, ["S!Z1:Z2"], ["S!A1"])
    assert [note.function for note in program.fallbacks] == ["MEAN over several sheets"]
