"""What a caller of a race or a sweep gives, checked in one place for API and command line."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sheetsim.errors import OptionError, OptionName, shown
from sheetsim.learn.rules import RULES
from sheetsim.option_values import BELOW_1, Parse, named, real, whole
from sheetsim.racing.surfaces import SURFACES, Pair, Surface

MAX_STEPS = 100_000
"""Most steps of a run: a race keeps all places of all runs."""

MAX_RUNS = 1_000_000
"""Most runs of a sweep: a batch has a dozen arrays of twice that many numbers."""

MAX_SIDE = 1000
"""Most rates, and most betas, of a sweep."""

FARTHEST = 1e6
"""Farthest start, in each direction."""

beta_of = real(0, BELOW_1)

steps_of = whole(1, MAX_STEPS)
seed_of = whole(0, 2**32 - 1)
noise_of = real(0, 1e6)
count_of = whole(1, 10_000)
rate_of = real(0, above=True)


def surface_of(name: Any) -> Surface:
    """The surface of that name.

    Raises:
        OptionError: there is none.
    """
    return SURFACES[named("surface", name, SURFACES)]


def start_of(surface: Surface, start: Any) -> Pair:
    """Where to start: the surface's own place, or two numbers."""
    if start is None:
        return surface.start
    parse = real(-FARTHEST, FARTHEST)
    try:
        first, second = (parse("start", number) for number in _numbers(start))
    except (TypeError, ValueError):
        expected = f"two numbers from {-FARTHEST:g} to {FARTHEST:g}"
        raise OptionError(
            OptionName("start"), f" is {_shown(start)}; expected {expected}"
        ) from None
    return first, second


def optimizers_of(names: str | Sequence[str] | None) -> tuple[str, ...]:
    """Names of optimizers, each once: the given ones, or all."""
    given = (names,) if isinstance(names, str) else tuple(names or RULES)
    return tuple(dict.fromkeys(named("optimizer", name, RULES) for name in given))


def rates_of(lr: Any, optimizers: Sequence[str]) -> dict[str, float]:
    """The learning rates that are given, by optimizer: one for all, or a mapping, or none."""
    if lr is None:
        return {}
    if not isinstance(lr, Mapping):
        rate = float(rate_of("lr", lr))
        return dict.fromkeys(optimizers, rate)
    for name in lr:
        if name not in optimizers:
            raise OptionError(
                OptionName("lr"), f" is given for {name!r}; expected one of {', '.join(optimizers)}"
            )
    return {name: rate_of(f"lr for {name}", value) for name, value in lr.items()}


def hyper_of(optimizers: Sequence[str], given: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Every optimizer's parameters besides lr: the given ones where it has them, or the defaults.

    Raises:
        OptionError: a value out of range, or a parameter that none of the optimizers has.
    """
    wanted = {name: value for name, value in given.items() if value is not None}
    for name, value in wanted.items():
        if not any(name in RULES[optimizer].hyper for optimizer in optimizers):
            raise OptionError(
                OptionName(name),
                f" is {_shown(value)}, and there is none in {', '.join(optimizers)}",
            )
    return {
        name: {
            key: RULES[name].checked(key, wanted.get(key, default))
            for key, default in RULES[name].hyper.items()
        }
        for name in optimizers
    }


def span_of(name: str, given: Any, parse: Parse, expected: str) -> tuple[float, float, int]:
    """The lowest, the highest and how many.

    Args:
        name: of the option.
        given: three numbers, the first below the second.
        parse: of the first two.
        expected: what they may be, in words.
    """
    try:
        first, last, count = _numbers(given)
        low, high, n = parse(name, first), parse(name, last), whole(2, MAX_SIDE)(name, count)
        if low < high:
            return low, high, n
    except (TypeError, ValueError):  # and OptionError, which is a ValueError
        pass
    raise OptionError(
        OptionName(name),
        f" is {_shown(given)}; expected LOW and HIGH {expected}, LOW below HIGH, and how "
        f"many, 2 to {MAX_SIDE:,}",
    )


def _numbers(given: Any) -> list[Any]:
    """What an option of several numbers holds; a text's letters are no numbers."""
    if isinstance(given, str):
        raise TypeError(given)
    return list(given)


def _shown(given: Any) -> str:
    """Numbers as they are typed, side by side; anything else as Python has it."""
    if isinstance(given, Sequence) and not isinstance(given, str):
        words = " ".join(map(str, given))
        return words if words.isprintable() and len(words) <= 80 else shown(words)
    return shown(given)


def plain(values: Any) -> list[Any]:
    """An array as lists of Python's numbers."""
    return list(np.asarray(values).tolist())
