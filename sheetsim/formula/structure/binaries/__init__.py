"""Formulas with IF, MAX, ABS, SUMIF and the like as linear ones, with binaries added.

- `affine`: sums of columns with coefficients.
- `rows`: columns and the rows that define them, each where it is needed.
- `pieces`: conditions, products, the greatest of some, whole parts, as columns.
- `functions`: operators and functions of single values.
- `statistics`: functions of ranges.
- `walk`: the compiled formulas, cell by cell.
- `mixed_integer`: a model, as arrays.
"""

from sheetsim.formula.structure.binaries.mixed_integer import Side, mixed_integer
from sheetsim.formula.structure.binaries.rows import NotLinearError

__all__ = ["NotLinearError", "Side", "mixed_integer"]
