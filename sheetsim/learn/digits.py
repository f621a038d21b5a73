"""Digits recognised: logistic regression and a small net, by each of the optimizers.

The lesson's settings: batches of 64, cross entropy + 1e-5 times the sum of the squares of all
parameters. The learning rate of each optimizer stands in its own file, as `digits_lr`.
Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5 (lesson5-sgd-mnist).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.data import Digits
from sheetsim.data.digits import CLASSES
from sheetsim.errors import OptionError
from sheetsim.learn.classifier import Classifier, accuracy
from sheetsim.learn.learner import Callback, Data, Learner
from sheetsim.learn.rules import RULES

if TYPE_CHECKING:
    import pandas as pd

HIDDEN = {"logistic": (), "net": (50,)}
"""Hidden units of each model."""


def digits_learner(
    digits: Digits,
    model: str = "logistic",
    *,
    optimizer: str = "adam",
    batch_size: int = 64,
    weight_decay: float = 1e-5,
    seed: int = 42,
    callbacks: Sequence[Callback] = (),
    **hyper: float,
) -> Learner:
    """A learner for pictures of digits; its metric is accuracy.

    Args:
        digits: with some held back.
        model: "logistic" (pixels -> 10) or "net" (pixels -> 50 -> 10).
        optimizer: one of `RULES`, by name.
        batch_size: pictures in a batch.
        weight_decay: times the sum of the squares of all parameters, added to the loss.
        seed: of the parameters and of the order of the batches.
        callbacks: see `Learner`.
        **hyper: of the optimizer, besides lr.

    Raises:
        OptionError: an unknown model or optimizer, or a value that may not be so.
        DataError: no digit is held back.
    """
    if model not in HIDDEN:
        raise OptionError(f"model is {model!r}; expected one of {', '.join(HIDDEN)}")
    train, valid = digits.train, digits.valid
    pixels = train.side[0] * train.side[1]
    return Learner(
        Classifier((pixels, *HIDDEN[model], CLASSES), seed=seed),
        Data((train.flat(np.float32),), train.labels),
        Data((valid.flat(np.float32),), valid.labels),
        optimizer=optimizer,
        hyper=dict(hyper),
        batch_size=batch_size,
        weight_decay=weight_decay,
        decoupled=False,
        seed=seed,
        metric=accuracy,
        callbacks=callbacks,
    )


def compare_optimizers(
    digits: Digits,
    models: Iterable[str] = tuple(HIDDEN),
    optimizers: Iterable[str] = tuple(RULES),
    *,
    epochs: int = 5,
    lr: float | None = None,
    **settings: Any,
) -> tuple[pd.DataFrame, dict[tuple[str, str], Learner]]:
    """Train every model with every optimizer, from the same parameters on the same batches.

    Args:
        digits: with some held back.
        models: "logistic", "net".
        optimizers: by name; all of `RULES` by default.
        epochs: passes over the digits.
        lr: of all of them; by default each has its own.
        **settings: as in `digits_learner`.

    Returns:
        A row for each model, optimizer and epoch (model, optimizer, lr, epoch, train_loss,
        valid_loss, accuracy, seconds), and the learners by (model, optimizer).
    """
    import pandas as pd

    rows, learners = [], {}
    for model in models:
        for optimizer in optimizers:
            learner = digits_learner(digits, model, optimizer=optimizer, **settings)
            rate = RULES[optimizer].digits_lr if lr is None else lr
            learner.fit(epochs, rate)
            learners[model, optimizer] = learner
            history = learner.history.rename(columns={"valid_metric": "accuracy"})
            history.insert(0, "lr", rate)
            history.insert(0, "optimizer", optimizer)
            history.insert(0, "model", model)
            rows.append(history)
    return pd.concat(rows, ignore_index=True), learners
