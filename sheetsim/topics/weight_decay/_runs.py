"""Steps of a rule over all points at once, and the columns that show them."""

from collections.abc import Callable

import numpy as np

from sheetsim.sheet import Array, Block, Column, Sheet
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft
from sheetsim.topics.weight_decay import STEPS
from sheetsim.topics.weight_decay.penalty import NAMES, mse_gradient

State = tuple[Array, ...]
Step = Callable[..., tuple[Array, State]]


def run(
    step: Step,
    state: State,
    x: Array,
    y: Array,
    start: Array,
    *,
    steps: int = STEPS,
    **hyper: float,
) -> dict[str, Array]:
    """Step so many times along the gradient of the mean squared error.

    Args:
        step: (w, grad, state, t=..., **hyper) -> (w, state); what it does about weight decay is
            its own business.
        state: before any step.
        x: inputs, (n, k).
        y: targets, (n,).
        start: weights, (k,).
        steps: how many.
        hyper: the rule's parameters.

    Returns:
        Each (steps + 1, k): "w" the weights, "g" the gradients of the MSE there, and the parts of
        the state, "0", "1", ..., all as they are after so many steps.
    """
    w = start.astype(float)
    rows: dict[str, list[Array]] = {"w": [w], "g": [mse_gradient(x, y, w)]}
    for i, part in enumerate(state):
        rows[str(i)] = [part]
    for t in range(1, steps + 1):
        w, state = step(w, rows["g"][-1], state, t=t, **hyper)
        rows["w"].append(w)
        rows["g"].append(mse_gradient(x, y, w))
        for i, part in enumerate(state):
            rows[str(i)].append(part)
    return {name: finite(np.array(values)) for name, values in rows.items()}


def finite(values: Array) -> Array:
    """NaN, which stands for an error, in place of what is beyond the range of floats."""
    return np.where(np.isfinite(values), values, np.nan)


def columns(name: str, formula: str, first: str, values: Array, style: str) -> list[Column]:
    """A column for each weight: `#` in the templates is its number, 1, 2, ..."""
    return [
        Column(
            f"{name}{j}",
            formula.replace("#", str(j)),
            values[:, j - 1],
            first=first.replace("#", str(j)),
            style=style,
        )
        for j in range(1, values.shape[1] + 1)
    ]


def starts(book: Draft) -> list[str]:
    """Where the runs start: the weights of the sheet penalty."""
    weights = book["penalty"]["weights"].qualified
    return [weights.at(0, j) for j in range(weights.columns)]


def weight_columns(book: Draft, name: str, formula: str, values: Array) -> list[Column]:
    """The columns of the weights, which start on the sheet penalty."""
    return [
        Column(
            f"{name}{j}",
            formula.replace("#", str(j)),
            values[:, j - 1],
            first="=" + starts(book)[j - 1],
            style="calc.step",
        )
        for j in range(1, values.shape[1] + 1)
    ]


def gradient_columns(
    book: Draft, name: str, weights: str, values: Array, more: str = ""
) -> list[Column]:
    """The gradient of the MSE at this row's weights, from the points of the sheet penalty.

    Args:
        book: with the sheet penalty.
        name: of the columns, without their numbers.
        weights: name of the weights' columns.
        values: (rows, k).
        more: what is added to each, with `#` for the weight's number.
    """
    x, y = book["penalty"]["x"].qualified, book["penalty"]["y"].qualified
    parts = [x.part(slice(None), slice(j, j + 1)).range for j in range(x.columns)]
    predicted = "+".join(f"{part}*{{{weights}{j}}}" for j, part in enumerate(parts, start=1))
    return [
        Column(
            f"{name}{j}",
            f"=2*SUMPRODUCT({part},{predicted}-{y.range})/points" + more.replace("#", str(j)),
            values[:, j - 1],
            style="calc.step",
        )
        for j, part in enumerate(parts, start=1)
    ]


def verdict(
    sheet: Sheet, row: int, column: int, blocks: dict[str, Block], same: str, other: str
) -> None:
    """Whether the runs are one: distances of all steps, set against the size of the weights.

    Args:
        sheet: with an input `tolerance`.
        row: of the labels.
        column: of the first of three facts; the sentence stands beside the third.
        blocks: the columns `apart` and `l2_w1`, `l2_w2`, ...
        same: what the sentence says if they are.
        other: and if they are not.
    """
    names = [f"l2_w{j}" for j in range(1, len(NAMES) + 1)]
    first, last = blocks[names[0]], blocks[names[-1]]
    every = f"{first.at(0)}:{last.at(last.rows - 1)}"
    later = blocks["apart"].part(slice(1, None))  # all start at the same place
    with np.errstate(all="ignore"):
        squares = sum(np.sum(blocks[name].values ** 2) for name in names)
        size = float(finite(np.sqrt(squares)))
        gap = float(finite(np.sum(later.values)))
    allowed = float(sheet["tolerance"].value) * size
    total = f"=SQRT(SUMPRODUCT({every},{every}))"
    row_of_facts = (
        Fact("gap", "gap", f"=SUM({later.range})", gap, "key.power"),
        Fact("size of the weights", "size_of_weights", total, size, "calc.step"),
        Fact("allowed", "allowed", "=tolerance*size_of_weights", allowed, "calc.power"),
    )
    facts(sheet, row, column, row_of_facts)
    says: object = same if gap <= allowed else other
    if not np.isfinite(gap + allowed):
        says = np.nan
    formula = f'=IF(gap<=allowed,"{same}","{other}")'
    sheet.fill(row + 1, column + 3, "verdict", formula, says, "calc.text")


# A run that diverges ----------------------------------------------------------------------


def weight_limit(sheet: Sheet, book: Draft, row: int) -> float:
    """Put the input and the limit of the weights below the settings; returns the limit.

    The size of the weights from which a run has diverged is so many times that of the start, or
    that of one weight of 1 if the start is smaller.
    """
    times = _divergence.times()
    given = float(facts(sheet, row, 0, (times,))["diverged_above"].value)
    start = book["penalty"]["weights"]
    limit = given * max(float(np.sqrt(np.sum(start.values**2))), 1.0)
    formula = f"=diverged_above*MAX(SQRT(SUMSQ({start.qualified.range})),1)"
    facts(sheet, row, 1, (Fact("weight limit", "weight_limit", formula, limit, "calc.step"),))
    sheet.heights[row] = 31
    return limit


def watching(weights: dict[str, Array], limit: float) -> list[Column]:
    """Columns that flag runs whose weights are beyond the limit, and what charts draw of them.

    Args:
        weights: (steps + 1, k) by the name of their columns, without the numbers.
        limit: see `weight_limit`.
    """
    found = []
    for name, values in weights.items():
        last = values.shape[1]
        with np.errstate(all="ignore"):
            sizes = finite(np.sqrt(np.sum(values**2, axis=1)))
        number = f"SQRT(SUMSQ({{{name}1}}:{{{name}{last}}}))"
        flag = (number, "weight_limit", sizes, limit, f"{name}_beyond")
        found.append(_divergence.flag_column(*flag))
        for j in range(1, last + 1):
            formula = _divergence.drawn_formula(f"{{{name}{j}}}", "weight_limit", signed=True)
            drawn = _divergence.drawn(values[:, j - 1], limit)
            found.append(Column(f"{name}_drawn{j}", f"={formula}", drawn, style="calc.step"))
    return found


def tell(
    sheet: Sheet, row: int, names: dict[str, str], blocks: dict[str, Block], limit: float
) -> None:
    """Beside the limit: in which step each run diverged, by its name and what it is called."""
    for column, (name, label) in enumerate(names.items(), start=2):
        flag, last = blocks[f"{name}_beyond"], blocks[f"{name}1"].rows - 1
        ends = [blocks[f"{name}{j}"] for j in range(1, len(NAMES) + 1)]
        with np.errstate(all="ignore"):
            size = float(finite(np.sqrt(np.sum([end.values[-1, 0] ** 2 for end in ends]))))
        length = f"SQRT(SUMSQ({ends[0].at(last)}:{ends[-1].at(last)}))"
        told = _divergence.told(
            flag,
            length,
            "weight_limit",
            (size, limit),
            f"{name.removesuffix('_w')}_diverged_in",
            label=f"{label} diverged in",
            from_0=True,
        )
        _divergence.alarm(sheet, facts(sheet, row, column, (told,))[told.name])
