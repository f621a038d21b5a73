"""The cells of a sheet in the plain form that most programs write, read by one pattern.

    <sheetData><row r="1" spans="1:2"><c r="A1" s="3" t="s"><v>0</v></c>
    <c r="B1"><f>A1*2</f><v>4</v></c></row> ... </sheetData>

Calling Python for every element of half a megabyte of XML takes ten times as long as parsing it.
So expat parses a sheet without calling anything, which proves it well-formed, and a regular
expression takes the cells. That is sound because of what is refused here first: without comments,
CDATA, processing instructions and a document type, every `<` of well-formed XML starts a tag; and
the tokens must follow each other without a gap, so that nothing but rows and cells, in the right
namespace, can have been passed over.

Whatever does not fit (inline strings, cells that leave out where they stand, prefixes, pretty
spaces, anything wrong at all) is not judged but left to the general reader, with its messages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

import numpy as np

from sheetsim.columns import Ints, keys_of
from sheetsim.references import MAX_COLUMNS, MAX_ROWS, column_index
from sheetsim.workbook.read.cell_xml import RawCell
from sheetsim.workbook.read.xml_scan import MAX_DEPTH, NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sheetsim.book import Place

Token = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]
"""Of a cell: letters, digits, attributes; the start tag of `<f>` without its ">", and its text;
"<v" if there is one, and its text. Then, if nothing fits, the byte that stands there."""

WholeToken = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]
"""The bytes of the whole token before these."""

# Where a row says that it stands is not needed here, but no row at all is an error.
_A_ROW_NUMBER = (
    rb"(?:[1-9][0-9]{0,5}|10[0-3][0-9]{4}|104[0-7][0-9]{3}|1048[0-4][0-9]{2}|10485[0-6][0-9]"
    rb"|104857[0-6])"
)
_ROW_TAG = rb"""<row(?:\sr="%b"(?=[\s/>])|\s(?!r[\s=])[^\s<>=/"']+="[^"<>]*")*""" % _A_ROW_NUMBER
_ROWS = rb"(?:%b\s?/>)*" % _ROW_TAG
_ROW = rb"%b\s?>" % _ROW_TAG
TOKEN = re.compile(
    rb"""<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"([^<>]*)>"""
    rb"""(?:(?:(<f(?:\s[^<>]*|/)?)>(?:([^<]*)</f>)?)?(?:(<v)>([^<]*)</v>)?</c>)?"""
    rb"|</row>" + _ROWS + _ROW + rb"|([\s\S])[\s\S]*"
)
"""A cell; or the end of a row and the start of the next; or neither, and then all that is left."""

_WHOLE_TOKEN = re.compile(b"(" + TOKEN.pattern + b")")

_ROOT = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:<\?xml\s(?:[^<>?]*)\?>\s*)?<worksheet((?:\s[^<>]*)?)>""", re.DOTALL
)
_FIRST = re.compile(rb"<sheetData>" + _ROWS + _ROW)
_LAST = re.compile(rb"</row>" + _ROWS + rb"</sheetData>")
_ENCODING = re.compile(rb"""\sencoding\s*=\s*["']([^"']*)["']""")
_DEFAULT = re.compile(rb"""\sxmlns\s*=\s*["']([^"']*)["']""")
_PREFIXED = re.compile(rb"""\sxmlns:[^\s=]+\s*=\s*["']([^"']*)["']""")
_A_ROW = re.compile(rb"<row[\s/>]")
_ATTRIBUTE = re.compile(rb"""\s([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CHUNK = 2**20
_OURS = frozenset(name.encode() for name in NAMESPACES)


def plain_region(data: bytes) -> tuple[int, int] | None:
    """Return from which byte to which the cells of a sheet go, if it is plain.

    Args:
        data: the sheet's part.

    Returns:
        From behind the first row's start tag to the last row's end tag, where `TOKEN` can be
        matched again and again; None if the sheet has to be read in the general way.
    """
    root = _ROOT.match(data)
    if root is None or b"<!" in data or data.find(b"<?", 8) >= 0:
        return None
    encoding = _ENCODING.search(data, 0, root.start(1))
    if encoding is not None and encoding[1].lower() not in {b"utf-8", b"us-ascii"}:
        return None
    first = _FIRST.search(data, root.end())
    if first is None:
        return None
    end = data.rfind(b"</sheetData>")
    start = data.rfind(b"</row>", first.end(), end)
    last = None if start < 0 else _LAST.match(data, start)
    if last is None or last.end() != end + len(b"</sheetData>"):
        return None
    around = (data[: first.start()], data[end:])
    if not _plain_around(root[1], *around):
        return None
    if any(data.find(odd, first.start(), end) >= 0 for odd in (b"xmlns", b"\r")):
        return None
    return (first.end(), start) if _well_formed(data) else None


def plain_attributes(text: bytes) -> dict[str, str]:
    """Return the attributes in a start tag.

    Raises:
        ValueError: they hold references or other white space than spaces, which XML changes; or
            one holds a ">", where the pattern of a tag ends too early.
    """
    found = list(_ATTRIBUTE.finditer(text))
    whole = b"".join([match[0] for match in found]) == text.rstrip(b" /")
    if b"&" in text or b"\n" in text or b"\t" in text or not whole:
        raise ValueError
    return {m[1].decode(): (m[2] or m[3] or b"").decode() for m in found}


def plain_text(text: bytes) -> str:
    """Return the text of an element, its references resolved."""
    found = text.decode()
    return _ENTITY.sub(_resolved, found) if "&" in found else found


_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|([a-z]+));")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def _resolved(match: re.Match[str]) -> str:
    if match[3]:
        return _ENTITIES[match[3]]
    return chr(int(match[1], 16) if match[1] else int(match[2]))


def _plain_around(root: bytes, head: bytes, tail: bytes) -> bool:
    """Whether what stands around the cells leaves names without a prefix, and them alone, ours."""
    default = _DEFAULT.findall(head)
    if len(default) != 1 or default != _DEFAULT.findall(root) or default[0] not in _OURS:
        return False
    prefixed = _PREFIXED.findall(head) + _PREFIXED.findall(tail)
    if any(name in _OURS or b"&" in name for name in prefixed):
        return False
    if _A_ROW.search(head) or _A_ROW.search(tail):
        return False
    return head.count(b"</") + tail.count(b"</") < MAX_DEPTH - 10  # so it cannot be deeper


def _well_formed(data: bytes) -> bool:
    try:
        expat.ParserCreate(None, " ").Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):
        return False
    return True


def tokens(data: bytes, start: int, end: int) -> Iterator[tuple[int, list[Token]]]:
    """Yield the tokens of a region, about a megabyte at a time, with how far in it they go.

    Whoever takes them has to look at the last group of each: if it holds a byte, there is a gap,
    and the sheet has to be read in the general way.
    """
    for first, stop in _chunks(data, start, end):
        yield stop, TOKEN.findall(data, first, stop)


def _chunks(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = data.find(b"</row>", start + _CHUNK, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop


def plain_cells(data: bytes, wanted: Collection[Place]) -> list[PlainCell] | None:
    """Return some cells of a sheet, if it is plain.

    Args:
        data: the part.
        wanted: the cells to return, as far as they are there.

    Returns:
        The cells in the order of the file; None if the sheet has to be read in the general way.
    """
    region = plain_region(data)
    if region is None:
        return None
    places = sorted(wanted)
    keys = keys_of(*np.array(places, np.intp).reshape(-1, 2).T)
    found: list[PlainCell] = []
    columns: dict[bytes, int] = {}
    try:
        for start, stop in _chunks(data, *region):
            chunk = _WHOLE_TOKEN.findall(data, start, stop)
            found += _wanted(chunk, start, places, keys, columns)
    except ValueError:
        return None
    return found


def plain_tokens(data: bytes) -> Iterator[tuple[int, WholeToken]] | None:
    """Return every token of a sheet with the byte where it starts, if the sheet is plain.

    Returns:
        The tokens in the order of the file, which raise a ValueError if they meet what does not
        fit; None if the sheet has to be read in the general way.
    """
    region = plain_region(data)
    return None if region is None else _all_tokens(data, *region)


def _all_tokens(data: bytes, start: int, end: int) -> Iterator[tuple[int, WholeToken]]:
    for at, stop in _chunks(data, start, end):
        for token in _WHOLE_TOKEN.findall(data, at, stop):
            if token[8]:
                raise ValueError
            yield at, token
            at += len(token[0])


def _wanted(
    chunk: list[WholeToken], at: int, places: list[Place], keys: Ints, columns: dict[bytes, int]
) -> list[PlainCell]:
    """Return the wanted cells among some tokens, the first of which starts at a byte.

    Args:
        chunk: the tokens.
        at: that byte.
        places: the wanted cells in order.
        keys: the same as numbers.
        columns: the letters that are known already.

    Raises:
        ValueError: something does not fit, at any cell.
    """
    starts = at + np.cumsum([0, *[len(token[0]) for token in chunk]])
    cells = [i for i, token in enumerate(chunk) if token[1]]
    if len(cells) < len(chunk) and any(token[8] for token in chunk):
        raise ValueError
    for letters in {chunk[i][1] for i in cells} - columns.keys():
        columns[letters] = plain_column(letters)
    rows = np.array([int(chunk[i][2]) for i in cells], np.intp) - 1
    if len(rows) and rows.max() >= MAX_ROWS:
        raise ValueError
    own = keys_of(rows, np.array([columns[chunk[i][1]] for i in cells], np.intp))
    if not len(keys) or not len(own):
        return []
    which = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
    hits = np.flatnonzero(keys[which] == own)
    numbers = [cells[i] for i in hits.tolist()]
    return [
        PlainCell(places[k], chunk[i], start)
        for k, i, start in zip(which[hits].tolist(), numbers, starts[numbers].tolist(), strict=True)
    ]


class PlainCell(NamedTuple):
    """A cell of a plain sheet: its place, its token, and the byte where it starts."""

    place: Place
    token: WholeToken
    at: int

    @property
    def number(self) -> tuple[int, bytes] | None:
        """Where the text of its number starts, and that text; None if it holds anything else."""
        whole, style, raw = self.token[0], self.token[3], self.token[7]
        if not raw or b"&" in raw or b"t" in style or b"vm" in style:  # attributes, perhaps
            return None
        return self.at + len(whole) - len(raw) - len(b"</v></c>"), raw

    def raw(self) -> RawCell:
        """Return the cell as `cell_xml.raw_cells` describes it."""
        whole, letters, digits, style, start, text, has_value, raw, _ = self.token
        at = self.at
        kind = plain_attributes(style).get("t", "n") if b"t" in style else "n"
        end = at + len(whole) - (len(b"</c>") if whole.endswith(b"</c>") else 0)
        cell = RawCell(self.place, kind, at, end)
        inside = at + len(b'<c r="">') + len(letters) + len(digits) + len(style)
        if start:
            behind = inside + len(start) + 1
            cell.formula = plain_text(text)
            if start.endswith(b"/"):
                cell.children.append(("f", inside, behind))
                inside = behind
            else:
                cell.children.append(("f", inside, behind + len(text)))
                inside = behind + len(text) + len(b"</f>")
        if has_value:
            cell.value = plain_text(raw)
            cell.children.append(("v", inside, inside + len(b"<v>") + len(raw)))
        return cell


def plain_row(digits: bytes) -> int:
    """Return a row from 0.

    Raises:
        ValueError: no sheet has so many.
    """
    row = int(digits) - 1
    if row >= MAX_ROWS:
        raise ValueError
    return row


def plain_column(letters: bytes) -> int:
    """Return a column from 0.

    Raises:
        ValueError: no sheet has so many.
    """
    column = column_index(letters.decode())
    if column >= MAX_COLUMNS:
        raise ValueError
    return column
