"""How to add: the files that sheetsim/README.md shows are put where they say, and are found.

They go into a copy of the package. Each is followed by a block of commands, which are run there;
all are to end well. Of Gnumeric only its converter is needed, and a stand-in for that will do,
where it is not installed: what is tried is the file on the page.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter
from docs_pages import NEW_FILE, ROOT, USE, page

FILES = {
    match[1]: block.text[match.end() :]
    for block in page(USE).blocks
    if (match := NEW_FILE.match(block.text))
}

CONVERTER = """#!{python}
# Stands in for Gnumeric's ssconvert: computes the workbook with IronCalc.
import sys
import xlsxwriter
from sheetsim.book import CellError
from sheetsim.engines.ironcalc import ENGINE
if sys.argv[1:] == ["--version"]:
    sys.exit(print("ssconvert version '1.12.55'"))
given, written = sys.argv[-2:]
with xlsxwriter.Workbook(written) as book:
    for name, cells in ENGINE.recalculate(given).items():
        sheet = book.add_worksheet(name)
        for place, value in cells.items():
            if isinstance(value, CellError):
                sheet.write_formula(*place, "=NA()", None, value.code)
            else:
                sheet.write(*place, value)
"""


def commands(file: str) -> list[list[str]]:
    """The command lines in the block behind that of a file."""
    blocks = page(USE).blocks
    (at,) = (
        i for i, block in enumerate(blocks) if block.text.startswith(f"# a new file: {file}\n")
    )
    assert blocks[at + 1].language == "sh"
    return [shlex.split(line) for line in blocks[at + 1].text.splitlines()]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package, the new files in it, and what the commands name."""
    folder = tmp_path_factory.mktemp("added")
    away = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "sheetsim", folder / "sheetsim", ignore=away)
    for file, text in FILES.items():
        (folder / file).write_text(text, encoding="utf-8")
    converter = folder / "bin" / "ssconvert"
    converter.parent.mkdir()
    converter.write_text(CONVERTER.format(python=sys.executable), encoding="utf-8")
    converter.chmod(0o755)
    shutil.copy(ROOT / "workbooks" / "words.xlsx", folder)
    with xlsxwriter.Workbook(folder / "growths.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", [0.09, 0.11, 0.1])
        sheet.write_formula("D1", "=FVSCHEDULE(1,A1:C1)", None, 1.33089)  # Microsoft's own example
    return folder


def run(words: list[str], folder: Path) -> str:
    """What a command prints, by the copy of the package; LibreOffice is not looked for."""
    name = {"sheetsim": [sys.executable, "-m", "sheetsim"], "python": [sys.executable]}[words[0]]
    rest = [str(ROOT / word) if word.startswith("scripts/") else word for word in words[1:]]
    path = {"PYTHONPATH": str(folder), "PATH": str(folder / "bin")}
    done = subprocess.run(
        [*name, *rest], cwd=folder, env=os.environ | path, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{shlex.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


PRINTED = {
    "sheetsim/topics/entropy/odds.py": ("  odds ", "odds.xlsx: written", "all 5 formula cells"),
    "sheetsim/topics/gradient_descent/optimistic.py": (
        *("optimistic.xlsx: written", r"all 1,\d+ formula cells", "│ optimistic │"),
        "│ net +│ optimistic │",
    ),
    "sheetsim/formula/functions/growths.py": (
        *("Growths: FVSCHEDULE", "all 1 formula cells compared agree", "- Growths: FVSCHEDULE."),
    ),
    "sheetsim/engines/gnumeric.py": ("agree: NumPy, gnumeric",),
}
"""What the commands behind a file print, in their order."""


@pytest.mark.parametrize("file", PRINTED)
def test_a_new_file_is_all_it_takes(file: str, copy: Path) -> None:
    lines = commands(file)
    for words, wanted in zip(lines, PRINTED[file], strict=True):
        assert re.search(wanted, run(words, copy)), shlex.join(words)


def test_every_file_is_tried_and_is_new() -> None:
    assert set(FILES) == set(PRINTED)
    assert not [file for file in FILES if (ROOT / file).exists()]


def test_every_file_is_as_ruff_would_have_it(tmp_path: Path) -> None:
    for file, text in FILES.items():
        (tmp_path / Path(file).name).write_text(text, encoding="utf-8")
    for words in (["check", "--config", str(ROOT / "pyproject.toml")], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *words, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_a_mistake_in_a_file_is_found(copy: Path) -> None:
    """A wrong formula in the topic: `check` ends with 1."""
    file = copy / "sheetsim/topics/entropy/odds.py"
    good = file.read_text(encoding="utf-8")
    file.write_text(good.replace("/(1-{p.cell})", "/(2-{p.cell})"), encoding="utf-8")
    try:
        run(["sheetsim", "build", "odds"], copy)
        with pytest.raises(AssertionError, match="3 of 5 formula cells differ"):
            run(["sheetsim", "check", "odds.xlsx"], copy)
    finally:
        file.write_text(good, encoding="utf-8")
