"""Samples of sweeps: few cases, by a seed that all processes of a run share."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import (
    Sample,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_configure_node,
    which,
)


def config(*, whole: bool = False, seed: int | None = 1, **more: Any) -> Any:
    return SimpleNamespace(option=SimpleNamespace(all=whole, sample_seed=seed), **more)


def test_a_seed_draws_the_same_cases_again_in_their_order() -> None:
    first, again, other = (Sample(config(seed=s), "test")(range(100), 10) for s in (1, 1, 2))
    assert first == again == sorted(set(first))
    assert len(first) == 10
    assert first != other
    assert first != Sample(config(), "another test")(range(100), 10)


def test_all_of_few_cases_or_if_it_is_asked_for() -> None:
    assert Sample(config(), "test")("abc", 3) == ["a", "b", "c"]
    assert Sample(config(whole=True), "test")(range(100), 10) == list(range(100))


def test_processes_take_the_seed_of_the_one_that_started_them() -> None:
    first, second = config(seed=None), config(seed=None)
    pytest_configure(first)
    node = SimpleNamespace(config=first, workerinput={})
    pytest_configure_node(node)
    second.workerinput = node.workerinput
    pytest_configure(second)
    assert first.option.sample_seed == second.option.sample_seed is not None
    assert which(first) == which(second)
    assert f"--sample-seed={first.option.sample_seed}" in which(first)


def test_a_seed_that_is_asked_for_is_kept(request: pytest.FixtureRequest) -> None:
    asked = config(seed=5, workerinput={"sample_seed": 6})
    pytest_configure(asked)
    assert asked.option.sample_seed == 5
    assert request.config.option.sample_seed is not None


@dataclass(eq=False)
class Item:
    """A test as pytest collects it, with the mark or without."""

    nodeid: str
    most: int | None

    def get_closest_marker(self, name: str) -> Any:
        assert name == "sampled"
        return None if self.most is None else SimpleNamespace(args=(self.most,))


def kept(**options: Any) -> list[str]:
    told: list[Any] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: told.extend(items))
    items: list[Any] = [Item("a.py::one", None)]
    items += [Item(f"a.py::many[{i}]", 3) for i in range(20)]
    items += [Item("b.py::many[0]", 3)]
    before = len(items)
    pytest_collection_modifyitems(config(hook=hook, **options), items)
    assert len(items) + len(told) == before
    return [each.nodeid for each in items]


def test_of_a_test_with_the_mark_a_few_cases_are_run() -> None:
    some = kept(seed=1)
    assert (some[0], some[-1], len(some)) == ("a.py::one", "b.py::many[0]", 5)
    assert some == kept(seed=1) != kept(seed=2)
    assert len(kept(whole=True)) == 22
