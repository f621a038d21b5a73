"""The functions of the table by family, as the README lists them."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from sheetsim.formula import functions
from sheetsim.formula.compile.plan import GEOMETRY, SITES

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGIN = "<!-- functions: made by scripts/make_functions_list -->"
END = "<!-- end of functions -->"

TITLES: Mapping[str, str] = {
    "arithmetic": "Arithmetic", "rounding": "Rounding", "angles": "Angles",
    "combinatorics": "Counting and chances of counts", "matrices": "Matrices",
    "statistics": "Statistics", "moments": "Means, moments and lines", "ranks": "Order and ranks",
    "conditional": "By criteria", "distributions": "Normal distribution and its kin",
    "samples": "Distributions of samples", "finance": "Loans and depreciation",
    "cashflows": "Cash flows", "logic": "Logic", "information": "Information and choices",
    "lookup": "Positions", "tables": "Tables", "arrays": "Arrays", "texts": "Texts",
    "bases": "Bases and bits", "dates": "Dates and times",
}  # fmt: skip
"""Module to title, in the README's order; a module that is missing here comes last."""


def categories() -> dict[str, list[str]]:
    """Return title to names of functions, in alphabetical order; operators are left out."""
    modules = [info.name for info in pkgutil.iter_modules(functions.__path__)]
    known = [name for name in TITLES if name in modules]
    others = [name for name in modules if name not in TITLES and not name.startswith("_")]
    found: dict[str, list[str]] = {}
    for name in [*known, *others]:
        module = importlib.import_module(f"{functions.__name__}.{name}")
        names = {one for f in module.FUNCTIONS for one in (f.name, *f.also) if _is_name(one)}
        if names and name != "operators":
            found[TITLES.get(name, name.capitalize())] = sorted(names)
    power = {one for one in functions.TABLE["^"].also if _is_name(one)}
    found["Arithmetic"] = sorted({*found["Arithmetic"], *power})
    references = {name for name in SITES | GEOMETRY if _is_name(name)} - {"ANCHORARRAY"}
    found["References"] = sorted(references - set(functions.TABLE))
    return found


def _is_name(name: str) -> bool:
    return name[0].isalpha() and name == name.upper() and name != "SINGLE"


def listing() -> str:
    """Return the README's list, marks included."""
    found = categories()
    count = sum(len(names) for names in found.values())
    lines = [BEGIN, f"{count} functions, and all operators:", ""]
    lines += [f"- {title}: {', '.join(names)}." for title, names in found.items()]
    return "\n".join([*lines, END])
