"""The package highspy: imported when it is needed, and interrupted with Ctrl-C."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import EngineMissingError
from sheetsim.solver.functions import Index

TOLERANCE = 1e-9
"""Of HiGHS, for rows and duals; its own is 1e-7."""

SMALL = 1e-12
"""Entries of a matrix that HiGHS drops, as small as it lets them be; its own is 1e-9."""

LEAST = 2.0**-20
"""What the largest entry of a row is at least, so that HiGHS takes it for a number."""


TOO_FAR_APART = "coefficients of a row are farther apart than HiGHS takes them"


class Matrix(NamedTuple):
    """A sparse matrix by rows: where each starts, and its entries."""

    starts: Index
    columns: Index
    values: Floats


def highspy() -> Any:
    """The package, imported now.

    Raises:
        EngineMissingError: It is not installed.
    """
    try:
        import highspy as package
    except ImportError as error:
        raise EngineMissingError(
            "Simplex LP: the package highspy is not installed; get it with "
            "`pip install 'sheetsim[lp]'`, or choose GRG Nonlinear"
        ) from error
    return package


def new_highs(package: Any, options: dict[str, Any]) -> Any:
    """HiGHS with options, silent, that drops no entry of a matrix which `loses_entries` passes."""
    highs = package.Highs()
    given = {
        "output_flag": False,
        "small_matrix_value": SMALL,
        "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE,
    }
    for name, value in {**given, **options}.items():
        highs.setOptionValue(name, value)
    return highs


def set_rows(package: Any, lp: Any, matrix: Matrix, below: Floats, above: Floats) -> Floats:
    """Give a program its rows, and return what each (m,) was multiplied by: a power of 2.

    Rows that were divided by a limit in the billions have entries that HiGHS would drop.
    """
    starts, columns, values = matrix
    rows = np.repeat(np.arange(above.size), np.diff(starts))
    largest = np.zeros(above.size)
    np.maximum.at(largest, rows, np.abs(values))
    factors = raised(largest, LEAST)
    lp.num_row_ = above.size
    lp.row_lower_, lp.row_upper_ = below * factors, above * factors
    lp.a_matrix_.format_ = package.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = starts, columns
    lp.a_matrix_.value_ = values * factors[rows]
    return factors


def raised(sizes: Floats, least: float) -> Floats:
    """Powers of 2, at least 1, that make numbers (m,) at least as large as `least`; 1 for 0."""
    known = np.where(sizes > 0, sizes, least)
    return np.asarray(2.0 ** np.clip(np.ceil(np.log2(least) - np.log2(known)), 0.0, 1000.0))


def cost_factor(cost: Floats) -> float:
    """What costs are multiplied by, so that they are not all within HiGHS's tolerance of 0."""
    return float(raised(np.abs(cost).max(initial=0.0, keepdims=True), 1.0)[0])


def loses_entries(lp: Any) -> bool:
    """Whether HiGHS would drop an entry that may change its row by more than the tolerance."""
    values, columns = np.abs(lp.a_matrix_.value_), np.array(lp.a_matrix_.index_, dtype=int)
    reach = np.fmax(np.abs(lp.col_lower_), np.abs(lp.col_upper_))
    dropped = (values > 0) & (values <= SMALL)
    return bool((values[dropped] * reach[columns[dropped]] > TOLERANCE).any())


def run_highs(highs: Any) -> bool:
    """Run HiGHS in a thread of its own, and say whether Ctrl-C ended it."""
    highs.HandleUserInterrupt = True
    highs.startSolve()
    stopped = False
    while True:
        try:
            # The wait is short so that Python gets to see a Ctrl-C.
            if highs.wait(0.1)[0]:
                return stopped
        except KeyboardInterrupt:
            stopped = True
            highs.cancelSolve()
