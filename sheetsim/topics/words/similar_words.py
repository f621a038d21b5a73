"""How alike two words are: the cosine between their vectors, and the distance.

    cosine(a, b) = a . b / (|a| |b|)        1: same direction, 0: at right angles, -1: opposite
    distance(a, b) = |a - b|

The cosine does not care how long the vectors are, which is why it is the usual measure for words;
for vectors of length 1 the two say the same, distance^2 = 2 - 2 cosine. The sheet has the cosine
of every two words, the two words picked by id, and the word that is most like the first of them.

The numbers here are random, so that what is alike is chance. Trained on texts (word2vec, Mikolov
et al., 2013; GloVe, Pennington et al., 2014), words that stand in the same surroundings come to
lie close together. The map shows the first two of a word's numbers and leaves the others out:
neighbours on it need not be neighbours.
"""

import numpy as np

from sheetsim.sheet import Array, Block, Chart, ColorScale, Highlight, Series, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.words.vocabulary import SLOTS
from sheetsim.topics.words.word_vectors import K

FACTS, PICKED, BANDS, HEADINGS, TOP = 2, 5, 9, 10, 11
NO_ANGLE = "none"
"""What stands for the cosine with a vector of zeros, which has no direction."""

ABSENT = "no word"
"""What stands for the word most like another, where there is none to compare with."""

MAP = 7
"""First column of the cosines of every two words."""


def cosines(matrix: Array) -> Array:
    """The cosine of every two rows of a matrix (n, k); (n, n), NaN where a row is all zeros."""
    lengths = np.sqrt((matrix**2).sum(axis=1))
    with np.errstate(all="ignore"):
        return np.asarray(matrix @ matrix.T / np.outer(lengths, lengths))


def picked(matrix: Array, place: float) -> Array:
    """The row of that number, counted from 1, of a matrix (n, k), zeros for none; (1, k)."""
    hot = np.arange(1, len(matrix) + 1) == place
    return np.asarray(hot[None, :].astype(float) @ matrix)


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("similar_words", "Which words are alike")
    sheet.text(0, 0, sheet.title, "title")
    lead = "the cosine of the angle between two words' vectors: 1 the same direction, 0 at right "
    sheet.text(1, 0, f"{lead}angles, -1 opposite", "lead")
    matrix = book["word_vectors"]["matrix"]
    ids = sheet.numbers(TOP, 0, [[place] for place in range(1, SLOTS + 1)])
    known, length = _words(sheet, book, ids, matrix)
    pair = _pair(sheet, ids, known, matrix)
    _nearest(sheet, book, ids, pair, length, matrix)
    _map(sheet, book, ids, known, length, matrix)
    spots = _spots(sheet, book, ids, known, matrix)
    x, y = (spots.part(slice(None), slice(axis, axis + 1)) for axis in (0, 1))
    chart = Chart(
        "The first two numbers of every word",
        "number 1",
        "number 2",
        (Series("words", x, y, line=False, labels=known),),
        TOP + SLOTS + 1,
        0,
        columns=MAP + 5,
        rows=16,
    )
    sheet.charts.append(chart)
    sheet.width(0, 0, 6)
    sheet.width(1, 1, 14)
    sheet.width(2, 5, 10)
    sheet.width(6, 6, 2)
    sheet.width(MAP, MAP + SLOTS - 1, 9)
    sheet.freeze = (FACTS + 2, 2)
    sheet.pages = 1
    return sheet


def _words(sheet: Sheet, book: Draft, ids: Block, matrix: Block) -> tuple[Block, Block]:
    """The words of the vocabulary and the lengths of their vectors, "" where there is no word."""
    listed = book["vocabulary"]["vocabulary"]
    sheet.labels(
        HEADINGS, 0, [["id", "word", "length", "with a", "number 1", "number 2"]], "heading"
    )
    known = sheet.fill(TOP, 1, "known", f"={listed.qualified.cell}", listed.values, "calc.text")
    row, size = matrix.qualified.across, book["vocabulary"]["different_words"]
    lengths = np.sqrt((matrix.values**2).sum(axis=1, keepdims=True)).astype(object)
    lengths[ids.values > size.value] = ""
    formula = f'=IF({ids.cell}>{size.qualified.range},"",SQRT(SUMPRODUCT({row},{row})))'
    return known, sheet.fill(TOP, 2, "lengths", formula, lengths, "calc.factor")


def _spots(sheet: Sheet, book: Draft, ids: Block, known: Block, matrix: Block) -> Block:
    """Where each word stands on the map; #N/A, unseen, keeps a row without a word off it."""
    size = book["vocabulary"]["different_words"]
    there = ids.values <= size.value
    formula = f"=IF({ids.across}>{size.qualified.range},NA(),{matrix.qualified.cell})"
    values = np.where(there, matrix.values[:, :2], np.nan)
    spots = sheet.fill(TOP, 4, "spots", formula, values, "calc.factor")
    sheet.highlights.append(Highlight(spots, f'{known.across}=""', "unseen"))
    return spots


def _pair(sheet: Sheet, ids: Block, known: Block, matrix: Block) -> tuple[Block, Block]:
    """The two words that are picked: their vectors, and how alike these are."""
    choice = Valid(1, SLOTS, choices=ids.range)
    inputs = (
        Fact("word_a", "word_a", None, 2, "input.index", choice),
        Fact("word_b", "word_b", None, 4, "input.index", choice),
    )
    placed = facts(sheet, FACTS, 1, inputs)
    sheet.text(PICKED, 1, "the two words", "heading")
    sheet.numbers(PICKED, 2, [list(range(1, K + 1))], "heading")
    vectors = []
    for row, (name, block) in enumerate(placed.items(), start=PICKED + 1):
        place = int(block.value)
        word = known.values[place - 1, 0] if 1 <= place <= SLOTS else np.nan
        text = f"=INDEX({known.range},{block.range})"
        sheet.text(row, 0, name[-1], "row heading")
        sheet.fill(row, 1, f"{name}_text", text, word, "calc.text")
        vector = picked(matrix.values, float(block.value))
        formula = f"=SUMPRODUCT(({ids.range}={block.range})*{matrix.qualified.down})"
        vectors.append(sheet.fill(row, 2, f"{name}_vector", formula, vector, "calc.factor"))
    a, b = vectors
    return a, b


def _nearest(
    sheet: Sheet, book: Draft, ids: Block, pair: tuple[Block, Block], length: Block, matrix: Block
) -> None:
    """How alike the two are, and the word that is most like a."""
    size = book["vocabulary"]["different_words"]
    listed = book["vocabulary"]["vocabulary"]
    a, b = pair
    both = cosines(np.concatenate([a.values, b.values]))
    alike = cosines(np.concatenate([a.values, matrix.values]))[0, 1:]
    shown = (ids.values[:, 0] <= size.value) & (ids.values[:, 0] != sheet["word_a"].value)
    values = np.array([[v if ok else ""] for v, ok in zip(alike, shown, strict=True)], dtype=object)
    values[np.isnan(alike) & shown] = NO_ANGLE
    own = f"SQRT(SUMPRODUCT({a.range},{a.range}))"
    row = matrix.qualified.across
    near = sheet.fill(
        TOP,
        3,
        "with_a",
        f'=IF({ids.cell}>{size.qualified.range},"",IF({ids.cell}=word_a,"",'
        f'IFERROR(SUMPRODUCT({a.range},{row})/({own}*{length.cell}),"{NO_ANGLE}")))',
        values,
        "calc.factor",
    )
    best, seen = ABSENT, shown & np.isfinite(alike)
    if seen.any():
        best = listed.values[int(np.argmax(np.where(seen, alike, -np.inf))), 0]
    other = f"SQRT(SUMPRODUCT({b.range},{b.range}))"
    outcome = (
        Fact(
            "cosine",
            "cosine",
            f'=IFERROR(SUMPRODUCT({a.range},{b.range})/({own}*{other}),"{NO_ANGLE}")',
            both[0, 1] if np.isfinite(both[0, 1]) else NO_ANGLE,
            "key.factor",
        ),
        Fact(
            "distance",
            "distance",
            f"=SQRT(SUMPRODUCT(({a.range}-{b.range})^2))",
            np.sqrt(((a.values - b.values) ** 2).sum()),
            "calc.factor",
        ),
        Fact(
            "most like a",
            "nearest",
            f"=IFERROR(INDEX({sheet['known'].range},MATCH(MAX({near.range}),{near.range},0)),"
            f'"{ABSENT}")',
            best,
            "calc.text",
        ),
    )
    facts(sheet, FACTS, 3, outcome)


def _map(sheet: Sheet, book: Draft, ids: Block, known: Block, length: Block, matrix: Block) -> None:
    """The cosine of every two words of the vocabulary, coloured."""
    size = book["vocabulary"]["different_words"]
    sheet.text(BANDS, MAP, "cosine of every two words", "band")
    headings = [[f"={known.at(j)}" for j in range(SLOTS)]]
    sheet.formulas(HEADINGS, MAP, "across", headings, known.values.T, "heading")
    rows = matrix.qualified
    formulas = [
        [
            f'=IF(MAX({ids.at(i)},{ids.at(j)})>{size.qualified.range},"",'
            f"IFERROR(SUMPRODUCT("
            f"{rows.part(slice(i, i + 1)).range},{rows.part(slice(j, j + 1)).range})"
            f'/({length.at(i)}*{length.at(j)}),"{NO_ANGLE}"))'
            for j in range(SLOTS)
        ]
        for i in range(SLOTS)
    ]
    there = ids.values[:, 0] <= size.value
    values = cosines(matrix.values).astype(object)
    values[np.isnan(cosines(matrix.values))] = NO_ANGLE
    values[~there, :] = values[:, ~there] = ""
    block = sheet.formulas(TOP, MAP, "cosines", formulas, values, "calc.factor")
    sheet.color_scales.append(ColorScale(block, -1, 1, palette="signed"))


TOPIC = Topic(
    name="similar_words",
    title="Which words are alike",
    summary="the cosine of every two words, two words compared, and a map of their vectors",
    sheet=_sheet,
    order=2,
    tries=(
        Try(
            "In word_vectors copy the row of one word over that of another.",
            "Their cosine becomes 1 and their distance 0, and they are the same point of the map.",
            edits=(
                {
                    "word_vectors!matrix": lambda s: put(
                        s["word_vectors!matrix"], s["word_vectors!matrix"][1], 3
                    )
                },
            ),
            holds=lambda _was, now: every(
                same(now["cosine"], 1), now["distance"] == 0, same(now["spots"][1], now["spots"][3])
            ),
            rests_on="cosine",
        ),
        Try(
            "In word_vectors double all four numbers of a word.",
            "Its length doubles and distances to it change; its cosines stay as they are.",
            edits=(
                {
                    "word_vectors!matrix": lambda s: put(
                        s["word_vectors!matrix"], 2 * s["word_vectors!matrix"][1], 1
                    )
                },
            ),
            holds=lambda was, now: every(
                same(now["lengths"][1, 0], 2 * was["lengths"][1, 0]),
                now["distance"] != was["distance"],
                same(now["cosine"], was["cosine"]),
                same(now["cosines"][1, :6].astype(float), was["cosines"][1, :6].astype(float)),
            ),
            rests_on="lengths",
        ),
        Try(
            "Set both ids to the same number.",
            "The cosine of a word with itself is 1, its distance 0; the diagonal says the same.",
            edits=({"word_a": 3.0, "word_b": 3.0},),
            holds=lambda _was, now: every(
                same(now["cosine"], 1),
                now["distance"] == 0,
                same(np.diag(now["cosines"])[:6].astype(float), 1),
            ),
            rests_on="cosine",
        ),
    ),
    needs=("word_vectors",),
)
