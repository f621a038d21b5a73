"""`sheetsim verify`: what it prints, its JSON, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from sheetsim.cli.commands.verify import command
from sheetsim.errors import EngineMissingError, OptionError, WorkbookError


def run(*args: str | Path) -> Result:
    """The command alone; errors are the group's to print, and come as they are."""
    return CliRunner().invoke(command, [str(a) for a in args], catch_exceptions=True)


def book(path: Path, wrong: float = 0.0, rows: int = 20) -> Path:
    """A chain of sums with right cached values, but for S!B3 and all that follows."""
    with xlsxwriter.Workbook(path) as file:
        sheet = file.add_worksheet("S")
        value = 0.5
        for row in range(rows):
            sheet.write(row, 0, 0.25)
            value = value + 0.25 + (wrong if row == 2 else 0.0) if row else 0.25
            sheet.write_formula(row, 1, f"=B{row}+A{row + 1}" if row else "=A1", None, value)
    return path


def test_all_agree(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx")
    result = run(path, "--engine", "ironcalc")
    assert result.exit_code == 0, result.output
    assert f"{path}: all 20 formula cells compared agree with NumPy and IronCalc\n" in result.stdout
    assert "by rounding" in result.stdout


def test_a_difference_is_named_with_its_reason(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 1.0)
    result = run(path, "--engine", "numpy")
    assert result.exit_code == 1
    assert (
        "18 of 20 formula cells differ, which follow from 1; the first is S!B3 (" in result.stdout
    )
    assert "  S!B3  =B2+A3\n    the file 1.75, NumPy 0.75; the cached value is " in result.stdout
    assert "  ... and 8 more (--show 18, or --json)\n" in result.stdout
    every = run(path, "--engine", "numpy", "--show", "18").stdout
    assert every.count("follows from S!B3") == 17
    assert "more (--show" not in every


def test_a_file_without_values_is_said_to_have_none(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    other = openpyxl.Workbook()
    other.active["A1"] = "=1+1"
    other.save(path)
    said = run(path, "--engine", "ironcalc").stdout
    assert "none of NumPy's own is counted; `sheetsim recalc` writes values into the file" in said


def test_json_of_one_file_and_of_several(tmp_path: Path) -> None:
    good, bad = book(tmp_path / "good.xlsx"), book(tmp_path / "bad.xlsx", 1.0)
    result = run(bad, "--engine", "ironcalc", "--json")
    assert result.exit_code == 1
    one: dict[str, Any] = json.loads(result.stdout)
    assert (one["cells"], one["agree"], one["success"]) == (20, 2, False)
    assert one["first"] == "S!B3"
    first = one["differences"][0]
    assert first["reason"].startswith("the cached value is not what the formula gives")
    assert {key: first[key] for key in ("sheet", "cell", "formula", "values", "follows")} == {
        "sheet": "S",
        "cell": "B3",
        "formula": "=B2+A3",
        "follows": None,
        "values": {"cached": 1.75, "numpy": 0.75, "ironcalc": 0.75},
    }
    assert [source["name"] for source in one["sources"]] == ["numpy", "ironcalc"]
    several = run(good, bad, "--engine", "numpy", "--json")
    assert several.exit_code == 1
    assert [each["agree"] for each in json.loads(several.stdout)] == [20, 2]


def test_a_bad_file_does_not_keep_the_others_from_being_verified(tmp_path: Path) -> None:
    good = book(tmp_path / "good.xlsx")
    (tmp_path / "bad.xlsx").write_bytes(b"PK\nnonsense")
    result = run(tmp_path / "bad.xlsx", good, "--engine", "numpy")
    assert result.exit_code == 2
    assert f"{good}: all 20 formula cells" in result.stdout
    assert result.stderr.startswith(f"sheetsim: {tmp_path}/bad.xlsx: ")
    assert result.stderr.count("\n") == 1
    alone = run(tmp_path / "bad.xlsx")
    assert isinstance(alone.exception, WorkbookError)
    assert WorkbookError.exit_code == 2


def test_engines_that_are_unknown_or_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book(tmp_path / "a.xlsx")
    assert isinstance(run(path, "--engine", "excel").exception, OptionError)
    assert isinstance(run(path, "--tolerance", "nan").exception, OptionError)
    assert isinstance(run(path, "--tolerance", "1").exception, OptionError)
    monkeypatch.setenv("SHEETSIM_SOFFICE", str(tmp_path / "nowhere"))
    assert isinstance(run(path, "--engine", "libreoffice").exception, EngineMissingError)
    assert EngineMissingError.exit_code == 3
    result = run(path)
    assert result.exit_code == 0
    assert f"{path}: not verified in LibreOffice: SHEETSIM_SOFFICE names " in result.stdout


def test_an_engine_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soffice"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo LibreOffice 7.4; exit 0; }\nexit 7\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("SHEETSIM_SOFFICE", str(program))
    path = book(tmp_path / "a.xlsx")
    result = run(path)
    assert result.exit_code == 3
    assert "agree with NumPy and IronCalc; LibreOffice failed\n" in result.stdout
    assert "LibreOffice 7.4 failed: " in result.stdout
    assert "ended with exit code 7" in result.stdout


def test_control_characters_stay_on_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as file:
        file.add_worksheet("S").write_formula("A1", '="a"&CHAR(10)&"b"', None, "x\ny\u202e")
    result = run(path, "--engine", "numpy")
    assert result.exit_code == 1
    assert "\u202e" not in result.stdout
    assert r"the file 'x\ny\u202e', NumPy 'a\nb'; " in result.stdout
