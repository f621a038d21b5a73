"""Five epochs of MovieLens 100k: sheetsim beside the same model in PyTorch.

The lesson's settings: 40 factors, 10 % held back (seed 42), batches of 64, one-cycle to 5e-3, Adam
with betas 0.9 and 0.99 and decoupled weight decay 0.1, predictions onto 0 to 5.5, float32. For each
seed both begin with the same parameters and take the same batches in the same order, 7,035 steps;
PyTorch has AdamW and OneCycleLR and looks the rows up in nn.Embedding. Each run has a process of
its own, whose peak memory is counted, libraries and data included.
"""

import argparse
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from sheetsim.data.movielens import load_movielens
from sheetsim.learn import DotProductBias, Learner, collab_learner

DATA = Path(__file__).resolve().parents[2] / "shared/data/movielens"
GOAL, EPOCHS, LR = 0.81, 5, 5e-3
WAYS = ("sheetsim", "torch")


def main(given: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser("bench movielens", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of u.data and u.item")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 42, 43, ... (default 5)")
    parser.add_argument("--one", nargs=2, metavar=("WAY", "SEED"), help="a single run, as JSON")
    args = parser.parse_args(given)
    if not args.data.is_dir():
        print(f"bench movielens: {args.data} is absent: nothing to measure", file=sys.stderr)
        return 3
    if args.one:
        print(json.dumps(one(args.data, args.one[0], int(args.one[1]))))
        return 0
    ways = WAYS if importlib.util.find_spec("torch") else WAYS[:1]
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for seed in range(42, 42 + args.seeds):
        for way in ways:  # they take turns
            command = [sys.executable, __file__, "--data", str(args.data), "--one", way, str(seed)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            runs[way].append(json.loads(done.stdout))
    print(f"\nmovielens: {EPOCHS} epochs, {args.seeds} seeds from 42; median (least to greatest)")
    print(f"  {'':<10} {'validation MSE':>26} {'seconds':>22} {'peak MB':>8}")
    for way, each in runs.items():
        mse, seconds, memory = ([run[key] for run in each] for key in ("mse", "seconds", "mb"))
        spread = f"{statistics.median(mse):.4f} ({min(mse):.4f} to {max(mse):.4f})"
        times = f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"
        print(f"  {way:<10} {spread:>26} {times:>22} {statistics.median(memory):8.0f}")
    mse = statistics.median(run["mse"] for run in runs["sheetsim"])
    print(f"  the goal, {GOAL}, is {'reached' if mse <= GOAL else 'missed'}")
    if len(ways) > 1:
        medians = [statistics.median(run["seconds"] for run in runs[way]) for way in WAYS]
        print(f"  ratio of times, sheetsim to PyTorch: {medians[0] / medians[1]:.2f}")
    else:
        print("  PyTorch is not installed: no ratio")
    return 0 if mse <= GOAL else 1


def one(data: Path, way: str, seed: int) -> dict[str, float]:
    """Train once; loading and the first import are not timed."""
    learner = collab_learner(load_movielens(data), seed=seed)
    train = in_torch if way == "torch" else in_sheetsim
    seconds, mse = train(learner, seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "mse": mse, "mb": peak}


def in_sheetsim(learner: Learner, _seed: int) -> tuple[float, float]:
    """Our own training loop, validation after each epoch included."""
    began = time.perf_counter()
    learner.fit_one_cycle(EPOCHS, LR)
    return time.perf_counter() - began, learner.epochs[-1].valid_loss


def in_torch(learner: Learner, seed: int) -> tuple[float, float]:
    """The same in PyTorch, from the same parameters on the same batches."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    assert isinstance(learner.model, DotProductBias)  # noqa: S101
    tables = [
        nn.Embedding.from_pretrained(torch.from_numpy(part.copy()), freeze=False)
        for group in learner.model.groups.values()
        for part in (group[:, 1:], group[:, :1])
    ]
    weights = [table.weight for table in tables]
    users, user_bias, items, item_bias = tables

    def predict(u: torch.Tensor, i: torch.Tensor) -> torch.Tensor:
        raw = (users(u) * items(i)).sum(1) + user_bias(u).squeeze(1) + item_bias(i).squeeze(1)
        return torch.sigmoid(raw) * 5.5

    def rows(data):  # type: ignore[no-untyped-def]
        return [torch.from_numpy(np.ascontiguousarray(x)) for x in (*data.inputs, data.targets)]

    u, i, stars = rows(learner.train)
    held = rows(learner.valid)
    size, n = learner.batch_size, len(stars)
    rule = torch.optim.AdamW(weights, lr=LR, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1)
    cycle = torch.optim.lr_scheduler.OneCycleLR(rule, LR, total_steps=EPOCHS * -(-n // size))
    rng = np.random.default_rng([seed, 1])
    began = time.perf_counter()
    for _ in range(EPOCHS):
        order = torch.from_numpy(rng.permutation(n))
        epoch = u[order], i[order], stars[order]
        for start in range(0, n, size):
            a, b, y = (x[start : start + size] for x in epoch)
            rule.zero_grad()
            loss = nn.functional.mse_loss(predict(a, b), y)
            loss.backward()
            rule.step()
            cycle.step()
        with torch.no_grad():
            mse = nn.functional.mse_loss(predict(*held[:2]), held[2]).item()
    return time.perf_counter() - began, mse


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
