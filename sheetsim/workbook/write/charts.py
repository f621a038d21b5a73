"""Native charts from their descriptions."""

from typing import Any

import numpy as np

from sheetsim.sheet import Block, Chart, Series
from sheetsim.workbook.write.labels import sides

COLORS = (
    *("#1F77B4", "#D62728", "#2CA02C", "#9467BD", "#FF7F0E", "#17BECF"),
    *("#8C564B", "#E377C2"),
)
SCATTER = {"type": "scatter", "subtype": "straight_with_markers"}

CHARACTER, PADDING, ROW = 7, 5, 20
"""Pixels of a character, of the space beside it, and of a row."""


def draw(workbook: Any, chart: Chart, widths: dict[int, float], heights: dict[int, float]) -> Any:
    """An XlsxWriter chart, sized to the columns and rows that it covers."""
    size = _width(chart, widths), _height(chart, heights)
    kind = {"type": "column"} if chart.bars else SCATTER
    drawn = workbook.add_chart(kind)
    loud = [series for series in chart.series if not series.quiet]
    hidden: list[int] = []
    total = 0
    for series in chart.series:
        color = "#BFBFBF" if series.quiet else _color(series, loud)
        parts = [_plain(series)]
        if series.labels is not None:
            parts = _labelled(series, series.labels, size)
        looks = {"fill": {"color": color}} if chart.bars else _looks(series, color)
        for part in parts:
            drawn.add_series(part | looks)
        if series.quiet or series.labels is not None:
            hidden += range(total, total + len(parts))
        total += len(parts)
    drawn.set_title({"name": chart.title, "name_font": {"size": 12}, "overlay": False})
    x_axis = _axis(chart.x_title, chart.x_range, log=False)
    if chart.bars:
        x_axis["major_gridlines"] = {"visible": False}
    drawn.set_x_axis(x_axis)
    drawn.set_y_axis(_axis(chart.y_title, chart.y_range, log=chart.log_y))
    if len(loud) > 1 and len(hidden) < total:
        drawn.set_legend({"position": "bottom", "delete_series": hidden})
    else:
        drawn.set_legend({"none": True})
    drawn.set_size({"width": size[0], "height": size[1]})
    drawn.show_na_as_empty_cell()
    return drawn


def _color(series: Series, loud: list[Series]) -> str:
    """The series' own colour, or that of its place among those with one."""
    number = loud.index(series) if series.color is None else series.color
    return COLORS[number % len(COLORS)]


def _plain(series: Series) -> dict[str, Any]:
    return {"name": series.name, "categories": _range(series.x), "values": _range(series.y)}


def _labelled(series: Series, texts: Block, size: tuple[int, int]) -> list[dict[str, Any]]:
    """A series for each point, which shows its name: the one live label that all programs draw.

    LibreOffice 7.4 shows the value of a point in place of a label that is taken from a cell.
    """
    x, y = (np.asarray(block.values, dtype=float).ravel() for block in (series.x, series.y))
    places = sides(x, y, [str(text) for text in texts.values.ravel()], size)
    points = zip(texts.cells(), series.x.cells(), series.y.cells(), places, strict=True)
    label = {"series_name": True, "font": {"size": 8}}
    return [
        {
            "name": [texts.sheet, *name[:2]],
            "categories": [series.x.sheet, *x[:2], *x[:2]],
            "values": [series.y.sheet, *y[:2], *y[:2]],
        }
        | ({} if side is None else {"data_labels": label | {"position": side}})
        for name, x, y, side in points
    ]


def _looks(series: Series, color: str) -> dict[str, Any]:
    """The line and the markers."""
    paint = {"fill": {"color": color}, "border": {"color": color}}
    line = {"color": color, "width": 1 if series.quiet else 1.75}
    return {
        "line": line if series.line else {"none": True},
        "marker": {"type": "circle", "size": 5, **paint} if series.points else {"type": "none"},
    }


def _range(block: Block) -> list[Any]:
    return [block.sheet, block.row, block.column, block.bottom - 1, block.right - 1]


def _axis(title: str, limits: tuple[float, float] | None, *, log: bool) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "name": title,
        "name_font": {"size": 10, "bold": False},
        "major_gridlines": {"visible": True, "line": {"color": "#E7E6E6"}},
        "num_format": "General",
        "label_position": "low",
    }
    if log:
        axis["log_base"] = 10
        axis["crossing"] = 1e-6
    if limits:
        axis["min"], axis["max"] = limits
    return axis


def pixels(widths: dict[int, float], column: int) -> int:
    """Width of a column on the screen."""
    return int(widths.get(column, 8.43) * CHARACTER + PADDING)


def _width(chart: Chart, widths: dict[int, float]) -> int:
    columns = range(chart.column, chart.column + chart.columns)
    return sum(pixels(widths, column) for column in columns)


def _height(chart: Chart, heights: dict[int, float]) -> int:
    rows = range(chart.row, chart.row + chart.rows)
    return sum(int(heights.get(row, 15.0) * ROW / 15) for row in rows)
