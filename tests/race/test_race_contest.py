"""The race: who wins, how rates are tuned, what may be asked."""

import json
from typing import Any

import numpy as np
import pytest

import sheetsim
from sheetsim.errors import OptionError
from sheetsim.learn.rules import RULES
from sheetsim.racing.contest import RATES, Chosen, race
from sheetsim.racing.surfaces import SURFACES


def test_the_grid_is_what_the_rule_says() -> None:
    """57 rates, 8 a decade, from 1e-6 to 10."""
    assert len(RATES) == 57
    np.testing.assert_allclose(RATES[[0, -1]], [1e-6, 10], rtol=1e-14)
    np.testing.assert_allclose(RATES[8:] / RATES[:-8], 10, rtol=1e-12)


@pytest.mark.parametrize("surface", list(SURFACES))
@pytest.mark.parametrize("name", list(RULES))
def test_the_tuned_rate_is_the_best_of_the_grid(name: str, surface: str) -> None:
    """Each rate raced by itself: none that ends below the start ends lower than the tuned one."""
    (tuned,) = race(surface, optimizers=name, steps=60).racers
    each = [race(surface, optimizers=name, steps=60, lr=lr).racers[0] for lr in RATES.tolist()]
    sound = [racer for racer in each if racer.can_win]
    least = min(racer.loss for racer in sound)
    first = next(racer for racer in sound if racer.loss == least)
    assert (tuned.lr, tuned.loss) == (first.lr, least)
    np.testing.assert_array_equal(tuned.path, first.path)
    assert tuned.chosen.startswith("tuned")
    assert first.chosen == "given"


def test_the_first_of_equals() -> None:
    """At the minimum all stay, at every rate."""
    result = race("line", start=(30, 2), steps=5)
    assert [racer.lr for racer in result.racers] == [RATES[0]] * len(RULES)
    assert {racer.chosen for racer in result.racers} == {"tuned, at the grid's end"}
    assert result.winner == "sgd"
    assert f"sgd, the first of {len(RULES)} equals, has the least loss" in result.status


def test_tuning_in_vain() -> None:
    """Noise carries everyone away from where the loss is 0."""
    result = race("line", start=(30, 2), steps=5, noise=1.0)
    assert {racer.chosen for racer in result.racers} == {"tuned, in vain"}
    assert result.winner == ""
    assert result.status == "line, 5 steps from (30, 2): nobody ended below the start"


def test_the_winner_has_the_least_loss_of_those_that_are_sound() -> None:
    rates = {"sgd": 1.0, "momentum": 1e-5, "rmsprop": 1e9, "adam": 1.0}
    result = race("line", optimizers=list(rates), lr=rates)
    by_name = {racer.optimizer: racer for racer in result.racers}
    assert by_name["sgd"].status.startswith("diverged in step ")
    assert by_name["rmsprop"].status == "ended above its start"
    assert not by_name["sgd"].can_win
    assert by_name["sgd"].loss == float("inf")
    assert np.isnan(by_name["sgd"].distance)
    assert result.winner == "adam"
    assert by_name["adam"].loss < by_name["momentum"].loss
    assert result.status.endswith("; 2 of 4 diverged or ended above the start")
    assert result.tuning == ""


def test_of_equal_losses_the_sooner_at_the_goal_wins() -> None:
    """Plain descent on the saddle ends at exactly 0, and so does RMSProp, sooner at the goal."""
    result = race("saddle", optimizers=["sgd", "rmsprop"])
    assert [racer.loss for racer in result.racers] == [0, 0]
    steps = {racer.optimizer: racer.reached for racer in result.racers}
    assert result.winner == min(steps, key=lambda name: steps[name] or 0)
    assert steps["sgd"] != steps["rmsprop"]


def test_what_a_racer_says_of_itself() -> None:
    result = race("rosenbrock", optimizers="adam", lr=0.5, steps=200)
    (racer,) = result.racers
    surface = SURFACES["rosenbrock"]
    assert racer.path.shape == (201, 2)
    np.testing.assert_array_equal(racer.path[0], surface.start)
    np.testing.assert_array_equal(racer.losses, surface.loss(racer.path))
    assert racer.distance == pytest.approx(np.linalg.norm(racer.path[-1] - 1), rel=1e-12)
    assert racer.reached is not None
    assert racer.losses[racer.reached] <= result.goal < racer.losses[: racer.reached].min()
    assert result.goal == pytest.approx(24.2e-3)


def test_all_have_the_same_noise() -> None:
    """Two that take the same steps without noise, momentum with beta1 0 and sgd, do so with it."""
    result = race(optimizers=["sgd", "momentum"], lr=1e-5, beta1=0, noise=100.0, seed=9)
    np.testing.assert_array_equal(result.racers[0].path, result.racers[1].path)
    other = race(optimizers=["sgd"], lr=1e-5, noise=100.0, seed=10)
    assert (other.racers[0].path[1:] != result.racers[0].path[1:]).all()


def test_hyperparameters() -> None:
    result = race(steps=3, beta1=0.5, lr={"adam": 0.25})
    hyper = {racer.optimizer: dict(racer.hyper) for racer in result.racers}
    assert hyper["sgd"] == {}
    assert hyper["momentum"] == {"beta1": 0.5}
    assert hyper["rmsprop"] == dict(RULES["rmsprop"].hyper)
    assert hyper["adam"] == {**RULES["adam"].hyper, "beta1": 0.5}
    chosen = {racer.optimizer: racer.chosen for racer in result.racers}
    assert chosen["adam"] is Chosen.GIVEN
    assert chosen["sgd"] is Chosen.TUNED
    assert (str(chosen["adam"]), str(chosen["sgd"])) == ("given", "tuned")
    assert result.tuning.startswith("of 57 rates")


def test_optimizers_are_taken_once_in_their_order() -> None:
    result = race(optimizers=["adam", "sgd", "adam"], steps=1)
    assert [racer.optimizer for racer in result.racers] == ["adam", "sgd"]


def test_as_dict_is_plain_and_the_api_is_the_same() -> None:
    result = sheetsim.race("beale", steps=7)
    as_dict = result.as_dict()
    assert json.loads(json.dumps(as_dict)) == as_dict == race("beale", steps=7).as_dict()
    assert as_dict["start"] == [1.0, 1.0]
    assert as_dict["minima"] == [[3.0, 0.5]]
    assert [racer["optimizer"] for racer in as_dict["racers"]] == list(RULES)


def test_progress_counts_the_optimizers() -> None:
    reported: list[int] = []
    sheetsim.race("saddle", steps=1, progress=lambda _, done: reported.append(done))
    assert sum(reported) == len(RULES)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"surface": "sadle"}, "surface is 'sadle'; expected one of line, rosenbrock, beale, saddle"),
    ({"surface": 3}, "surface is 3; expected one of"),
    ({"optimizers": "adamw"}, "optimizer is 'adamw'; expected one of sgd, momentum"),
    ({"optimizers": ["adam", 1]}, "optimizer is 1; expected one of"),
    ({"steps": 0}, "steps is 0; expected a whole number from 1 to 100,000"),
    ({"steps": 100_001}, "steps is 100001; expected"),
    ({"steps": 2.5}, "steps is 2.5; expected"),
    ({"lr": 0}, "lr is 0; expected a number above 0"),
    ({"lr": float("nan")}, "lr is nan; expected"),
    ({"lr": {"adam": -1}}, "lr for adam is -1; expected a number above 0"),
    ({"lr": {"adma": 1}}, "lr is given for 'adma'; expected one of sgd, momentum"),
    ({"lr": {"adam": 1}, "optimizers": ["sgd"]}, "lr is given for 'adam'; expected one of sgd"),
    ({"beta1": 1.0}, "beta1 is 1.0; expected a number from 0 to 0.9999999"),
    ({"beta2": -0.1}, "beta2 is -0.1; expected"),
    ({"beta1": 0.5, "optimizers": ["sgd", "rmsprop"]}, "there is none in sgd, rmsprop"),
    ({"start": 3}, "start is 3; expected two numbers from -1e+06 to 1e+06"),
    ({"start": (1,)}, "start is 1; expected two numbers"),
    ({"start": "12"}, "start is '12'; expected two numbers"),
    ({"start": (1, 2, 3)}, "start is 1 2 3; expected two numbers"),
    ({"start": (1, 1e7)}, "start is 1 10000000.0; expected two numbers"),
    ({"start": (1, "x\ny")}, "expected two numbers"),
    ({"noise": -1}, "noise is -1; expected a number from 0 to 1000000"),
    ({"seed": -1}, "seed is -1; expected a whole number from 0"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        sheetsim.race(**options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
