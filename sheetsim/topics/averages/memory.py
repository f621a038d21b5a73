"""How much an average with a given beta remembers, and for how long.

The average m_t = beta m_(t-1) + (1 - beta) g_t, written out, gives the value that is k steps old
the weight

    (1 - beta) beta^k        which add up, over ages 0 to k, to 1 - beta^(k+1)

so that after n steps beta^n of the weight is still to come. From it follow three ways to say how
long the memory is, all in steps:

    1 / (1 - beta)           the usual rule; over so many steps the weight is 1 - beta^(1/(1-beta)),
                             near 1 - 1/e = 63 % for any beta close to 1
    ln(1/2) / ln(beta)       the half-life: the newest so many values have half of the weight
    ln(1-share) / ln(beta)   those that have any other share of it

0.9, the usual beta of momentum, remembers 10 steps, and 0.99 (RMSProp in PyTorch) 100. Adam's
0.999 remembers 1,000, which is why its average of squares needs the correction of the sheet
smoothing for so long.
"""

import numpy as np

from sheetsim.sheet import Array, Block, Chart, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same

BETAS = (0.5, 0.8, 0.9, 0.98)
AGES = 40
TABLE, HEADINGS, TOP = 2, 9, 10


def weights(beta: Array, age: Array) -> Array:
    """The weight of a value that is `age` steps old, by beta; (ages, betas)."""
    return np.asarray((1 - beta) * beta ** age[:, None])


def weight_up_to(beta: Array, age: Array) -> Array:
    """The weight of all values up to `age` steps old, by beta; (ages, betas)."""
    return np.asarray(1 - beta ** (age[:, None] + 1))


def steps_of(beta: Array) -> Array:
    """The usual rule, 1 / (1 - beta); (betas,)."""
    return np.asarray(1 / (1 - beta))


def steps_for(beta: Array, share: float) -> Array:
    """How many of the newest steps have this share of the weight; (betas,), no whole numbers."""
    return np.asarray(np.log(1 - share) / np.log(beta))


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("memory", "How many steps a beta remembers")
    sheet.text(0, 0, sheet.title, "title")
    lead = "the weight of a value k steps old is (1 - beta) beta^k; the newest has age 0"
    sheet.text(1, 0, lead, "lead")
    beta = _table(sheet)
    n = beta.columns
    age = sheet.numbers(TOP, 0, [[k] for k in range(AGES + 1)])
    sheet.text(HEADINGS, 0, "age in steps, and beta", "heading")
    weight = sheet.fill(
        TOP,
        1,
        "weight",
        f"=(1-{beta.down})*{beta.down}^{age.across}",
        weights(beta.values[0], age.values[:, 0]),
        "calc.step",
    )
    total = sheet.fill(
        TOP,
        n + 2,
        "total",
        f"=SUM({weight.part(slice(0, 1)).down}:{weight.cell})",
        weight_up_to(beta.values[0], age.values[:, 0]),
        "calc.step",
    )
    parts = ((weight, "Weight of the value of that age"), (total, "Weight of all up to that age"))
    for i, (block, title) in enumerate(parts):
        sheet.text(HEADINGS - 1, block.column, title, "band")
        _chart(sheet, title, age, block, _heading(sheet, beta, block), TOP + 16 * i)
    sheet.width(0, 0, 36)
    sheet.width(1, 2 * n + 1, 9.5)
    sheet.width(n + 1, n + 1, 2)
    sheet.width(2 * n + 2, 2 * n + 2, 2)
    sheet.width(2 * n + 3, 2 * n + 10, 9)
    sheet.freeze = (TOP, 1)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    sheet.pages = 1
    return sheet


def _table(sheet: Sheet) -> Block:
    """The betas, and what follows from each of them."""
    at = len(BETAS) + 2
    given = (Fact("share", "share", None, 0.95, "input.general", Valid(0, 0.9999)),)
    share = float(facts(sheet, TABLE, at, given)["share"].value)
    titles = (
        "beta",
        "steps, 1 / (1 - beta)",
        "weight of so many steps",
        "half-life in steps",
        "steps that hold the share",
    )
    sheet.labels(TABLE, 0, [[title] for title in titles], "row heading")
    betas = np.array([BETAS])
    beta = sheet.inputs(TABLE, 1, "beta", betas, "input.general", Valid(0.01, 0.999))
    values = beta.values
    lines = (
        ("steps", "=1/(1-{beta})", steps_of(values)),
        ("held", "=1-{beta}^{steps}", 1 - values ** steps_of(values)),
        ("half_life", "=LN(1/2)/LN({beta})", steps_for(values, 1 / 2)),
        ("share_steps", "=LN(1-share)/LN({beta})", steps_for(values, share)),
    )
    cells = {"beta": beta.cell}
    for row, (name, formula, line) in enumerate(lines, start=TABLE + 1):
        block = sheet.fill(row, 1, name, formula.format(**cells), line, "calc.rating2")
        cells[name] = block.cell
    return beta


def _heading(sheet: Sheet, beta: Block, block: Block) -> Block:
    """The betas again, over a table of their weights."""
    name = f"{block.name}_beta"
    head = (HEADINGS, block.column, name, f"={beta.cell}")
    return sheet.fill(*head, beta.values, "heading.general")


def _chart(sheet: Sheet, title: str, age: Block, block: Block, heading: Block, row: int) -> None:
    """A line for each beta, called by its value."""
    names = heading.qualified
    series = tuple(
        Series(f"={names.at(0, i)}", age, block.part(slice(None), slice(i, i + 1)), False)
        for i in range(block.columns)
    )
    left = 2 * block.columns + 3
    sheet.charts.append(
        Chart(title, "age in steps", "weight", series, row, left, columns=8, rows=15)
    )


TOPIC = Topic(
    name="memory",
    title="How many steps a beta remembers",
    summary="the weight of each step by its age, half-lives, and the rule 1 / (1 - beta)",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Set the first beta to 0.99.",
            "1 / (1 - beta) is 100 steps, the half-life 69, and the 41 ages shown hold about "
            "a third of the weight.",
            edits=({"beta": lambda s: put(s["beta"], 0.99, (0, 0))},),
            holds=lambda _was, now: every(
                same(now["steps"][0, 0], 100),
                round(now["half_life"][0, 0]) == 69,
                0.3 < now["total"][-1, 0] < 0.4,
            ),
            rests_on="steps",
        ),
        Try(
            "Set share to 0.5.",
            "The last line of the table becomes the half-life.",
            edits=({"share": 0.5},),
            holds=lambda _was, now: every(same(now["share_steps"], now["half_life"])),
            rests_on="share_steps",
        ),
        Try(
            "Compare 'weight of so many steps' for a small and a large beta.",
            "It is 0.75 for 0.5 and comes down to 0.63 as beta nears 1.",
            holds=lambda was: every(
                was["held"][0, 0] == 0.75,
                np.diff(was["held"][0]) < 0,
                0.63 < was["held"][0, -1] < 0.64,
            ),
            rests_on="held",
        ),
    ),
)
