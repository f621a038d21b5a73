"""A picture is a table of numbers, and a table of numbers is a column of numbers.

Each pixel of a digit says how much ink is on it: 0 is paper, 16 is all ink (4 x 4 dots of the
scan that it was made of). Coloured by value, the 64 cells are the picture. What a model gets is

    x[8 r + c] = pixel[r, c] / 16        r, c = 0 .. 7

one column of 64 numbers between 0 and 1: the rows of the picture one after the other. That two
pixels are neighbours is lost by it, and a linear model does not miss it: it has a weight for each
pixel by itself, and would learn just as well from pixels shuffled alike in all pictures. (Only
convolutions make use of the neighbourhood.)

The digits are the UCI ones that scikit-learn ships (E. Alpaydin and C. Kaynak, 1998, CC BY 4.0).
MNIST, which the lecture uses, has 28 x 28 pixels of 0 to 255; its notebook too divides them to 0
to 1 and flattens them to 784 numbers.
"""

import numpy as np

from sheetsim.sheet import Array, Block, ColorScale, Sheet, Valid
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, first, put, same
from sheetsim.topics.digits._batch import CLASSES, PIXELS, SIDE, N

FACTS, SHOWN, PICTURES, FLAT = 2, 5, 17, 37
"""Rows of the facts, the digit shown, the pictures and the flattened batch."""

SQUARE = (3.29, 21.0)
"""Width in characters and height in points of a square cell."""

INK = 16.0


def flatten(pictures: Array, ink: float) -> Array:
    """Pictures (n, h, w) as columns (h w, n) of numbers from 0 to 1, row after row."""
    return np.asarray(pictures.reshape(len(pictures), -1).T / ink)


def unflatten(column: Array, width: int) -> Array:
    """A column (h w,) as a picture (h, w)."""
    return np.asarray(column.reshape(-1, width))


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("digit", "A digit is a table of numbers")
    sheet.text(0, 0, sheet.title, "title")
    lead = "real digits of 8 x 8 pixels; paint in the twelve pictures: 0 is paper, 16 is ink"
    sheet.text(1, 0, lead, "lead")
    sheet.text(FLAT, 1, "labels may be", "note")
    classes = sheet.numbers(FLAT, 6, [list(range(CLASSES))], "index")
    pictures, labels = _pictures(sheet, classes)
    numbers = _flat(sheet, pictures, labels)
    _shown(sheet, numbers)
    for row in (*range(SHOWN, SHOWN + 10), *range(PICTURES, PICTURES + 2 * (SIDE + 2))):
        sheet.heights[row] = SQUARE[1]
    sheet.width(0, 6 * (SIDE + 1), SQUARE[0])
    sheet.freeze = (FACTS + 2, 0)
    rows, columns = sheet.extent
    sheet.print_areas = ((0, 0, FLAT - 1, columns), (FLAT - 1, 0, rows, columns))
    return sheet


def _pictures(sheet: Sheet, classes: Block) -> tuple[list[Block], list[Block]]:
    """The twelve pictures in two rows, each under its number and its label."""
    title = "the mini-batch: every pixel and every label is an input"
    sheet.text(PICTURES - 1, 1, title, "band")
    pictures, labels = [], []
    for i in range(N):
        row = PICTURES + (SIDE + 2) * (i // 6)
        column = 1 + (SIDE + 1) * (i % 6)
        sheet.numbers(row, column, [[i + 1]], "index")
        sheet.text(row, column + 4, "label", "note")
        valid = Valid(0, CLASSES - 1, choices=classes.range)
        label = sheet.input(row, column + 7, f"label_{i + 1}", 0.0, "input.index", valid)
        at, blank = (row + 1, column), np.zeros((SIDE, SIDE))
        picture = sheet.inputs(*at, f"picture_{i + 1}", blank, "input.picture", Valid(0, INK))
        sheet.color_scales.append(ColorScale(picture, 0.0, INK, palette="ink"))
        pictures.append(picture)
        labels.append(label)
    return pictures, labels


def _flat(sheet: Sheet, pictures: list[Block], labels: list[Block]) -> Block:
    """The batch as columns, with labels above; returns the digits' numbers."""
    ink = sheet.input(FACTS, 24, "ink", INK, "input.index", Valid(0, above=True))
    sheet.text(FLAT - 1, 1, "flattened: a column of 64 numbers for each digit", "band")
    sheet.text(FLAT + 1, 0, "digit", "label")
    numbers = sheet.numbers(FLAT + 1, 2, [list(range(1, N + 1))], "heading")
    sheet.text(FLAT + 2, 0, "label", "label")
    answers = np.array([[label.value for label in labels]])
    links = [[f"={label.range}" for label in labels]]
    sheet.formulas(FLAT + 2, 2, "labels", links, answers, "calc.index")
    top = FLAT + 3
    sheet.numbers(top, 1, [[pixel] for pixel in range(1, PIXELS + 1)], "index")
    stack = np.stack([picture.values for picture in pictures])
    formulas = [
        [f"={picture.at(pixel // SIDE, pixel % SIDE)}/ink" for picture in pictures]
        for pixel in range(PIXELS)
    ]
    values = flatten(stack, float(ink.value))
    sheet.formulas(top, 2, "x", formulas, values, "calc.error")
    return numbers


def _shown(sheet: Sheet, numbers: Block) -> None:
    """The digit that is picked by its number: its picture, and the numbers of it."""
    x, labels = sheet["x"], sheet["labels"]
    valid = Valid(1, N, choices=numbers.range)
    sheet.text(FACTS, 1, "digit_to_show", "label")
    shown = sheet.input(FACTS, 7, "digit_to_show", 1.0, "input.index", valid)
    which = int(shown.value) - 1
    known = 0 <= which < N
    sheet.text(FACTS, 10, "its label", "label")
    label = labels.values[0, which] if known else np.nan
    formula = f"=INDEX({labels.range},1,digit_to_show)"
    sheet.fill(FACTS, 14, "label_shown", formula, label, "key.index")
    sheet.text(FACTS, 21, "ink", "label")
    sheet.text(SHOWN, 1, "as a picture", "band")
    sheet.text(SHOWN, 11, "as numbers, 0 to 1", "band")
    rows = sheet.numbers(SHOWN + 1, 0, [[r] for r in range(SIDE)], "index")
    column = x.values[:, which] if known else np.full(PIXELS, np.nan)
    for left, name, style in ((1, "picture", "calc.picture"), (11, "values", "calc.error")):
        columns = sheet.numbers(SHOWN + 1 + SIDE, left, [list(range(1, SIDE + 1))], "index")
        place = f"{rows.across}*COUNT({columns.range})+{columns.down}"
        formula = f"=INDEX({x.range},{place},digit_to_show)"
        values = unflatten(column, SIDE)
        sheet.fill(SHOWN + 1, left, name, formula, values, style)
    sheet.color_scales.append(ColorScale(sheet["picture"], 0.0, 1.0, palette="ink"))


TOPIC = Topic(
    name="digit",
    title="A digit",
    summary="twelve real digits as coloured cells, one of them picked, and all of them flattened",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Pick another digit_to_show.",
            "Its picture, its numbers and its label stand on top.",
            edits=({"digit_to_show": 3.0},),
            holds=lambda was, now: every(
                now["label_shown"] == now["label_3"],
                same(now["values"].ravel(), now["x"][:, 2]),
                (now["picture"] != was["picture"]).any(),
            ),
            rests_on="picture",
        ),
        Try(
            "Paint: type 16 into a white pixel of picture 1 and 0 into a black one.",
            "The picture changes, and one number each in column 1 of the flattened batch.",
            edits=(
                {
                    "picture_1": lambda s: put(
                        put(s["picture_1"], 0, first(s["picture_1"] == 16)), 16, (0, 0)
                    )
                },
            ),
            holds=lambda was, now: every(
                (now["x"] != was["x"]).sum() == 2,
                (now["x"] != was["x"])[:, 1:] == 0,
                (now["picture"] != was["picture"]).sum() == 2,
            ),
            rests_on="x",
        ),
        Try(
            "Change a label, so that it is wrong.",
            "On sheet step the cross entropy of that digit changes, and so does every gradient.",
            edits=({"label_1": lambda s: (s["label_1"] + 1) % 10},),
            holds=lambda was, now: every(
                first(now["step!entropies"] != was["step!entropies"]) == (0, 0),
                (now["step!entropies"] != was["step!entropies"]).sum() == 1,
                now["step!bias_gradient"][0, int(was["label_1"])]
                != was["step!bias_gradient"][0, int(was["label_1"])],
            ),
            rests_on="labels",
        ),
    ),
)
