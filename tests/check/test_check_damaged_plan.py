"""A plan that is damaged, in whatever way, is a `WorkbookError`: no traceback, no giant table."""

from __future__ import annotations

import contextlib
import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsim import build, compare
from sheetsim.book import Cell, CellError
from sheetsim.checking import read_back
from sheetsim.checking.read_back import read_workbook
from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.all_cells import Cells, read_cells

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 100).map(float),
    st.sampled_from([0.0, -1.0, 0.5, 1e6, 1048000.0, 1e9, 1e18, 1e300, 5.0, 29.0]),
    st.text(max_size=8),
    st.sampled_from(["lecture", "textbook", "bias", "data", "bias bias", "embedding", "sgd data"]),
    st.just(CellError("#REF!")),
)


@pytest.fixture(scope="module", params=["collab_filter", "gradient_descent"])
def workbook(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    small: dict[str, dict[str, Any]] = {
        "collab_filter": {"ratings": np.array([[4, 3, np.nan], [1, 2, 5], [3, 4, 4]]), "k": 2},
        "gradient_descent": {"points": np.array([[1, 2], [3, 5], [4, 4]]), "epochs": 2},
    }
    return build(request.param, tmp_path_factory.mktemp("plan"), **small[request.param])


def plan_rows(cells: Cells) -> dict[str, int]:
    """The keys of the plan and the rows where they stand."""
    written = cells["plan"]
    (mark,) = (at for at, cell in written.items() if cell.value == "built by sheetsim")
    last = max(row for row, _ in written)
    rows = range(mark[0] + 1, last + 1)
    return {str(written[row, 0].value): row for row in rows if (row, 0) in written}


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_damage(workbook: Path, data: st.DataObject) -> None:
    cells = read_cells(workbook)
    rows = plan_rows(cells)
    written = dict(cells["plan"])
    for key in data.draw(st.lists(st.sampled_from(sorted(rows)), min_size=1, max_size=3)):
        where = data.draw(st.sampled_from([0, 1, 1, 1, 1]))
        written[rows[key], where] = Cell(value=data.draw(ANYTHING))
    damaged = cells | {"plan": written}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_back, "read_cells", lambda _path: damaged)
        start = time.process_time()
        with contextlib.suppress(WorkbookError):
            read_workbook(workbook)
        assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("gradient_descent", {"n": 1e6, "epochs": 1e6}, "damaged"),
        ("gradient_descent", {"n": 1048000.0, "epochs": 1.0}, "damaged"),
        ("gradient_descent", {"epochs": 0.0}, "damaged"),
        ("gradient_descent", {"topics": "data"}, "there is a 'sgd'"),
        ("gradient_descent", {"topics": ""}, "damaged"),
        ("gradient_descent", {"variant": "new"}, "damaged"),
        ("gradient_descent", {"workbook": "collab"}, "expected averages, collab_filter, dig"),
        ("gradient_descent", {"data_trials": 1e18}, "damaged"),
        ("collab_filter", {"users": 60.0, "movies": 60.0, "k": 50.0}, "damaged"),
        ("collab_filter", {"topics": "dot_product bias"}, "there is a 'one_hot'"),
    ],
)
def test_what_it_says(
    workbook: Path, name: str, damage: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if workbook.stem != name:
        pytest.skip("the other workbook's")
    cells = read_cells(workbook)
    rows = plan_rows(cells)
    written = cells["plan"] | {(rows[k], 1): Cell(value=v) for k, v in damage.items()}
    monkeypatch.setattr(read_back, "read_cells", lambda _path: cells | {"plan": written})
    tracemalloc.start()
    with pytest.raises(WorkbookError, match=message) as caught:
        read_workbook(workbook)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6
    assert str(caught.value).startswith(str(workbook))
    assert "\n" not in str(caught.value)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("value", ["text", None, True, CellError("#N/A"), -1.0, 1e300])
def test_records_of_the_solver_are_damaged(
    workbook: Path, value: Any, monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    """All at once, and start and optimum by themselves."""
    cells = read_cells(workbook)
    sheet = next(s for s in read_workbook(workbook).sheets if s.name == "solver")
    written = [b for name, b in sheet.blocks.items() if not name.endswith(("now", "gap"))]
    records = [b for b in sheet.blocks.values() if not b.formulas]
    for blocks in [records, *([block] for block in sample(written, 4))]:
        places = [(row, column) for b in blocks for row, column, _, _ in b.cells()]
        solver = cells["solver"] | {place: Cell(value=value) for place in places}
        damaged = cells | {"solver": solver}
        with monkeypatch.context() as patch:
            patch.setattr(read_back, "read_cells", lambda _path, damaged=damaged: damaged)
            with contextlib.suppress(WorkbookError):
                json.dumps(compare(workbook).as_dict(), allow_nan=False)
