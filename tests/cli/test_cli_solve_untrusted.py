"""Workbooks from strangers on the command line: each trouble is one line, its code, and no file.

For `solve`, and for `verify` where that reads the same thing. Nothing is ever fetched: a server
that counts who asks stands by.
"""

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from children import PATIENCE
from cli_runs import error_line, run, the_line
from solve_books import (
    BOOK,
    BOOK_LINKS,
    MAIN,
    MODEL,
    NAMES,
    ROWS,
    SHEET,
    Parts,
    link,
    one_sheet,
    parabola,
    part,
    parts_of,
    refused,
    save,
    solution,
    solver_names,
    written,
)

from sheetsim.workbook.read.book import read_book

ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
)


def rewritten(title: str, old: str, new: str) -> Callable[[], Parts]:
    def make() -> Parts:
        parts = parabola()
        assert old in str(parts[title])
        return parts | {title: str(parts[title]).replace(old, new, 1)}

    return make


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_good_file_is_solved_and_verified(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", parabola())
    assert solution(path)["objective"] == pytest.approx(0.0, abs=1e-9)
    assert read_book("a.solved.xlsx").sheets["one"][(0, 3)].value == "x1"
    assert run("verify", path.name, "--engine", "numpy").exit_code == 0


# Archives and XML ------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Callable[[], Parts], str]] = {
    "bomb": (lambda: parabola() | {"xl/media/zeros": bytes(2**22)}, "xl/media/zeros unpacks to"),
    "bomb in the sheet": (
        rewritten(SHEET, "<sheetData>", " " * 2**22 + "<sheetData>"),
        f"{SHEET} unpacks to",
    ),
    "entities in a sheet": (rewritten(SHEET, "<work", f"{ENTITIES}<work"), "document type"),
    "entities in the workbook": (rewritten(BOOK, "<work", f"{ENTITIES}<work"), "document type"),
    "entities in links": (rewritten(BOOK_LINKS, "<Rel", f"{ENTITIES}<Rel"), "document type"),
    "path up": (lambda: parabola() | {"../../evil": "x"}, "whose path leaves the file"),
    "path from the root": (lambda: parabola() | {"/etc/evil": "x"}, "whose path leaves the file"),
    "path of windows": (lambda: parabola() | {"..\\evil": "x"}, "whose path leaves the file"),
    "no sheet": (
        lambda: {title: text for title, text in parabola().items() if title != SHEET},
        f"has no part {SHEET}",
    ),
    "nested without end": (
        rewritten(SHEET, "<sheetData>", "<a>" * 50_000 + "</a>" * 50_000 + "<sheetData>"),
        "nests elements",
    ),
    "not xml": (rewritten(SHEET, "<sheetData>", "<sheetData"), "is not well-formed XML"),
    "a cell nowhere": (rewritten(SHEET, 'r="B1"', 'r="XFE1"'), "XFE1"),
    "a row nowhere": (rewritten(SHEET, 'r="B1"', 'r="B1048577"'), "B1048577"),
}


@pytest.mark.parametrize("command", ["solve", "verify"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_archive_or_the_xml(tmp_path: Path, fault: str, command: str) -> None:
    make, words = FAULTS[fault]
    line = refused(written(tmp_path / "a.xlsx", make()), command=command)
    assert words in line
    assert line.startswith("a.xlsx: ")


@pytest.mark.parametrize("command", ["solve", "verify"])
def test_what_is_no_workbook(tmp_path: Path, command: str) -> None:
    for data in (b"", b"PK", b"name,value\n", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)):
        (tmp_path / "a.xlsx").write_bytes(data)
        assert refused(tmp_path / "a.xlsx", command=command).startswith("a.xlsx: ")
    whole = written(tmp_path / "b.xlsx", parabola()).read_bytes()
    (tmp_path / "a.xlsx").write_bytes(whole[:-40])
    assert "truncated or damaged" in refused(tmp_path / "a.xlsx", command=command)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("command", ["solve", "verify"])
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "a.xlsx")
    assert "not an ordinary file" in error_line(run(command, "a.xlsx"), 2)
    (tmp_path / "b.xlsx").symlink_to("/dev/zero")
    assert "b.xlsx: " in error_line(run(command, "b.xlsx"), 2)
    written(tmp_path / "c.xlsx", parabola())
    assert "not an ordinary file" in error_line(run("solve", "c.xlsx", "--out", "a.xlsx"), 2)


# Nothing is fetched ----------------------------------------------------------------------------


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """The address of a server of our own, and who has asked it."""
    found: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"7")

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", found
    server.shutdown()
    server.server_close()
    thread.join()


FETCHING = [
    'WEBSERVICE("{}/w")',
    'FILTERXML(WEBSERVICE("{}/f"),"//a")',
    'HYPERLINK("{}/h",4)',
    'IMAGE("{}/i")',
    'RTD("server",,"{}/r")',
    'CALL("kernel32","Beep","JJJ",1,2)',
    'REGISTER.ID("a","b")',
    'SQL.REQUEST("{}/s","x")',
    'ENCODEURL("{}/e")',
    "'{}/[b.xlsx]S'!A1",
    "[1]S!A1",
    "cmd|'/c calc'!A0",
]


@pytest.mark.parametrize("moving", [False, True], ids=["aside", "in the objective"])
def test_nothing_is_fetched(tmp_path: Path, asked: tuple[str, list[str]], moving: bool) -> None:
    address, found = asked
    outside = [
        link(9, "externalLink", f"{address}/link", "External"),
        link(8, "image", f"{address}/image", "External"),
        link(7, "externalLink", "externalLinks/e1.xml"),
    ]
    for text in FETCHING:
        formula = text.format(address).replace("&", "&amp;").replace('"', "&quot;")
        last = "C1" if moving else "0"
        row = (
            '<row r="1"><c r="A1"><v>3</v></c><c r="C1">'
            f'<f>{formula}+A1*0</f><v>5</v></c><c r="B1"><f>(A1-1)^2+{last}</f><v>9</v></c></row>'
        )
        parts: Parts = dict(parts_of({"one": row}, NAMES, EXTERNALS, outside))
        parts["xl/externalLinks/e1.xml"] = (
            f'<externalLink xmlns="{MAIN}"><externalBook '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
            'r:id="rId1"/></externalLink>'
        )
        parts["xl/externalLinks/_rels/e1.xml.rels"] = parts_of({}, "", "", [])[BOOK_LINKS].replace(
            "</Rel", link(1, "externalLinkPath", f"{address}/b.xlsx", "External") + "</Rel"
        )
        path = written(tmp_path / "a.xlsx", parts)
        result = run("solve", path.name, "--max-iterations", "20")
        assert result.exit_code in (0, 1, 2, 3), text
        if result.exit_code > 1:
            assert result.stdout == ""
            the_line(result.stderr)
        if not moving:
            assert result.exit_code == 0, (text, result.output)
    assert found == []


EXTERNALS = '<externalReferences><externalReference r:id="rId7"/></externalReferences>'


# Sheets and names ------------------------------------------------------------------------------

NOWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "objective deleted": ({"opt": "#REF!"}, "names a cell that was deleted"),
    "objective on a sheet deleted": ({"opt": "#REF!$B$1"}, "#REF"),
    "objective on no sheet": ({"opt": "Nowhere!$B$1"}, "Nowhere"),
    "objective of another file": ({"opt": "[1]S!$B$1"}, "the objective"),
    "objective a formula": ({"opt": "SUM(one!$B$1)"}, "the objective"),
    "objective a range": ({"opt": "one!$B$1:$C$1"}, "expected a single cell"),
    "objective beyond the sheet": ({"opt": "one!$XFE$1"}, "the objective"),
    "variables nowhere": ({"adj": "Nowhere!$A$1"}, "Nowhere"),
    "variables deleted": ({"adj": "one!$A$1,#REF!"}, "deleted"),
    "a whole column": ({"adj": "one!$A:$A"}, "1,048,576 cells to change; expected at most"),
    "two million": ({"adj": "one!$C$1:$D$1000000"}, "2,000,000 cells to change"),
    "a whole sheet": ({"adj": "one!$1:$1048576"}, "cells to change; expected at most"),
    "a constraint nowhere": ({"num": 1, "lhs1": "#REF!", "rel1": 1, "rhs1": 5}, "constraint 1"),
    "a constraint with no right": (
        {"num": 1, "lhs1": "one!$A$1", "rel1": 1},
        "nothing on the right",
    ),
    "a relation that is none": (
        {"num": 1, "lhs1": "one!$A$1", "rel1": 9, "rhs1": 5},
        "relates by 9; expected 1 to 6",
    ),
    "constraints not there": ({"num": 10**9}, "counts 1e+09 constraints, of which 0 are stored"),
    "an engine that is none": ({"eng": 7}, "solver_eng is 7; expected 1, 2 or 3"),
    "precision that is none": ({"pre": "much"}, "solver_pre is 'much'; expected a number"),
    "precision below zero": ({"pre": -1}, "precision"),
    "no time": ({"tim": -5}, "time"),
    "no iterations": ({"itr": 0}, "iterations"),
    "no population": ({"mrt": 9}, "mutation"),
    "a tolerance that is none": ({"tol": 40}, "tolerance"),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_models_that_point_nowhere(tmp_path: Path, case: str) -> None:
    change, words = NOWHERE[case]
    path = one_sheet(tmp_path / "a.xlsx", ROWS, solver_names(**{**MODEL, **change}))
    line = refused(path)
    assert words in line
    if "stored" not in line:
        assert line.startswith("a.xlsx: ")


def test_a_constraint_over_whole_columns(tmp_path: Path) -> None:
    """One of a million blank cells is solved; the whole sheet is refused before it is listed."""
    path = one_sheet(tmp_path / "a.xlsx", ROWS, NAMES)
    assert solution(path, "--subject-to", "C:C<=5", "--no-copy")["success"] is True
    for text in ("1:1048576>=0", "A:C>=0"):
        line = refused(path, "--subject-to", text)
        assert "cells; expected at most 2,000,000" in line
    rows = "--by", "A1,C2:C5000", "--subject-to", "B1:B20001<=D1:D20001"  # B1 is not linear in A1
    assert "20,001 constraints on 5,000 variables; expected" in refused(path, *rows)


def test_a_sheet_that_says_it_is_full(tmp_path: Path) -> None:
    parts = parabola(ROWS.replace("+C1", "+SUM(E:XFD)+SUM(2:1048576)"))
    parts[SHEET] = str(parts[SHEET]).replace(
        "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'
    )
    parts[SHEET] = str(parts[SHEET]).replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'
    )
    path = written(tmp_path / "a.xlsx", parts)
    began = time.process_time()
    result = run("solve", path.name, "--json")
    assert result.exit_code in (0, 2), result.output
    if result.exit_code == 0:
        assert json.loads(result.stdout)["objective"] == pytest.approx(4.0)
    else:
        the_line(result.stderr)
    assert time.process_time() - began < 20


@pytest.mark.parametrize("title", ["two&#10;lines", "a&#9;tab", "[red]x[/red]", "x&#x200e;y&#x7f;"])
def test_sheets_with_odd_names_are_printed_on_one_line(tmp_path: Path, title: str) -> None:
    plain = title.replace("&#10;", "\n").replace("&#9;", "\t")
    plain = plain.replace("&#x200e;", "\u200e").replace("&#x7f;", "\x7f")
    names = solver_names(opt=f"'{title}'!$B$1", adj=f"'{title}'!$A$1", typ=2, num=0)
    path = save(tmp_path / "a.xlsx", parts_of({title: ROWS}, names))
    for options in ([], ["--list"], ["--sweep", f"'{plain}'!C1=1:2:2"]):
        result = run("solve", path.name, *options)
        said = result.stdout + result.stderr
        assert result.exit_code in (0, 2), said
        assert all(line.isprintable() for line in said.split("\n"))
        assert "Traceback" not in said
    assert "has no sheet" in refused(path, "--sheet", "y")


def test_macros_are_carried_along(tmp_path: Path) -> None:
    macros = bytes(range(256)) * 40
    parts: Parts = dict(
        parts_of({"one": ROWS}, NAMES, "", [link(9, "vbaProject", "vbaProject.bin")])
    )
    parts["xl/vbaProject.bin"] = macros
    parts["xl/drawings/vmlDrawing1.vml"] = b"<xml>\r\n<!-- as it is --></xml>"
    path = written(tmp_path / "a.xlsm", parts)
    assert solution(path)["out"] == "a.solved.xlsm"
    copy = tmp_path / "a.solved.xlsm"
    for title in parts:
        if title != SHEET:
            assert part(copy, title) == part(path, title), title
    assert "expected a name that ends in .xlsm" in refused(path, "--out", "b.xlsx")


# A million formulas ----------------------------------------------------------------------------

MEASURED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
try:
    runpy.run_module("sheetsim", run_name="__main__")
finally:
    lines = open("/proc/self/status").read().splitlines()  # getrusage counts who started it, too
    print(next(line.split()[1] for line in lines if line.startswith("VmHWM")), file=sys.stderr)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in another unit")
def test_a_million_formulas(tmp_path: Path, whole: bool) -> None:
    """Beside a model of one cell: read, and seen not to depend on it. 0.7 GB were measured.

    Without `--all` a quarter of them, for which a quarter of the memory has to do.
    """
    count = 1_000_000 if whole else 250_000
    filled = "".join(
        f'<row r="{i}"><c r="F{i}"><f t="shared" si="0"/><v>0</v></c></row>'
        for i in range(3, count + 3)
    )
    first = f'<row r="2"><c r="F2"><f t="shared" ref="F2:F{count + 2}" si="0">G2*2+H2</f></c></row>'
    one_sheet(tmp_path / "a.xlsx", ROWS + first + filled, NAMES)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "solve", "a.xlsx", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["objective"] == pytest.approx(0.0, abs=1e-9)
    assert int(done.stderr) < 100_000 + 1.1 * count
    assert (tmp_path / "a.solved.xlsx").exists()
