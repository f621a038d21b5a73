"""Sheets as plain data: blocks, columns, references, formulas; pure, no I/O.

`block` is a rectangle of cells, `table` rows that follow from the row above, `chart` what a chart
shows, and `sheet` all of them together.
"""

from sheetsim.arrays import Array
from sheetsim.sheet.block import Block, Kind, Valid
from sheetsim.sheet.chart import Chart, Series
from sheetsim.sheet.sheet import Cell, ColorScale, Highlight, Sheet, SheetModel
from sheetsim.sheet.table import Column, table

__all__ = [
    "Array",
    "Block",
    "Cell",
    "Chart",
    "ColorScale",
    "Column",
    "Highlight",
    "Kind",
    "Series",
    "Sheet",
    "SheetModel",
    "Valid",
    "table",
]
