"""What hostile or extreme formulas give: an error soon, and not no answer, or all of the memory.

Values are Microsoft's documented limits (32,767 characters, 255 of a pattern), closed forms, or
SciPy's and Python's.
"""

import fnmatch
import math
import re
import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from formula_books import book_of, value_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sheetsim.book import CellError, Value
from sheetsim.errors import WorkbookError
from sheetsim.formula.functions._wildcards import pattern, search
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.formula.syntax.r1c1 import a1_style
from sheetsim.formula.values import number_of
from sheetsim.verifying.known_differences import reason_for

SECONDS = 30.0  # each takes some milliseconds; without the limits, hours

CELLS = {"A1": "a" * 100, "A2": "2020-01-01", "A3": 43000.0, "A4": "1/1/2020", "B1": "x" * 20000,
         "C1": 1.0, "C2": 2.0, "C3": 3.0}  # fmt: skip


@pytest.fixture
def _soon() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


def demand(formula: str, value: object) -> None:
    """Compare; a text with # is an error."""
    expected = CellError(value) if isinstance(value, str) and value.startswith("#") else value
    found = value_of(formula, CELLS)
    assert type(found) is type(expected)
    assert found == (pytest.approx(expected, rel=1e-13) if isinstance(value, float) else expected)


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=B1&B1", "#VALUE!"), ("=LEN(B1&LEFT(B1,12767))", 32767.0), ("=CONCAT(B1,B1)", "#VALUE!"),
        ("=CONCATENATE(B1,B1)", "#VALUE!"), ('=TEXTJOIN(",",TRUE,B1,B1)', "#VALUE!"),
        ("=REPT(B1,2)", "#VALUE!"), ('=LEN(REPT("ab",16383))', 32766.0),
        ('=SUBSTITUTE(B1,"x",B1)', "#VALUE!"), ("=REPLACE(B1,1,1,B1)", "#VALUE!"),
        ('=TEXT(B1,REPT("@",200))', "#VALUE!"), ('=TEXT(1,REPT("0",256))', "#VALUE!"),
        ('=ENCODEURL(REPT(" ",20000))', "#VALUE!"), ('=TEXTJOIN({",",";"},TRUE,1,2,3)', "1,2;3"),
        ("=SEQUENCE(100000,100000)", "#VALUE!"), ("=SUM(SEQUENCE(1000,1000))", 500000500000.0),
        ("=SUM(SEQUENCE(3000000))", "#VALUE!"), ("=SUM(SEQUENCE(1048576,16384))", "#VALUE!"),
        ("=SUM(SEQUENCE(1,16384))", 134225920.0), ("=SUM(SEQUENCE(2,,C3,C2))", 8.0),
        ("=SUM(SEQUENCE(2,2,C3,C2))", 24.0), ("=SUM(SEQUENCE(,3))", 6.0),
        ("=SEQUENCE(0)", "#CALC!"), ("=SEQUENCE(-1)", "#VALUE!"),
        ("=SEQUENCE(1/0)", "#DIV/0!"), ('=SEQUENCE("x")', "#VALUE!"),
    ],
)  # fmt: skip
def test_nothing_grows_without_end(formula: str, value: object) -> None:
    demand(formula, value)


def test_sequences_of_different_sizes_are_not_mixed() -> None:
    """Cells of one formula are computed together; no one gets another one's numbers."""
    cells: dict[str, Value] = {f"A{i}": float(i) for i in range(1, 6)}
    cells |= {"A6": 3e6, **{f"B{i}": f"=SUM(SEQUENCE(A{i}))" for i in range(1, 7)}}
    found = evaluate(book_of(cells)).values["S"]
    assert found[5, 1] == CellError("#VALUE!")
    for i in range(5):
        assert found[i, 1] == (i + 1) * (i + 2) / 2


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=COMBIN(1E15,5E14)", "#NUM!"), ("=COMBIN(1E15,2)", math.comb(10**15, 2) * 1.0),
        ("=COMBIN(1029,514)", math.comb(1029, 514) * 1.0), ("=COMBIN(1030,515)", "#NUM!"),
        ("=COMBIN(1E15,999999999999999)", 1e15), ("=COMBINA(1E15,1E15)", "#NUM!"),
        ("=COMBINA(2,1E15)", 1e15 + 1), ("=PERMUT(1E15,1E14)", "#NUM!"),
        ("=PERMUT(170,170)", math.factorial(170) * 1.0), ("=PERMUT(171,171)", "#NUM!"),
        ("=PERMUTATIONA(1E9,1E9)", "#NUM!"), ("=PERMUTATIONA(1,1E15)", 1.0),
        ("=MULTINOMIAL(1E15,1E15)", "#NUM!"), ("=MULTINOMIAL(1E15,1)", 1e15 + 1),
        ("=LCM(SEQUENCE(100000))", "#NUM!"), ("=LCM(4503599627370496,3)", "#NUM!"),
        ("=LCM(0,5)", 0.0), ("=WORKDAY(1,1E9)", "#NUM!"), ("=WORKDAY(1,1E300,{5,6})", "#NUM!"),
        ("=HYPGEOM.DIST(1E15,1E15,1E15,9E15,FALSE)", 0.0), ("=BINOM.INV(1E12,0.5,0.4)", "#NUM!"),
    ],
)  # fmt: skip
def test_counts_end(formula: str, value: object) -> None:
    demand(formula, value)


@pytest.mark.usefixtures("_soon")
def test_hypergeometric() -> None:
    """At the middle of a symmetric distribution: half, and half of the middle's probability."""
    below = value_of("=HYPGEOM.DIST(1E8,2E8,5E8,1E9,TRUE)")
    own = value_of("=HYPGEOM.DIST(1E8,2E8,5E8,1E9,FALSE)")
    assert isinstance(own, float)
    assert own == pytest.approx(math.sqrt(1 / (2 * math.pi * 2e8 * 0.25 * 0.8)), rel=1e-7)
    assert below == pytest.approx(0.5 + own / 2, rel=1e-12)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_hypergeometric_is_the_sum_of_fractions(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 60))
    good, n = data.draw(st.integers(1, size)), data.draw(st.integers(1, size))
    x = data.draw(st.integers(0, min(n, good)))
    ways = [math.comb(good, k) * math.comb(size - good, n - k) for k in range(x + 1)]
    total = math.comb(size, n)
    for mode, exact in (("FALSE", Fraction(ways[-1], total)), ("TRUE", Fraction(sum(ways), total))):
        found = value_of(f"=HYPGEOM.DIST({x},{n},{good},{size},{mode})")
        assert found == pytest.approx(float(exact), rel=1e-12, abs=1e-15)


@given(st.integers(0, 60), st.integers(30000, 50000), st.booleans(), st.sets(st.integers(0, 200)))
@settings(max_examples=40, deadline=None)
def test_workday_is_numpys(count: int, start: int, back: bool, days: set[int]) -> None:
    """Against NumPy's own calendar."""
    holidays = [start + day - 100 for day in days] or [1]
    epoch = np.datetime64("1899-12-30")
    listed = "{" + ",".join(str(day) for day in holidays) + "}"
    found = value_of(f"=WORKDAY({start},{-count if back else count},{listed})")
    off = [epoch + day for day in holidays]
    day = epoch + start  # the first step leaves the day itself, at work or not
    if back:
        moved = np.busday_offset(day, -count, roll="following", holidays=off)
    else:
        moved = np.busday_offset(day, count, roll="preceding", holidays=off)
    assert found == float(start if count == 0 else (moved - epoch).astype(int))


@pytest.mark.usefixtures("_soon")
def test_a_pattern_of_many_stars_ends() -> None:
    demand('=COUNTIF(A1,"*a*a*a*a*a*a*b")', 0.0)
    demand('=COUNTIF(A1,"*a*a*a*a*a*a*")', 1.0)
    demand('=MATCH("*a*a*a*a*a*a*b",A1:A4,0)', "#N/A")
    demand('=SEARCH("*a*a*a*a*a*a*a*b",A1)', "#VALUE!")
    demand(f'=COUNTIF(B1,"{"*x" * 120}*y")', 0.0)
    demand(f'=COUNTIF(B1,"{"?" * 120}*y")', 0.0)


SIGNS = st.text(alphabet="aAb?*~.", max_size=8)


@given(SIGNS, st.text(alphabet="aAb?*~.", max_size=10), st.integers(0, 10))
@settings(max_examples=1000, deadline=None)
def test_wildcards_are_those_of_a_regular_expression(wanted: str, text: str, start: int) -> None:
    parts = re.findall(r"~.|.", wanted)
    said = [{"*": ".*", "?": "."}.get(p) or re.escape(p[-1]) for p in parts]
    slow = re.compile("".join(said), re.IGNORECASE | re.DOTALL)
    assert pattern(wanted)(text) == (slow.fullmatch(text) is not None)
    found = slow.search(text, start)
    if start <= len(text):
        assert search(wanted, text, start) == (found.start() if found else -1)
    if not set(wanted) & {"~", "["}:
        assert pattern(wanted)(text) == fnmatch.fnmatchcase(text.lower(), wanted.lower())


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=0.1+0.2=0.3", True), ("=0.1+0.2<>0.3", False), ("=0.1+0.2>0.3", False),
        ("=0.1+0.2<=0.3", True), ("=IF(1.1*1.1=1.21,1,2)", 1.0), ("=1=1.00000000000001", False),
        ("=1<1.00000000000001", True), ("=1E-300=2E-300", False), ("=0=1E-300", False),
        ("=1E308=-1E308", False), ("=-0.1-0.2=-0.3", True), ('=IF(TRUE,0.1+0.2,"x")=0.3', True),
        ("=SUMPRODUCT(--({1,2,3}*0.1+0.2={0.3,0.4,0.5}))", 3.0),
        ("=(0.1+0.2-0.3)=0", False),  # true in IronCalc and LibreOffice; see `compare`
        ("=(-8)^(1/3)", "#NUM!"), ("=POWER(-8,1/3)", "#NUM!"), ("=(-8)^3", -512.0),
    ],
)  # fmt: skip
def test_numbers_compare_by_15_digits(formula: str, value: object) -> None:
    demand(formula, value)


@given(st.floats(-1e300, 1e300), st.integers(-40, 40))
@settings(max_examples=80, deadline=None)
def test_comparing_is_that_of_rounded_numbers(number: float, steps: int) -> None:
    other = number + steps * math.ulp(number)
    a, b = (float(f"{one:.15g}") for one in (number, other))
    cells = {"A1": number, "A2": other}
    assert value_of("=A1=A2", cells) is (a == b)
    assert value_of("=A1<A2", cells) is (a < b)
    assert value_of("=A1>=A2", cells) is (a >= b)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=ROUND(1E308,2)", 1e308), ("=ROUND(1E28,1)", 1e28),
        ("=ROUND(1.5,400)", 1.5), ("=ROUND(5,-400)", 0.0),
        ("=ROUND(5000000000000001,0)", 5000000000000001.0), ("=ROUND(0,400)", 0.0),
        ("=ROUND(-1E308,300)", -1e308), ("=ROUND(123456,-5)", 100000.0), ("=ROUND(150,-2)", 200.0),
        ("=ROUNDDOWN(1E308,2)", 1e308), ("=ROUNDDOWN(5,-400)", 0.0), ("=ROUNDUP(5,-300)", 1e300),
        ("=ROUNDUP(0,-400)", 0.0), ("=ROUNDUP(5,-400)", "#NUM!"), ("=TRUNC(-2.7,400)", -2.7),
        ("=ROUND(2.675,2)", 2.68), ("=ROUND(-2.5,0)", -3.0), ("=ROUNDUP(1.1,0)", 2.0),
    ],
)  # fmt: skip
def test_rounding_at_the_ends_of_the_scale(formula: str, value: object) -> None:
    demand(formula, value)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ('="2020-01-01"+1', 43832.0), ('="1:30"*24', 1.5), ('="1/1/2020"-"31-Dec-2019"', 1.0),
        ('=--"January 1, 2020 6:00 PM"', 43831.75), ('="2020-02-30"+0', "#VALUE!"),
        ('="1/1"+0', "#VALUE!"), ('="1.1.2020"+0', "#VALUE!"), ('="12 Monkeys"+0', "#VALUE!"),
        ('=COUNTIF(A2:A4,"<=1/1/2020")', 1.0), ('=COUNTIF(A2:A4,">2017-01-01")', 1.0),
        ('=SUM("1/1/2020",1)', 43832.0), ("=A2+0", 43831.0), ("=SUM(A2:A4)", 43000.0),
        ('=A2="2020-01-01"', True), ('=A2="1/1/2020"', False), ("=A2=43831", False),
        ('=NUMBERVALUE("1:30")', "#VALUE!"), ('=DEC2BIN("1_0")', "#VALUE!"),
        ('=("5)")+0', "#VALUE!"), ('="(5"+0', "#VALUE!"), ('="(5)"+0', -5.0),
        ('="1_0"+0', "#VALUE!"), ('="-$1,234.50"+0', -1234.5), ('=" 5 % "+0', 0.05),
        ('="infinity"+0', "#VALUE!"),
        ('=IF("1",2,3)', "#VALUE!"), ('=IF("true",2,3)', 2.0), ("=IF(TRUE,2,3)", 2.0),
    ],
)  # fmt: skip
def test_texts_that_spell_numbers_and_dates(formula: str, value: object) -> None:
    demand(formula, value)


@given(
    st.one_of(st.text(max_size=40), st.text(alphabet="0123456789 -+$,.()%eE:/APMapm", max_size=20))
)
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_number_or_none(text: str) -> None:
    number = number_of(text)
    assert isinstance(number, float)
    assert not math.isinf(number) or "e" in text.lower()


@pytest.mark.usefixtures("_soon")
def test_long_texts_are_read_at_once() -> None:
    for text in (" " * 32767, "1" * 32767, "$ " * 16000, "1:" * 16000, "1 " * 16000):
        assert math.isnan(number_of(text))


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=#REF!A1+1", "#REF!"), ("=SUM(#REF!$A$1:$B2,1)", "#REF!"), ("=#REF!A:B", "#REF!"),
        ("=IFERROR(#REF!rate*2,3)", 3.0), ("=IFERROR(#REF!#REF!,4)", 4.0),
        ("=ISERROR(#REF!1:2)", True), ("=IFERROR(#REF!,C2)", 2.0),
    ],
)  # fmt: skip
def test_what_a_deleted_sheet_leaves(formula: str, value: object) -> None:
    demand(formula, value)


def test_an_error_takes_no_function() -> None:
    with pytest.raises(WorkbookError, match="position 7"):
        value_of("=#REF!SUM(1)")


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ('=SUM(INDIRECT("R1C3:R3C3",FALSE))', 6.0), ('=SUM(INDIRECT("C3",FALSE))', 6.0),
        ('=SUM(INDIRECT("s!r2c[-23]",FALSE))', 2.0), ('=INDIRECT("R[-98]C[-23]",0)', 1.0),
        ('=SUM(INDIRECT("R2:R3",FALSE))', 43005.0), ('=INDIRECT("R1C1:R2",FALSE)', "#REF!"),
        ('=INDIRECT("R0C1",FALSE)', "#REF!"), ('=INDIRECT("R1C20000",FALSE)', "#REF!"),
        ('=INDIRECT("C2",TRUE)', 2.0), ('=INDIRECT("nothing",FALSE)', "#REF!"),
    ],
)  # fmt: skip
def test_indirect_in_the_other_style(formula: str, value: object) -> None:
    demand(formula, value)


def test_the_other_style_runs_round_the_sheet() -> None:
    assert a1_style("R[-1]C[-1]", (0, 0)) == "$XFD$1048576:$XFD$1048576"
    assert a1_style("'it''s'!R", (4, 0)) == "'it''s'!$5:$5"


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (1.75, "# ?/?", "1 3/4"), (5.25, "# ??/??", "5  1/4 "), (3.0, "# ?/?", "3    "),
        (0.5, "# ?/?", " 1/2"), (1.75, "?/?", "7/4"), (-0.3, "# ?/8", "- 2/8"),
        (math.pi, "# ???/???", "3  16/113"), (0.99, "# ?/?", "1    "), (0.5, "# 0/100", " 50/100"),
        (3.0, "0 0/0", "3 0/1"), (43831.0, "d/m/yyyy", "1/1/2020"),
    ],
)  # fmt: skip
def test_fractions(number: float, code: str, shown: str) -> None:
    """Denominators by continued fractions; the places as Microsoft's format codes describe."""
    assert value_of(f'=TEXT({number!r},"{code}")') == shown


def test_probabilities_of_many_trials_are_scipys() -> None:
    found = value_of("=BINOM.DIST(50000000,100000000,0.5,TRUE)")
    assert found == pytest.approx(float(stats.binom.cdf(5e7, 1e8, 0.5)), rel=1e-12)
    found = value_of("=POISSON.DIST(10000000,10000000,TRUE)")
    assert found == pytest.approx(float(stats.poisson.cdf(1e7, 1e7)), rel=1e-8)
    demand("=BINOM.DIST(5E11,1E12,0.5,TRUE)", "#NUM!")  # not settled by so many terms


def test_a_root_of_a_negative_number_is_a_known_difference() -> None:
    values: dict[str, Value] = {"numpy": CellError("#NUM!"), "ironcalc": -2.0, "libreoffice": -2.0}
    said = reason_for("numpy", False, "=(-8)^(1/3)", values, ["ironcalc", "libreoffice"]).text
    assert said.endswith("is #NUM! in Excel, and a root in IronCalc and LibreOffice")
