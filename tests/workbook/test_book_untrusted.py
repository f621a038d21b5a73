"""Workbooks from strangers: each trouble ends in one clear line, and nothing is fetched."""

import contextlib
import functools
import os
import resource
import socket
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from book_files import BOOK, BOOK_LINKS, MAIN, SHEET, link, name, one_sheet, parts_of, save
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.errors import SheetsimError, WorkbookError
from sheetsim.workbook.read import archive
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.solver_model.cell_problems import cell_problems
from sheetsim.workbook.solver_model.read import read_models

ROWS = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1*2</f><v>2</v></c></row>'
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
    '<!ENTITY f SYSTEM "file:///etc/passwd">]>'
)

Change = Callable[[dict[str, str]], None]


def changed(part: str, old: str, new: str) -> Change:
    def change(parts: dict[str, str]) -> None:
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new, 1)

    return change


def added(part: str, text: str) -> Change:
    return lambda parts: parts.update({part: text})


def gone(part: str) -> Change:
    def change(parts: dict[str, str]) -> None:
        del parts[part]

    return change


def strings_gone(parts: dict[str, str]) -> None:
    more = link(9, "sharedStrings", "s.xml")
    parts[BOOK_LINKS] = parts[BOOK_LINKS].replace("</Rel", f"{more}</Rel")
    parts[SHEET] = parts[SHEET].replace('<c r="A1">', '<c r="A1" t="s">')


FAULTS: dict[str, tuple[Change, str]] = {
    "entities in a sheet": (changed(SHEET, "<worksheet", f"{ENTITIES}<worksheet"), "document type"),
    "entities in the workbook": (
        changed(BOOK, "<workbook", f"{ENTITIES}<workbook"),
        "document type",
    ),
    "entities in links": (
        changed(BOOK_LINKS, "<Relationships", f"{ENTITIES}<Relationships"),
        "declares a document type",
    ),
    "path up": (added("../../evil.xml", "x"), "whose path leaves the file"),
    "path from the root": (added("/etc/passwd", "x"), "whose path leaves the file"),
    "path of windows": (added("C:\\evil.xml", "x"), "whose path leaves the file"),
    "path with backslashes": (added("xl\\..\\..\\evil.xml", "x"), "whose path leaves the file"),
    "no sheet's part": (gone(SHEET), f"has no part {SHEET}"),
    "no links": (gone(BOOK_LINKS), "sheet 'one' leads to no part of the file"),
    "no workbook": (gone(BOOK), "a zip without a workbook"),
    "a sheet outside": (
        changed(
            BOOK_LINKS,
            'Target="worksheets/sheet1.xml"',
            'Target="http://x/y" TargetMode="External"',
        ),
        "sheet 'one' leads to no part",
    ),
    "a sheet up there": (
        changed(BOOK_LINKS, "worksheets/sheet1.xml", "../../../etc/passwd"),
        "has no part etc/passwd",
    ),
    "strings gone": (strings_gone, "has no part xl/s.xml"),
    "string not there": (changed(SHEET, '<c r="A1">', '<c r="A1" t="s">'), "A1: '1' is no value"),
    "nested without end": (
        changed(SHEET, "<sheetData>", "<a>" * 100_000 + "</a>" * 100_000 + "<sheetData>"),
        "nests elements 1,000 deep",
    ),
    "endless number": (changed(SHEET, "<v>1<", f"<v>{'9' * 100_000}<"), "is no value of a cell"),
    "endless row": (changed(SHEET, 'row r="1"', f'row r="{"9" * 5000}"'), "sheet1.xml|sheet 'one'"),
    "endless index": (
        changed(SHEET, '<c r="A1"><v>1', f'<c r="A1" t="s"><v>{"1" * 5000}'),
        "is no value of a cell",
    ),
    "sheet twice": (
        changed(BOOK, "</sheets>", '<sheet name="one" sheetId="2" r:id="rId1"/></sheets>'),
        "or two are named 'one'",
    ),
    "name of no sheet": (
        changed(BOOK, "</sheets>", f"</sheets><definedNames>{name('x', '1', 7)}</definedNames>"),
        "name 'x' belongs to sheet 7, which is not there",
    ),
    "name of an endless sheet": (
        changed(
            BOOK,
            "</sheets>",
            f'</sheets><definedNames><definedName name="x" localSheetId="{"1" * 5000}"/>'
            "</definedNames>",
        ),
        "which is not there",
    ),
    "not utf-8": (changed(SHEET, "<sheetData>", "<sheetData>\udcff"), "is not well-formed XML"),
}


def everything(path: Path) -> None:
    """All that reading a file can touch."""
    book = read_book(path)
    for model in read_models(book).values():
        cell_problems(book, model)
    for sheet in book.sheets:
        assert book.sheets[sheet] is not None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line(tmp_path: Path, fault: str) -> None:
    change, problem = FAULTS[fault]
    parts = parts_of({"one": ROWS})
    change(parts)
    path = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for title, text in parts.items():
            info = zipfile.ZipInfo("x")
            info.filename = title  # as it is: the constructor would tidy it up
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, text.encode("utf-8", "surrogateescape"))
    with pytest.raises(WorkbookError, match=problem) as caught:
        everything(path)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert said.isprintable()
    assert len(said) < 400 + len(str(path))
    # A copy needs less of the file, so it may succeed; if it does not, nothing is left of it.
    wrote = False
    with contextlib.suppress(WorkbookError):
        write_values(path, tmp_path / "copy.xlsx", {"one": {(0, 0): 2.0, (8, 8): 2.0}})
        wrote = True
    names = {each.name for each in tmp_path.iterdir()}
    assert names == ({"bad.xlsx", "copy.xlsx"} if wrote else {"bad.xlsx"})


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (OLE + b"\0" * 600, "an old .xls or another Office file"),
        (OLE + b"\0" * 9 + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"", "is empty"),
        (b"PK", "truncated or damaged zip"),
        (b"name,value\n", "not a zip file"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    with pytest.raises(WorkbookError, match=problem):
        read_book(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.xlsx")
    with pytest.raises(WorkbookError, match="is not an ordinary file"):
        read_book(tmp_path / "a.xlsx")


def test_bombs_are_refused_before_they_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parts_of({"one": ROWS})
    path = save(tmp_path / "a.xlsx", parts | {"xl/bomb.xml": " " * 2**21})
    with pytest.raises(WorkbookError, match=r"xl/bomb\.xml unpacks to .* times its size"):
        read_book(path)
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(WorkbookError, match="unpacks to 0 MB; expected at most"):
        read_book(save(path, parts))


def test_too_many_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_PARTS", 4)
    with pytest.raises(WorkbookError, match="holds 5 parts; expected at most 4"):
        read_book(one_sheet(tmp_path / "a.xlsx", ROWS))


def test_a_part_twice_is_refused(tmp_path: Path) -> None:
    path = one_sheet(tmp_path / "a.xlsx", ROWS)
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr(SHEET, "<worksheet/>")
    with pytest.raises(WorkbookError, match=r"holds the part .* twice"):
        read_book(path)


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file, a web service and a picture from the web: read as text, never followed."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    rows = (
        '<row r="1"><c r="A1"><f>WEBSERVICE("http://127.0.0.1:9/x")+[1]S!A1</f><v>1</v></c></row>'
    )
    parts = parts_of(
        {"one": rows},
        "",
        '<externalReferences><externalReference r:id="rId9"/></externalReferences>',
        [link(9, "externalLink", "http://127.0.0.1:9/", "External")],
    )
    path = save(tmp_path / "a.xlsx", parts)
    for action in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, action, refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    book = read_book(path)
    assert book.sheets["one"][0, 0].formula == '=WEBSERVICE("http://127.0.0.1:9/x")+[1]S!A1'
    assert book.externals == ("an unknown file",)


def test_a_formula_nested_a_thousand_deep_and_a_long_chain(tmp_path: Path) -> None:
    deep = "(" * 1000 + "A1" + ")" * 1000
    chain = "".join(
        f'<row r="{i}"><c r="A{i}"><f t="shared" si="0">{"A1+1" if i == 2 else ""}</f></c></row>'
        for i in range(2, 20_000)
    )
    rows = f'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>{deep}</f></c></row>{chain}'
    cells = read_book(one_sheet(tmp_path / "a.xlsx", rows)).sheets["one"]
    assert cells[0, 1].formula == f"={deep}"
    assert cells[19_998, 0].formula == "=A19998+1"


# Damage at random --------------------------------------------------------------------------


def good_parts() -> dict[str, str]:
    shared = (
        '<row r="2"><c r="A2"><f t="shared" ref="A2:B2" si="0">A1</f></c>'
        '<c r="B2"><f t="shared" si="0"/></c><c r="C2"><f t="array" ref="C2:D3">A1</f></c></row>'
    )
    names = name("solver_opt", "one!$B$1") + name("solver_adj", "one!$A$1,one!$A$5")
    parts = parts_of({"one": ROWS + shared}, names)
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        parts[BOOK_LINKS]
        .replace("worksheets/sheet1.xml", "../t.xml")
        .replace("/worksheet", "/table")
    )
    parts["xl/t.xml"] = (
        f'<table xmlns="{MAIN}" displayName="T" ref="A1:A3"><tableColumns>'
        '<tableColumn name="a"/></tableColumns></table>'
    )
    return parts


def test_the_undamaged_file_is_read(tmp_path: Path) -> None:
    everything(save(tmp_path / "a.xlsx", good_parts()))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_bytes_within_a_part_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    parts: dict[str, str | bytes] = dict(good_parts())
    title = data.draw(st.sampled_from(sorted(parts)))
    text = bytearray(str(parts[title]).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        what = data.draw(st.sampled_from(["byte", "cut", "twice", "digits"]))
        if what == "byte":
            text[at] = data.draw(st.integers(0, 255))
        elif what == "cut":
            del text[at : at + data.draw(st.integers(1, 20))]
        elif what == "twice":
            text[at:at] = text[at : at + 40]
        else:
            text[at:at] = data.draw(st.sampled_from([b"99999999999", b"-1", b"\xff", b"&#x41;"]))
        text = text or bytearray(b"x")
    parts[title] = bytes(text)
    path = save(tmp_path_factory.mktemp("damage") / "a.xlsx", parts)
    only_known_errors(path)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_bytes_of_the_file_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = save(tmp_path_factory.mktemp("damage") / "a.xlsx", good_parts())
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    only_known_errors(path)


def only_known_errors(path: Path) -> None:
    """Read and rewrite a file: it works, or it ends in one line and leaves no copy."""

    def copy() -> None:
        write_values(path, path.with_name("b.xlsx"), {"one": {(0, 0): 2.0, (7, 7): 3.0}})

    for action in (functools.partial(everything, path), copy):
        said = ""
        try:
            action()
        except SheetsimError as error:
            said = str(error)
        assert "\n" not in said
    assert {each.name for each in path.parent.iterdir()} <= {"a.xlsx", "b.xlsx"}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in another unit")
def test_many_strings_and_names_cost_what_they_are(tmp_path: Path) -> None:
    """200,000 of each: no quadratic time, no tree."""
    strings = (
        f'<sst xmlns="{MAIN}">{"".join(f"<si><t>x{i}</t></si>" for i in range(200_000))}</sst>'
    )
    names = "".join(name(f"n{i}", str(i), None) for i in range(50_000))
    parts = parts_of(
        {"one": '<row><c t="s"><v>199999</v></c></row>'},
        names,
        "",
        [link(9, "sharedStrings", "s.xml")],
    )
    path = save(tmp_path / "a.xlsx", parts | {"xl/s.xml": strings})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    book = read_book(path)
    assert book.sheets["one"][0, 0].value == "x199999"
    found = book.find_name("N49999", "one")
    assert found is not None
    assert found.text == "49999"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
