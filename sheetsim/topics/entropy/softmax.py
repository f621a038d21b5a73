"""Softmax: outputs to probabilities, by their exponentials.

    p_i = e^(o_i) / sum over j of e^(o_j)

All are positive and they add up to 1; one more in an output makes its class e times as likely
against any other. A constant taken off all outputs divides the numerator and every term of the sum
by the same number and changes nothing,

    e^(o_i - c) / sum e^(o_j - c)  =  p_i          for every c

which has two sides. Images whose outputs differ by a constant get the same probabilities, however
sure or unsure the outputs are: image 2 on the sheet is image 1 less `shift` (and more by `extra`,
where somebody wants another image); what that costs is in the sheet nothing_there. And c may be
chosen: with the largest output, the greatest exponent is 0 and nothing overflows, while e^710
alone is beyond what a cell (or a float) can hold. So PyTorch, SciPy and the columns on the right
take the maximum off first; the plain form on the left is the lecture's.

The lecture's sheet `softmax` (outputs of two images, exp, sum, divide) is this one; it shows
e^o/(1 + e^o) of each output too, which here is in nothing_there.
"""

import math

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, add, every, put, same

FACTS, TOP = 2, 8
CLASSES = ("cat", "dog", "plane", "building", "fish")
OUTPUTS = (0.1, -2.4, -1.7, 1.3, 2.1)
LIMIT = 1e3
"""Largest output or shift: far beyond where e^x overflows."""


def plain(outputs: Array) -> Array:
    """Softmax of outputs (n,) as it is defined; NaN where e^output is too large for a float."""
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(outputs)
        powers = np.where(np.isfinite(powers), powers, np.nan)
        return np.asarray(powers / powers.sum())


def softmax(outputs: Array) -> Array:
    """The same, with the largest output taken off first; outputs (..., n), along the last axis."""
    powers = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


AGREE = "both forms of each softmax agree"
DIFFER = "the two forms of a softmax do NOT agree"
TOO_LARGE = "the plain form fails: the exp of an output is beyond what a cell holds"
SAME = "both images have the same softmax, though their outputs differ by shift"
OTHER = "the two images have different softmaxes: extra is not the same for all classes"


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("softmax", "Softmax: outputs to probabilities")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "softmax = exp(output) / the sum of all exp;   image 2 has the outputs of image 1, less "
        "shift, and more by extra"
    )
    sheet.text(1, 0, lead, "lead")
    settings = (
        Fact("shift", "shift", None, 1.5, "input.general", Valid(-LIMIT, LIMIT)),
        Fact("tolerance", "tolerance", None, 1e-12, "input.power", Valid(1e-12, 1)),
    )
    placed = facts(sheet, FACTS, 1, settings)
    limits = Valid(-LIMIT, LIMIT)
    sheet.numbers(TOP, 0, [[i + 1] for i in range(len(CLASSES))], "index")
    names = sheet.labels(TOP, 1, [[name] for name in CLASSES], "row heading")
    outputs = sheet.inputs(TOP, 2, "outputs", np.array(OUTPUTS)[:, None], "input.step", limits)
    extra = sheet.inputs(TOP, 9, "extra", np.zeros((len(CLASSES), 1)), "input.step", limits)
    shifted = sheet.fill(
        TOP,
        10,
        "shifted",
        f"={outputs.cell}-shift+{extra.cell}",
        outputs.values - float(placed["shift"].value) + extra.values,
        "calc.step",
    )
    sheet.labels(TOP - 1, 0, [["class", ""]], "heading")
    sheet.text(TOP - 1, 9, "extra", "heading")
    sheet.text(TOP + len(CLASSES), 1, "max, sum", "row heading")
    one = _image(sheet, "one", "image 1", 2, outputs)
    two = _image(sheet, "two", "image 2", 10, shifted)
    _verdicts(sheet, one, two)
    _charts(sheet, names, (outputs, one[1]), (shifted, two[1]))
    sheet.width(0, 0, 7)
    sheet.width(1, 16, 10.5)
    sheet.width(8, 8, 3)
    sheet.heights[FACTS], sheet.heights[TOP - 1] = 31, 31
    sheet.freeze = (5, 2)
    sheet.pages = 1
    return sheet


def _image(sheet: Sheet, name: str, title: str, left: int, outputs: Block) -> tuple[Block, Block]:
    """The columns of one image, beside its outputs: softmax both ways.

    Returns:
        The plain softmax, and the other.
    """
    values, below = outputs.values[:, 0], outputs.bottom
    sheet.text(TOP - 2, left + 1, f"{title}, plain", "band")
    sheet.text(TOP - 2, left + 3, "largest output taken off", "band")
    headings = [f"output, {title}", "exp", "softmax", "output - largest", "exp", "softmax"]
    sheet.labels(TOP - 1, left, [headings], "heading")
    with np.errstate(over="ignore"):
        powers = np.exp(values)
    powers = np.where(np.isfinite(powers), powers, np.nan)
    less = values - values.max()
    forms = []
    rows = (
        ("plain", 1, outputs, powers, plain(values)),
        ("stable", 4, None, np.exp(less), softmax(values)),
    )
    for form, offset, source, exps, shares in rows:
        if source is None:
            top, formula = float(values.max()), f"=MAX({outputs.range})"
            largest = sheet.fill(below, left, f"largest_{name}", formula, top, "calc.step")
            formula = f"={outputs.cell}-{largest.range}"
            source = sheet.fill(TOP, left + 3, f"less_{name}", formula, less[:, None], "calc.step")
        exp = sheet.fill(
            TOP,
            left + offset,
            f"exp_{form}_{name}",
            f"=EXP({source.cell})",
            exps[:, None],
            "calc.step",
        )
        total = float(np.sum(exps))
        formula = f"=SUM({exp.range})"
        whole = sheet.fill(below, left + offset, f"sum_{form}_{name}", formula, total, "calc.step")
        formula = f"={exp.cell}/{whole.range}"
        share = sheet.fill(
            TOP, left + offset + 1, f"{form}_{name}", formula, shares[:, None], "calc.step"
        )
        forms.append(share)
    return forms[0], forms[1]


def _verdicts(sheet: Sheet, one: tuple[Block, Block], two: tuple[Block, Block]) -> None:
    """Whether the two forms agree, and whether the two images have the same softmax."""
    tolerance = float(sheet["tolerance"].value)

    def apart(a: Block, b: Block) -> tuple[str, float]:
        text = f"SUMPRODUCT(ABS({a.range}-{b.range}))"
        return text, float(np.sum(np.abs(a.values - b.values)))

    (first, d1), (second, d2), (images, d3) = apart(*one), apart(*two), apart(one[1], two[1])
    row = (
        Fact("gap", "gap", f"={first}+{second}", d1 + d2, "calc.power"),
        Fact("images apart", "images_apart", f"={images}", d3, "calc.power"),
    )
    facts(sheet, FACTS, 3, row)
    agree = AGREE if d1 + d2 <= tolerance else DIFFER
    says = agree if np.isfinite(d1 + d2) else TOO_LARGE
    formula = f'=IFERROR(IF(gap<=tolerance,"{AGREE}","{DIFFER}"),"{TOO_LARGE}")'
    sheet.fill(FACTS, 5, "verdict", formula, says, "calc.text")
    formula = f'=IF(images_apart<=tolerance,"{SAME}","{OTHER}")'
    says = SAME if d3 <= tolerance else OTHER
    sheet.fill(FACTS + 1, 5, "images_verdict", formula, says, "calc.text")


def _charts(sheet: Sheet, names: Block, one: tuple[Block, Block], two: tuple[Block, Block]) -> None:
    """Outputs and softmax of both images, class by class."""
    row = TOP + len(CLASSES) + 2
    for i, (title, what) in enumerate(
        (("Outputs of the two images", "output"), ("Softmax of the two images", "softmax"))
    ):
        series = (
            Series("image 1", names, one[i]),
            Series("image 2", names, two[i]),
        )
        column, columns = (0, 8) if i == 0 else (9, 8)
        sheet.charts.append(
            Chart(title, "class", what, series, row, column, columns, 18, bars=True)
        )


TOPIC = Topic(
    name="softmax",
    title="Softmax: outputs to probabilities",
    summary="outputs to probabilities; two images with different outputs and the same softmax",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Set shift to 5, or to any other number up to 500 or so.",
            "The outputs of image 2 go down; its softmax stays as it is, equal to that of image 1.",
            edits=({"shift": 5.0}, {"shift": 500.0}),
            holds=lambda was, *after: every(
                *(now["shifted"] < was["shifted"] for now in after),
                *(same(now["stable_two"], was["stable_two"]) for now in after),
                *(same(now["stable_two"], now["stable_one"]) for now in after),
            ),
            rests_on="stable_two",
        ),
        Try(
            "Set shift to -800.",
            "Outputs near 800: their exp is an error, and so is the plain softmax. The form with "
            "the largest output taken off goes on as if nothing had happened.",
            edits=({"shift": -800.0},),
            holds=lambda was, now: every(
                now["shifted"] > 790,
                np.isnan(now["exp_plain_two"]),
                np.isnan(now["plain_two"]),
                same(now["stable_two"].sum(), 1),
                same(now["stable_two"], was["stable_two"]),
            ),
            rests_on="stable_two",
        ),
        Try(
            "Add 1 to one of the outputs of image 1.",
            "Its exp is 2.718 times what it was, in both images; its softmax grows, and all others "
            "shrink by one factor.",
            edits=({"outputs": lambda s: add(s["outputs"], 1, (0, 0))},),
            holds=lambda was, now: every(
                *(
                    same(now[f"exp_plain_{image}"][0] / was[f"exp_plain_{image}"][0], math.e)
                    for image in ("one", "two")
                ),
                now["stable_one"][0] > was["stable_one"][0],
                same(
                    now["stable_one"][1:] / was["stable_one"][1:],
                    (now["stable_one"] / was["stable_one"])[1],
                ),
                now["stable_one"][1:] < was["stable_one"][1:],
            ),
            rests_on="stable_one",
        ),
        Try(
            "Type 2 into extra for the cat.",
            "Image 2 is now another image: a cat is more likely there, and the note on top says "
            "that the two differ.",
            edits=({"extra": lambda s: put(s["extra"], 2, (0, 0))},),
            holds=lambda was, now: every(
                now["stable_two"][0] > was["stable_two"][0],
                now["images_verdict"] != was["images_verdict"],
            ),
            rests_on="images_verdict",
        ),
    ),
)
