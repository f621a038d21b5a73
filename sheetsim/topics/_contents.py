"""The first sheet: what is where, what to try and what to expect."""

from collections.abc import Iterable

import numpy as np

from sheetsim.sheet import Sheet, Valid
from sheetsim.topics import _glossary
from sheetsim.topics._lesson import Draft, Lesson, Plan, Topic
from sheetsim.topics._solver_sheet import NAME as SOLVER
from sheetsim.topics._warning import literal

NAME = "contents"
INPUTS = (
    "Blue numbers and words are inputs, on cream or on a colour that shows their size: change any "
    "and everything that depends on it follows. Select one, and it says what it is and may be. "
    "All other numbers are formulas, but for counts such as 1, 2, 3"
)
"""How to tell an input; a test holds it."""

PREDICT = (
    "Predict first: read a line, say what will happen, try it, and only then look. What should "
    "happen is shown where show_what_happens is 1."
)

SHOW = "show_what_happens"
"""The input that brings out what should happen; first a reader is to predict it."""


def contents_sheet(lesson: Lesson, book: Draft, topics: Iterable[Topic], solved: bool) -> Sheet:
    """The first sheet of a workbook whose other sheets are in the book."""
    topics = list(topics)
    sheet = book.new(NAME, lesson.title)
    sheet.text(0, 0, lesson.title, "title")
    row = 2
    recorded = " and for what the sheet solver recorded." if solved else "."
    for sentence in (*lesson.about, INPUTS + recorded):
        sheet.paragraph(row, 0, sentence, last=2)
        row += 1
    row = _what_is_where(sheet, topics, solved, row + 1)
    sheet.text(row + 1, 0, PREDICT, "lead")
    _what_to_try(sheet, topics, book.plan, row + 4)
    sheet.width(0, 0, 20)
    sheet.width(1, 2, 66)
    sheet.pages = 1
    return sheet


def _what_is_where(sheet: Sheet, topics: list[Topic], solved: bool, row: int) -> int:
    sheet.labels(row, 0, [["sheet", "what it holds"]], "heading")
    lines = [(topic.name, topic.summary) for topic in topics]
    if solved:
        lines.append((SOLVER, "what the NumPy solver found: start, optimum, log of trials"))
    lines.append((_glossary.NAME, _glossary.SUMMARY))
    for name, summary in lines:
        row += 1
        sheet.text(row, 0, name, "link")
        sheet.links[row, 0] = name
        sheet.text(row, 1, summary, "calc.text")
    return row + 1


def _what_to_try(sheet: Sheet, topics: list[Topic], plan: Plan, row: int) -> None:
    """The lines of all sheets; what should happen is shown to who has made a guess."""
    sheet.labels(row, 0, [["sheet", "try this", "what should happen"]], "heading")
    sheet.text(row - 1, 0, SHOW, "row heading")
    shown = sheet.input(row - 1, 1, SHOW, 0.0, "input.plan", Valid(0, 1, whole=True))
    formulas, values = [], []
    for topic in topics:
        for line in topic.tries:
            if not line.fits(plan):
                continue
            row += 1
            sheet.text(row, 0, topic.name, "link")
            sheet.links[row, 0] = topic.name
            sheet.text(row, 1, line.change, "wrapped")
            sheet.heights[row] = 15.0 * (1 + max(len(line.change), len(line.outcome)) // 72)
            # Not > 0: a number of 1e-16 is no more than 0 to some programs.
            formulas.append([f'=IF(INT({SHOW})=1,{literal(line.outcome)},"")'])
            values.append([line.outcome if int(shown.value) == 1 else ""])
    top = row + 1 - len(formulas)
    sheet.formulas(top, 2, "outcomes", formulas, np.array(values, dtype=object), "wrapped")
