"""What one evaluation of a workbook's formulas costs, beside code written for the same cells.

Four models of Hock and Schittkowski, each formula in one cell alone: values and Jacobian by arrays
(a NumPy call for each operation), by straight-line code as a caller gets them (arrays in, arrays
out), and by that code alone (floats in, floats out), which is what one would write by hand. HS71
is written by hand too. Then the lecture's dotprod, whose cells are arrays, and circles that are
packed into a square, of whose solving the formulas should take the lesser part: 1,225 formulas,
each unlike the others. All is processor time, the least of several turns.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xlsxwriter

from sheetsim import compile as compile_cells
from sheetsim.arrays import Floats
from sheetsim.formula.program import Program
from sheetsim.solving.prepare import prepare
from sheetsim.solving.request import Request

HERE = Path(__file__).resolve().parents[1]
CASES = HERE / "tests/solving/cases/hs"
LECTURE = HERE.parent / "shared/data/lecture/collab_filter.xlsx"
MODELS = ("hs117", "hs091", "hs105")
HS71 = {
    "objective": "=B1*B4*(B1+B2+B3)+B3",
    "product": "=B1*B2*B3*B4",
    "squares": "=SUMSQ(B1:B4)",
}
CIRCLES = 50
TURNS = 5


def main(_given: list[str]) -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        print("\nevaluation: microseconds for values and Jacobian at one x, of processor time")
        head = ("model", "arrays", "sheetsim", "the code alone", "ratio", "ms to write")
        print("  {:<14} {:>9} {:>9} {:>15} {:>6} {:>12}".format(*head))
        program = compile_cells(hs71(Path(folder)), "S!B6:B8", "S!B1:B4")
        row("HS71", program)
        x = program.start.tolist()
        print(f"  {'by hand':<14} {'':>9} {'':>9} {least(lambda: by_hand(x)):15.2f}")
        cases = json.loads((CASES / "cases.json").read_text(encoding="utf-8"))
        args = {case["file"]: case["args"] for case in cases}
        for name in MODELS:
            request = request_of(args[f"{name}.xlsx"])
            own = prepare(CASES / f"{name}.xlsx", request).compiled.program
            assert own is not None  # noqa: S101 - none of them needs IronCalc
            row(name.upper().replace("HS0", "HS"), own)
        dotprod()
        packed(circles(Path(folder), CIRCLES))
    return 0


def row(name: str, program: Program) -> None:
    """Print a line of the table."""
    x, line = program.start, program.straight_line
    began = time.process_time()
    program.values_and_jacobian(x)
    written = 1e3 * (time.process_time() - began)
    whole = least(lambda: program.values_and_jacobian(x))
    given = x.tolist()
    code = line.jacobian_code
    assert code is not None  # noqa: S101 - else there is nothing to measure
    alone = least(lambda: code.function(given))
    arrays = least(lambda: program.values_and_jacobian(x[None]))
    times = f"{arrays:9.0f} {whole:9.2f} {alone:15.2f} {whole / alone:6.1f} {written:12.0f}"
    print(f"  {name:<14} {times}")


def least(work: Callable[[], object]) -> float:
    """The microseconds of processor time that a call takes."""
    count, took = 1, 0.0
    while took < 0.02:
        count *= 2
        took = clocked(work, count)
    return 1e6 * min(clocked(work, count) for _ in range(TURNS)) / count


def clocked(work: Callable[[], object], count: int) -> float:
    """The seconds of processor time that so many calls take."""
    began = time.process_time()
    for _ in range(count):
        work()
    return time.process_time() - began


def hs71(folder: Path) -> Path:
    """Problem 71 as a workbook."""
    path = folder / "hs71.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    sheet.write_column("B1", (1.0, 5.0, 5.0, 1.0))
    sheet.write_column("B6", tuple(HS71.values()))
    book.close()
    return path


def by_hand(x: list[float]) -> tuple[float, ...]:
    """Its three values, and their derivatives by the four variables."""
    a, b, c, d = x
    s, ad, ab = a + b + c, a * d, a * b
    values = (ad * s + c, ab * c * d, a * a + b * b + c * c + d * d)
    first = (d * s + ad, ad, ad + 1.0, a * s)
    return (*values, *first, b * c * d, ad * c, ab * d, ab * c, 2 * a, 2 * b, 2 * c, 2 * d)


def request_of(args: list[str]) -> Request:
    """What the arguments of `sheetsim solve` ask for."""
    pairs = [(args[i], args[i + 1] if i + 1 < len(args) else "") for i in range(len(args))]
    given = {name: value for name, value in pairs if name in {"--objective", "--by"}}
    goal = "maximize" if "--maximize" in args else "minimize"
    rules = tuple(value for name, value in pairs if name == "--subject-to")
    return Request(objective=given["--objective"], goal=goal, by=(given["--by"],), subject_to=rules)


def dotprod() -> None:
    """The lecture's predictions and their RMSE."""
    if not LECTURE.exists():
        print(f"bench: {LECTURE} is absent: dotprod is not measured", file=sys.stderr)
        return
    program = compile_cells(LECTURE, "dotprod!V41", "dotprod!H19:V23,dotprod!B25:F39")
    x: Floats = np.random.default_rng(0).uniform(size=program.start.size)
    value, both = least(lambda: program(x)), least(lambda: program.value_and_gradient(x))
    print(f"  dotprod, 150 variables: value {1e-3 * value:.3f} ms, and gradient {1e-3 * both:.3f}")


def circles(folder: Path, count: int) -> tuple[Path, Request]:
    """As large circles as fit into a square, not overlapping; the radius is a variable too."""
    path = folder / "circles.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("m")
    side = int(np.ceil(np.sqrt(count)))
    places = np.array([(i % side + 0.5, i // side + 0.5) for i in range(count)]) / side
    places += np.random.default_rng(6).uniform(-0.02, 0.02, places.shape)
    sheet.write("A1", 0.3 / side)
    for i, (a, b) in enumerate(places.tolist(), 2):
        sheet.write_row(f"A{i}", (a, b, f"=A{i}-$A$1", f"=A{i}+$A$1", f"=B{i}-$A$1", f"=B{i}+$A$1"))
    pairs = [(i, j) for i in range(2, count + 2) for j in range(2, i)]
    for k, (i, j) in enumerate(pairs, 1):
        sheet.write(f"H{k}", f"=(A{i}-A{j})^2+(B{i}-B{j})^2-4*$A$1^2")
    sheet.write("J1", "=A1")
    book.close()
    end = count + 1
    rules = [
        f"{c}2:{c}{end}{sign}" for c, sign in zip("CEDF", (">=0", ">=0", "<=1", "<=1"), strict=True)
    ]
    rules += [f"H1:H{len(pairs)}>=0", "A1>=0"]
    by = f"A1,A2:B{end}"
    return path, Request(objective="J1", goal="maximize", by=(by,), subject_to=tuple(rules))


def packed(given: tuple[Path, Request]) -> None:
    """Solve it, and say which part of the time the formulas took."""
    ready = prepare(*given)
    program = ready.compiled.program
    assert program is not None  # noqa: S101 - it needs no IronCalc
    took = [0.0]
    for name in ("values", "value_and_gradient", "values_and_jacobian"):
        setattr(program, name, timed(getattr(program, name), took))
    began = time.process_time()
    solution = ready.solve()
    seconds = time.process_time() - began
    print(
        f"  {CIRCLES} circles: {seconds:.1f} s, of which {100 * took[0] / seconds:.0f} % the "
        f"formulas; radius {solution.objective:.6f} after {solution.evaluations} evaluations"
    )


def timed(work: Callable[..., object], took: list[float]) -> Callable[..., object]:
    """The same function, its processor time added up."""

    def clocked_work(*args: object) -> object:
        began = time.process_time()
        try:
            return work(*args)
        finally:
            took[0] += time.process_time() - began

    return clocked_work
