"""The bytes of a cell with another value, its formula and all else kept.

<c r="B2" s="1" t="str"><f>A2&amp;"x"</f><v>ax</v></c>    replaced by 3:
<c r="B2" s="1"><f>A2&amp;"x"</f><v>3</v></c>
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sheetsim.workbook.rewrite.xml_edits import ATTRIBUTE, element_end, splice, start_tag

if TYPE_CHECKING:
    from sheetsim.workbook.read.cell_xml import RawCell
    from sheetsim.workbook.rewrite.xml_edits import Edit

_OF_VALUE = {b"t", b"vm"}


def replaced(data: bytes, cell: RawCell, kind: bytes, content: bytes) -> bytes:
    """Return the bytes of a cell with another value, its formula and all else kept.

    Not kept is `vm`, which says more about the old value (that it is a picture, a rich value, or
    which of the newer errors). `cm`, about the formula, is.

    Args:
        data: the part that the cell was read from.
        cell: the cell.
        kind: the new attribute `t` with a space before it, or nothing for a number.
        content: the new `<v>` or `<is>`, with `%b` wherever the prefix of the names belongs.

    Returns:
        The new element.
    """
    tag = start_tag(data, cell.start)
    prefix = tag[1][:-1]  # the element's name is "c", or "x:c" in files that use a prefix
    new = content.replace(b"%b", prefix)
    kept = without_kind(tag[2])
    edits: list[Edit] = []
    place = tag.end()  # the schema wants the order f, v, is, extLst
    for name, start, end in cell.children:
        behind = element_end(data, start, end)
        if name == "f":
            place = behind
        elif name in {"v", "is"}:
            edits.append((start, behind, b""))
    edits.append((place, place, new))
    inside = new if tag[3] else splice(data, edits, tag.end(), cell.end)
    return b"<%b%b%b>%b</%b>" % (tag[1], kept, kind, inside, tag[1])


@lru_cache(maxsize=4096)
def without_kind(attributes: bytes) -> bytes:
    """Return the attributes of a `<c>` without those that belong to its value, `t` and `vm`."""
    return b"".join(m[0] for m in ATTRIBUTE.finditer(attributes) if m[1] not in _OF_VALUE)


def has_value_metadata(data: bytes, cell: RawCell) -> bool:
    """Whether a cell says more about its value in the workbook's metadata."""
    return any(m[1] == b"vm" for m in ATTRIBUTE.finditer(start_tag(data, cell.start)[2]))
