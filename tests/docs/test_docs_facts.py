"""What the Markdown files say in numbers and in tables is what the code and the workbooks hold.

A fact is a pattern that must stand on a page, and what its groups must be, worked out from the
project. A sentence that is worded anew fails here too, until its pattern follows.
"""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from docs_books import cached, committed, workbook
from docs_pages import FRONT, GALLERY, ROOT, USE, page

import sheetsim
from sheetsim.cli.commands.solve import command as solve_command
from sheetsim.data import load_digits
from sheetsim.data.digits import Digits
from sheetsim.formula.functions_list import categories
from sheetsim.learn.digits import HIDDEN
from sheetsim.learn.movielens import EPOCHS, FACTORS, LR_MAX, Y_RANGE
from sheetsim.racing import SURFACES
from sheetsim.racing.contest import RATES
from sheetsim.topics import lessons
from sheetsim.topics._limit import VARIABLES

WORDS = [
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
]
TWELFTH = {12: "twelfth", 13: "thirteenth", 14: "fourteenth"}


def digits() -> Digits:
    return load_digits(None)


def most_factors(extra: int) -> str:
    """The greatest k for which 15 users' and 15 movies' numbers are within Solver's limit."""
    return str(VARIABLES // 30 - extra)


@cache
def first_model() -> str:
    """What `solve --list` says of the first model of collab_filter.xlsx."""
    done = CliRunner().invoke(solve_command, ["--list", str(workbook("collab_filter"))])
    return done.output.splitlines()[0]


def pinned(name: str) -> str:
    """Major and minor version of a package in constraints.txt."""
    match = re.search(rf"^{name}==(\d+\.\d+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert match
    return match[1]


def least_python() -> str:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["requires-python"]).removeprefix(">=")


def span(which: str) -> tuple[str, str]:
    """The least and the greatest prediction of a model of y_range.xlsx."""
    least, greatest = (
        cached("y_range", "outside_range", f"{end}_{which}") for end in ("least", "greatest")
    )
    return f"{least:.1f}", f"{greatest:.1f}"


def momentum_best() -> float:
    """The best beta1 in the valley of the line: ((root of c - 1) / (root of c + 1))²."""
    root = np.sqrt(SURFACES["line"].condition)
    return float(((root - 1) / (root + 1)) ** 2)


def steepest() -> float:
    """The largest eigenvalue of the line's Hessian."""
    return float(np.linalg.eigvalsh(SURFACES["line"].hessian)[-1])


def functions() -> str:
    """How many functions formulas may use."""
    return str(sum(len(names) for names in categories().values()))


Fact = tuple[str, str, Callable[[], Any]]
FACTS: list[Fact] = [
    (FRONT, r"need Python ([\d.]+) or later", lambda: least_python()),
    (FRONT, r"IronCalc ([\d.]+) recalculate every cell", lambda: pinned("ironcalc")),
    (FRONT, r"prints each stored model: `([^`]+)`", first_model),
    (GALLERY, r"^(\w+) workbooks, built by", lambda: WORDS[len(committed())].capitalize()),
    (GALLERY, r"; a (\w+), movielens.xlsx,", lambda: TWELFTH[len(lessons())]),
    (
        GALLERY,
        r"sheets (`.*`), as Excel stores it",
        lambda: listed(info.name for info in sheetsim.list_topics().values() if info.solvable),
    ),
    (GALLERY, r"Solver takes (\d+) variables at most", lambda: str(VARIABLES)),
    (
        GALLERY,
        r"`k` above (\d+), or above (\d+) with biases",
        lambda: (most_factors(0), most_factors(1)),
    ),
    (
        GALLERY,
        r"predictions run from (\S+) to (\S+), with it from (\S+) to ([\d.]+)\.",
        lambda: (*span("linear_rating"), *span("sigmoid_rating")),
    ),
    (USE, r"# ([\d,]+) real digits that come", lambda: f"{digits().n:,}"),
    (
        USE,
        r"lesson's: (\d+) factors .* onto 0 to (\S+), Adam .*, (\w+) epochs of one-cycle at (\S+),",
        lambda: (
            str(FACTORS),
            f"{Y_RANGE[1]:g}",
            WORDS[EPOCHS],
            f"{LR_MAX:.0e}".replace("-0", "-"),
        ),
    ),
    (USE, r"a net with (\d+) hidden units", lambda: str(HIDDEN["net"][0])),
    (
        USE,
        r"of (\d+) rates, (\d+) a decade from (\S+) to (\d+),",
        lambda: (
            f"{RATES.size}",
            f"{1 / np.log10(RATES[1] / RATES[0]):.0f}",
            f"{RATES[0]:.0e}".replace("-0", "-"),
            f"{RATES[-1]:.0f}",
        ),
    ),
    (USE, r"condition number ([\d,]+):", lambda: f"{SURFACES['line'].condition:,.0f}"),
    (USE, r"which is (\S+) for this valley", lambda: f"{momentum_best():.3f}"),
    (
        USE,
        r"past its limit of 2 / ([\d,]+) = (\S+) and",
        lambda: (f"{steepest():,.0f}", f"{2 / steepest():.6f}"),
    ),
    (USE, r"^(\d+) functions, and all operators", lambda: functions()),
]


def listed(names: Any) -> str:
    """`a`, `b` and `c`, as a sentence has them."""
    *first, last = [f"`{name}`" for name in names]
    return f"{', '.join(first)} and {last}"


def wrong_fact(text: str, pattern: str, right: Any) -> str:
    """What is wrong with a fact; "" if nothing is."""
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        return f"nothing fits {pattern}"
    groups = (right,) if isinstance(right, str) else right
    return "" if match.groups() == groups else f"{match[0]}: expected {', '.join(groups)}"


@pytest.mark.parametrize(("name", "pattern", "right"), FACTS, ids=[fact[1][:40] for fact in FACTS])
def test_facts(name: str, pattern: str, right: Callable[[], Any]) -> None:
    assert wrong_fact(page(name).text, pattern, right()) == ""


@pytest.mark.parametrize(("name", "pattern", "right"), FACTS, ids=[fact[1][:40] for fact in FACTS])
def test_a_wrong_fact_is_found(name: str, pattern: str, right: Callable[[], Any]) -> None:
    """With each of its numbers changed on the page, and with the sentence gone."""
    text = page(name).text
    match = re.search(pattern, text, re.MULTILINE)
    assert match is not None
    for group in range(1, len(match.groups()) + 1):
        first, last = match.span(group)
        assert wrong_fact(f"{text[:first]}7{text[last:]}", pattern, right()) != ""
    assert "nothing fits" in wrong_fact(text.replace(match[0], ""), pattern, right())
