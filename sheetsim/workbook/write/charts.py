"""Native charts from their descriptions."""

from typing import Any

from sheetsim.sheet import Block, Chart, Series

COLORS = (
    *("#1F77B4", "#D62728", "#2CA02C", "#9467BD", "#FF7F0E", "#17BECF"),
    *("#8C564B", "#E377C2"),
)
SIDES = ("right", "left", "above", "below")
"""Where labels stand, one after the other, so that those of close points stay readable."""

CHARACTER, PADDING, ROW = 7, 5, 20
"""Pixels of a character, of the space beside it, and of a row."""


def draw(workbook: Any, chart: Chart, widths: dict[int, float], heights: dict[int, float]) -> Any:
    """An XlsxWriter chart, sized to the columns and rows that it covers."""
    drawn = workbook.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    loud = [series for series in chart.series if not series.quiet]
    hidden: list[int] = []
    total = 0
    for series in chart.series:
        color = "#BFBFBF" if series.quiet else COLORS[loud.index(series) % len(COLORS)]
        parts = [_plain(series)] if series.labels is None else _labelled(series, series.labels)
        for part in parts:
            drawn.add_series(part | _looks(series, color))
        if series.quiet or series.labels is not None:
            hidden += range(total, total + len(parts))
        total += len(parts)
    drawn.set_title({"name": chart.title, "name_font": {"size": 12}, "overlay": False})
    drawn.set_x_axis(_axis(chart.x_title, chart.x_range, log=False))
    drawn.set_y_axis(_axis(chart.y_title, chart.y_range, log=chart.log_y))
    if len(loud) > 1 and len(hidden) < total:
        drawn.set_legend({"position": "bottom", "delete_series": hidden})
    else:
        drawn.set_legend({"none": True})
    drawn.set_size({"width": _width(chart, widths), "height": _height(chart, heights)})
    drawn.show_na_as_empty_cell()
    return drawn


def _plain(series: Series) -> dict[str, Any]:
    return {"name": series.name, "categories": _range(series.x), "values": _range(series.y)}


def _labelled(series: Series, texts: Block) -> list[dict[str, Any]]:
    """A series for each point, which shows its name: the one live label that all programs draw.

    LibreOffice 7.4 shows the value of a point in place of a label that is taken from a cell.
    """
    points = zip(texts.cells(), series.x.cells(), series.y.cells(), strict=True)
    label = {"series_name": True, "font": {"size": 8}}
    return [
        {
            "name": [texts.sheet, *name[:2]],
            "categories": [series.x.sheet, *x[:2], *x[:2]],
            "values": [series.y.sheet, *y[:2], *y[:2]],
            "data_labels": label | {"position": SIDES[number % len(SIDES)]},
        }
        for number, (name, x, y) in enumerate(points)
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
