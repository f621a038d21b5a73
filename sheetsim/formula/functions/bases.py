"""Whole numbers in other bases, in Roman numerals, and bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheetsim.book import Value
from sheetsim.formula.functions._make import coerced, plain
from sheetsim.formula.values import NUM_ERROR, VALUE_ERROR, ExcelError, number_of, text_of

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BITS = 2**48
_LIMITS = {2: 2**10, 8: 8**10, 16: 16**10}
"""How many numbers ten digits can tell, the upper half of them negative (two's complement)."""

_SIGNS = ((1000, "M"), (500, "D"), (100, "C"), (50, "L"), (10, "X"), (5, "V"), (1, "I"))


def _spelled(number: int, base: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = DIGITS[digit] + digits
    return digits or "0"


def _base(number: int, base: int, length: int = 0) -> str:
    if not (0 <= number < 2**53 and 2 <= base <= 36 and 0 <= length <= 255):
        raise ExcelError(NUM_ERROR)
    return _spelled(number, base).rjust(length, "0")


def _decimal(text: str, base: int) -> float:
    text = text.strip()
    if len(text) > 255:
        raise ExcelError(VALUE_ERROR)
    if not 2 <= base <= 36 or not text.isalnum() or not text.isascii():
        raise ExcelError(VALUE_ERROR if not 2 <= base <= 36 else NUM_ERROR)
    return float(int(text, base))


def _signed(text: str, base: int) -> int:
    """Read ten digits at most, negative in two's complement."""
    if len(text) > 10 or (text and not (text.isalnum() and text.isascii())):
        raise ExcelError(NUM_ERROR)
    number = int(text or "0", base)
    limit = _LIMITS[base]
    return number - limit if number >= limit // 2 else number


def _written(number: int, base: int, *places: int) -> str:
    limit = _LIMITS[base]
    if not -limit // 2 <= number < limit // 2 or (places and not 1 <= places[0] <= 10):
        raise ExcelError(NUM_ERROR)
    if number < 0:
        return _spelled(number + limit, base)
    shown = _spelled(number, base)
    if places and len(shown) > places[0]:
        raise ExcelError(NUM_ERROR)
    return shown.rjust(places[0], "0") if places else shown


def _converted(source: int, target: int) -> Callable[..., Any]:
    """Return a conversion between bases; a decimal number is a number, others are texts."""

    def convert(value: Any, *places: int) -> Any:
        if source == 10:
            number = float(value) if isinstance(value, float) else _number(value)
            return _written(int(number), target, *places)
        number = _signed(text_of(value).strip(), source)
        return float(number) if target == 10 else _written(number, target, *places)

    return convert


def _number(value: Any) -> float:
    number = number_of(text_of(value) or "0")
    if number != number:
        raise ExcelError(VALUE_ERROR)
    return number


def _roman(number: int, form: Value = None) -> str:
    """Return a number in Roman numerals.

    In the classic form 0 a 4 or 9 of a place is written with the sign of the place before the next
    larger one: XC is 90. Each further form lets that sign be one smaller, if the pair is not more
    than the number: 499 is CDXCIX, LDVLIV, XDIX, VDIV and ID. TRUE is form 0, FALSE form 4.
    """
    reach = 4 * (not form) if isinstance(form, bool) else int(coerced(form, "n"))
    if not 0 <= number <= 3999 or not 0 <= reach <= 4:
        raise ExcelError(VALUE_ERROR)
    out = ""
    for at in range(0, len(_SIGNS), 2):
        size, sign = _SIGNS[at]
        digit = number // size
        if digit % 5 < 4:
            out += (_SIGNS[at - 1][1] if digit > 4 else "") + sign * (digit % 5)
            number %= size
            continue
        larger, before = _SIGNS[at - 1 if digit == 4 else at - 2]
        small = at
        while small - at < reach and small + 1 < len(_SIGNS):
            if larger - _SIGNS[small + 1][0] > number:
                break
            small += 1
        out += _SIGNS[small][1] + before
        number += _SIGNS[small][0] - larger
    return out


def _arabic(text: str) -> float:
    text = text.strip().upper()
    minus, text = text.startswith("-"), text.removeprefix("-")
    sizes = {sign: size for size, sign in _SIGNS}
    if not set(text) <= set(sizes):
        raise ExcelError(VALUE_ERROR)
    values = [sizes[one] for one in text]
    total = sum(
        -one if any(later > one for later in values[i + 1 : i + 2]) else one
        for i, one in enumerate(values)
    )
    return float(-total if minus else total)


def _bits(*numbers: float) -> list[int]:
    for number in numbers:
        if not 0 <= number < BITS or number != int(number):
            raise ExcelError(NUM_ERROR)
    return [int(number) for number in numbers]


def _both(f: Callable[[int, int], int]) -> Callable[[float, float], float]:
    def of_bits(a: float, b: float) -> float:
        return float(f(*_bits(a, b)))

    return of_bits


def _shifted(number: float, by: int) -> float:
    (own,) = _bits(number)
    if abs(by) > 53:
        raise ExcelError(NUM_ERROR)
    out = own << by if by >= 0 else own >> -by
    if out >= BITS:
        raise ExcelError(NUM_ERROR)
    return float(out)


_NAMES = {2: "BIN", 8: "OCT", 10: "DEC", 16: "HEX"}

FUNCTIONS = (
    plain("BASE", "ii|i", _base),
    plain("DECIMAL", "ti", _decimal),
    *(
        plain(
            f"{_NAMES[a]}2{_NAMES[b]}", "v" if b == 10 else "v|i", _converted(a, b), booleans=False
        )
        for a in _NAMES
        for b in _NAMES
        if a != b
    ),
    plain("ROMAN", "i|v", _roman),
    plain("ARABIC", "t", _arabic),
    plain("BITAND", "nn", _both(lambda a, b: a & b)),
    plain("BITOR", "nn", _both(lambda a, b: a | b)),
    plain("BITXOR", "nn", _both(lambda a, b: a ^ b)),
    plain("BITLSHIFT", "ni", _shifted),
    plain("BITRSHIFT", "ni", lambda number, by: _shifted(number, -by)),
)
