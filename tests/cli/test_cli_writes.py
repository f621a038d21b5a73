"""What commands say of the files that they write: over which others, into which folder, or not.

No file is written over without a word, and a disk that is full has its one line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import OLD, error_line, run, snapshot, the_line
from solve_books import make_box

import sheetsim

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "learn"))
from small_movielens import write_movielens

OVER = "written over the file that was there"

RACE = ("race", "--steps", "20", "--frames", "3", "--out", ".")
SWEEP = ("race", "--sweep", "--steps", "20", "--lr-range", "1e-5", "1e-3", "3", "--out", ".")
MOVIES = ("movielens", "--data", "ml", "--factors", "3", "--epochs", "1")
GOAL = ("goal-seek", "box.xlsx", "--set", "B8", "--to", "8", "--by", "B3")
DIGITS = ("digits", "--model", "logistic", "--optimizer", "sgd", "--epochs", "1", "--out", ".")

COMMANDS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "build": (("build", "words"), ["words.xlsx"]),
    "solve": (("solve", "box.xlsx"), ["box.solved.xlsx"]),
    "solve --out FILE": (("solve", "box.xlsx", "--out", "a.xlsx"), ["a.xlsx"]),
    "solve --out DIR": (("solve", "box.xlsx", "--out", "new"), ["new/box.solved.xlsx"]),
    "solve --save-report": (
        ("solve", "box.xlsx", "--no-copy", "--save-report", "r.csv"),
        ["r_answer.csv", "r_limits.csv", "r_sensitivity.csv", "r_trials.csv"],
    ),
    "goal-seek": (GOAL, ["box.solved.xlsx"]),
    "goal-seek --out DIR": ((*GOAL, "--out", "new"), ["new/box.solved.xlsx"]),
    "race": (RACE, ["race_line.gif", "race_line.png"]),
    "race --sweep": (SWEEP, ["sweep_line_momentum.csv", "sweep_line_momentum.png"]),
    "movielens --out": (
        (*MOVIES, "--out", "."),
        ["movielens.xlsx", "movielens_biases.png", "movielens_components.png"],
    ),
    "movielens --save": ((*MOVIES, "--save", "m.npz"), ["m.npz"]),
    "digits": (DIGITS, ["digits_losses.png", "digits_weights.png"]),
}
"""A command by what is tried, and the files that it writes."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    make_box(folder / "box.xlsx")
    write_movielens(folder / "ml", users=12, items=15)
    return folder


@pytest.fixture
def here(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "box.xlsx").write_bytes((inputs / "box.xlsx").read_bytes())
    (tmp_path / "ml").symlink_to(inputs / "ml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_below(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found} - {"box.xlsx"}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("case", COMMANDS)
def test_a_file_that_is_there_is_not_replaced_without_a_word(here: Path, case: str) -> None:
    args, names = COMMANDS[case]
    first = run(*args)
    assert (first.exit_code, first.stderr) == (0, ""), first.output
    assert {name for name in files_below(here) if not name.startswith("ml")} == set(names)
    assert "over" not in [line.rpartition(" ")[2] for line in first.stdout.splitlines()]
    assert OVER not in first.stdout
    for name in names:
        (here / name).write_bytes(OLD)
    again = run(*args)
    assert (again.exit_code, again.stderr) == (0, "")
    lines = again.stdout.splitlines()
    for name in names:
        assert any(line.startswith(f"{name}: {OVER}") for line in lines), again.stdout
        assert (here / name).read_bytes() != OLD
    parsed = json.loads(run(*args, "--json").stdout)
    assert {str(Path(name)) for name in parsed["files"]} == set(names)
    unchanged = set(parsed["files"]) - set(parsed["replaced"])
    assert len(unchanged) + len(parsed["replaced"]) == len(parsed["files"])
    assert unchanged <= {"movielens.xlsx", "words.xlsx"}, "what would be the same is left alone"


def test_the_table_of_a_sweep_too(here: Path) -> None:
    for out, written in (("s.csv", "s.csv"), ("folder", "folder/box.sweep.csv")):
        args = ("solve", "box.xlsx", "--sweep", "B6=12:48:2", "--out", out)
        assert run(*args).stdout.splitlines()[-1] == written
        assert run(*args).stdout.splitlines()[-1] == f"{written}: {OVER}"
        third = run(*args, "--json")
        assert len(json.loads(third.stdout)) == 2  # the rows, and nothing else
        assert third.stderr == f"{written}: {OVER}\n"


def test_a_new_folder_has_something_in_it(here: Path) -> None:
    """A name with a dot is a folder's, unless it ends as that of a file; where none comes of it,
    no folder stays."""
    assert run("solve", "box.xlsx", "--out", "new/v1.2").exit_code == 0
    assert files_below(here) - {"ml/u.data"} >= {"new/v1.2/box.solved.xlsx"}
    args = ("solve", "box.xlsx", "--subject-to", "B6<=-1", "--subject-to", "B6>=1")
    assert run(*args, "--out", "lost/folder").exit_code == 1
    assert not (here / "lost").exists()


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("build", "words", "--out", "a.xlsx"), "a folder, for files named as the workbooks"),
        (("digits", "--out", "a.png"), "a folder, for pictures of losses and weights"),
        ((*MOVIES, "--out", "a.xlsx"), "a folder, for movielens.xlsx and pictures"),
        (("race", "--out", "a.json"), "a name that ends in .png, or a folder"),
        (("solve", "box.xlsx", "--out", "a.png"), "a name that ends in .xlsx, or a folder"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_out_says_what_it_takes(here: Path, args: tuple[str, ...], expected: str) -> None:
    before = snapshot(here)
    assert error_line(run(*args), 2) == f"--out is {args[-1]}; expected {expected}"
    assert snapshot(here) == before


# A disk that is full -----------------------------------------------------------------------


def limited(size: int) -> Callable[[], None]:
    """What makes every write beyond a size fail, as on a disk with no more room than that."""

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.sampled(4)
@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
@pytest.mark.parametrize(
    ("case", "size"),
    [*((case, 100) for case in COMMANDS), ("solve", 5_000), ("race", 5_000)],
)
def test_a_full_disk_is_one_line(here: Path, case: str, size: int) -> None:
    args, names = COMMANDS[case]
    if "new" in args:
        (here / "new").mkdir()
    for name in names:
        (here / name).write_bytes(OLD)
    (here / "temporary").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "sheetsim", *args],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=limited(size),
        env={**os.environ, "TMPDIR": str(here / "temporary"), "MPLCONFIGDIR": str(here.parent)},
    )
    if done.returncode == 0:
        assert all((here / name).stat().st_size <= size for name in names)
        return
    assert (done.returncode, done.stdout) == (2, ""), done
    line = the_line(done.stderr)
    assert "cannot be written (File too large" in line
    assert any(line.startswith(f"{name}: ") for name in names)
    for name in names:  # the old file, or the whole new one if it was small enough
        there = here / name
        assert there.read_bytes() == OLD or there.stat().st_size <= size
    assert not list((here / "temporary").iterdir())
    assert {name for name in files_below(here) if not name.startswith("ml")} == set(names)


def test_a_workbook_of_any_size_is_written_whole_or_not(here: Path) -> None:
    """Wherever the disk ends: while the zip file's parts are made, or in the zip file itself."""
    whole = sheetsim.build("words", here / "whole.xlsx").stat().st_size
    for size in (10, 1_000, whole - 1):
        (here / "words.xlsx").write_bytes(OLD)
        done = subprocess.run(
            [sys.executable, "-m", "sheetsim", "build", "words"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            preexec_fn=limited(size),
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert the_line(done.stderr).startswith("words.xlsx: cannot be written (File too large")
        assert (here / "words.xlsx").read_bytes() == OLD
