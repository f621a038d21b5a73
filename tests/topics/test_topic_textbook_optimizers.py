"""The textbook variants against PyTorch: torch_table.csv, which scripts/make_torch_table wrote."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sheetsim
from sheetsim.topics.gradient_descent._all import optimizers

TABLE = pd.read_csv(Path(__file__).with_name("torch_table.csv"))
SETTINGS = list(TABLE.columns[1 : TABLE.columns.get_loc("epoch")])
CASES = [
    (str(steps["topic"].iloc[0]), steps[SETTINGS].iloc[0].dropna().to_dict(), steps)
    for _, steps in TABLE.groupby(["topic", *SETTINGS], dropna=False)
]


@pytest.mark.parametrize(
    ("topic", "settings", "torch"),
    CASES,
    ids=[f"{topic} {settings}" for topic, settings, _ in CASES],
)
def test_steps_are_pytorchs(topic: str, settings: dict[str, Any], torch: pd.DataFrame) -> None:
    epochs = int(torch["epoch"].max())
    ours = sheetsim.trace(topic, epochs=epochs, variant="textbook", **settings)
    assert ours.attrs["status"].startswith("finished")
    assert ours.attrs["diverged"] == 0
    assert ours.attrs["variant"] == "textbook"
    columns = ["epoch", "step", "new_b", "new_a"]
    columns += ["epoch_lr"] * ("epoch_lr" in ours)
    expected = torch[columns].to_numpy(float)
    np.testing.assert_allclose(ours[columns].to_numpy(float), expected, rtol=1e-11, atol=0)


def test_table_has_every_optimizer_that_pytorch_has_with_several_settings() -> None:
    alike = {optimizer.name for optimizer in optimizers() if optimizer.torch is not None}
    by_topic = TABLE.drop_duplicates(["topic", *SETTINGS])["topic"].value_counts()
    assert set(by_topic.index) == alike, "run scripts/make_torch_table: it writes the rows"
    assert (by_topic >= 2).all()
    assert len(alike) >= 7, "sgd, momentum, nesterov, rmsprop, adagrad, adam, adam_annealed"


def test_annealing_is_seen_in_the_table() -> None:
    annealed = TABLE[TABLE["topic"] == "adam_annealed"]
    rates = annealed.groupby(["beta2", "epoch"])["epoch_lr"].first()
    assert list(rates[0.9]) == [2, 2, 0.5, 0.5, 0.5, 0.5]
    assert list(rates[0.8]) == [2, 2, 2, 2, 0.5, 0.5]


def test_defaults_of_the_textbook_variant_are_the_settings_of_a_case() -> None:
    """So that what a user gets with no settings at all is compared as well."""
    for topic, torch in TABLE.groupby("topic"):
        ours = sheetsim.trace(str(topic), epochs=1, variant="textbook")[["new_b", "new_a"]]
        cases = torch[torch["epoch"] == 1].groupby(SETTINGS, dropna=False)
        same = [
            np.allclose(ours, case[["new_b", "new_a"]], rtol=1e-11, atol=0) for _, case in cases
        ]
        assert any(same), topic
