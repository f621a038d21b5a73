"""Formula text to tokens, references made relative to the cell that they stand in.

`=B1*$A$1` in C1 and `=B2*$A$1` in C2 are one formula filled down. Here both become the same
tokens, because a relative reference is kept as the distance from its cell (row -0, column -1) and
an absolute one as what it is. So a tuple of tokens is a key: a column of a thousand cells is
parsed once and compiled to one array operation.

The grammar is that of files (ECMA-376, part 1, 18.17): English names, commas, decimal points. What
Excel leaves of a reference to a sheet that is deleted, `#REF!A1`, is the error `#REF!`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sheetsim.book import CellError, Place
from sheetsim.errors import WorkbookError
from sheetsim.references import (
    AREA,
    FORMULA_SHEET,
    MAX_COLUMNS,
    MAX_ROWS,
    read_area,
    unquoted,
)


class Ref(NamedTuple):
    """A cell or a range: each bound a distance from the formula's cell, or fixed.

    Attributes:
        sheet: as written, None for the formula's own.
        top, left, bottom, right: distances, or positions from 0 where `fixed` says so.
        fixed: whether each of the four bounds is absolute, in that order.
        wraps: whether what leaves the sheet comes in again on its other side, as in names, which
            say "the cell to the left" as XFD1, seen from A1.
    """

    sheet: str | None
    top: int
    left: int
    bottom: int
    right: int
    fixed: tuple[bool, bool, bool, bool]
    wraps: bool = False

    def at(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Return (top, left, bottom, right) for a formula in this cell, in order, from 0."""
        a, b, c, d = self.fixed
        top = self.top if a else self.top + row
        left = self.left if b else self.left + column
        bottom = self.bottom if c else self.bottom + row
        right = self.right if d else self.right + column
        if self.wraps:
            top, bottom = top % MAX_ROWS, bottom % MAX_ROWS
            left, right = left % MAX_COLUMNS, right % MAX_COLUMNS
        if top > bottom:
            top, bottom = bottom, top
        if left > right:
            left, right = right, left
        return top, left, bottom, right

    @property
    def is_cell(self) -> bool:
        """Whether it is one cell, written as one."""
        a, b, c, d = self.fixed
        return self.top == self.bottom and self.left == self.right and a == c and b == d


class Token(NamedTuple):
    """One token: its kind, what it says, and where it stands in the text (from 0)."""

    kind: str
    value: Any
    at: int


_AREA = rf"{AREA}(?![\w.(!\[])"
_PATTERN = re.compile(
    rf"""
    (?P<space>[ \t\r\n]+)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<lost>\#REF!(?:{_AREA}|\#REF!|(?:[^\W\d]|\\)[\w.?\\]*(?![\w.(!\[?\\])))
  | (?P<error>\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!|FIELD!
        |BLOCKED!|CONNECT!|UNKNOWN!|BUSY!|EXTERNAL!|PYTHON!))
  | (?P<sheet>{FORMULA_SHEET}!)?
    (?:(?P<area>{_AREA})
    |(?P<broken>\#REF!)
    |(?P<function>[^\W\d][\w.]*\()
    |(?P<name>(?:[^\W\d]|\\)[\w.?\\]*))
  | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<open>\[)
  | (?P<op><=|>=|<>|[-+*/^&=<>%:@\#,;(){{}}])
    """,
    re.VERBOSE,
)
_PREFIXES = re.compile(r"^(?:_xlfn\.|_xlws\.|_xludf\.|_xlpm\.)+", re.IGNORECASE)


def tokenize(formula: str, place: Place) -> tuple[Token, ...]:
    """Split a formula into tokens, without a leading "=".

    Args:
        formula: the text, with or without "=".
        place: the cell that it stands in, row and column from 0.

    Raises:
        WorkbookError: something is no token; the message has the position, from 1.
    """
    tokens: list[Token] = []
    at = 1 if formula.startswith("=") else 0
    end = len(formula)
    while at < end:
        match = _PATTERN.match(formula, at)
        if match is None:
            raise unreadable(formula, at, "expected a value, a reference or an operator")
        kind = match.lastgroup or ""
        behind = match.end()
        if kind == "op":
            tokens.append(Token(match[0], None, at))
        elif kind == "area":
            tokens.append(Token("ref", _ref(match["sheet"], match["area"], place, formula, at), at))
        elif kind == "number":
            tokens.append(Token("const", float(match[0]), at))
        elif kind == "name":
            behind = _named(tokens, formula, match)
        elif kind == "open":
            behind = closing(formula, at)
            tokens.append(Token("table", ("", formula[at:behind]), at))
        elif kind == "sheet":
            raise unreadable(formula, behind, "expected a reference or a name behind the '!'")
        else:
            tokens.append(_plain(kind, match[0], match["sheet"], at))
        at = behind
    return tuple(tokens)


def _plain(kind: str, text: str, sheet: str | None, at: int) -> Token:
    """Return the token of a space, a text, an error, a broken reference or a function."""
    if kind == "space":
        return Token(" ", None, at)
    if kind == "text":
        return Token("const", text[1:-1].replace('""', '"'), at)
    if kind == "function":
        name = text[len(sheet or "") : -1]
        return Token("function", _PREFIXES.sub("", name).upper(), at)
    return Token("const", CellError("#REF!" if kind in {"broken", "lost"} else text), at)


def _named(tokens: list[Token], formula: str, match: re.Match[str]) -> int:
    """Add a boolean, a name or a table's reference; return the position behind it."""
    name, at, behind = match["name"], match.start(), match.end()
    if match["sheet"] is None and name.upper() in {"TRUE", "FALSE"}:
        tokens.append(Token("const", name.upper() == "TRUE", at))
    elif formula[behind : behind + 1] == "[":
        start, behind = behind, closing(formula, behind)
        sheet = sheet_name(match["sheet"])
        if sheet is not None and sheet.startswith("[") and sheet != "[0]":  # of another file
            tokens.append(Token("ref", Ref(sheet, 0, 0, 0, 0, (True, True, True, True)), at))
        else:
            tokens.append(Token("table", (name, formula[start:behind]), at))
    else:
        name = _PREFIXES.sub("", name)
        tokens.append(Token("name", (sheet_name(match["sheet"]), name.casefold()), at))
    return behind


def closing(formula: str, at: int) -> int:
    """Return the position behind the bracket that closes the one at `at`; `'` escapes."""
    depth, i = 0, at
    while i < len(formula):
        if formula[i] == "'":
            i += 1
        elif formula[i] == "[":
            depth += 1
        elif formula[i] == "]":
            depth -= 1
            if depth == 0:
                return i + 1
        i += 1
    raise unreadable(formula, at, "expected a ']' that closes this '['")


def sheet_name(written: str | None) -> str | None:
    """Return a sheet's name from its prefix, such as `'it''s'!`."""
    return None if written is None else unquoted(written[:-1])


def _ref(sheet: str | None, text: str, place: Place, formula: str, at: int) -> Ref:
    """Read `A1`, `$A1:B$2`, `A:C` or `1:3`, and make it relative to the formula's cell."""
    found = read_area(text, sheet_name(sheet))
    if not found.on_sheet:
        raise unreadable(formula, at, f"{text} lies outside a sheet")
    a, b, c, d = found.fixed
    return Ref(
        found.sheet,
        found.top if a else found.top - place[0],
        found.left if b else found.left - place[1],
        found.bottom if c else found.bottom - place[0],
        found.right if d else found.right - place[1],
        found.fixed,
    )


def unreadable(formula: str, at: int, expected: str) -> WorkbookError:
    """Return the error for a formula that cannot be read, with the position from 1."""
    shown = formula if len(formula) <= 80 else formula[:77] + "..."
    return WorkbookError(f"formula {shown!r}, position {at + 1}: {expected}")
