"""All optimizers, found by looking into the folder."""

import functools
import importlib

from sheetsim.topics import gradient_descent
from sheetsim.topics._discovery import public_modules
from sheetsim.topics.gradient_descent._optimizer import Optimizer


@functools.cache
def optimizers() -> tuple[Optimizer, ...]:
    """The `OPTIMIZER` of every file of this folder that holds one, in the order of the sheets."""
    modules = map(importlib.import_module, public_modules(gradient_descent))
    held = [getattr(module, "OPTIMIZER", None) for module in modules]
    found = [one for one in held if isinstance(one, Optimizer)]
    return tuple(sorted(found, key=lambda one: (one.order, one.name)))
