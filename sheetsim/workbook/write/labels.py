"""Where the labels of points stand, so that they do not lie on one another.

Each label stands right of its point, left of it, above or below. From a first choice, one label
after the other takes the side where it covers least of the other labels, of the points and of what
lies outside, until none moves. A label that still lies on others is left out where its point
has the most such neighbours: a map that can be read, and the table beside it has them all.

The places are those of the numbers at hand. Whoever changes them may see labels meet again.
"""

from collections.abc import Sequence

import numpy as np

from sheetsim.arrays import Floats

SIDES = ("right", "left", "above", "below")

LETTER, LINE, DOT = 6.0, 13.0, 5.0
"""Pixels of a letter of 8 points, of a line of them, and from a point to its label."""

FRAME = (110.0, 120.0)
"""Pixels of a chart that are not its plot: of its width, of its height."""

ROUNDS, TICKS, MARGIN = 30, 5, 0.4
"""How often all labels may move; steps of an axis at most, and by how much of one it may be longer:
programs choose their axes in ways of their own."""

OUTSIDE, POINT = 3.0, 2.0
"""How much worse it is to leave the plot, or to cover a point, than to cover a label."""


def sides(x: Floats, y: Floats, texts: Sequence[str], size: tuple[int, int]) -> list[str | None]:
    """A side for each label, or None for one that is left out.

    Args:
        x: of the points, (n,).
        y: of the points, (n,).
        texts: of the labels, n.
        size: of the chart, in pixels.
    """
    plot = np.maximum(np.array(size) - FRAME, 50)
    at = np.column_stack([_scaled(x), 1 - _scaled(y)]) * plot
    boxes = np.array([_boxes(place, len(text)) for place, text in zip(at, texts, strict=True)])
    fixed = _outside(boxes, plot) * OUTSIDE
    fixed += POINT * _covered(boxes, np.concatenate([at - DOT / 2, at + DOT / 2], axis=1))
    chosen = fixed.argmin(axis=1)
    everyone = np.arange(len(at))
    for _ in range(ROUNDS):
        before = chosen.copy()
        for i in everyone:
            others = boxes[everyone, chosen][everyone != i]
            chosen[i] = (fixed[i] + _overlaps(boxes[i], others).sum(axis=1)).argmin()
        if (before == chosen).all():
            break
    kept = _readable(boxes[everyone, chosen])
    return [SIDES[side] if keep else None for side, keep in zip(chosen, kept, strict=True)]


def _scaled(values: Floats) -> Floats:
    """Places along an axis, 0 to 1, which ends at round numbers beyond its points."""
    low, high = np.nanmin(values), np.nanmax(values)
    reach = (high - low) or 1.0
    size = 10.0 ** np.floor(np.log10(reach / TICKS))
    step = next(size * one for one in (1, 2, 5, 10) if size * one * TICKS >= reach)
    first = np.floor(low / step) - MARGIN
    last = np.ceil(high / step) + MARGIN
    return np.asarray(np.nan_to_num((values / step - first) / (last - first)))


def _boxes(at: Floats, letters: int) -> list[list[float]]:
    """Left, top, right and bottom of a label on each side of its point."""
    (x, y), wide = at, LETTER * letters
    return [
        [x + DOT, y - LINE / 2, x + DOT + wide, y + LINE / 2],
        [x - DOT - wide, y - LINE / 2, x - DOT, y + LINE / 2],
        [x - wide / 2, y - DOT - LINE, x + wide / 2, y - DOT],
        [x - wide / 2, y + DOT, x + wide / 2, y + DOT + LINE],
    ]


def _overlaps(boxes: Floats, others: Floats) -> Floats:
    """Areas that boxes (m, 4) share with others (n, 4): (m, n)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2))


def _covered(boxes: Floats, points: Floats) -> Floats:
    """Areas of points that boxes (n, 4 sides, 4) cover: (n, 4 sides)."""
    return np.array([_overlaps(box, points).sum(axis=1) for box in boxes])


def _outside(boxes: Floats, plot: Floats) -> Floats:
    """Areas of boxes (n, 4 sides, 4) beyond the plot: (n, 4 sides)."""
    whole = np.prod(boxes[..., 2:] - boxes[..., :2], axis=2)
    low = np.maximum(boxes[..., :2], 0)
    high = np.minimum(boxes[..., 2:], plot)
    return np.asarray(whole - np.prod(np.maximum(high - low, 0), axis=2))


def _readable(boxes: Floats) -> list[bool]:
    """Which labels (n, 4) stay: one with most that it lies on goes first, until none is covered."""
    shared = _overlaps(boxes, boxes) > 0
    np.fill_diagonal(shared, False)
    kept = np.ones(len(boxes), dtype=bool)
    while (counts := (shared & kept).sum(axis=1) * kept).any():
        kept[counts.argmax()] = False
    return [bool(keep) for keep in kept]
