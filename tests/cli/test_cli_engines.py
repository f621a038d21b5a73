"""An engine that is unknown, missing, hangs or dies: one line, code 3, nothing left behind."""

import os
import sys
from pathlib import Path

import pytest
from children import is_running, wait_until
from cli_runs import error_line, fake_soffice, run, snapshot

import sheetsim
from sheetsim.engines import engines
from sheetsim.engines.libreoffice import VARIABLE
from sheetsim.errors import EngineError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "books").mkdir()
    return sheetsim.build("data", tmp_path / "books" / "data.xlsx")


@pytest.fixture(autouse=True)
def _temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files of the test's own, to see whether one stays."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))


def leftovers(tmp_path: Path) -> list[str]:
    """Temporary files, but for LibreOffice's profile, which is kept until Python ends."""
    names = (path.name for path in (tmp_path / "temporary").iterdir())
    return [name for name in names if not name.startswith("sheetsim-profile-")]


def test_unknown(data: Path) -> None:
    for args in (("--engine", "excel"), ("--engine", "ironcalc", "--engine", "excel")):
        line = error_line(run("check", data, *args), 2)
        assert line == "there is no engine 'excel'; expected ironcalc, libreoffice"
        line = error_line(run("verify", data, *args), 2)
        assert line == "there is no engine 'excel'; expected numpy, ironcalc, libreoffice"
    assert "there is no engine ''" in error_line(run("check", data, "--engine", ""), 2)


def test_asked_for_and_missing(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "no-soffice"))
    line = error_line(run("check", data, "--engine", "libreoffice"), 3)
    assert line == f"{VARIABLE} names {tmp_path}/no-soffice, which is no program that can be run"
    result = run("check", data, "--engine", "ironcalc", "--engine", "libreoffice", "--json")
    assert error_line(result, 3) == line

    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sheetsim.engines.libreoffice._USUAL_PLACES", ())
    line = error_line(run("check", data, "--engine", "libreoffice"), 3)
    assert line.startswith("LibreOffice is missing; get it (")
    result = run("check", data)  # not asked for: said, and no error
    assert result.exit_code == 0
    assert f"{data}: not checked in LibreOffice: LibreOffice is missing; get it" in result.stdout


def test_none_is_there(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise EngineError("it is not here")

    for engine in engines().values():
        monkeypatch.setattr(engine, "version", missing)
    assert "it is not here" in error_line(run("check", data), 3)


def test_it_hangs(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids, slept = tmp_path / "pids", tmp_path / "slept"
    program = fake_soffice(tmp_path, f"(sleep 600; touch {slept}) & echo $! $$ > {pids}; wait")
    monkeypatch.setenv(VARIABLE, str(program))
    before = snapshot(data.parent)
    for timeout in (0.5, 10.0, 100.0):  # until the shell was quick enough to start its child
        words = ("check", data, "--engine", "libreoffice", "--timeout", f"{timeout:g}")
        line = error_line(run(*words), 3)
        assert line == f"{program}: did not end within {timeout:g} s and was stopped"
        if pids.exists():
            break
    with pytest.raises(EngineError, match=r"did not end within 0\.4 s and was stopped"):
        sheetsim.check(data, ["libreoffice"], timeout=0.4)
    wait_until(lambda: not any(is_running(int(pid)) for pid in pids.read_text().split()))
    assert not slept.exists()
    assert snapshot(data.parent) == before
    assert not leftovers(tmp_path)


@pytest.mark.parametrize(
    ("script", "part"),
    [
        ("echo no display >&2; exit 77", "ended with exit code 77; it said: no display"),
        ("kill -SEGV $$", "was ended by signal 11; it said: nothing"),
        ("exit 0", "LibreOffice wrote no file; it said: nothing"),
        ("printf 'one\\ntwo\\033[31m\\n'; exit 1", r"it said: one two\x1b[31m"),
    ],
)
def test_it_dies(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, script: str, part: str
) -> None:
    monkeypatch.setenv(VARIABLE, str(fake_soffice(tmp_path, script)))
    before = snapshot(data.parent)
    assert part in error_line(run("check", data), 3)
    assert snapshot(data.parent) == before
    assert not leftovers(tmp_path)


def test_it_is_something_else(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "calligra"
    program.write_text("#!/bin/sh\necho Calligra 3\n")
    program.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(program))
    line = error_line(run("check", data, "--engine", "libreoffice"), 3)
    assert line == f"{program}: does not say that it is LibreOffice but 'Calligra 3'"


def test_build_and_check_says_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(fake_soffice(tmp_path, "exit 3")))
    result = run("build", "data", "--check", "--out", tmp_path / "books")
    assert result.exit_code == 3
    assert result.stdout.startswith(f"{tmp_path}/books/data.xlsx: written")
    assert "ended with exit code 3" in result.stderr
    assert os.listdir(tmp_path / "books") == ["data.xlsx"]  # noqa: PTH208
