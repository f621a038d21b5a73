"""Learning rates: one for all layer groups, or one for each; and which groups are frozen.

The first layers of a pre-trained net have learned what many tasks need, and should move less than
a head that is still random. fast.ai takes the rate in three ways (`Learner.lr_range` and
`even_mults` in its library of 2018 and 2019):

    lr                      every group the same
    slice(lr)               the last group lr, all others lr / 3
    slice(lr_start, lr)     from lr_start for the first group to lr for the last, evenly spread,
                            and that is in equal RATIOS:
                            rate of group i = lr_start (lr / lr_start)^((i - 1) / (groups - 1))

so that slice(1e-5, 1e-3) gives three groups 1e-5, 1e-4, 1e-3. Equal steps, as in NumPy's
linspace, would give the middle group 5e-4, half of the last one's; a column shows them beside.
Later versions of the library divide by 10 where the lesson's divided by 3: `divisor` is an input.

A frozen group gets no update at all, which is not the same as a small rate. PyTorch's way to it
is requires_grad = False, with which the group's derivatives are not even worked out; fast.ai's
freeze() does that for all groups but the last.

The sheet applies the rates to the derivatives of sheet net, weight by weight, for one step of
plain gradient descent: update = - rate x derivative, or 0 where the group is frozen.
"""

import math

import numpy as np

from sheetsim.errors import OptionError, OptionName
from sheetsim.option_values import whole_number
from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.transfer._cells import finite
from sheetsim.topics.transfer._group_table import (
    ASIDE,
    WAYS,
    GroupTable,
    group_table,
    way_choices,
)
from sheetsim.topics.transfer.net import GROUPS, NAMES

DIVISOR = 3.0
"""What slice(lr) divides the rate of all groups but the last by."""

FACTS, GROUPS_AT, TOP = 2, 5, 16


def group_rates(lr: float | slice, groups: int, divisor: float = DIVISOR) -> Array:
    """Learning rates of the layer groups, first group first.

    Args:
        lr: a number, `slice(x)` or `slice(x, y)`, as fast.ai takes them.
        groups: how many layer groups there are, at least 1.
        divisor: what `slice(x)` divides by for all groups but the last.

    Returns:
        Rates above 0, (groups,).

    Raises:
        OptionError: no groups; a rate or a divisor that is not a number above 0; a slice with a
            step, without an end, or whose start is not below its end.
    """
    whole_number("groups", groups, 1)
    _require_rate("divisor", divisor)
    if not isinstance(lr, slice):
        return np.full(groups, _require_rate("lr", lr))
    if lr.step is not None:
        raise OptionError(
            OptionName("lr"), f" is {lr!r}; expected slice(x) or slice(x, y), without a step"
        )
    last = _require_rate("the end of slice lr", lr.stop)
    if lr.start is None:
        return last_group_faster(last, groups, divisor)
    first = _require_rate("the start of slice lr", lr.start)
    if first >= last:
        raise OptionError(
            OptionName("lr"), f" is slice({first:g}, {last:g}); expected a start below the end"
        )
    return equal_ratios(first, last, groups)


def last_group_faster(lr: float, groups: int, divisor: float) -> Array:
    """Rates (groups,): lr for the last group, lr / divisor for all before it."""
    rates = np.full(groups, np.divide(lr, divisor))
    rates[-1] = lr
    return rates


def equal_ratios(first: float, last: float, groups: int) -> Array:
    """Rates (groups,) from first to last, each the same multiple of the one before.

    For a single group the last rate, which is the head's.
    """
    if groups == 1:
        return np.array([last], dtype=float)
    place = np.arange(groups) / (groups - 1)
    return np.asarray(first * np.divide(last, first) ** place)


def three_ways(lr: float, lr_start: float, divisor: float) -> Array:
    """Rates of the three groups, (3 ways, 3 groups); unlike `group_rates` it refuses nothing."""
    groups = max(GROUPS)
    with np.errstate(all="ignore"):
        rates = np.stack(
            [
                np.full(groups, lr),
                last_group_faster(lr, groups, divisor),
                equal_ratios(lr_start, lr, groups),
            ]
        )
    return np.where(np.isfinite(rates), rates, np.nan)


def _require_rate(name: str, value: object) -> float:
    number = value if isinstance(value, int | float | np.number) else math.nan
    if isinstance(value, bool) or not math.isfinite(number) or not number > 0:
        raise OptionError(OptionName(name), f" is {value!r}; expected a number above 0")
    return float(number)


# The sheet ---------------------------------------------------------------------------------


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("layer_rates", "Learning rates of the layer groups")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "one rate for all groups, slice(lr) or slice(lr_start, lr); a frozen group gets no update"
    )
    sheet.text(1, 0, lead, "lead")
    rate_range = Valid(0, 1e6, above=True)
    placed = facts(
        sheet,
        FACTS,
        1,
        (
            Fact("lr", "lr", None, 1e-3, "input.power", rate_range),
            Fact("lr_start", "lr_start", None, 1e-5, "input.power", rate_range),
            Fact("way", "way", None, 3, "input.index", way_choices(sheet, GROUPS_AT + 2)),
            Fact("divisor", "divisor", None, DIVISOR, "input.general", rate_range),
        ),
    )
    lr, lr_start, _, divisor = (float(block.value) for block in placed.values())
    rates = three_ways(lr, lr_start, divisor)
    table = group_table(sheet, GROUPS_AT, placed["divisor"], (1, 0, 0), rates, "power")
    group, last = table.group, table.group.at(0, table.group.columns - 1)
    steps = lr_start + (lr - lr_start) * (group.values - 1) / (group.values.max() - 1)
    sheet.labels(GROUPS_AT + 6, 0, [["equal steps"], ["length of the update"]], "row heading")
    sheet.text(GROUPS_AT + 6, ASIDE, "not used: what linspace would give", "note")
    sheet.fill(
        GROUPS_AT + 6,
        1,
        "equal_steps",
        f"=lr_start+(lr-lr_start)*({group.down}-1)/({last}-1)",
        steps,
        "calc.power",
    )
    update = _updates(sheet, book, table)
    own = [slice(GROUPS.index(g), len(GROUPS) - GROUPS[::-1].index(g)) for g in sorted(set(GROUPS))]
    lengths = [np.sqrt((update.values[rows] ** 2).sum()) for rows in own]
    sheet.formulas(
        GROUPS_AT + 7,
        1,
        "update_length",
        [[f"=SQRT(SUMSQ({update.part(rows).range}))" for rows in own]],
        finite([lengths]),
        "calc.power",
    )
    series = [Series(way, group, block) for way, block in zip(WAYS, table.ways, strict=True)]
    title = "The rate of each layer group"
    sheet.charts.append(
        Chart(title, "layer group", "rate (log scale)", tuple(series), TOP - 1, 7, 6, 15, True)
    )
    sheet.width(0, 0, 22)
    sheet.width(1, 12, 11)
    sheet.freeze = (GROUPS_AT, 1)
    sheet.pages = 1
    return sheet


def _updates(sheet: Sheet, book: Draft, table: GroupTable) -> Block:
    """One step of gradient descent for each weight: its group, derivative, rate and update.

    Returns:
        The updates, (13, 1).
    """
    sheet.text(TOP - 2, 0, "one step from the start on sheet net", "band")
    headings = ["weight", "group", "derivative", "rate", "frozen", "update"]
    sheet.labels(TOP - 1, 0, [headings], "heading")
    sheet.labels(TOP, 0, [[name] for name in NAMES], "row heading")
    of = sheet.numbers(TOP, 1, [[group] for group in GROUPS], "index")
    source = book["net"]["derivative"]
    formulas = [[f"={source.qualified.at(0, i)}"] for i in range(len(NAMES))]
    slope = sheet.formulas(TOP, 2, "derivative", formulas, source.values.T, "calc.step")
    place = np.array(GROUPS) - 1
    rate, frozen = (
        sheet.fill(
            TOP,
            3 + offset,
            name,
            f"=INDEX({block.range},{of.cell})",
            block.values[0, place][:, None],
            style,
        )
        for offset, name, block, style in (
            (0, "weight_rate", table.rate, "calc.power"),
            (1, "weight_frozen", table.freeze, "calc.index"),
        )
    )
    return sheet.fill(
        TOP,
        5,
        "update",
        f"=IF({frozen.cell}=1,0,0-{rate.cell}*{slope.cell})",
        finite(np.where(frozen.values == 1, 0.0, 0 - rate.values * slope.values)),
        "calc.power",
    )


TOPIC = Topic(
    name="layer_rates",
    title="Learning rates",
    summary="one rate for all layer groups, slice(lr), slice(lr_start, lr), and freezing",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Set way to 1, 2 and 3.",
            "The row rate takes the row of that number, and the updates below follow.",
            edits=({"way": 1.0}, {"way": 2.0}, {"way": 3.0}),
            holds=lambda _was, one, two, three: every(
                same(one["rate"], one["one_number"]),
                same(two["rate"], two["slice_of_one"]),
                same(three["rate"], three["slice_of_two"]),
                *(
                    same(
                        now["update"],
                        -now["weight_rate"] * now["derivative"] * (1 - now["weight_frozen"]),
                    )
                    for now in (one, two, three)
                ),
            ),
            rests_on="rate",
        ),
        Try(
            "Set lr_start to the value of lr.",
            "slice(lr_start, lr) gives every group the same rate, as a plain number does.",
            edits=({"lr_start": lambda s: s["lr"]},),
            holds=lambda _was, now: every(same(now["slice_of_two"], now["one_number"])),
            rests_on="slice_of_two",
        ),
        Try(
            "Set freeze of group 2 to 1.",
            "Its six updates are 0, not small; those of the other groups stay as they are.",
            edits=({"freeze": lambda s: put(s["freeze"], 1, (0, 1))},),
            holds=lambda was, now: every(
                (now["update"] != was["update"]).sum() == 6,
                now["update"][now["update"] != was["update"]] == 0,
            ),
            rests_on="update",
        ),
        Try(
            "Set divisor to 10.",
            "slice(lr) as in later versions of fast.ai: all groups but the last at lr / 10.",
            edits=({"divisor": 10.0},),
            holds=lambda _was, now: every(
                same(now["slice_of_one"], [[now["lr"] / 10, now["lr"] / 10, now["lr"]]])
            ),
            rests_on="slice_of_one",
        ),
    ),
    needs=("net",),
)
