"""Report sheets added to a copy of a workbook, and nothing else touched."""

import math
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from book_files import BOOK, BOOK_LINKS, LINKS, MAIN, PACKAGE, one_sheet, part, parts_of, save
from installed import installed

from sheetsim.book import Cell, CellError
from sheetsim.engines import engines
from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.read.cell_labels import Labels
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.rewrite.new_sheets import NewSheet
from sheetsim.workbook.rewrite.solver_reports import (
    Change,
    Limit,
    ReportHead,
    Sensitivity,
    Slack,
    answer_report,
    limits_report,
    sensitivity_report,
    trials_sheet,
)

HEAD = ReportHead("a & b.xlsx", "one", "Solver found a solution.", ("Engine: GRG Nonlinear",))
COST = Change("one!$D$9", "Cost <€>", 10.0, 2.5)
RATE = Change("one!$B$1", "", 0.0, 1.5)
BOUND = Slack("one!$C$1", "Hours", 40.0, "$C$1<=$E$1", 0.0, binding=True)
WHOLE = Slack("one!$B$1", "", 1.0, "$B$1=integer", None, binding=False)


def reports() -> list[NewSheet]:
    return [
        answer_report(HEAD, "Min", COST, [RATE], [BOUND, WHOLE]),
        sensitivity_report(
            HEAD, [Sensitivity("one!$B$1", "", 1.5, 0.25, 3.0, math.inf, 1.0)], [], linear=True
        ),
        sensitivity_report(
            HEAD,
            [Sensitivity("one!$B$1", "", 1.5, math.nan)],
            [Sensitivity("one!$C$1", "Hours", 40.0, -2.0)],
            linear=False,
        ),
        limits_report(HEAD, COST, [Limit("one!$B$1", "", 1.5, 0.0, 9.0), Limit("x", "y", 1.0)]),
        trials_sheet(
            ["trial", "objective", "violation"], [[i, 9.0 / i, 0.0] for i in range(1, 31)]
        ),
    ]


NAMES = [
    "Answer Report 1",
    "Sensitivity Report 1",
    "Sensitivity Report 2",
    "Limits Report 1",
    "Trials",
]


@pytest.fixture
def reported(tmp_path: Path) -> Path:
    path = one_sheet(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>')
    write_values(path, tmp_path / "b.xlsx", {"one": {(0, 0): 2.0}}, sheets=reports())
    return tmp_path / "b.xlsx"


def rows_of(path: Path, sheet: str) -> list[list[object]]:
    cells = read_book(path).sheets[sheet]
    height, width = max(r for r, _ in cells) + 1, max(c for _, c in cells) + 1
    rows: list[list[object]] = [[None] * width for _ in range(height)]
    for (row, column), cell in cells.items():
        rows[row][column] = cell.value
    return [[value for value in row if value is not None] for row in rows]


def test_the_answer_report_is_laid_out_as_excels(reported: Path) -> None:
    assert rows_of(reported, "Answer Report 1") == [
        ["sheetsim Answer Report"],
        ["Worksheet: [a & b.xlsx]one"],
        ["Result: Solver found a solution."],
        ["Engine: GRG Nonlinear"],
        [],
        ["Objective Cell (Min)"],
        ["Cell", "Name", "Original Value", "Final Value"],
        ["one!$D$9", "Cost <€>", 10.0, 2.5],
        [],
        ["Variable Cells"],
        ["Cell", "Name", "Original Value", "Final Value", "Type"],
        ["one!$B$1", "", 0.0, 1.5, "Contin"],
        [],
        ["Constraints"],
        ["Cell", "Name", "Cell Value", "Formula", "Status", "Slack"],
        ["one!$C$1", "Hours", 40.0, "$C$1<=$E$1", "Binding", 0.0],
        ["one!$B$1", "", 1.0, "$B$1=integer", "Not Binding"],
    ]


def test_the_sensitivity_reports(reported: Path) -> None:
    linear = rows_of(reported, "Sensitivity Report 1")
    assert linear[6] == [
        *("Cell", "Name", "Final Value", "Reduced Cost", "Objective Coefficient"),
        *("Allowable Increase", "Allowable Decrease"),
    ]
    assert linear[7] == ["one!$B$1", "", 1.5, 0.25, 3.0, 1e30, 1.0]
    assert linear[-1] == ["NONE"]
    smooth = rows_of(reported, "Sensitivity Report 2")
    assert smooth[6:8] == [
        ["Cell", "Name", "Final Value", "Reduced Gradient"],
        ["one!$B$1", "", 1.5, CellError("#NUM!")],
    ]
    assert smooth[-2:] == [
        ["Cell", "Name", "Final Value", "Lagrange Multiplier"],
        ["one!$C$1", "Hours", 40.0, -2.0],
    ]


def test_the_limits_report(reported: Path) -> None:
    assert rows_of(reported, "Limits Report 1")[-2:] == [
        ["one!$B$1", "", 1.5, 0.0, 9.0, "no limit"],
        ["x", "y", 1.0, "no limit", "no limit"],
    ]


def test_openpyxl_reads_the_sheets_and_the_chart(reported: Path) -> None:
    book = openpyxl.load_workbook(reported)
    assert book.sheetnames == ["one", *NAMES]
    trials = book["Trials"]
    assert [cell.value for cell in trials[31]] == [30, 0.3, 0]
    (chart,) = trials._charts
    (series,) = chart.series
    assert series.xVal.numRef.f == "'Trials'!$A$2:$A$31".replace("'", "")
    assert series.yVal.numRef.f == "Trials!$B$2:$B$31"


def test_nothing_else_changed(reported: Path) -> None:
    before = reported.with_name("a.xlsx")
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(reported) as new:
        assert new.testzip() is None
        changed = [n for n in old.namelist() if old.read(n) != new.read(n)]
        added = set(new.namelist()) - set(old.namelist())
    lists = ["[Content_Types].xml", BOOK, BOOK_LINKS]
    assert changed == [*lists, "xl/worksheets/sheet1.xml"]
    assert added == {
        *(f"xl/worksheets/sheet{i}.xml" for i in range(2, 7)),
        *("xl/worksheets/_rels/sheet6.xml.rels", "xl/drawings/drawing1.xml"),
        *("xl/drawings/_rels/drawing1.xml.rels", "xl/charts/chart1.xml"),
    }


STYLES = "xl/styles.xml"


def require_grown(old: bytes, new: bytes) -> None:
    """Require that styles are what they were, with some at the ends of three lists."""
    lists: list[dict[str, list[str]]] = []
    for data in (old, new):
        root = ElementTree.fromstring(data)  # noqa: S314 - our own files
        own = {one.tag.rpartition("}")[2]: one for one in root}
        for name in ("numFmts", "fonts", "cellXfs"):
            if name in own:
                assert own[name].get("count", str(len(own[name]))) == str(len(own[name]))
        lists.append(
            {
                name: [ElementTree.tostring(each).decode() for each in one]
                for name, one in own.items()
            }
        )
    before, after = lists
    for name, added in (("numFmts", 1), ("fonts", 1), ("cellXfs", 4)):
        kept = before.pop(name, [])
        grown = after.pop(name)
        assert grown[: len(kept)] == kept
        assert len(grown) == len(kept) + added
    assert after == before


@pytest.mark.parametrize("name", ["collab_filter.xlsx", "graddesc.xlsm", "entropy_example.xlsx"])
def test_reports_in_the_lectures_files(lecture: Path, tmp_path: Path, name: str) -> None:
    write_values(lecture / name, tmp_path / name, {}, sheets=reports())
    before, after = read_book(lecture / name), read_book(tmp_path / name)
    assert list(after.states) == [*before.states, *NAMES]
    assert after.names == before.names
    assert all(after.sheets[sheet] == before.sheets[sheet] for sheet in before.sheets)
    with zipfile.ZipFile(lecture / name) as old, zipfile.ZipFile(tmp_path / name) as new:
        changed = [n for n in old.namelist() if old.read(n) != new.read(n)]
        require_grown(old.read(STYLES), new.read(STYLES))
    assert sorted(changed) == sorted(["[Content_Types].xml", BOOK, BOOK_LINKS, STYLES])
    if name != "collab_filter.xlsx":  # openpyxl dies on its pivots with and without reports
        book = openpyxl.load_workbook(tmp_path / name, keep_vba=name.endswith("m"))
        assert book.sheetnames[-5:] == NAMES


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_engines_open_the_lectures_file_with_reports(
    lecture: Path, tmp_path: Path, engine: str
) -> None:
    if not installed(engines()[engine]):
        pytest.skip(f"{engine} is not installed here")
    write_values(lecture / "entropy_example.xlsx", tmp_path / "b.xlsx", {}, sheets=reports())
    values = engines()[engine].recalculate(tmp_path / "b.xlsx")
    assert list(values)[-5:] == NAMES
    assert values["Trials"][30, 1] == pytest.approx(0.3, rel=1e-14)
    assert values["Answer Report 1"][7, 1] == "Cost <€>"
    assert values["softmax"]


def test_a_second_time_the_number_goes_up(reported: Path) -> None:
    third = reported.with_name("c.xlsx")
    write_values(reported, third, {}, sheets=[reports()[0], reports()[-1]])
    assert list(read_book(third).states)[-2:] == ["Answer Report 2", "Trials 2"]
    long = NewSheet("x" * 40, [["a"]])
    write_values(third, third, {}, sheets=[long, long])
    assert list(read_book(third).states)[-2:] == ["x" * 29 + " 1", "x" * 29 + " 2"]
    assert openpyxl.load_workbook(third).sheetnames[-1] == "x" * 29 + " 2"


def test_prefixes_and_numbers_that_are_taken(tmp_path: Path) -> None:
    parts = parts_of({"one": ""})
    parts["[Content_Types].xml"] = (
        parts["[Content_Types].xml"]
        .replace("<", "<ct:")
        .replace("<ct:/", "</ct:")
        .replace("xmlns=", "xmlns:ct=")
    )
    parts[BOOK] = (
        f'<x:workbook xmlns:x="{MAIN}" xmlns:rel="{LINKS}"><x:sheets><x:sheet name="one" '
        'sheetId="77" rel:id="rId3"/></x:sheets></x:workbook>'
    )
    parts[BOOK_LINKS] = (
        f'<p:Relationships xmlns:p="{PACKAGE}/relationships"><p:Relationship Id="rId3" '
        f'Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/><p:Relationship Id="rId2" '
        f'Type="{LINKS}/theme" Target="theme.xml"/></p:Relationships>'
    )
    parts["xl/worksheets/Sheet2.xml"] = parts["xl/theme.xml"] = "<taken/>"
    path = save(tmp_path / "a.xlsx", parts)
    write_values(path, tmp_path / "b.xlsx", {}, sheets=reports())
    assert list(read_book(tmp_path / "b.xlsx").states) == ["one", *NAMES]
    text = part(tmp_path / "b.xlsx", BOOK)
    assert b'<x:sheet name="Answer Report 1" sheetId="78" r:id="rId4"' in text
    assert part(tmp_path / "b.xlsx", "xl/worksheets/Sheet2.xml") == b"<taken/>"
    types = part(tmp_path / "b.xlsx", "[Content_Types].xml")
    assert types.count(b"<ct:Override ") == 2 + 5 + 2


def test_the_words_beside_a_cell() -> None:
    texts = {(0, 1): "Sold", (0, 2): " in\nstock ", (1, 0): "Desk", (2, 0): "", (3, 2): "x" * 99}
    labels = Labels(
        {place: Cell(None, text) for place, text in texts.items()}
        | {(1, 1): Cell(None, 3.0), (2, 1): Cell("=1", 1.0)}
    )
    assert labels.of((1, 1)) == "Desk Sold"
    assert labels.of((1, 2)) == "Desk in stock"
    assert labels.of((2, 1)) == "Sold"
    assert labels.of((0, 0)) == labels.of((9, 9)) == ""
    assert labels.of((1, 0)) == ""  # a text is no label of its own
    assert labels.of((4, 2)) == "x" * 79 + "…"


def test_a_strict_workbook_gets_strict_sheets(tmp_path: Path) -> None:
    usual, strict = "http://schemas.openxmlformats.org", "http://purl.oclc.org/ooxml"
    parts = {
        title: text.replace(f"{usual}/spreadsheetml/2006/", f"{strict}/spreadsheetml/").replace(
            f"{usual}/officeDocument/2006/", f"{strict}/officeDocument/"
        )
        for title, text in parts_of({"one": "<row><c><v>1</v></c></row>"}).items()
    }
    path = save(tmp_path / "a.xlsx", parts)
    assert read_book(path).sheets["one"][0, 0].value == 1.0
    write_values(path, tmp_path / "b.xlsx", {"one": {(0, 0): 2.0}}, sheets=reports())
    after = read_book(tmp_path / "b.xlsx")
    assert list(after.states) == ["one", *NAMES]
    assert after.sheets["Trials"][1, 1].value == 9.0
    with zipfile.ZipFile(tmp_path / "b.xlsx") as file:
        text = b"".join(file.read(title) for title in file.namelist())
    # Only the package itself, and the list of types, are the same in both.
    assert b"schemas.openxmlformats.org/spreadsheetml" not in text
    assert b"schemas.openxmlformats.org/officeDocument" not in text
    assert b"schemas.openxmlformats.org/drawingml" not in text


def test_a_workbook_without_the_lists(tmp_path: Path) -> None:
    parts = parts_of({"one": ""})
    for gone, problem in (
        ("[Content_Types].xml", "has no part"),
        (BOOK_LINKS, "leads to no part"),
    ):
        path = save(tmp_path / "a.xlsx", {k: v for k, v in parts.items() if k != gone})
        with pytest.raises(WorkbookError, match=problem):
            write_values(path, tmp_path / "b.xlsx", {}, sheets=reports())
    path = save(tmp_path / "a.xlsx", parts | {"[Content_Types].xml": "<Types/>"})
    with pytest.raises(WorkbookError, match="has no list to add a sheet to"):
        write_values(path, tmp_path / "b.xlsx", {}, sheets=reports())
    with pytest.raises(WorkbookError, match="nan cannot stand in a cell"):
        write_values(path, tmp_path / "b.xlsx", {}, sheets=[NewSheet("n", [[math.nan]])])
    assert not (tmp_path / "b.xlsx").exists()
