"""Names for parts of a formula, and functions of one's own: LET, LAMBDA, MAP, REDUCE, SCAN, ...

LET, LAMBDA and ISOMITTED are gone before a formula is planned (`syntax.binding`). MAP and its like
are unrolled when the sizes of their arrays are known (`compile.unrolling`): their LAMBDA is
computed for each element, with its derivatives. So none of these has a value of its own.
"""

from __future__ import annotations

from dataclasses import replace

from sheetsim.formula.functions._function import Function, Unrolls
from sheetsim.formula.functions._make import everywhere, general
from sheetsim.formula.values import VALUE_ERROR, ArrayValue


def _nothing(*args: ArrayValue) -> ArrayValue:
    return everywhere(args, VALUE_ERROR)


def _binding(name: str, least: int, most: int, binds: str) -> Function:
    return replace(general(name, least, most, _nothing, params="A", binds=binds), kind="lambda")


def _unrolled(name: str, least: int, most: int, how: Unrolls) -> Function:
    return replace(general(name, least, most, _nothing, params="A", unrolls=how), kind="lambda")


FUNCTIONS = (
    _binding("LET", 3, 253, "let"),
    _binding("LAMBDA", 1, 254, "lambda"),
    _binding("ISOMITTED", 1, 1, "omitted"),
    _unrolled("MAP", 2, 254, Unrolls.ELEMENTS),
    _unrolled("REDUCE", 3, 3, Unrolls.FOLD),
    _unrolled("SCAN", 3, 3, Unrolls.RUN),
    _unrolled("BYROW", 2, 2, Unrolls.ROWS),
    _unrolled("BYCOL", 2, 2, Unrolls.COLUMNS),
    _unrolled("MAKEARRAY", 3, 3, Unrolls.GRID),
)
