"""From words to ids: the vocabulary of a sentence, in the order of first appearance.

1. Token: the word in lower case, without blanks around it, so that "The" and "the" are one.
2. A word is new if it stands nowhere above; the running count of new words is the vocabulary's
   size so far.
3. Word n of the vocabulary stands where that count first reaches n.
4. The id of a word is its number in the vocabulary. A blank cell has id 0: padding, as libraries
   call what fills up short sentences.

The lecture's sheet `word_emb` has a vocabulary in alphabetical order, typed in, and finds ids with
MATCH, which takes ? * ~ for wildcards and, left without its last argument, demands that order.
Here words are compared with =, which has neither trap. Libraries (spaCy, Hugging Face) split
sentences themselves, cut rare words into pieces, and fix the vocabulary once, from the texts that
a model is trained on: a word that was not there is "unknown", and ids never move.

Spreadsheets compare without regard to case, and so does NumPy here, by way of the tokens. Letters
on which programs disagree are beyond this sheet: IronCalc takes the German ss and ß for one.
"""

import numpy as np

from sheetsim.sheet import Array, Block, Sheet
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put

SLOTS = 14
"""Cells for words, and as many places in the vocabulary: every word may be another one."""

SENTENCE = "The dog chased the cat and the cat chased the mouse"
FACTS, BANDS, HEADINGS, TOP = 2, 5, 6, 7


def token(word: str) -> str:
    """A word in lower case, without blanks before and behind it and with one at most between."""
    return " ".join(part for part in word.split(" ") if part).lower()


def tokens_of(words: Array) -> Array:
    """The token of each word; (n,) of (n,), texts."""
    return np.array([token(word) for word in words], dtype=object)


def vocabulary_of(tokens: Array) -> list[str]:
    """Every different token once, in the order of first appearance, blanks left out."""
    return [word for word in dict.fromkeys(tokens) if word]


def ids_of(tokens: Array, vocabulary: list[str]) -> Array:
    """The place of each token in the vocabulary, from 1; 0 for a blank; (n,)."""
    places = {word: place for place, word in enumerate(vocabulary, start=1)}
    return np.array([places.get(word, 0) for word in tokens], dtype=float)


def padded(vocabulary: list[str]) -> Array:
    """The vocabulary in a column of SLOTS cells, "" in those that are left over; (SLOTS, 1)."""
    rest = [""] * (SLOTS - len(vocabulary))
    return np.array([*vocabulary, *rest], dtype=object)[:, None]


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("vocabulary", "From words to ids")
    sheet.text(0, 0, sheet.title, "title")
    lead = "type a sentence, one word a cell; every different word gets a number, in order"
    sheet.text(1, 0, lead, "lead")
    sheet.text(BANDS, 0, "the sentence", "band")
    sheet.labels(HEADINGS, 0, [["place", "word", "token", "new", "new so far", "id"]], "heading")
    sheet.numbers(TOP, 0, [[place] for place in range(1, SLOTS + 1)])
    sentence = SENTENCE.split()
    default = [[word] for word in [*sentence, *[""] * (SLOTS - len(sentence))]]
    word = sheet.words(TOP, 1, "words", default, blanks=True)
    tokens = tokens_of(word.values[:, 0])
    vocabulary = vocabulary_of(tokens)
    text = sheet.fill(TOP, 2, "tokens", f"=LOWER(TRIM({word.cell}))", tokens[:, None], "calc.text")
    above = f"{text.part(slice(0, 1)).down}:{text.cell}"  # this cell and those above it
    first = np.array([bool(t) and t not in tokens[:i] for i, t in enumerate(tokens)], dtype=float)
    new = sheet.fill(
        TOP,
        3,
        "new",
        f'=IF({text.cell}="",0,IF(SUMPRODUCT(({above}={text.cell})*1)=1,1,0))',
        first[:, None],
        "calc.index",
    )
    count = sheet.fill(
        TOP,
        4,
        "new_so_far",
        f"=SUM({new.at(0)}:{new.cell})",
        first.cumsum()[:, None],
        "calc.index",
    )
    listed, number = _list(sheet, text, new, count, tokens, vocabulary)
    sheet.fill(
        TOP,
        5,
        "ids",
        f'=IF({text.cell}="",0,SUMPRODUCT(({listed.range}={text.cell})*{number.range}))',
        ids_of(tokens, vocabulary)[:, None],
        "key.index",
    )
    sheet.width(0, 0, 8)
    sheet.width(1, 2, 16)
    sheet.width(3, 5, 10)
    sheet.width(6, 6, 3)
    sheet.width(7, 7, 8)
    sheet.width(8, 8, 16)
    sheet.width(9, 9, 10)
    sheet.heights[FACTS] = 31
    sheet.freeze = (TOP, 0)
    sheet.pages = 1
    return sheet


def _list(
    sheet: Sheet, text: Block, new: Block, count: Block, tokens: Array, vocabulary: list[str]
) -> tuple[Block, Block]:
    """The vocabulary beside the sentence, and facts of both; its words and their numbers."""
    sheet.text(BANDS, 7, "its vocabulary", "band")
    sheet.labels(HEADINGS, 7, [["id", "word", "times"]], "heading")
    number = sheet.numbers(TOP, 7, [[place] for place in range(1, SLOTS + 1)])
    in_all = f'=SUMPRODUCT(({text.range}<>"")*1)'
    sizes = (
        Fact("words", "words_in_all", in_all, float((tokens != "").sum()), "calc.index"),
        Fact(
            "different words", "different_words", f"=SUM({new.range})", len(vocabulary), "key.index"
        ),
    )
    facts(sheet, FACTS, 1, sizes)
    listed = sheet.fill(
        TOP,
        8,
        "vocabulary",
        f'=IF({number.cell}>different_words,"",INDEX({text.range},MATCH({number.cell},{count.range},0)))',
        padded(vocabulary),
        "calc.text",
    )
    times = [float((tokens == word).sum()) if word else 0.0 for word in listed.values[:, 0]]
    sheet.fill(
        TOP,
        9,
        "times",
        f'=IF({listed.cell}="",0,SUMPRODUCT(({text.range}={listed.cell})*1))',
        np.array(times)[:, None],
        "calc.index",
    )
    return listed, number


TOPIC = Topic(
    name="vocabulary",
    title="From words to ids",
    summary="a sentence, its words in lower case, its vocabulary, and the id of every word",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Type a word that is there already into the first blank cell, then one that is not.",
            "A word that is there gets the same id again and 'times' goes up; a new one gets the "
            "next id, at the end of the vocabulary.",
            edits=(
                {"words": lambda s: put(s["words"], "cat", (11, 0))},
                {"words": lambda s: put(s["words"], "zebra", (11, 0))},
            ),
            holds=lambda was, known, new: every(
                known["ids"][11] == known["ids"][4],
                known["different_words"] == was["different_words"],
                known["times"].sum() == was["times"].sum() + 1,
                new["ids"][11] == was["different_words"] + 1,
                new["vocabulary"][int(was["different_words"])] == "zebra",
            ),
            rests_on="ids",
        ),
        Try(
            "Write a word in capitals, then with a full stop behind it.",
            "Capitals change nothing; with the full stop it is another word with an id of its own.",
            edits=(
                {"words": lambda s: put(s["words"], "DOG", (1, 0))},
                {"words": lambda s: put(s["words"], "dog.", (1, 0))},
            ),
            holds=lambda was, capitals, stop: every(
                capitals["tokens"] == was["tokens"],
                capitals["ids"] == was["ids"],
                stop["tokens"][1] == "dog.",
                stop["ids"][1] != stop["ids"][0],
            ),
            rests_on="tokens",
        ),
        Try(
            "Type another word over the first one.",
            "It takes id 1, other ids may move, and rows of the embedding matrix come to belong to "
            "other words: a network's vocabulary is fixed before it is trained.",
            edits=({"words": lambda s: put(s["words"], "zebra", (0, 0))},),
            holds=lambda was, now: every(
                now["ids"][0] == 1,
                now["vocabulary"][0] == "zebra",
                (now["vocabulary"][1:] != was["vocabulary"][1:]).any(),
            ),
            rests_on="vocabulary",
        ),
    ),
)
