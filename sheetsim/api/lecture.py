"""The lecture's workbooks and topics: build, trace, solve, and save what was raced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetsim.errors import OptionError, OptionName
from sheetsim.files import replace_file
from sheetsim.option_values import whole
from sheetsim.solver import Options, Result
from sheetsim.topics import Draft, find, lay_out, new_book, outlines, solve_new

if TYPE_CHECKING:
    import pandas as pd

    from sheetsim.racing import Race, Sweep

SOLVER_OPTIONS = ("precision", "convergence", "max_time", "max_iterations", "derivatives")
"""The options of the solver that a topic's model has a use for, besides `seed`."""


def build(name: str, path: str | Path, **options: Any) -> Path:
    """Write a workbook: live formulas, NumPy's values cached, its models solved.

    A file that differs from the new one by rounding only is left as it is, to the byte.

    Args:
        name: a workbook (`collab_filter`, `gradient_descent`), or a topic, whose workbook then
            holds it and the topics that it needs.
        path: of the .xlsx to create or replace; an existing folder gets `<name>.xlsx`.
        **options: of the workbook, as `sheetsim build --help` lists them, which says which workbook
            has which; `-` is `_` in Python. Such as: `ratings` and `points` (a path, a DataFrame,
            an array, or None for the embedded ones), `k`, `seed`, `epochs`, `variant` ("lecture"
            or "textbook"), and what parameters an optimizer's sheet has: `lr`, `beta1`, `epsilon`.

    Returns:
        The path of the file.

    Raises:
        OptionError: an unknown name, an option that may not be so, a learning rate with which an
            optimizer diverges, or a path with another suffix than .xlsx.
        DataError: ratings or points that cannot be used.
        OutputError: the file cannot be written; what stood there is untouched.
    """
    target = Path(path)
    try:
        folder = target.is_dir()
    except OSError:  # a name that is too long; writing will say so
        folder = False
    if folder:
        target = target / f"{name}.xlsx"
    elif target.suffix.lower() != ".xlsx":
        raise OptionError(
            OptionName("path"), f" is {target}; expected a name that ends in .xlsx, or a folder"
        )
    write(prepare(name, **options), target)
    return target


def prepare(name: str, **options: Any) -> Draft:
    """The first half of `build`: all that can be wrong with options and data shows here.

    Args:
        name: as in `build`.
        **options: as in `build`.

    Returns:
        What `write` takes.

    Raises:
        OptionError: as in `build`.
        DataError: as in `build`.
    """
    return new_book(name, options)


def write(book: Draft, path: Path) -> bool:
    """The second half of `build`.

    Args:
        book: from `prepare`.
        path: of the .xlsx to create or replace.

    Returns:
        Whether it was written; False where the file that stands there was left alone, since a new
        one would differ by rounding only.

    Raises:
        OutputError: as in `build`.
    """
    from sheetsim.checking.unchanged import is_unchanged
    from sheetsim.workbook.write.writer import write_workbook

    sheets = lay_out(book)
    unchanged = False

    def unless(new: Path) -> bool:
        nonlocal unchanged
        unchanged = is_unchanged(path, new, book, sheets)
        return unchanged

    write_workbook(sheets, path, unless)
    return not unchanged


def trace(
    name: str,
    points: Any = None,
    epochs: int = 5,
    variant: str = "lecture",
    a: float | None = None,
    b: float | None = None,
    lr: float | None = None,
    beta1: float | None = None,
    beta2: float | None = None,
    state: Sequence[float] | None = None,
    **settings: float | None,
) -> pd.DataFrame:
    """The steps of an optimizer, one a row, with the columns of its sheet.

    Args:
        name: of an optimizer's topic; `list_topics` says which topics are `traceable`.
        points: a path, a DataFrame with x and y, a tuple (x, y), an (n, 2) array, or None for
            the project's own 29 points.
        epochs: passes over the points, at least 1; one point is one step.
        variant: "lecture" or "textbook"; for an optimizer that the lecture does not have, both
            are the textbook's.
        a: slope to start from; 1 by default.
        b: intercept to start from; 1 by default.
        lr: learning rate, above 0.
        beta1: decay of the average of the gradients, 0 to below 1, where the topic has one.
        beta2: decay of the average of their squares, likewise.
        state: what the first row carries in: m then v, intercept before slope, as far as the
            topic has them (adam_annealed also takes prev_grad2 at the end). By default what the
            lecture's Reset leaves, or zeros in the textbook variant.
        **settings: further parameters of the topic, such as `epsilon`; its sheet has them.

    Returns:
        epoch, step, x, y, b, a, pred, squared_error, de_db, de_da, the state after the step,
        new_b, new_a, and what else the sheet has; b and a are those before the step.
        `attrs["status"]` says how the run ended, `attrs["diverged"]` at which step it left the
        range of floats (0: it did not), `attrs["variant"]` which variant it is; rows from a
        divergence on hold NaN.

    Raises:
        OptionError: no such optimizer, a parameter that it does not have or that may not be so.
        DataError: points that cannot be used.
    """
    lesson, names = find(name)
    topic = lesson.topic(names[-1])
    if name not in names or topic.trace is None:
        able = [t.name for topics in outlines().values() for t in topics if t.traceable]
        raise OptionError(f"{name!r} is no optimizer; {', '.join(able)} are")
    settings |= {"a": a, "b": b, "lr": lr, "beta1": beta1, "beta2": beta2}
    return topic.trace(points=points, epochs=epochs, variant=variant, state=state, **settings)


def solve_topic(name: str, *, seed: int = 0, starts: int = 1, **options: Any) -> Result:
    """Find the optimum of a topic's Solver model with the NumPy solver.

    Args:
        name: `dot_product`, `bias` or `data`.
        seed: of the start, uniform in 0 to 1, and of further starts.
        starts: how many starts; they run as one batch and the best wins.
        **options: the solver's, named as in Excel's dialog: `precision`, `convergence`,
            `max_time` (s), `max_iterations`, `derivatives` ("analytic", "central", "forward"); and
            the workbook's, as in `build`: `ratings`, `users`, `movies`, `k`, or `points`, `a`, `b`.

    Returns:
        `objective` (the RMSE that the sheet shows), `variables` (in the order of the model's
        variable cells), `status`, `success`, `iterations`, `evaluations`, `seconds`, `log`.

    Raises:
        OptionError: a topic without a model, or an option that may not be so.
        DataError: ratings or points that cannot be used.
    """
    given = {key: options.pop(key, None) for key in SOLVER_OPTIONS}
    how = {key: value for key, value in given.items() if value is not None}
    starts = whole(1, 100_000)("starts", starts)
    return solve_new(name, {"seed": seed, **options}, Options(seed=seed, **how), starts)


def save(
    result: Race | Sweep,
    path: str | Path,
    *,
    frames: int = 80,
    fps: int = 12,
    progress: Callable[[str, int], None] | None = None,
) -> Path:
    """Write a race or a sweep, as what its file's name ends in.

    Args:
        result: from `race` or `sweep`.
        path: ends in .png (paths over contours and the loss by step; the heat map), in .gif (the
            race as a moving picture) or in .csv (the sweep's grid).
        frames: most pictures of a .gif, 2 to 200.
        fps: its pictures a second, 1 to 50.
        progress: called with words and with the number of pictures drawn since.

    Returns:
        The path.

    Raises:
        OptionError: another ending, or a number out of its range.
        OutputError: the file cannot be written; what stood there is untouched.
    """
    # Matplotlib takes long to load, and most that use this module do not need it.
    from sheetsim.figures import race as drawn
    from sheetsim.racing import Race, Sweep

    target = Path(path)
    frames, fps = whole(2, 200)("frames", frames), whole(1, 50)("fps", fps)
    kinds = (".png", ".gif") if isinstance(result, Race) else (".png", ".csv")
    kind = target.suffix.lower()
    if kind not in kinds:
        raise OptionError(
            OptionName("path"), f" is {target}; expected a name that ends in {' or '.join(kinds)}"
        )
    if isinstance(result, Sweep):
        if kind == ".png":
            return drawn.draw_sweep(result, target)
        with replace_file(target) as temporary:
            result.frame().to_csv(temporary, index=False, lineterminator="\n")
        return target
    if kind == ".png":
        return drawn.draw_race(result, target)
    return drawn.animate_race(result, target, frames, fps, progress)
