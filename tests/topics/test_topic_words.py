"""Words, ids and vectors: against the lecture's file, Python's own counting, and the engines."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import rectangle
from hypothesis import given, settings
from hypothesis import strategies as st
from installed import installed
from scipy.spatial.distance import cdist

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.engines import engines
from sheetsim.sheet import Array, Sheet
from sheetsim.topics import Draft, lay_out, new_book
from sheetsim.topics.words.similar_words import cosines
from sheetsim.topics.words.vocabulary import SLOTS, ids_of, token, tokens_of, vocabulary_of
from sheetsim.topics.words.word_vectors import look_up, one_hot
from sheetsim.workbook.read.all_cells import Cells
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

WORDS = st.text(st.sampled_from("abAB ?*~.7"), max_size=3)


def laid_out(*words: str, **inputs: object) -> dict[str, Sheet]:
    """The sheets of a sentence, and with other inputs of similar_words if given."""
    book = new_book("words", {})
    if words:
        column = [[word] for word in [*words, *[""] * (SLOTS - len(words))]]
        book.given.setdefault("vocabulary", {})["words"] = column
    book.given.setdefault("similar_words", {}).update(inputs)
    return {sheet.name: sheet for sheet in lay_out(Draft(book.plan, book.given))}


def ids(sheets: dict[str, Sheet]) -> list[int]:
    return [int(value) for value in sheets["vocabulary"]["ids"].values[:, 0]]


# The maths ---------------------------------------------------------------------------------


def test_a_sentence_by_hand() -> None:
    sheets = laid_out("Row", "row", "ROW", "", "your", " boat ")
    assert ids(sheets)[:6] == [1, 1, 1, 0, 2, 3]
    assert not any(ids(sheets)[6:])
    vocabulary = sheets["vocabulary"]
    assert vocabulary["vocabulary"].values[:4, 0].tolist() == ["row", "your", "boat", ""]
    assert vocabulary["times"].values[:4, 0].tolist() == [3, 1, 1, 0]
    assert (vocabulary["words_in_all"].value, vocabulary["different_words"].value) == (5, 3)


def test_words_that_look_like_something_else_are_words() -> None:
    words = ["7", "07", "=1+1", "a*", "ab", "a?", "~a", "TRUE", "-", "co-op", "coop"]
    assert ids(laid_out(*words))[: len(words)] == list(range(1, len(words) + 1))


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, min_size=SLOTS, max_size=SLOTS))
def test_ids_are_an_order_of_first_appearance(words: list[str]) -> None:
    tokens = tokens_of(np.array(words, dtype=object))
    vocabulary = vocabulary_of(tokens)
    found = ids_of(tokens, vocabulary)
    seen: list[str] = []
    for word, number in zip(words, found, strict=True):
        plain = " ".join(word.split()).lower()
        assert token(word) == plain
        if plain and plain not in seen:
            seen.append(plain)
        assert number == (seen.index(plain) + 1 if plain else 0)
    assert vocabulary == seen


def test_counts_are_pythons() -> None:
    sheet = laid_out()["vocabulary"]
    counted = Counter(word for word in sheet["tokens"].values[:, 0] if word)
    pairs = zip(sheet["vocabulary"].values[:, 0], sheet["times"].values[:, 0], strict=True)
    assert dict(pair for pair in pairs if pair[0]) == counted


def test_the_lectures_sheet_by_our_functions(collab: Cells) -> None:
    """Its ids and rows, as Excel cached them, from its vocabulary and matrix."""
    cells = collab["word_emb"]
    vocabulary = [str(cells[row, 1].value).lower() for row in range(3, 17)]
    matrix = rectangle(cells, "C4:G17").astype(float)
    rows = [row for row in range(2, 200) if (row, 9) in cells]
    assert len(rows) > 30
    words = np.array([cells[row, 8].value for row in rows], dtype=object)
    found = ids_of(tokens_of(words), vocabulary)
    assert found.tolist() == [cells[row, 9].value for row in rows]
    cached = rectangle(cells, f"K{rows[0] + 1}:O{rows[-1] + 1}").astype(float)
    np.testing.assert_array_equal(look_up(matrix, found), cached)
    np.testing.assert_array_equal(one_hot(found)[:, :14] @ matrix, cached)


def test_product_and_look_up_are_the_same() -> None:
    sheet = laid_out("a", "b", "", "A")["word_vectors"]
    np.testing.assert_array_equal(sheet["product"].values, sheet["vectors"].values)
    assert (sheet["gap"].value, "the same" in str(sheet["verdict"].value)) == (0, True)
    assert not sheet["vectors"].values[2].any()
    mean = sheet["matrix"].values[[0, 1, 0]].mean(axis=0)
    np.testing.assert_allclose(sheet["average"].values[0], mean, rtol=1e-12)


def test_cosines_and_distances_are_scipys() -> None:
    matrix: Array = np.random.default_rng(3).standard_normal((6, 4))
    np.testing.assert_allclose(cosines(matrix), 1 - cdist(matrix, matrix, "cosine"), atol=1e-12)
    sheets = laid_out(word_a=1.0, word_b=5.0)
    rows = sheets["word_vectors"]["matrix"].values
    sheet = sheets["similar_words"]
    assert sheet["cosine"].value == pytest.approx(1 - cdist(rows, rows, "cosine")[0, 4])
    assert sheet["distance"].value == pytest.approx(cdist(rows, rows)[0, 4])
    near = 1 - cdist(rows[:1], rows[1:6], "cosine")[0]
    words = sheets["vocabulary"]["vocabulary"].values[1:6, 0]
    assert sheet["nearest"].value == words[near.argmax()]


def test_what_the_tries_promise() -> None:
    plain = laid_out()
    sentence = [str(word) for word in plain["vocabulary"]["words"].values[:11, 0]]
    assert (sentence[7], sentence[8]) == ("cat", "chased")
    sentence[7], sentence[8] = sentence[8], sentence[7]
    turned = laid_out(*sentence)
    before, after = (sheets["word_vectors"]["average"].values for sheets in (plain, turned))
    np.testing.assert_allclose(before, after, rtol=1e-12)
    same = laid_out(word_a=3.0, word_b=3.0)["similar_words"]
    assert same["cosine"].value == pytest.approx(1)
    assert same["distance"].value == 0


# In the engines ----------------------------------------------------------------------------

SENTENCES: dict[str, tuple[str, ...]] = {
    "nothing": ("",) * SLOTS,
    "one word": ("Ünï",) + ("",) * (SLOTS - 1),
    "all the same": ("So", "so", "SO", "sO ") + ("so",) * (SLOTS - 4),
    "all different": tuple("abcdefghijklmn"),
    "odd ones": (
        *("7", "07", "=1+1", "a*", "ab", "a?", "~a", "TRUE", "-x", '"q"', " two  words "),
        *("", "ÉTÉ", "été"),
    ),
    "long": ("x" * 60, "X" * 60, "x" * 59) + ("",) * (SLOTS - 3),
}


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("words", tmp_path_factory.mktemp("words"))


@pytest.mark.parametrize("key", SENTENCES)
def test_edited_sentences_agree(key: str, workbook: Path) -> None:
    words = {sheet.name: sheet for sheet in read_workbook(workbook).sheets}["vocabulary"]["words"]
    typed = {(words.row + i, words.column): word for i, word in enumerate(SENTENCES[key])}
    edited = workbook.with_name("edited.xlsx")
    invalidated_copy(workbook, edited, {"vocabulary": typed})
    names = [n for n, e in engines().items() if installed(e)] if key == "odd ones" else None
    assert check(edited, names or ["ironcalc"]).differences == ()


@pytest.mark.parametrize("numbers", [(1, 1, 0), (14, 2, 0), (6, 14, -3.5), (2, 1, 1e6)], ids=str)
def test_edited_numbers_agree(numbers: tuple[float, ...], workbook: Path) -> None:
    """The two ids, and the whole row of word 2 the same number: 0 has no direction."""
    sheets = {sheet.name: sheet for sheet in read_workbook(workbook).sheets}
    matrix = sheets["word_vectors"]["matrix"]
    picks = [sheets["similar_words"][name] for name in ("word_a", "word_b")]
    edited = workbook.with_name("edited.xlsx")
    typed: dict[str, dict[tuple[int, int], float | str]] = {
        "similar_words": {
            (block.row, block.column): n for block, n in zip(picks, numbers, strict=False)
        },
        "word_vectors": {(matrix.row + 1, matrix.column + j): numbers[2] for j in range(4)},
    }
    invalidated_copy(workbook, edited, typed)
    assert check(edited, ["ironcalc"]).differences == ()
