"""The sheet glossary: what the symbols on the other sheets mean, those that stand there alone.

It is made from the headings, the labels and the names of the cells of the sheets themselves, and
from the table of terms; so a symbol that leaves the workbook leaves the glossary, too. An input has
a row of its own, also where its name is put together: `start_m_b`, beside m and b.
"""

from collections.abc import Iterable, Iterator, Mapping

from sheetsim.sheet import Kind, Sheet
from sheetsim.topics._lesson import Draft
from sheetsim.topics._terms import entries_in, entry_of, meaning

NAME = "glossary"
SUMMARY = "what the symbols and the names of the inputs mean"
HEADINGS = ("heading", "row heading", "fact", "band")
"""Styles of texts that name what stands beside or below them."""


def headings_of(sheet: Sheet) -> Iterator[str]:
    """The headings and labels of a sheet, and the names of its inputs."""
    for block in sheet.parts:
        if block.kind is Kind.TEXT and block.style in HEADINGS:
            yield from (value for value in block.values.ravel() if isinstance(value, str))
        elif block.kind is Kind.INPUT:
            yield block.name


def names_of(sheet: Sheet) -> Iterator[str]:
    """The names of cells that formulas call them by: of inputs, and of single formulas."""
    for block in sheet.of_kind(Kind.INPUT, Kind.FORMULA):
        if block.kind is Kind.INPUT or block.values.size == 1:
            yield block.name


def rows_of(sheet: Sheet, terms: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a sheet uses and what it means: in headings, and as the names of cells in formulas."""
    for text in (*headings_of(sheet), *names_of(sheet)):
        yield from ((entry, terms[entry]) for entry in entries_in(text, terms)[0])
    for block in sheet.of_kind(Kind.INPUT):
        if not entry_of(block.name, terms):
            yield block.name, meaning(block.name, terms)


def glossary_sheet(book: Draft, sheets: Iterable[Sheet], terms: Mapping[str, str]) -> Sheet:
    """The sheet: a row for each entry that these sheets use, in the order of the alphabet."""
    sheet = book.new(NAME, "What the symbols mean")
    sheet.text(0, 0, sheet.title, "title")
    lead = "the symbols and names that stand in headings, and the first sheet that has each"
    sheet.text(1, 0, lead, "lead")
    sheet.labels(3, 0, [["symbol", "what it means", "first on"]], "heading")
    first: dict[str, tuple[str, str]] = {}
    for other in sheets:
        for entry, text in rows_of(other, terms):
            first.setdefault(entry, (text, other.name))
    ordered = sorted(first, key=lambda entry: (entry.casefold(), entry))
    for row, entry in enumerate(ordered, start=4):
        text, where = first[entry]
        sheet.text(row, 0, entry, "row heading")
        sheet.text(row, 1, text, "wrapped")
        sheet.text(row, 2, where, "calc.text")
        sheet.heights[row] = 15.0 * (1 + len(text) // 85)
    sheet.width(0, 0, 24)
    sheet.width(1, 1, 88)
    sheet.width(2, 2, 20)
    sheet.freeze = (4, 0)
    sheet.repeat_rows = (3, 3)
    return sheet
