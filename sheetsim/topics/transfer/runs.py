"""All runs together: the loss by epoch, what each ends with, and what it did to the layers.

Every run takes the same points in the same order and starts with the same head. What sets them
apart is whether layers 1 and 2 come pre-trained, what is frozen when, and each group's rate. Three
numbers tell them apart:

    loss at the end      of all points, with the weights after the last step
    old task's loss      of the layers at the end with their OLD head: what they have forgotten
    epochs above goal    in how many epochs the loss was still higher than `goal`

The curve is the loss that fast.ai prints as train_loss, but not smoothed: the mean over a pass of
each point's squared error BEFORE the step that it causes. Its first value belongs to no single
set of weights, and it lags behind; 'loss at the end' does not.

One small net and six points are an illustration, no evidence, and another seed may change the
order. Of the files built with seeds 100 to 139, slice_two ends lower than from_scratch in all 40,
one_rate forgets more of the old task than slice_two in 39, and unfrozen ends lower than frozen in
39; the sentences on the sheet are formulas, and say what holds in the file at hand.
"""

import numpy as np

from sheetsim.sheet import Chart, Series, Sheet, Valid
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every

RUNS = ("from_scratch", "frozen", "one_rate", "slice_one", "slice_two", "unfrozen")
OUTCOMES = {
    "end_loss": "loss at the end",
    "moved_a": "group 1 moved",
    "moved_b": "group 2 moved",
    "moved_c": "group 3 moved",
    "end_old_loss": "old task's loss",
}
FACTS, TOP = 2, 6


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("runs", "All runs: loss by epoch, and what became of the layers")
    sheet.text(0, 0, sheet.title, "title")
    lead = "the same points, order and head for all; what differs is what trains, and how fast"
    sheet.text(1, 0, lead, "lead")
    goal = facts(sheet, FACTS, 1, (Fact("goal", "goal", None, 1.0, "input.general", Valid(0)),))
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
        above = np.array([[_above(block.values, float(goal["goal"].value)) for block in losses]])
    formula = f"=SUMPRODUCT(({losses[0].down}>goal)*1)"
    sheet.fill(below, 1, "epochs_above", formula, above, "calc.index")
    _verdicts(sheet, row + len(OUTCOMES) + 3)
    series = tuple(Series(name, epoch, book[name]["drawn_loss"]) for name in RUNS)
    sheet.charts.append(
        Chart(
            "Loss by epoch",
            "epoch",
            "loss of the pass (log scale)",
            series,
            TOP - 1,
            8,
            8,
            22,
            log_y=True,
            x_range=(1, epochs),
        )
    )
    sheet.width(0, 0, 20)
    sheet.width(1, len(RUNS), 13)
    sheet.width(7, 7, 2)
    sheet.width(8, 15, 11)
    sheet.freeze = (TOP, 1)
    sheet.pages = 1
    return sheet


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
    ),
    needs=("*",),
)
