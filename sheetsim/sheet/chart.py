"""What a native chart shows, said without any library: the writer draws it."""

from dataclasses import dataclass

from sheetsim.sheet.block import Block


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    Attributes:
        name: its label in the legend.
        x: one row or column of cells.
        y: as many cells as `x`.
        points: draw a marker at each cell.
        line: join the markers.
        quiet: a thin grey line, for what others are seen against (the contours of a map).
        labels: as many cells as `x`, whose texts stand beside the points.
        color: which of the writer's colours it has; by default the next one.
    """

    name: str
    x: Block
    y: Block
    points: bool = True
    line: bool = True
    quiet: bool = False
    labels: Block | None = None
    color: int | None = None


@dataclass(frozen=True)
class Chart:
    """A scatter chart or one of bars, with its top left corner on a cell.

    Attributes:
        title: what it shows.
        x_title: name and unit of the horizontal axis.
        y_title: name and unit of the vertical axis.
        series: what is drawn, in this order.
        row: row of the corner, counted from 0.
        column: column of the corner, counted from 0.
        columns: how many columns it covers.
        rows: how many rows it covers.
        log_y: logarithmic vertical axis.
        x_range: least and greatest x shown; None leaves it to the program.
        y_range: least and greatest y shown; None leaves it to the program.
        bars: a bar for each cell of `y`; those of `x` are the names below them.
    """

    title: str
    x_title: str
    y_title: str
    series: tuple[Series, ...]
    row: int
    column: int
    columns: int = 6
    rows: int = 16
    log_y: bool = False
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    bars: bool = False

    @property
    def description(self) -> str:
        """What it shows, in a sentence or two for those who can't see it: its alternative text."""
        drawn = [series.name for series in self.series if not series.quiet]
        named = ", ".join(dict.fromkeys(name for name in drawn if name != self.title))
        axes = f"{self.y_title} (up) over {self.x_title} (to the right)"
        return f"Chart: {self.title}. {axes}." + (f" Drawn: {named}." if named else "")
