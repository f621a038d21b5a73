"""An option in a message: as Python has it in Python, as the command line has it there."""

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from cli_runs import error_line, run

import sheetsim
from sheetsim.errors import OptionError, OptionName, SheetsimError


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A workbook without a model."""
    path = tmp_path / "plain.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Box")
        sheet.write(0, 0, 2.0)
        sheet.write_formula(1, 0, "=(A1-1)^2", value=1.0)
    return path


def test_a_message_is_spelled_by_who_shows_it() -> None:
    error = OptionError("a.xlsx: ", OptionName("y_range"), " is 3; expected it without y_range")
    assert str(error) == "a.xlsx: y_range is 3; expected it without y_range"
    said = error.spelled(lambda name: f"--{name.option.replace('_', '-')}")
    assert said == "a.xlsx: --y-range is 3; expected it without y_range"
    assert str(OptionError(OptionName("seed", "option seed"), ": got -1")) == "option seed: got -1"


def test_an_error_comes_whole_out_of_another_process() -> None:
    error = OptionError(OptionName("seed", "option seed"), ": got -1")
    again: OptionError
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert str(again) == "option seed: got -1"
        assert again.spelled(lambda name: f"<{name.option}>") == "<seed>: got -1"


GIVEN: dict[str, tuple[dict[str, Any], str]] = {
    "no model": ({}, "holds no Solver model; expected one, or {objective} and {by}"),
    "two goals": ({"minimize": "A2", "maximize": "A2", "by": "A1"}, "{minimize} and {maximize}"),
    "a goal and a value": (
        {"objective": "A2", "by": "A1", "minimize": True, "value": 1.0},
        "{value}: got 1.0, expected it without {minimize}",
    ),
    "a bad seed": (
        {"objective": "A2", "by": "A1", "seed": -1},
        "{seed} is -1; expected a whole number, 0 or more",
    ),
    "a bad precision": (
        {"objective": "A2", "by": "A1", "precision": 0.0},
        "{precision} is 0.0; expected a number above 0",
    ),
}


@pytest.mark.parametrize("name", GIVEN)
def test_python_reads_pythons_options(name: str, plain: Path) -> None:
    given, expected = GIVEN[name]
    with pytest.raises(SheetsimError) as caught:
        sheetsim.solve(str(plain), **given)
    message = str(caught.value)
    assert expected.replace("{", "").replace("}", "") in message
    assert "--" not in message
    blamed = message.startswith(f"{plain}: ")
    assert blamed == (name == "no model")  # the file is not at fault for what a caller gives
    spelled = caught.value.spelled(lambda one: "{" + one + "}")
    assert expected in spelled


def test_the_command_line_reads_its_own(plain: Path) -> None:
    line = error_line(run("solve", plain), 2)
    assert line.endswith("holds no Solver model; expected one, or --objective and --by")
    words = ("--objective", "A2", "--by", "A1", "--minimize", "--value", "1")
    line = error_line(run("solve", plain, *words), 2)
    assert line == "--value: got 1.0, expected it without --minimize"
