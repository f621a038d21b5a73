"""The loop: batches, freezing, the finder, callbacks, how a fit ends."""

from typing import Any

import numpy as np
import pytest

from sheetsim.errors import OptionError
from sheetsim.learn.callbacks import LossLine
from sheetsim.learn.classifier import Classifier, accuracy
from sheetsim.learn.collab import DotProductBias
from sheetsim.learn.learner import Callback, Data, Learner, TrainingEnd
from sheetsim.learn.rules import RULES
from sheetsim.sheet import Array

DRAW = np.random.default_rng(8)
USERS, ITEMS = DRAW.integers(0, 30, 600), DRAW.integers(0, 40, 600)
STARS = np.clip(np.round(3 + DRAW.normal(0, 1, 30)[USERS] + DRAW.normal(0, 1, 40)[ITEMS]), 1, 5)
RATINGS = Data((USERS, ITEMS), STARS.astype(np.float32))


def learner(seed: int = 0, **settings: Any) -> Learner:
    model = DotProductBias(30, 40, 4, seed=seed)
    held = RATINGS.take(np.arange(500, 600))
    return Learner(model, RATINGS.take(np.arange(500)), held, seed=seed, **settings)


def copies(made: Learner) -> dict[str, Array]:
    return {name: group.copy() for name, group in made.model.groups.items()}


def test_training_lowers_the_loss_on_rows_never_seen() -> None:
    made = learner()
    before, nothing = made.validate()
    made.fit_one_cycle(8, 0.02)
    assert np.isnan(nothing), "there is no metric"
    history = made.history
    assert list(history.columns) == [
        "epoch",
        "train_loss",
        "valid_loss",
        "valid_metric",
        "seconds",
    ]
    assert history.epoch.tolist() == list(range(1, 9))
    assert history.valid_loss.iloc[-1] < 0.7 * before
    assert history.valid_loss.iloc[-1] == made.validate()[0]
    assert made.status == "finished: 64 steps, epochs: 8"
    assert made.ended is TrainingEnd.FINISHED
    assert len(made.losses) == 64


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    runs = []
    for seed in (1, 1, 2):
        made = learner(seed)
        made.fit(2, 0.01)
        runs.append(made.losses)
    assert runs[0] == runs[1] != runs[2]


def test_every_row_is_seen_once_an_epoch() -> None:
    made = learner(batch_size=64)
    sizes, seen = [], []
    for batch in made._batches(np.random.default_rng(0)):
        sizes.append(len(batch.targets))
        seen += list(zip(*batch.inputs, batch.targets, strict=True))
    assert sizes == [64] * 7 + [52]
    assert sorted(seen) == sorted(zip(*made.train.inputs, made.train.targets, strict=True))


def test_frozen_groups_keep_every_bit() -> None:
    made = learner(weight_decay=0.1)
    before = copies(made)
    made.freeze()
    made.fit(1, 0.01)
    np.testing.assert_array_equal(made.model.groups["users"], before["users"])
    assert not np.array_equal(made.model.groups["items"], before["items"])
    made.unfreeze()
    made.fit(1, 0.01)
    assert not np.array_equal(made.model.groups["users"], before["users"])
    with pytest.raises(OptionError, match="group is 2; expected 0 to 1"):
        made.freeze_to(2)


def test_rates_by_group() -> None:
    """With slice(x), the first group learns at a third of the last one's rate; SGD shows it."""
    one, third = learner(optimizer="sgd"), learner(optimizer="sgd")
    before = copies(one)
    one.train = third.train = one.train.take(np.arange(64))
    one.fit(1, 0.3)
    third.fit(1, slice(0.3))
    moved = [made.model.groups["users"] - before["users"] for made in (one, third)]
    np.testing.assert_allclose(moved[1], moved[0] / 3, atol=1e-7)
    np.testing.assert_array_equal(one.model.groups["items"], third.model.groups["items"])


def test_decay_in_the_weights_and_in_the_loss_are_one_under_sgd() -> None:
    """1 - lr wd against a gradient of 2 w wd: equal where one's wd is twice the other's."""
    weights = learner(optimizer="sgd", weight_decay=0.2)
    loss = learner(optimizer="sgd", weight_decay=0.1, decoupled=False)
    for made in (weights, loss):
        made.fit(2, 0.1)
    for name, group in weights.model.groups.items():
        np.testing.assert_allclose(group, loss.model.groups[name], atol=1e-6)


def test_the_finder_leaves_no_trace_and_finds_a_rate_that_trains() -> None:
    made = learner()
    before, losses = copies(made), list(made.losses)
    found = made.lr_find()
    for name, group in made.model.groups.items():
        np.testing.assert_array_equal(group, before[name])
    assert made.losses == losses == []
    assert len(found.lr) == len(found.loss) == len(found.smoothed) <= 100
    assert found.lr[0] == 1e-7
    assert 1e-4 < found.suggested < 1
    made.fit(5, found.suggested)
    assert made.epochs[-1].train_loss < made.epochs[0].train_loss


def test_divergence_ends_in_a_sentence() -> None:
    huge = np.full((64, 4), 1e30, np.float32)
    made = Learner(Classifier((4, 3)), Data((huge,), np.arange(64) % 3))
    with np.errstate(all="ignore"):
        made.fit(5, 1e30)
    assert made.status.startswith("diverged ")
    assert made.ended is TrainingEnd.DIVERGED
    assert len(made.epochs) < 5


def test_callbacks_are_told_and_may_stop() -> None:
    reported = []

    class Watch(Callback):
        def on_train_begin(self, _learner: Learner, steps: int) -> None:
            reported.append(("begin", steps))

        def on_batch_end(self, _learner: Learner, step: int, loss: float) -> bool:  # noqa: ARG002
            reported.append(("batch", step))
            return step == 3

        def on_epoch_end(self, _learner: Learner, epoch: Any) -> None:
            reported.append(("epoch", epoch.epoch))

        def on_train_end(self, _learner: Learner) -> None:
            reported.append(("end", 0))

    made = learner(callbacks=[Watch()])
    made.fit(2, 0.01)
    assert reported == [
        ("begin", 16),
        ("batch", 1),
        ("batch", 2),
        ("batch", 3),
        ("epoch", 1),
        ("end", 0),
    ]
    assert made.status == "stopped by a callback at step 3"
    assert made.ended is TrainingEnd.STOPPED


def test_the_line_of_losses() -> None:
    said: list[tuple[str, int]] = []
    made = learner(callbacks=[LossLine(lambda words, steps: said.append((words, steps)), every=5)])
    made.fit(1, 0.01)
    assert [steps for _, steps in said] == [5, 3]
    smooth = [0.0, 0.0]
    for loss in made.losses:
        smooth = [0.98 * smooth[0] + 0.02 * loss, 0.98 * smooth[1] + 0.02]
    assert said[-1][0] == f"step 8 of 8, loss {smooth[0] / smooth[1]:.4f}"


def test_the_metric_is_watched() -> None:
    x = DRAW.normal(size=(300, 5)).astype(np.float32)
    data = Data((x,), (x[:, 0] > 0).astype(int))
    made = Learner(Classifier((5, 2)), data, data, metric=accuracy)
    made.fit(20, 0.01)
    assert made.history.valid_metric.iloc[-1] > 0.95


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"optimizer": "adma"},
            f"optimizer is 'adma'; expected one of {', '.join(RULES)}$",
        ),
        ({"hyper": {"beta3": 1}}, "adam has no beta3; it has beta1, beta2, epsilon"),
        ({"optimizer": "sgd", "hyper": {"beta1": 1}}, "sgd has no beta1; it has none but lr"),
        ({"hyper": {"beta1": 1}}, "beta1 is 1; expected a number from 0 to 0.9999999"),
        ({"hyper": {"epsilon": -1}}, "epsilon is -1; expected a number from 0 to 1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"weight_decay": -1.0}, "weight_decay is -1"),
        ({"weight_decay": float("nan")}, "weight_decay is nan"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        learner(**settings)


@pytest.mark.parametrize("epochs", [0, -1, 1.5, True])
def test_bad_epochs(epochs: Any) -> None:
    with pytest.raises(OptionError, match="expected a whole number, 1 or more"):
        learner().fit(epochs, 0.1)


def test_rows_that_do_not_match() -> None:
    with pytest.raises(OptionError, match=r"inputs have \[3\] rows and targets 2"):
        Data((np.ones(3),), np.ones(2))
    with pytest.raises(OptionError, match="one at least"):
        Data((np.ones(0),), np.ones(0))
