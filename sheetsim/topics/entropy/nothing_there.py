"""Where nothing is in the picture, softmax is the wrong choice: sigmoids can say no.

Softmax answers "which of these classes is it?" and has no way to say "none": its numbers add up to
1, so something always gets a good share. Two images with outputs that differ by a constant get
the very same softmax, though in the one every output may be large (it is there, no doubt) and in
the other all of them low (nothing of the kind). The constant, which softmax throws away, is
all that distinguishes the two.

A sigmoid for each class answers a question for each: "is it there, yes or no?",

    sigmoid(o) = 1 / (1 + e^-o) = e^o / (1 + e^o)

and all may say no, or several yes (that is also how to label a photo with more than one thing in
it). It is the softmax of two classes with the outputs o and 0. Here it is written so that no exp
overflows: e^min(o, 0) / (1 + e^-|o|). Softmax is right where exactly one of the classes IS there,
as the next word of a text is.

The lecture's sheet `softmax` has this in its columns `binary`, e^o/(1 + e^o) of both images.
Source: fast.ai (2019), lesson 5.
"""

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.entropy.softmax import CLASSES, LIMIT, softmax

FACTS, TOP, CURVE = 2, 8, 25
"""Row of the settings' labels, first row of the classes, points of the curves."""

WALL = (-5.2, -4.1, -6.3, -3.9, -3.0)
"""Outputs for an image of nothing in particular."""
YES = "something is there"
NO = "nothing is there"


def sigmoid(outputs: Array) -> Array:
    """1 / (1 + e^-output) of any outputs, without overflow."""
    return np.asarray(np.exp(np.minimum(outputs, 0)) / (1 + np.exp(-np.abs(outputs))))


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("nothing_there", "Nothing there: softmax beside a sigmoid for each class")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "images 1 and 2 are those of the sheet softmax; image 3 is another one, such as an empty "
        "wall; sigmoid = 1 / (1 + exp(-output))"
    )
    sheet.text(1, 0, lead, "lead")
    settings = (
        Fact("threshold", "threshold", None, 0.5, "input.general", Valid(0.01, 0.99)),
        Fact("less_from", "less_from", None, -2.0, "input.general", Valid(-LIMIT, LIMIT)),
        Fact("less_to", "less_to", None, 8.0, "input.general", Valid(-LIMIT, LIMIT)),
    )
    placed = facts(sheet, FACTS, 1, settings)
    source = book["softmax"]
    sheet.numbers(TOP, 0, [[i + 1] for i in range(len(CLASSES))], "index")
    names = sheet.labels(TOP, 1, [[name] for name in CLASSES], "row heading")
    sheet.labels(TOP - 1, 0, [["class", ""]], "heading")
    sheet.text(TOP + len(CLASSES), 1, "largest", "row heading")
    copies = [
        sheet.fill(
            TOP,
            column,
            name,
            f"={block.qualified.cell}",
            block.values,
            "calc.step",
        )
        for name, column, block in (
            ("output_one", 2, source["outputs"]),
            ("output_two", 6, source["shifted"]),
        )
    ]
    limits = Valid(-LIMIT, LIMIT)
    wall = sheet.inputs(TOP, 10, "output_three", np.array(WALL)[:, None], "input.step", limits)
    images = [_image(sheet, i, block) for i, block in enumerate((*copies, wall), start=1)]
    _verdicts(sheet, images, float(placed["threshold"].value))
    _image_chart(sheet, names, images)
    _curves(sheet, copies[0], images[0])
    sheet.width(0, 0, 7)
    sheet.width(1, 13, 10.5)
    for gap in (5, 9):
        sheet.width(gap, gap, 3)
    sheet.heights[FACTS], sheet.heights[TOP - 1] = 31, 31
    sheet.freeze = (5, 2)
    sheet.pages = 1
    return sheet


def _image(sheet: Sheet, i: int, outputs: Block) -> dict[str, Block]:
    """Softmax and sigmoids of one image, and the largest of each, below it."""
    column, values = outputs.column, outputs.values
    sheet.text(TOP - 2, column, f"image {i}", "band")
    sheet.labels(TOP - 1, column, [["output", "softmax", "sigmoid"]], "heading")
    top, formula = float(values.max()), f"=MAX({outputs.range})"
    most = sheet.fill(outputs.bottom, column, f"largest_output_{i}", formula, top, "calc.step")
    largest = most.range
    share = sheet.fill(
        TOP,
        column + 1,
        f"softmax_{i}",
        f"=EXP({outputs.cell}-{largest})/SUMPRODUCT(EXP({outputs.down}-{largest}))",
        softmax(values.T).T,
        "calc.step",
    )
    yes = sheet.fill(
        TOP,
        column + 2,
        f"sigmoid_{i}",
        f"=1/(1+EXP(0-ABS({outputs.cell})))*EXP(MIN({outputs.cell},0))",
        sigmoid(values),
        "calc.step",
    )
    blocks = {"output": outputs, "largest_output": most, "softmax": share, "sigmoid": yes}
    for offset, (name, block) in enumerate((("softmax", share), ("sigmoid", yes)), start=1):
        blocks[f"largest_{name}"] = sheet.fill(
            block.bottom,
            column + offset,
            f"largest_{name}_{i}",
            f"=MAX({block.range})",
            float(block.values.max()),
            "calc.step",
        )
    return blocks


def _verdicts(sheet: Sheet, images: list[dict[str, Block]], threshold: float) -> None:
    """Whether the largest sigmoid of each image exceeds the threshold.

    It does if the largest output exceeds the one whose sigmoid is the threshold.
    """
    needed = float(np.log(threshold / (1 - threshold)))
    formula = "=LN(threshold/(1-threshold))"
    fact = Fact("output needed", "needed", formula, needed, "calc.step")
    facts(sheet, FACTS, 4, (fact,))
    sheet.text(TOP + len(CLASSES) + 1, 1, "so", "row heading")
    for i, image in enumerate(images, start=1):
        largest = image["largest_output"]
        says = YES if float(largest.value) > needed else NO
        formula = f'=IF({largest.name}>needed,"{YES}","{NO}")'
        column = image["output"].column
        sheet.fill(largest.row + 1, column, f"verdict_{i}", formula, says, "calc.text")


def _image_chart(sheet: Sheet, names: Block, images: list[dict[str, Block]]) -> None:
    """Softmax and sigmoids, class by class."""
    row = TOP + len(CLASSES) + 3
    for column, columns, name in ((0, 5, "softmax"), (5, 5, "sigmoid")):
        series = tuple(
            Series(f"image {i}", names, image[name]) for i, image in enumerate(images, start=1)
        )
        title = {"softmax": "Softmax", "sigmoid": "Sigmoid of each class"}[name]
        at = (row, column, columns, 18)
        chart = Chart(title, "class", name, series, *at, bars=True, y_range=(0.0, 1.0))
        sheet.charts.append(chart)


def _curves(sheet: Sheet, outputs: Block, image: dict[str, Block]) -> None:
    """The largest softmax and sigmoid of image 1 as a constant is taken off its outputs."""
    row, left = TOP - 1, 15
    low, high = (float(sheet[name].value) for name in ("less_from", "less_to"))
    sheet.text(row - 1, left, "image 1, less a constant", "band")
    headings = ["", "constant", "largest output", "largest softmax", "largest sigmoid"]
    sheet.labels(row, left, [headings], "heading")
    steps = sheet.numbers(TOP, left, [[i] for i in range(CURVE)], "index")
    less = (low + (high - low) * np.arange(CURVE) / (CURVE - 1))[:, None]
    formula = f"=less_from+(less_to-less_from)*{steps.cell}/{steps.at(CURVE - 1)}"
    constant = sheet.fill(TOP, left + 1, "constant", formula, less, "calc.step")
    moved = outputs.values.T - less  # (constants, classes)
    most = moved.max(axis=1, keepdims=True)
    formula = f"={image['largest_output'].range}-{constant.cell}"
    largest = sheet.fill(TOP, left + 2, "moved_output", formula, most, "calc.step")
    share = sheet.fill(
        TOP,
        left + 3,
        "moved_softmax",
        f"=1/SUMPRODUCT(EXP({outputs.range}-{constant.cell}-{largest.cell}))",
        softmax(moved).max(axis=1, keepdims=True),
        "calc.step",
    )
    yes = sheet.fill(
        TOP,
        left + 4,
        "moved_sigmoid",
        f"=1/(1+EXP(0-ABS({largest.cell})))*EXP(MIN({largest.cell},0))",
        sigmoid(most),
        "calc.step",
    )
    series = (
        Series("largest softmax", constant, share, points=False),
        Series("largest sigmoid", constant, yes, points=False),
    )
    title = "Image 1, less a constant"
    chart = Chart(
        title,
        "what is taken off all outputs",
        "largest of the classes",
        series,
        TOP + len(CLASSES) + 3,
        10,
        columns=4,
        rows=18,
        y_range=(0.0, 1.0),
    )
    sheet.charts.append(chart)
    sheet.width(left - 1, left - 1, 3)
    sheet.width(left, left, 6)
    sheet.width(left + 1, left + 4, 10.5)


TOPIC = Topic(
    name="nothing_there",
    title="Nothing there: softmax beside a sigmoid for each class",
    summary="why softmax is the wrong choice where nothing may be in the picture",
    sheet=_sheet,
    order=3,
    tries=(
        Try(
            "Set shift to 4 on the sheet softmax.",
            "The softmax of image 2 stays where it is; its sigmoids all fall below the threshold: "
            "nothing is there.",
            edits=({"softmax!shift": 4.0},),
            holds=lambda was, now: every(
                same(now["softmax_2"], was["softmax_2"]),
                now["sigmoid_2"] < now["threshold"],
                now["verdict_2"] == now["verdict_3"],
                now["verdict_2"] != was["verdict_2"],
            ),
            rests_on="verdict_2",
        ),
        Try(
            "Type -9 for four outputs of image 3 and -6 for the fifth.",
            "Softmax gives the fifth class 0.83; its sigmoid is 0.002 and says that nothing is "
            "there.",
            edits=({"output_three": [[-9], [-9], [-9], [-9], [-6]]},),
            holds=lambda was, now: every(
                now["softmax_3"][4].round(2) == 0.83,
                now["sigmoid_3"][4].round(3) == 0.002,
                now["verdict_3"] == was["verdict_3"],
            ),
            rests_on="softmax_3",
        ),
        Try(
            "Type 3 for two outputs of image 3.",
            "Both sigmoids say yes, 0.95 each; softmax has to share out its 1 between the two.",
            edits=({"output_three": lambda s: put(s["output_three"], 3, slice(0, 2))},),
            holds=lambda was, now: every(
                now["sigmoid_3"][:2].round(2) == 0.95,
                now["verdict_3"] != was["verdict_3"],
                now["softmax_3"][:2].sum() <= 1,
                now["softmax_3"][:2] < 0.5,
            ),
            rests_on="sigmoid_3",
        ),
    ),
    needs=("softmax",),
)
