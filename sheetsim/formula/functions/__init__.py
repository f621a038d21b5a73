"""The table of functions: name -> value, derivative, arity. Nothing has to be registered.

Every module of this folder whose name has no leading underscore has a tuple `FUNCTIONS`; `TABLE`
is all of them by name. A function is made by one of the constructors in `_make`, one line or one
small function each. One example of each kind:

1. A function of numbers, cell by cell. Its partial derivatives follow it, one an argument, each
   called with the result and the arguments (`y, *args`). NaN and inf become `#NUM!`, or
   `#DIV/0!` where `div0(*args)` says so. Missing derivative: `NUMERIC` (central differences).

       elementwise("TANH", np.tanh, lambda y, a: 1 - y * y)
       elementwise("/", np.divide, lambda y, a, b: 1 / b, lambda y, a, b: -y / b,
                   div0=lambda a, b: b == 0, linear={0})

2. A statistic of all numbers in its arguments. x (..., n) holds the numbers, with 0 where there
   is none, m (..., n) tells where there are some, or is None if they are all; the result is
   (...). `few` is how many numbers it needs, else `#DIV/0!`. The derivative is (..., n).
   `total(x)` and `count(x, m)` keep a last axis of length 1.

       statistic("AVERAGE", lambda x, m: (total(x) / count(x, m))[..., 0],
                 lambda x, m, y: weight(x, m) / count(x, m), few=1, linear=ALL)

3. A statistic of pairs of numbers (two ranges of one size; a pair with a blank or a text is left
   out, in Excel's way, and is 0 in x and y). The derivatives are two, for x and for y.

       pairs("SUMXMY2", lambda x, y, m: ((x - y) ** 2).sum(-1),
             lambda x, y, m, z: (2 * (x - y), 2 * (y - x)))

4. A function of matrices (last two axes). What is no number is `#VALUE!`, unless the function
   only `moves` the elements. The derivative in direction t of argument i, and the gradient with
   respect to argument i given that of the result:

       matrix("TRANSPOSE", 1, lambda a: swap(a), lambda i, t, y, a: swap(t),
              lambda i, bar, y, a: swap(bar), linear=ALL)

5. A function of single values of any type, called once a cell with Python's own (float, str, bool,
   `CellError`, None for a blank), coerced by a letter each: n number, i whole number (cut), t
   text, b boolean, v as it is, r a range as rows of values as they are. The last letter repeats
   for more arguments; those behind "|" may be left out (then Python's defaults hold). Raise
   `ExcelError(NUM_ERROR)` for an error. No derivative (it counts as 0, and as not smooth).

       plain("MID", "tii", lambda text, start, count: text[start - 1 : start - 1 + count])

6. Anything else, on `ArrayValue`s (see `sheetsim.formula.values`), with or without `partials(args,
   out)` -> one array or None an argument, shaped like the result (cell by cell) or like the
   argument (if the result is a single value):

       general("IFERROR", 2, 2, _iferror, partials=_iferror_partials, kinks={0})

7. A function whose result is a reference, given those of its arguments that are (`Areas`: bounds in
   each cell of a block), the values of the others (`ArrayValue`s), and a reader for what only the
   workbook knows. `references` says which arguments are taken as such, `texts` which of the
   others are texts (of the rest, one that is no number is `#VALUE!`). An argument that is an
   error is the result:

       reference("OFFSET", 3, 5, _offset, references={0}, reads=Reads.AROUND)

8. A function that asks of a reference where it lies; without an argument, of the formula's cell:

       geometry("ROWS", 1, 1, lambda areas: _count(areas.top, areas.bottom))

Two more constructors are made of these: `smooth` in `_complex_step` (as 1, with derivatives by a
complex step, exact to rounding: for finance) and `ranged` in `_ranges` (a statistic with single
values besides: LARGE(range, k), NPV(rate, range)).

Common keywords: `kinks`: arguments (or `ALL`) in which the function is not smooth; `linear`:
arguments in which it is linear, together (`ALL` or a set), or `ONE`: in any one of them alone;
`params`: how ranges are taken, one letter an argument, the last for all others: V a single value
(in an ordinary formula a range becomes the value in the cell's own row or column), S the same in
an array formula too, R a range, A computed as arrays (like SUMPRODUCT's); `sample`: arguments for
the test that compares each derivative with finite differences (numbers, or lists of rows), if the
usual ones do not suit; `also`: other names; `flags` (of 1): arguments that are TRUE or FALSE, also
as texts; `booleans=False` (of 1 and 5): a boolean is `#VALUE!`, as in all of the old Analysis
ToolPak. All other facts, each with a default, are listed with
`Function`: whatever is asked of a function by name, is asked of its entry.

What the modules of functions share is in those with an underscore: `_function` (what an entry is),
`_make`, `_complex_step` and `_ranges` (the constructors), `_special` (error function, gamma, beta),
`_squares` (which squares a function sums), `_steps` (how it is computed on single numbers),
`_coupons` (days and coupons of bonds), `_finder` (look-ups by halves), `_criteria` and
`_wildcards` (">5" and "a*"), `_format_sections`, `_number_format` and `_fractions` (TEXT's codes).
"""

from __future__ import annotations

import importlib
import pkgutil

from sheetsim.formula.functions._function import (
    Elsewhere,
    Sight,
    UnequalSizesError,
    UnknownResultError,
    Unrolls,
)
from sheetsim.formula.functions._make import ALL, NUMERIC, ONE, Function, Reads

__all__ = ["ALL", "NUMERIC", "ONE", "TABLE", "Elsewhere", "Function", "Reads", "Sight",
           "UnequalSizesError", "UnknownResultError", "Unrolls", "is_flat"]  # fmt: skip


def _collect() -> dict[str, Function]:
    table: dict[str, Function] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{info.name}")
        for function in module.FUNCTIONS:
            for name in (function.name, *function.also):
                if name in table:
                    raise ValueError(f"function {name} stands in the table twice")
                table[name] = function
    return table


TABLE = _collect()
"""Every function and operator by its name in capitals, without `_xlfn.`."""


def is_flat(name: str) -> bool:
    """Whether a function goes in steps, so that its derivative, 0, says nothing."""
    return name in TABLE and TABLE[name].is_flat
