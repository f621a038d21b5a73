"""Sheets as plain data: blocks, columns, references, formulas; pure, no I/O."""

from sheetsim.sheet.block import Array, Block, Kind, Valid
from sheetsim.sheet.chart import Chart, Series
from sheetsim.sheet.sheet import Cell, ColorScale, Highlight, Sheet, SolverModel
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
    "SolverModel",
    "Valid",
    "table",
]
