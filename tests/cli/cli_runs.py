"""Running the command line in this process or in one of its own, and what an error looks like."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from children import PATIENCE
from click.testing import CliRunner, Result

from sheetsim.cli import main

OLD = b"what stood here before"

SAY_WHEN = """
import sys
from sheetsim.solver.solve_model import ENGINES
wrapped = dict(ENGINES)
def telling(engine):
    def run(evaluator):
        clock, looks = evaluator.clock, iter(range(10**9))
        def watched():
            if next(looks) == 10:  # once in an iteration, so that points have been tried
                print("solving", file=sys.stderr, flush=True)
            return clock()
        evaluator.clock = watched
        return engine(evaluator)
    return run
ENGINES.update({name: telling(engine) for name, engine in wrapped.items()})
from sheetsim.cli import main
main()
"""
"""The command line, which says when a search is under way: after ten looks at its clock."""


def run(*args: str | Path, env: dict[str, str] | None = None) -> Result:
    """The command line in this process; an exception that it lets through fails the test."""
    words = [str(arg) for arg in args]
    return CliRunner().invoke(main, words, env=env, catch_exceptions=False, prog_name="sheetsim")


def spawn(
    *args: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """The command line as users have it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sheetsim", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )


def error_line(result: Result, code: int) -> str:
    """The one line that a refusal is, without its "sheetsim: "."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    return the_line(result.stderr)


def the_line(stderr: str) -> str:
    lines = stderr.split("\n")
    assert lines[1:] == [""], stderr
    assert lines[0].startswith("sheetsim: ")
    assert "Traceback" not in stderr
    return lines[0].removeprefix("sheetsim: ")


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below, hidden ones too, with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def refused_build(out: Path, code: int, *args: str | Path) -> str:
    """The line with which `build` refuses; old files at the targets stay as they were."""
    out.mkdir(exist_ok=True)
    for name in (str(arg) for arg in args if str(arg).isidentifier()):
        (out / f"{name}.xlsx").write_bytes(OLD)
    before = snapshot(out)
    assert before
    line = error_line(run("build", *args, "--out", out), code)
    assert snapshot(out) == before
    return line


def fake_soffice(folder: Path, script: str) -> Path:
    """A shell script that says it is LibreOffice and does what it is given when it is used."""
    program = folder / "fake-soffice"
    version = '[ "$1" = --version ] && { echo LibreOffice 7.4.7.2 40; exit 0; }'
    program.write_text(f"#!/bin/sh\n{version}\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program
