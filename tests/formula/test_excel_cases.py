"""Small workbooks, each of a kind that went wrong once: their cached values are the right ones.

Where each value is from stands in cases/cases.json: mostly a workbook that Excel saved.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from sheetsim.errors import WorkbookError
from sheetsim.verifying.verify import verify

FOLDER = Path(__file__).parent / "cases"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_excels_values(case: dict[str, Any]) -> None:
    path = FOLDER / case["file"]
    if "expect" in case:  # refused, in one line
        with pytest.raises(WorkbookError) as caught:
            verify(path, engines=["numpy"])
        assert "\n" not in str(caught.value)
        return
    found = verify(path, engines=["numpy"])
    assert found.success, found.status
    known = isinstance(case["right"], str)  # in words: what Excel gives is not, or is in the file
    assert found.cells == found.formulas > 0 or known, found.sources


def test_every_file_is_a_case() -> None:
    assert {path.name for path in FOLDER.glob("*.xlsx")} == {case["file"] for case in CASES}
