"""Functions against Microsoft's documentation, and against IronCalc and LibreOffice.

The documentation is the word on Excel here; where an engine differs from it, the difference
stands below with its reason, see also `../shared/traps.md`.
"""

import re
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from formula_books import book_of, place_of
from function_cases import CELLS, FAMILIES
from installed import installed

from sheetsim.book import CellError, Value
from sheetsim.engines.base import Engine
from sheetsim.engines.ironcalc import IronCalc
from sheetsim.engines.libreoffice import LibreOffice
from sheetsim.formula.functions import TABLE
from sheetsim.formula.recalc.evaluate import evaluate

CASES = [(formula, value) for cases in FAMILIES.values() for formula, value in cases.items()]
TOP = 200

BEFORE_MARCH_1900 = "has no 29 February 1900, which Excel has"
DIFFERENCES: dict[str, dict[str, str]] = {
    "ironcalc": {
        'TEXT(1234567898,"[<=9999999]###-####;(###) ###-####")': "drops the conditions",
        "DATE(1900,2,29)": BEFORE_MARCH_1900,
        "DAY(60)": BEFORE_MARCH_1900,
        "DAY(0)": "takes day 0 for an error",
        "YEAR(0)": "takes day 0 for an error",
        "CODE": "",
        'DAYS("15-MAR-2021","1-FEB-2021")': "takes no texts for dates",
        'VALUE("16:48:00")-VALUE("12:00:00")': "takes no texts for times",
        'TEXTJOIN(", ",TRUE,"a","","b")': "does not leave out an empty text",
        'SUMIFS(F1:F6,E1:E5,"x")': "takes ranges of different sizes",
        "SUMPRODUCT(1/COUNTIF(D1:D5,D1:D5))": "takes no array for a criterion",
        "SUM(LARGE({1,2,3},{1,2}))": "takes no array for k",
        'CONCAT({"a","b";"c","d"})': "takes no array constant there",
    },
    "libreoffice": {
        "DATE(1900,2,29)": BEFORE_MARCH_1900,
        "DAY(60)": BEFORE_MARCH_1900,
        "DAY(0)": "calls day 0 30 December 1899",
        "YEAR(0)": "calls day 0 30 December 1899",
        "YEAR(-1)": "has dates before 1900",
        "YEAR(2958466)": "has dates after 9999",
        "DATE(108,1,2)": "does not count years below 1900 from 1900",
        'DATEVALUE("2011/02/23")': "does not read this date",
        "EFFECT(0,4)": "allows a rate of 0",
        "XNPV(0.1,{1,2},{39508,39448})": "allows dates before the first",
        "PERCENTRANK.INC({13,12,11,8,4,3,2,1,1,1},4)": "rounds, Excel cuts",
        "PERCENTRANK.EXC({1,2,3,6,6,6,7,8,9},5.43,1)": "rounds, Excel cuts",
        "RANK(4,D1:D5)": "ranks a number that is not there",
        "MROUND(5,-2)": "allows different signs",
        'CONCAT("a",1,TRUE)': "shows TRUE as 1",
        "CHAR(128)": "has another code page",
        "CHAR(0)": "allows 0",
        'NUMBERVALUE("3.5%")': "does not read this percentage",
        "DOLLAR(-1234.567,-2)": "writes a minus sign",
        "TYPE(TRUE)": "calls a boolean a number",
        "COUNTIF(B1:B3,7)": "does not count a text that spells the number",
    },
}
DIFFERENCES["ironcalc"].pop("CODE")

_PLAIN = {"ERROR.TYPE", "NETWORKDAYS.INTL", "WORKDAY.INTL"}
_NEW = {
    "ACOT", "ACOTH", "ARABIC", "BASE", "BITAND", "BITLSHIFT", "BITOR", "BITRSHIFT", "BITXOR",
    "COMBINA", "CONCAT", "COT", "COTH", "CSC", "CSCH", "DAYS", "DECIMAL", "ENCODEURL", "FILTER",
    "GAMMA", "GAUSS", "IFNA", "IFS", "ISOWEEKNUM", "MAXIFS", "MINIFS", "NUMBERVALUE", "PDURATION",
    "PERMUTATIONA", "PHI", "RRI", "SEC", "SECH", "SEQUENCE", "SORT", "SORTBY", "SWITCH",
    "TEXTAFTER", "TEXTBEFORE", "TEXTJOIN", "UNICHAR", "UNICODE", "UNIQUE", "XLOOKUP", "XMATCH",
    "XOR",
}  # fmt: skip


def stored(formula: str) -> str:
    """The formula as a file holds it: newer functions have a prefix."""

    def prefixed(match: re.Match[str]) -> str:
        name = match[1]
        if name in {"SORT", "FILTER"}:
            return f"_xlfn._xlws.{name}("
        new = name in _NEW or ("." in name and name not in _PLAIN)
        return f"_xlfn.{name}(" if new else match[0]

    return "=" + re.sub(r"([A-Z][A-Z0-9.]*)\(", prefixed, formula)


@pytest.fixture(scope="module")
def values() -> dict[str, Value]:
    """Our values of all formulas."""
    book = book_of(
        {**CELLS, **{f"Z{TOP + 1 + i}": stored(formula) for i, (formula, _) in enumerate(CASES)}}
    )
    found = evaluate(book)
    assert not found.unsupported
    return {formula: found.values["S"][TOP + i, 25] for i, (formula, _) in enumerate(CASES)}


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_value_is_the_documented_one(
    formula: str, expected: Decimal | Value, values: dict[str, Value]
) -> None:
    found = values[formula]
    if not isinstance(expected, Decimal):
        assert type(found) is type(expected)
        assert found == expected
        return
    exponent = expected.as_tuple().exponent
    assert isinstance(found, float)
    assert isinstance(exponent, int)
    open_ = 0.5001 * 10.0**exponent if exponent < 0 else 1e-12 * abs(float(expected))
    assert found == pytest.approx(float(expected), rel=0, abs=open_)


@pytest.mark.parametrize(("engine", "rel"), [(IronCalc(), 1e-9), (LibreOffice(), 1e-11)])
def test_engines_agree_or_are_known_to_differ(
    engine: Engine, rel: float, values: dict[str, Value], tmp_path: Path
) -> None:
    """IronCalc's error function has ten digits. Which error it is does not matter here."""
    if not installed(engine):
        pytest.skip(f"{engine.name} is not installed")
    path = tmp_path / "functions.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for name, content in CELLS.items():
            sheet.write(*place_of(name), content)
        for i, (formula, _) in enumerate(CASES):
            sheet.write_formula(TOP + i, 25, stored(formula))
    theirs = engine.recalculate(path)["S"]
    unknown = []
    for i, (formula, _) in enumerate(CASES):
        own, other = values[formula], theirs.get((TOP + i, 25))
        if isinstance(other, CellError) and other.code in {"#NAME?", "#ERROR!"}:
            unknown.append(formula)
        elif not same(own, other, rel):
            assert formula in DIFFERENCES[engine.name], f"{own!r} here, {other!r} in {engine.name}"
    assert len(unknown) <= 25, "the engine hardly knew the functions"


def same(own: Value, other: Value, rel: float) -> bool:
    if isinstance(own, CellError) or isinstance(other, CellError):
        return isinstance(own, CellError) and isinstance(other, CellError)
    if isinstance(own, float) and isinstance(other, float):
        return own == pytest.approx(other, rel=rel, abs=1e-15)
    return (own or "") == (other or "") and isinstance(own, bool) == isinstance(other, bool)


def test_most_functions_of_the_table_have_a_documented_value() -> None:
    """All that this file's families are about; the rest is in `test_formula_values.py`."""
    used = {name for formula, _ in CASES for name in re.findall(r"([A-Z][A-Z0-9.]*)\(", formula)}
    assert used <= set(TABLE)
    assert len(used) >= 230
