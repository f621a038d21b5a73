"""Idioms of everyday sheets, with blanks, texts and errors inside: three engines vote.

IronCalc, LibreOffice and we compute one workbook of all of them. Where both others agree and we do
not, down to the error's code, we are wrong: none of these is one on which both are known to be.
"""

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from installed import installed

from sheetsim.book import Value
from sheetsim.engines import engines
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.workbook.read.book import read_book

DATA: tuple[tuple[Any, ...], ...] = (
    ("item", "region", "qty", "price", "date", "note", "code", "mixed"),
    ("apple", "north", 3, 1.5, 43831, "ok", "A-1", 1),
    ("pear", "south", 5, 2.25, 43862, "", "B-22", "2"),
    ("apple", "south", None, 1.75, 43891, "late", "A-3", "x"),
    ("fig", "north", 7, 0.8, 43922, None, "C-404", True),
    ("pear", "north", 2, None, 43952, "ok", "B-5", None),
    ("plum", "east", 9, 3.1, 43983, "late ", None, 4),
    ("nil", "east", 1, 2.0, 44013, "OK", "D-7", "1 2"),
    ("apple", "west", 4, 1.6, 44044, "a*b", "A-8", "#N/A"),
)
"""A1:H9; a text that names an error becomes a formula that gives it."""

LOOKUPS = [
    "",
    'INDEX(C2:C9,MATCH("fig",A2:A9,0))',
    'INDEX(C2:C9,MATCH("none",A2:A9,0))',
    'IFERROR(INDEX(C2:C9,MATCH("none",A2:A9,0)),"missing")',
    'IFNA(INDEX(C2:C9,MATCH("none",A2:A9,0)),0)',
    'IFERROR(VLOOKUP("plum",A2:D9,4,FALSE),0)',
    'VLOOKUP("none",A2:D9,4,FALSE)',
    'VLOOKUP("pl*",A2:D9,3,FALSE)',
    'VLOOKUP("plum",A2:D9,9,FALSE)',
    'VLOOKUP("plum",A2:D9,0,FALSE)',
    "VLOOKUP(1/0,A2:D9,2,FALSE)",
    'IF(ISNA(MATCH("kiwi",A2:A9,0)),"no","yes")',
    'ISNUMBER(MATCH("pear",A2:A9,0))',
    "MATCH(43900,E2:E9,1)",
    "MATCH(43800,E2:E9,1)",
    "INDEX(A2:H9,3,2)",
    "INDEX(A2:H9,9,1)",
    "SUM(INDEX(A2:H9,0,3))",
    "SUM(INDEX(A2:H9,3,0))",
    "SUM(C2:INDEX(C2:C9,3))",
    'SUM(C2:INDEX(C2:C9,MATCH("none",A2:A9,0)))',
    "SUM(OFFSET(C1,1,0,COUNT(C2:C9),1))",
    'SUM(OFFSET(C1,MATCH("none",A2:A9,0),0))',
    "AVERAGE(OFFSET(C1,1,0,3,1))",
    'HLOOKUP("price",A1:H9,3,FALSE)',
    'HLOOKUP("cost",A1:H9,3,FALSE)',
    "LOOKUP(43900,E2:E9,A2:A9)",
    'LOOKUP(2,1/(A2:A9="apple"),C2:C9)',
    'CHOOSE(2,"a","b","c")',
    'CHOOSE(9,"a","b")',
    'CHOOSE(MATCH("none",A2:A9,0),1,2)',
    "INDEX(C2:C9,1/0)",
    "INDEX(C2:C9,H9)",
    'INDIRECT("C"&3)',
    'SUM(INDIRECT("C2:C"&5))',
    'INDIRECT("nowhere")',
    'IFERROR(INDIRECT("nope!A1"),"bad")',
    "ROWS(C2:C9)*COLUMNS(A1:H1)",
    'MATCH("a~*b",F2:F9,0)',
    "COUNTIF(A2:A9,A2)",
    'COUNTIF(A2:A9,"app*")',
    "",
]

CONDITIONS = [
    "",
    'SUMIF(A2:A9,"apple",C2:C9)',
    'SUMIF(C2:C9,">3")',
    'SUMIF(A2:A9,"<>apple",C2:C9)',
    'SUMIF(B2:B9,"north",D2:D9)',
    'SUMIFS(C2:C9,A2:A9,"apple",B2:B9,"south")',
    'SUMIFS(C2:C9,D2:D9,">1",D2:D9,"<2")',
    'COUNTIFS(A2:A9,"pear",C2:C9,">2")',
    'COUNTIFS(E2:E9,">="&DATE(2020,2,1),E2:E9,"<"&DATE(2020,5,1))',
    'AVERAGEIF(A2:A9,"apple",D2:D9)',
    'AVERAGEIF(A2:A9,"none",D2:D9)',
    'AVERAGEIFS(C2:C9,B2:B9,"north",C2:C9,">2")',
    'IFERROR(AVERAGEIF(A2:A9,"none",D2:D9),0)',
    'MAXIFS(C2:C9,A2:A9,"apple")',
    'MINIFS(D2:D9,B2:B9,"north")',
    "COUNTBLANK(A2:H9)",
    "COUNTA(A2:A9)",
    "COUNT(H2:H9)",
    "SUM(H2:H8)",
    "SUM(H2:H9)",
    "AVERAGE(H2:H9)",
    "MAX(C2:C9)-MIN(C2:C9)",
    'SUMPRODUCT((A2:A9="apple")*(B2:B9="south"))',
    'SUMPRODUCT((A2:A9="apple")*C2:C9)',
    'SUMPRODUCT(--(A2:A9="apple"),C2:C9)',
    "SUMPRODUCT(--(LEN(A2:A9)>4))",
    "SUMPRODUCT(C2:C9,D2:D9)",
    "SUMPRODUCT((MONTH(E2:E9)=3)*1)",
    "SUMPRODUCT(--ISERROR(H2:H9))",
    "SUMPRODUCT(--ISNUMBER(C2:C9))",
    'SUMPRODUCT(--(B2:B9={"north","south"}))',
    'SUM(COUNTIF(A2:A9,{"apple","pear"}))',
    'SUM(SUMIF(A2:A9,{"apple","pear"},C2:C9))',
    'COUNTIF(F2:F9,"ok")',
    'COUNTIF(F2:F9,"")',
    'COUNTIF(F2:F9,"<>")',
    "COUNTIF(H2:H9,2)",
    'COUNTIF(H2:H9,"x")',
    'COUNTIF(C2:C9,"<>3")',
    "COUNTIF(H2:H9,TRUE)",
    'COUNTIF(H2:H9,"#N/A")',
    'IF(AND(C2>1,D2>1),"both","no")',
    'IF(OR(C2>100,D2>100),"one","none")',
    'IF(NOT(ISBLANK(C4)),C4,"blank")',
    'IF(C4="","empty","full")',
    'IF(C4=0,"zero","full")',
    'IF(ISTEXT(H4),"text","other")',
    'IF(H9=1,"a","b")',
    'IFERROR(H9,"none")',
    "ISBLANK(A8)",
    "IFERROR(C2/C4,0)",
    "C2/C4",
    "IF(C4>0,C2/C4,0)",
    "SUM(IF(ISNUMBER(C2:C9),1,0))",
    'IFS(C2>5,"high",C2>2,"mid",TRUE,"low")',
    'SWITCH(B2,"north",1,"south",2,0)',
    'SWITCH(B9,"north",1,"south",2)',
    "XOR(C2>1,D2>1)",
    "",
]

TEXTS = [
    "",
    'LEFT(G3,FIND("-",G3)-1)',
    'MID(G3,FIND("-",G3)+1,9)',
    'VALUE(MID(G3,FIND("-",G3)+1,9))',
    'RIGHT(G5,LEN(G5)-FIND("-",G5))',
    'FIND("-",G7)',
    'IFERROR(FIND("-",G7),0)',
    'IF(ISNUMBER(SEARCH("AP",A2)),"has","no")',
    'SUBSTITUTE(G5,"-","/")',
    'LEN(G5)-LEN(SUBSTITUTE(G5,"4",""))',
    'TRIM(F7)&"|"',
    'UPPER(A2)&" "&PROPER(B2)',
    'A2&"-"&C4&"-"&D2',
    'CONCATENATE(A2," ",C2)',
    'TEXT(D3,"0.0")',
    'TEXT(E2,"yyyy-mm-dd")',
    'TEXT(E2,"mmm d, yyyy")',
    'TEXT(1234.5,"#,##0.00")',
    'TEXT(0.256,"0%")',
    'TEXT(C4,"0")',
    'REPT("*",C2)',
    "EXACT(F2,F8)",
    "F2=F8",
    'A8=""',
    "T(C2)&T(A2)",
    "N(A2)+N(C2)",
    "H3*2",
    "H3+H2",
    "H4+1",
    "--H3",
    "H5+1",
    'H6&"x"',
    'REPLACE(G5,1,1,"Z")',
    'CODE("A")+CHAR(66)',
    "LEFT(A2,-1)",
    "MID(A2,0,2)",
    'TEXTJOIN(",",TRUE,A2:A9)',
    'TEXTJOIN(",",TRUE,IF(C2>1,A2,""))',
    "FIXED(1234.567,1)",
    "DOLLAR(5.5)",
    'LOWER("ABC")&CHAR(10)',
    "",
]

NUMBERS = [
    "",
    "ROUND(D3,1)",
    "ROUND(2.345,2)",
    "ROUNDUP(D3,1)+ROUNDDOWN(D3,1)",
    "INT(-2.5)",
    "MOD(-3,2)",
    "MOD(5,0)",
    "ABS(-C2)",
    "SQRT(-1)",
    "LN(0)",
    "0^0",
    "POWER(2,10)",
    "LARGE(C2:C9,2)",
    "SMALL(C2:C9,1)",
    "LARGE(C2:C9,20)",
    "RANK(C2,C2:C9)",
    "MEDIAN(C2:C9)",
    "MODE(C2:C9)",
    "STDEV(C2:C9)",
    "VAR(C4:C4)",
    "PERCENTILE(C2:C9,0.9)",
    "QUARTILE(C2:C9,1)",
    "SUM(C2:C9)/COUNT(C2:C9)",
    "SUMSQ(C2:C4)",
    "PRODUCT(C2:C9)",
    "CEILING(D3,0.5)",
    "FLOOR(D3,0.5)",
    "MROUND(7,5)",
    "EVEN(3)+ODD(2)",
    "GCD(12,18)+LCM(4,6)",
    "FACT(5)+COMBIN(5,2)",
    "TRUNC(-2.7)",
    "SIGN(-3)",
    'SUM(1,TRUE,"3")',
    'SUM("x",1)',
    "MAX(A2:A9)",
    'MIN(C2:C9,"x")',
    "AVERAGE(A2:A9)",
    'COUNT(1,"2",TRUE,"x")',
    "CORREL(C2:C3,D2:D3)",
    "SLOPE(C2:C9,D2:D9)",
    "PMT(0.05/12,60,-10000)",
    "FV(0.05,10,-100)",
    "NPV(0.1,C2:C9)",
    "IRR({-100,60,60})",
    "RATE(10,-100,700)",
    "SLN(1000,100,5)",
    "SUM(D2:D9)-SUM(C2:C9)",
    "1=1.0000000000000002",
    '"a"<"B"',
    '"2">10',
    "TRUE>1",
    "",
]

DATES = [
    "",
    'YEAR(E2)&"-"&MONTH(E2)',
    "DATE(2020,13,1)",
    "DATE(2020,2,30)",
    "EOMONTH(E2,0)",
    "EDATE(E2,1)",
    "WEEKDAY(E2)",
    "WEEKDAY(E2,2)",
    "WEEKNUM(E2)",
    "NETWORKDAYS(E2,E3)",
    "WORKDAY(E2,10)",
    'DATEDIF(E2,E9,"m")',
    "E3-E2",
    "DAYS(E3,E2)",
    "YEARFRAC(E2,E9)",
    "TIME(12,30,0)",
    "HOUR(0.75)",
    'DATEVALUE("2020-01-31")',
    'DATEVALUE("nonsense")',
    '"2020-01-31"+1',
    'TEXT(E2,"dddd")',
    "MONTH(C4)",
    "YEAR(A2)",
    "EDATE(A2,1)",
    "ISERROR(YEAR(A2))",
    "",
]

FORMULAS = [
    line for group in (LOOKUPS, CONDITIONS, TEXTS, NUMBERS, DATES) for line in group if line
]

TOP = 20


def written(path: Path) -> Path:
    with xlsxwriter.Workbook(path, {"use_future_functions": True}) as book:
        sheet = book.add_worksheet("S")
        for r, row in enumerate(DATA):
            for c, value in enumerate(row):
                if value == "#N/A":
                    sheet.write_formula(r, c, "=NA()", None, "#N/A")
                elif value is not None:
                    sheet.write(r, c, value)
        for i, formula in enumerate(FORMULAS):
            array = formula.startswith(("SUM(IF(", "LOOKUP(2,1/"))
            write = sheet.write_array_formula if array else sheet.write_formula
            place = (TOP + i, 9, TOP + i, 9) if array else (TOP + i, 9)
            write(*place, f"{{={formula}}}" if array else f"={formula}")
    return path


def alike(one: Value, other: Value) -> bool:
    """Whether two say the same, the same error too."""
    if type(one) is float and type(other) is float:
        return one == pytest.approx(other, rel=1e-9, abs=1e-12)
    return (one in (None, "") and other in (None, "")) or (
        type(one) is type(other) and one == other
    )


def test_we_are_never_alone(tmp_path: Path) -> None:
    found = engines()
    if not all(installed(engine) for engine in found.values()):
        pytest.skip("an engine is missing")
    path = written(tmp_path / "idioms.xlsx")
    ours = evaluate(read_book(path))
    assert not ours.unsupported
    theirs = [engine.recalculate(path)["S"] for engine in found.values()]
    alone = {}
    for i, formula in enumerate(FORMULAS):
        place = (TOP + i, 9)
        own, (first, second) = ours.values["S"][place], (one.get(place) for one in theirs)
        if alike(first, second) and not alike(own, first):
            alone[formula] = (own, first, second)
    assert not alone
    assert len(FORMULAS) > 200
