"""Storing a Solver model in a workbook that exists, as Excel stores it: hidden names of a sheet.

    <definedName name="solver_opt" localSheetId="0" hidden="1">dotprod!$V$41</definedName>

The names of the sheet's former model go; all other names stay, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.xml_scan import Handler, scan
from sheetsim.workbook.rewrite.encoded_value import xml_text
from sheetsim.workbook.rewrite.xml_edits import element_end, require_editable, splice, start_tag
from sheetsim.workbook.solver_model.names import model_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.workbook.read.archive import Archive
    from sheetsim.workbook.rewrite.xml_edits import Edit
    from sheetsim.workbook.solver_model.model import SolverModel


def with_model(archive: Archive, model: SolverModel) -> bytes:
    """Return the workbook's part with a model stored in it.

    Args:
        archive: the workbook.
        model: the model; the one that its sheet has is replaced.

    Raises:
        WorkbookError: the workbook has no such sheet, or its part cannot be edited.
    """
    data = archive.read(archive.workbook)
    where = f"{archive.path}: {archive.workbook}"
    require_editable(data, where)
    order = [sheet.name for sheet in archive.sheets()]
    if model.sheet not in order:
        raise WorkbookError(f"{archive.path}: has no sheet {model.sheet!r} to store a model with")
    places = _NamePlaces()
    scan(data, where, places)
    index = str(order.index(model.sheet))
    prefix = start_tag(data, places.root)[1].removesuffix(b"workbook")
    edits: list[Edit] = []
    kept: list[tuple[tuple[str, str], int]] = []  # where the others stand, by Excel's order
    for attributes, start, end in places.names:
        name, scope = attributes.get("name", "").lower(), attributes.get("localSheetId")
        if name.startswith("solver_") and scope == index:
            edits.append((start, element_end(data, start, end), b""))
        else:
            known = scope is not None and scope.isdecimal() and int(scope) < len(order)
            kept.append(((name, order[int(scope or 0)].lower() if known else ""), start))
    pieces: dict[int, bytes] = {}
    for name, text in model_names(model).items():
        mine = (name, model.sheet.lower())
        at = next((start for other, start in kept if other > mine), -1)
        piece = b'<%bdefinedName name="%b" localSheetId="%b" hidden="1">%b</%bdefinedName>' % (
            *(prefix, name.encode(), index.encode(), xml_text(text), prefix),
        )
        pieces[at] = pieces.get(at, b"") + piece
    last = pieces.pop(-1, b"")  # behind all the others
    edits += [(at, at, piece) for at, piece in pieces.items()]
    return splice(data, [*edits, *_at_the_end(data, places, last, prefix, where)])


def _at_the_end(
    data: bytes, places: _NamePlaces, names: bytes, prefix: bytes, where: str
) -> list[Edit]:
    """Return the edit that puts names behind the others, or into a new list of names."""
    if not names:
        return []
    whole = b"<%bdefinedNames>%b</%bdefinedNames>" % (prefix, names, prefix)
    if places.list is None:
        if places.sheets is None:
            raise WorkbookError(f"{where}: lists no sheets; expected a workbook")
        behind = element_end(data, *places.sheets)
        return [(behind, behind, whole)]
    start, end = places.list
    if start_tag(data, start)[3]:  # <definedNames/>
        return [(start, end, whole)]
    return [(end, end, names)]


class _NamePlaces(Handler):
    """Finds the defined names, and where they belong if there are none.

    Attributes:
        root: where the first element starts.
        names: the attributes, the start and the end of each name.
        list: start and end of the element around them, if there is one.
        sheets: start and end of the last element that has to stand before it.
    """

    def __init__(self) -> None:
        self.root = -1
        self.names: list[tuple[Mapping[str, str], int, int]] = []
        self.list: tuple[int, int] | None = None
        self.sheets: tuple[int, int] | None = None
        self._starts: dict[str, int] = {}
        self._attributes: Mapping[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self.root < 0:
            self.root = self.at
        self._starts[name] = self.at
        if name == "definedName":
            self._attributes = attributes

    def end(self, name: str) -> None:
        span = (self._starts[name], self.at)
        if name == "definedName":
            self.names.append((self._attributes, *span))
        elif name == "definedNames":
            self.list = span
        elif name in {"sheets", "functionGroups", "externalReferences"}:
            self.sheets = span
