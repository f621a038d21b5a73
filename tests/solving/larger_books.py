"""Larger models as workbooks: a transport, a portfolio, a hanging chain; and what is asked of them.

They are those of shared/cases/growth, with the sizes of tests.
"""

from pathlib import Path

import numpy as np
import xlsxwriter

from sheetsim.references import a1
from sheetsim.sheet import Array
from sheetsim.solving.request import Request

__all__ = ["transport_book", "transport_data"]


def transport_data(m: int, n: int) -> tuple[Array, Array, Array]:
    """Costs (m, n), supplies (m,), demands (n,) of which the sum is nine tenths of theirs."""
    rng = np.random.default_rng(2)
    cost = rng.integers(1, 50, (m, n)).astype(float)
    supply = rng.integers(50, 150, m).astype(float)
    demand = rng.integers(20, 100, n).astype(float)
    return cost, supply, np.floor(demand * 0.9 * supply.sum() / demand.sum())


def transport_book(path: Path, m: int, n: int, engine: str = "Simplex LP") -> Request:
    """Amounts from m places to n, at the least cost; returns what is asked."""
    cost, supply, demand = transport_data(m, n)
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("m")
    top = m + 6
    for i in range(m):
        sheet.write_row(i + 1, 1, cost[i].tolist())
        sheet.write_row(top + i, 1, [0] * n)
        sheet.write_formula(top + i, n + 2, f"=SUM({a1(top + i, 1)}:{a1(top + i, n)})")
        sheet.write_number(top + i, n + 3, supply[i])
    for j in range(1, n + 1):
        sheet.write_formula(top + m + 1, j, f"=SUM({a1(top, j)}:{a1(top + m - 1, j)})")
        sheet.write_number(top + m + 2, j, demand[j - 1])
    amounts = f"{a1(top, 1)}:{a1(top + m - 1, n)}"
    sheet.write_formula("A1", f"=SUMPRODUCT({a1(1, 1)}:{a1(m, n)},{amounts})")
    book.close()
    out = f"{a1(top, n + 2)}:{a1(top + m - 1, n + 2)}"
    into = f"{a1(top + m + 1, 1)}:{a1(top + m + 1, n)}"
    return Request(
        objective="A1",
        by=(amounts,),
        subject_to=(
            f"{out}<={a1(top, n + 3)}:{a1(top + m - 1, n + 3)}",
            f"{into}>={a1(top + m + 2, 1)}:{a1(top + m + 2, n)}",
            f"{amounts}>=0",
        ),
        engine=engine,
    )
