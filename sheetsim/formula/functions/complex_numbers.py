"""Complex numbers, which are texts such as "3+4i": COMPLEX, IMSUM, IMEXP, ...

A text is read with i or j, and written with the one that was read; both in one formula are
`#VALUE!`, and what spells no complex number is `#NUM!`, but an empty text, which is 0. Parts are
written with 15 digits.
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sheetsim.book import CellError, Value
from sheetsim.formula.functions._function import Function
from sheetsim.formula.functions._make import plain
from sheetsim.formula.values import DIV_ERROR, NUM_ERROR, VALUE_ERROR, ExcelError

_PART = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_ALONE = re.compile(rf"[+-]?{_PART}")
_BOTH = re.compile(rf"(?P<real>[+-]?{_PART})?(?P<sign>[+-])?(?P<imag>{_PART})?(?P<unit>[ij])")
_LONGEST = 400

Rows = list[list[Value]]


class _Read(NamedTuple):
    """A complex number, and the unit that it was written with, "" for none."""

    number: complex
    unit: str


def _read(value: Value) -> _Read:
    """Read a number, or a text that spells a complex one.

    Raises:
        ExcelError: it is neither.
    """
    if isinstance(value, CellError):
        raise ExcelError(value)
    if isinstance(value, bool):
        raise ExcelError(VALUE_ERROR)
    if value in (None, "") or isinstance(value, float | int):
        return _Read(complex(float(value or 0.0)), "")
    text = str(value).strip()
    if len(text) <= _LONGEST:
        if _ALONE.fullmatch(text):
            return _Read(complex(float(text)), "")
        match = _BOTH.fullmatch(text)
        if match is not None and (match["sign"] or match["real"] is None):
            size = float(match["imag"] or 1)
            imag = -size if match["sign"] == "-" else size
            return _Read(complex(float(match["real"] or 0), imag), match["unit"])
        alone = _ALONE.fullmatch(text[:-1])
        if alone is not None and text[-1] in "ij":
            return _Read(complex(0.0, float(text[:-1])), text[-1])
    raise ExcelError(NUM_ERROR)


def _written(number: complex, unit: str = "i") -> str:
    """Write a complex number.

    Raises:
        ExcelError: it is not finite.
    """
    if not cmath.isfinite(number):
        raise ExcelError(NUM_ERROR)
    real, imag = (f"{part + 0.0:.15G}" for part in (number.real, number.imag))
    if imag == "0":
        return real
    imag = {"1": "", "-1": "-"}.get(imag, imag) + unit
    if real == "0":
        return imag
    return real + imag if imag.startswith("-") else f"{real}+{imag}"


def _unit(units: Iterable[str]) -> str:
    found = {unit for unit in units if unit}
    if len(found) > 1:
        raise ExcelError(VALUE_ERROR)
    return next(iter(found), "i")


def _complex(real: float, imag: float, unit: str = "i") -> str:
    if unit not in ("i", "j", ""):
        raise ExcelError(VALUE_ERROR)
    return _written(complex(real, imag), unit or "i")


def _one(name: str, f: Callable[[complex], complex]) -> Function:
    """Make a function of one complex number."""

    def value(given: Value) -> str:
        number, unit = _read(given)
        return _written(f(number), unit or "i")

    return plain(name, "v", value, booleans=False)


def _two(name: str, f: Callable[[complex, complex], complex]) -> Function:
    """Make a function of two."""

    def value(first: Value, second: Value) -> str:
        one, other = _read(first), _read(second)
        return _written(f(one.number, other.number), _unit((one.unit, other.unit)))

    return plain(name, "vv", value, booleans=False)


def _number(name: str, f: Callable[[complex], float]) -> Function:
    """Make a function of one complex number that is real."""
    return plain(name, "v", lambda given: f(_read(given).number), booleans=False)


def _all(name: str, f: Callable[[complex, complex], complex], start: complex) -> Function:
    """Make a function of all complex numbers in its arguments; blanks are left out."""

    def value(*ranges: Rows) -> str:
        found = [_read(one) for rows in ranges for row in rows for one in row if one is not None]
        number = start
        for each in found:
            number = f(number, each.number)
        return _written(number, _unit(each.unit for each in found))

    return plain(name, "r", value, most=255, booleans=False)


def _argument(number: complex) -> float:
    if not number:
        raise ExcelError(DIV_ERROR)
    return cmath.phase(number)


def _polar(size: float, angle: float) -> complex:
    return complex(size * math.cos(angle), size * math.sin(angle))


def _divided(one: complex, other: complex) -> complex:
    if not other:
        raise ExcelError(NUM_ERROR)
    return one / other


def _power(given: Value, exponent: float) -> str:
    number, unit = _read(given)
    if not number:
        if exponent <= 0:
            raise ExcelError(NUM_ERROR)
        return _written(0j, unit or "i")
    try:
        size = abs(number) ** exponent
    except OverflowError:
        raise ExcelError(NUM_ERROR) from None
    return _written(_polar(size, cmath.phase(number) * exponent), unit or "i")


def _logarithm(number: complex) -> complex:
    if not number:
        raise ExcelError(NUM_ERROR)
    return complex(math.log(abs(number)), cmath.phase(number))


def _over(f: Callable[[complex], complex]) -> Callable[[complex], complex]:
    return lambda number: _divided(1 + 0j, f(number))


def _root(number: complex) -> complex:
    return _polar(math.sqrt(abs(number)), cmath.phase(number) / 2) if number else 0j


_LETTERS: Any = "nn|t"
_SINES: tuple[tuple[str, Callable[[complex], complex]], ...] = (
    ("IMSIN", cmath.sin),
    ("IMCOS", cmath.cos),
    ("IMTAN", cmath.tan),
    ("IMCOT", _over(cmath.tan)),
    ("IMSEC", _over(cmath.cos)),
    ("IMCSC", _over(cmath.sin)),
    ("IMSINH", cmath.sinh),
    ("IMCOSH", cmath.cosh),
    ("IMSECH", _over(cmath.cosh)),
    ("IMCSCH", _over(cmath.sinh)),
)

FUNCTIONS = (
    plain("COMPLEX", _LETTERS, _complex, booleans=False),
    _number("IMREAL", lambda z: z.real),
    _number("IMAGINARY", lambda z: z.imag),
    _number("IMABS", abs),
    _number("IMARGUMENT", _argument),
    _one("IMCONJUGATE", lambda z: z.conjugate()),
    _one("IMEXP", lambda z: _polar(math.exp(z.real), z.imag)),
    _one("IMLN", _logarithm),
    _one("IMLOG10", lambda z: _logarithm(z) / math.log(10)),
    _one("IMLOG2", lambda z: _logarithm(z) / math.log(2)),
    _one("IMSQRT", _root),
    *(_one(name, f) for name, f in _SINES),
    _two("IMSUB", lambda a, b: a - b),
    _two("IMDIV", _divided),
    _all("IMSUM", lambda a, b: a + b, 0j),
    _all("IMPRODUCT", lambda a, b: a * b, 1 + 0j),
    plain("IMPOWER", "vn", _power, booleans=False),
)
