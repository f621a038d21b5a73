"""What `check` returns and raises: the report, its engines, and files that it cannot take."""

from __future__ import annotations

import importlib
import json
import shutil
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sheetsim import build, check
from sheetsim.checking.agreement import reads_alike
from sheetsim.checking.expected import Expectations
from sheetsim.checking.read_back import read_workbook
from sheetsim.engines import Engine, Values, engines
from sheetsim.engines.ironcalc import ENGINE as IRONCALC
from sheetsim.errors import EngineError, EngineMissingError, OptionError, WorkbookError
from sheetsim.topics import lay_out, new_book
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy
from sheetsim.workbook.write.writer import write_workbook

POINTS = np.array([[1, 12.5], [5, 30], [2, 21]])


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return build("sgd", tmp_path, points=POINTS, epochs=2)


class Fake:
    """An engine that is not there, or that dies in its second run."""

    def __init__(self, name: str, *, missing: bool = False, dies_in: int = 0) -> None:
        self.name, self.missing, self.dies_in, self.runs = name, missing, dies_in, 0

    def version(self) -> str:
        if self.missing:
            raise EngineMissingError(f"{self.name} is missing; get it somewhere")
        return "0.1"

    def available(self) -> bool:
        return not self.missing

    def recalculate(self, path: str | Path, *, timeout: float = 60) -> Values:
        self.runs += 1
        if self.runs == self.dies_in:
            raise EngineError(f"{path}: {self.name} died")
        return IRONCALC.recalculate(path, timeout=timeout)


def only(monkeypatch: pytest.MonkeyPatch, *known: Engine) -> None:
    module = importlib.import_module("sheetsim.checking.check")
    monkeypatch.setattr(module, "known_engines", lambda: {one.name: one for one in known})


def test_a_missing_engine_is_listed_and_an_error_where_asked_for(
    workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, Fake("here"), Fake("gone", missing=True))
    report = check(workbook)
    assert report.ok
    assert report.engines == {"here": "0.1"}
    assert report.missing == {"gone": "gone is missing; get it somewhere"}
    with pytest.raises(EngineError, match="gone is missing"):
        check(workbook, ["here", "gone"])


def test_no_engine_at_all_and_engines_that_do_not_exist(
    workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, Fake("gone", missing=True))
    with pytest.raises(EngineError, match="no spreadsheet engine is installed: gone is missing"):
        check(workbook)
    with pytest.raises(OptionError, match="there is no engine 'excel'; expected gone"):
        check(workbook, ["excel"])
    with pytest.raises(OptionError, match="no engine is named; expected one or more of gone"):
        check(workbook, [])


def test_an_engine_may_be_named_without_a_list(workbook: Path) -> None:
    assert check(workbook, "ironcalc").engines.keys() == {"ironcalc"}


def test_an_engine_that_dies_leaves_nothing_behind(
    workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = workbook.read_bytes()
    only(monkeypatch, Fake("frail", dies_in=2))
    with pytest.raises(EngineError, match="frail died"):
        check(workbook)
    assert list(scratch.iterdir()) == []
    only(monkeypatch, Fake("stable"))
    stages: list[str] = []
    assert check(workbook, progress=stages.append).ok
    assert stages == [
        "reading, and NumPy, inputs as they are",
        "NumPy, inputs changed",
        "stable",
    ]
    assert list(scratch.iterdir()) == []
    assert workbook.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["scratch", "sgd.xlsx"]


def test_the_report_is_json_with_the_cause_first(tmp_path: Path) -> None:
    """The slip is in the last column but one, and all rows below depend on it."""
    sheets = lay_out(new_book("sgd", {"points": POINTS, "epochs": 2}))
    (sgd,) = (sheet for sheet in sheets if sheet.name == "sgd")
    block = sgd["new_b"]
    assert block.formulas is not None
    slip = block.formulas[0][0].replace("-lr", "+lr")
    formulas = ((slip,), *block.formulas[1:])
    sgd.parts[sgd.parts.index(block)] = replace(block, formulas=formulas)
    report = check(write_workbook(sheets, tmp_path / "slip.xlsx"), ["ironcalc"])

    assert not report.ok
    said = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    first = said["differences"][0]
    assert (first["sheet"], first["formula"], first["engine"]) == ("sgd", slip, "ironcalc")
    assert first["reason"] == f"the formula was changed; sheetsim writes {block.formulas[0][0]}"
    assert first["expected"] == block.values[0, 0] != first["found"]
    assert all(d["reason"] for d in said["differences"])
    consequences = [d.is_consequence for d in report.differences]
    assert consequences == sorted(consequences)
    assert any(consequences)
    order = [sheet.name for sheet in sheets]
    followers = [order.index(d.sheet) for d in report.differences if d.is_consequence]
    assert followers == sorted(followers)
    wrong = {(d["sheet"], d["cell"]) for d in said["differences"]}
    cells = sum(row["cells"] for row in said["sheets"])
    assert said["status"] == f"{len(wrong)} of {cells} formula cells differ: NumPy, IronCalc"
    assert sum(row["differ"] for row in said["sheets"]) == len(said["differences"])


def test_a_cell_that_fails_is_an_error_in_words(workbook: Path, tmp_path: Path) -> None:
    """Beyond the range of floats NumPy expects an error; the engine agrees, JSON can hold it."""
    (sheet,) = (s for s in read_workbook(workbook).sheets if s.name == "sgd")
    start, lr = sheet["start_a"], sheet["lr"]
    edited = tmp_path / "edited.xlsx"
    far: dict[tuple[int, int], float | str] = {
        (start.row, start.column): 1e90,
        (lr.row, lr.column): 1e90,
    }
    invalidated_copy(workbook, edited, {"sgd": far})
    report = check(edited, ["ironcalc"])
    assert report.differences == ()
    (sgd,) = (s for s in read_workbook(edited).sheets if s.name == "sgd")
    assert np.isnan(sgd["new_a"].values[-1, 0])
    json.dumps(report.as_dict(), allow_nan=False)


def test_an_input_that_holds_a_formula_is_named(workbook: Path, tmp_path: Path) -> None:
    edited = tmp_path / "edited.xlsx"
    shutil.copyfile(workbook, edited)
    replace_in_part(edited, b"<v>0.0001</v>", b"<f>1/10000</f><v>0.0001</v>")
    with pytest.raises(WorkbookError, match=r"sgd!\w+ \(lr\) holds the formula =1/10000; check"):
        check(edited, ["ironcalc"])


def replace_in_part(path: Path, old: bytes, new: bytes) -> None:
    """Replace bytes in whatever part has them."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert sum(old in data for data in parts.values()) == 1
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data.replace(old, new))


def test_files_that_are_no_workbook_of_ours(workbook: Path, lecture: Path, tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text("x,y\n1,2\n")
    (tmp_path / "cut.xlsx").write_bytes(workbook.read_bytes()[:5000])
    (tmp_path / "empty.xlsx").touch()
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("[Content_Types].xml", b" " * 30_000_000)
    names = ["text.xlsx", "cut.xlsx", "empty.xlsx", "bomb.xlsx", "none.xlsx", "."]
    paths = [tmp_path / name for name in names]
    for path in [*paths, lecture / "graddesc.xlsm", lecture / "collab_filter.xlsx"]:
        with pytest.raises(WorkbookError) as caught:
            check(path, ["ironcalc"])
        message = str(caught.value)
        assert message.startswith(str(path))
        assert "\n" not in message
        assert len(message) < 250 + len(str(path))


def test_both_engines_are_known() -> None:
    assert list(engines()) == ["ironcalc", "libreoffice"]


def test_files_that_share_their_inputs_share_what_is_expected(tmp_path: Path) -> None:
    """And those that do not share them share nothing that matters: the reports are the same."""
    points = POINTS.copy()
    points[0, 1] += 1e-13 * points[0, 1]
    paths = [
        build("sgd", tmp_path / f"{i}.xlsx", points=one, epochs=2)
        for i, one in enumerate([POINTS, POINTS, points])
    ]
    (sheet,) = (s for s in read_workbook(paths[0]).sheets if s.name == "sgd")
    lr = {"sgd": {(sheet["lr"].row, sheet["lr"].column): 2e-4}}
    invalidated_copy(paths[1], tmp_path / "edited.xlsx", lr)
    shared = Expectations()
    first, again, other, edited = (
        read_workbook(path, shared) for path in (*paths, tmp_path / "edited.xlsx")
    )
    assert first.expected is again.expected
    assert first.expected is not other.expected
    assert other.book.given["data"]["y"][0, 0] == points[0, 1]
    assert edited.book.given["sgd"]["lr"][0, 0] == 2e-4
    for path in (*paths, tmp_path / "edited.xlsx"):
        alone, among = check(path, ["ironcalc"]), check(path, ["ironcalc"], expectations=shared)
        assert alone == among


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("=IF(A1>1000000.0,1,2)", "=IF(A1>1000000,1,2)", True),
        ("=IF(A1>1e-05,1,2)", "=IF(A1>0.00001,1,2)", True),
        ("=IF(A1>0.5,1,2)", "=IF(A1>.50,1,2)", True),
        ("=IF(A1>1000000.0,1,2)", "=IF(A1>1000001,1,2)", False),
        ('=IF(A1>1,"1.0",2)', '=IF(A1>1,"1",2)', False),
        ("=A1+$B$10*x_1", "=A1+$B$1*x_1", False),
        ("=SUM(1:1)", "=SUM(1:2)", False),
    ],
)
def test_numbers_are_written_as_programs_like(one: str, other: str, alike: bool) -> None:
    assert reads_alike(one, other) == reads_alike(other, one) == alike
