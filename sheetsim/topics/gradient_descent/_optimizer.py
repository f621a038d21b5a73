"""What an optimizer's file says of it, and what follows from that: its trace and its inputs.

An optimizer brings its maths (`Variant`) and, written separately, the formula of each of its
columns; `_optimizer_sheet` has the layout that all of them share.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sheetsim.data import Points, as_points
from sheetsim.errors import OptionError
from sheetsim.option_values import LARGEST, one_of, real, whole
from sheetsim.sheet import Array, Valid
from sheetsim.topics._lesson import Inputs, Plan, Topic, Try
from sheetsim.topics.gradient_descent import MAX_STEPS, _steps
from sheetsim.topics.gradient_descent._optimizer_sheet import optimizer_sheet
from sheetsim.topics.gradient_descent._steps import Variant, state_names
from sheetsim.topics.gradient_descent.data import line_of

RANGES = {
    "lr": Valid(0, above=True),
    "beta1": Valid(0, 0.9999999),
    "beta2": Valid(0, 0.9999999),
    "epsilon": Valid(0, 1),
    "h": Valid(0, above=True),
    "anneal_above": Valid(0, above=True),
    "anneal_by": Valid(0, above=True),
}
"""What each parameter may be."""


@dataclass(frozen=True)
class Extra:
    """A column that shows something and steers nothing.

    Attributes:
        name: its heading.
        formula: template, as in `sheetsim.sheet.table`.
        values: (frame of the steps, inputs) -> (steps,).
        before: the column that it stands before; "" for the end.
    """

    name: str
    formula: str
    values: Callable[[pd.DataFrame, Mapping[str, float]], Array]
    before: str = ""


@dataclass(frozen=True)
class Optimizer:
    """An optimizer: two variants of its maths, and of its formulas.

    Attributes:
        name: of topic and sheet.
        title: heading of the sheet.
        order: place among the sheets.
        summary: one line for lists.
        rules: variant -> the rule in a line, for the sheet.
        differences: variant -> what sets it apart from the other, for the sheet.
        state: the pairs that it carries from step to step: "m", "v".
        variants: "lecture" and "textbook".
        formulas: variant -> column -> template, for the state and new_b, new_a.
        extras: further columns.
        tries: see `Topic`.
    """

    name: str
    title: str
    order: int
    summary: str
    rules: Mapping[str, str]
    differences: Mapping[str, str]
    state: tuple[str, ...]
    variants: Mapping[str, Variant]
    formulas: Mapping[str, Mapping[str, str]]
    extras: tuple[Extra, ...]
    tries: tuple[Try, ...]

    def topic(self) -> Topic:
        """The optimizer as a topic."""
        return Topic(
            name=self.name,
            title=self.title,
            summary=self.summary,
            sheet=functools.partial(optimizer_sheet, self),
            tries=self.tries,
            order=self.order,
            needs=("data",),
            options=self._options(),
            given=self._given,
            trace=self.trace,
        )

    # The maths ---------------------------------------------------------------------------

    def trace(
        self,
        points: Any = None,
        epochs: int = 1,
        variant: str = "lecture",
        state: Sequence[float] | None = None,
        **settings: float | None,
    ) -> pd.DataFrame:
        """The steps of a run; see `sheetsim.trace`."""
        line = as_points(points)
        chosen = self.variants[one_of(*self.variants)("variant", variant)]
        epochs = whole(1, MAX_STEPS // line.n)("epochs", epochs)
        values = self.settings(chosen, settings)
        names = state_names(self.state)
        if state is None:
            pairs, prev_grad2 = _steps.reset(chosen, self.state, line, values)
        else:
            pairs, prev_grad2 = self._given_state(chosen, names, state)
        values |= dict(zip((f"start_{name}" for name in names), np.ravel(pairs), strict=False))
        values["start_prev_grad2"] = prev_grad2
        return self.frame(chosen, line, epochs, values)

    def range_of(self, name: str) -> Valid:
        """What a parameter or a start value may be."""
        return RANGES.get(name, Valid())

    def settings(self, variant: Variant, given: Mapping[str, float | None]) -> dict[str, float]:
        """Parameters and start, the given ones checked."""
        values = {"start_b": 1.0, "start_a": 1.0, **variant.hyper}
        for name, value in given.items():
            key = f"start_{name}" if name in ("a", "b") else name
            if value is None:
                continue
            if key not in values:
                raise OptionError(f"{self.name} has no {name}; it has {', '.join(variant.hyper)}")
            valid = self.range_of(key)
            values[key] = real(valid.low, valid.high, above=valid.above)(name, value)
        return values

    def _given_state(
        self, variant: Variant, names: tuple[str, ...], state: Sequence[float]
    ) -> tuple[_steps.State, float]:
        """The state that a caller brings, and prev_grad2, which may come last."""
        flat = [real()(f"state[{i}]", value) for i, value in enumerate(np.ravel(state))]
        extra = len(flat) - len(names)
        if extra not in ((0, 1) if variant.anneals else (0,)):
            wanted = ", ".join(names) + (" and, if you like, prev_grad2" * variant.anneals)
            raise OptionError(
                f"state has {len(flat)} numbers; {self.name} expects "
                f"{wanted or 'none: it carries nothing over'}"
            )
        pairs = tuple(np.array(flat[i : i + 2]) for i in range(0, len(names), 2))
        if extra:
            return pairs, flat[-1]
        return pairs, (_steps.gradient_size(pairs) if variant.anneals else 0.0) or LARGEST

    def frame(
        self, variant: Variant, line: Points, epochs: int, values: Mapping[str, float]
    ) -> pd.DataFrame:
        """All columns of the sheet, from the values of its inputs."""
        start = np.array([values["start_b"], values["start_a"]])
        flat = [values[f"start_{name}"] for name in state_names(self.state)]
        pairs = tuple(np.array(flat[i : i + 2]) for i in range(0, len(flat), 2))
        hyper = {name: values[name] for name in variant.hyper}
        prev_grad2 = values.get("start_prev_grad2", np.nan)
        result = _steps.run(variant, self.state, line, epochs, start, hyper, pairs, prev_grad2)
        frame = _steps.as_frame(result)
        with np.errstate(all="ignore"):
            for extra in self.extras:
                names = list(frame.columns)
                where = names.index(extra.before) if extra.before else len(names)
                column = np.asarray(extra.values(frame, values), dtype=float)
                frame.insert(where, extra.name, np.where(np.isfinite(column), column, np.nan))
        return frame

    def _options(self) -> tuple[str, ...]:
        """The workbook's options that this optimizer has, in either variant."""
        hyper = {name for variant in self.variants.values() for name in variant.hyper}
        return tuple(name for name in ("a", "b", "lr", "beta1", "beta2") if name in {*hyper, *"ab"})

    def _given(self, plan: Plan, given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs of a new sheet: the options that this optimizer has, and the Reset state."""
        variant = self.variants[plan["variant"]]
        known = ("a", "b", *variant.hyper)
        settings = {name: options[name] for name in known if options.get(name) is not None}
        values = self.settings(variant, settings)
        line = line_of(given["data"])
        pairs, prev_grad2 = _steps.reset(variant, self.state, line, values)
        starts = (f"start_{name}" for name in state_names(self.state))
        values |= dict(zip(starts, np.ravel(pairs), strict=True))
        if variant.anneals:
            values["start_prev_grad2"] = prev_grad2
        ended = self.frame(variant, line, plan["epochs"], values).attrs
        if ended["diverged"]:
            raise OptionError(f"{self.name} {ended['status']}, which was {values['lr']:g}")
        return values
