"""Small workbooks of kinds that once went wrong, solved by the command to their right values.

`cases/cases.json` holds the arguments of `sheetsim solve`, the right objective, and where it is
from: brute force, closed forms, other solvers.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sheetsim.cli import main

FOLDER = Path(__file__).parent / "cases"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


def named(case: dict[str, Any]) -> str:
    return f"{Path(case['file']).stem}-{case.get('variant', '')}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_case(case: dict[str, Any]) -> None:
    if "Simplex LP" in case["args"] or not case["args"]:
        pytest.importorskip("highspy", reason="Simplex LP needs the package highspy")
    words = ["solve", str(FOLDER / case["file"]), *case["args"], "--no-copy", "--json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    solved = json.loads(done.stdout)
    within = case.get("within", 1e-6) * max(1.0, abs(case["right"]))
    assert solved["objective"] == pytest.approx(case["right"], abs=within), solved["status"]
