"""What is known about a cell on which programs disagree.

Each entry was measured (LibreOffice 7.4.7, IronCalc 0.9.1), Excel's side being the values that it
cached in the lecture's workbooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sheetsim.book import CellError, Value
from sheetsim.engines.choice import facts_of
from sheetsim.errors import WorkbookError
from sheetsim.formula.functions import TABLE, Elsewhere
from sheetsim.formula.recalc.formula_alone import Formulas
from sheetsim.formula.syntax.tokens import tokenize

OWN_TITLES = {"cached": "the file", "numpy": "NumPy"}
"""How sources that are no engines are called in sentences."""


class Known(NamedTuple):
    """What some engines take in another way than Excel; which do, each engine's file says.

    Attributes:
        why: what is known.
        shows: the only answer that this explains; None for any.
        expected: the only answer of Excel that this explains; None for any.
    """

    why: str
    shows: Value = None
    expected: Value = None


_NO_VALUE = CellError("#VALUE!")

KNOWN = {
    Elsewhere.BLANK_IN_PAIR: Known(
        "a blank in {function} counts as 0 in {engines}, where Excel skips the pair"
    ),
    Elsewhere.BLANK_IN_MATRIX: Known(
        "{function} over a range with a blank or a text is #VALUE! in {engines}", _NO_VALUE
    ),
    Elsewhere.NO_ORDER: Known(
        "{function} in a range that is not in order finds another place in {engines} than in Excel",
    ),
    Elsewhere.ROOT_OF_NEGATIVE: Known(
        "a negative number to a fraction, such as (-8)^(1/3), is #NUM! in Excel, and a root in "
        "{engines}",
        expected=CellError("#NUM!"),
    ),
    Elsewhere.NOT_KNOWN: Known(
        "{function} (the @ or # of dynamic arrays) is not known to {engines}"
    ),
    Elsewhere.ARRAY_OF_CELLS: Known(
        "the array that {function} returns is taken in another way by {engines} than by Excel",
    ),
    Elsewhere.EMPTY_TEXT: Known("arithmetic with an empty text is #VALUE! in {engines}", _NO_VALUE),
}
"""The first that fits is given; which functions they are of, each function's entry says."""

LOST = "a cell that is lost on loading the file, as beside a pivot table"
NEEDS = "a cell that needs one of those"


class Reason(NamedTuple):
    """What is said of a difference, and whether that explains it."""

    text: str
    known: bool = True


def called(formula: str) -> list[str]:
    """Return the functions and operators of a formula as they stand in it, without prefixes."""
    try:
        tokens = tokenize(formula, (0, 0))
    except WorkbookError:  # it is not computed here, and nothing is known of it
        return []
    return [
        str(token.value) if token.kind == "function" else token.kind
        for token in tokens
        if token.kind == "function" or token.value is None
    ]


def functions_of(formula: str) -> set[str]:
    """Return the functions that a formula calls, without the prefix of newer ones."""
    return {name for name in called(formula) if name[0].isalpha() or name[0] == "_"}


def unsupported_cells(
    formulas: Formulas,
    engine: str,
    values: Mapping[int, Value],
    expected: Mapping[int, Value],
    text: Mapping[int, str],
) -> dict[int, str]:
    """Return the cells that an engine cannot compute, each with the functions that it lacks.

    It lacks a function if no formula with it has a value in that engine.

    Args:
        formulas: the workbook's.
        engine: its name.
        values: what it computed.
        expected: what it should have; an error that is expected is a result.
        text: slot to formula.
    """
    codes = facts_of(engine).not_known

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
        why[slot] = ", ".join(sorted(named)) or f"an expression that shows {values[slot]} there"
    return why


def reason_for(
    name: str,
    cached: bool,
    formula: str,
    values: Mapping[str, Value],
    differ: Iterable[str],
) -> Reason:
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
        return Reason(_iterated(formula, values, differ) or _stale(values, differ))
    known: dict[Reason, list[str]] = {}
    for source in differ:
        known.setdefault(_engine_reason(source, formula, values, name), []).append(source)
    text = "; ".join(why.text.replace("{engines}", listed(who)) for why, who in known.items())
    return Reason(text, all(why.known for why in known))


EARLY = 1e-6
"""Relative difference up to which an iteration that stopped early explains it: Excel's own limits
are 0.00001 % for IRR and 0.000001 % for XIRR, by its documentation, and steps of 1e-7 for RATE."""


def _iterated(formula: str, values: Mapping[str, Value], differ: list[str]) -> str:
    """Say that the cached value is one that an iteration stopped at, "" if it is not."""
    names = sorted(name for name in functions_of(formula) if name in TABLE and TABLE[name].iterates)
    shown, exact = values["cached"], values["numpy"]
    if not names or type(shown) is not float or type(exact) is not float:
        return ""
    gap = abs(shown - exact) / max(abs(shown), abs(exact))
    if gap > EARLY:
        return ""
    return (
        f"{listed(names)} is found by iteration, and the program that saved the file stopped it "
        f"early, {gap:.0e} from the value that {listed(differ)} gives"
    )


def _stale(values: Mapping[str, Value], differ: list[str]) -> str:
    """Say that the cached value is not the formula's."""
    others = [each for each in values if each not in ("cached", *differ)]
    if others:
        return f"the cached value is that of {listed(others)}, and not that of {listed(differ)}"
    who = f"so say {listed(differ)}"
    text = f"the cached value is not what the formula gives, {who}: it is stale, or was edited"
    if isinstance(values["cached"], CellError) and isinstance(values["numpy"], CellError):
        text = f"the cached error is not the one that the formula gives, {who}"
    if values["cached"] == 0.0 and not isinstance(values["cached"], bool):
        text += "; 0 is what XlsxWriter stores unless it is given a value"
    return text


def _engine_reason(engine: str, formula: str, values: Mapping[str, Value], name: str) -> Reason:
    """Say why one engine differs; {engines} stands for those of which it is true."""
    value, expected = values.get(engine), values.get(name)
    calls = [(name, TABLE[name].elsewhere) for name in called(formula) if name in TABLE]
    if isinstance(value, CellError) and isinstance(expected, CellError):
        return Reason(f"{{engines}} answers another error, {value}")
    for fact, entry in KNOWN.items():
        found = next((name for name, facts in calls if fact in facts), "")
        fits = entry.shows in (None, value) and entry.expected in (None, expected)
        if fact in facts_of(engine).otherwise and found and fits:
            return Reason(entry.why.replace("{function}", found))
    if type_of(value) != type_of(expected):
        text = f"{{engines}} computes {type_of(value)}, expected {type_of(expected)}"
        return Reason(text)
    return Reason("{engines} computes another value; why is not known", known=False)


def type_of(value: Value) -> str:
    """Return what kind of value it is, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, CellError):
        return "an error"
    return "a text" if isinstance(value, str) else "a number"


def title_of(source: str) -> str:
    """Return how a source is called in sentences: the file, NumPy, or an engine."""
    return OWN_TITLES.get(source) or facts_of(source).title


def listed(names: Iterable[str]) -> str:
    """Return sources as a list in words: NumPy, IronCalc and LibreOffice."""
    titles = [title_of(name) for name in names]
    if len(titles) < 2:
        return "".join(titles)
    return f"{', '.join(titles[:-1])} and {titles[-1]}"
