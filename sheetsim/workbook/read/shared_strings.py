"""The shared strings: texts that the cells of a workbook refer to by their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.workbook.read.escapes import unescaped
from sheetsim.workbook.read.xml_scan import Handler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.workbook.read.archive import Archive


def shared_strings(archive: Archive) -> list[str]:
    """Return the texts that cells refer to by number; a workbook may have none."""
    part = archive.link(archive.workbook, "sharedStrings")
    handler = _Strings()
    if part is not None:
        archive.scan(part, handler)
    return handler.found


class _Strings(Handler):
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
