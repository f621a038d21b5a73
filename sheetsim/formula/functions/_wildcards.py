"""Excel's wildcards: `*` any text, `?` one character, `~` takes the next one as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=1024)
def pattern(wanted: str) -> Callable[[str], bool]:
    """Return a test of whole texts; case does not matter."""
    parts, i = [], 0
    while i < len(wanted):
        one = wanted[i]
        if one == "~" and i + 1 < len(wanted):
            i += 1
            parts.append(re.escape(wanted[i]))
        else:
            parts.append({"*": ".*", "?": "."}.get(one) or re.escape(one))
        i += 1
    compiled = re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None
