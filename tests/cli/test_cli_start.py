"""Answers that come at once: what they do not import. No clock is looked at."""

import os
import re
import subprocess
import sys

import pytest
from children import PATIENCE

from sheetsim.cli import COMMANDS

HEAVY = {
    *("numpy", "pandas", "matplotlib", "PIL", "ironcalc", "openpyxl", "xlsxwriter", "rich"),
    *("platformdirs", "threadpoolctl", "scipy", "highspy", "distributed", "concurrent"),
}
"""Each of them takes as long to import as all that is needed to answer."""

PRINT_MODULES = """
import atexit, runpy, sys
atexit.register(lambda: print("\\n".join(["MODULES", *sys.modules]), file=sys.stderr))
runpy.run_module("sheetsim", run_name="__main__")
"""


def modules_after(*args: str) -> tuple[int, str, set[str]]:
    """Exit code, what was said, and the modules that a run of the command line has imported."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES, *args],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    said, _, modules = done.stderr.partition("MODULES\n")
    return done.returncode, done.stdout + said, set(modules.split())


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), 0),
        (("--help",), 0),
        (("-h",), 0),
        (("--version",), 0),
        (("bild",), 2),
        (("--fast",), 2),
    ],
    ids=str,
)
def test_the_first_answers_import_no_command(args: tuple[str, ...], code: int) -> None:
    found, said, modules = modules_after(*args)
    assert found == code, said
    assert not {name.partition(".")[0] for name in modules} & HEAVY
    own = {name for name in modules if name.startswith("sheetsim")}
    assert own == {
        *("sheetsim", "sheetsim.cli", "sheetsim.terminal", "sheetsim.errors"),
        *(("sheetsim.cli.commands",) if "Commands:" in said else ()),
    }


@pytest.mark.parametrize(
    ("args", "code", "part"),
    [
        (("list",), 0, "dot_product"),
        (("list", "adam"), 2, "unexpected extra argument"),
        (("build", "adma"), 2, "did you mean adam"),
        (("build", "adam", "--k", "3"), 2, "adam has no option --k"),
        (("build", "--out", "a.xlsx", "--lr"), 2, "requires an argument"),
        (("solve", "adma"), 2, "did you mean adam"),
        (("solve", "bias", "--starts", "0"), 2, "--starts is 0"),
        (("check", "a.xlsx", "--timeout", "0"), 2, "--timeout is 0"),
        (("compare",), 2, "missing argument 'FILE...'"),
        (("race", "--steps", "0"), 2, "--steps is 0"),
        (("digits", "--epochs", "x"), 2, "--epochs is x"),
        (("movielens",), 2, "expected --data DIR"),
        (("race", "nosurface"), 2, "expected one of line, rosenbrock, beale, saddle"),
        (("race", "--optimizer", "adm"), 2, "expected one of sgd, momentum"),
        (("race", "--help"), 0, "of momentum, nesterov and adam [0.9]"),
        (("digits", "--optimizer", "adm"), 2, "expected sgd, momentum"),
        (("digits", "--model", "nett"), 2, "expected logistic or net"),
        (("digits", "--help"), 0, "--batch-size N"),
        (("movielens", "--optimizer", "adm", "--download"), 2, "expected sgd, momentum"),
        (("movielens", "--help"), 0, "greatest learning rate [0.005]"),
        (("check", "nofile.xlsx"), 2, "nofile.xlsx: no such file"),
        (("check", __file__), 2, "not a zip file"),
        (("check", "a.xlsx", "--engine", "excel"), 2, "expected ironcalc, libreoffice"),
        (("check", "--help"), 0, "[600]"),
        (("compare", "nofile.xlsx"), 2, "nofile.xlsx: no such file"),
        (("compare", "--help"), 0, "solved elsewhere"),
        (("verify", "nofile.xlsx"), 2, "nofile.xlsx: no such file"),
        (("verify", "a.xlsx", "--engine", "excel"), 2, "expected numpy, ironcalc, libreoffice"),
        (("verify", "--help"), 0, "ironcalc or libreoffice, or numpy for none"),
        (("solve", "nofile.xlsx"), 2, "nofile.xlsx: no such file"),
        (("solve", "./a.csv"), 2, "a.csv: expected a workbook"),
        (("build", "--k", "99", "collab_filter"), 2, "--k is 99; expected a whole number"),
        (("build", "adam", "--lr", "0"), 2, "--lr is 0; expected a number above 0"),
        (("build", "--help"), 0, "--ratings FILE"),
        (("solve", "--help"), 0, "--subject-to"),
        (("solve", "bias", "--help"), 0, "--starts N"),
    ],
    ids=str,
)
def test_lists_and_refusals_import_nothing_heavy(
    args: tuple[str, ...], code: int, part: str
) -> None:
    found, said, modules = modules_after(*args)
    assert (found, part in said) == (code, True), said
    assert not {name.partition(".")[0] for name in modules} & HEAVY


@pytest.mark.parametrize("command", [*COMMANDS, "solve bias"])
def test_an_option_that_there_is_not(command: str) -> None:
    code, said, modules = modules_after(*command.split(), "--nope")
    assert (code, "no such option '--nope'" in said) == (2, True), said
    assert not {name.partition(".")[0] for name in modules} & HEAVY


@pytest.mark.parametrize("command", [*COMMANDS, "solve bias"])
def test_help_lists_the_exit_codes(command: str) -> None:
    """Of all kinds of errors that can be; what they mean stands in `sheetsim.errors`."""
    if command == "list":
        return
    _, said, _ = modules_after(*command.split(), "--help")
    text = " ".join(said.split())
    (codes,) = re.findall(r"Exits with (.*?)\. ", text)
    found = set(re.findall(r"with ([0-9]+)", f"with {codes}"))
    asking = ("solve", "goal-seek", "verify", "check", "build", "recalc")
    engines = {"3"} if command in asking else set()
    assert found == {"0", "2", "130"} | engines | (
        {"1"} if command not in ("race", "recalc", "page") else set()
    )


def test_help_says_nothing_twice() -> None:
    """An option of several workbooks names them behind one text."""
    for command in ("build", "solve bias"):
        _, help_text, _ = modules_after(*command.split(), "--help")
        options = " ".join(help_text.partition("Options:")[2].split())
        texts = re.split(r" --[a-z0-9-]+ [A-Z]+ |; |, \[|\[[^]]*\]|\([a-z_, ]*\)", options)
        words = [text.strip() for text in texts if len(text.split()) > 2]
        assert len(words) == len(set(words)), sorted(words)


def test_the_commands_say_of_themselves_what_the_list_says() -> None:
    import importlib

    _, help_text, _ = modules_after("--help")
    listed = " ".join(help_text.partition("Commands:")[2].split())
    for name in COMMANDS:
        module = name.replace("-", "_")
        command = importlib.import_module(f"sheetsim.cli.commands.{module}").command
        first = " ".join(command.help.split("\n")[0].split())
        assert f"{name} {first}" in listed
        assert first.endswith("."), "the first line is a sentence"
