"""Edits in the bytes of XML: what is not edited survives byte for byte.

Nothing is ever serialised again, so namespaces, extensions and the order of attributes stay. Where
elements stand is found by a real parser (`read.xml_scan`); the patterns here only ever meet bytes
where it has seen a start tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Iterable

Edit = tuple[int, int, bytes]
"""From which byte, up to which, and what to put there instead."""

# Sound at a start tag: an attribute's value is quoted and cannot hold its own quote or a "<".
_TAG = re.compile(rb"""<([^\s/>]+)((?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(/?)>""")
ATTRIBUTE = re.compile(rb"""\s+([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')""")


def with_attribute(data: bytes, start: int, name: bytes, value: bytes) -> bytes:
    """Return the part with an attribute set on the element whose start tag stands at `start`."""
    tag = start_tag(data, start)
    kept = b"".join(m[0] for m in ATTRIBUTE.finditer(tag[2]) if m[1] != name)
    new = b'<%b%b %b="%b"%b>' % (tag[1], kept, name, value, tag[3])
    return data[:start] + new + data[tag.end() :]


def element_end(data: bytes, start: int, end: int) -> int:
    """Return the byte behind an element, given its start and where expat reported its end."""
    return end if start_tag(data, start)[3] else data.index(b">", end) + 1


def start_tag(data: bytes, start: int) -> re.Match[bytes]:
    """Return the start tag at a byte where expat found one: name, attributes, "/" or nothing."""
    tag = _TAG.match(data, start)
    if tag is None:  # cannot be, see the note at the pattern
        raise WorkbookError(f"no start tag at byte {start} where the XML parser saw one")
    return tag


def splice(data: bytes, edits: Iterable[Edit], start: int = 0, stop: int | None = None) -> bytes:
    """Return `data[start:stop]` with each edit (from, to, bytes) made; they must not overlap."""
    pieces, at = [], start
    for first, behind, new in sorted(edits):
        pieces += [data[at:first], new]
        at = behind
    return b"".join([*pieces, data[at:stop]])


def require_editable(data: bytes, where: str) -> None:
    """Refuse a part whose bytes are not those of its ASCII signs.

    Args:
        data: the part.
        where: file and part, for the message.

    Raises:
        WorkbookError: it is in UTF-16.
    """
    if b"\0" in data[:4] or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise WorkbookError(f"{where}: is in UTF-16, which is not edited here")
