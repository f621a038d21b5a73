"""From ids to vectors: one-hot rows times the embedding matrix, and the same rows looked up.

The id i of a word becomes a row of zeros with a 1 in place i; that row times the embedding matrix
E (one row for each word of the vocabulary, k numbers in it) is row i of E:

    one_hot(i) @ E = E[i]

The product is what a network's derivatives are worked out from; the look-up is what it computes
(torch.nn.Embedding). The padding of id 0 has a one-hot row of zeros and so a vector of zeros, as
with torch's padding_idx.

The plainest vector of a whole sentence is the average of its words' vectors (a "bag of words":
the order is lost, which is what recurrent networks and attention are for).

The lecture's sheet `word_emb` looks the rows up with OFFSET, for 14 words and 5 numbers each.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Array, Block, Highlight, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic
from sheetsim.topics._tries import Try, add, every, put, same
from sheetsim.topics.words.vocabulary import SLOTS

K = 4
"""Numbers in a word's vector."""

FACTS, BANDS, HEADINGS, TOP = 2, 5, 6, 7
LEFT, HOT = K + 3, K + 6
"""First columns of the sentence, and of its one-hot rows."""

SAME = "the product and the look-up are the same, to the last bit"
DIFFER = "the product and the look-up differ"
NO_WORDS = "no words"
"""What stands for the average of an empty sentence."""


def one_hot(ids: Array) -> Array:
    """Rows of zeros with a 1 in place id, counted from 1, and none for id 0; (n, SLOTS)."""
    return np.asarray(ids[:, None] == np.arange(1, SLOTS + 1), dtype=float)


def look_up(matrix: Array, ids: Array) -> Array:
    """Row id, counted from 1, of a matrix (SLOTS, k), and zeros for id 0; (n, k)."""
    padding = np.zeros((1, matrix.shape[1]))
    return np.take(np.concatenate([padding, matrix]), ids.astype(int), axis=0)


def _given(_plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    draws = np.random.default_rng(options["seed"]).standard_normal((SLOTS, K))
    return {"matrix": draws.round(2)}


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("word_vectors", "From ids to vectors")
    sheet.text(0, 0, sheet.title, "title")
    lead = "a one-hot row times the embedding matrix is one row of it: the word's vector"
    sheet.text(1, 0, lead, "lead")
    matrix = _matrix(sheet, book)
    ids = _sentence(sheet, book)
    dims = list(range(1, K + 1))
    sheet.text(BANDS, HOT, "one-hot row", "band")
    numbers = sheet.numbers(HEADINGS, HOT, [list(range(1, SLOTS + 1))], "heading")
    hot = sheet.fill(
        TOP,
        HOT,
        "hot",
        f"=IF({ids.across}={numbers.down},1,0)",
        one_hot(ids.values[:, 0]),
        "calc.hot",
    )
    sheet.highlights.append(Highlight(hot, f"{hot.cell}=1", "hot"))
    left = HOT + SLOTS + 1
    sheet.text(BANDS, left, "one-hot row x matrix", "band")
    sheet.numbers(HEADINGS, left, [dims], "heading")
    product = sheet.fill(
        TOP,
        left,
        "product",
        f"=SUMPRODUCT(MMULT({hot.across},{matrix.down}*1))",  # times 1: a blank counts as 0
        hot.values @ matrix.values,
        "calc.factor",
    )
    column = left + K + 1
    sheet.text(BANDS, column, "row id, looked up", "band")
    places = sheet.numbers(HEADINGS, column, [dims], "heading")
    vectors = sheet.fill(
        TOP,
        column,
        "vectors",
        f"=IF({ids.across}=0,0,INDEX({matrix.range},{ids.across},{places.down}))",
        look_up(matrix.values, ids.values[:, 0]),
        "calc.factor",
    )
    _outcome(sheet, book, product, vectors)
    _widths(sheet, column)
    sheet.freeze = (TOP, 0)
    sheet.pages = 1
    return sheet


def _matrix(sheet: Sheet, book: Draft) -> Block:
    """The embedding matrix, each row beside the word that it belongs to."""
    listed = book["vocabulary"]["vocabulary"]
    sheet.text(BANDS, 0, "embedding matrix", "band")
    sheet.labels(HEADINGS, 0, [["id", "word"]], "heading")
    sheet.numbers(HEADINGS, 2, [list(range(1, K + 1))], "heading")
    sheet.numbers(TOP, 0, [[place] for place in range(1, SLOTS + 1)])
    sheet.fill(TOP, 1, "known", f"={listed.qualified.cell}", listed.values, "calc.text")
    return sheet.inputs(TOP, 2, "matrix", np.zeros((SLOTS, K)), "input.factor", Valid())


def _sentence(sheet: Sheet, book: Draft) -> Block:
    """The sentence's words with their ids; these."""
    source = book["vocabulary"]
    sheet.text(BANDS, LEFT, "the sentence", "band")
    sheet.labels(HEADINGS, LEFT, [["word", "id"]], "heading")
    token, ids = source["tokens"], source["ids"]
    sheet.fill(TOP, LEFT, "sentence", f"={token.qualified.cell}", token.values, "calc.text")
    return sheet.fill(
        TOP, LEFT + 1, "sentence_ids", f"={ids.qualified.cell}", ids.values, "calc.index"
    )


def _outcome(sheet: Sheet, book: Draft, product: Block, vectors: Block) -> None:
    """Whether the two ways agree, and the sentence's average vector."""
    total = np.abs(product.values - vectors.values).sum()
    formula = f"=SUMPRODUCT(ABS({product.range}-{vectors.range}))"
    facts(sheet, FACTS, LEFT, (Fact("gap", "gap", formula, total, "key.general"),))
    verdict = SAME if total == 0 else DIFFER
    test = f'=IF(gap=0,"{SAME}","{DIFFER}")'
    sheet.fill(FACTS + 1, LEFT + 1, "verdict", test, verdict, "note")
    words = book["vocabulary"]["words_in_all"]
    row = TOP + SLOTS + 1
    sheet.text(row, product.column, "average of the sentence's words", "row heading")
    mean = np.full((1, K), NO_WORDS, dtype=object)
    if words.value:
        mean = vectors.values.sum(axis=0, keepdims=True) / float(words.value)
    formula = f'=IFERROR(SUM({vectors.down})/{words.qualified.range},"{NO_WORDS}")'
    sheet.fill(row, vectors.column, "average", formula, mean, "key.factor")


def _widths(sheet: Sheet, last: int) -> None:
    """Narrow columns for the one-hot rows, and gaps between the parts."""
    sheet.width(0, 0, 5)
    sheet.width(1, 1, 14)
    sheet.width(2, K + 1, 7)
    sheet.width(LEFT, LEFT, 14)
    sheet.width(LEFT + 1, LEFT + 1, 5)
    sheet.width(HOT, HOT + SLOTS - 1, 3)
    sheet.width(HOT + SLOTS + 1, last + K - 1, 7)
    for gap in (K + 2, LEFT + 2, HOT + SLOTS, last - 1):
        sheet.width(gap, gap, 2)


TOPIC = Topic(
    name="word_vectors",
    title="From ids to vectors",
    summary="one-hot rows times the embedding matrix, and the same rows looked up",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Change a number in the embedding matrix.",
            "It changes in every row of that word, in the product and in the look-up; the total "
            "difference stays 0.",
            edits=({"matrix": lambda s: add(s["matrix"], 1, (0, 0))},),
            holds=lambda was, now: every(
                *(
                    same(now[name][:, 0] - was[name][:, 0], was["sentence_ids"][:, 0] == 1)
                    for name in ("product", "vectors")
                ),
                now["gap"] == 0,
            ),
            rests_on="product",
        ),
        Try(
            "On the sheet vocabulary, exchange words 8 and 9, cat and chased.",
            "Two rows change places, and the average stays: it knows no order.",
            edits=(
                {
                    "vocabulary!words": lambda s: put(
                        put(s["vocabulary!words"], s["vocabulary!words"][8, 0], (7, 0)),
                        s["vocabulary!words"][7, 0],
                        (8, 0),
                    )
                },
            ),
            holds=lambda was, now: every(
                same(now["vectors"][7], was["vectors"][8]),
                same(now["vectors"][8], was["vectors"][7]),
                same(now["average"], was["average"]),
            ),
            rests_on="vectors",
        ),
    ),
    needs=("vocabulary",),
    options=("seed",),
    given=_given,
)
