"""The first sheet: what is where, what to try, what to expect, and how the file was built.

The last part is for programs too: `check` and `compare` read the plan back from it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sheetsim.sheet import Sheet
from sheetsim.topics._lesson import Draft, Lesson, Plan, Topic
from sheetsim.topics._solver_sheet import NAME as SOLVER

NAME = "contents"
MARK = "built by sheetsim"
"""Stands above the plan, in the first column."""


def contents_sheet(lesson: Lesson, book: Draft, topics: Iterable[Topic], solved: bool) -> Sheet:
    """The first sheet of a workbook whose other sheets are in the book."""
    topics = list(topics)
    sheet = book.new(NAME, lesson.title)
    sheet.text(0, 0, lesson.title, "title")
    row = 2
    for sentence in lesson.about:
        sheet.paragraph(row, 0, sentence, last=2)
        row += 1
    row = _what_is_where(sheet, topics, solved, row + 1)
    row = _what_to_try(sheet, topics, book.plan, row + 1)
    sheet.text(row + 1, 0, MARK, "heading")
    sheet.text(row + 1, 1, "what decided the layout; read back by sheetsim check", "note")
    for offset, (key, value) in enumerate(book.plan.items(), start=row + 2):
        sheet.text(offset, 0, key, "row heading")
        if isinstance(value, str):
            sheet.text(offset, 1, value, "calc.text")
        else:
            sheet.numbers(offset, 1, [[value]], "calc.plan")
    sheet.width(0, 0, max(18, max(len(key) for key in book.plan) - 2))
    sheet.width(1, 2, 66)
    sheet.pages = 1
    return sheet


def read_plan(cells: Mapping[tuple[int, int], Any]) -> Plan | None:
    """The plan, from the values of the first sheet's cells by (row, column); None if not ours."""
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


def _what_is_where(sheet: Sheet, topics: list[Topic], solved: bool, row: int) -> int:
    sheet.labels(row, 0, [["sheet", "what it holds"]], "heading")
    lines = [(topic.name, topic.summary) for topic in topics]
    if solved:
        lines.append((SOLVER, "what the NumPy solver found: start, optimum, log of trials"))
    for name, summary in lines:
        row += 1
        sheet.text(row, 0, name, "link")
        sheet.links[row, 0] = name
        sheet.text(row, 1, summary, "calc.text")
    return row + 1


def _what_to_try(sheet: Sheet, topics: list[Topic], plan: Plan, row: int) -> int:
    sheet.labels(row, 0, [["sheet", "try this", "what should happen"]], "heading")
    for topic in topics:
        for change, outcome, *when in topic.tries:
            if any(condition.items() - plan.items() for condition in when):
                continue
            row += 1
            sheet.text(row, 0, topic.name, "link")
            sheet.links[row, 0] = topic.name
            sheet.labels(row, 1, [[change, outcome]], "wrapped")
            sheet.heights[row] = 15.0 * (1 + max(len(change), len(outcome)) // 72)
    return row + 1
