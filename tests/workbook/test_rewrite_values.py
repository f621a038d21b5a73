"""Values written into the XML of a copy: what changes, and that nothing else does."""

import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from book_files import MAIN, SHEET, one_sheet, part, parts_of, save
from hypothesis import given, settings
from hypothesis import strategies as st
from installed import installed

from sheetsim.book import Cell, CellError, Value
from sheetsim.engines import engines
from sheetsim.errors import OutputError, WorkbookError
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.read.cell_xml import parse_cell
from sheetsim.workbook.rewrite.cell_values import sheet_with_values
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy
from sheetsim.workbook.solver_model.read import read_models


def place(text: str) -> tuple[int, int]:
    return parse_cell(text, "here")


def rewritten(rows: str, **values: Value) -> str:
    """What becomes of `<sheetData>`."""
    data = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    new = sheet_with_values(data.encode(), {place(k): v for k, v in values.items()}, "here")
    head, tail = data.split(rows) if rows else data.split("></sheetData>")
    text = new.decode()
    if rows:
        assert text.startswith(head)
        assert text.endswith(tail)
    return text.removeprefix(head).removesuffix(tail)


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        # numbers: the text of <v> alone
        ('<c r="A1"><v>1</v></c>', 2.5, '<c r="A1"><v>2.5</v></c>'),
        ('<c r="A1" s="7" t="n"><v>1</v></c>', 2.0, '<c r="A1" s="7" t="n"><v>2</v></c>'),
        ("<c r='A1' ><v >1</v ></c >", 1e300, "<c r='A1' ><v >1E+300</v ></c >"),
        ('<c r="A1"><f>B1*2</f><v>1</v></c>', 0.1, '<c r="A1"><f>B1*2</f><v>0.1</v></c>'),
        ('<c r="A1"><v/></c>', 3, '<c r="A1"><v>3</v></c>'),
        ('<c r="A1"><v></v></c>', 3, '<c r="A1"><v>3</v></c>'),
        # what is there already stays, however it is written
        ('<c r="A1"><v>2.50</v></c>', 2.5, '<c r="A1"><v>2.50</v></c>'),
        # no value yet
        ('<c r="A1" s="3"/>', 2, '<c r="A1" s="3"><v>2</v></c>'),
        ('<c r="A1" s="3"></c>', 2, '<c r="A1" s="3"><v>2</v></c>'),
        ('<c r="A1"><f>B1</f></c>', 2, '<c r="A1"><f>B1</f><v>2</v></c>'),
        ('<c r="A1"><f t="shared" si="0"/></c>', 2, '<c r="A1"><f t="shared" si="0"/><v>2</v></c>'),
        # another type than before
        ('<c r="A1" t="s" s="1"><v>0</v></c>', 2, '<c r="A1" s="1"><v>2</v></c>'),
        (
            '<c r="A1" s="1" t="str"><f>B1</f><v>x</v></c>',
            2,
            '<c r="A1" s="1"><f>B1</f><v>2</v></c>',
        ),
        ('<c r="A1" t="b"><v>1</v></c>', 2, '<c r="A1"><v>2</v></c>'),
        ('<c r="A1" t="e"><f>1/B1</f><v>#DIV/0!</v></c>', 2, '<c r="A1"><f>1/B1</f><v>2</v></c>'),
        ('<c r="A1" t="inlineStr"><is><t>x</t></is></c>', 2, '<c r="A1"><v>2</v></c>'),
        (
            '<c r="A1"><f>B1</f><v>2</v></c>',
            'a<b & "c"',
            '<c r="A1" t="str"><f>B1</f><v>a&lt;b &amp; &quot;c&quot;</v></c>',
        ),
        ('<c r="A1" t="str"><f>B1</f><v>x</v></c>', "100%bä", None),
        ('<c r="A1"><f>B1</f><v>2</v></c>', True, '<c r="A1" t="b"><f>B1</f><v>1</v></c>'),
        ('<c r="A1" t="b"><f>B1</f><v>1</v></c>', False, '<c r="A1" t="b"><f>B1</f><v>0</v></c>'),
        (
            '<c r="A1"><f>1/B1</f><v>2</v></c>',
            CellError("#DIV/0!"),
            '<c r="A1" t="e"><f>1/B1</f><v>#DIV/0!</v></c>',
        ),
        ('<c r="A1" s="2"><v>2</v></c>', None, '<c r="A1" s="2"></c>'),
        ('<c r="A1" t="str"><f>B1</f><v>x</v></c>', None, '<c r="A1"><f>B1</f></c>'),
        # what stands around it
        (
            '<c r="A1" cm="1"><f>B1</f><v>2</v><extLst><v>2</v></extLst></c>',
            3,
            '<c r="A1" cm="1"><f>B1</f><v>3</v><extLst><v>2</v></extLst></c>',
        ),
        ('<!-- <v>1</v> --><c r="A1"><v><!-- x -->1</v></c>', 3, None),
    ],
)
def test_a_cell_changes_as_little_as_it_can(cell: str, value: Value, expected: str | None) -> None:
    rows = f'<row r="1">{cell}<c r="B1"><v>7</v></c></row>'
    found = rewritten(rows, A1=value)
    if expected is not None:
        assert found == rows.replace(cell, expected)
    data = f'<worksheet xmlns="{MAIN}"><sheetData>{found}</sheetData></worksheet>'
    assert sheet_with_values(data.encode(), {(0, 0): value}, "here").decode() == data


def test_a_number_that_is_there_is_not_touched() -> None:
    row = '<row r="1"><c r="A1"><v>0.10000000000000001</v></c></row>'  # as Excel writes 0.1
    assert rewritten(row, A1=0.1) == row


@pytest.mark.parametrize(
    ("rows", "values", "expected"),
    [
        (
            '<row r="2"><c r="B2"/><c r="AB2"/></row>',
            {"A2": 1, "C2": 2, "Z2": 3, "AA2": 4, "AC2": 5},
            '<row r="2"><c r="A2"><v>1</v></c><c r="B2"/><c r="C2"><v>2</v></c>'
            '<c r="Z2"><v>3</v></c><c r="AA2"><v>4</v></c><c r="AB2"/><c r="AC2"><v>5</v></c>'
            "</row>",
        ),
        (
            '<row r="8"><c r="A8"/></row><row r="11"/>',
            {"A1": 1, "A9": 2, "A10": 3, "B11": 4, "A11": 5, "A12": 6},
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="8"><c r="A8"/></row>'
            '<row r="9"><c r="A9"><v>2</v></c></row><row r="10"><c r="A10"><v>3</v></c></row>'
            '<row r="11"><c r="A11"><v>5</v></c><c r="B11"><v>4</v></c></row>'
            '<row r="12"><c r="A12"><v>6</v></c></row>',
        ),
        (
            "<row><c/><c><v>1</v></c></row><row spans='1:2'><c/></row>",
            {"A1": 5, "C1": 6, "B2": 7},
            '<row><c><v>5</v></c><c><v>1</v></c><c r="C1"><v>6</v></c></row>'
            "<row spans='1:2'><c/><c r=\"B2\"><v>7</v></c></row>",
        ),
        (
            '<row r="1"><c r="B1"><v>1</v></c></row>',
            {"A1": "a", "C1": True, "D1": None, "B1": 2},
            '<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve">a</t></is></c>'
            '<c r="B1"><v>2</v></c><c r="C1" t="b"><v>1</v></c></row>',
        ),
    ],
)
def test_cells_that_are_not_there_go_where_they_belong(
    rows: str, values: dict[str, Value], expected: str
) -> None:
    assert rewritten(rows, **values) == expected


@pytest.mark.parametrize("empty", ["<x:sheetData/>", "<x:sheetData></x:sheetData>"])
def test_an_empty_sheet_and_a_prefix(empty: str) -> None:
    data = f'<x:worksheet xmlns:x="{MAIN}"><x:dimension ref="A1"/>{empty}<x:a/></x:worksheet>'
    new = sheet_with_values(data.encode(), {(1, 2): 4.0, (0, 0): "t"}, "here").decode()
    assert new == (
        f'<x:worksheet xmlns:x="{MAIN}"><x:dimension ref="A1:C2"/><x:sheetData>'
        '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t xml:space="preserve">t</x:t></x:is>'
        '</x:c></x:row><x:row r="2"><x:c r="C2"><x:v>4</x:v></x:c></x:row></x:sheetData><x:a/>'
        "</x:worksheet>"
    )


def test_a_prefix_within_cells() -> None:
    data = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v>'
        '</x:c><x:c r="B1"><x:f>A1</x:f><x:v/></x:c></x:row></x:sheetData></x:worksheet>'
    )
    new = sheet_with_values(data.encode(), {(0, 0): 1.0, (0, 1): 2.0}, "here").decode()
    assert new == data.replace(' t="s"><x:v>0<', "><x:v>1<").replace("<x:v/>", "<x:v>2</x:v>")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"one": {(0, 0): float("nan")}}, "sheet 'one' A1: nan cannot stand in a cell"),
        ({"one": {(9, 9): float("inf")}}, "sheet 'one' J10: inf cannot stand in a cell"),
        ({"one": {(-1, 0): 1.0}}, "row -1, column 0 lies outside of a sheet"),
        ({"one": {(0, 16384): 1.0}}, "column 16384 lies outside of a sheet"),
        ({"two": {(0, 0): 1.0}}, "has no sheet 'two' to write to; it has 'one'"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is(
    tmp_path: Path, values: dict[str, dict[tuple[int, int], Value]], problem: str
) -> None:
    path = one_sheet(tmp_path / "a.xlsx", '<row r="1"><c r="A1"/></row>')
    before = path.read_bytes()
    for target in (path, tmp_path / "new.xlsx"):
        with pytest.raises(WorkbookError, match=re.escape(problem)):
            write_values(path, target, values)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_sheet_in_utf_16_is_refused(tmp_path: Path) -> None:
    parts: dict[str, str | bytes] = dict(parts_of({"one": ""}))
    xml = (
        f'<?xml version="1.0" encoding="UTF-16"?><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    )
    parts[SHEET] = xml.encode("utf-16")
    path = save(tmp_path / "a.xlsx", parts)
    assert read_book(path).sheets["one"] == {}
    with pytest.raises(WorkbookError, match="is in UTF-16, which is not edited here"):
        write_values(path, tmp_path / "b.xlsx", {"one": {(0, 0): 1.0}})


def test_two_sheets_in_one_part_and_one_without_cells(tmp_path: Path) -> None:
    parts = parts_of({"one": "", "two": ""})
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        "sheet2.xml", "sheet1.xml"
    )
    path = save(tmp_path / "a.xlsx", parts)
    with pytest.raises(WorkbookError, match="two sheets are stored as one"):
        write_values(path, tmp_path / "b.xlsx", {s: {(0, 0): 1.0} for s in ("one", "two")})
    parts = parts_of({"one": ""})
    parts[SHEET] = f'<worksheet xmlns="{MAIN}"/>'
    path = save(tmp_path / "c.xlsx", parts)
    with pytest.raises(WorkbookError, match="has no <sheetData> to add B1 to"):
        write_values(path, tmp_path / "b.xlsx", {"one": {(0, 1): 1.0}})


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    path = one_sheet(tmp_path / "a.xlsx", "")
    with pytest.raises(OutputError, match="there is no folder"):
        write_values(path, tmp_path / "none" / "b.xlsx", {"one": {(0, 0): 1.0}})
    with pytest.raises(OutputError, match="is a folder"):
        write_values(path, tmp_path, {"one": {(0, 0): 1.0}})


# Whatever the cells and the values are -----------------------------------------------------

PLACE = st.tuples(st.integers(0, 12), st.integers(0, 40))
CONTENT: st.SearchStrategy[Value] = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8),
    st.sampled_from([CellError("#DIV/0!"), CellError("#N/A"), None]),
)
STORED = st.sampled_from(
    [
        '<c r="{}"><v>1</v></c>',
        '<c r="{}" s="0"/>',
        '<c r="{}" t="str"><f>"x"</f><v>x</v></c>',
        '<c r="{}"><f>1+1</f></c>',
        '<c r="{}" t="b"><v>0</v></c>',
        '<c r="{}" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '<c r="{}" t="inlineStr"><is><t>in</t></is></c>',
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(PLACE, STORED, max_size=20), st.dictionaries(PLACE, CONTENT, max_size=20))
def test_what_is_written_is_read_back_and_the_rest_is_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    stored: dict[tuple[int, int], str],
    values: dict[tuple[int, int], Value],
) -> None:
    folder = tmp_path_factory.mktemp("values")
    rows: dict[int, str] = {}
    for row, column in sorted(stored):
        name = f"{openpyxl.utils.get_column_letter(column + 1)}{row + 1}"
        rows[row] = rows.get(row, "") + stored[row, column].format(name)
    xml = "".join(f'<row r="{row + 1}">{cells}</row>' for row, cells in rows.items())
    path = one_sheet(folder / "a.xlsx", xml)
    write_values(path, folder / "b.xlsx", {"one": values})
    before, after = (read_book(folder / name).sheets["one"] for name in ("a.xlsx", "b.xlsx"))
    expected = dict(before)
    for spot, value in values.items():
        formula = before[spot].formula if spot in before else None
        if value is None and formula is None:
            expected.pop(spot, None)
        else:
            expected[spot] = Cell(formula, value)
    assert after == expected
    assert list(after) == sorted(after)


# The lecture's files -----------------------------------------------------------------------


def rmse_of(variables: np.ndarray, cells: dict[tuple[int, int], Cell]) -> float:
    """The objective of dotprod by its definition: root of the mean squared error, 0 if blank."""
    movies, users = variables[:75].reshape(5, 15), variables[75:].reshape(15, 5)
    ratings = np.array(
        [
            [cells[r, c].value if (r, c) in cells else np.nan for c in range(7, 22)]
            for r in range(1, 16)
        ],
        dtype=float,
    )
    errors = np.where(np.isnan(ratings), 0.0, users @ movies - ratings)
    return float(np.sqrt((errors**2).sum() / np.count_nonzero(~np.isnan(ratings))))


@pytest.fixture(scope="module")
def solved(lecture: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, float]:
    """The lecture's file, a copy with other variables in dotprod, and the objective there."""
    path = lecture / "collab_filter.xlsx"
    book = read_book(path)
    model = read_models(book)["dotprod"]
    new = np.random.default_rng(4).uniform(0, 1.2, 150)
    cells = dict(book.sheets["dotprod"])
    objective = rmse_of(new, cells)
    places = [spot for _, spot in model.variable_cells()]
    values: dict[tuple[int, int], Value] = dict(zip(places, new.tolist(), strict=True))
    values[40, 21] = objective
    copy = tmp_path_factory.mktemp("solved") / "copy.xlsx"
    write_values(path, copy, {"dotprod": values})
    assert rmse_of(np.array([cells[spot].value for spot in places]), cells) == pytest.approx(
        0.3930154712865702, rel=1e-12
    )
    return path, copy, objective


def test_all_other_parts_are_byte_for_byte_what_they_were(
    solved: tuple[Path, Path, float],
) -> None:
    path, copy, _ = solved
    old, new = path.read_bytes(), copy.read_bytes()
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(copy) as after:
        assert after.testzip() is None
        assert after.namelist() == before.namelist()
        for was, now in zip(before.infolist(), after.infolist(), strict=True):
            for field in ("date_time", "compress_type", "create_system", "external_attr", "extra"):
                assert getattr(was, field) == getattr(now, field)
            if was.filename == SHEET:
                continue
            assert was.CRC == now.CRC
            size = was.compress_size + 30 + len(was.filename)
            packed = old[was.header_offset : was.header_offset + size]
            assert packed == new[now.header_offset : now.header_offset + size]


def test_in_the_sheet_nothing_but_values_changed(solved: tuple[Path, Path, float]) -> None:
    path, copy, _ = solved
    texts = [re.sub(rb"<v>[^<]*</v>", b"<v/>", part(file, SHEET)) for file in (path, copy)]
    assert texts[0] == texts[1]
    before, after = (read_book(file).sheets["dotprod"] for file in (path, copy))
    differing = [spot for spot in before if before[spot] != after[spot]]
    assert len(differing) == 151
    assert before.keys() == after.keys()


@pytest.mark.parametrize("name", ["ironcalc", "libreoffice"])
def test_engines_recalculate_the_copy_to_the_objective(
    solved: tuple[Path, Path, float], tmp_path: Path, name: str
) -> None:
    engine = engines()[name]
    if not installed(engine):
        pytest.skip(f"{name} is not installed here")
    _, copy, objective = solved
    invalidated_copy(copy, tmp_path / "invalidated.xlsx")
    values = engine.recalculate(tmp_path / "invalidated.xlsx")
    assert values["dotprod"][40, 21] == pytest.approx(objective, rel=1e-12)


def test_macros_and_controls_are_carried_along(lecture: Path, tmp_path: Path) -> None:
    path, copy = lecture / "graddesc.xlsm", tmp_path / "copy.xlsm"
    write_values(path, copy, {"basic": {(1, 2): 2.0}})
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(copy) as after:
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert changed == ["xl/worksheets/sheet3.xml"]
    assert read_book(copy).macros


@pytest.mark.parametrize("file", ["collab_filter.xlsx", "graddesc.xlsm", "entropy_example.xlsx"])
def test_writing_all_the_values_that_are_there_gives_the_same_bytes(
    lecture: Path, tmp_path: Path, file: str
) -> None:
    values = {
        sheet: {
            spot: cell.value
            for spot, cell in cells.items()
            if cell.formula is not None or not isinstance(cell.value, str)
        }
        for sheet, cells in read_book(lecture / file).sheets.items()
    }
    write_values(lecture / file, tmp_path / file, values)
    assert (tmp_path / file).read_bytes() == (lecture / file).read_bytes()
