"""The weights of a class, put back into the shape of a picture.

A class has 64 weights, one for each pixel. Red where ink speaks for the class, blue where ink
speaks against it, white where ink says nothing: the corners, say, which are blank in all digits
and whose weights nothing but their random start and weight decay ever move. From W = 0 the first
step makes

    W_k = lr / n (sum of the pictures of class k - sum over all pictures of p_ik x_i)
        = lr / n (n_k mean of class k - n / 10 mean of all),        all p_ik being 1/10

a picture of the class, less the picture of what all classes have in common. The weights that one
sees later still look like that: a softmax regression is a template for each class. The means of
the classes stand below for comparison; with twelve digits they are one or two pictures each.

Networks with hidden layers have such pictures in their first layer only.
"""

import numpy as np

from sheetsim.sheet import Array, Block, ColorScale, Kind, Sheet
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._step_to_show import shown_step, step_to_show
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.digits._batch import CLASSES, SIDE, mini_batch

FACTS = 2
WEIGHTS, MEANS = (6, 16), (27, 37)
SQUARE = (2.14, 15.0)
"""Width in characters and height in points of a square cell."""

ACROSS = 5
"""Pictures in a row."""


def class_means(x: Array, labels: Array) -> Array:
    """Mean picture of each class, (64, 10), from x (n, 64), labels (n,); 0 where it has none."""
    belongs = (labels[:, None] == np.arange(CLASSES)).astype(float)
    return np.asarray(x.T @ belongs / np.maximum(belongs.sum(axis=0), 1))


def as_picture(columns: Array, k: int) -> Array:
    """Column k of (64, 10) as a picture (8, 8)."""
    return np.asarray(columns[:, k].reshape(SIDE, SIDE))


def _sheet(book: Draft) -> Sheet:
    steps = int(book.plan["epochs"])
    sheet = book.new("weights_seen", "The weights, seen as pictures")
    sheet.text(0, 0, sheet.title, "title")
    lead = "a picture for each class: red where ink speaks for it, blue where it speaks against it"
    sheet.text(1, 0, lead, "lead")
    made = _choice(sheet, book["steps"]["steps_made"].qualified, steps)
    title = "weights after the step to show; the scale of colours is the same for all ten"
    sheet.text(WEIGHTS[0] - 2, 1, title, "band")
    _weights(sheet, book, made)
    sheet.text(MEANS[0] - 2, 1, "mean picture of each class in the batch", "band")
    _means(sheet, book)
    sheet.width(0, ACROSS * (SIDE + 1), SQUARE[0])
    for top in (*WEIGHTS, *MEANS):
        for row in range(top, top + SIDE):
            sheet.heights[row] = SQUARE[1]
    sheet.freeze = (FACTS + 1, 0)
    sheet.pages = 1
    return sheet


def _choice(sheet: Sheet, source: Block, steps: int) -> int:
    """The step to show, in a row of square cells; returns the one that is shown."""
    asked = step_to_show(steps)
    sheet.text(FACTS, 1, asked.label, "label")
    given = sheet.input(FACTS, 7, asked.name, asked.value, asked.style, asked.valid)
    there = shown_step(float(given.value), steps)
    cells = (
        (9, "of", "steps_made", f"={source.range}", float(source.value)),
        (13, there.label, there.name, there.formula, float(there.value)),
    )
    for column, label, name, formula, value in cells:
        place = column + (1 if label == "of" else 5)
        sheet.text(FACTS, column, label, "label")
        sheet.fill(FACTS, place, name, str(formula), value, "calc.index")
    sheet.text(FACTS, 20, "0 shows the random start", "note")
    return int(there.value)


def _place(tops: tuple[int, int], k: int) -> tuple[int, int]:
    """Row and column of the picture of class k."""
    return tops[k // ACROSS], 1 + (SIDE + 1) * (k % ACROSS)


def _weights(sheet: Sheet, book: Draft, made: int) -> None:
    """The ten pictures of weights, after so many steps."""
    parts = [book["step"]["weights"]]
    while f"weights_{len(parts)}" in book["steps"].blocks:
        parts.append(book["steps"][f"weights_{len(parts)}"])
    for k in range(CLASSES):
        row, column = _place(WEIGHTS, k)
        sheet.text(row - 1, column, str(k), "row heading")
        formulas = [[_chosen(parts, SIDE * r + c, k) for c in range(SIDE)] for r in range(SIDE)]
        values = as_picture(parts[made].values, k)
        sheet.formulas(row, column, f"weights_{k}", formulas, values, "calc.picture")
    top, left = _place(WEIGHTS, 0)
    shape = (WEIGHTS[1] + SIDE - top, ACROSS * (SIDE + 1) - 1)
    whole = Block(sheet.name, "", top, left, np.zeros(shape), Kind.TEXT, "label")
    sheet.color_scales.append(ColorScale(whole, palette="signed"))  # texts have no part in it


def _chosen(parts: list[Block], pixel: int, k: int) -> str:
    """The weight of a pixel and class after the step that is shown."""
    return f"=CHOOSE(shown_step+1,{','.join(part.qualified.at(pixel, k) for part in parts)})"


def _means(sheet: Sheet, book: Draft) -> None:
    """The ten mean pictures."""
    batch = mini_batch(book)
    x, labels = batch.x, batch.labels
    means = class_means(batch.rows, batch.answers)
    for k in range(CLASSES):
        row, column = _place(MEANS, k)
        of_class = sheet.numbers(row - 1, column, [[k]], "row heading")
        belongs = f"({labels.range}={of_class.range})"
        formulas = [
            [
                f"=SUMPRODUCT({belongs}*{x.part(slice(pixel, pixel + 1)).range})"
                f"/MAX(SUMPRODUCT({belongs}*1),1)"
                for pixel in range(SIDE * r, SIDE * (r + 1))
            ]
            for r in range(SIDE)
        ]
        values = as_picture(means, k)
        cells = sheet.formulas(row, column, f"mean_{k}", formulas, values, "calc.picture")
        sheet.color_scales.append(ColorScale(cells, 0.0, 1.0, palette="ink"))


TOPIC = Topic(
    name="weights_seen",
    title="The weights as pictures",
    summary="the weights of each class as a picture, after any step, above the mean of the class",
    sheet=_sheet,
    order=3,
    tries=(
        Try(
            "Set step_to_show to 0, then to 1, 2 and so on.",
            "Noise first; step by step the digits come out of it.",
            edits=({"step_to_show": 0.0}, {"step_to_show": 1.0}, {"step_to_show": 2.0}),
            holds=lambda was, *after: every(
                same(after[0]["weights_3"].ravel(), was["step!weights"][:, 3]),
                *(
                    same(after[t]["weights_3"].ravel(), was[f"steps!weights_{t}"][:, 3])
                    for t in (1, 2)
                ),
            ),
            rests_on="weights_3",
        ),
        Try(
            "On sheet step set wd to 0.5.",
            "The noise in the corners fades, and the strokes stay.",
            edits=({"step!wd": 0.5},),
            holds=lambda was, now: every(
                np.abs(now["weights_0"][0, 0]) < np.abs(was["weights_0"][0, 0]) / 2,
                np.corrcoef(now["weights_0"].ravel(), now["mean_0"].ravel())[0, 1]
                > np.corrcoef(was["weights_0"].ravel(), was["mean_0"].ravel())[0, 1],
            ),
            rests_on="weights_0",
        ),
        Try(
            "On sheet digit turn the label of the 7 into 1.",
            "The 7 leaves the picture of its class and mixes with the 1.",
            edits=({"digit!label_6": 1.0},),
            holds=lambda was, now: every(
                (now["mean_7"] != was["mean_7"]).any(), (now["mean_1"] != was["mean_1"]).any()
            ),
            rests_on="mean_1",
        ),
    ),
    needs=("digit", "step", "steps"),
    options=("epochs",),
)
