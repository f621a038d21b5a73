"""The learner beside PyTorch, step by step: tests/learn/torch_learn.json."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetsim.learn.classifier import Classifier
from sheetsim.learn.collab import DotProductBias
from sheetsim.learn.learner import Data, Learner
from sheetsim.learn.models import Model

TABLE = json.loads(Path(__file__).with_name("torch_learn.json").read_text(encoding="utf-8"))


def learner(model: Model, table: dict[str, Any], inputs: list[Any], **settings: Any) -> Learner:
    """One that takes the table's batches in the table's order: its rows are never shuffled."""
    for name, start in table["start"].items():
        model.groups[name] = np.array(start)
    rows = tuple(np.array(x).reshape(-1, *np.shape(x)[2:]) for x in inputs)
    data = Data(rows[:-1], rows[-1])
    made = Learner(model, data, batch_size=5, **settings)
    made._rng = Unshuffled()  # type: ignore[assignment]
    return made


class Unshuffled:
    """In place of a generator: leaves the rows as they are."""

    def permutation(self, n: int) -> Any:
        return np.arange(n)


def test_a_one_cycle_of_adam_with_decoupled_decay() -> None:
    table = TABLE["collab"]
    model = DotProductBias(4, 6, 3, dtype=np.float64)
    inputs = [table["users"], table["items"], table["ratings"]]
    made = learner(model, table, inputs, weight_decay=0.1)
    made.fit_one_cycle(1, 0.05)
    assert made.losses == pytest.approx(table["losses"], rel=1e-12)
    for name, end in table["end"].items():
        np.testing.assert_allclose(model.groups[name], end, rtol=1e-11)


def test_momentum_with_the_penalty_in_the_loss() -> None:
    table = TABLE["classifier"]
    model = Classifier((6, 4, 3), dtype=np.float64)
    settings = {"optimizer": "momentum", "weight_decay": 1e-3, "decoupled": False}
    made = learner(model, table, [table["pictures"], table["digits"]], **settings)
    made.fit(1, 0.1)
    assert made.losses == pytest.approx(table["losses"], rel=1e-12)
    for name, end in table["end"].items():
        np.testing.assert_allclose(model.groups[name], end, rtol=1e-11)
