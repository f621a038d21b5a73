"""Excel's wildcards: `*` any text, `?` one character, `~` takes the next one as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=1024)
def _compiled(wanted: str) -> re.Pattern[str]:
    parts, i = [], 0
    while i < len(wanted):
        one = wanted[i]
        if one == "~" and i + 1 < len(wanted):
            i += 1
            parts.append(re.escape(wanted[i]))
        else:
            parts.append({"*": ".*", "?": "."}.get(one) or re.escape(one))
        i += 1
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def pattern(wanted: str) -> Callable[[str], bool]:
    """Return a test of whole texts; case does not matter."""
    compiled = _compiled(wanted)
    return lambda text: compiled.fullmatch(text) is not None


def search(wanted: str, text: str, start: int) -> int:
    """Return where, from 0, a pattern first occurs in a text from `start` on; -1 if nowhere."""
    match = _compiled(wanted).search(text, start)
    return match.start() if match else -1
