"""Three classical linear models as workbooks, laid out as their textbooks do.

- Product mix: the Wyndor Glass Co. of Hillier & Lieberman, *Introduction to Operations Research*,
  section 3.1: two doors and six windows a week earn 36 (thousand dollars).
- Transport: Powerco of Winston, *Operations Research: Applications and Algorithms*, section 7.1:
  three plants serve four cities for 1,020 (dollars).
- Knapsack: the tourist's 22 things of https://rosettacode.org/wiki/Knapsack_problem/0-1: twelve
  of them, of 396 dag, are worth 1,030.
"""

from pathlib import Path

from model_page import Page

from sheetsim.workbook.solver_model.model import Goal, SolverEngine, SolverSettings

__all__ = ["CLASSICS", "knapsack_book", "product_mix_book", "transport_book"]

PLANTS = (("Plant 1", 1, 0, 4), ("Plant 2", 0, 2, 12), ("Plant 3", 3, 2, 18))
"""Hours of a batch of doors, of one of windows, and hours a week."""

COSTS = ((8, 6, 10, 9), (9, 12, 13, 7), (14, 9, 16, 5))
SUPPLY, DEMAND = (35, 50, 40), (45, 20, 30, 30)

THINGS = (
    ("map", 9, 150),
    ("compass", 13, 35),
    ("water", 153, 200),
    ("sandwich", 50, 160),
    ("glucose", 15, 60),
    ("tin", 68, 45),
    ("banana", 27, 60),
    ("apple", 39, 40),
    ("cheese", 23, 30),
    ("beer", 52, 10),
    ("suntan cream", 11, 70),
    ("camera", 32, 30),
    ("T-shirt", 24, 15),
    ("trousers", 48, 10),
    ("umbrella", 73, 40),
    ("waterproof trousers", 42, 70),
    ("waterproof overclothes", 43, 75),
    ("note-case", 22, 80),
    ("sunglasses", 7, 20),
    ("towel", 18, 12),
    ("socks", 4, 50),
    ("book", 30, 10),
)
"""Name, weight in dag, value."""


def product_mix_book(path: Path) -> Path:
    """Batches of doors and windows (C12:D12) that earn most (G12), within the plants' hours."""
    lead = (
        "How many batches of each product a week earn most?",
        "Hillier & Lieberman, Introduction to Operations Research: the Wyndor Glass Co.",
    )
    page = Page(path, "Product mix", "Product mix: the Wyndor Glass Co.", lead)
    heads = ["", "Doors", "Windows", "hours used", "", "hours a week"]
    page.block("B5", [heads], "heading")
    page.put("B6", "profit of a batch ($ 1,000)", "names")
    page.block("C6", [[3, 5]], "input:0")
    page.put("B7", "hours of a batch in", "names")
    for row, (name, doors, windows, hours) in enumerate(PLANTS, start=8):
        page.put(f"B{row}", name, "indented")
        page.block(f"C{row}", [[doors, windows]], "input:0")
        page.put(f"E{row}", f"=SUMPRODUCT(C{row}:D{row},$C$12:$D$12)", "calc:0.0")
        page.put(f"F{row}", "<=", "sign")
        page.put(f"G{row}", hours, "input:0")
    page.put("B12", "batches a week", "names")
    page.block("C12", [[0, 0]], "variable:0.0")
    page.put("F12", "profit", "names")
    page.put("G12", "=SUMPRODUCT(C6:D6,C12:D12)", "key:0.0")
    page.put("B14", "Solver: maximize G12 by changing C12:D12, E8:E10 <= G8:G10.", "note")
    page.widths({"A": 2, "B": 28, "C:E": 12, "F": 8, "G": 14})
    return page.save(
        "G12",
        "C12:D12",
        ["E8:E10<=G8:G10"],
        goal=Goal.MAXIMIZE,
        engine=SolverEngine.SIMPLEX,
        non_negative=True,
    )


def transport_book(path: Path) -> Path:
    """Kilowatt-hours from plants to cities (C13:F15) that cost least (C19)."""
    lead = (
        "Which plant is to serve which city, so that all are served as cheaply as possible?",
        "Winston, Operations Research: Powerco. Million kWh, and dollars for a million.",
    )
    page = Page(path, "Transport", "Transport: Powerco", lead)
    cities = [f"City {i}" for i in range(1, 5)]
    plants = [f"Plant {i}" for i in range(1, 4)]
    page.block("B6", [["cost", *cities]], "heading")
    page.down("B7", plants, "indented")
    page.block("C7", COSTS, "input:0")
    page.block("B12", [["sent", *cities, "from plant", "", "supply"]], "heading")
    page.down("B13", plants, "indented")
    page.block("C13", [[0] * 4] * 3, "variable:0")
    page.fill("G13", "G15", "=SUM(C{r}:F{r})", "calc:0")
    page.down("H13", ["<="] * 3, "sign")
    page.down("I13", SUPPLY, "input:0")
    page.down("B16", ["to city", "", "demand"], "names")
    page.fill("C16", "F16", "=SUM({c}13:{c}15)", "calc:0")
    page.block("C17", [[">="] * 4], "sign")
    page.block("C18", [DEMAND], "input:0")
    page.put("B19", "total cost ($)", "names")
    page.put("C19", "=SUMPRODUCT(C7:F9,C13:F15)", "key:#,##0")
    note = "Solver: minimize C19 by changing C13:F15, G13:G15 <= I13:I15, C16:F16 >= C18:F18."
    page.put("B21", note, "note")
    page.widths({"A": 2, "B": 16, "C:F": 10, "G": 12, "H": 5, "I": 10})
    return page.save(
        "C19",
        "C13:F15",
        ["G13:G15<=I13:I15", "C16:F16>=C18:F18"],
        engine=SolverEngine.SIMPLEX,
        non_negative=True,
    )


def knapsack_book(path: Path) -> Path:
    """Which things to take (D7:D28, 0 or 1), so that they are worth most (D32)."""
    lead = (
        "Which things are worth most, if they may weigh no more than 4 kg together?",
        "https://rosettacode.org/wiki/Knapsack_problem/0-1; 1 dag is 10 g.",
    )
    page = Page(path, "Knapsack", "Knapsack: a tourist's things", lead)
    page.block("A6", [["thing", "weight (dag)", "value", "taken"]], "heading")
    end = 6 + len(THINGS)
    for row, (name, weight, value) in enumerate(THINGS, start=7):
        page.put(f"A{row}", name, "indented")
        page.block(f"B{row}", [[weight, value]], "input:0")
    page.down("D7", [0] * len(THINGS), "variable:0")
    page.sheet.conditional_format(
        f"A7:A{end}",
        {"type": "formula", "criteria": "=$D7=1", "format": page.format("names")},
    )
    page.put("C30", "total weight", "names")
    page.put("D30", f"=SUMPRODUCT(B7:B{end},D7:D{end})", "calc:0")
    page.put("C31", "at most", "names")
    page.put("D31", 400, "input:0")
    page.put("C32", "total value", "names")
    page.put("D32", f"=SUMPRODUCT(C7:C{end},D7:D{end})", "key:#,##0")
    note = f"Solver: maximize D32 by changing D7:D{end}, which are binary, D30 <= D31."
    page.put("A34", note, "note")
    page.widths({"A": 26, "B:D": 14})
    page.sheet.freeze_panes("A7")
    # Excel's own integer optimality of 1% would let it end at 1,020 without a word.
    return page.save(
        "D32",
        f"D7:D{end}",
        [f"D7:D{end} binary", "D30<=D31"],
        goal=Goal.MAXIMIZE,
        engine=SolverEngine.SIMPLEX,
        settings=SolverSettings(tolerance=0.0),
    )


CLASSICS = {
    "product_mix": product_mix_book,
    "transport": transport_book,
    "knapsack": knapsack_book,
}
"""By the name of the file."""
