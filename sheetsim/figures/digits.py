"""Pictures of digits learned: the losses of all optimizers, and what the weights look like."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sheetsim.figures._style import COLORS, drawing, save_png
from sheetsim.sheet import Array
from sheetsim.topics.schedules.lr_finder import smoothed

BETA = 0.98


def losses_png(losses: Mapping[tuple[str, str], Any], path: str | Path) -> Path:
    """The loss of every batch, smoothed, of every optimizer; a panel for each model.

    Args:
        losses: (model, optimizer) -> losses of its batches, (steps,).
        path: of the PNG to create or replace.

    Raises:
        OutputError: the file cannot be written.
    """
    models = list(dict.fromkeys(model for model, _ in losses))
    optimizers = list(dict.fromkeys(optimizer for _, optimizer in losses))
    with drawing(5 * len(models), 4) as figure:
        panels = figure.subplots(1, len(models), sharey=True, squeeze=False)[0]
        for axes, model in zip(panels, models, strict=True):
            for color, optimizer in zip(itertools.cycle(COLORS), optimizers, strict=False):
                if (model, optimizer) in losses:
                    curve = smoothed(np.array(losses[model, optimizer]), BETA)
                    axes.plot(curve, color=color, label=optimizer, linewidth=1.3)
            axes.set_yscale("log")
            axes.set_title(model)
            axes.set_xlabel("batch")
        panels[0].set_ylabel(f"loss, smoothed (beta {BETA})")
        panels[-1].legend()
        return save_png(figure, path)


def weights_png(weights: Array, side: tuple[int, int], path: str | Path) -> Path:
    """The weights of logistic regression as pictures, one for each digit.

    Args:
        weights: (height x width, 10).
        side: height and width of a picture.
        path: of the PNG to create or replace.

    Raises:
        OutputError: the file cannot be written.
    """
    most = float(np.abs(weights).max()) or 1.0
    with drawing(9, 4) as figure:
        for digit, axes in enumerate(figure.subplots(2, 5).ravel()):
            image = weights[:, digit].reshape(side)
            shown = axes.imshow(image, cmap="RdBu_r", vmin=-most, vmax=most)
            axes.set_title(str(digit))
            axes.set_axis_off()
        figure.colorbar(shown, ax=figure.axes, shrink=0.8, label="weight: red speaks for the digit")
        return save_png(figure, path)
