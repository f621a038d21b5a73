"""A model and its solution in plain words, a line each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.functions import is_flat
from sheetsim.formula.recalc.dependents import find_dependents
from sheetsim.references import address_text
from sheetsim.solving.conflicts import conflict_lines
from sheetsim.solving.settings_used import settings_lines
from sheetsim.workbook.solver_model.describe import describe
from sheetsim.workbook.solver_model.model import SolverEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sheetsim.formula.program import Note
    from sheetsim.mixed_integer import MixedInteger
    from sheetsim.solver.result import Result
    from sheetsim.solving.compiled import Compiled
    from sheetsim.solving.prepare import Prepared

SHOWN = 3  # cells that a line names
LOOKED_AT = 30  # inputs that were set, of which it is found out whether anything reads them


def describe_before(prepared: Prepared) -> tuple[str, ...]:
    """Say what the model is, what is known of its functions, and what an evaluation costs."""
    compiled, request = prepared.compiled, prepared.request
    *lines, _ = [line.strip() for line in describe(prepared.stored).splitlines()]
    lines += [_method(prepared), *settings_lines(prepared), _functions(compiled)]
    lines += _kinks(compiled, prepared.stored.engine)
    lines += [_fallback(note) for note in compiled.missing]
    lines.append(_cost(compiled))
    if prepared.inputs:
        lines.append(f"{_counted(len(prepared.inputs), 'input')} set: {', '.join(request.set)}")
        lines += _unread(prepared)
    start = {"current": "the file's values", "zero": "zero", "random": "random values"}
    many = prepared.starts > 1 and prepared.stored.engine is SolverEngine.GRG
    from_many = f" and {prepared.starts - 1:,} random ones" if many else ""
    lines.append(f"start: {start[request.start]}{from_many}, seed {prepared.options.seed}")
    return tuple(lines)


def describe_after(prepared: Prepared, solution: Result) -> tuple[str, ...]:
    """Say how the solve ended, where, and at what cost."""
    lines = [solution.message, solution.status]
    if prepared.stored.objective is not None:
        lines.append(
            f"objective {prepared.stored.objective}: {solution.start_objective:.10g} at the start, "
            f"{solution.objective:.10g} in the end"
        )
    lines += conflict_lines(prepared, solution)
    if prepared.stored.constraints:
        if solution.violation > prepared.options.precision:
            lines.append(f"the worst constraint is missed by {solution.violation:.3g}")
        else:
            lines.append("all constraints are met")
    lines.append(
        f"{_counted(solution.iterations, 'iteration')}, "
        f"{_counted(solution.evaluations, 'evaluation')}, "
        f"{solution.seconds:.3g} s"
    )
    if solution.by:
        lines.append(f"solved by {solution.by}")
    if solution.reformulated is not None:
        lines.append(_reformulated(solution.reformulated))
    if solution.gap:
        lines.append(f"the best bound is {solution.gap:.2%} away")
    return tuple(lines)


def _reformulated(program: MixedInteger) -> str:
    """How many columns stand for which formulas, where HiGHS was given the model."""
    binaries = f"{program.binaries:,} {'binary' if program.binaries == 1 else 'binaries'}"
    rows = _counted(program.near.size, "row")
    cells = f" for the formulas of {_cells(program.cells)}" if program.cells else ""
    return f"HiGHS was given the model as a linear one, with {binaries}{cells}, in {rows}"


def _unread(prepared: Prepared) -> list[str]:
    """Warn of inputs that were set, and that neither a formula nor the model reads."""
    compiled = prepared.compiled
    known = {*compiled.fixed, *compiled.outputs, *compiled.cells}
    unread = [
        address_text(address)
        for address in list(prepared.inputs)[:LOOKED_AT]
        if address not in known and not find_dependents(prepared.book, [address]).places
    ]
    if not unread:
        return []
    others = f" and {len(unread) - SHOWN:,} more" if len(unread) > SHOWN else ""
    named = f"{', '.join(unread[:SHOWN])}{others}"
    return [f"no formula and no constraint reads {named}: what is set there changes nothing"]


def _method(prepared: Prepared) -> str:
    """The engine and the options that hold, which are not all those that are stored."""
    options, engine = prepared.options, prepared.stored.engine
    parts = [engine.title, f"precision {options.precision:g}"]
    if engine is SolverEngine.GRG:
        parts.append(f"convergence {options.convergence:g}")
        exact = options.derivatives == "analytic" and prepared.compiled.program is not None
        scheme = "central" if options.derivatives == "analytic" else options.derivatives
        parts.append("exact derivatives" if exact else f"{scheme} differences")
    if engine is SolverEngine.EVOLUTIONARY:
        starts = prepared.starts
        several = f"{starts:,} populations" if starts > 1 else "population"
        parts.append(f"{several} of {options.population:,}")
    if options.ignore_integers:
        parts.append("whole numbers ignored")
    elif prepared.compiled.integer.any() or prepared.compiled.binary.any():
        parts.append(f"integer tolerance {options.integer_tolerance:g}")
    if options.max_time is not None:
        parts.append(f"at most {options.max_time:g} s")
    if options.max_iterations is not None:
        parts.append(f"at most {options.max_iterations:,} iterations")
    return ", ".join(parts)


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _functions(compiled: Compiled) -> str:
    """Linear, a sum of squares, or neither; with how full the Jacobian is."""
    blocks = len(compiled.blocks)
    rows = sum(block.left.size for block in compiled.blocks)
    counted = f"{_counted(compiled.n, 'variable')}, {_counted(rows, 'constraint')} besides bounds"
    if compiled.program is None:
        return f"{counted}; nothing is known of the functions"
    squares = compiled.program.sum_of_squares if compiled.stored.objective is not None else None
    if all(compiled.linear):
        kind = "objective and constraints are linear" if blocks else "the objective is linear"
    elif squares is not None:
        kind = f"the objective is a sum of {_counted(squares.size, 'square')}"
        kind += " under a root" if squares.root else ""
    else:
        kind = "the objective is not linear" if not compiled.linear[0] else "not linear"
    parts = [counted, kind]
    if blocks:
        share = compiled.program.density
        parts.append(f"{share:.0%} of the derivatives are not 0 at the start")
    return "; ".join(parts)


def _kinks(compiled: Compiled, engine: SolverEngine) -> list[str]:
    if compiled.program is None or not compiled.program.smooth:
        return []
    notes = compiled.program.smooth
    named = "; ".join(f"{note.function} in {_cells(note.cells)}" for note in notes[:SHOWN])
    more = f"; and {len(notes) - SHOWN} more functions" if len(notes) > SHOWN else ""
    advice = "" if engine is SolverEngine.EVOLUTIONARY else " (Evolutionary needs no smoothness)"
    lines = [f"not smooth in the variables: {named}{more}{advice}"]
    flat = [note.function for note in notes if is_flat(note.function)]
    if flat and engine is not SolverEngine.EVOLUTIONARY:
        lines.append(f"in steps, whose derivative of 0 shows no way: {', '.join(flat)}")
    return lines


def _fallback(note: Note) -> str:
    return (
        f"{note.function} in {_cells(note.cells)} is not compiled: IronCalc computes the model, "
        "with finite differences"
    )


def _cost(compiled: Compiled) -> str:
    """Measure one evaluation at the start, and one with the gradient."""
    program = compiled.program
    value = _seconds(lambda: compiled.function.values(compiled.start))
    cost = f"an evaluation takes about {_short(value)}"
    if program is None:
        return f"{cost}, a gradient {2 * compiled.n:,} of them"
    gradient = _seconds(lambda: program.value_and_gradient(compiled.start))
    return f"{cost}, with the gradient {_short(gradient)}"


def _seconds(work: Callable[[], object]) -> float:
    """Return what the quickest of three runs takes; the first sets things up."""
    taken = []
    with np.errstate(all="ignore"):
        for _ in range(3):
            began = time.perf_counter()
            work()
            taken.append(time.perf_counter() - began)
    return min(taken)


def _short(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds * 1e6:.0f} µs"


def _cells(cells: Sequence[str]) -> str:
    more = f" and {len(cells) - SHOWN:,} more" if len(cells) > SHOWN else ""
    return ", ".join(cells[:SHOWN]) + more
