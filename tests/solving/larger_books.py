"""Larger models as workbooks: a transport, a portfolio, a hanging chain; and what is asked of them.

They are those of shared/cases/growth, with the sizes of tests.
"""

from pathlib import Path

import numpy as np
import xlsxwriter

from sheetsim.references import a1
from sheetsim.sheet import Array
from sheetsim.solving.request import Request

__all__ = ["portfolio_book", "portfolio_data", "transport_book", "transport_data"]


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


def portfolio_data(n: int) -> tuple[Array, Array, float]:
    """A covariance (n, n), returns (n,), and the return that is asked for."""
    rng = np.random.default_rng(1)
    factors = rng.normal(0, 0.1, (n, max(3, n // 10)))
    covariance = factors @ factors.T + np.diag(rng.uniform(0.01, 0.05, n))
    returns = rng.uniform(0.02, 0.15, n)
    return covariance, returns, float(np.quantile(returns, 0.75))


def portfolio_book(path: Path, n: int) -> Request:
    """The shares of n papers with the least variance; returns what is asked."""
    covariance, returns, least = portfolio_data(n)
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("m")
    for i in range(n):
        sheet.write_row(i + 1, 0, [1 / n, returns[i]])
        sheet.write_row(i + 1, 5, covariance[i].tolist())
    shares, table = f"A2:A{n + 1}", f"{a1(1, 5)}:{a1(n, 4 + n)}"
    sheet.write_formula("D2", f"=SUMPRODUCT(MMULT({table},{shares}),{shares})")
    sheet.write_formula("D3", f"=SUM({shares})")
    sheet.write_formula("D4", f"=SUMPRODUCT(B2:B{n + 1},{shares})")
    sheet.write_number("E4", least)
    book.close()
    limits = ("D3=1", "D4>=E4", f"{shares}>=0", f"{shares}<=0.25")
    return Request(objective="D2", by=(shares,), subject_to=limits, engine="GRG Nonlinear")
