"""Which of a file's stored settings hold, which do not and why, and what is assumed without them.

A stored model carries some twenty settings of Excel's dialog, most of which nobody ever set. Those
that end a search early are not taken over where they are Excel's own defaults (see
`prepare.solver_options`); others have no counterpart in methods that take exact derivatives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.workbook.solver_model.model import Goal, SolverEngine, SolverSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.solving.prepare import Prepared

ALL = frozenset(SolverEngine)
GRG, EVOLUTIONARY = frozenset({SolverEngine.GRG}), frozenset({SolverEngine.EVOLUTIONARY})


def settings_lines(prepared: Prepared) -> list[str]:
    """The three as a line each; those with nothing to say are left out."""
    lines = []
    for title, words in (
        ("stored settings used", _used(prepared)),
        ("stored settings not used", _not_used(prepared)),
        ("not stored, and assumed", _assumed(prepared)),
    ):
        found = list(words)
        if found:
            lines.append(f"{title}: {', '.join(found)}")
    return lines


def _used(prepared: Prepared) -> Iterator[str]:
    """Give those that hold: the option of the solver has the stored value."""
    stored, options = prepared.stored, prepared.options
    own, engine = stored.settings, stored.engine
    whole = any(not one.relation.compares for one in stored.constraints)
    multistart = own.multistart and engine is SolverEngine.GRG
    rows = (
        ("pre", ALL, f"precision {own.precision:g}", options.precision == own.precision),
        ("cvg", GRG, f"convergence {own.convergence:g}", options.convergence == own.convergence),
        ("tim", ALL, f"at most {own.seconds} s", own.seconds and options.max_time == own.seconds),
        (
            "itr",
            ALL,
            f"at most {own.iterations} iterations",
            own.iterations and options.max_iterations == own.iterations,
        ),
        ("msl", GRG, "multistart", multistart and prepared.starts > 1),
        (
            "ssz",
            EVOLUTIONARY | (GRG if multistart else frozenset()),
            f"population of {own.population:,}",
            (prepared.starts - 1 if multistart else options.population) == own.population,
        ),
        ("rsd", ALL, f"seed {own.seed}", own.seed and options.seed == own.seed),
        ("mrt", EVOLUTIONARY, f"mutation rate {own.mutation:g}", own.mutation),
        (
            "tol",
            ALL,
            f"integer tolerance {own.tolerance:g}",
            whole and options.integer_tolerance == own.tolerance,
        ),
        (
            "nod",
            ALL,
            f"at most {own.subproblems} subproblems",
            whole and own.subproblems and options.max_subproblems == own.subproblems,
        ),
        ("rlx", ALL, "whole numbers ignored", own.ignore_integers and options.ignore_integers),
    )
    for key, engines, words, holds in rows:
        if key in stored.said and engine in engines and holds:
            yield words


def _not_used(prepared: Prepared) -> Iterator[str]:
    """Give those that do not hold, with the reason."""
    stored, options = prepared.stored, prepared.options
    own, engine, default = stored.settings, stored.engine, SolverSettings()
    grg, evolutionary = engine is SolverEngine.GRG, engine is SolverEngine.EVOLUTIONARY
    whole = any(not one.relation.compares for one in stored.constraints)
    exact = options.derivatives == "analytic" and prepared.compiled.program is not None
    usual = "Excel's default" if own.convergence == default.convergence else "too coarse"
    rows = (
        (
            "cvg",
            f"convergence {own.convergence:g} ({usual}; {options.convergence:g} holds)",
            grg and options.convergence != own.convergence,
        ),
        (
            "tol",
            f"integer tolerance {own.tolerance:g} (Excel's default; "
            f"{options.integer_tolerance:g} holds)",
            whole and options.integer_tolerance != own.tolerance,
        ),
        ("drv", "central differences (derivatives are exact)", grg and own.central and exact),
        (
            "scl",
            "automatic scaling (there is another of our own)",
            own.scaling and not evolutionary,
        ),
        (
            "mip",
            f"at most {own.integer_solutions} whole solutions",
            whole and own.integer_solutions,
        ),
        (
            "mni",
            f"{own.idle_seconds:g} s without improvement ({options.max_stall} generations hold, "
            "on any machine)",
            evolutionary and options.max_stall_time is None,
        ),
    )
    for key, words, so in rows:
        if key in stored.said and so:
            yield words


def _assumed(prepared: Prepared) -> Iterator[str]:
    """Give what the file does not say, and the request neither."""
    stored, request = prepared.stored, prepared.request
    said = stored.said
    if "typ" not in said and request.goal is None and request.value is None and stored.objective:
        yield {Goal.MINIMIZE: "minimize", Goal.MAXIMIZE: "maximize"}.get(stored.goal, "a value")
    if not {"eng", "lin"} & said and request.engine is None:
        yield stored.engine.title
    if "neg" not in said and request.non_negative is None:
        yield "variables may be negative"
