"""`solve` with every option of Excel's dialog, and `trace` beside the sheet that it replays."""

import dataclasses
import functools
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

import sheetsim
from sheetsim.api.lecture import SOLVER_OPTIONS
from sheetsim.errors import OptionError

OPTIMIZERS = [name for name, info in sheetsim.list_topics().items() if info.traceable]
MODELS = ["dot_product", "bias", "data"]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    "options",
    [
        {"precision": 1e-8},
        {"convergence": 1e-4},
        {"max_time": 30},
        {"max_iterations": 500},
        {"derivatives": "forward"},
        {"derivatives": "central"},
        {"derivatives": "analytic"},
        {"seed": 7},
        {"starts": 3},
        {"starts": np.int64(2)},
        dict.fromkeys(SOLVER_OPTIONS),
    ],
    ids=str,
)
def test_options_of_the_dialog(name: str, options: dict[str, Any]) -> None:
    result = sheetsim.solve(name, **options)
    assert result.success, result.status
    assert result.status.startswith("converged")
    assert result.objective <= max(best(name) * 1.02, 1e-3)
    assert result.objective <= result.start_objective
    assert [trial.iteration for trial in result.log] == list(range(len(result.log)))
    assert all(a.objective >= b.objective for a, b in pairwise(result.log))


@functools.cache
def best(name: str) -> float:
    return float(sheetsim.solve(name, starts=8).objective)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": 0}, "precision"),
        ({"convergence": -1}, "convergence"),
        ({"max_time": "soon"}, "max_time"),
        ({"max_iterations": 1.5}, "max_iterations"),
        ({"derivatives": "newton"}, "derivatives.*analytic.*central.*forward"),
        ({"multistart": True}, "bias has no option 'multistart'"),
        ({"population": 5}, "bias has no option 'population'"),
        ({"starts": 0}, "starts is 0; expected a whole number from 1 to 100,000"),
        ({"starts": 2.5}, "starts is 2.5"),
        ({"starts": True}, "starts is True"),
        ({"seed": -1}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"k": 0}, "k is 0; expected a whole number from 1 to 50"),
        (
            {"K": 3},
            "bias has no option 'K'; it has ratings, users, movies, who, without, blank, k, seed",
        ),
        ({"points": None}, "bias has no option 'points'"),
        ({"tolerance": 1e-3}, "bias has no option 'tolerance'"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        sheetsim.solve("bias", **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["adam", "one_hot", "collab_filter", "gradient_descent"])
def test_what_has_no_model(name: str) -> None:
    with pytest.raises(OptionError, match=f"'{name}' has no Solver model of its own; dot_product"):
        sheetsim.solve(name)


@pytest.mark.parametrize("name", MODELS)
def test_results_are_frozen_and_deterministic(name: str) -> None:
    one, two = sheetsim.solve(name, seed=11, starts=4), sheetsim.solve(name, seed=11, starts=4)
    assert one.variables.tobytes() == two.variables.tobytes()
    for part in ("objective", "status", "iterations", "evaluations", "start_objective"):
        assert getattr(one, part) == getattr(two, part)
    assert repr(one.log) == repr(two.log)  # repr, for a NaN equals none
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.objective = 0.0
    assert isinstance(one.log, tuple)


@pytest.mark.parametrize("name", ["dot_product", "bias"])
@pytest.mark.parametrize("seed", range(5))
def test_more_starts_are_never_worse(name: str, seed: int) -> None:
    one, many = sheetsim.solve(name, seed=seed), sheetsim.solve(name, seed=seed, starts=20)
    assert many.objective <= one.objective * (1 + 1e-12)


def test_a_limit_is_kept_and_said() -> None:
    result = sheetsim.solve("bias", max_iterations=1)
    assert not result.success
    assert "limit of 1" in result.status
    result = sheetsim.solve("bias", max_time=1e-9)
    assert not result.success
    assert result.status.startswith("out of time")
    assert result.objective <= result.start_objective
    assert np.isfinite(result.variables).all()


def test_the_objective_is_the_rmse_of_the_sheet(tmp_path: Path) -> None:
    result = sheetsim.solve("bias", k=3, seed=4, convergence=1e-12)
    book = openpyxl.load_workbook(sheetsim.build("bias", tmp_path, k=3, seed=4), data_only=True)
    page = book["bias"]
    at = page.defined_names["rmse"].attr_text.rpartition("!")[2].replace("$", "")
    assert math.isclose(page[at].value, result.objective, rel_tol=1e-9)


# Trace -------------------------------------------------------------------------------------


def steps_of(path: Path, sheet: str) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the steps: the last table of the sheet that begins with epoch, step."""
    page = openpyxl.load_workbook(path, data_only=True)[sheet]
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    top = max(i for i, row in enumerate(rows) if row[:2] == ["epoch", "step"])
    width = next((i for i, cell in enumerate(rows[top]) if cell is None), len(rows[top]))
    body = [row[:width] for row in rows[top + 1 :] if row[0] is not None]
    return rows[top][:width], body


@pytest.mark.parametrize("variant", ["lecture", "textbook"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trace_has_the_columns_of_the_sheet(tmp_path: Path, name: str, variant: str) -> None:
    given = {"epochs": 3, "variant": variant, "a": 0.5, "b": 2, "lr": 1e-5}
    frame = sheetsim.trace(name, **given)  # type: ignore[arg-type]
    path = sheetsim.build(name, tmp_path, **given)
    headings, rows = steps_of(path, name)
    # The last column is for the charts alone: whether the run was beyond what they draw.
    assert headings.pop() == "beyond"
    assert [heading.replace(" ", "_") for heading in headings] == list(frame.columns)
    assert len(frame) == 3 * 29
    shown = np.array(rows[-len(frame) :], dtype=float)[:, :-1]  # above them: the epoch to show
    np.testing.assert_allclose(shown, frame.to_numpy(dtype=float), rtol=1e-14)
    assert frame.attrs["status"] == "finished: 87 steps"


@pytest.mark.parametrize("variant", ["lecture", "textbook"])
def test_trace_that_diverges_says_at_which_step(variant: str) -> None:
    frame = sheetsim.trace("sgd", variant=variant, lr=1)
    status = frame.attrs["status"]
    assert status.startswith("diverged at step ")
    step = int(status.split()[3])
    columns = ["pred", "squared_error", "de_db", "de_da", "new_b", "new_a"]
    assert np.isfinite(frame[columns].to_numpy()[: step - 1]).all()
    assert not np.isfinite(frame[columns].to_numpy()[step - 1]).all()
    assert not np.isinf(frame.to_numpy(dtype=float)).any()


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("data", {}, f"'data' is no optimizer; {', '.join(OPTIMIZERS)} are"),
        ("gradient_descent", {}, "'gradient_descent' is no optimizer"),
        ("adma", {}, "there is no workbook or topic 'adma'"),
        ("sgd", {"epochs": 0}, "epochs is 0; expected a whole number from 1 to 36,137"),
        ("sgd", {"epochs": 1.5}, "epochs is 1.5"),
        ("sgd", {"variant": "book"}, "variant is book; expected lecture or textbook"),
        ("sgd", {"beta1": 0.9}, "sgd has no beta1; it has lr"),
        ("momentum", {"beta2": 0.9}, "momentum has no beta2"),
        ("adam", {"beta1": 1}, "beta1 is 1; expected a number from 0 to 0.9999999"),
        ("adam", {"lr": 0}, "lr is 0; expected a number above 0"),
        ("adam", {"gamma": 1}, "adam has no gamma"),
        ("adam", {"a": math.inf}, "a is inf; expected a number from"),
        ("adam", {"state": [1, 2]}, "state has 2 numbers; adam expects m_b, m_a, v_b, v_a"),
        ("sgd", {"state": [1, 2]}, "state has 2 numbers; sgd expects none"),
        ("adam", {"state": [1, 2, 3, "x"]}, r"state\[3\] is x; expected a number"),
    ],
)
def test_wrong_arguments_of_trace(name: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        sheetsim.trace(name, **given)
    assert "\n" not in str(caught.value)
