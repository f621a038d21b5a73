"""A part of a workbook without its numbers: what two files share if only numbers differ.

    <c r="B2" s="1"><f>A2*3</f><v>0.30000000000000004</v></c>   a sheet's cell
    <c:pt idx="0"><c:v>0.30000000000000004</c:v></c:pt>         what a chart remembers of it

Only these two are numbers that somebody computed. All else (texts, formulas, styles, widths,
limits, and a `<v>` that is the number of a text in a list) is left as it stands. The patterns know
the form in which our own writer writes; a file in another form differs from ours anyhow.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sheetsim.book import Place
from sheetsim.errors import WorkbookError, shown
from sheetsim.references import read_reference

_NUMBER = rb"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?"
_CELL = re.compile(
    rb'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?>(?:<f[^<>]*>[^<]*</f>)?<v>)%b(?=</v></c>)' % _NUMBER
)
_CACHE = re.compile(rb"<c:f>([^<]*)</c:f><c:numCache>(.*?)</c:numCache>", re.DOTALL)
_POINT = re.compile(rb'(<c:pt idx="([0-9]+)"><c:v>)(%b)(?=</c:v></c:pt>)' % _NUMBER)


def outline(name: str, part: bytes) -> bytes:
    """Return a part without its numbers.

    Args:
        name: of the part; cells stand in sheets and remembered values in charts.
        part: its bytes.
    """
    if name.startswith("xl/worksheets/"):
        return _CELL.sub(rb"\1", part)
    if name.startswith("xl/charts/"):
        return _CACHE.sub(lambda cache: _POINT.sub(rb"\1", cache[0]), part)
    return part


class ChartNumber(NamedTuple):
    """A number that a chart remembers: the cell that it is from, and what it was."""

    sheet: str
    place: Place
    number: float


def chart_numbers(part: bytes, where: str) -> list[ChartNumber]:
    """Return the numbers that a chart's part remembers, and the cells that they are from.

    Names of sheets are read as ours are: without an apostrophe or a sign that XML would escape.

    Args:
        part: the bytes of a chart.
        where: file and part, for the message of an error.

    Raises:
        WorkbookError: a reference is none.
    """
    found = []
    for cache in _CACHE.finditer(part):
        text = cache[1].decode()
        reference = read_reference(text)
        if reference is None or reference.sheet is None or not reference.on_sheet:
            raise WorkbookError(f"{where}: {shown(text)} is no reference to cells of a sheet")
        (top, left), (_, right) = reference.corners
        columns = right - left + 1
        for point in _POINT.finditer(cache[2]):
            down, across = divmod(int(point[2]), columns)
            at = (top + down, left + across)
            found.append(ChartNumber(reference.sheet, at, float(point[3])))
    return found
