"""How all figures look, and the one way to make and to write them.

    with drawing(8, 4.5) as figure:
        axes = figure.subplots()
        ...
        save_png(figure, path)

Figures are made without pyplot, so that no window, no list of open figures and no setting outlives
the block. Matplotlib's own defaults apply within it, whatever a user's matplotlibrc says.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageColor

from sheetsim.files import replace_file

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which the colour-blind can distinguish; the most different ones first."""

MARKERS = "osD^vPX"
"""With them, so that print without colour does."""

LOSSES = "viridis"
"""Colour map of losses: evenly bright, dark where the loss is small."""

GOLD = "#FFD700"
GREY = "#666666"
LIGHT = "#DDDDDD"
DPI = 110

STYLE: Mapping[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": LIGHT,
    "legend.fontsize": 8.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "path.simplify": True,
    "hatch.linewidth": 0.6,
}

_NOT_STYLE = ("backend", "interactive", "toolbar", "timezone", "webagg", "tk.", "date.epoch")


def look_of(i: int) -> dict[str, Any]:
    """Colour and marker of the i-th of several things in one figure, counted from 0."""
    return {"color": COLORS[i % len(COLORS)], "marker": MARKERS[i % len(MARKERS)]}


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """An empty figure with room made for its labels, and our settings while the block lasts.

    Args:
        width: in inches, of `DPI` pixels each.
        height: likewise.

    Yields:
        The figure, which Agg draws.
    """
    settings: dict[Any, Any] = {
        key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith(_NOT_STYLE)
    }
    with mpl.rc_context(settings | dict(STYLE)):
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def save_png(figure: Figure, path: str | Path) -> Path:
    """Write a figure as a PNG, without a date or a version in it.

    Args:
        figure: from `drawing`, whose block is to be open still.
        path: of the file to create or replace.

    Returns:
        The path.

    Raises:
        OutputError: the file cannot be written; what stood there is untouched.
    """
    with replace_file(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})
    return Path(path)


def save_gif(
    frames: list[NDArray[np.uint8]], path: str | Path, durations: list[int], colors: int = 64
) -> Path:
    """Write pictures as an animated GIF that repeats for ever.

    All frames share one palette, `COLORS` and what the last frame has besides, without dithering,
    so that what does not change from frame to frame takes no room.

    Args:
        frames: (height, width, 3), no two neighbours alike (they would be written as one).
        path: of the file to create or replace.
        durations: how long each is shown, in ms, multiples of 10.
        colors: of the palette besides our own, at most 240.

    Returns:
        The path.

    Raises:
        OutputError: the file cannot be written; what stood there is untouched.
    """
    pictures = [Image.fromarray(frame) for frame in frames]
    found = pictures[-1].quantize(colors, method=Image.Quantize.MEDIANCUT).getpalette() or []
    ours = [ImageColor.getrgb(color)[:3] for color in (*COLORS, GOLD, "#FFFFFF")]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for color in ours for part in color] + found[: 3 * colors])
    few = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    with replace_file(path) as temporary:
        few[0].save(
            temporary, format="GIF", save_all=True, append_images=few[1:], duration=durations,
            loop=0, optimize=False, disposal=1,
        )  # fmt: skip
    return Path(path)
