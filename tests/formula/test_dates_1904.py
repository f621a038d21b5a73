"""Workbooks that count days from 1904: each function of dates, against the same day from 1900.

The number of a day is 1462 less there; by that rule every expected value follows from Python's
calendar.
"""

from datetime import date

import pytest
from formula_books import value_of
from function_cases import SECURITIES

from sheetsim.book import CellError, Value

DAY = date(2020, 2, 28)
NUMBER = float((DAY - date(1904, 1, 1)).days)


def after(days: int) -> float:
    return NUMBER + days


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("YEAR(A1)", 2020.0),
        ("MONTH(A1)", 2.0),
        ("DAY(A1)", 28.0),
        ("DATE(2020,2,28)", NUMBER),
        ('DATEVALUE("2020-02-28")', NUMBER),
        ('VALUE("2020-02-28")', NUMBER),
        ('VALUE("6:00")', 0.25),
        ('VALUE("12")', 12.0),
        ("EDATE(A1,1)", after(29)),
        ("EOMONTH(A1,0)", after(1)),
        ("WEEKDAY(A1)", DAY.isoweekday() % 7 + 1.0),
        ("ISOWEEKNUM(A1)", float(DAY.isocalendar()[1])),
        ("WORKDAY(A1,1)", after(3)),
        ("NETWORKDAYS(A1,A1+4)", 3.0),
        ("DAYS(A1+3,A1)", 3.0),
        ('DATEDIF(A1,A1+400,"y")', 1.0),
        ('TEXT(A1,"yyyy-mm-dd")', "2020-02-28"),
        ("HOUR(A1+0.5)", 12.0),
        ('TEXT("2020-02-28","d mmm")', "28 Feb"),
        ('YEAR("2020-02-28")', 2020.0),
        ("YEARFRAC(A1,A1+360,2)", 1.0),
        ("NETWORKDAYS(A1,A1+4,A1)", 2.0),
        ("DATE(1904,1,1)", 0.0),
        ("TIME(6,0,0)", 0.25),
        ("WEEKNUM(A1)", 9.0),
        ('"2020-02-28"+1', after(1)),
        ("B1-A1", 0.0),
        ("-B1", -NUMBER),
        ('ROUND("2020-02-28 06:00",0)', NUMBER),
        ('SUM("2020-02-28",1)', after(1)),
        ('"12"+1', 13.0),
        ("SKEW({1,1,1})", CellError("#DIV/0!")),
        ('"18:00"*2', 1.5),
    ],
)
def test_dates_from_1904(formula: str, value: Value) -> None:
    cells = {"A1": NUMBER, "B1": "2020-02-28"}
    assert value_of("=" + formula, cells, date1904=True) == value


def test_securities_are_worth_the_same() -> None:
    """Microsoft's documented values do not depend on where days are counted from, but for days."""
    dated = {one for one in SECURITIES if "DATE(" in one or '"' in one}
    assert len(dated) > 30
    for formula in dated:
        old, new = value_of(f"={formula}"), value_of(f"={formula}", date1904=True)
        shift = 1462 if formula.startswith(("COUPNCD", "COUPPCD")) else 0
        assert new == (old - shift if isinstance(old, float) else old), formula
