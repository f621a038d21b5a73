"""Names and defaults that help and refusals need, read from the files that have them.

Nothing of NumPy is imported for that: see `sheetsim.module_text`.
"""

from __future__ import annotations

import ast
from typing import Any

from sheetsim.module_text import calls, constant, default, field_default, source_of
from sheetsim.option_values import named

SURFACES = "sheetsim.racing.surfaces"
LESSONS = {"digits": "sheetsim.learn.digits", "movielens": "sheetsim.learn.movielens"}


def optimizer_names() -> tuple[str, ...]:
    """Those that train and race, in the order of their sheets."""
    from sheetsim.topics.gradient_descent._outlines import in_training

    return tuple(in_training())


def engine_names() -> tuple[str, ...]:
    """The spreadsheet engines, in alphabetical order."""
    from sheetsim.engines.choice import names

    return names()


def peer_names() -> tuple[str, ...]:
    """Other solvers that take part beside ours, in alphabetical order."""
    from sheetsim.peers.choice import names

    return names()


def surface_names() -> tuple[str, ...]:
    """The loss surfaces, in the order of their file."""
    try:
        names = [call["name"] for call in calls(source_of(SURFACES), "Surface")]
        return tuple(ast.literal_eval(name) for name in names)
    except (ValueError, SyntaxError, KeyError):
        return tuple(constant(SURFACES, "SURFACES"))


def require_named(name: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Refuse a name that is none of those that there are.

    Raises:
        OptionError: naming the option, what was given, and those that there are.
    """
    for one in given:
        named(name, one, known)


def require_engines(given: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Refuse a name that is no engine's.

    Raises:
        OptionError: naming it, and those that there are.
    """
    from sheetsim.engines.choice import require_known

    require_known(given, known)


def having(name: str) -> str:
    """Which optimizers have a parameter, and its default or defaults: for the help."""
    from sheetsim.topics.gradient_descent._outlines import in_training

    defaults = {one: hyper[name] for one, hyper in in_training().items() if name in hyper}
    *others, last = defaults
    names = f"{', '.join(others)} and {last}" if others else last
    values = " or ".join(f"{value:g}" for value in dict.fromkeys(defaults.values()))
    return f"of {names} [{values}]"


def of_solver(name: str) -> str:
    """The default of an option of our solver, for the help."""
    value = field_default("sheetsim.solver.options", "Options", name)
    return f"{value:g}" if isinstance(value, float) else str(value)


def of_lesson(lesson: str, name: str) -> Any:
    """A constant of the lesson `digits` or `movielens`, or the default of its learner."""
    learner = {"digits": "digits_learner", "movielens": "collab_learner"}[lesson]
    if name.isupper():
        return constant(LESSONS[lesson], name)
    return default(LESSONS[lesson], learner, name)
