"""Logistic regression and a net with one hidden layer, for pictures of digits.

    x (n, 784) -> x W + b -> softmax                            logistic regression, 784 -> 10
    x (n, 784) -> relu(x W1 + b1) W2 + b2 -> softmax            784 -> 50 -> 10

The loss is cross entropy, -ln of the probability of the right digit, averaged over the batch. Its
gradient in the logits is (p - y) / n with y one-hot; from there backwards it is the chain rule,

    d W2 = a^T d logits     d a = d logits W2^T     d z = d a where z > 0, else 0     d W1 = x^T d z

A layer is one group, a matrix whose last row is its bias. Weights and biases start uniform in
+-1 / sqrt(inputs), as PyTorch's Linear does.
Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5 (its lesson5-sgd-mnist).
"""

from itertools import pairwise
from typing import Any

import numpy as np

from sheetsim.learn.models import Gradient
from sheetsim.sheet import Array


class Classifier:
    """Layers with ReLU between them and a softmax at the end.

    Attributes:
        kind: "classifier".
        sizes: units of every layer, the pixels first, the classes last.
        groups: "layer 1", "layer 2", ...: (inputs + 1, outputs), the bias in the last row.
    """

    kind = "classifier"

    def __init__(self, sizes: tuple[int, ...], *, seed: int = 42, dtype: type = np.float32) -> None:
        rng = np.random.default_rng(seed)
        self.sizes = sizes
        self.groups: dict[str, Array] = {}
        for number, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
            bound = 1 / np.sqrt(inputs)
            layer = rng.uniform(-bound, bound, (inputs + 1, outputs))
            self.groups[f"layer {number}"] = layer.astype(dtype)

    @property
    def settings(self) -> dict[str, Any]:
        """What the class is made with, as JSON can hold it."""
        return {"sizes": list(self.sizes)}

    @staticmethod
    def shapes(settings: dict[str, Any]) -> dict[str, tuple[int, int]]:
        """Of the groups that a model made with such settings has."""
        pairs = enumerate(pairwise(settings["sizes"]), start=1)
        return {f"layer {number}": (inputs + 1, outputs) for number, (inputs, outputs) in pairs}

    @classmethod
    def restored(cls, settings: dict[str, Any], groups: dict[str, Array]) -> "Classifier":
        """A model with the parameters of another, whose settings these are.

        Raises:
            ValueError: no layer.
        """
        if not groups:
            raise ValueError("no layer")
        model = cls.__new__(cls)
        model.groups, model.sizes = groups, tuple(settings["sizes"])
        return model

    def predict(self, *inputs: Array) -> Array:
        """Logits (n, classes) of pictures (n, pixels)."""
        return self._forward(inputs[0])[-1]

    def loss(self, predictions: Array, targets: Array) -> float:
        """Mean cross entropy of logits (n, classes) for digits (n,)."""
        log_p = log_softmax(predictions)
        return -float(np.mean(log_p[np.arange(len(targets)), targets], dtype=float))

    def gradients(
        self, inputs: tuple[Array, ...], targets: Array
    ) -> tuple[float, dict[str, Gradient]]:
        """Mean cross entropy of a batch and its gradient in every layer."""
        values = self._forward(inputs[0])
        log_p = log_softmax(values[-1])
        rows = np.arange(len(targets))
        loss = -float(np.mean(log_p[rows, targets], dtype=float))
        back = np.exp(log_p)
        back[rows, targets] -= 1
        back /= len(targets)
        gradients: dict[str, Gradient] = {}
        layers = list(self.groups.items())
        for (name, layer), below in zip(layers[::-1], values[-2::-1], strict=True):
            gradient = np.empty_like(layer)
            np.matmul(below.T, back, out=gradient[:-1])
            back.sum(axis=0, out=gradient[-1])
            gradients[name] = gradient
            if name != layers[0][0]:
                back = (back @ layer[:-1].T) * (below > 0)
        return loss, gradients

    def _forward(self, x: Array) -> list[Array]:
        """The values of every layer: the pixels, the hidden ones after ReLU, the logits."""
        values = [x]
        for layer in self.groups.values():
            if len(values) > 1:
                values[-1] = np.maximum(values[-1], 0)
            values.append(values[-1] @ layer[:-1] + layer[-1])
        return values


def log_softmax(logits: Array) -> Array:
    """Natural logarithm of the probabilities (n, classes) that logits (n, classes) stand for."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def accuracy(predictions: Array, targets: Array) -> float:
    """Part of the digits (n,) whose logit in (n, classes) is the greatest, 0 to 1."""
    return float(np.mean(predictions.argmax(axis=1) == targets))
