"""Bugs in formulas that guard against a run that diverges: each is found in some run.

The same bug is planted in a calm run, in one that diverges, in one whose numbers leave the range of
floats, and in one that is shown at its first steps; the few that none of them gives away are in
`HARMLESS`, each with its reason, and must be unfound in all of them for that reason to hold.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from check_planting import Mutation, Written, batches, mutations
from conftest import Sample
from guards import is_guard
from test_check_planted_bugs import RATINGS, unfound

from sheetsim.checking.expected import Expectations
from sheetsim.sheet import Sheet
from sheetsim.topics import lay_out, new_book

State = dict[str, dict[str, Any]]
STEEP = ([3, 7, 2], [36.1, 44.2, 33.9])

JOBS: dict[str, tuple[str, dict[str, Any], tuple[State, ...]]] = {}
"""Name -> workbook, options, and what is typed into its sheets for each run."""

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adam_annealed")


def everywhere(**cells: float) -> State:
    """The same on the sheet of every optimizer."""
    return {name: dict(cells) for name in OPTIMIZERS}


def shown(step: int, **cells: float) -> State:
    """Another step to show on compare."""
    return {"compare": {"step_to_show": step, **cells}}


FALLING, RISING = {"x": [[9], [4], [1]]}, {"x": [[1], [4], [9]]}
SMALL = {"y": [[0.02], [0.05], [0.01]]}

JOBS["gradient_descent"] = (
    "gradient_descent",
    {"points": STEEP, "epochs": 2},
    (
        {},
        everywhere(lr=0.1, diverged_above=1) | {"data": FALLING},
        everywhere(lr=0.03, start_b=0.02, start_a=0, diverged_above=1, step_to_show=4)
        | {"data": RISING | SMALL}
        | shown(4, contour_1=0.01),
        everywhere(diverged_above=1, start_b=-20, start_a=-5) | {"data": FALLING},  # from row 1
        everywhere(lr=1e70, step_to_show=1) | shown(1) | {"valley": {"step_to_show": 7}},
        everywhere(lr=1e3, step_to_show=0, start_b=40, start_a=-3)
        | shown(3, contour_1=3)
        | {"valley": {"step_to_show": 0, "start_flat": -14, "start_steep": 9, "angle": 75}},
        everywhere(lr=1e99, step_to_show=5, diverged_above=2) | shown(5) | {"valley": {"lr": 3.0}},
    ),
)

RUNS = ("from_scratch", "frozen", "one_rate", "slice_one", "slice_two", "unfrozen")


def all_runs(**cells: float) -> State:
    """The same on the sheet of every run of transfer."""
    return {name: dict(cells) for name in RUNS}


def both(**cells: float) -> State:
    """The same under SGD and under Adam."""
    return {name: dict(cells) for name in ("decay_under_sgd", "decay_under_adam")}


JOBS["transfer"] = (
    "transfer",
    {"epochs": 3},
    (
        {},
        all_runs(lr=5, diverged_above=1),
        all_runs(diverged_above=0.5) | {"net": {"random": [[0.0] * 12 + [1.0]]}},
        all_runs(lr=1e6, lr_start=1e6),
        all_runs(step_to_show=4) | {"runs": {"step_to_show": 9}},
        all_runs(step_to_show=0) | {"runs": {"step_to_show": 0}},
    ),
)


def averaged(low: float, high: float, **cells: float) -> State:
    """Points from low to high, and what is typed into averaged_gradients."""
    x = np.linspace(low, high, 60)[:, None]
    return {"averaged_gradients": {"x": x, **cells}}


JOBS["averages"] = (
    "averages",
    {},
    (
        {},
        averaged(100, 100),
        averaged(60, -60, diverged_above=1),
        averaged(-90, 30, diverged_above=1, start_b=-500),
        averaged(30, 90, diverged_above=2, start_a=-9),
        averaged(1e5, 1e9),
        averaged(-100, -100),
        averaged(70, -60),
        averaged(72, 72, diverged_above=33),  # ends a little beyond
    ),
)
LONG = [[1.0, 1.5, 0.0], [-1.0, 0.0, 0.0], [1.0, 0.0, 0.1], [-1.0, 0.0, 0.0]]
"""Movies that lie farther out along the rest of the start than along component 1, on one side."""
APART = [[1.0, 0.1, 0.05], [-1.0, 0.1, -0.05], [1.0, -0.1, -0.05], [-1.0, -0.1, 0.05]]
"""Movies whose components are the axes."""


def iterated(factors: list[list[float]] | None = None, **cells: Any) -> State:
    """Other factors, and what is typed into power_iteration."""
    given = {} if factors is None else {"covariance": {"factors": factors}}
    return {**given, "power_iteration": cells}


JOBS["pca"] = (
    "pca",
    {"ratings": RATINGS, "k": 3},
    (
        {},
        iterated(step_to_show=0),
        iterated(step_to_show=1, start=[[0.3, -1.0, 2.0]]),
        iterated(step_to_show=3, start=[[-2.0, 1.0, 0.5]], decimals=2),
        iterated(LONG, step_to_show=2),
        iterated([[-x, -y, -z] for x, y, z in LONG], step_to_show=2),
        iterated(APART, start=[[1.0, 1e-14, 1e-14]]),
        iterated([[-1.0, 0.2, 0.0], [-0.5, 0.0, 0.1], [0.0, -0.1, 0.3], [3.0, 0.5, 0.1]]),
        iterated(APART, start=[[1.0, 0.1, 1e-14]], decimals=1),
    ),
)
JOBS["digits"] = (
    "digits",
    {"epochs": 2},
    (
        {},
        {"step": {"lr": 100, "wd": 1}, "steps": {"diverged_above": 1}},
        {"step": {"lr": 10}, "steps": {"diverged_above": 1}},
        {"steps": {"diverged_above": 0.5}},
        {"steps": {"diverged_above": 0.9, "step_to_show": 0}},
        {"steps": {"step_to_show": 1}, "weights_seen": {"step_to_show": 0}},
    ),
)
JOBS["schedules"] = (
    "schedules",
    {"steps": 31, "seed": 2},
    (
        {},
        {"schedules_compared": {"lr_max": 20}},
        {"schedules_compared": {"lr_max": 0.8, "diverged_above": 1, "start_b": 300}},
        {"schedules_compared": {"diverged_above": 0.1}},
        {"schedules_compared": {"lr_max": 0.01, "diverged_above": 0.5}},
        {"schedules_compared": {"lr_max": 3, "diverged_above": 1}},
        {"schedules_compared": {"lr_max": 1e6, "diverged_above": 3}},
    ),
)
LIGHT = {"penalty": {"weights": [[0.3, 0.2, 0.1]]}}
JOBS["weight_decay"] = (
    "weight_decay",
    {"steps": 8},
    (
        {},
        both(lr=1, wd=10),
        both(lr=0.5, wd=10, diverged_above=1),
        both(diverged_above=0.9),
        both(lr=1, wd=0.1, diverged_above=0.5) | LIGHT,
    ),
)

FILES = 3
"""How many files with bugs a run checks of a job; `--all` checks them all."""

FARTHER = "it only matters where nothing but the end is beyond"
HARMLESS = {
    **{
        (kind, f"corners_{of}", name): "a contour ends where it begins"
        for kind in ("the row below", "a range cut short")
        for of in "ab"
        for name in ("MIN", "MAX")
    },
    **{
        ("another constant", f"{name}diverged_in", "-2)"): FARTHER
        for name in ("", *(f"{one}_" for one in ("const", "decay", "expo", "cos", "cycle")))
    },
    **{
        ("another constant", f"{name}_diverged_in", "-2)"): FARTHER for name in ("l2", "none", "aw")
    },
    **{
        ("the row below", f"{name}_diverged_in", f"IF($F${row}>"): "the next one diverges with it"
        for name, row in (("decay", 11), ("expo", 12), ("cos", 13))
    },
    (
        "the row below",
        "beyond",
        "D9>",
    ): "the loss after the last step is beyond with the one before",
    (
        "the row below",
        "l2_w_beyond",
        "D31))>weight_limit,1,AA29",
    ): "so are the weights after the second step",
    **{
        ("a range cut short", name, cells): "the other two weights are far beyond without the third"
        for name, cells in (
            ("l2_w_beyond", "B30:C30"),
            ("decay_w_beyond", "H30:I30"),
            ("aw_w_beyond", "N30:O30"),
            ("l2_diverged_in", "(SUMSQ($B$37:$C$37))>"),
            ("decay_diverged_in", "(SUMSQ($H$37:$I$37))>"),
        )
    },
    **{
        ("another function", f"{name}_diverged_in", "IF((SUMSQ"): "as far beyond is its square"
        for name in ("none", "aw")
    },
}
"""(kind, block, what the formula contains): reason."""


def laid_out(name: str, options: dict[str, Any], state: State) -> list[Sheet]:
    book = new_book(name, options)
    for sheet, cells in state.items():
        book.given.setdefault(sheet, {}).update(cells)
    return lay_out(book)


@functools.cache
def files_of(job: str) -> list[list[Mutation]]:
    """The bugs of a job, file by file: they are the same in all its runs."""
    name, options, states = JOBS[job]
    sheets, seen = laid_out(name, options, states[0]), set[Any]()
    bugs = [bug for sheet in sheets for bug in mutations(sheet, seen, more=False)]
    return batches(sheets, [bug for bug in bugs if is_guard(bug.name)])


def is_harmless(bug: Mutation) -> bool:
    formula = str(next(iter(bug.cells.values())))
    return any(
        (bug.kind, bug.name) == (kind, name) and part in formula for kind, name, part in HARMLESS
    )


@pytest.mark.parametrize("job", JOBS)
def test_every_bug_is_found_in_some_run(job: str, tmp_path: Path, sample: Sample) -> None:
    name, options, states = JOBS[job]
    files = sample(files_of(job), FILES)
    left = dict(enumerate(files))
    for state in states:
        sheets = laid_out(name, options, state)
        written, shared = Written(sheets, tmp_path / "right.xlsx"), Expectations()
        path = tmp_path / "bug.xlsx"
        left = {
            i: missed
            for i, bugs in left.items()
            if (missed := unfound(written, bugs, path, "ironcalc", shared))
        }
    unseen = {str(bug) for bugs in left.values() for bug in bugs}
    harmless = {str(bug) for bugs in files for bug in bugs if is_harmless(bug)}
    print(f"{sum(map(len, files))} bugs in {len(files)} files, {len(harmless)} show in no value")
    assert unseen == harmless
