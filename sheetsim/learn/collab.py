"""The dot product with biases through a sigmoid, for any number of users and items.

    raw[b]  = sum over f of U[u, f] M[i, f]  +  user_bias[u]  +  item_bias[i]
    pred[b] = low + (high - low) sigmoid(raw[b])

for the b-th rating, by user u of item i. It is the sheets' model (`bias`, and `y_range` with the
sigmoid) with the look-up of `embedding`: the matrices' rows are taken, not multiplied for. With
g = d loss / d raw the gradient is g M[i] in row u of U, g U[u] in row i of M, and g in the
biases; the loss is the mean squared error.

Factors and biases start at a normal distribution of standard deviation 0.01, cut at two of them:
what is beyond is drawn again (fast.ai's `trunc_normal_` takes the remainder of a division by two).
Source: fast.ai, Practical Deep Learning for Coders (2019), lessons 4 and 5 (EmbeddingDotBias).
"""

from typing import Any

import numpy as np

from sheetsim.learn.models import Gradient
from sheetsim.learn.rows import Rows
from sheetsim.sheet import Array
from sheetsim.topics.y_range.sigmoid_rating import sigmoid_range, sigmoid_range_slope

SPREAD, CUT = 0.01, 2.0
"""Standard deviation of the start, and at how many of them it is cut."""

MOST = 1e6
"""Magnitude of a rating that no saved model exceeds."""


def truncated_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal draws, those beyond `CUT` standard deviations drawn again; times `SPREAD`."""
    draws = rng.standard_normal(shape)
    while (beyond := np.abs(draws) > CUT).any():
        draws[beyond] = rng.standard_normal(int(beyond.sum()))
    return np.asarray(SPREAD * draws)


class DotProductBias:
    """Factors and biases of users and items.

    Attributes:
        kind: "collab".
        groups: users (n_users, 1 + k) and items (n_items, 1 + k), the bias in the first column,
            as on the sheet `bias`.
        y_range: (low, high) of the predictions; None for the raw score.
    """

    kind = "collab"

    def __init__(
        self,
        n_users: int,
        n_items: int,
        k: int,
        *,
        y_range: tuple[float, float] | None = (0.0, 5.5),
        seed: int = 42,
        dtype: type = np.float32,
    ) -> None:
        rng = np.random.default_rng(seed)
        self.groups: dict[str, Array] = {
            "users": truncated_normal(rng, (n_users, 1 + k)).astype(dtype),
            "items": truncated_normal(rng, (n_items, 1 + k)).astype(dtype),
        }
        self.y_range = y_range

    @property
    def settings(self) -> dict[str, Any]:
        """What the class is made with, as JSON can hold it."""
        users, items = self.groups.values()
        sizes = {"n_users": len(users), "n_items": len(items), "k": users.shape[1] - 1}
        return {**sizes, "y_range": self.y_range}

    @staticmethod
    def shapes(settings: dict[str, Any]) -> dict[str, tuple[int, int]]:
        """Of the groups that a model made with such settings has."""
        width = 1 + settings["k"]
        return {"users": (settings["n_users"], width), "items": (settings["n_items"], width)}

    @classmethod
    def restored(cls, settings: dict[str, Any], groups: dict[str, Array]) -> "DotProductBias":
        """A model with the parameters of another, whose settings these are.

        Raises:
            ValueError: a range that is none.
        """
        model = cls.__new__(cls)
        model.groups, model.y_range = groups, None
        if settings["y_range"] is not None:
            low, high = (float(end) for end in settings["y_range"])
            if not -MOST < low < high < MOST:
                raise ValueError(f"y_range is {settings['y_range']}")
            model.y_range = low, high
        return model

    def predict(self, *inputs: Array) -> Array:
        """Ratings (n,) of users (n,) for items (n,), both as row numbers."""
        users, items = inputs
        return self._on_range(self._raw(self.groups["users"][users], self.groups["items"][items]))

    def loss(self, predictions: Array, targets: Array) -> float:
        """Mean squared error of (n,) and (n,)."""
        return float(np.mean((predictions - targets) ** 2, dtype=float))

    def gradients(
        self, inputs: tuple[Array, ...], targets: Array
    ) -> tuple[float, dict[str, Gradient]]:
        """Mean squared error of a batch, and its gradient in the rows that the batch names."""
        users, items = inputs
        matrices = self.groups["users"], self.groups["items"]
        u, m = matrices[0][users], matrices[1][items]
        raw = self._raw(u, m)
        distance = self._on_range(raw) - targets
        g = distance * (2.0 / len(targets))
        if self.y_range is not None:
            g = g * sigmoid_range_slope(raw, *self.y_range)
        to_users, to_items = g[:, None] * m, g[:, None] * u
        to_users[:, 0] = to_items[:, 0] = g
        gradients: dict[str, Gradient] = {
            "users": Rows.summed(users, to_users, matrices[0].shape),
            "items": Rows.summed(items, to_items, matrices[1].shape),
        }
        return float(distance @ distance) / len(targets), gradients

    @staticmethod
    def _raw(u: Array, m: Array) -> Array:
        return np.asarray(np.einsum("bf,bf->b", u[:, 1:], m[:, 1:]) + u[:, 0] + m[:, 0])

    def _on_range(self, raw: Array) -> Array:
        return raw if self.y_range is None else sigmoid_range(raw, *self.y_range)
