"""Bugs planted into the formulas of every topic, with the right values cached, are all found.

The workbooks are small, and each kind of bug is planted once into every formula of every block:
five thousand bugs in a thousand files, of which each run checks a sample (see conftest). The few
that no value gives away are in `HARMLESS`, each with its reason, and are planted all the same:
they must still be unfound for that reason to hold.
"""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from check_planting import (
    KINDS,
    MORE_KINDS,
    Mutation,
    Written,
    batches,
    mutations,
    planted,
    typed_over,
)
from conftest import Sample
from guards import is_guard
from installed import installed
from needed import NEEDED

from sheetsim.api import CheckReport, check
from sheetsim.checking.agreement import Difference
from sheetsim.checking.expected import Expectations
from sheetsim.engines import engines
from sheetsim.references import a1
from sheetsim.sheet import Kind, Sheet
from sheetsim.topics import lay_out, lessons, new_book

POINTS = np.array([[3, 36.1], [7, 44.2], [2, 33.9]])
STEEP = np.array([[1, 31.7], [45, 121.5], [10, 50]])
"""With these, adam_annealed's gradients first shrink, and double after the second epoch."""
RATINGS = pd.DataFrame(
    [[4, np.nan, 3, 2.5], [1, 5, np.nan, 2], [3, 3.5, 4, 1], [2, 1, 5, np.nan], [4.5, 2, 3, 2]],
    index=["Dora", "Ann", "Emil", "Carl", "Bea"],
    columns=["Up", "Alien", "Rocky", "Jaws"],
)
BEYOND = np.array(
    [
        [1, np.nan, np.nan, 6, np.nan],
        [4, 6, np.nan, np.nan, 7],
        [6, 1, 5, 8, np.nan],
        [np.nan, 1, np.nan, np.nan, 2],
        [3, 9, 1, 7, 1],
        [4, np.nan, 8, 3, np.nan],
    ]
)
"""With 1 factor, both models predict beyond these at both ends, in the first row and the last."""

SMALL: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "collab_filter": [
        ("collab_filter", {"ratings": RATINGS, "k": 2}),
        ("collab_filter", {"ratings": RATINGS.rename(columns={"Jaws": "Jaws*"}), "k": 2}),
    ],
    "pca": [("pca", {"ratings": RATINGS, "k": 3})],
    "y_range": [("y_range", {"ratings": BEYOND, "k": 1})],
    "gradient_descent": [
        ("data", {"noise": 1}),
        ("adam_annealed", {"points": STEEP, "epochs": 3, "lr": 3}),
        ("gradient_descent", {"points": POINTS, "epochs": 2}),
        ("gradient_descent", {"points": POINTS, "epochs": 2, "variant": "textbook"}),
    ],
    "transfer": [("transfer", {"epochs": 3})],
    "digits": [("digits", {"epochs": 1})],
    "schedules": [("schedules", {"steps": 31, "seed": 2})],
    "weight_decay": [("weight_decay", {"steps": 8})],
}
"""Workbooks small enough to be written and checked a hundred times; others take their defaults."""

JOBS = [job for name in lessons() for job in SMALL.get(name, [(name, NEEDED.get(name, {}))])]
IDS = [
    " ".join([name, *(f"{k}={v}" for k, v in o.items() if isinstance(v, str | int))])
    for name, o in JOBS
]

FILES = 6
"""How many files with bugs a run checks of a job; `--all` checks them all."""

HARMLESS = {
    # (kind, block, what the formula contains): reason
    ("a sign flipped", "fall", "steps+1>peak"): "only matters for a peak at an end",
    ("a sign flipped", "cycle_fall", "steps+1>peak"): "only matters for a peak at an end",
    ("another constant", "rise", "peak>1"): "only matters for a peak at an end",
    ("another constant", "cycle_rise", "peak>1"): "only matters for a peak at an end",
    ("another constant", "fall", "steps-2>peak"): "only matters for a peak at an end",
    ("another constant", "cycle_fall", "steps-2>peak"): "only matters for a peak at an end",
    ("another constant", "note", "peak<1"): "the peak is well within the steps",
    ("another constant", "peak_at", "peak<1"): "the peak is well within the steps",
    ("another constant", "g_ratio", "_size_b="): "no run of either pass starts on the true line",
    ("another constant", "step_ratio", "_size_b="): "no run of either pass starts on the true line",
    ("another constant", "suggested_lr", "=2,"): "the least is in neither of the first two rows",
    ("a range cut short", "decay_lr", "MATCH"): "no quotient reaches the last step number",
    ("another constant", "decay_lr", ",2)"): "MATCH takes any number above 0 as 1",
    ("the next column", "steps", "COUNT"): "each step has its point",
    ("the next column", "points", "COUNT"): "there are as many y as x, always",
    ("the next column", "variables", "=COUNT($B$4)+"): "each of the two cells holds one number",
    ("lost $ before a row", "movie_index", "COLUMN"): "the range grows over the ratings below the "
    "labels, and no rating is equal to a label",
    ("lost $ before a row", "times", "SUMPRODUCT"): "word n of a vocabulary stands nowhere above "
    "place n of the sentence",
    ("a range cut short", "nearest", "INDEX"): "the last row would have to be the word most alike",
    ("another function", "gap", "-one_hot!"): "what is left is rounding, and so is its mean",
    ("another function", "gap", "ABS($Z$8:"): "what is left is rounding, and so is its mean",
    ("another function", "gap", "ABS($E$9:$E$13-"): "what is left is rounding, and so is its mean",
    ("another function", "gap", "ABS($W$9:$W$14-"): "what is left is rounding, and so is its mean",
    **{
        (kind, f"verdict_{name}", "does not settle"): "either way the rate is below 1"
        for kind in ("the row below", "another constant", "the next column")
        for name in ("flat", "steep")
    },
    ("another input", "limit_note", "variables>x"): "all x are more than the two variables, too",
    **{
        ("another function", f"residual_{n}", "AVERAGE"): "it is 0 once converged, and so a mean"
        for n in (1, 2, 3)
    },
    ("another function", "title_row", "AVERAGE"): "the mean is 0 where the sum is",
    ("another function", "user_row", "AVERAGE"): "the mean is 0 where the sum is",
    ("another input", "fall", "div-1>peak"): "div, too, is beyond the peak",
    ("the row below", "mark_loss", "MAX"): "the greatest loss is not in the first row",
    ("a range cut short", "mark_loss", "MAX"): "the rows hold still once the run has stopped",
    ("a range cut short", "steps_run", "SUM"): "the run stops before the last row",
    ("a range cut short", "least_at", "MATCH"): "the least is not in the last row",
    ("a range cut short", "lr_there", "INDEX"): "the least is not in the last row",
    ("another constant", "status", "least_at=2"): "the least is in neither of the first two rows",
    ("another input", "status", ">true_a*"): "the last loss exceeds both multiples of the best",
    ("the next column", "n_movies", "COUNT"): "every factor has a number for every movie",
    ("another function", "component_1", "/($"): "the sum of cubes is positive already",
    ("another function", "component_2", "/($"): "the sum of cubes is positive already",
    ("another function", "component_3", "/($"): "the sum of cubes is positive already",
    **{
        ("the next column", f"{end}_{model}_rating", "("): "the extreme is in an inner column"
        for end in ("least", "greatest")
        for model in ("linear", "sigmoid")
    },
    ("the row below", "least_linear_rating", "MIN"): "the least is not in the first row",
    ("the row below", "greatest_linear_rating", "MAX"): "the greatest is not in the first row",
    ("the row below", "greatest_sigmoid_rating", "MAX"): "the greatest is not in the first row",
    ("a range cut short", "least_sigmoid_rating", "MIN"): "the least is not in the last row",
}


def is_harmless(bug: Mutation) -> bool:
    """Whether no value can tell."""
    formula = str(next(iter(bug.cells.values())))
    return any(
        (bug.kind, bug.name) == (kind, name) and part in formula for kind, name, part in HARMLESS
    )


@functools.cache
def plan() -> list[tuple[list[Sheet], list[Mutation]]]:
    """For each job its sheets and its bugs; what an earlier job had is left out."""
    seen: set[Any] = set()
    jobs = []
    for name, options in JOBS:
        sheets = lay_out(new_book(name, options))
        more = len(sheets) < 8  # in gradient_descent whole, they would double the time
        bugs = [bug for sheet in sheets for bug in mutations(sheet, seen, more=more)]
        jobs.append((sheets, [bug for bug in bugs if not is_guard(bug.name)]))
    return jobs


@functools.cache
def files_of(job: int) -> list[list[Mutation]]:
    """The bugs of a job, file by file."""
    return batches(*plan()[job])


def report_by_cell(report: CheckReport) -> dict[tuple[str, str], Difference]:
    """What the engines' values gave away; that a formula reads otherwise does not count here."""
    return {(d.sheet, d.cell): d for d in report.differences if d.engine in report.engines}


def unfound(
    written: Written, bugs: list[Mutation], path: Path, engine: str, shared: Expectations
) -> list[Mutation]:
    """The bugs that `check` does not report at any of their cells."""
    formulas: dict[str, dict[tuple[int, int], str]] = {}
    for bug in bugs:
        formulas.setdefault(bug.sheet, {}).update(bug.cells)
    said = report_by_cell(check(written.save(formulas, path), [engine], expectations=shared))
    missed = []
    for bug in bugs:
        found = {place: said.get((bug.sheet, a1(*place))) for place in bug.cells}
        if not any(found.values()):
            missed.append(bug)
        for place, d in found.items():
            if d is not None:
                assert d.formula == bug.cells[place]
                assert d.reason.startswith("the formula was changed; sheetsim writes =")
                assert d.expected != d.found
    return missed


@pytest.mark.parametrize("job", range(len(JOBS)), ids=IDS)
def test_every_bug_is_found(job: int, tmp_path: Path, sample: Sample) -> None:
    sheets, _ = plan()[job]
    files = sample(files_of(job), FILES)
    written, path = Written(sheets, tmp_path / "right.xlsx"), tmp_path / "bug.xlsx"
    shared = Expectations()
    missed = [bug for bugs in files for bug in unfound(written, bugs, path, "ironcalc", shared)]
    bugs = [bug for bugs in files for bug in bugs]
    harmless = [bug for bug in bugs if is_harmless(bug)]
    print(f"{len(bugs)} bugs in {len(files)} files; {len(harmless)} show in no value")
    assert {str(bug) for bug in missed} == {str(bug) for bug in harmless}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("job", range(len(JOBS)), ids=IDS)
def test_libreoffice_finds_them_too(job: int, tmp_path: Path) -> None:
    """In one file of each job, that with most kinds of bugs."""
    if not installed(engines()["libreoffice"]):
        pytest.skip("libreoffice is not installed here")
    sheets, _ = plan()[job]
    bugs = max(files_of(job), key=lambda bugs: len({bug.kind for bug in bugs}))
    bugs = [bug for bug in bugs if not is_harmless(bug)]
    written, path = Written(sheets, tmp_path / "right.xlsx"), tmp_path / "bug.xlsx"
    assert unfound(written, bugs, path, "libreoffice", Expectations()) == []


@pytest.mark.parametrize("job", range(len(JOBS)), ids=IDS)
def test_a_right_constant_in_place_of_any_formula_is_found(job: int, tmp_path: Path) -> None:
    sheets, _ = plan()[job]
    bugs = typed_over(sheets, formula=False)
    report = check(planted(sheets, bugs, tmp_path / "bug.xlsx"), ["ironcalc"])
    said = report_by_cell(report)
    assert said.keys() == {(bug.sheet, a1(*place)) for bug in bugs for place in bug.cells}
    assert all(d.formula == "" and "holds no formula" in d.reason for d in report.differences)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("job", range(len(JOBS)), ids=IDS)
def test_a_right_value_written_as_a_formula_is_not_live(job: int, tmp_path: Path) -> None:
    """Found in the second pass, in each cell that any input can change at all."""
    name, options = JOBS[job]
    book = new_book(name, options)
    sheets = lay_out(book)
    bugs = typed_over(sheets, formula=True)
    report = check(planted(sheets, bugs, tmp_path / "bug.xlsx"), ["ironcalc"])
    assert {d.inputs for d in report.differences if d.engine == "ironcalc"} == {"changed"}
    said = report_by_cell(report)
    still = {
        (bug.sheet, bug.name)
        for bug in bugs
        if not any((bug.sheet, a1(*place)) in said for place in bug.cells)
    }
    assert ("directions", "means") not in still  # of the factors, which are inputs
    still -= {("one_cycle", "note")}  # of the peak's sign, which no change by some percent turns
    assert {name for _, name in still if not is_guard(name)} <= {
        *("movies", "users", "user", "movie", "user_labels", "movie_labels"),  # as sheetsim wrote
        *("user_index", "movie_index", "user_one_hot", "movie_one_hot"),  # follow from the labels
        *("n_movies", "residual_1", "residual_2", "residual_3"),  # converged to 12 decimals
        *("together_3", "all_linear_rating", "all_sigmoid_rating"),  # all of 3 factors; counts
        *(
            "variables",
            "points",
            "t",
            "shown_t",
            "steps",
            "steps_made",
            "mini_batches",
        ),  # how many there are
        *("point", "running", "steps_run", "least_at", "status"),  # which of them
        "warning",  # the lead, as long as the inputs are what they may be
        "right",  # how many: the same after a change by some percent
        *("limit_note", "gap", "verdict"),  # the same for all inputs but extreme ones
        *("verdict_1", "verdict_2", "verdict_3"),  # of the three images of nothing_there
        *("verdict_flat", "verdict_steep"),  # of the two directions of valley
        "v_along_2",  # 0 but for rounding, once the iteration has converged
        "allowed",  # tiny beside what it is a part of: it moves within its floor
        *("movie_titles", "means"),  # as MovieLens has them
        *("lost_b", "lost_a"),  # nothing is lost in the textbook variants
        *(f"users_{row}" for row in range(100)),
    }


def test_every_topic_has_its_share_of_every_kind() -> None:
    bugs = [bug for _, bugs in plan() for bug in bugs]
    laid = [sheet for sheets, _ in plan() for sheet in sheets]
    formulas = {sheet.name: list(sheet.of_kind(Kind.FORMULA)) for sheet in laid}
    blocks = {name: sum(b.name != "warning" for b in own) for name, own in formulas.items()}
    by_topic = {
        topic.name: Counter(bug.kind for bug in bugs if bug.sheet == topic.name)
        for lesson in lessons().values()
        for topic in lesson.topics
    }
    print(len(bugs), "bugs;", {name: kinds.total() for name, kinds in by_topic.items()})
    for name, kinds in by_topic.items():
        assert {"the row below", "another function"} <= kinds.keys(), name
        assert kinds.total() >= min(20, 3 * blocks[name]), name
    lost = {"lost $ before a row", "lost $ before a column"}
    assert {bug.kind for bug in bugs} == {*KINDS, *MORE_KINDS, *lost}
    for name in ("adam", "adam_annealed"):
        assert by_topic[name]["beta1 and beta2 swapped"] >= 8
