"""Fresh values for any workbook: against Excel's own, and against what stood in the file.

Excel's values are those cached in the lecture's files; before they are computed, each file's are
destroyed. All but values must stay as it was, to the byte.
"""

import json
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner
from conftest import DATA

import sheetsim
from sheetsim.book import Value
from sheetsim.cli import main
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.recalculating import RANDOM_OR_TIME, recalc_files
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

LECTURE = DATA / "lecture"


def small(path: Path, formula: str = "=A1*2") -> Path:
    """A file as a library writes it: every formula shows 0."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    sheet.write("A1", 21.0)
    sheet.write_formula("B1", formula)
    sheet.write_formula("B2", "=B1+1")
    book.close()
    return path


def shown(path: Path, cell: tuple[int, int] = (0, 1)) -> Value:
    return read_book(path).sheets["S"][cell].value


@pytest.mark.skipif(not LECTURE.is_dir(), reason=f"no reference data: {LECTURE} is not there")
@pytest.mark.parametrize("name", ["collab_filter.xlsx", "entropy_example.xlsx", "graddesc.xlsm"])
def test_excels_own_values_come_back(name: str, tmp_path: Path) -> None:
    bad, good = tmp_path / f"bad_{name}", tmp_path / f"good_{name}"
    invalidated_copy(LECTURE / name, bad)
    done = sheetsim.recalc(bad, good)
    excels, ours = read_book(LECTURE / name), read_book(good)
    followers = 0
    for sheet, cells in excels.sheets.items():
        for (row, column), cell in cells.items():
            if not cell.has_formula:
                continue
            value = ours.sheets[sheet][row, column].value
            if isinstance(cell.value, float) and isinstance(value, float):
                if value != pytest.approx(cell.value, rel=1e-12, abs=1e-12):
                    followers += 1
            else:
                assert value == cell.value
    volatile = sum(why == RANDOM_OR_TIME for why in done.kept.values())
    assert len(done.kept) == volatile
    assert bool(followers) == bool(volatile), "only what follows from random numbers may differ"
    assert done.cells == sum(c.has_formula for s in excels.sheets.values() for c in s.values())


def test_all_but_values_stays_to_the_byte(tmp_path: Path) -> None:
    path, copy = small(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    sheetsim.recalc(path, copy)
    assert shown(copy) == 42.0
    assert shown(copy, (1, 1)) == 43.0
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy) as new:
        assert old.namelist() == new.namelist()
        different = [name for name in old.namelist() if old.read(name) != new.read(name)]
    assert different == ["xl/worksheets/sheet1.xml"]
    again = sheetsim.recalc(copy, tmp_path / "c.xlsx")
    assert again.changed == 0
    assert (tmp_path / "c.xlsx").read_bytes() == copy.read_bytes()


def test_what_cannot_be_computed_keeps_its_value_and_is_listed(tmp_path: Path) -> None:
    path = small(tmp_path / "a.xlsx", '=WEBSERVICE("https://example.org")')
    before = shown(path)
    done = sheetsim.recalc(path, path)
    assert shown(path) == before
    assert list(done.kept) == ["S!B1"]
    assert "1 kept their values" in done.status


def test_engines_write_theirs(tmp_path: Path) -> None:
    path = small(tmp_path / "a.xlsx")
    sheetsim.recalc(path, tmp_path / "b.xlsx", engine="ironcalc")
    assert shown(tmp_path / "b.xlsx", (1, 1)) == 43.0
    with pytest.raises(OptionError, match="expected numpy, ironcalc, libreoffice"):
        sheetsim.recalc(path, engine="excel")


def test_one_bad_file_stops_no_other(tmp_path: Path) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_text("no workbook")
    paths = [small(tmp_path / "a.xlsx"), bad, small(tmp_path / "c.xlsx")]
    done = recalc_files([(str(path), str(path)) for path in paths])
    assert [bool(one.problem) for one in done] == [False, True, False]
    assert shown(paths[2]) == 42.0
    assert bad.read_text() == "no workbook"


def test_a_range_as_a_frame(tmp_path: Path) -> None:
    path = small(tmp_path / "a.xlsx", "=1/(A1-21)")
    frame = sheetsim.read(path, "S!A1:C2")
    assert list(frame.columns) == ["A", "B", "C"]
    assert list(frame.index) == [1, 2]
    assert frame.iloc[0].to_list() == [21.0, "#DIV/0!", None]
    named = sheetsim.read(small(tmp_path / "b.xlsx"), "A1:B2", headings=True)
    assert [*map(float, named.columns)] == [21.0, 42.0]
    assert named.iloc[0, 1] == 43.0
    with pytest.raises(OptionError, match="expected one range"):
        sheetsim.read(path, "A1,B1")
    with pytest.raises(WorkbookError):
        sheetsim.read(tmp_path / "none.xlsx", "A1")


# The command line ---------------------------------------------------------------------------


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small(tmp_path / "a.xlsx")
    small(tmp_path / "c.xlsx", '=WEBSERVICE("x")')
    one = CliRunner().invoke(main, ["recalc", "a.xlsx"])
    assert one.exit_code == 0, one.output
    assert one.output == ("a.xlsx -> a.recalculated.xlsx: 2 formula cells computed, 2 changed\n")
    many = CliRunner().invoke(main, ["recalc", "a.xlsx", "c.xlsx", "--out", "fresh", "--json"])
    assert many.exit_code == 0, many.output
    assert [each["out"] for each in json.loads(many.output)] == ["fresh/a.xlsx", "fresh/c.xlsx"]
    again = CliRunner().invoke(main, ["recalc", "c.xlsx", "--in-place"])
    assert "1 kept their values\n  " in again.output


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["none.xlsx"], 2, "none.xlsx"),
        (["a.xlsx", "--in-place", "--out", "b.xlsx"], 2, "--in-place was given with --out"),
        (["a.xlsx", "sub/a.xlsx"], 2, "two files would go to a.recalculated.xlsx"),
        (["a.xlsx", "b.xlsx", "--out", "c.xlsx"], 2, "expected a folder"),
        (["a.xlsx", "--engine", "excel"], 2, "excel"),
        (["a.xlsx", "none.xlsx", "--out", "d"], 2, "none.xlsx"),
    ],
)
def test_refusals(
    args: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small(tmp_path / "a.xlsx")
    found = CliRunner().invoke(main, ["recalc", *args])
    assert found.exit_code == code
    assert message in found.output
