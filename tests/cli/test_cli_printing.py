"""Streams: results to one, bar and errors to the other; no markup, no escape codes in a pipe."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from children import PATIENCE
from cli_runs import run, spawn

import sheetsim

ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sheetsim.build("data", tmp_path_factory.mktemp("books") / "data.xlsx")


@pytest.mark.parametrize("name", ["[bold].xlsx", "[red]x[/].xlsx", ":smile:.xlsx", "{0}%s.xlsx"])
def test_a_file_name_is_no_markup(tmp_path: Path, data: Path, name: str) -> None:
    path = tmp_path / name.replace("/", "\\")
    shutil.copyfile(data, path)
    for args in (("check", path, "--engine", "ironcalc"), ("compare", path)):
        result = run(*args)
        assert (result.exit_code, result.stderr) == (0, "")
        assert f"{path}: all " in result.stdout
    assert f"{path}x: no such file" in run("check", f"{path}x").stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such name there")
def test_a_file_name_cannot_move_the_cursor(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "a\nb\x1b[2J.xlsx"
    shutil.copyfile(data, path)
    result = run("check", path, "--engine", "ironcalc")
    assert result.exit_code == 0
    assert ESCAPE not in result.stdout
    assert r"a\nb\x1b[2J.xlsx: all " in result.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_name_in_no_encoding(data: Path) -> None:
    path = os.fsencode(data.parent) + b"/\xff.xlsx"
    shutil.copyfile(data, path)
    done = subprocess.run(
        [sys.executable, "-m", "sheetsim", "compare", path],
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\udcff.xlsx: all " in done.stdout


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_any_encoding_will_do(tmp_path: Path, encoding: str) -> None:
    out = tmp_path / "Ωmega"
    done = spawn("build", "data", "--out", out, env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, "")
    omega = "Ω" if encoding == "utf-8" else "\\u03a9"
    assert done.stdout == f"{tmp_path}/{omega}mega/data.xlsx: written, with data\n"


@pytest.mark.parametrize("args", [("list",), ("solve", "data", "--log"), ("compare",), ("check",)])
def test_no_escape_codes_in_a_pipe(data: Path, args: tuple[str, ...]) -> None:
    file = {"compare": (data,), "check": (data, "--engine", "ironcalc")}.get(args[0], ())
    result = run(*args, *file)
    assert result.exit_code == 0
    assert ESCAPE not in result.stdout
    assert result.stderr == ""
    assert max(map(len, result.stdout.splitlines())) <= max(120, len(f"{data}") + 70)


def on_a_terminal(
    args: list[str | Path], *, both: bool, env: dict[str, str], tmp_path: Path
) -> tuple[str, str, int]:
    """What a terminal of 80 columns gets, and what a file gets where only stderr is a terminal."""
    import pty
    import struct
    import termios
    from fcntl import ioctl

    screen, terminal = pty.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "TERM")}
    output = tmp_path / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "sheetsim", *map(str, args)],
            stdin=terminal,
            stdout=terminal if both else file,
            stderr=terminal,
            env={**clean, "TERM": "xterm", **env},
        )
        os.close(terminal)
        seen = b""
        while True:
            try:
                chunk = os.read(screen, 65536)
            except OSError:  # Linux's way to say that nobody writes any more
                break
            if not chunk:
                break
            seen += chunk
        code = process.wait(60)
    os.close(screen)
    return seen.decode(), output.read_text(), code


posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX's")


def bare(text: str) -> str:
    """The text without escape codes."""
    return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", text)


@posix
def test_the_bar_goes_to_stderr_only(tmp_path: Path, data: Path) -> None:
    args: list[str | Path] = ["check", data, "--engine", "ironcalc"]
    screen, output, code = on_a_terminal(args, both=False, env={}, tmp_path=tmp_path)
    assert code == 0
    assert "data.xlsx: " in screen
    assert "formula cells agree" not in screen
    assert f"{data}: all " in output
    assert ESCAPE not in output


@posix
@pytest.mark.parametrize("color", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_of_80_columns(tmp_path: Path, color: dict[str, str]) -> None:
    screen, _, code = on_a_terminal(["list"], both=True, env=color, tmp_path=tmp_path)
    assert code == 0
    lines = bare(screen).splitlines()
    assert max(map(len, lines)) <= 80
    for name in (*sheetsim.list_workbooks(), *sheetsim.list_topics()):
        assert f" {name} " in bare(screen), "names are not cut"
    if color:
        assert not re.search(r"\x1b\[[0-9;]*3[0-9]", screen), "no colour"


@posix
def test_results_and_bar_on_one_terminal(tmp_path: Path, data: Path) -> None:
    """The bar is gone before a result is printed: every line of it begins at the left."""
    args: list[str | Path] = ["check", data, data, "--engine", "ironcalc"]
    screen, _, code = on_a_terminal(args, both=True, env={}, tmp_path=tmp_path)
    assert code == 0
    for line in re.findall(r"[^\r\n]*formula cells agree|[^\r\n]*┏━+", screen):
        assert bare(line).startswith((str(data), "┏"))
    assert screen.count("formula cells agree") == 2
    assert screen.rstrip("\r\n").endswith("\x1b[2K")  # and gone in the end


@pytest.mark.parametrize(
    ("command", "headings"),
    [
        ("check", ["cells", "differ", "by floor", "worst agreeing"]),
        ("verify", ["cells", "agree", "by rounding", "volatile", "unsupported", "worst"]),
        ("race", ["lr", "loss", "distance", "goal in step", "status"]),
    ],
)
def test_help_says_what_the_table_has(command: str, headings: list[str]) -> None:
    said = " ".join(run(command, "--help").stdout.split()).partition("The table has")[2]
    assert [heading for heading in headings if heading not in said] == []
