"""Bugs planted into the formulas of every topic, with the right values cached, are all found.

The workbooks are small, so that some 1,800 bugs take about a minute; each kind of bug is planted
once into every formula of every block. The few that no value gives away are in `HARMLESS`, each
with its reason, and are planted all the same: they must still be unfound for that reason to hold.
"""

from __future__ import annotations

import functools
import importlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from check_planting import KINDS, Mutation, batches, mutations, planted

from sheetsim.agreement import Floors, rounding_floors
from sheetsim.api import check
from sheetsim.engines import engines
from sheetsim.sheet import Sheet
from sheetsim.sheet.reference import a1
from sheetsim.topics import Book, lay_out, lessons, new_book

POINTS = np.array([[3, 36.1], [7, 44.2], [2, 33.9]])
STEEP = np.array([[3, 36.3], [17, 63.4], [2, 34.45], [40, 109.85]])
"""With these, adam_annealed's learning rate is cut after two epochs."""
RATINGS = pd.DataFrame(
    [[4, np.nan, 3, 2.5], [1, 5, np.nan, 2], [3, 3.5, 4, 1], [2, 1, 5, np.nan], [4.5, 2, 3, 2]],
    index=["Dora", "Ann", "Emil", "Carl", "Bea"],
    columns=["Up", "Alien", "Rocky", "Jaws"],
)

SMALL: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "collab_filter": [
        ("collab_filter", {"ratings": RATINGS, "k": 2}),
        ("collab_filter", {"ratings": RATINGS.rename(columns={"Jaws": "Jaws*"}), "k": 2}),
    ],
    "gradient_descent": [
        ("data", {}),
        ("adam_annealed", {"points": STEEP, "epochs": 3, "lr": 3}),
        ("gradient_descent", {"points": POINTS, "epochs": 2}),
        ("gradient_descent", {"points": POINTS, "epochs": 2, "variant": "textbook"}),
    ],
}
"""Workbooks small enough to be written and checked a hundred times; others take their defaults."""

JOBS = [job for name in lessons() for job in SMALL.get(name, [(name, {})])]
IDS = [" ".join([name, *(f"{k}={v}" for k, v in o.items() if np.isscalar(v))]) for name, o in JOBS]

HARMLESS = {
    # (kind, block): reason
    ("the next column", "points"): "there are as many y as x, always",
    ("the next column", "same_start"): "one wrong term of an AND shows where all others hold, "
    "which takes inputs that are changed one by one",
    ("another function", "gap"): "the two sides are equal to the last bit, so that any sum of "
    "their differences is 0; LibreOffice finds it, for there SUM takes no array",
}


@functools.cache
def plan() -> list[tuple[list[Sheet], list[list[Mutation]]]]:
    """For each job its sheets, and its bugs in batches; what an earlier job had is left out."""
    seen: set[Any] = set()
    jobs = []
    for name, options in JOBS:
        sheets = lay_out(new_book(name, options))
        jobs.append((sheets, batches(sheets, (m for s in sheets for m in mutations(s, seen)))))
    return jobs


@pytest.fixture
def quick_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Floors depend on the inputs alone, which are the same in every file of a job."""
    known: dict[str, Floors] = {}

    def once(book: Book, sheets: list[Sheet]) -> Floors:
        key = repr((book.plan, book.given))
        if key not in known:
            known[key] = rounding_floors(book, sheets)
        return known[key]

    module = importlib.import_module("sheetsim.check")  # `sheetsim.check` is the function
    monkeypatch.setattr(module, "rounding_floors", once)


def unfound(sheets: list[Sheet], bugs: list[Mutation], path: Path, engine: str) -> list[Mutation]:
    """The bugs that `check` does not report, at one of their cells and in full."""
    report = check(planted(sheets, bugs, path), [engine])
    assert not report.ok
    said = {(d.sheet, d.cell): d for d in report.differences}
    missed = []
    for bug in bugs:
        found = {place: said.get((bug.sheet, a1(*place))) for place in bug.cells}
        if not any(found.values()):
            missed.append(bug)
        for place, d in found.items():
            if d is None:
                continue
            now = bug.cells[place]
            if isinstance(now, str) and bug.kind != "a number typed over":
                assert d.formula == now
                assert d.reason.startswith("the formula was changed; sheetsim writes =")
                assert d.expected != d.found
            else:
                assert d.formula == ""
                assert d.reason.startswith("the cell holds no formula; sheetsim writes =")
    return missed


@pytest.mark.parametrize("job", range(len(JOBS)), ids=IDS)
def test_every_bug_is_found(job: int, tmp_path: Path, quick_floors: None) -> None:
    sheets, files = plan()[job]
    missed = [
        bug for bugs in files for bug in unfound(sheets, bugs, tmp_path / "bug.xlsx", "ironcalc")
    ]
    planted_ones = [bug for bugs in files for bug in bugs]
    harmless = [bug for bug in planted_ones if (bug.kind, bug.name) in HARMLESS]
    print(f"{len(planted_ones)} bugs in {len(files)} files; {len(harmless)} of them harmless")
    assert [str(bug) for bug in missed] == [str(bug) for bug in harmless]


@pytest.mark.parametrize("job", range(len(JOBS)), ids=IDS)
def test_libreoffice_finds_them_too(job: int, tmp_path: Path, quick_floors: None) -> None:
    if not engines()["libreoffice"].available():
        pytest.skip("libreoffice is not installed here")
    sheets, files = plan()[job]
    bugs = max(files, key=lambda bugs: len({bug.kind for bug in bugs}))
    bugs = [bug for bug in bugs if (bug.kind, bug.name) not in HARMLESS]
    assert unfound(sheets, bugs, tmp_path / "bug.xlsx", "libreoffice") == []


def test_every_topic_has_its_share_of_every_kind() -> None:
    planted_ones = [bug for _, files in plan() for bugs in files for bug in bugs]
    by_topic = {
        topic.name: Counter(bug.kind for bug in planted_ones if bug.sheet == topic.name)
        for lesson in lessons().values()
        for topic in lesson.topics
    }
    for name, kinds in by_topic.items():
        assert {"the row below", "another function", "a number typed over"} <= kinds.keys(), name
        assert sum(kinds.values()) >= 20, name
    lost = {"lost $ before a row", "lost $ before a column"}
    assert {bug.kind for bug in planted_ones} == {*KINDS, *lost, "a number typed over"}
    for name in ("adam", "adam_annealed"):
        assert by_topic[name]["beta1 and beta2 swapped"] >= 8
