"""Workbooks of several sizes, laid out once for all the tests that look at them.

Every workbook that discovery finds is here with its defaults; further sizes are listed by the
name of the workbook that has such options.
"""

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from needed import NEEDED, learned

from sheetsim.sheet import Array, Block, Sheet
from sheetsim.topics import Draft, lay_out, lessons, new_book
from sheetsim.topics._contents import NAME as CONTENTS
from sheetsim.workbook.write.writer import write_workbook

__all__ = ["ALL", "CASES", "CONTENTS", "Laid", "laid_out", "occupied", "written"]


def random_ratings(users: int, movies: int) -> Array:
    """Half stars, one in five of them blank where that leaves no row or column empty."""
    draw = np.random.default_rng(7)
    stars: Array = draw.integers(1, 11, (users, movies)) / 2
    blank = draw.random((users, movies)) < 0.2
    blank[:, 0] = blank[0, :] = False
    stars[blank] = np.nan
    return stars


def labelled_ratings() -> pd.DataFrame:
    """Labels that a spreadsheet could take for formulas, wildcards or numbers, and long ones."""
    users = ["=1+1", "+1", "-1", "@SUM(A1:A2)", "007", "Anne-Sophie of the longest label"]
    movies = ['=HYPERLINK("x")', "-2", "+Plus", "@home", "What? *Really*~", "1e5", "http://a.b"]
    stars = random_ratings(len(users), len(movies))
    return pd.DataFrame(stars, index=pd.Index(users, name="userId"), columns=movies)


def scattered_points() -> pd.DataFrame:
    """Not on a line, of different sizes and signs."""
    return pd.DataFrame({"x": [-3.5, 0.0, 1.25, 4.0, 7.0], "y": [1e-3, -2.0, 3.3333333, 4.0, 10.0]})


MORE: dict[str, dict[str, dict[str, Any]]] = {
    "collab_filter": {
        "k 1": {"k": 1},
        "k 8": {"k": 8},
        "k 15, from its start": {"k": 15, "at": "start"},
        "1 x 1": {"ratings": [[3.5]], "k": 1},
        "1 x 6": {"ratings": random_ratings(1, 6), "k": 1},
        "6 x 1": {"ratings": random_ratings(6, 1), "k": 1},
        "3 x 60": {"ratings": random_ratings(3, 60), "k": 2},
        "labels": {"ratings": labelled_ratings(), "k": 2},
    },
    "movielens": {
        "no range": {"learned": learned(y_range=None)},
        "1 factor": {"learned": learned(k=1, components=1)},
        "2 titles": {"learned": learned(titles=("One (1991)", "Two (1992)"), components=2)},
    },
    "pca": {
        "k 3": {"k": 3},
        "k 10": {"k": 10},
        "labels": {"ratings": labelled_ratings(), "k": 3},
    },
    "y_range": {
        "k 1, from its start": {"k": 1, "at": "start"},
        "k 8": {"k": 8},
        "1 x 6": {"ratings": random_ratings(1, 6), "k": 1},
        "6 x 1": {"ratings": random_ratings(6, 1), "k": 1},
        "labels": {"ratings": labelled_ratings(), "k": 2},
    },
    "digits": {"1 step": {"epochs": 1}, "8 steps": {"epochs": 8, "seed": 3}},
    "gradient_descent": {
        "1 epoch": {"epochs": 1},
        "30 epochs": {"epochs": 30},
        "2 points": {"points": ([1.0, 2.0], [3.0, 4.0]), "epochs": 2},
        "points": {"points": scattered_points(), "epochs": 3, "lr": 0.001},
        "noise": {"noise": 5, "epochs": 2},
        "textbook": {"variant": "textbook", "epochs": 2},
        "textbook, points": {"variant": "textbook", "points": scattered_points(), "lr": 0.001},
    },
}


@dataclass(frozen=True)
class Laid:
    """A workbook before it is written.

    Attributes:
        case: its key in `CASES`.
        workbook: its name.
        book: plan and inputs.
        sheets: in their order.
    """

    case: str
    workbook: str
    book: Draft
    sheets: tuple[Sheet, ...]

    def __getitem__(self, name: str) -> Sheet:
        return next(sheet for sheet in self.sheets if sheet.name == name)


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, NEEDED.get(name, {})) for name in lessons()},
    **{f"{name}: {key}": (name, o) for name, more in MORE.items() for key, o in more.items()},
}
ALL = tuple(CASES)


@cache
def laid_out(case: str) -> Laid:
    """A case's sheets, made on the first call."""
    name, options = CASES[case]
    book = new_book(name, options)
    return Laid(case, name, book, tuple(lay_out(book)))


@cache
def written(case: str) -> Path:
    """A case's file, written on the first call; it must not be changed."""
    folder = tempfile.mkdtemp(prefix="sheetsim-cases-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return write_workbook(laid_out(case).sheets, Path(folder) / f"{CASES[case][0]}.xlsx")


def occupied(sheet: Sheet) -> dict[tuple[int, int], Block]:
    """The block that stands in each cell; asserts that it is one."""
    cells: dict[tuple[int, int], Block] = {}
    for block in sheet.parts:
        for row, column, _, _ in block.cells():
            other = cells.setdefault((row, column), block)
            assert other is block, f"{sheet.name}: {other.name!r} and {block.name!r} overlap"
    return cells
