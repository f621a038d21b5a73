"""A linear model as .mps and .lp: HiGHS reads the file back and solves it to the same optimum."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest

from sheetsim.errors import OptionError
from sheetsim.solving.export import export_file
from sheetsim.solving.request import Request

highspy = pytest.importorskip("highspy", reason="the package highspy writes the file")

RULES = ("B4<=1000", "B5>=D5", "B6=2", "A1:A3>=0", "A2<=400", "A3 integer")
MODEL = Request(objective="C1", goal="maximize", by=("A1:A3",), subject_to=RULES)


def book(tmp_path: Path) -> Path:
    """Maximize 3x + 2y - z + 7, with rows of each kind, one of them large."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "my sheet"
    cells = {"A1": 0, "A2": 0, "A3": 0, "C1": "=3*A1+2*A2-A3+7", "D5": 5000}
    rows = {"B4": "=A1+A2", "B5": "=10*A1+20*A3", "B6": "=A3-A1/100"}
    for cell, content in (cells | rows).items():
        sheet[cell] = content
    made.save(tmp_path / "model.xlsx")
    return tmp_path / "model.xlsx"


@pytest.mark.parametrize("kind", [".mps", ".lp"])
def test_what_is_read_back_is_the_model(kind: str, tmp_path: Path) -> None:
    path = export_file(book(tmp_path), MODEL, tmp_path / f"model{kind}")
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    lp = highs.getLp()
    assert list(lp.col_names_) == ["A1", "A2", "A3"]
    assert list(lp.row_names_) == ["B4", "B5", "B6"]
    highs.run()
    found = highs.getInfo().objective_function_value
    # x = 100 (z - 2), so that z is at most 12; 3 more for each x is worth more than 2 for each y.
    assert found == pytest.approx(3 * 1000 - 12 + 7, rel=1e-9)
    np.testing.assert_allclose(np.abs(lp.col_cost_), [3, 2, 1])


@pytest.mark.parametrize(
    ("changed", "target", "words"),
    [
        ({"C1": "=A1*A2"}, "model.mps", "takes linear models"),
        ({}, "model.txt", r"ends in \.mps or \.lp"),
    ],
)
def test_what_no_file_holds_is_refused(
    changed: dict[str, str], target: str, words: str, tmp_path: Path
) -> None:
    path = book(tmp_path)
    made = openpyxl.load_workbook(path)
    for cell, content in changed.items():
        made.active[cell] = content
    made.save(path)
    with pytest.raises(OptionError, match=words):
        export_file(path, MODEL, tmp_path / target)
    assert not (tmp_path / target).exists()
