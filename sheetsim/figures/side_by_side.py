"""Solvers side by side: the best objective that each has met, by time."""

from pathlib import Path
from typing import Any

import numpy as np

from sheetsim.figures._style import GREY, drawing, look_of, save_png
from sheetsim.peers.side_by_side import SideBySide

MANY = 1e3
"""Times the least: positive objectives that span more go on a logarithmic axis."""

SOONEST = 1e-4
"""Seconds: what was met sooner is drawn here."""


def draw_side_by_side(found: SideBySide, path: str | Path) -> Path:
    """Write a PNG: objective by time, a line a solver, on a logarithmic axis of time.

    Args:
        found: what to draw.
        path: of the file to create or replace.

    Returns:
        The path.

    Raises:
        OutputError: the file cannot be written; what stood there is untouched.
    """
    with drawing(8, 4.8) as figure:
        axes = figure.subplots()
        ran = [(row, row.objective) for row in found.rows if row.objective is not None]
        for i, (row, objective) in enumerate(ran):
            look = look_of(i)
            label = f"{row.solver}: {objective:.6g}"
            if not row.trace or row.seconds is None:
                axes.axhline(objective, color=look["color"], ls=":", label=label)
                continue
            times, objectives = np.array(row.trace, dtype=float).T
            times = np.maximum(np.append(times, row.seconds), SOONEST)
            objectives = np.append(objectives, objectives[-1])
            axes.step(times, objectives, where="post", color=look["color"], lw=1.5)
            end: dict[str, Any] = {**look, "ls": "", "markersize": 7, "mec": "white"}
            axes.plot(times[-1], objective, **end, label=label)
        axes.axhline(found.start, color=GREY, lw=0.8)
        axes.annotate(
            "start",
            (0.01, found.start),
            xycoords=("axes fraction", "data"),
            color=GREY,
            va="bottom",
        )
        axes.set_xscale("log")
        met = [found.start, *(objective for row, _ in ran for _, objective in row.trace)]
        if min(met) > 0 and max(met) > MANY * min(met):
            axes.set_yscale("log")
        axes.set_xlabel("seconds")
        axes.set_ylabel("the objective" if found.objective is None else found.objective)
        aim = "larger" if found.maximize else "smaller"
        axes.set_title(f"{found.sheet}: best point so far ({aim} is better)")
        figure.legend(loc="outside lower center", ncols=3)
        return save_png(figure, path)
