"""Format codes of numbers cut into sections and tokens, and which section shows a value.

`positive;negative;zero;text`: with one section it shows all numbers, with two the first shows zero
too. A section with `@` behind others is that of texts. A condition, `[>=100]`, takes the place of
the sign; a number that meets none is shown by the section without one. (Measured on the workbooks
about conditions and formats among the tests of Apache POI, which Excel saved.)
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"?)|\\(?P<escaped>.)|_(?P<gap>.)|\*(?P<fill>.)
    |(?P<general>General)|(?P<half>AM/PM|A/P)|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<bracket>[^]]*)\]
    |(?P<exponent>E[+-](?=[0#?]))|(?P<date>y+|m+|d+|h+|s+|e+|g+|b+)|(?P<digit>[0#?])
    |(?P<other>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color\s*\d+", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:E[-+]?\d+)?)\s*", re.I)
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
    "=": operator.eq, "<>": operator.ne,
}  # fmt: skip

Token = tuple[str, str]
"""What it is, and its text."""

MOST = 4
"""Sections of a code."""


class FormatError(ValueError):
    """A format code holds what is not known here."""


@dataclass
class Section:
    """One section of a code.

    Attributes:
        tokens: of the kinds text, digit, `.`, `,`, `%`, `/`, `@`, date, elapsed, half, exponent
            and general.
        condition: the sign and the number that it compares with, None for none.
    """

    tokens: list[Token] = field(default_factory=list)
    condition: tuple[str, float] | None = None

    @property
    def is_text(self) -> bool:
        """Whether it has a place for a text."""
        return any(kind == "@" for kind, _ in self.tokens)

    def meets(self, value: float) -> bool:
        """Whether a number meets the section's condition."""
        if self.condition is None:
            return False
        sign, number = self.condition
        return _TESTS[sign](value, number)


def sections_of(code: str) -> list[Section]:
    """Cut a code into sections.

    Raises:
        FormatError: there are too many, or there is something in it that is not known.
    """
    sections = [Section()]
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup or "other", match[0]
        own = sections[-1]
        if kind == "other" and text == ";":
            sections.append(Section())
        elif kind == "bracket":
            _bracket(own, text[1:-1])
        elif kind in {"quoted", "escaped", "gap", "fill"}:
            inner = {"quoted": text.strip('"'), "gap": " ", "fill": ""}.get(kind, text[1:])
            own.tokens.append(("text", inner))
        elif kind == "other":
            over = text == "/" and any(k == "digit" for k, _ in own.tokens)
            own.tokens.append((text if over or text in ".,%@" else "text", text))
        else:
            own.tokens.append((kind, text[1:-1] if kind == "elapsed" else text))
    if len(sections) > MOST:
        raise FormatError(code)
    return sections


def _bracket(section: Section, inside: str) -> None:
    """Take what stands in brackets: a currency, a condition or a colour."""
    condition = _CONDITION.fullmatch(inside)
    if inside.startswith("$"):
        section.tokens.append(("text", inside[1:].partition("-")[0]))
    elif condition:
        section.condition = condition[1], float(condition[2])
    elif not _COLOUR.fullmatch(inside):
        raise FormatError(inside)


def for_text(sections: list[Section]) -> Section | None:
    """Return the section that shows texts, None if they are shown as they are."""
    if len(sections) == MOST:
        return sections[-1]
    return sections[-1] if sections[-1].is_text else None


def for_number(sections: list[Section], value: float) -> tuple[Section | None, bool]:
    """Return the section that shows a number, and whether it shows it with its sign.

    None stands for General.

    Raises:
        FormatError: no section shows it, so that Excel fills the cell with `#`.
    """
    own = sections[:3]
    if len(own) > 1 and own[-1].is_text:
        own = own[:-1]
    first = own[0]
    if len(own) == 1:
        return (first if first.condition is None or first.meets(value) else None), True
    second = own[1]
    plain = second.condition is None and (len(own) > 2 or first.condition is None)
    if value < 0 and plain and not first.meets(value):
        return second, False
    if len(own) == 2:
        if first.meets(value) or (first.condition is None and value >= 0):
            return first, True
        if second.condition is None or second.meets(value):
            return second, True
        raise FormatError(f"no section for {value}")
    if first.meets(value) or (first.condition is None and value > 0):
        return first, True
    return (second if second.meets(value) else own[2]), True
