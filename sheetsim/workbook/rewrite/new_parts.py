"""What new parts of a workbook need: free names, relationships, and the names of the formats."""

from __future__ import annotations

HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
"""What a part begins with."""

LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
"""The namespace of attributes that lead to another part."""

TYPE = "application/vnd.openxmlformats-officedocument"
"""What the content types of a workbook's parts begin with."""

_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def free_part(start: str, taken: set[str]) -> str:
    """Return the name of a part that is not there yet, and note it as taken.

    Args:
        start: the name up to its number, such as `xl/charts/chart`.
        taken: the names that there are, in small letters.
    """
    number = 1
    while f"{start}{number}.xml".lower() in taken:
        number += 1
    name = f"{start}{number}.xml"
    taken.add(name.lower())
    return name


def link_xml(link: str, kind: str, target: str) -> bytes:
    """Return a relationship, `%b` before its name for a prefix.

    Args:
        link: its id.
        kind: the last word of its type, such as "worksheet".
        target: the part that it leads to, with "/" before it.
    """
    return b'<%%bRelationship Id="%b" Type="%b/%b" Target="%b"/>' % (
        *(link.encode(), LINKS.encode(), kind.encode(), target.encode()),
    )


def links_xml(kind: str, target: str) -> bytes:
    """Return a part of relationships that holds but one, rId1; see `link_xml`."""
    link = link_xml("rId1", kind, "/" + target).replace(b"%b", b"")
    return HEAD + b'<Relationships xmlns="%b">%b</Relationships>' % (_PACKAGE.encode(), link)
