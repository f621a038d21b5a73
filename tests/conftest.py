"""What several folders of tests share: where the reference data is, and the lecture's cells.

The lecture's workbooks were saved by Excel, so that the values cached in them are Excel's own.
They stand beside the repository, in ../shared/data, and not in it: without them these tests skip.
"""

import os
from pathlib import Path

# One thread of BLAS for each process, before NumPy is loaded: pytest starts as many processes as
# there are cores, whose threads would wait for each other twenty times as long as they compute.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from openpyxl.utils import range_boundaries

from sheetsim.book import Cell
from sheetsim.sheet import Array
from sheetsim.workbook.read.all_cells import Cells, read_cells

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def lecture() -> Path:
    """The folder of the lecture's files."""
    folder = DATA / "lecture"
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} is not there")
    return folder


@pytest.fixture(scope="session")
def graddesc(lecture: Path) -> Cells:
    """All cells of the lecture's gradient descent, with the values that Excel cached."""
    return read_cells(lecture / "graddesc.xlsm")


@pytest.fixture(scope="session")
def collab(lecture: Path) -> Cells:
    """All cells of the lecture's collaborative filtering, with the values that Excel cached."""
    return read_cells(lecture / "collab_filter.xlsx")


@pytest.fixture(scope="session")
def dotprod(collab: Cells) -> dict[str, Array]:
    """What Excel saved on sheet dotprod; see `lecture.md` for the places."""
    cells = collab["dotprod"]
    return {
        "users": rectangle(cells, "G2:G16"),
        "movies": rectangle(cells, "H1:V1"),
        "ratings": rectangle(cells, "H2:V16"),
        "movie_factors": rectangle(cells, "H19:V23"),
        "user_factors": rectangle(cells, "B25:F39"),
        "predictions": rectangle(cells, "H25:V39"),
        "rmse": rectangle(cells, "V41:V41"),
    }


@pytest.fixture(scope="session")
def bias_sheet(collab: Cells) -> dict[str, Array]:
    """What Excel saved on sheet bias; the bias is the first row and the first column."""
    cells = collab["bias"]
    return {
        "users": rectangle(cells, "G2:G16"),
        "movies": rectangle(cells, "H1:V1"),
        "ratings": rectangle(cells, "H2:V16"),
        "movie_factors": rectangle(cells, "H19:V24"),
        "user_factors": rectangle(cells, "A26:F40"),
        "predictions": rectangle(cells, "H26:V40"),
        "rmse": rectangle(cells, "V42:V42"),
    }


def rectangle(cells: dict[tuple[int, int], Cell], extent: str) -> Array:
    """The numbers of a range such as H2:V16, NaN where a cell is blank."""
    left, top, right, bottom = range_boundaries(extent)
    found = [
        [cells.get((row - 1, column - 1), Cell()).value for column in range(left, right + 1)]
        for row in range(top, bottom + 1)
    ]
    return np.array([[np.nan if value is None else value for value in line] for line in found])
