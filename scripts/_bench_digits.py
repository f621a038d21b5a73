"""Digits: accuracy of both models after 1, 5 and 20 epochs, beside scikit-learn and PyTorch.

MNIST's 10,000 test digits, the last 2,000 held back; batches of 64, Adam at 1e-3, cross entropy
+ 1e-5 sum(w^2). PyTorch begins with the same parameters and takes the same batches in the same
order; scikit-learn's LogisticRegression solves for its optimum (lbfgs, its default C).
"""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

import numpy as np

from sheetsim.data import load_digits
from sheetsim.learn import Learner, digits_learner
from sheetsim.learn.digits import HIDDEN
from sheetsim.learn.rules import RULES

DATA = Path(__file__).resolve().parents[2] / "shared/data/mnist"
SHOWN = (1, 5, 20)
OPTIMIZER, DECAY = "adam", 1e-5


def main(given: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser("bench digits", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of IDX files")
    parser.add_argument("--seed", type=int, default=42)
    args = parser.parse_args(given)
    if not args.data.is_dir():
        print(f"bench digits: {args.data} is absent: nothing to measure", file=sys.stderr)
        return 3
    digits = load_digits(args.data)
    print(f"\ndigits: accuracy on {digits.valid.n:,} held back after {SHOWN} epochs, {OPTIMIZER}")
    print(f"  {'model':<10} {'':<12} {'accuracy':>24} {'seconds':>8}")
    for model in HIDDEN:
        learner = digits_learner(digits, model, optimizer=OPTIMIZER, seed=args.seed)
        ways = {"sheetsim": in_sheetsim}
        if importlib.util.find_spec("torch"):
            ways["torch"] = in_torch
        start = {name: group.copy() for name, group in learner.model.groups.items()}
        for way, train in ways.items():
            learner.model.groups.update(start)
            seconds, found = train(learner, args.seed)
            row = " ".join(f"{found[epoch - 1]:7.2%}" for epoch in SHOWN)
            print(f"  {model:<10} {way:<12} {row:>24} {seconds:8.2f}")
    if importlib.util.find_spec("sklearn"):
        seconds, found = in_sklearn(learner)
        print(f"  {'logistic':<10} {'scikit-learn':<12} {f'{found:7.2%}':>24} {seconds:8.2f}")
    return 0


def in_sheetsim(learner: Learner, _seed: int) -> tuple[float, list[float]]:
    """Our own loop; seconds, and accuracy by epoch."""
    began = time.perf_counter()
    learner.fit(max(SHOWN), RULES[OPTIMIZER].digits_lr)
    return time.perf_counter() - began, [epoch.valid_metric for epoch in learner.epochs]


def in_torch(learner: Learner, seed: int) -> tuple[float, list[float]]:
    """The same in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    layers = []
    for group in learner.model.groups.values():
        layer = nn.Linear(len(group) - 1, group.shape[1])
        layer.weight.data = torch.from_numpy(group[:-1].T.copy())
        layer.bias.data = torch.from_numpy(group[-1].copy())
        layers += [layer, nn.ReLU()]
    net = nn.Sequential(*layers[:-1])
    x, y = (
        torch.from_numpy(part.copy()) for part in (learner.train.inputs[0], learner.train.targets)
    )
    held = learner.valid
    pictures, digits = torch.from_numpy(held.inputs[0]), torch.from_numpy(held.targets)
    # Its weight_decay adds wd w to the gradient: that of wd / 2 sum(w^2).
    betas = {"betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 2 * DECAY}
    rule = torch.optim.Adam(net.parameters(), lr=RULES[OPTIMIZER].digits_lr, **betas)
    rng, size, found = np.random.default_rng([seed, 1]), learner.batch_size, []
    began = time.perf_counter()
    for _ in range(max(SHOWN)):
        order = torch.from_numpy(rng.permutation(len(y)))
        shuffled, labels = x[order], y[order]
        for start in range(0, len(y), size):
            rule.zero_grad()
            logits = net(shuffled[start : start + size])
            nn.functional.cross_entropy(logits, labels[start : start + size]).backward()
            rule.step()
        with torch.no_grad():
            found.append((net(pictures).argmax(1) == digits).float().mean().item())
    return time.perf_counter() - began, found


def in_sklearn(learner: Learner) -> tuple[float, float]:
    """The optimum of logistic regression by scikit-learn; seconds and accuracy."""
    from sklearn.linear_model import LogisticRegression

    began = time.perf_counter()
    model = LogisticRegression(max_iter=1000).fit(learner.train.inputs[0], learner.train.targets)
    seconds = time.perf_counter() - began
    return seconds, model.score(learner.valid.inputs[0], learner.valid.targets)
