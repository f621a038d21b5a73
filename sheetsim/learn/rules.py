"""The optimizers' rules for parameters of any shape: the very functions of the topics.

A rule is `x, state = step(x, grad, state, *, lr, ...)`, written once, in the file of its topic,
for the two numbers of a line; it is arithmetic on arrays and does not care how many there are. It
is the textbook variant (as in PyTorch) that is wanted here. Every file of
`sheetsim.topics.gradient_descent` whose `OPTIMIZER` says how it is used in training has its rule
here; its parameters' defaults are those that the file gives for it.

Weight decay is decoupled from the rule, as in AdamW and in fast.ai's library for every
optimizer: the weights shrink by the factor 1 - lr weight_decay before the step. The same idea in
the loss, loss + weight_decay sum(w^2), is the learner's business.

Sources: see the topics. Decoupled decay: Loshchilov and Hutter, Decoupled Weight Decay
Regularization (2019).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetsim.errors import OptionError
from sheetsim.option_values import named
from sheetsim.sheet import Array
from sheetsim.topics.gradient_descent._all import optimizers

State = tuple[Array, ...]


@dataclass(frozen=True)
class Rule:
    """An optimizer, off its sheet.

    Attributes:
        name: of its topic.
        init: x -> the state before the first step.
        step: (x, grad, state, lr=..., t=..., further hyperparameters) -> x and state after it.
        checked: (name of a hyperparameter, value) -> the value; raises OptionError.
        hyper: hyperparameters besides lr, and their defaults.
        digits_lr: the learning rate for digits, if none is given.
        momentum: the one of them that a one-cycle schedule moves; "" for none.
        swept: those that a sweep can vary, the default first.
    """

    name: str
    init: Callable[[Array], State]
    step: Callable[..., tuple[Any, Any]]
    checked: Callable[[str, Any], float]
    hyper: Mapping[str, float]
    digits_lr: float
    momentum: str
    swept: tuple[str, ...]


def _found() -> dict[str, Rule]:
    """The rules of all files that hold an optimizer for training, in the order of the sheets."""
    return {
        one.name: Rule(
            one.name,
            one.textbook.init,
            one.textbook.step,
            one.checked,
            one.training.hyper,
            one.training.digits_lr,
            one.training.momentum,
            one.training.swept,
        )
        for one in optimizers()
        if one.training is not None
    }


RULES = _found()
"""By name, in the order of the sheets."""


def rule_of(name: str, hyper: Mapping[str, float]) -> tuple[Rule, dict[str, float]]:
    """A rule and all of its hyperparameters, the given ones in place of the defaults.

    Raises:
        OptionError: no rule of that name, it has no such hyperparameter, or a value that this may
            not have.
    """
    rule = RULES[named("optimizer", name, RULES)]
    unknown = sorted(set(hyper) - set(rule.hyper))
    if unknown:
        raise OptionError(
            f"{name} has no {unknown[0]}; it has {', '.join(rule.hyper) or 'none but lr'}"
        )
    checked = {key: rule.checked(key, value) for key, value in hyper.items()}
    return rule, {**rule.hyper, **checked}
