"""Whole numbers in other bases, in Roman numerals, and bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheetsim.formula.functions._make import plain
from sheetsim.formula.values import NUM_ERROR, VALUE_ERROR, ExcelError, number_of, text_of

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BITS = 2**48
_LIMITS = {2: 2**10, 8: 8**10, 16: 16**10}
"""How many numbers ten digits can tell, the upper half of them negative (two's complement)."""

_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
    (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


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
    if not -limit // 2 <= number < limit // 2:
        raise ExcelError(NUM_ERROR)
    if number < 0:
        return _spelled(number + limit, base)
    shown = _spelled(number, base)
    if places and not len(shown) <= places[0] <= 10:
        raise ExcelError(NUM_ERROR)
    return shown.rjust(places[0], "0") if places else shown


def _converted(source: int, target: int) -> Callable[..., Any]:
    """Return a conversion between bases; a decimal number is a number, others are texts."""

    def convert(value: Any, *places: int) -> Any:
        if isinstance(value, bool):
            raise ExcelError(VALUE_ERROR)
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


def _roman(number: int, form: int = 0) -> str:
    """Return the classic form; the shorter ones of Excel's form 1 to 4 are not known."""
    if not 0 <= number <= 3999 or form != 0:
        raise ExcelError(VALUE_ERROR)
    out = ""
    for size, sign in _ROMAN:
        count, number = divmod(number, size)
        out += count * sign
    return out


def _arabic(text: str) -> float:
    text = text.strip().upper()
    minus, text = text.startswith("-"), text.removeprefix("-")
    sizes = {sign: size for size, sign in _ROMAN if len(sign) == 1}
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
        plain(f"{_NAMES[a]}2{_NAMES[b]}", "v" if b == 10 else "v|i", _converted(a, b))
        for a in _NAMES
        for b in _NAMES
        if a != b
    ),
    plain("ROMAN", "i|i", _roman),
    plain("ARABIC", "t", _arabic),
    plain("BITAND", "nn", _both(lambda a, b: a & b)),
    plain("BITOR", "nn", _both(lambda a, b: a | b)),
    plain("BITXOR", "nn", _both(lambda a, b: a ^ b)),
    plain("BITLSHIFT", "ni", _shifted),
    plain("BITRSHIFT", "ni", lambda number, by: _shifted(number, -by)),
)
