"""The optimizers' rules for parameters of any shape: the very functions of the topics.

A rule is `x, state = step(x, grad, state, **hyper)`, written once, in the file of its topic, for
the two numbers of a line; it is arithmetic on arrays and does not care how many there are. It is
the textbook variant (as in PyTorch) that is wanted here.

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
from sheetsim.sheet import Array
from sheetsim.topics.gradient_descent import adam, momentum, rmsprop, sgd

State = tuple[Array, ...]


@dataclass(frozen=True)
class Rule:
    """An optimizer.

    Attributes:
        name: of its topic.
        init: x -> the state before the first step.
        step: (x, grad, state, lr=..., t=..., further hyperparameters) -> x and state after it.
        hyper: hyperparameters besides lr, and their defaults.
        momentum: the one of them that a one-cycle schedule moves; "" for none.
    """

    name: str
    init: Callable[[Array], State]
    step: Callable[..., tuple[Any, Any]]
    hyper: Mapping[str, float]
    momentum: str = ""


RULES = {
    rule.name: rule
    for rule in (
        Rule("sgd", sgd.init, sgd.step, {}),
        Rule("momentum", momentum.init, momentum.textbook, {"beta1": 0.9}, "beta1"),
        Rule("rmsprop", rmsprop.init_textbook, rmsprop.textbook, {"beta2": 0.99, "epsilon": 1e-8}),
        Rule(
            "adam",
            adam.init_textbook,
            adam.textbook,
            {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8},
            "beta1",
        ),
    )
}
"""By name; the defaults are fast.ai's (betas 0.9 and 0.99) where it has some."""


def rule_of(name: str, hyper: Mapping[str, float]) -> tuple[Rule, dict[str, float]]:
    """A rule and all of its hyperparameters, the given ones in place of the defaults.

    Raises:
        OptionError: no rule of that name, or it has no such hyperparameter.
    """
    if name not in RULES:
        raise OptionError(f"optimizer is {name!r}; expected one of {', '.join(RULES)}")
    rule = RULES[name]
    unknown = sorted(set(hyper) - set(rule.hyper))
    if unknown:
        raise OptionError(
            f"{name} has no {unknown[0]}; it has {', '.join(rule.hyper) or 'none but lr'}"
        )
    return rule, {**rule.hyper, **hyper}
