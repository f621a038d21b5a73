"""Problems of Hock & Schittkowski, *Test Examples for Nonlinear Programming Codes* (1981).

Starts, bounds and optima are the book's, closed forms where it gives them. x1, x2, ... in a
formula are the variables' cells, X all of them. The formulas are Excel's: -x1^2 means (-x1)^2
there, so that a square is only ever subtracted from something.
"""

import re
from dataclasses import dataclass
from math import pi, sqrt
from pathlib import Path

from model_page import Page, absolute

from sheetsim.workbook.solver_model.model import Goal, SolverSettings

__all__ = ["HOCK", "HockProblem", "hock_book"]

Bounds = dict[int, float]


@dataclass(frozen=True)
class HockProblem:
    """A problem.

    Attributes:
        objective: to be minimized, as a formula without its "=".
        start: of the variables.
        best: the optimum.
        rules: constraints, each a formula, one of <=, =, >=, and a number.
        low: lower bounds by variable, from 1; a single number is everyone's.
        high: upper bounds likewise.
        multistart: whether the file asks for it.
    """

    objective: str
    start: tuple[float, ...]
    best: float
    rules: tuple[tuple[str, str, float], ...] = ()
    low: Bounds | float | None = None
    high: Bounds | float | None = None
    multistart: bool = False


_ROSENBROCK = "100*(x2-x1^2)^2+(1-x1)^2"
_FIVE = (
    ("SUMSQ(X)", "=", 10.0),
    ("x2*x3-5*x4*x5", "=", 0.0),
    ("x1^3+x2^3", "=", -1.0),
)

HOCK = {
    1: HockProblem(_ROSENBROCK, (-2, 1), 0, low={2: -1.5}),
    # Its second minimum, 4.94, is nearer to the start; see the test.
    2: HockProblem(_ROSENBROCK, (-2, 1), 0.0504261879, low={2: 1.5}, multistart=True),
    4: HockProblem("(x1+1)^3/3+x2", (1.125, 0.125), 8 / 3, low={1: 1, 2: 0}),
    5: HockProblem(
        "SIN(x1+x2)+(x1-x2)^2-1.5*x1+2.5*x2+1",
        (0, 0),
        -sqrt(3) / 2 - pi / 3,
        low={1: -1.5, 2: -3},
        high={1: 4, 2: 3},
    ),
    6: HockProblem("(1-x1)^2", (-1.2, 1), 0, (("10*(x2-x1^2)", "=", 0),)),
    7: HockProblem("LN(1+x1^2)-x2", (2, 2), -sqrt(3), (("(1+x1^2)^2+x2^2", "=", 4),)),
    10: HockProblem("x1-x2", (-10, 10), -1, (("2*x1*x2-3*x1^2-x2^2+1", ">=", 0),)),
    11: HockProblem("(x1-5)^2+x2^2-25", (4.9, 0.1), -8.498464223, (("x2-x1^2", ">=", 0),)),
    12: HockProblem("0.5*x1^2+x2^2-x1*x2-7*x1-7*x2", (0, 0), -30, (("25-4*x1^2-x2^2", ">=", 0),)),
    14: HockProblem(
        "(x1-2)^2+(x2-1)^2",
        (2, 2),
        9 - 2.875 * sqrt(7),
        (("x1^2/4+x2^2", "<=", 1), ("x1-2*x2", "=", -1)),
    ),
    26: HockProblem("(x1-x2)^2+(x2-x3)^4", (-2.6, 2, 2), 0, (("(1+x2^2)*x1+x3^4", "=", 3),)),
    29: HockProblem(
        "-PRODUCT(X)", (1, 1, 1), -16 * sqrt(2), (("SUMPRODUCT({1;2;4},X^2)", "<=", 48),)
    ),
    30: HockProblem(
        "SUMSQ(X)", (1, 1, 1), 1, (("x1^2+x2^2", ">=", 1),), {1: 1, 2: -10, 3: -10}, 10
    ),
    35: HockProblem(
        "9-8*x1-6*x2-4*x3+2*x1^2+2*x2^2+x3^2+2*x1*x2+2*x1*x3",
        (0.5, 0.5, 0.5),
        1 / 9,
        (("x1+x2+2*x3", "<=", 3),),
        0,
    ),
    37: HockProblem(
        "-PRODUCT(X)",
        (10, 10, 10),
        -3456,
        (("x1+2*x2+2*x3", "<=", 72), ("x1+2*x2+2*x3", ">=", 0)),
        0,
        42,
    ),
    39: HockProblem("-x1", (2,) * 4, -1, (("x2-x1^3-x3^2", "=", 0), ("x1^2-x2-x4^2", "=", 0))),
    40: HockProblem(
        "-PRODUCT(X)",
        (0.8,) * 4,
        -0.25,
        (("x1^3+x2^2", "=", 1), ("x1^2*x4-x3", "=", 0), ("x4^2-x2", "=", 0)),
    ),
    43: HockProblem(
        "SUMPRODUCT({1;1;2;1},X^2)-5*x1-5*x2-21*x3+7*x4",
        (0,) * 4,
        -44,
        (
            ("SUMSQ(X)+x1-x2+x3-x4", "<=", 8),
            ("x1^2+2*x2^2+x3^2+2*x4^2-x1-x4", "<=", 10),
            ("2*x1^2+x2^2+x3^2+2*x1-x2-x4", "<=", 5),
        ),
    ),
    48: HockProblem(
        "(x1-1)^2+(x2-x3)^2+(x4-x5)^2",
        (3, 5, -3, 2, -2),
        0,
        (("SUM(X)", "=", 5), ("x3-2*(x4+x5)", "=", -3)),
    ),
    60: HockProblem(
        "(x1-1)^2+(x1-x2)^2+(x2-x3)^4",
        (2,) * 3,
        0.03256820025,
        (("x1*(1+x2^2)+x3^4", "=", 4 + 3 * sqrt(2)),),
        -10,
        10,
    ),
    66: HockProblem(
        "0.2*x3-0.8*x1",
        (0, 1.05, 2.9),
        0.5181632741,
        (("x2-EXP(x1)", ">=", 0), ("x3-EXP(x2)", ">=", 0)),
        0,
        {1: 100, 2: 100, 3: 10},
    ),
    71: HockProblem(
        "x1*x4*SUM(x1,x2,x3)+x3",
        (1, 5, 5, 1),
        17.0140173,
        (("PRODUCT(X)", ">=", 25), ("SUMSQ(X)", "=", 40)),
        1,
        5,
    ),
    76: HockProblem(
        "x1^2+0.5*x2^2+x3^2+0.5*x4^2-x1*x3+x3*x4-x1-3*x2+x3-x4",
        (0.5,) * 4,
        -4.681818181,
        (
            ("x1+2*x2+x3+x4", "<=", 5),
            ("3*x1+x2+2*x3-x4", "<=", 4),
            ("x2+4*x3", ">=", 1.5),
        ),
        0,
    ),
    78: HockProblem("PRODUCT(X)", (-2, 1.5, 2, -1, -1), -2.91970041, _FIVE),
    80: HockProblem(
        "EXP(PRODUCT(X))",
        (-2, 2, 2, -1, -1),
        0.0539498478,
        _FIVE,
        {1: -2.3, 2: -2.3, 3: -3.2, 4: -3.2, 5: -3.2},
        {1: 2.3, 2: 2.3, 3: 3.2, 4: 3.2, 5: 3.2},
    ),
    100: HockProblem(
        "(x1-10)^2+5*(x2-12)^2+x3^4+3*(x4-11)^2+10*x5^6+7*x6^2+x7^4-4*x6*x7-10*x6-8*x7",
        (1, 2, 0, 4, 0, 1, 1),
        680.6300573,
        (
            ("2*x1^2+3*x2^4+x3+4*x4^2+5*x5", "<=", 127),
            ("7*x1+3*x2+10*x3^2+x4-x5", "<=", 282),
            ("23*x1+x2^2+6*x6^2-8*x7", "<=", 196),
            ("4*x1^2+x2^2-3*x1*x2+2*x3^2+5*x6-11*x7", "<=", 0),
        ),
    ),
    113: HockProblem(
        "x1^2+x2^2+x1*x2-14*x1-16*x2+(x3-10)^2+4*(x4-5)^2+(x5-3)^2+2*(x6-1)^2+5*x7^2"
        "+7*(x8-11)^2+2*(x9-10)^2+(x10-7)^2+45",
        (2, 3, 5, 5, 1, 2, 7, 3, 6, 10),
        24.3062091,
        (
            ("4*x1+5*x2-3*x7+9*x8", "<=", 105),
            ("10*x1-8*x2-17*x7+2*x8", "<=", 0),
            ("2*x2-8*x1+5*x9-2*x10", "<=", 12),
            ("3*(x1-2)^2+4*(x2-3)^2+2*x3^2-7*x4", "<=", 120),
            ("5*x1^2+8*x2+(x3-6)^2-2*x4", "<=", 40),
            ("0.5*(x1-8)^2+2*(x2-4)^2+3*x5^2-x6", "<=", 30),
            ("x1^2+2*(x2-2)^2-2*x1*x2+14*x5-6*x6", "<=", 0),
            ("6*x2-3*x1+12*(x9-8)^2-7*x10", "<=", 0),
        ),
    ),
}
"""By the number in the book."""

TOP = 6


def hock_book(path: Path, number: int, *, goal: Goal = Goal.MINIMIZE) -> Path:
    """Write a problem as a workbook: variables from B6 down, their bounds beside them.

    Args:
        path: of the .xlsx.
        number: of the problem.
        goal: maximize turns the objective's sign.
    """
    one = HOCK[number]
    n = len(one.start)
    end = TOP + n - 1
    lead = ("Hock & Schittkowski, Test Examples for Nonlinear Programming Codes (1981)",)
    page = Page(path, "model", f"Problem {number}", lead)
    page.block(f"A{TOP - 1}", [["variable", "value", "at least", "at most"]], "heading")
    page.down(f"A{TOP}", [f"x{i}" for i in range(1, n + 1)], "names")
    page.down(f"B{TOP}", one.start, "variable:0.000000")
    bounds = [*_bounds(page, "C", ">=", one.low, n), *_bounds(page, "D", "<=", one.high, n)]
    target = f"B{end + 2}"
    page.put(f"A{end + 2}", "objective", "names")
    sign = "" if goal is Goal.MINIMIZE else "-"
    page.put(target, f"={sign}({_placed(one.objective, n)})", "key:0.00000000")
    rules = _rules(page, one, end + 4)
    page.widths({"A": 14, "B:D": 14})
    settings = SolverSettings(multistart=one.multistart, bounds_required=False, seed=1)
    return page.save(target, f"B{TOP}:B{end}", [*bounds, *rules], goal=goal, settings=settings)


def _placed(formula: str, n: int) -> str:
    """The formula with cells for its variables."""
    placed = re.sub(r"\bx(\d+)\b", lambda match: absolute(f"B{TOP - 1 + int(match[1])}"), formula)
    return re.sub(r"\bX\b", f"$B${TOP}:$B${TOP + n - 1}", placed)


def _bounds(page: Page, column: str, sign: str, bounds: Bounds | float | None, n: int) -> list[str]:
    """Bounds of some variables, against their cells; of all, as one constraint."""
    if bounds is None:
        return []
    given = bounds if isinstance(bounds, dict) else dict.fromkeys(range(1, n + 1), bounds)
    for i, bound in given.items():
        page.put(f"{column}{TOP - 1 + i}", bound, "input:General")
    if not isinstance(bounds, dict):  # one number for all of them, as a number
        return [f"B{TOP}:B{TOP + n - 1}{sign}{bounds}"]
    if len(given) == n:
        end = TOP + n - 1
        return [f"B{TOP}:B{end}{sign}{column}{TOP}:{column}{end}"]
    return [f"B{TOP - 1 + i}{sign}{column}{TOP - 1 + i}" for i in given]


def _rules(page: Page, one: HockProblem, row: int) -> list[str]:
    """The table of constraints, and each as Solver has it; like ones that adjoin are one."""
    if not one.rules:
        return []
    page.block(f"A{row}", [["constraint", "value", "", "limit"]], "heading")
    texts: list[str] = []
    first = row + 1
    for i, (formula, sign, limit) in enumerate(one.rules):
        at = row + 1 + i
        page.put(f"A{at}", f"g{i + 1}", "names")
        page.put(f"B{at}", f"={_placed(formula, len(one.start))}", "calc:0.000000")
        page.put(f"C{at}", sign, "sign")
        page.put(f"D{at}", limit, "input:General")
        if i and one.rules[i - 1][1] == sign:
            texts.pop()
        else:
            first = at
        texts.append(f"B{first}:B{at}{sign}D{first}:D{at}")
    return texts
