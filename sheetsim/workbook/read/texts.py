"""The texts of a workbook: how they are written, the shared strings, and the defined names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sheetsim.workbook.read.xml_scan import Handler

if TYPE_CHECKING:
    from collections.abc import Mapping

# Characters that XML cannot hold are written _x0008_, and a text that looks so _x005F_x0008_.
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ESCAPE_NEEDED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def unescaped(text: str) -> str:
    """Return the text that a cell shows, from the one that stands in the file."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def escaped(text: str) -> str:
    """Return the text to put into the file, `&` and `<` not yet replaced."""
    return _ESCAPE_NEEDED.sub(lambda m: f"_x{ord(m[0]):04X}_", text)


def short(text: str, most: int = 60) -> str:
    """Return a text of a file as a message shows it: in quotes, on one line, and not endless."""
    return repr(text if len(text) <= most else f"{text[:most]}…")


class Strings(Handler):
    """Collects the shared strings: of each, the text of its runs but not of their reading."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._path: list[str] = []
        self._text: list[str] = []

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        """Remember where we are."""
        self._path.append(name)

    def end(self, name: str) -> None:
        """Keep the text of a string that ends."""
        self._path.pop()
        if name == "si":
            self.found.append(unescaped("".join(self._text)))
            self._text.clear()

    def text(self, text: str) -> None:
        """Keep the text of a run."""
        if self._path[-1] == "t" and "rPh" not in self._path:
            self._text.append(text)


class Names(Handler):
    """Collects the attributes and the text of each defined name."""

    def __init__(self) -> None:
        self.found: list[tuple[Mapping[str, str], str]] = []
        self._text: list[str] | None = None
        self._attributes: Mapping[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Begin a name."""
        if name == "definedName":
            self._attributes, self._text = attributes, []

    def end(self, name: str) -> None:
        """Keep the name that ends."""
        if name == "definedName" and self._text is not None:
            self.found.append((self._attributes, "".join(self._text)))
            self._text = None

    def text(self, text: str) -> None:
        """Keep what the name means."""
        if self._text is not None:
            self._text.append(text)
