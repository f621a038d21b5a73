"""Every function of the table in formulas filled over rows, of whatever arguments.

A formula that is filled down is computed for all rows at once; each row must come out as if it were
alone, whatever sizes the arrays have on the way. And nothing that stands in a cell or an argument
makes a function fail: what Excel has no value for is one of its errors.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from formula_books import book_of

from sheetsim.book import CellError
from sheetsim.formula.functions import TABLE
from sheetsim.formula.program import compile_book
from sheetsim.formula.recalc.evaluate import evaluate

ROWS = 4

VALUES: tuple[Any, ...] = (
    0.0, 1.0, 2.0, 3.0, -1.0, 0.5, 7.0, 43831.0, 1e15, -1e9, 1e300, 2.0, 1.0, 3.0, None, None,
    "", "x", "ab", "12", "TRUE", "2020-01-31", "a*", ">1", True, False,
    CellError("#N/A"), CellError("#DIV/0!"), CellError("#VALUE!"),
)  # fmt: skip

ARGUMENTS = (
    "A{r}", "B{r}", "C{r}", "A{r}:C{r}", "$A$1:$A$4", "$A$1:$C$4", "A{r}:A$4", "D{r}",
    "1", "2", "-1", "0", '"x"', '">1"', "TRUE", "", "{1,2,3}", "{1;2}", "$D$1:$D$4>A{r}",
    "INDEX($A$1:$C$4,A{r},1)", "OFFSET($A$1,B{r},0)", "#REF!", "1/0",
)  # fmt: skip

AROUND = (
    "{f}", "{f}", "SUM({f})", "ROWS({f})", "COLUMNS({f})", "IFERROR({f},-5)", "COUNT({f})",
    'TEXTJOIN(",",TRUE,{f})', "SUMPRODUCT({f}*1)", "INDEX({f},1,1)", "IF(A{r}>1,{f},B{r})",
)  # fmt: skip

NAMES = sorted(
    name
    for name, function in TABLE.items()
    if not function.random and name[0].isalpha() and name == name.upper()
)


def cases(seed: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Cells and a formula for row {r}, for each function."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    for name in NAMES:
        function = TABLE[name]
        most = min(function.most, max(function.least, 1) + draw.choice((0, 0, 1, 2, 3)))
        count = draw.randint(min(function.least, most), most)
        args = ",".join(draw.choice(ARGUMENTS) for _ in range(count))
        cells = {
            f"{column}{row}": draw.choice(VALUES) for column in "ABC" for row in range(1, ROWS + 1)
        }
        cells |= {f"D{row}": float(draw.randint(0, 3)) for row in range(1, ROWS + 1)}
        known = {place: value for place, value in cells.items() if value is not None}
        yield known, "=" + draw.choice(AROUND).replace("{f}", f"{name}({args})")


def outcome(cells: dict[str, Any], formulas: dict[str, str]) -> list[object]:
    """The values of some formulas; a formula that cannot be computed is said."""
    found = evaluate(book_of({**cells, **formulas}))
    values = found.values["S"]
    why = {place: reason for (_, place), reason in found.unsupported.items()}
    places = [(int(name[1:]) - 1, 25) for name in formulas]
    return [why.get(place, values[place]) for place in places]


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-12, abs=1e-300)
    return type(one) is type(other) and one == other


def test_filled_down_is_what_each_is_alone(sample: Callable[..., list[Any]]) -> None:
    seeds = sample(range(10**6), 1)[:40]
    wrong: list[tuple[Any, ...]] = []
    for seed in seeds:
        for cells, formula in sample(list(cases(str(seed))), 130):
            filled = {f"Z{r}": formula.replace("{r}", str(r)) for r in range(1, ROWS + 1)}
            together = outcome(cells, filled)
            alone = [outcome(cells, {place: one})[0] for place, one in filled.items()]
            if not all(map(same, together, alone)):
                wrong.append((seed, formula, cells, together, alone))
            lost = [one for one in alone if isinstance(one, str) and "such arguments" in one]
            wrong += [(seed, formula, cells, one) for one in lost]
    assert not wrong, wrong[:5]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM(FILTER(B1:B3,B1:B3>A1))", [8.0, 7.0, 5.0]),
        ("SUM(INDEX(B1:C3,A1,0))", [None, 8.0, 10.0]),
        ("SUM(TAKE(B1:B3,A1))", [None, 1.0, 3.0]),
        ("ROWS(FILTER(B1:B3,B1:B3>A1))", []),
        ("SUM(MAP(SEQUENCE(A1),LAMBDA(x,x)))", []),
    ],
)
def test_sizes_that_move_with_a_variable(formula: str, expected: list[float | None]) -> None:
    """At A1 = 0.5, 1.5 and 2.5; what is not computed here is named, and nothing is wrong."""
    cells = {"A1": 2.0, "B1": 1.0, "B2": 2.0, "B3": 5.0, "C1": 7.0, "C2": 8.0, "C3": 9.0}
    program = compile_book(book_of({**cells, "Z1": f"={formula}"}), ["S!Z1"], ["S!A1"])
    if not expected:
        assert "of a size that depends on the variables" in program.fallbacks[0].function
        return
    together = program(np.array([[0.5], [1.5], [2.5]]))
    for k, (x, value) in enumerate(zip((0.5, 1.5, 2.5), expected, strict=True)):
        if value is not None:
            assert program(np.array([x])) == together[k] == value
