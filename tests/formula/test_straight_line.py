"""Straight-line code: what it computes is what the tape computes, and a workbook writes none of it.

The tape (NumPy, cell by cell the same as Excel's cached values in other tests) is the oracle here,
for values, derivatives and for which outputs are no numbers.
"""

import io
import json
import keyword
import math
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sample
from formula_books import book_of

from sheetsim.arrays import Floats
from sheetsim.book import Book, DefinedName
from sheetsim.formula.functions import TABLE
from sheetsim.formula.program import Program, compile_book
from sheetsim.formula.straight_line import table
from sheetsim.formula.straight_line.reverse import Reverse
from sheetsim.formula.straight_line.rules import RULES
from sheetsim.formula.straight_line.scalar_plan import CALLS, Plan
from sheetsim.formula.straight_line.write import compiled, written_function
from sheetsim.formula.values import ArrayValue
from sheetsim.solving.compiled import compile_model
from sheetsim.solving.request import Request, choose_model
from sheetsim.workbook.read.book import read_book

CASES = Path(__file__).parents[1] / "solving" / "cases"


def by_the_tape(program: Program, x: Floats) -> tuple[Floats, Floats]:
    """Outputs and Jacobian as arrays give them: a batch of one."""
    values, slopes = program.values_and_jacobian(x[None])
    return values[0], slopes[0]


def points(start: Floats, rng: np.random.Generator) -> Iterator[Floats]:
    """The start, points near and far, signs turned, whole numbers with their ties, overflow."""
    n = len(start)
    yield from (start, np.zeros(n), -start, np.ones(n), np.full(n, 0.5))
    yield from (start + rng.normal(size=n) * size for size in (1e-3, 1.0, 10.0))
    yield from (rng.normal(size=n) * 10.0 ** rng.integers(-3, 4, n) for _ in range(3))
    yield from (np.round(rng.normal(size=n) * 2) for _ in range(3))
    yield from (start * 1e4, start * 1e200, np.full(n, 800.0))


def difference(program: Program, x: Floats) -> float | None:
    """How far the straight line is off, in units of a row's greatest derivative; None if it ended.

    A number where the tape has none counts as infinitely far. Not so a derivative: going forward,
    the tape has NaN for a way that IF or IFERROR does not take, where it is infinite.
    """
    quick = program.straight_line.values_and_jacobian(x)
    if quick is None:
        return None
    with np.errstate(all="ignore"):
        values, slopes = by_the_tape(program, x)
        if (np.isnan(values) != np.isnan(quick[0])).any():
            return math.inf
        good = np.isfinite(values)
        off = np.abs(values - quick[0])[good] / np.maximum(np.abs(values[good]), 1e-290)
        known = np.isfinite(slopes) & good[:, None]
        size = np.maximum(np.abs(np.where(known, slopes, 0.0)).max(1, keepdims=True), 1e-290)
        far = (np.abs(slopes - quick[1]) / size)[known]
    return max(float(np.max(one, initial=0.0)) for one in (off, far))


def worst(program: Program, seed: int = 0) -> tuple[float, int]:
    """The greatest difference at the points, and at how many there was straight-line code."""
    found = [difference(program, x) for x in points(program.start, np.random.default_rng(seed))]
    taken = [one for one in found if one is not None]
    return max(taken, default=0.0), len(taken)


# Models --------------------------------------------------------------------------------------


def _requests() -> list[tuple[Path, list[str]]]:
    out = []
    for kind in ("hs", "solver", "numeric"):
        cases = json.loads((CASES / kind / "cases.json").read_text(encoding="utf-8"))
        out += [(CASES / kind / case["file"], case["args"]) for case in cases]
    return out


REQUESTS = _requests()

ROUNDING = 1e-13
"""Each operation is off by 2e-16 at most; in sums of unlike signs that grows."""

CANCELLING = {"hs089": 1e-12}
"""Where the terms of a series cancel."""


def program_of(path: Path, args: list[str]) -> Program | None:
    """The model's outputs by its variables; None if it is none, or IronCalc's."""
    given: dict[str, Any] = {"subject_to": []}
    rest = iter(args)
    for one in rest:
        if one in ("--minimize", "--maximize"):
            given["goal"] = one[2:]
        elif one in ("--objective", "--engine", "--by"):
            value = next(rest)
            given[one[2:]] = (value,) if one == "--by" else value
        elif one == "--subject-to":
            given["subject_to"].append(next(rest))
        else:
            return None
    book = read_book(path)
    given["subject_to"] = tuple(given["subject_to"])
    return compile_model(book, choose_model(book, Request(**given))).program


def test_models(sample: Sample) -> None:
    """The collections' models, of which nearly all are computed in a straight line."""
    written = 0
    chosen = sample(REQUESTS, 12)
    for path, args in chosen:
        program = program_of(path, args)
        if program is None:
            continue
        if program.straight_line.plan is None:
            continue
        off, taken = worst(program)
        assert off <= CANCELLING.get(path.stem, ROUNDING), path.stem
        written += taken > 0
    assert written >= len(chosen) // 2


# Formulas of all kinds ---------------------------------------------------------------------

BINARY = ["+", "-", "*", "/", "^", "=", "<>", "<", ">", "<=", ">="]
UNARY = ["ABS", "EXP", "LN", "LOG10", "SQRT", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "SINH",
         "COSH", "TANH", "ASINH", "ACOSH", "ATANH", "RADIANS", "DEGREES", "SIGN", "INT",
         "GAMMALN", "ERF.PRECISE", "-", "+"]  # fmt: skip
SEVERAL = ["SUM", "SUMSQ", "AVERAGE", "PRODUCT", "MAX", "MIN", "STDEV", "MEDIAN", "SUMPRODUCT"]
RANGES = ["A1:A4", "A1:B3", "A2:B4", "B1:B4"]


def formula(rng: np.random.Generator, depth: int) -> str:
    """A formula without its "=", of any of the functions."""
    if depth == 0:
        choices = ["A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4"]
        choices += [f"{rng.normal():.3g}", "2", "0", "1", "-1", "0.5"]
        return str(rng.choice(choices))
    a, b, c = (formula(rng, depth - 1) for _ in range(3))
    kind = int(rng.integers(8))
    if kind < 3:
        return f"({a}){rng.choice(BINARY)}({b})"
    if kind == 3:
        return f"{rng.choice(UNARY)}({a})"
    if kind == 4:
        return f"{rng.choice(SEVERAL)}({rng.choice(RANGES)})"
    if kind == 5:
        return f"{rng.choice(['MAX', 'MIN', 'SUM', 'AVERAGE'])}({a},{b},{rng.choice(RANGES)})"
    if kind == 6:
        return f"IF({a}>{b},{b},{c})" if rng.random() < 0.7 else f"IFERROR({a},{b})"
    pairs = ["SUMPRODUCT(A1:A4,B1:B4)", "SUMXMY2(A1:A4,B1:B4)", "SUMX2PY2(A1:A2,B3:B4)",
             f"SUM(MMULT(A1:B2,A3:B4))*({a})", f"ATAN2({a},{b})", f"MOD({a},{b})",
             f"ROUND({a},1)", f"IF(AND({a}>0,NOT({b}<1)),{c},{a})", f"LOG({a},{b})",
             f"SUM(TRANSPOSE(A1:A4)*({a}))", "SUMX2MY2(A1:A4,B1:B4)",
             f"IF(OR({a},{b}),1,{c})"]  # fmt: skip
    return str(rng.choice(pairs))


BESIDE: list[Any] = [None, "text", "7", True, 3.5]
"""What stands between the numbers of a range; a blank, which the workbook does not have, first."""


def random_program(seed: int) -> Program:
    """Four formulas on four variables, each on the one before it, beside a constant of any kind."""
    rng = np.random.default_rng(seed)
    cells: dict[str, Any] = dict(zip(["A1", "A2", "A3", "A4"], rng.normal(size=4), strict=True))
    beside = BESIDE[int(rng.integers(len(BESIDE)))]
    cells |= {"B1": 1.25, "B2": -0.75, "B4": 2.0} | ({} if beside is None else {"B3": beside})
    for i in range(1, 5):
        own = formula(rng, int(rng.integers(1, 4)))
        cells[f"D{i}"] = f"={own}" if i == 1 or rng.random() < 0.5 else f"=D{i - 1}*0.5+{own}"
    return compile_book(book_of(cells), ["S!D1:D4"], ["S!A1:A4"])


def test_formulas(sample: Sample) -> None:
    """Formulas drawn from all operations, with blanks, texts and booleans, errors and ties.

    Powers and MOD make much of the last digit.
    """
    written = 0
    for seed in sample(range(400), 60):
        program = random_program(seed)
        if not any(program.moving):
            continue
        off, taken = worst(program, seed)
        assert off <= 1e-6, f"seed {seed}: {off}"
        written += taken > 0
    assert written >= 15


@pytest.mark.parametrize(
    ("formula", "x"),
    [
        ("=LN(A1)", [0.0]), ("=LN(A1)", [-1.0]), ("=1/A1", [0.0]), ("=SQRT(A1)", [-4.0]),
        ("=A1^A2", [0.0, 0.0]), ("=A1^0.5", [-1.0]), ("=A1^A2", [-8.0, 1 / 3]), ("=A1^-2", [0.0]),
        ("=EXP(A1)", [800.0]), ("=A1*A2", [1e200, 1e200]), ("=1/(A1*A2)", [1e200, 1e200]),
        ("=EXP(-A1*A2)", [1e200, 1e200]), ("=ATAN(A1*A2)", [1e200, 1e200]),
        ("=IF(A1*A2>0,1,2)", [1e200, 1e200]), ("=MAX(1,0-A1*A2)", [1e200, 1e200]),
        ("=TANH(A1^3)", [1e200]), ("=MOD(A1,A2)", [3.0, 0.0]), ("=LOG(A1,A2)", [3.0, 1.0]),
        ("=SIGN(A1*A2)", [1e200, 1e200]), ("=ATAN2(A1,A2)", [0.0, 0.0]),
        ("=STDEV(A1:A2)", [1e200, 3]),
        ("=ACOSH(A1)", [0.5]), ("=GAMMALN(A1)", [-1.0]), ("=(A1*A2>1)+1", [1e200, 1e200]),
        ("=IFERROR(A1*A2,5)", [1e200, 1e200]), ("=IFERROR(1/A1,5)", [0.0]),
    ],
)  # fmt: skip
def test_errors(formula: str, x: list[float]) -> None:
    """What is no finite number ends the straight line, be it lost on the way or not."""
    cells = {f"A{i}": 1.5 + i for i in range(1, 3)}
    program = compile_book(book_of({**cells, "B1": formula}), ["S!B1"], ["S!A1:A2"])
    assert program.straight_line.values(program.start) is not None
    point = np.array([*x, 1.0][:2])
    assert program.straight_line.values(point) is None
    assert program.straight_line.values_and_jacobian(point) is None
    np.testing.assert_array_equal(program.values(point), by_the_tape(program, point)[0])


def test_way_not_taken() -> None:
    """An error in what IF does not take ends nothing where the value alone is asked for."""
    cells = {"A1": 4.0, "B1": "=IF(A1>0,LN(A1),A1^2)"}
    program = compile_book(book_of(cells), ["S!B1"], ["S!A1"])
    assert program.straight_line.values(np.array([-3.0])) == 9.0
    assert program.value_and_gradient(np.array([-3.0]))[1] == -6.0


@pytest.mark.parametrize(
    "formula",
    ['=IF(A1>0,"much",A1)', "=IF(A1>0,TRUE,A1)", '=A1&""', "=IF(A1>2,A1)", "=N(A1)"],
)
def test_what_has_no_steps(formula: str) -> None:
    """What may be a text or a boolean at one x and a number at another is left to arrays."""
    program = compile_book(book_of({"A1": 1.0, "B1": formula}), ["S!B1"], ["S!A1"])
    assert program.straight_line.plan is None


def test_many_terms_and_many_checks() -> None:
    """Python's compiler goes to no depth, however many terms and divisors there are."""
    count = 4000
    plan = Plan(count, 10 * count)
    terms = [plan.add("divide", k, (k + 1) % count) for k in range(count)]
    out = plan.add("sum", *terms)
    slopes = Reverse(plan).gradient(out)
    x = np.linspace(1.0, 2.0, count)
    found = compiled(plan, [out, *(slopes[k] for k in range(count))], [])(x.tolist())
    assert found is not None
    after, before = np.roll(x, -1), np.roll(x, 1)
    assert found[0] == pytest.approx(float((x / after).sum()), rel=1e-13)
    np.testing.assert_allclose(found[1:], 1 / after - before / x**2, rtol=0, atol=1e-14)


def test_large_groups_stay_arrays() -> None:
    """Three hundred cells of one formula are three NumPy calls, and short ranges are steps."""
    cells: dict[str, Any] = {f"A{i}": 0.01 * i for i in range(1, 301)}
    cells |= {f"B{i}": f"=(A{i}-1)^2" for i in range(1, 301)} | {"C1": "=SUM(B1:B300)"}
    many = compile_book(book_of(cells), ["S!C1"], ["S!A1:A300"])
    assert many.straight_line.plan is None
    few = compile_book(book_of(cells | {"C1": "=SUMSQ(A1:A9)"}), ["S!C1"], ["S!A1:A9"])
    assert few.straight_line.plan is not None


def test_sparse() -> None:
    """The entries are those of the Jacobian, by the tape and by the straight line."""
    cells: dict[str, Any] = {f"A{i}": 0.3 * i for i in range(1, 7)}
    cells |= {f"B{i}": f"=A{i}^2-{i}*A{7 - i}" for i in range(1, 6)} | {"B6": "=2*A1", "B7": 5.0}
    program = compile_book(book_of(cells), ["S!B1:B7"], ["S!A1:A6"])
    found = [program.values_and_sparse_jacobian(program.start) for _ in range(3)]
    assert program.straight_line.plan is not None
    for one in found:
        assert one is not None
        values, sparse = one
        full = np.zeros((7, 6))
        full[sparse.rows, sparse.columns] = sparse.values
        np.testing.assert_allclose(full, by_the_tape(program, program.start)[1], rtol=1e-15)
        np.testing.assert_allclose(values, program.values(program.start), rtol=1e-15)
        assert full[0].tolist() == [0.6, 0.0, 0.0, 0.0, 0.0, -1.0]


# The plan and the text ---------------------------------------------------------------------

SAMPLES = {"ACOSH": 1.7, "ATANH": 0.37, "ASIN": 0.37, "ACOS": 0.37}
SINGLE = sorted(name for name, one in TABLE.items() if isinstance(one.steps, str))


@pytest.mark.parametrize("name", SINGLE)
def test_operations(name: str) -> None:
    """Each operation, alone: its value and slopes beside the table of functions."""
    function = TABLE[name]
    count = max(1, function.least)
    x = [SAMPLES.get(name, 1.2), 2.3][:count]
    plan = Plan(count, 1000)
    out = plan.add(str(function.steps), *range(count))
    slopes = Reverse(plan).gradient(out)
    wanted = [out, *(slopes.get(k, plan.number(0.0)) for k in range(count))]
    found = compiled(plan, wanted, [])(x)
    assert found is not None
    args = [ArrayValue(np.full((1, 1, 1, 1), one)) for one in x]
    value = function.value(args, True)
    expected = function.slopes(args, value, [True] * count)
    np.testing.assert_allclose(found[0], value.num.item(), rtol=2e-15)
    for mine, its in zip(found[1:], expected, strict=True):
        np.testing.assert_allclose(mine, np.asarray(its).item(), rtol=4e-15)


def test_every_operation_has_a_rule_and_a_text() -> None:
    assert len(SINGLE) > 25
    for name in SINGLE:
        assert TABLE[name].steps in RULES
    for op in RULES:
        assert op in table.WRITTEN or op in table.NAMES or op in CALLS


def test_planted_bugs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong text or a wrong rule is found by the comparison above."""
    model = CASES / "hs" / "hs117.xlsx"
    args = next(args for path, args in REQUESTS if path == model)

    def off() -> float:
        program = program_of(model, args)
        assert program is not None
        return worst(program)[0]

    assert off() < ROUNDING
    with monkeypatch.context() as patch:
        patch.setattr(table, "WRITTEN", {**table.WRITTEN, "subtract": "{1} - {0}"})
        assert off() > 1e-3
    with monkeypatch.context() as patch:
        patch.setitem(RULES, "multiply", RULES["add"])
        assert off() > 1e-3


def test_plan_is_data() -> None:
    """The plan goes through JSON, and whoever reads it computes the same without our code."""
    cells = {"A1": 0.7, "A2": 1.3, "B1": "=A1^2*EXP(A2)-3*GAMMALN(A2)", "B2": "=SUM(A1:A2,B1)/A2"}
    program = compile_book(book_of(cells), ["S!B1:B2"], ["S!A1:A2"])
    plan = program.straight_line.plan
    assert plan is not None
    data = json.loads(json.dumps(plan.as_data(program.straight_line.steps), allow_nan=False))
    does: dict[str, Callable[..., float]] = {
        "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b, "exp": math.exp, "GAMMALN": math.lgamma,
        "sum": lambda *several: math.fsum(several),
    }  # fmt: skip
    done: list[Any] = []
    for op, args, note in data["steps"][: max(data["outputs"]) + 1]:
        if op in {"cell", "number"}:
            done.append([0.7, 1.3][note] if op == "cell" else note)
        else:
            done.append(does[note if op == "call" else op](*(done[one] for one in args)))
    expected = program.values(program.start[None])[0]
    assert [done[one] for one in data["outputs"]] == pytest.approx(expected, rel=1e-14)


EVIL = "__import__('os').system('touch /tmp/emit_was_here')"
ALLOWED = re.compile(r"[xtfd]\d+|x|y|straight")


def names_in(text: str) -> set[str]:
    """The names in a Python text; there may be numbers and signs besides, and nothing else."""
    names = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        assert token.type not in {tokenize.STRING, tokenize.COMMENT, tokenize.ERRORTOKEN}
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            names.add(token.string)
        if token.type == tokenize.NUMBER:
            float(token.string)
    return names


def test_hostile_workbook() -> None:
    """Texts, names and sheets that would be code do not come into the text."""
    cells = {
        "A1": 2.0, "A2": 3.0, "A3": EVIL, "A4": "x0\n import os", "A5": '");print("', "A6": "x0",
        "B1": "=A1*evil+SUM(A1:A6)+hostile", "B2": f'=IF("{EVIL}"="x",1,A1)+LN(A2)',
        "B3": f'=A1*LEN("{EVIL}")-N("t1=0")', "B4": "=lambda_*straight+x0_",
        "B5": "=1E308*A1+A2*5E-324-0.1", "B6": "=IFERROR(A3*A1,A2)",
    }  # fmt: skip
    sheet = "__import__('os')"
    cells |= {f"{name}": value for name, value in {"B7": "=A1+B1", "B8": "=A2+1"}.items()}
    names = tuple(
        DefinedName(name, None, hidden=False, text=text)
        for name, text in {
            "evil": "S!$A$2", "hostile": "0.5", "lambda_": "S!$A$1", "straight": "S!$A$2",
            "x0_": "3", "isfinite": "S!$A$1",
        }.items()
    )  # fmt: skip
    book: Book = book_of({**cells, "B9": "=isfinite*2", f"{sheet}!A1": 1.0}, names=names)
    program = compile_book(book, ["S!B1,S!B3:B5,S!B7:B9"], ["S!A1:A2"])
    line = program.straight_line
    assert line.plan is not None
    text = written_function(line.plan, list(range(len(line.plan.steps))))
    unknown = {name for name in names_in(text) if not ALLOWED.fullmatch(name)} - set(table.NAMES)
    assert not unknown
    assert worst(program)[0] <= ROUNDING


def test_constants_are_floats() -> None:
    """Whatever else a constant might be is refused before it is written."""
    assert table.number(0.1) == "0.1"
    assert float(table.number(-5e-324).strip("()")) == -5e-324
    for wrong in (EVIL, 1, True, math.nan, math.inf, np.float64(2.0)):
        with pytest.raises(TypeError, match="finite float"):
            table.number(wrong)  # type: ignore[arg-type]
