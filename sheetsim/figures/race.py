"""Races and sweeps drawn: paths over contours, still and moving, and the heat map of a sweep.

Contours are spaced evenly in the logarithm of the loss, as the losses span many powers of ten. A
path is drawn as far as the box that its surface names; what leaves the box is cut at its edge. In
the moving picture time is stretched at the start, where most happens: frame i of n shows step
steps (i / n)^1.5, and says which step that is.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sheetsim.arrays import Floats
from sheetsim.figures._style import (
    GOLD,
    GREY,
    LOSSES,
    drawing,
    look_of,
    save_gif,
    save_png,
)
from sheetsim.racing import Race, Racer, Surface, Sweep

Say = Callable[[str, int], None]

FINE = 301
"""Points of the surface's grid, along each axis."""

SMALLEST = 1e-16
"""Losses below are drawn as this: rounding makes them what they are."""

FAR = 1e5
"""Where a place is too far to draw, in widths of the box."""

BETA_TICKS = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999, 0.99999)


def draw_race(race: Race, path: str | Path) -> Path:
    """Write a PNG: the paths over the contours, and the loss by step.

    Args:
        race: what to draw.
        path: of the file to create or replace.

    Returns:
        The path.

    Raises:
        OutputError: the file cannot be written; what stood there is untouched.
    """
    with drawing(11, 5.3) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        _contours(left, race.surface)
        depths, highest = _depths(race), _highest(race)
        for i, racer in enumerate(race.racers):
            places, look = _within(race.surface, racer.path), look_of(i)
            way = {**look, "lw": 1.5, "markersize": 4, "zorder": depths[i]}
            left.plot(*places.T, **way, markevery=_spread(race.steps))
            last = places[np.isfinite(places).all(axis=1)][-1]
            left.plot(*last, **look, ls="", markersize=9, mec="white", mew=1, zorder=5)
            losses = np.where(np.isfinite(racer.losses), racer.losses, np.nan)
            losses = np.clip(losses, SMALLEST, 100 * highest)
            right.plot(losses, **way, markevery=max(1, race.steps // 8), label=_legend(racer))
        _places(left, race)
        noise = f", noise {race.noise:g}" if race.noise else ""
        left.set_title(f"{race.surface.title}, {race.steps:,} step{'s' * (race.steps > 1)}{noise}")
        _loss_axes(right, race, highest)
        figure.legend(loc="outside lower center", ncols=5)
        return save_png(figure, path)


def animate_race(
    race: Race, path: str | Path, frames: int = 80, fps: int = 12, say: Say | None = None
) -> Path:
    """Write an animated GIF: all racers at once over the contours.

    Args:
        race: what to draw.
        path: of the file to create or replace.
        frames: pictures, the start's included; as many as there are places, at most.
        fps: pictures a second; the last one stays for two seconds.
        say: called with words and the number of pictures done since, every ten.

    Returns:
        The path.

    Raises:
        OutputError: the file cannot be written; what stood there is untouched.
    """
    shown = frame_steps(race.steps, frames)
    pictures = []
    with drawing(6.2, 5.2) as figure:
        axes = figure.subplots()
        _contours(axes, race.surface)
        _places(axes, race)
        moving: list[tuple[Any, Any, Floats]] = []
        for i, racer in enumerate(race.racers):
            places, look = _within(race.surface, racer.path), look_of(i)
            (trail,) = axes.plot([], [], color=look["color"], lw=1.5, animated=True)
            (head,) = axes.plot(
                [], [], **look, ls="", markersize=9, mec="white", animated=True,
                label=_legend(racer),
            )  # fmt: skip
            moving.append((trail, head, places))
        figure.legend(loc="outside lower center", ncols=3)
        axes.set_title(race.surface.title)
        words = axes.text(
            0.985, 0.02, "", transform=axes.transAxes, ha="right", va="bottom", animated=True,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 3},
        )  # fmt: skip
        canvas: Any = figure.canvas  # Agg's; its methods have no types
        canvas.draw()
        background = canvas.copy_from_bbox(figure.bbox)
        for count, step in enumerate(shown, start=1):
            canvas.restore_region(background)
            words.set_text(f"step {step:,} of {race.steps:,}")
            for trail, _, places in sorted(moving, key=lambda each: _length(each[2]), reverse=True):
                trail.set_data(*places[: step + 1].T)
                axes.draw_artist(trail)
            for _, head, places in moving:
                head.set_data(*places[step : step + 1].T)
                axes.draw_artist(head)
            axes.draw_artist(words)
            pictures.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())
            if say is not None and (count % 10 == 0 or count == len(shown)):
                say(f"picture {count} of {len(shown)}", (count - 1) % 10 + 1)
    durations = [max(20, round(100 / fps) * 10)] * len(pictures)
    durations[-1] = 2000
    return save_gif(pictures, path, durations)


def frame_steps(steps: int, frames: int) -> list[int]:
    """The steps that a moving picture shows, rising from 0 to the last, no more than `frames`."""
    parts = np.linspace(0, 1, frames) ** 1.5
    return sorted({round(steps * part) for part in parts.tolist()})


def draw_sweep(sweep: Sweep, path: str | Path) -> Path:
    """Write a PNG: the loss over learning rate and beta as colours, failed cells hatched.

    Columns of rates at either end in which all cells failed are left out, but for two.

    Args:
        sweep: what to draw.
        path: of the file to create or replace.

    Returns:
        The path.

    Raises:
        OutputError: the file cannot be written; what stood there is untouched.
    """
    with drawing(8, 5.4) as figure:
        axes = figure.subplots()
        axes.patch.set(facecolor="#EEEEEE", edgecolor="#AAAAAA", hatch="////")
        x, y = _log_edges(sweep.lrs), _log_edges(1 - sweep.betas)
        sound = np.isfinite(sweep.losses)
        losses = np.ma.array(np.maximum(sweep.losses, SMALLEST), mask=~sound)
        high = float(losses[sound].max()) if sound.any() else 1.0
        low = float(losses[sound].min()) if sound.any() else 0.1
        norm = LogNorm(min(low, high / 10), high)
        mesh = axes.pcolormesh(x, y, losses, norm=norm, cmap=LOSSES, rasterized=True)
        bar = figure.colorbar(mesh, ax=axes, label=f"loss after {sweep.steps:,} steps")
        bar.outline.set_visible(False)
        columns = np.flatnonzero(sound.any(axis=0))
        ends = (columns[0] - 2, columns[-1] + 3) if len(columns) else (0, len(x) - 1)
        axes.set(xscale="log", yscale="log", xlabel="learning rate", ylabel=sweep.over)
        axes.set_xlim(x[max(ends[0], 0)], x[min(ends[1], len(x) - 1)])
        axes.set_ylim(y[0], y[-1])
        ticks = [1 - tick for tick in BETA_TICKS if y[-1] <= 1 - tick <= y[0]]
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda gap, _: f"{1 - gap:.7g}"))
        handles: list[Any] = [
            Patch(
                facecolor="#EEEEEE", edgecolor="#AAAAAA", hatch="////",
                label="diverged, or ended above the start",
            )
        ]  # fmt: skip
        if sweep.best is not None:
            lr, beta = sweep.lrs[sweep.best[1]], sweep.betas[sweep.best[0]]
            words = f"least: {sweep.losses[sweep.best]:.2g} at lr {lr:.2g}, {sweep.over} {beta:.4g}"
            handles[:0] = axes.plot(
                lr, 1 - beta, "*", color="white", mec="black", mew=1, markersize=15, ls="",
                label=words,
            )  # fmt: skip
        figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
        axes.set_title(f"{sweep.optimizer} on {sweep.surface.name}{_seeds(sweep)}")
        return save_png(figure, path)


def _seeds(sweep: Sweep) -> str:
    if not sweep.noise:
        return ""
    many = f", median of {len(sweep.seeds)} seeds" if len(sweep.seeds) > 1 else ""
    return f", noise {sweep.noise:g}{many}"


def _log_edges(values: Floats) -> Floats:
    """Edges of cells around values that are spaced evenly in their logarithm, one more."""
    logs = np.log(values)
    step = (logs[-1] - logs[0]) / (len(values) - 1)
    return np.asarray(np.exp(np.concatenate([logs - step / 2, [logs[-1] + step / 2]])))


def _legend(racer: Racer) -> str:
    return f"{racer.optimizer}, lr {racer.lr:.2g}{'' if racer.can_win else ' (failed)'}"


def _spread(steps: int) -> Sequence[int]:
    """Steps that get a mark on a path: the early ones, which are far apart, and few later."""
    return sorted({min(steps, round(1.6**k)) for k in range(25)} - {steps})


def _length(places: Floats) -> float:
    return float(np.nansum(np.hypot(*np.diff(places, axis=0).T)))


def _depths(race: Race) -> list[float]:
    """How far in front each path is drawn: the longest, which hides most, at the back."""
    lengths = [_length(_within(race.surface, racer.path)) for racer in race.racers]
    return [3 - sorted(lengths).index(length) / (len(lengths) + 1) for length in lengths]


def _highest(race: Race) -> float:
    """Top of the axis of losses: what is far above the start is left out."""
    losses = np.array([racer.losses for racer in race.racers])
    highest = float(np.max(losses, initial=SMALLEST, where=np.isfinite(losses)))
    return min(2 * highest, max(30 * float(losses[0, 0]), 10 * SMALLEST))


def _loss_axes(axes: Axes, race: Race, highest: float) -> None:
    """The loss by step."""
    least = min(float(np.min(racer.losses)) for racer in race.racers)
    note = f" (drawn as {SMALLEST:g} where it is less)" if least < SMALLEST else ""
    axes.set(title=f"Loss{note}", xlabel="step", yscale="log", xlim=(0, race.steps))
    axes.set_ylim(max(min(least, highest / 10), SMALLEST) / 2, highest)
    axes.grid(color=GREY, alpha=0.2, lw=0.6)


def _contours(axes: Axes, surface: Surface) -> None:
    (x0, x1), (y0, y1) = surface.box
    x, y = np.meshgrid(np.linspace(x0, x1, FINE), np.linspace(y0, y1, FINE))
    loss = surface.loss(np.stack([x, y], axis=-1))
    low, high = np.quantile(loss, [0.001, 1])
    loss = np.clip(loss, low, high)
    levels = np.geomspace(low, high, 15)
    axes.contourf(x, y, loss, levels=levels, norm=LogNorm(low, high), cmap="bone", alpha=0.3)
    axes.contour(x, y, loss, levels=levels, colors=GREY, linewidths=0.5, alpha=0.7)
    axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel=surface.axes[0], ylabel=surface.axes[1])


def _places(axes: Axes, race: Race) -> None:
    """The start and the minima."""
    axes.plot(*race.start, "o", color="white", mec="black", mew=1.5, markersize=7, zorder=6)
    axes.annotate("start", race.start, (7, -11), textcoords="offset points", zorder=6)
    minima = np.array(race.surface.minima).T
    axes.plot(
        *minima, "*", color=GOLD, mec="black", mew=0.8, markersize=17, zorder=4, label="minimum"
    )


def _within(surface: Surface, path: Floats) -> Floats:
    """A path as far as it can be drawn, as drawing 1e300 would overflow.

    A far place is brought nearer; a way between two of them is left out.
    """
    box = np.array(surface.box)
    size = box[:, 1] - box[:, 0]
    near = np.clip(path, box[:, 0] - FAR * size, box[:, 1] + FAR * size)
    far = (near != path).any(axis=1)
    near[1:][far[1:] & far[:-1]] = np.nan
    return near
