"""Numbers as people type them: 3.5 here, 3,5 in half of the world.

Each such number says by itself what it is. Only what looks like thousands may be two things:
1,500 is one and a half, or one thousand five hundred. It is a fraction where another number of
the table settles that its mark is a decimal one; else it is refused, with both readings.
"""

import re
from collections.abc import Iterable

from sheetsim.data.numbers import parse_number
from sheetsim.errors import shown

_COMMA = re.compile(r"[+-]?(?:[0-9]+,[0-9]*|,[0-9]+)")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}([.,])[0-9]{3}")


class Marks:
    """The decimal marks of a table, from all the texts that may be numbers in it.

    Args:
        texts: trimmed or not, in any order.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._settled = {",": False, ".": True}  # a point is a decimal mark if nothing speaks up
        self._commas = False
        for text in map(str.strip, texts):
            if _COMMA.fullmatch(text):
                self._commas = True
                self._settled[","] |= not _THOUSANDS.fullmatch(text)

    def number(self, text: str, largest: float) -> float:
        """One number, of magnitude at most `largest`.

        Raises:
            ValueError: it is none, or may be two; the message is the reason alone.
        """
        text = text.strip()
        thousands = _THOUSANDS.fullmatch(text)
        if thousands:
            mark = thousands[1]
            other_speaks = mark == "." and self._commas and self._settled[","]
            if not self._settled[mark] or other_speaks:
                whole, part = text.split(mark)
                raise ValueError(
                    f"{shown(text)} can be read in two ways: as {whole}.{part} or as {whole}{part};"
                    " expected a number with one decimal, such as 4.5 or 4,5, or none"
                )
        if _COMMA.fullmatch(text):
            return parse_number(text.replace(",", "."), largest)
        return parse_number(text, largest)
