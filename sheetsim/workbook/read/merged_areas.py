"""The merged areas of a sheet, of whose cells only the first is to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.references import read_reference
from sheetsim.workbook.read.xml_scan import Handler, scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.book import Place


def merged_areas(data: bytes, where: str) -> list[tuple[Place, Place]]:
    """Return the first and the last cell of each merged area.

    Args:
        data: the sheet's part.
        where: file and sheet, for the message of an error.

    Raises:
        WorkbookError: the XML is bad.
    """
    wide = b"\0" in data[:100]  # UTF-16, whose words look otherwise in bytes
    if b"mergeCell" not in data and not wide:
        return []
    begin, end = data.find(b"<mergeCells"), data.find(b"</mergeCells>")
    if not wide and data.count(b"<mergeCells") == 1 and begin < end:
        data = data[begin : end + len(b"</mergeCells>")]  # the cells need not be parsed again
    found = _Areas()
    scan(data, where, found)
    return found.areas


class _Areas(Handler):
    """Collects the areas."""

    def __init__(self) -> None:
        self.areas: list[tuple[Place, Place]] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element starts."""
        if name == "mergeCell":
            reference = read_reference(attributes.get("ref", ""))
            if reference is not None and reference.on_sheet:
                self.areas.append(reference.corners)
