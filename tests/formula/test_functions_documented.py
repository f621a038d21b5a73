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
from function_cases import CELLS, FAMILIES, ODD_FIRST
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
SHARES = "takes the time to the next coupon by years, not by its period"
NO_METHOD = "does not know the last argument"
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
        "BESSELK(1.5,1)": "has eight digits",
        'CONVERT(68,"F","C")': "takes an offset for a temperature's size",
        'IMLN("0")': "writes -inf",
        'INDEX(REGEXEXTRACT("a1b2","([a-z])([0-9])",2),2)': "gives all matches, no groups",
        'REGEXEXTRACT("abc","b",3)': "does not look at the mode",
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
        "DURATION(DATE(2018,7,1),DATE(2048,1,1),0.08,0.09,2,1)": SHARES,
        "MDURATION(DATE(2008,1,1),DATE(2016,1,1),0.08,0.09,2,1)": SHARES,
        "ACCRINT(DATE(2008,3,5),DATE(2008,8,31),DATE(2008,5,1),0.1,1000,2,0,FALSE)": NO_METHOD,
        "ACCRINT(DATE(2008,4,5),DATE(2008,8,31),DATE(2008,5,1),0.1,1000,2,0,TRUE)": NO_METHOD,
        f"ODDFPRICE({ODD_FIRST}0.0785,0.0625,100,2,1)": "does not compute it",
        f"ODDFYIELD({ODD_FIRST}0.0575,84.5,100,2,0)": "does not compute it",
        "TBILLPRICE(DATE(2008,3,31),DATE(2009,6,1),0.09)": "allows more than a year",
        "COUPNUM(TRUE,DATE(2011,1,25),2)": "takes TRUE for 1",
        "IMABS(TRUE)": "takes TRUE for 1",
        'IMABS("")': "takes no empty text",
        "DISC(0,39614,97,100)": "has dates before 1900",
        "BESSELK(1.5,1)": "has eight digits",
        'CONVERT(1,"lbm","kg")': "has seven digits of a pound",
        'IMSUM("1+i","j")': "takes i and j together",
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
    "XOR", "IMCOSH", "IMCOT", "IMCSC", "IMCSCH", "IMSEC", "IMSECH", "IMSINH", "IMTAN",
    "ARRAYTOTEXT", "MUNIT", "PERCENTOF", "REGEXEXTRACT", "REGEXREPLACE", "REGEXTEST", "TRIMRANGE",
    "VALUETOTEXT",
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
    newer = [formula for formula in unknown if formula in FAMILIES["newer texts"]]
    assert len(unknown) - len(newer) <= len(CASES) // 20, "the engine hardly knew the functions"


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
