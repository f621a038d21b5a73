"""The quick way to read a sheet agrees with the general one, or leaves the sheet to it."""

import pickle
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from book_files import MAIN
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sheetsim.book import Cell, Place
from sheetsim.errors import WorkbookError
from sheetsim.workbook.read import plain_sheet
from sheetsim.workbook.read.cell_xml import raw_cells
from sheetsim.workbook.read.plain_sheet import plain_cells
from sheetsim.workbook.read.sheet_cells import _read_plain, _Reader
from sheetsim.workbook.read.xml_scan import scan
from sheetsim.workbook.rewrite.cell_values import sheet_with_values

STRINGS = [f"text {i}" for i in range(1_000)]
WHERE = "file: sheet"

Found = list[tuple[Place, Cell, Place | None]]


def strings() -> Sequence[str]:
    return STRINGS


def listed(cells: Mapping[Place, Cell]) -> Found:
    """In order, and with the origins, without which cells are equal."""
    return [(place, cell, cell.origin) for place, cell in cells.items()]


def general(data: bytes) -> Found:
    reader = _Reader(data, WHERE, strings, None)
    scan(data, WHERE, reader)
    return listed(reader.found.columns(WHERE))


def plain(data: bytes) -> Found | None:
    found = _read_plain(data, strings, None)
    return None if found is None else listed(found.columns(WHERE))


def said(read: Callable[[bytes], Found | None], data: bytes) -> Found | str | None:
    """What a reader finds, or the message of its error."""
    try:
        return read(data)
    except WorkbookError as error:
        return str(error)


def agrees(data: bytes) -> bool:
    """Whether the quick way took the sheet; both ways give the same then."""
    quick = said(plain, data)
    if quick is not None:
        assert quick == said(general, data)
    places = [] if quick is None or isinstance(quick, str) else [one[0] for one in quick][::3]
    cells = plain_cells(data, places)
    if cells is not None:
        wanted = set(places)
        expected = [cell for cell in raw_cells(data, WHERE) if cell.place in wanted]
        assert [bare(cell.raw()) for cell in cells] == [bare(cell) for cell in expected]
    return quick is not None


def bare(cell: object) -> dict[str, object]:
    names = ("place", "kind", "start", "end", "value", "inline", "formula", "children")
    return {name: getattr(cell, name) for name in names}


def sheets_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {n: file.read(n) for n in file.namelist() if n.startswith("xl/worksheets/sheet")}


@pytest.mark.parametrize("file", ["collab_filter.xlsx", "graddesc.xlsm", "entropy_example.xlsx"])
def test_excels_sheets_are_read_the_quick_way(lecture: Path, file: str) -> None:
    for name, data in sheets_of(lecture / file).items():
        assert agrees(data), name


def test_the_projects_own_sheets_are_read_the_quick_way(root: Path) -> None:
    paths = sorted((root / "workbooks").glob("*.xlsx"))
    assert paths
    for path in paths:
        for name, data in sheets_of(path).items():
            assert agrees(data), (path, name)


def sheet(rows: str, head: str = "", tail: str = "", root: str = f'xmlns="{MAIN}"') -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        f"<worksheet {root}>{head}<sheetData>{rows}</sheetData>{tail}</worksheet>"
    ).encode()


def row(cells: str, number: int = 1) -> str:
    return f'<row r="{number}">{cells}</row>'


PLAIN = {
    "numbers": row('<c r="A1"><v>1</v></c><c r="XFD1" s="3"><v>-1.5E-7</v></c>'),
    "blanks": row('<c r="A1" s="1"/><c r="B1"></c><c r="C1" s="2"></c>'),
    "texts": row('<c r="A1" t="s"><v>7</v></c>'
                 '<c r="B1" t="str"><f>"&lt;"</f><v>a&amp;b_x0041_</v></c>'),
    "an empty text": row('<c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><f>A1</f><v></v></c>'),
    "other types": row('<c r="A1" t="b"><v>1</v></c><c r="B1" t="e"><v>#N/A</v></c>'),
    "single quotes": row("<c r=\"A1\" s='1' t='b'><v>0</v></c>"),
    "another order": row('<c r="A1" t="s" s="4"><v>7</v></c>'),
    "dynamic arrays": row('<c r="A1" cm="1"><f t="array" ref="A1:B1">B2:C2</f><v>1</v></c>'
                          '<c r="B1" s="1"/>'),
    "data tables": row('<c r="A1"><f t="dataTable" ref="A1:B1" r1="D1" r2="D2"/><v>1</v></c>'
                       '<c r="B1"><v>2</v></c>'),
    "shared": row('<c r="A1"><f t="shared" ref="A1:A3" si="0">B1+$C$1</f><v>1</v></c>')
    + row('<c r="A2"><f t="shared" si="0"/><v>2</v></c>', 2)
    + row('<c r="A3"><f t="shared" si="0"></f></c><c r="C3"><f t="shared" si="0"/></c>', 3)
    + row('<c r="B4"><f t="shared" ref="B4" si="0">Z9</f></c>'
          '<c r="C4"><f t="shared" si="0"/></c>', 4),
    "empty rows": '<row r="1"/><row r="2" spans="1:2">' + '<c r="A2"/></row><row r="3"/>',
    "a formula alone": row('<c r="A1"><f ca="1">RAND()</f></c><c r="B1"><f/></c>'),
    "twice": row('<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>'),
    "other letters": row('<c r="A1" t="str"><f>"ä"</f><v>\N{GRINNING FACE}ä</v></c>'),
}  # fmt: skip
ODD = {
    "no place": row("<c><v>1</v></c>"),
    "an inline text": row('<c r="A1" t="inlineStr"><is><t>x</t></is></c>'),
    "an inline text without one": row('<c r="A1" t="inlineStr"/>'),
    "a comment": row('<c r="A1"><v>1<!-- --></v></c>'),
    "CDATA": row('<c r="A1"><f><![CDATA[1<2]]></f></c>'),
    "an instruction": row('<c r="A1"><?x y?><v>1</v></c>'),
    "spaces": row(' <c r="A1"><v>1</v></c>'),
    "a line's end in a text": row('<c r="A1" t="str"><f>1</f><v>a\r\nb</v></c>'),
    "another namespace": row('<c r="A1" xmlns="urn:x"><v>1</v></c>'),
    "a row of another namespace": '<row xmlns="urn:x" r="1"><c r="A1"><v>1</v></c></row>',
    "a list": row('<c r="A1"><v>1</v><extLst><v>2</v></extLst></c>'),
    "a lower case place": row('<c r="a1"><v>1</v></c>'),
    "a fixed place": row('<c r="$A$1"><v>1</v></c>'),
    "a bracket in a value": row('<c r="A1" x=">" t="b"><v>1</v></c>'),
    "a cell in a cell": row('<c r="A1"><c r="B1"><v>1</v></c></c>'),
    "a value in a formula": row('<c r="A1"><f><v>1</v></f></c>'),
    "a cell in no row": '<c r="A1"><v>1</v></c>' + row('<c r="A1"/>'),
    "a cell behind the rows": row('<c r="A1"/>') + '<c r="A1"><v>1</v></c>',
    "nothing": "",
    "an unknown type": row('<c r="A1" t="x"><v>1</v></c>'),
    "a value that a reference spells": row('<c r="A1" t="&#98;"><v>1</v></c>'),
}  # fmt: skip
BAD = {
    "no number": row('<c r="A1"><v>x</v></c>'),
    "not finite": row('<c r="A1"><v>1e999</v></c>'),
    "not a number": row('<c r="A1"><v>nan</v></c>'),
    "no column": row('<c r="XFE1"><v>1</v></c>'),
    "no row": row('<c r="A1048577"/>'),
    "no text": row('<c r="A1" t="s"><v>-1</v></c>'),
    "no shared formula": row('<c r="A1"><f t="shared" si="3"/></c>'),
    "no type": row('<c r="A1" t="x"><v>x</v></c>'),
    "an end too many": row('<c r="A1"/></c>'),
    "the same attribute twice": row('<c r="A1" s="1" s="2"/>'),
    "an unknown prefix": row('<c r="A1" x:s="1"/>'),
    "an endless row": row('<c r="A1"/>').replace('r="1"', f'r="{"9" * 5000}"'),
    "an unknown reference": row('<c r="A1" t="str"><v>&no;</v></c>'),
}


@pytest.mark.parametrize("what", PLAIN)
def test_the_plain_form(what: str) -> None:
    assert agrees(sheet(PLAIN[what]))


@pytest.mark.parametrize("what", ODD)
def test_other_forms_are_left_to_the_general_reader(what: str) -> None:
    assert not agrees(sheet(ODD[what]))
    general(sheet(ODD[what]))


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_is_left_to_the_general_reader(what: str) -> None:
    assert not agrees(sheet(BAD[what]))
    with pytest.raises(WorkbookError):
        general(sheet(BAD[what]))


ROWS = row('<c r="A1"><v>1</v></c>')


@pytest.mark.parametrize(
    ("data", "taken"),
    [
        (sheet(ROWS, tail="<x:ext xmlns:x='urn:x'><x:row/></x:ext>"), True),
        (sheet(ROWS, tail=f"<x:ext xmlns:x='{MAIN}'><x:row/></x:ext>"), False),
        (sheet(ROWS, tail="<row/>"), False),
        (sheet(ROWS, head="<row><c r='B1'><v>1</v></c></row>"), False),
        (sheet(ROWS, tail="<a xmlns='urn:x'><row/></a>"), False),
        (sheet(ROWS, root="xmlns='urn:x'"), False),
        (sheet(ROWS, root=f"xmlns='urn:x' a=' xmlns=\"{MAIN}\"'"), False),
        (sheet(ROWS, root="a='1'"), False),
        (sheet(ROWS, tail=f"<sheetData>{ROWS}</sheetData>"), False),
        (sheet(ROWS, head="<sheetData/>"), True),
        (sheet(ROWS, tail="<a>" * 1200 + "</a>" * 1200), False),
        (sheet(ROWS, tail="<a>" * 900 + "</a>" * 900), True),
        (sheet(ROWS)[:-1], False),
        (sheet(ROWS).replace(b'?>\r\n', b'?><!DOCTYPE worksheet>'), False),
        (sheet(ROWS).replace(b"UTF-8", b"ISO-8859-1"), False),
        (sheet(ROWS).decode().replace("UTF-8", "UTF-16").encode("utf-16"), False),
        (b"\xef\xbb\xbf" + sheet(ROWS), True),
        (sheet(ROWS).partition(b"\r\n")[2], True),
        (sheet(ROWS + "\N{LATIN SMALL LETTER A WITH DIAERESIS}").replace(b"\xc3", b""), False),
    ],
)  # fmt: skip
def test_what_stands_around_the_cells(data: bytes, taken: bool) -> None:
    assert agrees(data) == taken


def test_many_cells_are_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sheet("".join(row(f'<c r="A{i}"><v>{i}</v></c>', i) for i in range(1, 500)))
    monkeypatch.setattr(plain_sheet, "_CHUNK", 100)
    assert agrees(data)


PIECES = st.sampled_from(
    [b"<", b">", b"/", b'"', b"'", b" ", b"&", b"&lt;", b"<!--", b"-->", b"<v>", b"</v>", b"<f>",
     b"</f>", b"</c>", b'<c r="A1">', b"<c>", b"</row>", b"<row>", b"<row/>", b't="str"', b' t="s"',
     b"0", b"1", b"e", b"A", b"\r", b"\n", b"\xc3\xa4", b"\xff", b"xmlns", b' xmlns="urn:x"',
     b'si="0"', b't="shared"', b"]]>", b"<![CDATA[", b"<?", b"?>", b":", b"=", b"inlineStr", b"-"]
)  # fmt: skip
EDIT = st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(PIECES, st.just(b"")))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(PLAIN)), st.lists(EDIT, min_size=1, max_size=4))
@example("shared", [(0.5, 0, b"")])
def test_whatever_the_bytes_are_both_ways_agree(
    what: str, edits: list[tuple[float, int, bytes]]
) -> None:
    data = sheet(PLAIN[what])
    for where, count, new in edits:
        at = int(where * len(data))
        data = data[:at] + new + data[at + count :]
    agrees(data)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(PLAIN)),
    st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.text(), st.none()),
    ),
)
def test_values_are_written_the_same_both_ways(what: str, values: dict[Place, float]) -> None:
    data = sheet(PLAIN[what])
    odd = data.replace(b"<sheetData>", b"<!-- --><sheetData>")
    assert plain_cells(odd, values) is None
    quick = sheet_with_values(data, values, WHERE)
    assert sheet_with_values(odd, values, WHERE).replace(b"<!-- -->", b"") == quick


def test_a_filled_formula_is_written_out_when_it_is_asked_for() -> None:
    cell = {place: cell for place, cell, _ in plain(sheet(PLAIN["shared"])) or ()}[1, 0]
    assert cell.has_formula
    assert not isinstance(cell[0], str)
    assert cell.formula == "=B2+$C$1"
    same = Cell("=B2+$C$1", 2.0)
    assert (cell == same, cell != same, hash(cell) == hash(same)) == (True, False, True)
    assert repr(cell) == repr(same)
    copy = pickle.loads(pickle.dumps(cell))  # noqa: S301 - our own
    assert copy == cell
    assert copy.origin == (0, 0)
    assert cell != Cell("=B2", 2.0)
    assert cell != "=B2+$C$1"


def test_a_greater_than_sign_within_an_attribute_ends_no_tag() -> None:
    start = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1">'
    tail = "<v>2</v></c></row></sheetData></worksheet>"
    data = f'{start}<f t="x" ref="A1>B1">1+1</f>{tail}'.encode()
    assert plain(data) is None
    (found,) = general(data)
    assert found[1].formula == "=1+1"
