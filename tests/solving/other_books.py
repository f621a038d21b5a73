"""A model of 10,000 variables, and a tour for Evolutionary, as workbooks."""

from pathlib import Path

import numpy as np
from model_page import Page

from sheetsim.sheet import Array
from sheetsim.workbook.solver_model.model import SolverEngine, SolverSettings

__all__ = ["TOWNS", "rounded_noise", "smoothing_book", "tour_book"]

TOWNS = (
    ("Aldbury", 12, 71),
    ("Birch Hill", 38, 92),
    ("Castleton", 83, 64),
    ("Dunmere", 57, 15),
    ("Easthope", 95, 33),
    ("Fernley", 21, 28),
    ("Grangeford", 66, 88),
    ("Holm", 44, 47),
    ("Inverley", 8, 45),
)
"""Name, and kilometres to the east and to the north."""


def smoothing_book(path: Path, noisy: Array, weight: float) -> Path:
    """A curve (C6 down) near to noisy values (B6 down) whose steps are small (Whittaker 1923).

    Minimizes sum (x_i - y_i)^2 + weight sum (x_(i+1) - x_i)^2, which is in G2.

    Args:
        path: of the .xlsx.
        noisy: (n,) the values y.
        weight: of the steps.
    """
    n = noisy.size
    end = 5 + n
    lead = ("minimize the sum of squares of the misfits and, with a weight, of the steps",)
    page = Page(path, "smooth", f"A smooth curve through {n:,} values", lead)
    page.put("F1", "weight of the steps", "names")
    page.put("G1", weight, "input:General")
    page.put("F2", "objective", "names")
    page.block("A5", [["i", "y", "x", "misfit", "step"]], "heading")
    page.down("A6", range(1, n + 1), "index")
    page.down("B6", noisy, "input:0.000")
    page.down("C6", [0] * n, "variable:0.000")
    page.fill("D6", f"D{end}", "=C{r}-B{r}", "calc:0.000")
    page.fill("E6", f"E{end - 1}", "=C{next}-C{r}", "calc:0.000")
    page.put("G2", f"=SUMSQ(D6:D{end})+G1*SUMSQ(E6:E{end - 1})", "key:0.000000")
    page.widths({"A": 8, "B:E": 12, "F": 20, "G": 14})
    page.sheet.freeze_panes("A6")
    return page.save("G2", f"C6:C{end}", settings=SolverSettings(convergence=1e-12))


def tour_book(path: Path) -> Path:
    """The shortest round trip through the towns: which one is at each stop is in B20 down.

    The stops are all different, and a leg is looked up in the table of distances by INDEX.
    """
    n = len(TOWNS)
    last = 5 + n
    top, end = last + 6, last + 5 + n
    lead = (
        "In which order are the towns to be visited, and back, so that the way is shortest?",
        f"Solver: minimize E{end + 1} by changing B{top}:B{end}, all different; Evolutionary.",
    )
    page = Page(path, "Tour", f"The shortest tour of {n} towns", lead)
    page.block("A5", [["number", "town", "east (km)", "north (km)", *range(1, n + 1)]], "heading")
    page.down("A6", range(1, n + 1), "index")
    page.block("B6", [[name] for name, _, _ in TOWNS], "indented")
    page.block("C6", [[x, y] for _, x, y in TOWNS], "input:0")
    right = chr(ord("E") + n - 1)
    east = f"($C{{r}}-INDEX($C$6:$C${last},{{c}}$5))^2"
    north = f"($D{{r}}-INDEX($D$6:$D${last},{{c}}$5))^2"
    page.fill("E6", f"{right}{last}", f"=SQRT({east}+{north})", "calc:0.0")
    page.block(f"A{top - 1}", [["stop", "number", "town", "next", "km"]], "heading")
    page.down(f"A{top}", range(1, n + 1), "index")
    page.down(f"B{top}", range(1, n + 1), "variable:0")
    page.fill(f"C{top}", f"C{end}", f"=INDEX($B$6:$B${last},B{{r}})", "indented")
    page.fill(f"D{top}", f"D{end - 1}", "=B{next}", "calc:0")
    page.put(f"D{end}", f"=B{top}", "calc:0")
    leg = f"=INDEX($E$6:${right}${last},B{{r}},D{{r}})"
    page.fill(f"E{top}", f"E{end}", leg, "calc:0.0")
    page.put(f"D{end + 1}", "the whole way", "names")
    page.put(f"E{end + 1}", f"=SUM(E{top}:E{end})", "key:0.0")
    page.widths({"A": 8, "B:C": 14, "D": 14, f"E:{right}": 8})
    return page.save(
        f"E{end + 1}",
        f"B{top}:B{end}",
        [f"B{top}:B{end} alldifferent"],
        engine=SolverEngine.EVOLUTIONARY,
        settings=SolverSettings(seed=1),
    )


def rounded_noise(n: int, seed: int) -> Array:
    """A wave of n values with noise, to three decimals, so that a file holds them exactly."""
    rng = np.random.default_rng(seed)
    values: Array = np.round(np.sin(np.arange(n) / 400) + rng.normal(0, 0.3, n), 3)
    return values
