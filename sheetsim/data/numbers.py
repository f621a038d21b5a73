"""Numbers from text and arrays: what both NumPy and a spreadsheet hold as the same value.

Both compute in IEEE doubles, but Excel has no infinity, no NaN and no subnormals (it turns
them into 0), so a number is 0 or has a magnitude from `SMALLEST` to a largest that the caller
states.
"""

import re

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.errors import DataError, shown

SMALLEST = 1e-100
"""Smallest magnitude but 0: its square is still a normal double, in Excel as in NumPy."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_NOT_FINITE = {"nan", "inf", "infinity", "na", "n/a", "#n/a", "null", "none"}


def parse_number(text: str, largest: float) -> float:
    """One number, written as in 4, -4.5 or 1e-3, of magnitude at most `largest`.

    Raises:
        ValueError: it is no such number; the message is the reason alone, for the caller to
            put the place before it.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        value = float(text)
        if in_range(value, largest):
            return value
        raise ValueError(f"{shown(text)} is out of range; expected {range_text(largest)}")
    if not text:
        raise ValueError("the field is blank; expected a number")
    if text.lstrip("+-").lower() in _NOT_FINITE:
        raise ValueError(f"{shown(text)} is not a finite number; expected a number such as 4.5")
    if _COMMA.fullmatch(text):
        raise ValueError(f"{shown(text)} has a decimal comma; expected a point, as in 4.5")
    raise ValueError(f"{shown(text)} is not a number; expected a number such as 4.5")


def in_range(value: float, largest: float) -> bool:
    """Whether the value is 0 or of magnitude `SMALLEST` to `largest`; False for NaN."""
    return value == 0 or SMALLEST <= abs(value) <= largest


def range_text(largest: float) -> str:
    """The range in words, for messages."""
    return f"a finite number, 0 or of magnitude {SMALLEST:g} to {largest:g}"


def first_out_of_range(
    values: Floats, largest: float, *, blanks: bool = False
) -> tuple[int, ...] | None:
    """Index of the first value (in C order) outside the range of `in_range`, or None.

    Args:
        values: any shape.
        largest: the largest magnitude allowed.
        blanks: whether NaN is a blank, and so allowed.
    """
    size = np.abs(values)
    good = (size == 0) | ((size >= SMALLEST) & (size <= largest))
    if blanks:
        good |= np.isnan(values)
    return None if good.all() else tuple(int(i) for i in np.argwhere(~good)[0])


def read_only(values: Floats) -> Floats:
    """A copy that nobody can write to, same shape."""
    copy = np.array(values, dtype=np.float64, order="C")
    copy.setflags(write=False)
    return copy


def to_floats(values: object, name: str, expected: str) -> Floats:
    """Numbers of an array, list or Series as float64, same shape; masked entries become NaN.

    Raises:
        DataError: the object is ragged, or holds text, truth values or anything but real
            numbers. `name` and `expected` go into the message.
    """
    try:
        raw = values if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
        if raw.dtype.kind not in "iufO" or (raw.dtype.kind == "O" and _has_text(raw)):
            raise DataError(f"{name}: holds {raw.dtype} values; expected {expected}")
        with np.errstate(all="ignore"):  # a number too large becomes inf, which is then refused
            floats = raw.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{name}: not an array of numbers ({shown(str(error), 80)}); expected {expected}"
        ) from None
    return floats.filled(np.nan) if isinstance(floats, np.ma.MaskedArray) else floats


def _has_text(values: npt.NDArray[np.object_]) -> bool:
    return any(isinstance(value, str | bytes | bool) for value in values.flat)
