"""The sheet plan: what decided the layout of a workbook, for `check` and `compare` to read back.

It is for programs: the sheet is hidden, and comes last.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.sheet import Sheet
from sheetsim.topics._lesson import Draft, Plan

NAME = "plan"
MARK = "built by sheetsim"
"""Stands above the plan, in the first column."""


def plan_sheet(book: Draft) -> Sheet:
    """The sheet with the plan of a book."""
    sheet = book.new(NAME, "How this file was built")
    sheet.hidden = True
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, MARK, "heading")
    sheet.text(1, 1, "what decided the layout; read back by sheetsim check", "note")
    for row, (key, value) in enumerate(book.plan.items(), start=2):
        sheet.text(row, 0, key, "row heading")
        if isinstance(value, str):
            sheet.text(row, 1, value, "calc.text")
        else:
            sheet.numbers(row, 1, [[value]], "calc.plan")
    sheet.width(0, 0, max(22, max(len(key) for key in book.plan) - 2))
    sheet.width(1, 1, 66)
    sheet.freeze = (2, 0)
    sheet.pages = 1
    return sheet


def read_plan(cells: Mapping[tuple[int, int], Any]) -> Plan | None:
    """The plan, from the values of the sheet's cells by (row, column); None if not ours."""
    marks = [row for (row, column), value in cells.items() if column == 0 and value == MARK]
    if not marks:
        return None
    plan: Plan = {}
    row = marks[-1] + 1
    while isinstance(key := cells.get((row, 0)), str):
        value = cells.get((row, 1))
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        plan[key] = value
        row += 1
    return plan
