"""XML from a file, parsed with what could do harm refused.

Every part of a workbook is read by `scan`, which refuses a document type declaration, and with
it every entity, internal or external, before it can do harm. Expat tells the byte where each
element starts and where its end tag starts, so that a part can be edited in its bytes, with a
real parser and not a pattern saying where the elements are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from sheetsim.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Excel writes the first of each pair, and the second when it saves "Strict Open XML".
NAMESPACES = frozenset(
    {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/package/2006/relationships",
    }
)

MAX_DEPTH = 1000
"""Elements within elements. Those of a workbook reach about 30; endless ones fill the memory."""


class Handler:
    """What `scan` tells of a part; override what is of interest.

    Names from the namespaces of a workbook come bare (`c`); others as `namespace name`, so that
    an extension's element is not taken for one of ours.

    Attributes:
        at: when an element starts, the byte of its `<`; when it ends, the `<` of its end tag, or
            just behind it if it closes itself.
    """

    at = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element starts."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text, with references and CDATA resolved, possibly in several pieces."""


def scan(data: bytes, where: str, handler: Handler) -> None:
    """Parse a part and call `handler` for each element and text in it.

    Args:
        data: the bytes of the part.
        where: file and part, for the error's message.
        handler: what is called.

    Raises:
        WorkbookError: the part is not well-formed, nested without end, or declares a document
            type.
    """
    parser = expat.ParserCreate(None, " ")
    parser.buffer_text = True
    short: dict[str, str] = {}  # the few names of a part, shortened once each

    def shorten(name: str) -> str:
        namespace, _, local = name.rpartition(" ")
        return short.setdefault(name, local if namespace in NAMESPACES else name)

    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise WorkbookError(f"{where}: nests elements {MAX_DEPTH:,} deep; refused")
        handler.at = parser.CurrentByteIndex
        handler.start(short.get(name) or shorten(name), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.at = parser.CurrentByteIndex
        handler.end(short.get(name) or shorten(name))

    def refuse(*_: object) -> None:
        raise WorkbookError(f"{where}: declares a document type, which no workbook needs; refused")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        # LookupError and ValueError: the part declares an encoding that there is not.
        raise WorkbookError(f"{where}: is not well-formed XML ({error})") from error
