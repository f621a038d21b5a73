"""A Solver model as the names that Excel stores it in, one for each setting of the dialog.

    solver_opt    dotprod!$V$41              the objective
    solver_adj    dotprod!$H$19:$V$23        the variables
    solver_lhs1, solver_rel1, solver_rhs1    the first constraint

`read` goes the other way.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sheetsim.workbook.read.value_text import number_text
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import NO_LIMIT, Relation

if TYPE_CHECKING:
    from sheetsim.workbook.solver_model.model import SolverModel

_WORDS = {
    Relation.INTEGER: '"integer"',
    Relation.BINARY: '"binary"',
    Relation.ALL_DIFFERENT: '"AllDifferent"',
}
"""The right-hand side where there is none. Without quotes it would be a name that is not defined;
the relation's number is what counts, and `read` takes either."""

_LONGEST_PLAIN = 20
"""Characters of a number up to which Excel writes it without an exponent in a formula."""


def model_names(model: SolverModel) -> dict[str, str]:
    """Return every name of a model and what it stands for, in the order of the names."""
    own = model.settings
    names: dict[str, float | str | None] = {
        "adj": ",".join(area.absolute for area in model.variables),
        "cvg": own.convergence,
        "drv": 2 if own.central else 1,
        "eng": int(model.engine),
        "est": 2 if own.quadratic_estimates else 1,
        "itr": own.iterations,
        "mip": own.integer_solutions,
        "mni": own.idle_seconds,
        "mrt": own.mutation,
        "msl": own.multistart,
        "neg": model.non_negative,
        "nod": own.subproblems,
        "num": len(model.constraints),
        "nwt": 2 if own.conjugate_search else 1,
        "pre": own.precision,
        "rbv": own.bounds_required,
        "rlx": own.ignore_integers,
        "rsd": own.seed or 0,
        "scl": own.scaling,
        "sho": own.show_steps,
        "ssz": own.population,
        "tim": own.seconds,
        "tol": own.tolerance,
        "typ": int(model.goal),
        "val": model.value,
        "ver": 3,
    }
    if model.objective is not None:
        names["opt"] = model.objective.absolute
    for index, constraint in enumerate(model.constraints, 1):
        names[f"lhs{index}"] = ",".join(area.absolute for area in constraint.left)
        names[f"rel{index}"] = int(constraint.relation)
        right = _WORDS.get(constraint.relation, constraint.right)
        names[f"rhs{index}"] = right.absolute if isinstance(right, Area) else right
    return {f"solver_{key}": _text(names[key]) for key in sorted(names)}


def _text(value: float | str | None) -> str:
    """Return a setting as Excel stores it: 1 for on, 2 for off, a large number for no limit."""
    if value is None:
        return str(NO_LIMIT)
    if isinstance(value, bool):
        return "1" if value else "2"
    if isinstance(value, str):
        return value
    plain = format(Decimal(repr(float(value))), "f")  # Excel has 0.000001 here, and no 1E-06
    short = plain.removesuffix(".0")
    return short if len(short) <= _LONGEST_PLAIN else number_text(float(value))
