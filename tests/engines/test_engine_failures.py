"""An engine that is missing, hangs, dies or answers nonsense: one clear line, nothing left."""

from __future__ import annotations

import builtins
import stat
import sys
from pathlib import Path

import pytest
import xlsxwriter
from children import is_running, wait_until
from installed import installed

from sheetsim.engines import choose, engines
from sheetsim.engines.ironcalc import IronCalc
from sheetsim.engines.libreoffice import VARIABLE, LibreOffice
from sheetsim.errors import EngineError, OutputError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsx"
    out = xlsxwriter.Workbook(str(path))
    out.add_worksheet("one").write_formula(0, 0, "=1+1")
    out.close()
    return path


def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> LibreOffice:
    """Let a shell script play LibreOffice; `$out` is the file that it is to write."""
    program = tmp_path / "fake-soffice"
    find_out = 'while [ $# -gt 1 ]; do [ "$1" = --outdir ] && out="$2/book.xlsx"; shift; done\n'
    program.write_text(f"#!/bin/sh\n{find_out}{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(VARIABLE, str(program))
    return LibreOffice()


@pytest.mark.parametrize("deaf", ["", "trap '' TERM; "])
def test_one_that_hangs_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: Path, deaf: str
) -> None:
    pids, slept = tmp_path / "pids", tmp_path / "slept"
    child = f"(sleep 600; touch {slept}) & echo $! $$ > {pids}"
    script = f"{deaf}{child}\nwait\nwhile :; do sleep 1; done"
    for timeout in (0.5, 10.0, 100.0):  # until the shell was quick enough to start its child
        problem = f"did not end within {timeout:g} s and was stopped"
        with pytest.raises(EngineError, match=problem):
            fake(tmp_path, monkeypatch, script).recalculate(book, timeout=timeout)
        if pids.exists():
            break
    wait_until(lambda: not any(is_running(int(pid)) for pid in pids.read_text().split()))
    assert not slept.exists()


def test_a_child_that_is_left_behind_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: Path
) -> None:
    pids, slept = tmp_path / "pids", tmp_path / "slept"
    child = f"(sleep 600; touch {slept}) & echo $! > {pids}"
    with pytest.raises(EngineError, match="wrote no file"):
        fake(tmp_path, monkeypatch, child).recalculate(book)
    wait_until(lambda: not is_running(int(pids.read_text())))
    assert not slept.exists()


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo oh no >&2; exit 77", "ended with exit code 77; it said: oh no"),
        ("kill -SEGV $$", "was ended by signal 11; it said: nothing"),
        ("echo Error: could not be loaded; exit 0", "wrote no file; it said: Error: could not"),
        ('mkdir -p "${out%/*}"; echo garbage > "$out"', "wrote something that is no workbook"),
        ('mkdir -p "${out%/*}"; : > "$out"', "wrote something that is no workbook"),
    ],
)
def test_one_that_dies_or_writes_nonsense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: Path, script: str, problem: str
) -> None:
    before = book.read_bytes()
    with pytest.raises(EngineError) as caught:
        fake(tmp_path, monkeypatch, script).recalculate(book)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert book.read_bytes() == before


def test_one_that_echoes_the_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: Path
) -> None:
    from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

    invalidated_copy(book, book)
    engine = fake(tmp_path, monkeypatch, 'mkdir -p "${out%/*}"; cp "$1" "$out"')
    with pytest.raises(EngineError, match=r"LibreOffice did not recalculate one!A1"):
        engine.recalculate(book)


def test_one_that_says_it_is_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EngineError, match="does not say that it is LibreOffice"):
        fake(tmp_path, monkeypatch, "echo Calligra 3").version()


def test_libreoffice_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, book: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sheetsim.engines.libreoffice._USUAL_PLACES", ())
    engine = LibreOffice()
    assert choose(None, {engine.name: engine}).missing.keys() == {engine.name}
    with pytest.raises(EngineError, match=f"LibreOffice is missing; get it .* {VARIABLE}"):
        engine.version()
    with pytest.raises(EngineError, match="LibreOffice is missing"):
        engine.recalculate(book)


def test_the_named_program_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/no/such/soffice")
    with pytest.raises(EngineError, match="names /no/such/soffice, which is no program"):
        LibreOffice().version()
    assert choose(None, {"libreoffice": LibreOffice()}).missing.keys() == {"libreoffice"}


def test_a_program_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soffice"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(program))
    with pytest.raises(EngineError, match="cannot be started"):
        LibreOffice().version()


def test_ironcalc_is_missing(monkeypatch: pytest.MonkeyPatch, book: Path) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: object, **named: object) -> object:
        if name == "ironcalc":
            raise ImportError("no wheel")
        return real(name, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert choose(None, {"ironcalc": IronCalc()}).missing.keys() == {"ironcalc"}
    with pytest.raises(EngineError, match=r"IronCalc is missing \(no wheel\); pip install"):
        IronCalc().recalculate(book)


class PanicException(BaseException):
    """A stand-in: the real one cannot be imported, only met."""


@pytest.mark.parametrize("error", [PanicException("oh"), ValueError("oh"), KeyboardInterrupt()])
def test_a_panic_in_ironcalc_is_an_engine_error(
    monkeypatch: pytest.MonkeyPatch, book: Path, error: BaseException
) -> None:
    import ironcalc

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(ironcalc, "load_from_xlsx", fail)
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else EngineError
    with pytest.raises(expected) as caught:
        IronCalc().recalculate(book)
    if expected is EngineError:
        assert str(caught.value) == f"{book}: IronCalc cannot calculate it (oh)"


def test_ironcalc_s_real_panic_is_told_by_its_name() -> None:
    import ironcalc

    with pytest.raises(BaseException, match="testing panic") as caught:
        ironcalc.create("x").test_panic()
    assert caught.type.__name__ == "PanicException"
    assert not isinstance(caught.value, Exception)


def test_ironcalc_minds_the_time(book: Path) -> None:
    with pytest.raises(EngineError, match="IronCalc took more than -1 s"):
        IronCalc().recalculate(book, timeout=-1)


def test_a_pdf_is_printed(tmp_path: Path, book: Path) -> None:
    engine = engines()["libreoffice"]
    if not installed(engine):
        pytest.skip("LibreOffice is not installed here")
    assert isinstance(engine, LibreOffice)
    pdf = engine.convert_to_pdf(book, tmp_path)
    assert pdf == tmp_path / "book.pdf"
    assert pdf.read_bytes().startswith(b"%PDF")
    with pytest.raises(OutputError, match="there is no folder"):
        engine.convert_to_pdf(book, tmp_path / "none")
