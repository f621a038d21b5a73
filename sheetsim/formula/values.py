"""Values of many cells at once, and Excel's rules for what a value counts as.

An `ArrayValue` holds what one place in a formula is for all cells that share the formula: its last
two axes are the rows and columns of a range (1 and 1 for a single value), the two before them are
the rows and columns of the block of cells; a leading axis, if there is one, runs over several x. An
axis of length 1 means: the same for all. Numbers are in `num`; what is no number is marked in
`kind`, so that the common case, numbers alone, is plain NumPy.

Excel's rules (measured against its cached values in the tests):
- in arithmetic a blank is 0, a boolean 0 or 1, a text the number that it spells or `#VALUE!`, and
  an error stays what it is;
- functions of ranges (SUM, AVERAGE, ...) pass over blanks, texts and booleans in a range, but take
  those that are given as arguments themselves;
- compared, numbers < texts < booleans; a blank equals 0, "" and FALSE; case does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.columns import KINDS
from sheetsim.formula.serial_dates import DAY_0_OF_1904, read_moment

Kinds = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
Objects = npt.NDArray[np.object_]

NUMBER, BOOL, TEXT, ERROR, BLANK = KINDS

VALUE_ERROR, DIV_ERROR, NUM_ERROR = CellError("#VALUE!"), CellError("#DIV/0!"), CellError("#NUM!")
NA_ERROR, REF_ERROR = CellError("#N/A"), CellError("#REF!")
CALC_ERROR = CellError("#CALC!")


class ExcelError(Exception):
    """What a function of single values raises to return an error such as `#NUM!`."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error.code)
        self.error = error


class ArrayValue:
    """Values with the axes that the module's docstring describes.

    Attributes:
        num: the numbers; 0 or 1 for a boolean, 0 for a blank, the number that a text spells,
            NaN for another text and for an error. NaN or inf where `kind` says NUMBER (or is
            None) is an error too, whose code nobody has asked for yet.
        kind: None if all are numbers; else NUMBER, BOOL, TEXT, ERROR or BLANK, shaped like `num`.
        obj: the texts and errors, shaped like `num`; None if there are none.
        bad: whether there may be an error, or a text that is no number.
        literal: whether it was written in the formula or computed there, not read from cells.
        truth: where it holds as a condition, and the errors where it is none, once a function has
            asked for that.
    """

    __slots__ = ("_flat", "bad", "kind", "literal", "num", "obj", "truth")

    def __init__(
        self,
        num: Floats,
        kind: Kinds | None = None,
        obj: Objects | None = None,
        *,
        bad: bool = False,
        literal: bool = True,
    ) -> None:
        self.num = num
        self.kind = kind
        self.obj = obj
        self.bad = bad
        self.literal = literal
        self._flat: tuple[Floats, Bools | None] | None = None
        self.truth: tuple[Bools, ArrayValue | None] | None = None

    def flat(self) -> tuple[Floats, Bools | None]:
        """Return the numbers with rows and columns in one axis (..., n), 0 for what is none.

        Also where there are numbers, None if everywhere. Computed once.
        """
        if self._flat is None:
            num = self.num.reshape((*self.num.shape[:-2], -1))
            mask = None
            if self.kind is not None:
                mask = (self.kind == NUMBER).reshape((*self.kind.shape[:-2], -1))
                num = np.where(mask, num, 0.0)
            self._flat = num, mask
        return self._flat

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the numbers."""
        return self.num.shape

    def objects(self) -> Objects:
        """Return the values as Python's: float, bool, str, `CellError`, None for a blank."""
        out = self.num.astype(object)
        wrong = ~np.isfinite(self.num)
        if wrong.any():
            out[wrong] = NUM_ERROR
        if self.kind is None:
            return out
        kind = np.broadcast_to(self.kind, out.shape)
        out[kind == BOOL] = self.num[kind == BOOL] != 0
        out[kind == BLANK] = None
        if self.obj is not None:
            known = (kind == TEXT) | (kind == ERROR)
            out[known] = np.broadcast_to(self.obj, out.shape)[known]
        return out


def number_of(text: str) -> float:
    """Return the number that a text spells, as Excel coerces it; NaN for none.

    Dates and times are numbers too, in English and by ISO 8601: 2020-01-31, 1/31/2020, 31-Jan-2020
    and January 31, 2020, each with a time or without, and 18:30 or 6:30 PM. Other languages'
    forms, and a date without its year, are none. Days are counted from 1900.
    """
    number = plain_number_of(text)
    if number == number:
        return number
    moment = read_moment(text)
    return float("nan") if moment is None else moment


def plain_number_of(text: str) -> float:
    """Return the number that a text spells with digits and signs alone; NaN for none."""
    text = text.strip()
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if not match:
        return float("nan")
    value = float(match["digits"].replace(",", ""))
    if match["minus"] or match["paren"]:
        value = -value
    return value / 100 if match["percent"] else value


_NUMBER = re.compile(
    r"""(?P<paren>\()?\s*(?:(?P<minus>-)|\+)?\s*\$?\s*
    (?P<digits>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?
        |\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    \s*(?P<percent>%)?\s*(?(paren)\))""",
    re.VERBOSE,
)
_LONGEST_NUMBER = 400
"""Characters, spaces within included: the greatest double has 309 digits."""


def texts_from_1904(array: ArrayValue) -> ArrayValue:
    """Return an array whose texts that spell dates are days as counted from 1904."""
    if array.kind is None or array.obj is None or not (array.kind == TEXT).any():
        return array
    num, kind, obj = np.broadcast_arrays(array.num, array.kind, array.obj)
    num = num.copy()
    for index in np.argwhere((kind == TEXT) & (num >= 1)):
        if np.isnan(plain_number_of(obj[tuple(index)])):
            num[tuple(index)] -= DAY_0_OF_1904
    return ArrayValue(num, array.kind, array.obj, bad=array.bad, literal=array.literal)


def from_objects(values: Objects, *, literal: bool = True) -> ArrayValue:
    """Return the array of Python values: numbers, booleans, texts, `CellError`, None."""
    flat = values.ravel()
    num = np.empty(flat.size)
    kind = np.zeros(flat.size, np.uint8)
    obj: Objects | None = None
    bad = False
    for i, value in enumerate(flat):
        number, kind[i] = describe(value)
        num[i] = number
        if kind[i] in (TEXT, ERROR):
            if obj is None:
                obj = np.empty(flat.size, object)
            obj[i] = value
            bad = bad or number != number
    shape = values.shape
    return ArrayValue(
        num.reshape(shape),
        kind.reshape(shape) if kind.any() else None,
        None if obj is None else obj.reshape(shape),
        bad=bad,
        literal=literal,
    )


def describe(value: object) -> tuple[float, int]:
    """Return the number that stands for a Python value, and its kind."""
    if value is None:
        return 0.0, BLANK
    if isinstance(value, bool | np.bool_):
        return float(value), BOOL
    if isinstance(value, str):
        return number_of(value), TEXT
    if isinstance(value, CellError):
        return float("nan"), ERROR
    return float(value), NUMBER  # type: ignore[arg-type]


def constant(value: object) -> ArrayValue:
    """Return a single value, or rows of values, with axes (1, 1, rows, columns)."""
    rows = value if isinstance(value, tuple | list) else ((value,),)
    objects = np.empty((1, 1, len(rows), len(rows[0])), object)
    for r, row in enumerate(rows):
        for c, one in enumerate(row):
            objects[0, 0, r, c] = one
    return from_objects(objects)


def numbers(num: Floats) -> ArrayValue:
    """Return an array of numbers."""
    return ArrayValue(num)


def booleans(truth: Bools) -> ArrayValue:
    """Return an array of booleans."""
    return ArrayValue(truth.astype(np.float64), np.full(truth.shape, BOOL, np.uint8))


def failed(array: ArrayValue) -> Bools:
    """Return where an array holds an error."""
    wrong: Bools = ~np.isfinite(array.num)
    if array.kind is not None:
        wrong = (wrong & (array.kind == NUMBER)) | (array.kind == ERROR)
    return wrong


def with_errors(num: Floats, args: Sequence[ArrayValue], div0: Bools | None = None) -> ArrayValue:
    """Return numbers computed from `args`, errors marked with their codes.

    The first argument's error wins, then a text that is no number (`#VALUE!`), then `#DIV/0!`
    where `div0` says so, then `#NUM!` where the result is not finite.
    """
    wrong = ~np.isfinite(num)
    for arg in args:
        if arg.bad:
            wrong = wrong | np.broadcast_to(np.isnan(arg.num), wrong.shape)
    if not wrong.any():
        return ArrayValue(num)
    obj = np.full(num.shape, None, object)
    obj[wrong] = NUM_ERROR
    if div0 is not None:
        obj[wrong & np.broadcast_to(div0, wrong.shape)] = DIV_ERROR
    for arg in reversed(args):
        if not arg.bad and np.isfinite(arg.num).all():
            continue
        codes = errors_of(arg)
        here = np.broadcast_to(codes, num.shape)
        there = wrong & (here != None)  # noqa: E711  elementwise
        obj[there] = here[there]
    kind = np.where(wrong, np.uint8(ERROR), np.uint8(NUMBER))
    return ArrayValue(np.where(wrong, np.nan, num), kind, obj, bad=True)


def errors_of(array: ArrayValue) -> Objects:
    """Return the error that each value gives in arithmetic, None where it gives none."""
    codes = np.full(array.shape, None, object)
    wrong = ~np.isfinite(array.num)
    codes[wrong] = NUM_ERROR
    if array.kind is not None:
        kind = np.broadcast_to(array.kind, array.shape)
        codes[wrong & (kind == TEXT)] = VALUE_ERROR
        if array.obj is not None:
            known = kind == ERROR
            codes[known] = np.broadcast_to(array.obj, array.shape)[known]
    return codes


def choose(mask: Bools, yes: ArrayValue, no: ArrayValue) -> ArrayValue:
    """Return `yes` where the mask is true and `no` elsewhere, whatever kinds they are."""
    num = np.where(mask, yes.num, no.num)
    if yes.kind is None and no.kind is None:
        return ArrayValue(num, bad=yes.bad or no.bad)
    kinds: list[Any] = [NUMBER if one.kind is None else one.kind for one in (yes, no)]
    kind = np.broadcast_to(np.where(mask, *kinds), num.shape).astype(np.uint8)
    obj: Objects | None = None
    if yes.obj is not None or no.obj is not None:
        parts: list[Any] = [yes.obj, no.obj]
        obj = np.broadcast_to(np.where(mask, *parts), num.shape)
    return ArrayValue(num, kind, obj, bad=yes.bad or no.bad)


def compare(
    left: ArrayValue, right: ArrayValue, test: Callable[[Floats, Floats], Bools]
) -> ArrayValue:
    """Compare by Excel's order; `test` is one of NumPy's comparisons.

    Numbers are compared as Excel shows them, by 15 significant digits: 0.1 + 0.2 = 0.3. What Excel
    also does, to make a difference exactly 0 where it is the last step of a formula and next to
    nothing, is not done here: (0.1 + 0.2 - 0.3) = 0 is false, where IronCalc and LibreOffice say
    true.
    """
    numeric = left.kind is None and right.kind is None
    if numeric and np.isfinite(left.num).all() and np.isfinite(right.num).all():
        return booleans(test(*_shown(left.num, right.num)))
    a, b = np.broadcast_arrays(left.objects(), right.objects())
    signs = np.array([_order(x, y) for x, y in zip(a.ravel(), b.ravel(), strict=True)], object)
    good = np.array([not isinstance(one, CellError) for one in signs], bool)
    num = np.zeros(signs.size)
    num[good] = test(signs[good].astype(np.float64), np.zeros(good.sum()))
    num[~good] = np.nan
    kind = np.where(good, BOOL, ERROR).astype(np.uint8).reshape(a.shape)
    if good.all():
        return ArrayValue(num.reshape(a.shape), kind)
    signs[good] = None
    return ArrayValue(num.reshape(a.shape), kind, signs.reshape(a.shape), bad=True)


def _shown(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return numbers rounded to 15 digits where that may decide how they compare."""
    with np.errstate(all="ignore"):
        near = (np.abs(a - b) <= 1e-14 * np.abs(a)) & (a != b)
    if not near.any():
        return a, b
    rounded = [np.array(np.broadcast_to(one, near.shape)) for one in (a, b)]
    for one in rounded:
        one[near] = [_fifteen(number) for number in one[near].tolist()]
    return rounded[0], rounded[1]


def same_as_shown(a: float, b: float) -> bool:
    """Return whether two numbers that differ are one by 15 digits, as `compare` has it."""
    return a != b and abs(a - b) <= 1e-14 * abs(a) and _fifteen(a) == _fifteen(b)


def _fifteen(number: float) -> float:
    return float(f"{number:.15g}")


def _rank(value: Value) -> int:
    return 2 if isinstance(value, bool) else 1 if isinstance(value, str) else 0


def _order(a: Value, b: Value) -> float | CellError:
    """Return -1, 0 or 1 as a stands before, with or behind b; an error as itself."""
    for one in (a, b):
        if isinstance(one, CellError):
            return one
    if a is None:
        a = "" if isinstance(b, str) else False if isinstance(b, bool) else 0.0
    if b is None:
        b = "" if isinstance(a, str) else False if isinstance(a, bool) else 0.0
    if _rank(a) != _rank(b):
        return float(_rank(a) - _rank(b))
    if isinstance(a, str):
        a, b = a.casefold(), str(b).casefold()
    elif isinstance(a, float) and isinstance(b, float) and a != b:
        a, b = _fifteen(a), _fifteen(b)
    return float(a > b) - float(a < b)  # type: ignore[operator]


def text_of(value: Value) -> str:
    """Return what a value looks like in text: `TRUE`, `0.1`, at most 15 digits.

    Raises:
        ExcelError: the value is an error.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, CellError):
        raise ExcelError(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    digits = f"{value:.15g}"
    if "e" in digits:
        mantissa, _, exponent = digits.partition("e")
        power = int(exponent)
        if -20 < power < 0:  # Excel keeps to decimals a while
            return np.format_float_positional(value, precision=15, fractional=False, trim="-")
        return f"{mantissa}E{power:+03d}"
    return digits
