"""What a sheet says and draws of a run that diverges.

A run has diverged if it ends beyond a limit, or with no number at all: one that leaves the limit
and comes back, as AdaGrad does, has not. The step is the first one that was beyond. So each row
carries a flag, 0 before that step and 1 from it on, and the step can be read off their sum; a
chart draws the numbers up to the limit, so that its axis stays in sight of what the run was meant
to do.

    beyond      =IFERROR(IF(number>limit,1,flag above),1)
    drawn       =IFERROR(MIN(number,limit),limit)
"""

import numpy as np

from sheetsim.sheet import Array, Block, Column, Highlight, Sheet, Valid
from sheetsim.topics._inputs import Fact

NEVER = "no step"
"""What the cell says of a run that does not diverge."""

WIDTH = 13
"""Characters that the column of the input `diverged_above` takes, whose label is its name."""

FLAG = "beyond"
"""Name and heading of the column of flags."""


def times() -> Fact:
    """The input: how many times what is usual counts as diverged."""
    return Fact("diverged_above", "diverged_above", None, 10.0, "input.general", Valid(1, 1e6))


def flags(numbers: Array, limit: float) -> Array:
    """1 from the first of numbers (n,) on that exceeds the limit or is none, 0 before it."""
    with np.errstate(invalid="ignore"):
        return np.maximum.accumulate(np.where(np.asarray(numbers) <= limit, 0.0, 1.0))


def flag_column(number: str, limit: str, numbers: Array, value: float, name: str = FLAG) -> Column:
    """The column of flags.

    Args:
        number: template of the number that must not exceed the limit, `{squared_error}`.
        limit: of it, as a formula.
        numbers: what NumPy says it is, (n,).
        value: of the limit.
        name: of the column.
    """
    test = f"=IFERROR(IF({number}>{limit},1,%s),1)"
    return Column(
        name,
        test % f"{{^{name}}}",
        flags(numbers, value),
        first=test % "0",
        style="calc.index",
    )


def told(
    flag: Block,
    end: str,
    limit: str,
    ended: tuple[float, float],
    name: str = "diverged_in",
    *,
    label: str = "diverged in",
    from_0: bool = False,
) -> Fact:
    """The cell that says in which step the run diverged.

    Args:
        flag: the flags of all steps, (n, 1).
        end: the cell with what the run ends with.
        limit: of that, as a formula.
        ended: what NumPy says the two are.
        name: of the cell.
        label: what stands above it.
        from_0: the first row is step 0, and not 1.
    """
    cells, first = f"SUM({flag.range})", "" if from_0 else "+1"
    count = f"COUNT({flag.range})"
    step = f'"step "&MIN({count}-{cells}{first},{count}{"-1" if from_0 else ""})'
    formula = f'=IFERROR(IF({end}>{limit},{step},"{NEVER}"),{step})'
    says = sentence(flag.values[:, 0], *ended, first=0 if from_0 else 1)
    return Fact(label, name, formula, says, "calc")


def sentence(flag: Array, end: float, limit: float, *, first: int = 1) -> str:
    """What `told` says of flags (n,), of which the first is that of the step `first`."""
    if end <= limit:
        return NEVER
    return f"step {min(len(flag) - np.sum(flag), len(flag) - 1) + first:.0f}"


def alarm(sheet: Sheet, block: Block) -> None:
    """Set off a cell that says in which step a run diverged."""
    sheet.highlights.append(Highlight(block, f'{block.cell}<>"{NEVER}"', "alarm"))


def drawn(numbers: Array | float, limit: float) -> Array:
    """Numbers of any shape as a chart draws them: at most the limit, and there what is none."""
    values = np.asarray(numbers, dtype=float)
    return np.where(np.isnan(values), limit, np.clip(values, -limit, limit))


def drawn_formula(number: str, limit: str, *, signed: bool = False) -> str:
    """The same as a formula, without its leading `=`, of numbers that may be negative or not."""
    least = f"MAX(MIN({number},{limit}),0-{limit})" if signed else f"MIN({number},{limit})"
    return f"IFERROR({least},{limit})"
