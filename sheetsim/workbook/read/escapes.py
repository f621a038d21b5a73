"""Texts as a workbook's XML holds them: signs that XML cannot hold are written `_x0008_`."""

from __future__ import annotations

import re

# A text that looks so itself is written _x005F_x0008_.
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ESCAPE_NEEDED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def unescaped(text: str) -> str:
    """Return the text that a cell shows, from the one that stands in the file."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def escaped(text: str) -> str:
    """Return the text to put into the file, `&` and `<` not yet replaced."""
    return _ESCAPE_NEEDED.sub(lambda m: f"_x{ord(m[0]):04X}_", text)
