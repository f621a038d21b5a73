"""The line that says whether Excel's own Solver takes a model of this size."""

import numpy as np

from sheetsim.sheet import Block, Sheet
from sheetsim.topics._inputs import Fact, facts

VARIABLES = 200
"""Most variable cells that Excel's Solver accepts (and 100 constraints; our models have none)."""

FITS = "Within the limits of Excel's Solver."
TOO_MANY = "Too many variables for Excel's Solver, which will refuse: "
SOLVE = "use sheetsim solve."


def ways_out(n_users: int, n_movies: int, n_biases: int) -> str:
    """What to do with a model of a table of ratings that Excel's Solver refuses.

    Args:
        n_users: rows of the table.
        n_movies: columns of the table.
        n_biases: numbers of each user and each movie beside the factors.
    """
    most = VARIABLES // (n_users + n_movies) - n_biases
    fewer = f"build with --k {most}{' or less' * (most > 1)}, " if most > 0 else ""
    return f"{fewer}leave out a part of the table, or {SOLVE}"


def solver_limit(
    sheet: Sheet, row: int, column: int, parts: tuple[Block, ...], advice: str = SOLVE
) -> None:
    """Put the number of variables, Excel's limit, and what follows from the two, side by side.

    Args:
        sheet: where.
        row: of the labels; the cells stand below them.
        column: of the first; the sentence runs on over the cells to the right.
        parts: the variable cells.
        advice: what to do where there are more.
    """
    too_many = TOO_MANY + advice
    limit = Fact("limit", "limit", None, VARIABLES, "input.index")
    most = facts(sheet, row, column + 1, (limit,))["limit"].value
    n_variables = sum(int(np.isfinite(part.values.astype(float)).sum()) for part in parts)
    counted = "+".join(f"COUNT({part.range})" for part in parts)
    count = Fact("variables", "variables", f"={counted}", n_variables, "calc.index")
    facts(sheet, row, column, (count,))
    note = f'=IF(variables>limit,"{too_many}","{FITS}")'
    verdict = too_many if n_variables > most else FITS
    sheet.fill(row + 1, column + 2, "limit_note", note, verdict, "note")
