"""All runs together: the loss by epoch, what each ends with, and what it did to the layers.

Every run takes the same points in the same order and starts with the same head. What sets them
apart is whether layers 1 and 2 come pre-trained, what is frozen when, and each group's rate. Three
numbers tell them apart:

    loss at the end      of all points, with the weights after the last step
    old task's loss      of the layers at the end with their OLD head: what they have forgotten
    epochs above goal    in how many epochs the loss was still higher than `goal`

The curve is the loss that fast.ai prints as train_loss, but not smoothed: the mean over a pass of
each point's squared error BEFORE the step that it causes. Its first value belongs to no single
set of weights, and it lags behind; 'loss at the end' does not. The chart draws it up to the step to
show, and there the pass as far as it has come.

One small net and six points are an illustration, no evidence, and another seed may change the
order. Of the files built with seeds 100 to 139, slice_two ends lower than from_scratch in all 40,
one_rate forgets more of the old task than slice_two in 39, and unfrozen ends lower than frozen in
39; the sentences on the sheet are formulas, and say what holds in the file at hand.
"""

import numpy as np

from sheetsim.sheet import Block, Chart, Series, Sheet, Valid
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._step_to_show import (
    epoch_formula,
    shown_step,
    step_to_show,
    until,
    until_formula,
)
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.transfer._shown import pass_so_far

RUNS = ("from_scratch", "frozen", "one_rate", "slice_one", "slice_two", "unfrozen")
OUTCOMES = {
    "end_loss": "loss at the end",
    "moved_a": "group 1 moved",
    "moved_b": "group 2 moved",
    "moved_c": "group 3 moved",
    "end_old_loss": "old task's loss",
}
FACTS, TOP = 2, 6
CHART, WIDE = 8, 8
"""First column of the chart, and how many it covers; what it draws stands to the right of it."""


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("runs", "All runs: loss by epoch, and what became of the layers")
    sheet.text(0, 0, sheet.title, "title")
    lead = "the same points, order and head for all; what differs is what trains, and how fast"
    sheet.text(1, 0, lead, "lead")
    goal = _choices(sheet, book)
    epochs = book.plan["epochs"]
    sheet.labels(TOP - 1, 0, [["epoch", *RUNS]], "heading")
    epoch = sheet.numbers(TOP, 0, [[e + 1] for e in range(epochs)], "index")
    losses = []
    for column, name in enumerate(RUNS, start=1):
        source = book[name]["epoch_loss"]
        formula = f"={source.qualified.cell}"
        losses.append(
            sheet.fill(TOP, column, f"loss_of_{name}", formula, source.values, "calc.step")
        )
    row = TOP + epochs + 2
    sheet.labels(row, 0, [["at the end", *RUNS]], "heading")
    for offset, (of, label) in enumerate(OUTCOMES.items(), start=1):
        sheet.text(row + offset, 0, label, "row heading")
        sources = [book[name][of] for name in RUNS]
        formulas = [[f"={source.qualified.range}" for source in sources]]
        values = np.array([[float(source.value) for source in sources]])
        style = "key.step" if of == "end_loss" else "calc.step"
        sheet.formulas(row + offset, 1, of, formulas, values, style)
    told = row + len(OUTCOMES) + 1
    sheet.text(told, 0, "diverged in", "row heading")
    ends = [book[name]["diverged_in"] for name in RUNS]
    formulas = [[f"={end.qualified.range}" for end in ends]]
    values = np.array([[end.value for end in ends]], dtype=object)
    _divergence.alarm(sheet, sheet.formulas(told, 1, "diverged_in", formulas, values, "calc"))
    below = TOP + epochs
    sheet.text(below, 0, "epochs above goal", "row heading")
    with np.errstate(invalid="ignore"):
        above = np.array([[_above(block.values, float(goal.value)) for block in losses]])
    formula = f"=SUMPRODUCT(({losses[0].down}>goal)*1)"
    sheet.fill(below, 1, "epochs_above", formula, above, "calc.index")
    _verdicts(sheet, row + len(OUTCOMES) + 3)
    title, y_title = "Loss by epoch, up to the step to show", "loss of the pass (log scale)"
    series, reach = _drawn(sheet, book, epoch, losses), (0, epochs)
    at = (TOP - 1, CHART, WIDE, 22)
    sheet.charts.append(Chart(title, "epoch", y_title, series, *at, log_y=True, x_range=reach))
    sheet.width(0, 0, 20)
    sheet.width(1, len(RUNS), 13)
    sheet.width(7, 7, 2)
    sheet.width(CHART, CHART + WIDE, 11)
    sheet.width(CHART + WIDE + 1, CHART + WIDE + 1 + len(RUNS), 13)
    sheet.freeze = (TOP, 1)
    rows = max(TOP - 1 + 22, sheet["verdict"].bottom)
    sheet.print_areas = ((0, 0, rows, CHART + WIDE),)
    return sheet


def _choices(sheet: Sheet, book: Draft) -> Block:
    """The inputs, and the step that is shown; returns the goal."""
    first = book[RUNS[0]]
    row = [
        Fact("goal", "goal", None, 1.0, "input.general", Valid(0)),
        step_to_show(int(first["steps_made"].value)),
    ]
    placed = facts(sheet, FACTS, 1, row)
    row = [
        Fact(label, name, f"={block.qualified.range}", block.value, "calc.index")
        for label, name in (("points", "points"), ("steps", "steps_made"))
        for block in [first[name]]
    ]
    steps = float(first["steps_made"].value)
    row.append(shown_step(float(placed["step_to_show"].value), steps))
    facts(sheet, FACTS, placed["step_to_show"].right, row)
    return placed["goal"]


def _drawn(sheet: Sheet, book: Draft, epoch: Block, losses: list[Block]) -> tuple[Series, ...]:
    """What the chart draws: each run's losses up to the step to show, and up to its limit."""
    points, shown = int(sheet["points"].value), sheet["shown_step"]
    left, at = CHART + WIDE + 1, float(shown.value)
    sheet.text(TOP - 2, left, "what is drawn", "band")
    sheet.labels(TOP - 1, left, [["epochs", *RUNS]], "heading")
    values = until(epoch.values, points, at, epoch.values, at / points)
    formula = epoch_formula(epoch.across)
    x = sheet.fill(TOP, left, "drawn_epoch", formula, values, "calc.step")
    passes = [pass_so_far(book[name], at, points) for name in RUNS]
    sheet.text(epoch.bottom + 1, left, passes[0].label, "row heading")
    formulas, row = (
        [[str(one.formula) for one in passes]],
        np.array([[one.value for one in passes]]),
    )
    place = (epoch.bottom + 1, left + 1, passes[0].name, formulas, row, "calc.step")
    there, series = sheet.formulas(*place), []
    for i, (name, loss) in enumerate(zip(RUNS, losses, strict=True)):
        limit, column = book[name]["loss_limit"], left + 1 + i
        most, top = limit.qualified.range, float(limit.value)
        ends = [_divergence.drawn_formula(one, most) for one in (loss.cell, there.at(0, i))]
        both = _divergence.drawn(loss.values, top), float(_divergence.drawn(row[0, i], top))
        formula = until_formula(epoch.across, *ends)
        values = until(epoch.values, points, at, *both)
        y = sheet.fill(TOP, column, f"drawn_{name}", formula, values, "calc.step")
        series.append(Series(name, x, y))
    return tuple(series)


def _above(losses: np.ndarray, goal: float) -> float:
    """In how many epochs the loss exceeds the goal; NaN where a loss is none."""
    return float((losses > goal).sum()) if np.isfinite(losses).all() else np.nan


def _verdicts(sheet: Sheet, row: int) -> None:
    """What the numbers say, in sentences that follow them."""
    sheet.text(row, 0, "what the numbers say now", "band")
    at = {name: i for i, name in enumerate(RUNS)}

    def cell(of: str, run: str) -> tuple[str, float]:
        return sheet[of].at(0, at[run]), float(sheet[of].values[0, at[run]])

    scratch, two = (cell("epochs_above", run) for run in ("from_scratch", "slice_two"))
    gentle, harsh = (cell("end_old_loss", run) for run in ("slice_two", "one_rate"))
    still, thawed = (cell("end_loss", run) for run in ("frozen", "unfrozen"))
    middle, early = (cell(of, "frozen") for of in ("moved_b", "moved_a"))
    stays = "Frozen means frozen: groups 1 and 2 of frozen end as they began, to the last bit."
    moves = "Groups 1 and 2 of frozen did not stay as they began."
    texts = (
        (
            f"{scratch[0]}>{two[0]}",
            scratch[1] > two[1],
            "Pre-training helps: slice_two has fewer epochs above the goal than from_scratch.",
            "Pre-training does not help here: from_scratch has no more epochs above the goal.",
        ),
        (
            f"{harsh[0]}>{gentle[0]}",
            harsh[1] > gentle[1],
            "One rate for all spoils the layers: they forget more than those of slice_two.",
            "One rate does no harm here: the layers forget no more than those of slice_two.",
        ),
        (
            f"{thawed[0]}<{still[0]}",
            thawed[1] < still[1],
            "Unfreezing pays: unfrozen ends with a lower loss than frozen.",
            "Unfreezing does not pay here: unfrozen ends with no lower a loss than frozen.",
        ),
    )
    formulas = [[f'=IF({test},"{yes}","{no}")'] for test, _, yes, no in texts]
    values = [yes if holds else no for _, holds, yes, no in texts]
    formulas.append([f'=IF({middle[0]}=0,IF({early[0]}=0,"{stays}","{moves}"),"{moves}")'])
    values.append(stays if middle[1] == 0 and early[1] == 0 else moves)
    compared = (scratch, two), (gentle, harsh), (still, thawed), (middle, early)
    shown = [
        text if np.isfinite([one[1], other[1]]).all() else np.nan
        for text, (one, other) in zip(values, compared, strict=True)
    ]
    array = np.array(shown, dtype=object)[:, None]
    sheet.formulas(row + 1, 0, "verdict", formulas, array, "label")


TOPIC = Topic(
    name="runs",
    title="All runs",
    summary="the loss by epoch of every run, and what each did to the pre-trained layers",
    sheet=_sheet,
    order=8,
    tries=(
        Try(
            "Set lr of one_rate on its sheet to 0.012.",
            "Its old task's loss drops: its layers forget less. But slice_two ends lower.",
            edits=({"one_rate!lr": 0.012},),
            holds=lambda was, now: every(
                now["end_old_loss"][0, 2] < was["end_old_loss"][0, 2] / 2,
                now["end_loss"][0, 4] < now["end_loss"][0, 2],
            ),
            rests_on="end_old_loss",
        ),
        Try(
            "Set goal to 0.5.",
            "Epochs above goal are recounted: how soon each run gets there.",
            edits=({"goal": 0.5},),
            holds=lambda was, now: every(
                now["epochs_above"][0, 4] == (now["loss_of_slice_two"] > 0.5).sum(),
                now["epochs_above"] >= was["epochs_above"],
                (now["epochs_above"] > was["epochs_above"]).any(),
            ),
            rests_on="epochs_above",
        ),
        Try(
            "Set step_to_show to 0, then to 6, 12 and so on.",
            "All begin alike, but from_scratch, whose layers know nothing; epoch by epoch they "
            "part.",
            edits=({"step_to_show": 0.0}, {"step_to_show": 12.0}),
            holds=lambda _was, start, later: every(
                start["drawn_epoch"] == 0,
                *(same(start[f"drawn_{run}"], start["drawn_frozen"]) for run in RUNS[1:]),
                not same(start["drawn_from_scratch"], start["drawn_frozen"]),
                later["drawn_epoch"].max() == 2,
                *(same(later[f"drawn_{r}"][:2], later[f"loss_of_{r}"][:2]) for r in RUNS),
            ),
            rests_on="drawn_epoch",
        ),
    ),
    needs=("*",),
)
