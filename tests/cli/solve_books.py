"""What the tests of `sheetsim solve FILE.xlsx` share: workbooks, and what a run says.

Beside the folder of these tests, `model_page` writes a workbook as a teacher would, and
`book_files` one part by part; they belong to other folders' tests.
"""

import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from cli_runs import OLD, error_line, run, snapshot, the_line

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "solving"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workbook"))
from book_files import (
    BOOK,
    BOOK_LINKS,
    MAIN,
    SHEET,
    link,
    name,
    one_sheet,
    part,
    parts_of,
    save,
    solver_names,
)
from model_page import Page

from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.model import Goal

__all__ = [
    "BOOK",
    "BOOK_LINKS",
    "MAIN",
    "MODEL",
    "NAMES",
    "ROWS",
    "SHEET",
    "Page",
    "Parts",
    "cells",
    "link",
    "make_box",
    "name",
    "no_constant",
    "one_sheet",
    "parabola",
    "part",
    "parts_of",
    "refused",
    "save",
    "solution",
    "solver_names",
    "tried",
    "written",
]

Parts = dict[str, str | bytes]

ROWS = (
    '<row r="1"><c r="A1"><v>3</v></c><c r="B1"><f>(A1-1)^2+C1</f><v>4</v></c>'
    '<c r="D1" t="str"><f>"x"&amp;A1</f><v>x3</v></c></row>'
)
MODEL: dict[str, Any] = {"opt": "one!$B$1", "adj": "one!$A$1", "typ": 2, "eng": 1, "num": 0}
NAMES = solver_names(**MODEL)
"""A model: make (A1-1)^2 + C1 small."""


def make_box(path: Path) -> Path:
    page = Page(path, "Box", "The largest box")
    page.block("A3", [["length", 1.0], ["width", 1.0], ["height", 1.0], ["sheet", 12.0]])
    page.block("A8", [["volume", "=B3*B4*B5"], ["area", "=B3*B4+2*B5*(B3+B4)"]])
    return page.save("B8", "B3:B5", ["B9<=B6", "B3:B5>=0.1"], goal=Goal.MAXIMIZE)


def no_constant(token: str) -> Any:
    raise AssertionError(f"{token} is no JSON")


def parabola(rows: str = ROWS, names: str = NAMES, more: str = "") -> Parts:
    """The parts of a workbook whose model is to make (A1-1)^2 + C1 small."""
    return dict(parts_of({"one": rows}, names, more))


def cells(**texts: str) -> str:
    """A row of cells: the number or the formula of each, for A1, B1, and so on."""
    found = []
    for title, text in texts.items():
        inside = f"<f>{text[1:]}</f>" if text.startswith("=") else f"<v>{text}</v>"
        found.append(f'<c r="{title}">{inside}</c>')
    return f'<row r="1">{"".join(found)}</row>'


def written(path: Path, parts: Parts) -> Path:
    """Write parts under their names as they are, bad ones too."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for title, text in parts.items():
            info = zipfile.ZipInfo("x")
            info.filename = title
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, text.encode() if isinstance(text, str) else text)
    return path


def refused(path: Path, *options: str, command: str = "solve", code: int = 2) -> str:
    """The line of a refusal, after which the folder is as it was, old files at targets too."""
    (path.parent / f"{path.stem}.solved{path.suffix}").write_bytes(OLD)
    before = snapshot(path.parent)
    line = error_line(run(command, path.name, *options), code)
    assert snapshot(path.parent) == before
    assert line.isprintable()
    assert len(line) < 1000
    return line


def solution(*args: str | Path, code: int = 0) -> dict[str, Any]:
    """What `solve --json` prints, and nothing on standard error."""
    result = run("solve", *args, "--json")
    assert (result.exit_code, result.stderr) == (code, ""), result.output
    found = json.loads(result.stdout, parse_constant=no_constant)
    assert isinstance(found, dict)
    return found


def tried(path: Path) -> None:
    """Solve a file into b.xlsx beside it: solved or not or refused; no traceback, no hang."""
    copy = path.with_name("b.xlsx")
    began = time.process_time()
    result = run("solve", path, "--max-time", "2", "--max-iterations", "30", "--out", copy)
    assert time.process_time() - began < 20
    assert result.exit_code in (0, 1, 2, 3)
    if result.exit_code > 1:
        assert result.stdout == ""
        the_line(result.stderr)
        assert not copy.exists()
        return
    assert result.stderr == ""
    if copy.exists():
        book = read_book(copy)
        assert all(book.sheets[sheet] is not None for sheet in book.sheets)
        copy.unlink()
