"""The sweep: each cell as a race has it, and where momentum is known to converge."""

import json
from typing import Any

import numpy as np
import pytest

import sheetsim
from sheetsim.errors import OptionError
from sheetsim.learn.rules import RULES
from sheetsim.racing.contest import RATES, race
from sheetsim.racing.grid import sweep
from sheetsim.racing.surfaces import SURFACES


@pytest.mark.processor
@pytest.mark.parametrize(
    ("optimizer", "over"),
    [(rule.name, over) for rule in RULES.values() for over in rule.swept],
)
def test_a_cell_is_a_race_of_its_own(optimizer: str, over: str) -> None:
    ranges: dict[str, Any] = {"lr_range": (1e-4, 10, 6), "beta_range": (0, 0.99, 4)}
    result = sweep("rosenbrock", optimizer, over=over, steps=70, **ranges)
    assert result.losses.shape == (4, 6)
    for i, beta in enumerate(result.betas.tolist()):
        for j, lr in enumerate(result.lrs.tolist()):
            alone = race("rosenbrock", optimizers=optimizer, lr=lr, steps=70, **{over: beta})
            (racer,) = alone.racers
            assert result.failed[i, j] == (not racer.can_win)
            assert result.losses[i, j] == (racer.loss if racer.can_win else np.inf)
    assert result.best is not None
    assert result.losses[result.best] == result.losses.min()


def test_a_cell_is_the_median_over_the_seeds() -> None:
    """The seeds from the first on; one that fails counts as infinity."""
    settings: dict[str, Any] = {"steps": 80, "noise": 3e3}
    result = sweep(lr_range=(1e-5, 1e-3, 5), beta_range=(0, 0.98, 3), seed=11, seeds=4, **settings)
    assert result.seeds == (11, 12, 13, 14)
    assert 0 < np.isfinite(result.losses).sum() < 15
    for i, beta in enumerate(result.betas.tolist()):
        for j, lr in enumerate(result.lrs.tolist()):
            racers = [
                race(optimizers="momentum", lr=lr, beta1=beta, seed=seed, **settings).racers[0]
                for seed in result.seeds
            ]
            ends = [racer.loss if racer.can_win else np.inf for racer in racers]
            assert result.losses[i, j] == np.median(ends)
            assert result.failed[i, j] == np.isinf(ends).sum()


def test_momentum_converges_where_theory_says() -> None:
    """On a quadratic: if and only if lr < 2 (1 + beta1) / largest eigenvalue (Polyak)."""
    largest = np.linalg.eigvalsh(SURFACES["line"].hessian)[-1]
    result = sweep(lr_range=(1e-5, 1e-3, 60), beta_range=(0, 0.95, 25), steps=3000)
    limit = 2 * (1 + result.betas[:, None]) / largest / result.lrs
    sound = result.failed == 0
    assert sound[limit > 1.02].all()
    assert not sound[limit < 0.98].any()
    assert (limit > 1.02).any()
    assert (limit < 0.98).any()


def test_the_best_beta_is_near_polyaks() -> None:
    """((sqrt c - 1) / (sqrt c + 1))^2, when there are steps enough to tell."""
    root = np.sqrt(SURFACES["line"].condition)
    result = sweep(lr_range=(1e-5, 1e-3, 60), beta_range=(0.5, 0.999, 40), steps=1200)
    assert result.best is not None
    best = result.betas[result.best[0]]
    assert 1 - best == pytest.approx(1 - ((root - 1) / (root + 1)) ** 2, rel=0.35)


def test_the_grid() -> None:
    result = sweep(lr_range=(1e-3, 1e3, 7), beta_range=(0, 0.999, 4), steps=1)
    np.testing.assert_allclose(result.lrs, [1e-3, 1e-2, 1e-1, 1, 10, 100, 1000])
    np.testing.assert_allclose(result.betas, [0, 0.9, 0.99, 0.999])
    assert (result.betas[0], result.betas[-1]) == (0, 0.999)
    assert result.lrs[0] == 1e-3
    default = sweep(steps=1)
    assert default.losses.shape == (40, 57)
    np.testing.assert_allclose(default.lrs, RATES)


def test_what_is_swept_by_default() -> None:
    small: dict[str, Any] = {"lr_range": (1e-3, 1, 2), "beta_range": (0, 0.9, 2), "steps": 1}
    assert sweep(optimizer="momentum", **small).over == "beta1"
    assert sweep(optimizer="rmsprop", **small).over == "beta2"
    assert set(SWEPT) >= {"momentum", "rmsprop", "adam"}
    adam = sweep(optimizer="adam", beta2=0.5, **small)
    assert (adam.over, dict(adam.hyper)) == ("beta1", {"beta2": 0.5, "epsilon": 1e-8})


def test_none_ends_below_the_start() -> None:
    result = sheetsim.sweep(lr_range=(1, 2, 3), beta_range=(0, 0.9, 2))
    assert result.best is None
    assert np.isinf(result.losses).all()
    assert result.status == "momentum on line, 6 runs of 300 steps: none ended below the start"
    assert result.frame()["loss"].isna().all()
    assert result.as_dict()["best"] is None


def test_frame_and_dict_hold_the_grid() -> None:
    result = sheetsim.sweep("beale", "adam", lr_range=(1e-2, 100, 5), beta_range=(0, 0.9, 3))
    frame = result.frame()
    assert list(frame.columns) == ["beta1", "lr", "loss", "runs", "failed"]
    wide = frame.pivot_table(index="beta1", columns="lr", values="loss", dropna=False)
    np.testing.assert_array_equal(wide, np.where(np.isinf(result.losses), np.nan, result.losses))
    np.testing.assert_array_equal(wide.index, result.betas)
    as_dict = result.as_dict()
    json.dumps(as_dict)
    assert as_dict["losses"] == result.losses.tolist()
    assert as_dict["best"]["loss"] == result.losses.min()
    assert as_dict["best"]["lr"] in as_dict["lrs"]


def test_progress_counts_the_steps() -> None:
    reported: list[int] = []
    small: dict[str, Any] = {"lr_range": (1e-3, 1, 2), "beta_range": (0, 0.9, 2), "steps": 100}
    sheetsim.sweep(**small, progress=lambda _, done: reported.append(done))
    assert sum(reported) == 100


SWEPT = [rule.name for rule in RULES.values() if rule.swept]

BAD: list[tuple[dict[str, Any], str]] = [
    ({"optimizer": "sgd"}, f"'sgd', which has no beta; expected {', '.join(SWEPT)}"),
    ({"optimizer": "x"}, "optimizer is 'x'; expected one of"),
    ({"over": "beta2"}, "over is 'beta2'; momentum has beta1"),
    ({"beta1": 0.5}, "beta1 is 0.5, and it is swept; expected beta_range for it"),
    ({"beta2": 0.5}, "beta2 is 0.5, and there is none in momentum"),
    ({"lr_range": (1, 2)}, "lr_range is 1 2; expected LOW and HIGH above 0, LOW below HIGH, and"),
    ({"lr_range": (0, 2, 5)}, "lr_range is 0 2 5; expected"),
    ({"lr_range": (2, 1, 5)}, "lr_range is 2 1 5; expected"),
    ({"lr_range": (1, 2, 1)}, "lr_range is 1 2 1; expected"),
    ({"lr_range": (1, 2, 2.5)}, "lr_range is 1 2 2.5; expected"),
    ({"lr_range": None}, "lr_range is None; expected"),
    ({"lr_range": "123"}, "lr_range is '123'; expected"),
    ({"beta_range": (0, 1, 5)}, "beta_range is 0 1 5; expected LOW and HIGH from 0 to 0.9999999"),
    ({"beta_range": (0, 0.9, 1001)}, "beta_range is 0 0.9 1001; expected"),
    ({"seeds": 2}, "seeds is 2, and there is no noise to draw"),
    ({"seeds": 0}, "seeds is 0; expected a whole number from 1 to 10,000"),
    ({"seeds": 1000, "noise": 1}, "the sweep has 2,280,000 runs; expected 1,000,000 at most"),
    ({"steps": "many"}, "steps is many; expected"),
    ({"noise": -1}, "noise is -1; expected"),
    ({"start": (1, None)}, "start is 1 None; expected two numbers"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        sheetsim.sweep(**options)
    assert message in str(caught.value)
