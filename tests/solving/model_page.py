"""A workbook of one sheet with formulas and a Solver model, as a teacher would lay it out.

XlsxWriter writes the cells; the model is then stored as Excel stores it, and every formula cell
gets its value, so that a program that only shows files shows the numbers, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.solver_model.model import Goal, SolverEngine, SolverSettings
from sheetsim.workbook.solver_model.parse import parse_model
from sheetsim.workbook.write.styles import properties
from sheetsim.workbook.write.writer import EPOCH

__all__ = ["Page", "absolute"]

Entry = float | str | None

MORE: dict[str, dict[str, Any]] = {
    "variable": {
        "bold": True,
        "font_color": "#0000FF",
        "bg_color": "#FFF2CC",
        "border": 1,
        "align": "center",
    },
    "plain": {},
    "indented": {"indent": 1},
    "names": {"bold": True, "font_color": "#44546A"},
    "sign": {"align": "center"},
}
"""Looks beside those of `sheetsim.workbook.write.styles`; a variable is what Solver changes."""


class Page:
    """A sheet that is being written.

    A style is a look of `sheetsim.workbook.write.styles` or of `MORE`, and after a colon a number
    format: `input:0.00`.
    """

    def __init__(self, path: Path, sheet: str, title: str, lead: Iterable[str] = ()) -> None:
        self.path, self.name = path, sheet
        self._book = xlsxwriter.Workbook(str(path), {"strings_to_urls": False})
        self._book.set_properties({"title": title, "author": "sheetsim", "created": EPOCH})
        self.sheet = self._book.add_worksheet(sheet)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self._formats: dict[str, Any] = {}
        self.put("A1", title, "title")
        for row, line in enumerate(lead, start=2):
            self.put(f"A{row}", line, "lead")

    def put(self, cell: str, entry: Entry, style: str = "plain") -> None:
        """A number, a text or a formula in a cell."""
        look = self.format(style)
        if isinstance(entry, str) and (entry == "=" or not entry.startswith("=")):
            self.sheet.write_string(cell, entry, look)
        else:
            self.sheet.write(cell, entry, look)

    def block(self, cell: str, rows: Iterable[Sequence[Entry]], style: str = "plain") -> None:
        """Rows of entries, from a top left cell on."""
        top, left = xl_cell_to_rowcol(cell)
        for i, row in enumerate(rows):
            for j, entry in enumerate(row):
                self.put(xl_rowcol_to_cell(top + i, left + j), entry, style)

    def down(self, cell: str, entries: Iterable[Entry], style: str = "plain") -> None:
        """Entries one below the other."""
        self.block(cell, ([entry] for entry in entries), style)

    def fill(self, first: str, last: str, formula: str, style: str = "calc") -> None:
        """A formula in all cells of a rectangle; {r} is the cell's row, {c} its column's name."""
        (top, left), (bottom, right) = xl_cell_to_rowcol(first), xl_cell_to_rowcol(last)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                cell = xl_rowcol_to_cell(row, column)
                letters = cell.rstrip("0123456789")
                text = formula.format(r=row + 1, next=row + 2, c=letters)
                self.put(cell, text, style)

    def widths(self, widths: Mapping[str, float]) -> None:
        """Widths of columns: {"A": 20, "B:D": 12}."""
        for columns, width in widths.items():
            both = columns if ":" in columns else f"{columns}:{columns}"
            self.sheet.set_column(both, width)

    def chart(self, cell: str, title: str, x: str, dots: str, line: str) -> None:
        """Data as dots and a model as a line, over x; all three are ranges of this sheet."""
        chart = self._book.add_chart({"type": "scatter"})
        at = f"='{self.name}'!"
        marker = {"type": "circle", "size": 4}
        plain = {"type": "none"}
        chart.add_series(
            {"name": "data", "categories": at + x, "values": at + dots, "marker": marker}
        )
        chart.add_series(
            {
                "name": "model",
                "categories": at + x,
                "values": at + line,
                "marker": plain,
                "line": {"width": 1.5},
            }
        )
        chart.set_title({"name": title, "name_font": {"size": 11}})
        chart.set_size({"width": 520, "height": 260})
        self.sheet.insert_chart(cell, chart)

    def save(
        self,
        objective: str,
        by: str,
        subject_to: Sequence[str] = (),
        *,
        goal: Goal = Goal.MINIMIZE,
        engine: SolverEngine = SolverEngine.GRG,
        non_negative: bool = False,
        settings: SolverSettings | None = None,
    ) -> Path:
        """Close the workbook, store the model in it, and give every formula its value."""
        self._book.close()
        book = read_book(self.path)
        model = parse_model(book, objective=objective, goal=goal, by=[by], subject_to=subject_to)
        model = replace(
            model, engine=engine, non_negative=non_negative, settings=settings or SolverSettings()
        )
        found = evaluate(book)
        assert not found.unsupported, found.unsupported
        write_values(self.path, self.path, found.values, model=model)
        return self.path

    def format(self, style: str) -> Any:
        """XlsxWriter's format of a style."""
        if style not in self._formats:
            look, _, number = style.partition(":")
            traits = dict(MORE[look] if look in MORE else properties(look))
            if number:
                traits["num_format"] = number
            self._formats[style] = self._book.add_format(traits)
        return self._formats[style]


def absolute(cell: str) -> str:
    """B6 -> $B$6."""
    return str(xl_rowcol_to_cell(*xl_cell_to_rowcol(cell), row_abs=True, col_abs=True))
