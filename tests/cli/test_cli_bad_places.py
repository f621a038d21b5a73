"""Where `build` cannot write: one line, code 5, and what stands there stays as it was.

The tests may run as root, whom no permission stops, so the places are ones where nobody can write.
"""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from children import PATIENCE
from cli_runs import OLD, error_line, run, snapshot, the_line


def test_a_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "notes").write_bytes(OLD)
    line = error_line(run("build", "data", "--out", tmp_path / "notes" / "books"), 2)
    reason = "cannot be a folder to write to (Not a directory)"
    assert line == f"{tmp_path}/notes/books: {reason}"
    line = error_line(run("build", "data", "--out", tmp_path / "notes"), 2)
    assert line == f"{tmp_path}/notes: cannot be a folder to write to (is there and is no folder)"
    assert snapshot(tmp_path) == {"notes": OLD}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_a_folder_of_the_systems_own() -> None:
    line = error_line(run("build", "data", "--out", "/proc/books"), 2)
    assert line.startswith("/proc/books: cannot be a folder to write to (")
    line = error_line(run("build", "data", "--out", "/proc"), 2)
    assert line.startswith("/proc/data.xlsx: cannot be written (")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_device(tmp_path: Path) -> None:
    assert "is no folder" in error_line(run("build", "data", "--out", "/dev/full"), 2)
    (tmp_path / "data.xlsx").symlink_to("/dev/full")
    line = error_line(run("build", "data", "--out", tmp_path), 2)
    assert line.startswith(f"{tmp_path}/data.xlsx: is not an ordinary file")
    assert [path.name for path in tmp_path.iterdir()] == ["data.xlsx"]
    assert (tmp_path / "data.xlsx").is_symlink()


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "data.xlsx").mkdir()
    (tmp_path / "data.xlsx" / "old").write_bytes(OLD)
    before = snapshot(tmp_path)
    line = error_line(run("build", "data", "--out", tmp_path), 2)
    assert line == f"{tmp_path}/data.xlsx: is a folder; expected the name of a file to write"
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "open in another program?"),
        (OSError(errno.ENOSPC, "No space left on device"), "(No space left on device)"),
        (OSError(errno.EROFS, "Read-only file system"), "(Read-only file system)"),
    ],
)
@pytest.mark.parametrize("where", ["open", "replace"])
def test_a_file_that_another_program_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, error: OSError, reason: str
) -> None:
    """As Windows has it while Excel shows the file, or as on a disk that is full."""
    (tmp_path / "data.xlsx").write_bytes(OLD)

    def refuse(path: Path, *rest: Any, **named: Any) -> Any:
        if path.name.startswith(".data."):
            raise error
        return real(path, *rest, **named)

    real = getattr(Path, where)
    monkeypatch.setattr(Path, where, refuse)
    line = error_line(run("build", "data", "--out", tmp_path), 2)
    monkeypatch.undo()
    assert line.startswith(f"{tmp_path}/data.xlsx: cannot be written (")
    assert reason in line
    assert snapshot(tmp_path) == {"data.xlsx": OLD}


def test_a_name_that_no_file_may_have() -> None:
    line = error_line(run("build", "data", "--out", "x" * 300), 2)
    assert line.endswith("x: cannot be a folder to write to (File name too long)")


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data.xlsx").symlink_to(tmp_path / "elsewhere" / "real.xlsx")
    assert run("build", "data", "--out", tmp_path).exit_code == 0
    assert (tmp_path / "data.xlsx").is_symlink()
    assert (tmp_path / "elsewhere" / "real.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_standard_output_is_full() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sheetsim", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 2
    assert the_line(done.stderr) == "cannot be written or read (No space left on device)"


def test_nobody_reads_standard_output() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "sheetsim", "list"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")
