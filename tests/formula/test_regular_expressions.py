"""A stranger's pattern: bounded in time, and not computed rather than computed wrongly."""

import time

import pytest
from formula_books import book_of, value_of

from sheetsim.formula.functions import regular_expressions
from sheetsim.formula.recalc.evaluate import evaluate

WITHOUT_END = [
    ("a" * 40, "(a+)+b"), ("a" * 40, "(a|a)*b"), ("a" * 40, "(a|aa)+$b"),
    ("a" * 99, "(?:(a*)b?)*c"),
    ("a" * 30, "a?" * 30 + "a" * 30), ("a" * 3000, "a*a*a*b"), ("x" * 500, "(x+x+)+y"),
    ("a" * 300, "(.*)*x"), ("1" * 60, "^(\\d+)*$b"), ("a" * 200, "(?=(a+)+b)c"),
]  # fmt: skip
"""Each takes minutes or centuries where it is tried."""


def test_no_pattern_is_tried_without_end() -> None:
    cells = {f"A{i}": text for i, (text, _) in enumerate(WITHOUT_END, 1)}
    cells |= {f"B{i}": pattern for i, (_, pattern) in enumerate(WITHOUT_END, 1)}
    cells |= {f"C{i}": f"=REGEXTEST(A{i},B{i})" for i in range(1, len(WITHOUT_END) + 1)}
    began = time.process_time()
    found = evaluate(book_of(cells))
    assert time.process_time() - began < 5
    assert len(found.unsupported) == len(WITHOUT_END)
    assert set(found.unsupported.values()) == {
        "a regular expression that might be tried without end"
    }


def test_what_is_tried_ends_soon() -> None:
    """The longest texts on which patterns are still tried, in vain."""
    for pattern, power in (("a*b", 2), ("a*a*b", 3), ("^a*a*b", 2), ("(?:a?){9}b", 1)):
        length = int(regular_expressions.MOST_WAYS ** (1 / power)) - 2
        length = min(length, 30_000)
        began = time.process_time()
        found = evaluate(book_of({"A1": "a" * length, "B1": f'=REGEXTEST(A1,"{pattern}")'}))
        assert time.process_time() - began < 10
        assert found.values["S"][0, 1] in (False, None)


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ('REGEXTEST("a","(")', "not Python's"),
        ('REGEXTEST("a","\\K")', "not Python's"),
        ('REGEXTEST("é","\\w")', "beyond ASCII"),
        ('REGEXTEST("É","é",1)', "beyond ASCII"),
    ],
)
def test_what_may_mean_something_else_is_not_computed(formula: str, why: str) -> None:
    (found,) = evaluate(book_of({"A1": f"={formula}"})).unsupported.values()
    assert why in found


def test_names_of_groups_are_pcres() -> None:
    assert value_of('=REGEXREPLACE("ab","(?<x>a)","[${x}]")') == "[a]b"
    assert value_of('=REGEXEXTRACT("caféine","café")') == "café"
