"""What is known about a cell on which programs disagree.

Each entry was measured (LibreOffice 7.4.7, IronCalc 0.9.1), with the values that Excel cached in
the lecture's workbooks as the word on Excel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sheetsim.book import CellError, Value
from sheetsim.formula.local import Formulas

TITLES = {
    "cached": "the file",
    "numpy": "NumPy",
    "ironcalc": "IronCalc",
    "libreoffice": "LibreOffice",
}
"""How sources are called in sentences."""

UNSUPPORTED_CODES = {
    "ironcalc": {"#NAME?", "#ERROR!", "#N/IMPL!"},
    "libreoffice": {"#NAME?"},
}
"""What an engine answers to a function, or a formula, that it does not know."""


class Known(NamedTuple):
    """A formula that an engine takes in another way than Excel."""

    engines: tuple[str, ...]
    pattern: re.Pattern[str]
    why: str


_BOTH = ("ironcalc", "libreoffice")

KNOWN = (
    Known(
        _BOTH,
        re.compile(r"\b(SUMXMY2|SUMX2MY2|SUMX2PY2)\("),
        "{engine} counts a blank in {function} as 0, where Excel skips the pair",
    ),
    Known(
        _BOTH,
        re.compile(r"\b(MMULT|MINVERSE|MDETERM)\("),
        "{engine} answers #VALUE! to {function} over a range with a blank or a text",
    ),
    Known(
        ("ironcalc",),
        re.compile(r"\b(MATCH|[VHX]?LOOKUP)\("),
        "{engine} finds another place than Excel with {function} in a range that is not in order",
    ),
    Known(
        ("libreoffice",),
        re.compile(r"\b(SINGLE|ANCHORARRAY)\("),
        "{engine} does not know Excel's {function} (the @ and # of dynamic arrays)",
    ),
    Known(
        ("libreoffice",),
        re.compile(r"\b(OFFSET)\("),
        "{engine} does not take the array that {function} returns as Excel does",
    ),
    Known(
        ("libreoffice",),
        re.compile(r'(?:""|\bIF\()()'),
        "{engine} answers #VALUE! where arithmetic meets an empty text",
    ),
)
"""Applied in this order; an entry whose text speaks of an error asks for one."""

_TEXT = re.compile(r'"[^"]*"')

LOST = "a cell that is lost on loading the file, as beside a pivot table"
NEEDS = "a cell that needs one of those"


def functions_of(formula: str) -> set[str]:
    """Return the functions that a formula calls, without the prefix of newer ones."""
    return {
        name.removeprefix("_XLFN.").removeprefix("_XLWS.").removeprefix("_XLFN.")
        for name in re.findall(r"([A-Z_][A-Z0-9._]*)\(", _TEXT.sub('""', formula.upper()))
    }


def unsupported_cells(
    formulas: Formulas,
    engine: str,
    values: Mapping[int, Value],
    expected: Mapping[int, Value],
    text: Mapping[int, str],
) -> dict[int, str]:
    """Return the cells that an engine cannot compute, each with the functions to blame.

    A function is to blame if no formula with it has a value in that engine.

    Args:
        formulas: the workbook's.
        engine: its name.
        values: what it computed.
        expected: what it should have; an error that is expected is a result.
        text: slot to formula.
    """
    codes = UNSUPPORTED_CODES.get(engine, set())

    def fails(slot: int) -> bool:
        value = values[slot]
        return isinstance(value, CellError) and value.code in codes

    bad = [slot for slot in values if fails(slot) and expected.get(slot) != values[slot]]
    good: dict[int, int] = {}
    for slot in values:
        if not fails(slot):
            good.setdefault(formulas.group(slot), slot)
    able = {name for slot in good.values() for name in functions_of(text[slot])}
    why: dict[int, str] = {}
    for slot in bad:
        named = functions_of(text[slot]) - able
        why[slot] = ", ".join(sorted(named))
    return why


def reason_for(
    name: str,
    cached: bool,
    formula: str,
    values: Mapping[str, Value],
    differ: Iterable[str],
) -> str:
    """Return what is known about a root.

    Args:
        name: of the reference, "cached" or "numpy".
        cached: whether the cell's cached value is not what its formula gives.
        formula: the cell's.
        values: source to value.
        differ: the sources that differ from the reference.
    """
    differ = list(differ)
    if cached and "numpy" in differ:
        return _stale(values, differ)
    told = [_engine_reason(engine, formula, values, name) for engine in differ]
    if not told:
        return "nothing is known about it"
    return "; ".join(dict.fromkeys(told))


def _stale(values: Mapping[str, Value], differ: list[str]) -> str:
    """Say that the cached value is not the formula's."""
    others = [each for each in values if each not in ("cached", *differ)]
    who = listed(differ)
    if others:
        return f"{who} disagree{'s' * (len(differ) == 1)} with the file, {listed(others)} not"
    agreed = "agree" if len(differ) > 1 else "computes another"
    text = f"the cached value is not what the formula gives ({who} {agreed}): stale, or edited"
    if values.get("cached") == 0.0:
        text += "; 0 is what XlsxWriter stores unless it is told a value"
    return text


def _engine_reason(engine: str, formula: str, values: Mapping[str, Value], name: str) -> str:
    """Say why one engine differs."""
    value, expected = values.get(engine), values.get(name)
    title = TITLES.get(engine, engine)
    if isinstance(value, CellError) and isinstance(expected, CellError):
        return f"{title} answers another error, {value}"
    for entry in KNOWN:
        found = entry.pattern.search(_TEXT.sub('""', formula.upper()))
        if engine not in entry.engines or not found:
            continue
        if "#VALUE!" in entry.why and value != CellError("#VALUE!"):
            continue
        return entry.why.format(engine=title, function=found[1])
    if isinstance(value, bool) != isinstance(expected, bool):
        return f"{title} has {type_of(value)} where {TITLES[name]} has {type_of(expected)}"
    return f"{title} alone computes another value"


def type_of(value: Value) -> str:
    """Return what kind of value it is, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, CellError):
        return "an error"
    return "a text" if isinstance(value, str) else "a number"


def listed(names: Iterable[str]) -> str:
    """Return sources as a list in words: NumPy, IronCalc and LibreOffice."""
    titles = [TITLES.get(name, name) for name in names]
    if len(titles) < 2:
        return "".join(titles)
    return f"{', '.join(titles[:-1])} and {titles[-1]}"
