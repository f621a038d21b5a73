"""Digits learned: the embedded ones, and MNIST's where they are there."""

from pathlib import Path

import numpy as np
import pytest

from sheetsim.data import load_digits
from sheetsim.errors import OptionError
from sheetsim.learn import compare_optimizers, digits_learner
from sheetsim.learn.digits import HIDDEN
from sheetsim.learn.rules import RULES


def test_every_optimizer_learns_the_embedded_digits() -> None:
    frame, learners = compare_optimizers(load_digits(), epochs=12)
    assert set(learners) == {(model, rule) for model in HIDDEN for rule in RULES}
    last = frame[frame.epoch == 12].set_index(["model", "optimizer"])
    print(last)
    assert (last.accuracy > 0.7).all()
    assert last.accuracy["net", "momentum"] > 0.85
    for learner in learners.values():
        assert learner.epochs[-1].train_loss < learner.epochs[0].train_loss


def test_all_begin_with_the_same_parameters() -> None:
    losses = [digits_learner(load_digits(), "net", optimizer=rule).validate()[0] for rule in RULES]
    assert len(set(losses)) == 1
    assert losses[0] == pytest.approx(np.log(10), rel=0.05)


def test_unknown_models() -> None:
    with pytest.raises(OptionError, match="model is 'cnn'; expected one of logistic, net"):
        digits_learner(load_digits(), "cnn")


def test_mnist() -> None:
    """scikit-learn's LogisticRegression has 92.35 % on the same rows (scripts/bench digits)."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} is not there")
    frame, _ = compare_optimizers(load_digits(folder), optimizers=["adam"], epochs=5)
    last = frame[frame.epoch == 5].set_index("model").accuracy
    assert last["logistic"] > 0.92
    assert last["net"] > 0.92
