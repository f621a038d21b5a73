from typing import Any

import pytest

from sheetsim.errors import OptionError
from sheetsim.solver import Options

NAN, INF = float("nan"), float("inf")


BAD: dict[str, list[Any]] = {
    "precision": [0, -1e-6, NAN, INF, "small", None, True],
    "convergence": [0, -1.0, NAN, INF, "tight", None, False],
    "max_time": [0, -1, NAN, INF, "1s", True],
    "max_iterations": [0, -1, 2.5, NAN, "many", True],
    "derivatives": ["exact", "", "Central", None, 1],
    "population": [0, -1, 2.5, NAN, "many", None, True],
    "seed": [-1, 0.5, NAN, "x", None, True],
    "integer_tolerance": [-0.1, 2, NAN, INF, "1%", None, True],
    "max_subproblems": [0, -1, 2.5, NAN, "many", True],
    "mutation_rate": [-0.1, 1.5, NAN, "often", None, True],
    "max_stall": [0, -1, 2.5, NAN, "long", None, True],
    "max_stall_time": [0, -1, NAN, INF, "1s", True],
    "ignore_integers": [1, 0, "yes", None],
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_named_with_what_was_given_and_what_is_expected(
    name: str,
) -> None:
    for value in BAD[name]:
        with pytest.raises(OptionError) as caught:
            Options(**{name: value})
        message = str(caught.value)
        given = value if isinstance(value, str) and value else repr(value)
        assert message.startswith(f"{name} is {given}; expected ")
        assert "\n" not in message


def test_every_option_has_its_bad_values_tested() -> None:
    assert set(BAD) == set(Options.names())


def test_options_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Options().seed = 1  # type: ignore[misc]


def test_numbers_of_other_types_are_numbers() -> None:
    import numpy as np

    numbers: dict[str, Any] = {"max_iterations": np.int64(3), "precision": np.float32(1e-3)}
    options = Options(max_time=1, **numbers)
    assert options.max_iterations == 3
