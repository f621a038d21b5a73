"""What several folders of tests share: samples, where the reference data is, the lecture's cells.

A sweep that takes long looks at a sample, another one in each run; the seed that it is drawn by
stands in the head of the run and with every failure. `--all` runs sweeps whole. A test with many
cases takes some of them by the mark `sampled(most)`; one that goes through many by itself draws
them from the fixture `sample`.

The lecture's workbooks were saved by Excel, so that the values cached in them are Excel's own.
They stand beside the repository, in ../shared/data, and not in it: without them these tests skip.
"""

import os
import random
import secrets
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, TypeVar

# One thread of BLAS for each process, before NumPy is loaded: pytest starts as many processes as
# there are cores, whose threads would wait for each other twenty times as long as they compute.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import processors
import pytest
from hypothesis import HealthCheck, settings
from openpyxl.utils import range_boundaries

from sheetsim.book import Cell
from sheetsim.sheet import Array
from sheetsim.workbook.read.all_cells import Cells, read_cells

# An example may take as long as it takes, and so may drawing it: the machine may be busy.
settings.register_profile(
    "sheetsim", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("sheetsim")

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


# Samples -----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sheetsim")
    group.addoption("--all", action="store_true", help="run long sweeps whole, not a sample")
    group.addoption(
        "--sample-seed", type=int, metavar="N", help="what samples are drawn by [another each time]"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take the seed that was asked for, that of the process that started this one, or a new one.

    A process that is to play another processor does so, or runs no test.
    """
    if name := os.environ.get(processors.VARIABLE):
        processors.demand(name)
    if config.option.sample_seed is None:
        given = getattr(config, "workerinput", {})
        config.option.sample_seed = given.get("sample_seed", secrets.randbelow(10**6))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the seed to a process of xdist."""
    node.workerinput["sample_seed"] = node.config.option.sample_seed


def pytest_report_header(config: pytest.Config) -> str:
    return f"sweeps: {which(config)}"


def which(config: pytest.Config) -> str:
    """What sweeps look at."""
    if config.option.all:
        return "whole"
    return f"samples, --sample-seed={config.option.sample_seed} (whole with --all)"


class Sample:
    """Takes a few of many cases, the same ones in every run with the same seed."""

    def __init__(self, config: pytest.Config, name: str) -> None:
        self._all = config.option.all
        self._random = random.Random(f"{config.option.sample_seed} {name}")  # noqa: S311 - no secret

    def __call__(self, cases: Sequence[T], most: int) -> list[T]:
        """Return so many of the cases, in their order; all of them with `--all`."""
        if self._all or len(cases) <= most:
            return list(cases)
        return [cases[i] for i in sorted(self._random.sample(range(len(cases)), most))]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the cases of a test with the mark `sampled(most)` that were asked for, keep so many."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    left_out: set[pytest.Item] = set()
    for name, some in cases.items():
        (most,) = some[0].get_closest_marker("sampled").args  # type: ignore[union-attr]
        left_out |= set(some) - set(Sample(config, name)(some, most))
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether sweeps run whole, and what is large is as large as it may be."""
    return bool(request.config.option.all)


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> Sample:
    """Take a sample of a sweep: `sample(cases, most)`. Each test draws its own."""
    return Sample(request.config, request.node.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with the failure of a sweep which cases it looked at."""
    report = yield
    sampled = item.get_closest_marker("sampled") or "sample" in getattr(item, "fixturenames", ())
    if report.failed and sampled:
        report.sections.append(("sweep", which(item.config)))
    return report


# Reference data ----------------------------------------------------------------------------


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
