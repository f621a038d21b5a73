"""XML as small trees, for the parts of a workbook that say how it looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetsim.references import column_index
from sheetsim.workbook.read.xml_scan import Handler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sheetsim.workbook.read.archive import Archive


def float_of(text: str, default: float) -> float:
    """Return the number that a text spells, the default for none."""
    try:
        return float(text)
    except ValueError:
        return default


def local(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition(" ")[2]


@dataclass
class Element:
    """An element: names and attributes without their namespaces.

    Attributes:
        name: its name.
        attributes: name to value.
        children: the elements within.
        text: what stands in it before its children.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute."""
        return self.attributes.get(name, default)

    def find(self, *path: str) -> Element | None:
        """Return the first element down a path of names, None if it is not there."""
        found = self
        for name in path:
            below = next((one for one in found.children if one.name == name), None)
            if below is None:
                return None
            found = below
        return found

    def all(self, name: str) -> Iterator[Element]:
        """Give the children of a name."""
        return (one for one in self.children if one.name == name)

    def value(self, *path: str, default: str = "") -> str:
        """Return the attribute `val` of an element down a path."""
        found = self.find(*path)
        return default if found is None else found.get("val", default)


class TreeHandler(Handler):
    """Keeps elements as a tree.

    Attributes:
        root: an element that holds them all.
    """

    def __init__(self) -> None:
        self.root = Element("")
        self._path = [self.root]

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Keep an element."""
        own = {local(key): value for key, value in attributes.items()}
        element = Element(local(name), own)
        self._path[-1].children.append(element)
        self._path.append(element)

    def end(self, name: str) -> None:
        """Leave it."""
        del name
        self._path.pop()

    def text(self, text: str) -> None:
        """Keep its text."""
        self._path[-1].text += text


def read_tree(archive: Archive, part: str) -> Element:
    """Return the root element of a part.

    Raises:
        WorkbookError: the part is missing, damaged or no XML.
    """
    handler = TreeHandler()
    archive.scan(part, handler)
    return handler.root.children[0] if handler.root.children else Element("")


class SheetHandler(TreeHandler):
    """The tree of a sheet without its cells; of these the styles, and of rows the heights.

    Attributes:
        styles: (row, column) from 0 to the number of the style, where that is not 0.
        rows: row from 0 to the attributes of its element.
    """

    def __init__(self) -> None:
        super().__init__()
        self.styles: dict[tuple[int, int], int] = {}
        self.rows: dict[int, dict[str, str]] = {}
        self._row = -1
        self._column = -1
        self._within = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Keep what is outside of the cells."""
        if name == "row":
            given = attributes.get("r", "")
            self._row = int(given) - 1 if given.isdigit() else self._row + 1
            self._column = -1
            self.rows[self._row] = dict(attributes)
        elif name == "c" and self._within:
            self._cell(attributes)
        elif not self._within:
            super().start(name, attributes)
        if name == "sheetData":
            self._within += 1

    def _cell(self, attributes: Mapping[str, str]) -> None:
        letters = attributes.get("r", "").rstrip("0123456789")
        self._column = column_index(letters) if letters else self._column + 1
        style = attributes.get("s", "0")
        if style != "0" and style.isdigit():
            self.styles[self._row, self._column] = int(style)

    def end(self, name: str) -> None:
        """Leave an element."""
        if name == "sheetData":
            self._within -= 1
        if not self._within:
            super().end(name)

    def text(self, text: str) -> None:
        """Keep texts outside of the cells."""
        if not self._within:
            super().text(text)
