"""Excel's wildcards: `*` any text, `?` one character, `~` takes the next one as it is.

A pattern is split at its `*`. What stands between them has a fixed length, and each such piece is
taken where it first occurs behind the one before, which finds a way to match if there is any. So
nothing is tried twice, whatever a pattern is: a regular expression with many `.*` may go back
without end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

LONGEST = 255
"""Characters of a pattern; Excel matches no longer ones (documentation of COUNTIF and SEARCH)."""


class _Piece(NamedTuple):
    """A part of a pattern between two `*`, and how many characters it matches."""

    pattern: re.Pattern[str]
    length: int


@lru_cache(maxsize=1024)
def _pieces(wanted: str) -> tuple[_Piece, ...]:
    """Return what stands between the `*` of a pattern, one more than there are `*`."""
    pieces: list[list[str]] = [[]]
    i = 0
    while i < len(wanted):
        one = wanted[i]
        if one == "~" and i + 1 < len(wanted):
            i += 1
            pieces[-1].append(re.escape(wanted[i]))
        elif one == "*":
            pieces.append([])
        else:
            pieces[-1].append("." if one == "?" else re.escape(one))
        i += 1
    flags = re.IGNORECASE | re.DOTALL
    return tuple(_Piece(re.compile("".join(piece), flags), len(piece)) for piece in pieces)


def pattern(wanted: str) -> Callable[[str], bool]:
    """Return a test of whole texts; case does not matter."""
    if len(wanted) > LONGEST:
        return lambda _text: False
    first, *between = _pieces(wanted)
    if not between:
        return lambda text: first.pattern.fullmatch(text) is not None
    last = between.pop()

    def test(text: str) -> bool:
        start = first.pattern.match(text)
        if start is None:
            return False
        at = _behind(between, text, start.end())
        end = len(text) - last.length
        return 0 <= at <= end and last.pattern.match(text, end) is not None

    return test


def _behind(pieces: list[_Piece], text: str, at: int) -> int:
    """Return where the pieces, one behind the other, end; -1 if they do not occur."""
    for piece in pieces:
        found = piece.pattern.search(text, at)
        if found is None:
            return -1
        at = found.end()
    return at


def search(wanted: str, text: str, start: int) -> int:
    """Return where, from 0, a pattern first occurs in a text from `start` on; -1 if nowhere."""
    if len(wanted) > LONGEST:
        return -1
    first, *more = _pieces(wanted)
    found = first.pattern.search(text, start)
    if found is None or _behind(more, text, found.end()) < 0:
        return -1  # nor behind a later place of the first piece: less is left there
    return found.start()
