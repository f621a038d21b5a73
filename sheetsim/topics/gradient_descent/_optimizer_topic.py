"""An optimizer as a topic of the workbook: its sheet, its options, what its inputs start with."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.errors import OptionError
from sheetsim.topics._lesson import Inputs, Plan, Topic
from sheetsim.topics.gradient_descent import _steps
from sheetsim.topics.gradient_descent._optimizer import Optimizer
from sheetsim.topics.gradient_descent._optimizer_sheet import optimizer_sheet
from sheetsim.topics.gradient_descent._parameters import in_order
from sheetsim.topics.gradient_descent._steps import state_names
from sheetsim.topics.gradient_descent.data import line_of


def topic_of(optimizer: Optimizer) -> Topic:
    """The topic that an optimizer's file holds."""
    variants = [one for one in (optimizer.lecture, optimizer.textbook) if one is not None]
    own = [name for variant in variants for name in variant.hyper]
    return Topic(
        name=optimizer.name,
        title=optimizer.title,
        summary=optimizer.summary,
        sheet=functools.partial(optimizer_sheet, optimizer),
        tries=optimizer.tries,
        order=optimizer.order,
        needs=("data",),
        options=("a", "b", *in_order(own)),
        unused=functools.partial(_unused, optimizer),
        given=functools.partial(_given, optimizer),
        trace=optimizer.trace,
        terms=optimizer.terms,
    )


def _unused(optimizer: Optimizer, options: Mapping[str, Any]) -> dict[str, str]:
    """The parameters that only the other variant has, each with a hint."""
    name, variant = optimizer.variant(options["variant"])
    every = {**(optimizer.lecture or variant).hyper, **optimizer.textbook.hyper}
    other = "textbook" if name == "lecture" else "lecture"
    hint = f"the {other} variant of {optimizer.name} has it"
    return {one: hint for one in every if one not in variant.hyper}


def _given(
    optimizer: Optimizer, plan: Plan, given: Inputs, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Inputs of a new sheet: the options that this optimizer has, and the Reset state."""
    _, variant = optimizer.variant(plan["variant"])
    known = ("a", "b", *variant.hyper)
    settings = {name: options[name] for name in known if options.get(name) is not None}
    values = optimizer.settings(variant, settings)
    line = line_of(given["data"])
    pairs, prev_grad2 = _steps.reset(variant, optimizer.state, line, values)
    starts = (f"start_{name}" for name in state_names(optimizer.state))
    values |= dict(zip(starts, np.ravel(pairs), strict=True))
    if variant.anneals:
        values["start_prev_grad2"] = prev_grad2
    run = optimizer.frame(variant, line, plan["epochs"], values).attrs
    if run["diverged"]:
        raise OptionError(f"{optimizer.name} {run['status']}, which was {values['lr']:g}")
    return values
