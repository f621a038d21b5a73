"""What only another program knows: such cells keep what the file shows, and say why.

Cubes, pivots, add-ins and what fetches from elsewhere are not computed, and nothing is invented in
their place; what follows from them is computed from what the file shows.
"""

import pytest
from formula_books import book_of

from sheetsim.book import Cell
from sheetsim.formula.recalc.formula_alone import Formulas

CALLS = {
    'CUBEVALUE("c","[m]")': "CUBEVALUE", 'CUBEMEMBER("c","x")': "CUBEMEMBER",
    'GETPIVOTDATA("Sales",$A$3)': "GETPIVOTDATA", "_xll.MYADDIN(1)": "_XLL.MYADDIN",
    'RTD("x",,"y")': "RTD", '_xlfn.WEBSERVICE("http://x")': "WEBSERVICE",
    '_xlfn.STOCKHISTORY("x",1)': "STOCKHISTORY", "_xlfn.PY(1)": "PY",
    "_xlfn.FORECAST.ETS(1,A1:A3,B1:B3)": "FORECAST.ETS", "BAHTTEXT(1)": "BAHTTEXT",
    "_xlfn.GROUPBY(A1:A3,B1:B3,_xleta.SUM)": "GROUPBY",
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_it_keeps_its_value_and_is_named(call: str) -> None:
    book = book_of({"Z1": Cell(f"={call}", 7.0), "Z2": "=Z1*2", "Z3": "=Z2+1"})
    formulas = Formulas(book)
    first, *followers = (formulas.slots["S", (row, 25)] for row in range(3))
    assert (formulas.value(first), formulas.unknown(first)) == (7.0, CALLS[call])
    assert [formulas.value(one) for one in followers] == [14.0, 15.0]
    assert not any(map(formulas.unknown, followers))
