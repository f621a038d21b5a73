"""The list of functions for the docs: the table's names by category, as `sheetsim list` has them.

A category is a module of `sheetsim.formula.functions`, or two; nothing has to be registered.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from sheetsim.formula import functions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.formula.functions import Function

BEGIN = "<!-- functions: made by scripts/make_functions_list -->"
END = "<!-- end of functions -->"

TITLES: Mapping[str, str] = {
    "arithmetic": "Arithmetic", "operators": "Arithmetic", "rounding": "Rounding",
    "angles": "Angles", "combinatorics": "Counting and chances of counts", "matrices": "Matrices",
    "statistics": "Statistics", "moments": "Means, moments and lines", "ranks": "Order and ranks",
    "conditional": "By criteria", "distributions": "Normal and related distributions",
    "samples": "Distributions of samples", "hypotheses": "Tests of hypotheses",
    "finance": "Loans and depreciation", "cashflows": "Cash flows", "bonds": "Bonds",
    "bills": "Bills, and assets by the year", "logic": "Logic",
    "information": "Information and choices", "lookup": "Lookup", "references": "References",
    "arrays": "Arrays", "texts": "Texts", "regular_expressions": "Texts", "bases": "Bases and bits",
    "complex_numbers": "Complex numbers", "bessel": "Bessel functions", "units": "Units",
    "dates": "Dates and times",
}  # fmt: skip
"""Module to title, in the order of the list; a module that is missing here comes last."""


def categories() -> dict[str, list[str]]:
    """Return title to names of functions, in alphabetical order; operators are left out."""
    modules = {info.name for info in pkgutil.iter_modules(functions.__path__)}
    order = [name for name in TITLES if name in modules]
    order += sorted(name for name in modules - set(TITLES) if not name.startswith("_"))
    found: dict[str, list[str]] = {}
    for name in order:
        module = importlib.import_module(f"{functions.__name__}.{name}")
        names = [one for function in module.FUNCTIONS for one in _names(function)]
        if names:
            title = TITLES.get(name, name.capitalize())
            found[title] = sorted([*found.get(title, []), *names])
    return found


def _names(function: Function) -> list[str]:
    """Return how a formula calls a function; an operator's sign is no name."""
    if function.sign:
        return []
    return [name for name in (function.name, *function.also) if name[0].isalpha()]


def listing() -> str:
    """Return the list in Markdown, marks included."""
    found = categories()
    count = sum(len(names) for names in found.values())
    lines = [BEGIN, f"{count} functions, and all operators:", ""]
    lines += [f"- {title}: {', '.join(names)}." for title, names in found.items()]
    return "\n".join([*lines, END])


def with_listing(text: str) -> str | None:
    """Return a text with the list in place of the one that it holds; None if it holds none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + listing() + after if begin and end else None
