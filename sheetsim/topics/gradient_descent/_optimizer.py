"""What an optimizer's file says of it, and what follows from that: its steps, as `trace` has them.

An optimizer is one file: its maths (a `Variant`: init and step) and, written separately, the
formula of each of its columns; how the learner and the races use it (`Training`), and what it is
called in PyTorch (`Torch`). Nothing is registered: `_all` finds every file of this folder that
holds an `OPTIMIZER`. `_optimizer_sheet` has the layout that their sheets share.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sheetsim.data import Points, as_points
from sheetsim.errors import OptionError
from sheetsim.option_values import LARGEST, one_of, real, whole
from sheetsim.sheet import Array, Valid
from sheetsim.topics._tries import Try
from sheetsim.topics.gradient_descent import _steps
from sheetsim.topics.gradient_descent._parameters import MAX_STEPS, SHARED, VARIANTS
from sheetsim.topics.gradient_descent._steps import Variant, state_names

RANGES = {name: Valid(one.low, one.high, one.above) for name, one in SHARED.items()}
"""What the parameters that several optimizers have may be."""


@dataclass(frozen=True)
class Extra:
    """A column that shows something and steers nothing.

    Attributes:
        name: its heading.
        formula: template, as in `sheetsim.sheet.table`.
        values: (frame of the steps, inputs) -> (steps,).
        before: the column that it stands before; "" for the end.
        style: of its numbers.
    """

    name: str
    formula: str
    values: Callable[[pd.DataFrame, Mapping[str, float]], Array]
    before: str = ""
    style: str = "calc.step"


@dataclass(frozen=True)
class Training:
    """How the learner (`sheetsim digits`, `movielens`) and the races use an optimizer.

    They take the textbook's rule, for parameters of any shape.

    Attributes:
        hyper: its parameters besides lr, and their defaults there: fast.ai's where it has some.
        digits_lr: the learning rate at which it learns digits, if none is given.
        momentum: the parameter that a one-cycle schedule moves; "" for none.
        swept: parameters from 0 to below 1 that `sheetsim race --sweep` can sweep beside lr; the
            first is swept if none is named.
    """

    hyper: Mapping[str, float]
    digits_lr: float
    momentum: str = ""
    swept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Torch:
    """The same rule in PyTorch, and at which settings scripts/make_torch_table runs it.

    Attributes:
        name: of the class in `torch.optim`.
        arguments: PyTorch's argument -> the name of our parameter, or a tuple of names; anything
            else is a constant.
        cases: settings besides the textbook variant's defaults, with which it is always run; at
            rates so long that the line jumps about for ever, two right answers drift apart, as in
            any chaotic system.
    """

    name: str
    arguments: Mapping[str, Any]
    cases: tuple[Mapping[str, float], ...]


@dataclass(frozen=True)
class Optimizer:
    """An optimizer: its maths, its formulas, and how the rest of the project uses it.

    Attributes:
        name: of topic and sheet.
        title: heading of the sheet.
        order: place among the sheets of the workbook.
        summary: one line for lists.
        state: the pairs that it carries from step to step: "m", "v".
        lecture: as the lecture has it; None if the lecture has no such optimizer, and then its
            sheet is the textbook variant in every workbook.
        textbook: as PyTorch has it.
        tries: see `Topic`.
        torch: PyTorch's own; None if there is none to compare with.
        training: its use by the learner and in races; None if it is for the sheet alone.
        extras: further columns.
        wide: pairs of the state whose numbers span many powers of ten.
        ranges: what parameters of its own may be, and starts (start_v_b) if not any number.
        terms: see `Topic`.
    """

    name: str
    title: str
    order: int
    summary: str
    state: tuple[str, ...]
    lecture: Variant | None
    textbook: Variant
    tries: tuple[Try, ...]
    torch: Torch | None = None
    training: Training | None = None
    extras: tuple[Extra, ...] = ()
    wide: tuple[str, ...] = ()
    ranges: Mapping[str, Valid] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)

    def variant(self, wanted: str) -> tuple[str, Variant]:
        """The name and the variant wanted, or the textbook's where the lecture has none.

        Raises:
            KeyError: there is no such variant.
        """
        variant = {"lecture": self.lecture, "textbook": self.textbook}[wanted]
        return ("textbook", self.textbook) if variant is None else (wanted, variant)

    def range_of(self, name: str) -> Valid:
        """What a parameter or a start value may be."""
        return self.ranges.get(name) or RANGES.get(name) or Valid()

    def checked(self, name: str, value: Any, shown: str = "") -> float:
        """A parameter's or a start's value.

        Args:
            name: of the parameter.
            value: as it was given.
            shown: what an error calls it, if not `name`.

        Raises:
            OptionError: it is no number, or out of its range.
        """
        valid = self.range_of(name)
        return float(real(valid.low, valid.high, above=valid.above)(shown or name, value))

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
        name, chosen = self.variant(one_of(*VARIANTS)("variant", variant))
        epochs = whole(1, MAX_STEPS // line.n)("epochs", epochs)
        values = self.settings(chosen, settings)
        names = state_names(self.state)
        if state is None:
            pairs, prev_grad2 = _steps.reset(chosen, self.state, line, values)
        else:
            pairs, prev_grad2 = self._given_state(chosen, names, state)
        values |= dict(zip((f"start_{name}" for name in names), np.ravel(pairs), strict=False))
        values["start_prev_grad2"] = prev_grad2
        frame = self.frame(chosen, line, epochs, values)
        frame.attrs["variant"] = name
        return frame

    def settings(self, variant: Variant, given: Mapping[str, float | None]) -> dict[str, float]:
        """Parameters and start, the given ones checked."""
        values = {"start_b": 1.0, "start_a": 1.0, **variant.hyper}
        for name, value in given.items():
            key = f"start_{name}" if name in ("a", "b") else name
            if value is None:
                continue
            if key not in values:
                raise OptionError(f"{self.name} has no {name}; it has {', '.join(variant.hyper)}")
            values[key] = self.checked(key, value, shown=name)
        return values

    def _given_state(
        self, variant: Variant, names: tuple[str, ...], state: Sequence[float]
    ) -> tuple[_steps.State, float]:
        """The state that a caller brings, and prev_grad2, which may come last."""
        given = np.ravel(state).tolist()
        extra = len(given) - len(names)
        if extra not in ((0, 1) if variant.anneals else (0,)):
            wanted = ", ".join(names) + (" and, if you like, prev_grad2" * variant.anneals)
            raise OptionError(
                f"state has {len(given)} numbers; {self.name} expects "
                f"{wanted or 'none: it carries nothing over'}"
            )
        flat = [
            self.checked(f"start_{name}", value, shown=f"state[{i}]")
            for i, (name, value) in enumerate(zip((*names, "prev_grad2"), given, strict=False))
        ]
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
