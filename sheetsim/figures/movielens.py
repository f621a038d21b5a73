"""Pictures of what was learned of MovieLens: biases, and the map of titles by two components."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sheetsim.figures._style import COLORS, GREY, drawing, save_png

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

LISTED, LABELLED = 15, 50
LONGEST = 42
"""Characters of a title that a picture has room for."""

PLACES: tuple[tuple[tuple[float, float], Literal["left", "right"]], ...] = (
    ((4, 0), "left"),
    ((-4, 0), "right"),
    ((3, 6), "left"),
    ((3, -6), "left"),
    ((-3, 6), "right"),
    ((-3, -6), "right"),
    ((4, 11), "left"),
    ((4, -11), "left"),
)
"""Where a label may stand beside its point, in points, and which end of it is there."""


def biases_png(biases: pd.DataFrame, path: str | Path) -> Path:
    """The titles of lowest and highest bias as bars, each with its mean rating.

    Args:
        biases: title, ratings, mean_rating and bias, the lowest bias first.
        path: of the PNG to create or replace.

    Raises:
        OutputError: the file cannot be written.
    """
    n = min(LISTED, len(biases))
    with drawing(12, 5) as figure:
        for axes, part, color, name in (
            (figure.add_subplot(1, 2, 1), biases.head(n)[::-1], COLORS[1], "lowest"),
            (figure.add_subplot(1, 2, 2), biases.tail(n), COLORS[0], "highest"),
        ):
            titles = [_short(title) for title in part.title]
            bars = axes.barh(range(n), part.bias, color=color)
            axes.set_yticks(range(n), titles)
            means = [f" {mean:.2f}" for mean in part.mean_rating]
            axes.bar_label(bars, means, padding=1, color=GREY, fontsize=8)
            axes.margins(x=0.16)
            axes.set_xlabel("bias; beside the bar: mean rating")
            axes.set_title(f"{name} bias")
        return save_png(figure, path)


def components_png(components: pd.DataFrame, path: str | Path) -> Path:
    """The titles with the most ratings, placed by the first component and the last.

    Args:
        components: title, component 1, ... for all titles, the one with the most ratings first.
        path: of the PNG to create or replace.

    Raises:
        OutputError: the file cannot be written.
    """
    names = [name for name in components.columns if name.startswith("component")]
    x, y = names[0], names[-1]
    few = components.head(LABELLED)
    with drawing(10, 8) as figure:
        axes = figure.add_subplot()
        axes.axhline(0, color=GREY, linewidth=0.5)
        axes.axvline(0, color=GREY, linewidth=0.5)
        axes.scatter(few[x], few[y], color=COLORS[0], s=14)
        axes.margins(x=0.12)
        figure.draw_without_rendering()  # the axes take their size, and labels can be measured
        _label(axes, [_short(title) for title in few.title], few[x], few[y])
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.set_title(f"The {len(few)} titles with the most ratings, by {x} and {y}")
        return save_png(figure, path)


def _label(axes: Axes, texts: Sequence[str], x: Iterable[float], y: Iterable[float]) -> None:
    """A text beside each point: at the first of the places where it covers no other, if any."""
    taken: list[Bbox] = []
    for text, across, up in zip(texts, x, y, strict=True):
        for offset, side in PLACES:
            label = axes.annotate(
                text, (across, up), offset, textcoords="offset points",
                ha=side, va="center", fontsize=7,
            )  # fmt: skip
            box = label.get_window_extent()
            if not any(box.overlaps(other) for other in taken) or (offset, side) == PLACES[-1]:
                break
            label.remove()
        taken.append(box)


def _short(title: str) -> str:
    """A title as it fits; a dollar sign is no mathematics."""
    cut = title if len(title) <= LONGEST else title[: LONGEST - 1] + "…"
    return cut.replace("$", r"\$")
