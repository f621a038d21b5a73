"""Ctrl-C: one line, code 130, no half-written file, no process left; so too for other signals."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from children import PATIENCE, child, is_running, wait_until
from cli_runs import OLD, SAY_WHEN, fake_soffice, run, snapshot, spawn, the_line

import sheetsim
from sheetsim.engines.libreoffice import VARIABLE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")

LINE = "interrupted; files that were finished are kept"


def stopped(
    args: list[str], ready: Callable[[], bool], env: dict[str, str], number: signal.Signals
) -> tuple[int, str, str]:
    """Start a command, signal it (it alone) when it is ready, and return how it ended."""
    with child("-m", "sheetsim", *args, env=env) as process:
        wait_until(ready, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_during_build(tmp_path: Path, number: signal.Signals) -> None:
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    out.mkdir()
    temporary.mkdir()
    (out / "sgd.xlsx").write_bytes(OLD)
    args = ["build", "sgd", "--epochs", "150", "--out", str(out)]
    writing = lambda: len(list(out.iterdir())) > 1  # noqa: E731
    code, said, err = stopped(args, writing, {"TMPDIR": str(temporary)}, number)
    assert (code, said, the_line(err)) == (130, "", LINE)
    assert snapshot(out) == {"sgd.xlsx": OLD}
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_during_check(tmp_path: Path, number: signal.Signals) -> None:
    book = sheetsim.build("data", tmp_path / "data.xlsx")
    before = book.read_bytes()
    temporary, pids = tmp_path / "temporary", tmp_path / "pids"
    temporary.mkdir()
    program = fake_soffice(
        tmp_path, f"sleep 60 & echo $! $$ > {pids}.new; mv {pids}.new {pids}; wait"
    )
    env = {VARIABLE: str(program), "TMPDIR": str(temporary)}
    code, said, err = stopped(["check", str(book)], pids.exists, env, number)
    assert (code, said, the_line(err)) == (130, "", LINE)
    wait_until(lambda: not any(is_running(int(pid)) for pid in pids.read_text().split()))
    assert book.read_bytes() == before
    assert not list(temporary.iterdir())


def test_what_was_finished_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sheetsim.api.write

    def write(book: object, path: Path) -> bool:
        if path.name == "sgd.xlsx":
            raise KeyboardInterrupt
        return real(book, path)  # type: ignore[arg-type]

    monkeypatch.setattr("sheetsim.api.write", write)
    result = run("build", "data", "sgd", "adam", "--out", tmp_path)
    assert result.exit_code == 130
    assert the_line(result.stderr) == LINE
    assert [path.name for path in tmp_path.iterdir()] == ["data.xlsx"]


def test_solving_a_topic_ends_with_the_best_point_so_far() -> None:
    """As `solve FILE.xlsx` does."""
    words = ["--json", "--starts", "3000", "--convergence", "1e-300"]
    with child("-c", SAY_WHEN, "solve", "bias", *words) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "solving\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, "")
    found = json.loads(out)
    assert found["status"] == "interrupted: Ctrl-C; this is the best point so far"
    assert found["success"] is False
    assert found["objective"] < found["start_objective"]


def test_a_workbook_is_not_built_with_half_a_solution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sheetsim.solver.methods.levenberg_marquardt._tick", pressed)
    result = run("build", "dot_product", "--out", tmp_path)
    assert (result.exit_code, the_line(result.stderr)) == (130, LINE)
    assert not list(tmp_path.iterdir())


# While Python imports -----------------------------------------------------------------------

RAISES = {
    "as it is": "raise KeyboardInterrupt",
    "as what it makes of an import": """
try:
    raise KeyboardInterrupt
except KeyboardInterrupt as error:
    raise RuntimeError("Error calling __set_name__") from error
""",
}


@pytest.mark.parametrize("source", RAISES.values(), ids=RAISES)
@pytest.mark.parametrize(
    ("package", "line"),
    [("click", "interrupted"), ("numpy", LINE), ("pandas", LINE), ("xlsxwriter", LINE)],
)
def test_during_an_import(tmp_path: Path, package: str, line: str, source: str) -> None:
    """Before there is a command line, and while a command imports what it needs."""
    (tmp_path / f"{package}.py").write_text(source)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = spawn("build", "data", "--out", tmp_path / "out", env={"PYTHONPATH": path})
    assert (done.returncode, done.stdout, the_line(done.stderr)) == (130, "", line)


def test_another_error_of_an_import_is_a_bug(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise RuntimeError('no interrupt')")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = spawn("build", "data", "--out", tmp_path / "out", env={"PYTHONPATH": path})
    assert done.returncode == 1
    assert done.stderr.endswith("RuntimeError: no interrupt\n")
