"""A linear model as a file that other programs read, .mps or .lp, written by HiGHS.

What stands in the file is the model as the workbook has it: rows are not divided by their scale, a
maximum stays one, and an at-least row stays one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sheetsim.errors import OptionError, OptionName
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.methods.highs import highspy
from sheetsim.solver.parts.linearity import linear

KINDS = (".mps", ".lp")


def linear_file(
    evaluator: Evaluator, kind: str, columns: Sequence[str], rows: Sequence[str]
) -> bytes:
    """What a file of a kind holds.

    Args:
        evaluator: of the model.
        kind: one of `KINDS`.
        columns: (n,) the variables' names.
        rows: (m,) the constraints'.

    Raises:
        OptionError: The model is not linear, seeks a value, or has all-different groups.
        EngineMissingError: highspy is not installed.
    """
    package, model = highspy(), evaluator.model
    export = OptionName("export")
    if evaluator.groups or model.sense == "value":
        what = "an all-different constraint" if evaluator.groups else "a value to reach"
        raise OptionError(export, f": the model has {what}, which no such file holds")
    found = linear(evaluator)
    if isinstance(found, str):
        raise OptionError(export, f" takes linear models; {found}")
    factors = [
        np.broadcast_to(block.factor, size)
        for block, size in zip(model.constraints, evaluator.sizes, strict=True)
    ]
    factor = np.concatenate([np.zeros(0), *factors])
    limit, least = -found.offset / factor, factor < 0
    lp = package.HighsLp()
    lp.num_row_, lp.num_col_ = found.A.shape
    lp.col_cost_ = evaluator.sign * found.cost
    lp.col_lower_, lp.col_upper_ = evaluator.low, evaluator.high
    lp.row_lower_ = np.where(evaluator.equal | least, limit, -np.inf)
    lp.row_upper_ = np.where(evaluator.equal | ~least, limit, np.inf)
    lp.a_matrix_.format_ = package.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = found.A.starts, found.A.columns
    lp.a_matrix_.value_ = found.A.values / np.repeat(factor, np.diff(found.A.starts))
    lp.offset_ = evaluator.sign * float(found.start.f - found.cost @ found.start.x)
    if evaluator.sign < 0:
        lp.sense_ = package.ObjSense.kMaximize
    kinds = package.HighsVarType.kContinuous, package.HighsVarType.kInteger
    lp.integrality_ = [kinds[int(each)] for each in evaluator.whole]
    lp.col_names_, lp.row_names_ = list(columns), list(rows)
    highs = package.Highs()
    highs.setOptionValue("output_flag", False)
    highs.passModel(lp)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{kind}"
        highs.writeModel(str(path))
        return path.read_bytes()
