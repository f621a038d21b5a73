"""Time to the goal on the lecture's ratings: sheetsim's solver beside SciPy's two.

The rule, the same for everyone: from uniform(0, 1) starts, drawn with the seed, until an evaluated
point reaches the goal; the clock stops in that evaluation. A run that ends above the goal is a
miss: another start is drawn and the time goes on. All use analytic derivatives and one core.
SciPy's L-BFGS-B minimizes the sum of squares, whose value and gradient come from one function of a
few array products; its least_squares (trf) gets residuals and a dense Jacobian, as its exact
subproblem solver wants. Building the problem is not timed for anyone. The methods take turns, seed
by seed, so that a busy moment of the machine does not hit one of them alone.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import scipy.optimize

from sheetsim.arrays import Floats
from sheetsim.solver import Model, Options, Vectorized, factor_model, solve

RATINGS = Path(__file__).resolve().parents[2] / "shared/data/lecture/ratings.csv"
MODELS = {"dot_product": (False, 0.39295), "bias": (True, 0.31875)}
K = 5
MOST_STARTS = 50
OURS = "sheetsim"


class Reached(Exception):  # noqa: N818 - no error: the way out of a method that has no other
    """The goal was reached."""


@dataclass
class Outcome:
    """One seed of one method: whether the first start hit, starts used, seconds to the goal."""

    starts: int
    seconds: float
    reached: bool


def main(given: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser("bench solver", description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=Path, default=RATINGS, help="a wide table of ratings")
    parser.add_argument("--seeds", type=int, default=20, help="seeds per model (default 20)")
    parser.add_argument("--batch", type=int, default=100, help="starts of the multistart; 0: none")
    parser.add_argument("--no-trf", action="store_true", help="leave out the slowest method")
    args = parser.parse_args(given)
    if not args.ratings.exists():
        print(f"bench: {args.ratings} is absent: nothing to measure", file=sys.stderr)
        return 3
    ratings = pd.read_csv(args.ratings, index_col="userId").to_numpy(float)
    print(f"NumPy {np.__version__}, SciPy {scipy.__version__}, seeds 0 to {args.seeds - 1}")
    for model, (bias, goal) in MODELS.items():
        to_the_goal(model, ratings, bias, goal, args.seeds, not args.no_trf)
    for model, (bias, goal) in MODELS.items():
        to_the_end(model, ratings, bias, goal, args.seeds)
    for model, (bias, _) in MODELS.items():
        if args.batch:
            batch_or_loop(model, ratings, bias, args.batch)
    return 0


def to_the_goal(
    model: str, ratings: Floats, bias: bool, goal: float, seeds: int, with_trf: bool
) -> None:
    """A table of the methods' times to the goal."""
    problem = factor_model(ratings, K, bias=bias)
    methods = {OURS: ours(problem, goal), "SciPy L-BFGS-B": lbfgs(ratings, bias, goal)}
    if with_trf:
        methods["SciPy least_squares"] = trf(problem, goal)
    for method in methods.values():  # the first call loads and warms
        to_goal(method, problem.start.size, 10**6)
    outcomes: dict[str, list[Outcome]] = {name: [] for name in methods}
    for seed in range(seeds):
        for name, method in methods.items():
            outcomes[name].append(to_goal(method, problem.start.size, seed))
    medians = {name: median_ms(each) for name, each in outcomes.items()}
    print(f"\n{model}: time until RMSE <= {goal}, restarts included")
    print(f"  {'method':<20} {'median ms':>9} {'mean ms':>9} {'worst ms':>9}  hits at first start")
    for name, each in outcomes.items():
        times = [1e3 * outcome.seconds for outcome in each]
        hits = sum(outcome.starts == 1 and outcome.reached for outcome in each)
        row = f"{medians[name]:9.2f} {statistics.mean(times):9.2f} {max(times):9.2f}"
        never = sum(not outcome.reached for outcome in each)
        note = f", {never} never in {MOST_STARTS} starts" if never else ""
        print(f"  {name:<20} {row}  {hits} of {seeds}{note}")
    best = min(value for name, value in medians.items() if name != OURS)
    print(f"  ratio of medians, {OURS} to the best of SciPy: {medians[OURS] / best:.2f}")


def median_ms(outcomes: list[Outcome]) -> float:
    """The median time in milliseconds."""
    return 1e3 * statistics.median(outcome.seconds for outcome in outcomes)


def to_goal(method: Callable[[Floats], None], n: int, seed: int) -> Outcome:
    """Run from starts until one reaches the goal."""
    starts = draw(n, seed)
    began = time.perf_counter()
    for count in range(1, MOST_STARTS + 1):
        try:
            method(next(starts))
        except Reached:
            return Outcome(count, time.perf_counter() - began, reached=True)
    return Outcome(MOST_STARTS, time.perf_counter() - began, reached=False)


def draw(n: int, seed: int) -> Iterator[Floats]:
    """Uniform(0, 1) starts without end."""
    rng = np.random.default_rng(seed)
    while True:
        yield rng.uniform(size=n)


def ours(model: Model, goal: float) -> Callable[[Floats], None]:
    """The default `solve`."""
    reduction = model.reduction
    assert reduction is not None  # noqa: S101

    def watched(u: Floats) -> tuple[Floats, Floats, Floats]:
        answer = reduction.normal_equations(u)
        if model.report(answer[0])[0] <= goal:
            raise Reached
        return answer

    watching = replace(model, reduction=replace(reduction, normal_equations=watched))
    return lambda start: void(solve(watching, starts=start[None]))


def lbfgs(ratings: Floats, bias: bool, goal: float) -> Callable[[Floats], None]:
    """SciPy's L-BFGS-B on the sum of squares.

    Its options were chosen for it: of maxcor 10, 20 and 50 the middle one is the quickest, and an
    ftol that neither gives up in a valley nor polishes a poor minimum for long.
    """
    rated = (~np.isnan(ratings)).astype(float)
    known = np.where(rated > 0, ratings, 0.0)
    users, movies = ratings.shape
    q = K + bias
    enough = goal**2 * rated.sum()

    def total(x: Floats) -> tuple[float, Floats]:
        V, U = x[: q * movies].reshape(q, movies), x[q * movies :].reshape(users, q)
        g = np.empty_like(x)
        gV, gU = g[: q * movies].reshape(q, movies), g[q * movies :].reshape(users, q)
        if bias:
            E = rated * (U[:, 1:] @ V[1:] + V[0] + U[:, :1]) - known
            np.matmul(U[:, 1:].T, E, out=gV[1:])
            np.matmul(E, V[1:].T, out=gU[:, 1:])
            gV[0], gU[:, 0] = E.sum(axis=0), E.sum(axis=1)
        else:
            E = rated * (U @ V) - known
            np.matmul(U.T, E, out=gV)
            np.matmul(E, V.T, out=gU)
        value = float(np.vdot(E, E))
        if value <= enough:
            raise Reached
        g *= 2
        return value, g

    options = {"maxiter": 10_000, "maxfun": 20_000, "maxcor": 20, "ftol": 1e-9, "gtol": 1e-6}
    return lambda start: void(
        scipy.optimize.minimize(total, start, jac=True, method="L-BFGS-B", options=options)
    )


def trf(model: Model, goal: float) -> Callable[[Floats], None]:
    """SciPy's least_squares, method trf."""
    residuals = model.residuals
    assert isinstance(residuals, Vectorized)  # noqa: S101
    jacobian = residuals.derivatives
    assert jacobian is not None  # noqa: S101

    def watched(x: Floats) -> Floats:
        r = residuals.values(x[None])[0]
        if np.sqrt(np.mean(r**2)) <= goal:
            raise Reached
        return r

    return lambda start: void(
        scipy.optimize.least_squares(
            watched, start, lambda x: jacobian(x[None])[0], method="trf", max_nfev=1000
        )
    )


def void(_: object) -> None:
    """Drop a result: only `Reached` counts."""


def to_the_end(model: str, ratings: Floats, bias: bool, goal: float, seeds: int) -> None:
    """The default solve from a single start, run until it stops of itself."""
    results = [solve(factor_model(ratings, K, bias=bias, seed=seed)) for seed in range(seeds)]
    objectives = [result.objective for result in results]
    print(f"\n{model}: the default solve from one start, to its own end")
    print(
        f"  hits {sum(each <= goal for each in objectives)} of {seeds}, "
        f"objective {min(objectives):.9f} to {max(objectives):.9f}, median "
        f"{statistics.median(result.iterations for result in results):.0f} iterations, "
        f"{1e3 * statistics.median(result.seconds for result in results):.1f} ms"
    )


def batch_or_loop(model: str, ratings: Floats, bias: bool, size: int) -> None:
    """The same starts as one batch of arrays and one by one."""
    options = Options(convergence=1e-6)
    problem = factor_model(ratings, K, bias=bias)
    reduction = problem.reduction
    assert reduction is not None  # noqa: S101
    # A search from many starts leads every other start only, see `sheetsim.solver.batch`.
    kinds = (reduction, replace(reduction, lead=lambda u: u, evaluations=0))
    assert problem.sample is not None  # noqa: S101
    drawn = problem.sample(np.random.default_rng(options.seed), size - 1)
    starts = np.concatenate([problem.start[None], drawn])
    began = time.perf_counter()
    batch = solve(problem, options, starts=size)
    between = time.perf_counter()
    loop = min(
        solve(replace(problem, start=start, reduction=kinds[i % 2]), options).objective
        for i, start in enumerate(starts)
    )
    took = between - began, time.perf_counter() - between
    print(f"\n{model}: multistart of {size}, convergence {options.convergence:g}")
    print(f"  one batch   {took[0]:7.2f} s  best {batch.objective:.9f}")
    print(f"  Python loop {took[1]:7.2f} s  best {loop:.9f}  ({took[1] / took[0]:.1f} times)")
