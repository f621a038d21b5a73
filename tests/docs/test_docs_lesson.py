"""LESSON.md: every cell that it names is there, and holds what the page says, also after each Set.

A claim is `sheet!name` = value; one that stands behind "Set `sheet!input` to value" in the same
sentence or table cell is of the workbook so changed. NumPy computes all of them, and IronCalc, in
files whose cached values are destroyed, those of some workbooks (of all with --all).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from docs_pages import ROOT, Page, page
from sheet_labels import label_of

from sheetsim.engines.ironcalc import ENGINE as IRONCALC
from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.topics import lay_out, lessons, new_book
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy
from sheetsim.workbook.write.writer import write_workbook

LESSON = "workbooks/LESSON.md"

_SET = re.compile(r"`(\w+)!(\w+)` to (-?[0-9.]*[0-9])")
_CELL = re.compile(r"`(\w+)!([^`\[\]]+)(?:\[([^`\[\]]+)\])?`(?: = (\"[^\"]+\"|-?[0-9.]*[0-9]))?")
_NAMED = re.compile(r'<definedName name="(\w+)" localSheetId="[0-9]+">(\w+)!')
_PARTS = re.compile(r"(?=\bSet `)")

Edits = tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class Claim:
    """A cell that the page names.

    Attributes:
        workbook: whose section it stands in.
        edits: (sheet, input, value) that are made before.
        sheet: of the cell.
        name: of its block.
        which: which cell of the block: "epoch 10", "row 11", "Omar, Bolt Convoy", "" for its first.
        shown: what the page says that it holds, "" if it only points at it.
    """

    workbook: str
    edits: Edits
    sheet: str
    name: str
    which: str
    shown: str


def claims(lesson: Page) -> Iterator[Claim]:
    """All of a page, section by section."""
    for heading, text in lesson.sections.items():
        if not heading.endswith(".xlsx"):
            continue
        workbook = heading.removesuffix(".xlsx")
        for sentence in re.split(r"\n|\|", text):
            for part in _PARTS.split(sentence):
                edits: Edits = ()
                if part.startswith("Set "):
                    head, _, part = part.partition(":")
                    edits = tuple((s, n, float(v)) for s, n, v in _SET.findall(head))
                    assert edits, f"{workbook}: {head}"
                for sheet, name, which, shown in _CELL.findall(part):
                    yield Claim(workbook, edits, sheet, name, which, shown)


@cache
def laid_out(workbook: str, edits: Edits = ()) -> dict[str, Sheet]:
    """The sheets of a default workbook, its inputs edited, by name."""
    book = new_book(workbook, {})
    sheets = {sheet.name: sheet for sheet in lay_out(book)}
    for name, block, value in edits:
        assert sheets[name][block].kind is Kind.INPUT, f"{name}!{block} is no input"
        book.given.setdefault(name, {})[block] = value
    return {sheet.name: sheet for sheet in lay_out(book)}


def wrong(claim: Claim, value: Any) -> str:
    """What to say of a claim that a value does not bear out; "" if it does."""
    if claim.shown.startswith('"'):
        same = value == claim.shown.strip('"')
    else:
        digits = len(claim.shown.partition(".")[2])
        same = not isinstance(value, str) and as_shown(value, digits) == claim.shown
    if same:
        return ""
    where = f"{claim.workbook}: {claim.edits} {claim.sheet}!{claim.name}[{claim.which}]"
    return f"{where} = {value!r}, not {claim.shown}"


def as_shown(value: float, digits: int) -> str:
    """A number with so many decimals; 0 has no sign."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def block_of(sheet: Sheet, name: str) -> Block | None:
    """The block of that name, as programs know it or as its label says; None if there is none.

    A reader finds an input or a single formula by its name in the name box, all else by its label,
    which may go on behind the name.
    """
    block = sheet.blocks.get(name)
    if block is not None and (
        block.kind is Kind.INPUT
        or (block.kind is Kind.FORMULA and block.values.size == 1)
        or label_of(sheet, block).startswith(name)
    ):
        return block
    for other in sheet.blocks.values():
        if label_of(sheet, other) == name:
            return other
    return None


def place_of(sheet: Sheet, block: Block, which: str) -> int:
    """Which cell of a block is meant, counted row by row from 0; epochs and steps begin at 0."""
    if "," in which:
        user, movie = which.split(", ")
        users, movies = (sheet[name].values.ravel().tolist() for name in ("users", "movies"))
        return int(users.index(user) * block.columns + movies.index(movie))
    kind, _, number = which.partition(" ")
    return int(number or 0) - (kind in ("row", "column"))


def names_in(path: Path) -> set[tuple[str, str]]:
    """(sheet, name) of the cells that a file of ours gives a name."""
    with ZipFile(path) as book:
        text = book.read("xl/workbook.xml").decode()
    return {(sheet, name) for name, sheet in _NAMED.findall(text)}


def wrong_in(lesson: Page) -> list[str]:
    """The claims of a page that do not hold."""
    found = []
    for claim in claims(lesson):
        sheets = laid_out(claim.workbook, claim.edits)
        block = block_of(sheets[claim.sheet], claim.name) if claim.sheet in sheets else None
        if block is None:
            found.append(f"{claim.workbook}: there is no {claim.sheet}!{claim.name}")
        elif claim.shown:
            place = place_of(sheets[claim.sheet], block, claim.which)
            value = block.values.ravel()[place]
            found.append(wrong(claim, value if isinstance(value, str) else float(value)))
    return [text for text in found if text]


def test_every_cell_that_the_lesson_names_holds_what_it_says() -> None:
    assert wrong_in(page(LESSON)) == []


def test_a_name_without_space_or_bracket_is_one_in_the_file() -> None:
    """What a reader may type into the name box, in the files that lie beside the page."""
    names = {
        workbook: names_in(ROOT / f"workbooks/{workbook}.xlsx")
        for workbook in {claim.workbook for claim in claims(page(LESSON))}
    }
    unknown = [
        (claim.workbook, claim.sheet, claim.name)
        for claim in claims(page(LESSON))
        if not claim.which
        and " " not in claim.name
        and (claim.sheet, claim.name) not in names[claim.workbook]
    ]
    assert unknown == []


def test_the_products_by_hand_add_up_to_what_the_lesson_says() -> None:
    """From factors of two decimals, as a class has them on the board."""
    sheet = laid_out("collab_filter")["dot_product"]
    row, column = (
        sheet[name].values.ravel().tolist().index(one)
        for name, one in (("users", "Omar"), ("movies", "Cobalt Raid"))
    )
    user = sheet["user_factors"].values[row].astype(float).round(2)
    movie = sheet["movie_factors"].values[:, column].astype(float).round(2)
    products = (user * movie).round(2)
    text = " + ".join(f"{product:.2f}" for product in products).replace("+ -", "- ")
    assert f"{text} = {products.sum():.2f}" in page(LESSON).sections["collab_filter.xlsx"]


def test_an_engine_says_the_same(
    sample: Callable[[Sequence[str], int], list[str]], tmp_path: Path
) -> None:
    """Cells as IronCalc computes them, in files that are edited as a reader edits them."""
    every = [claim for claim in claims(page(LESSON)) if claim.shown]
    for workbook in sample(sorted({claim.workbook for claim in every}), 1):
        own = [claim for claim in every if claim.workbook == workbook]
        path = write_workbook(list(laid_out(workbook).values()), tmp_path / f"{workbook}.xlsx")
        for edits in dict.fromkeys(claim.edits for claim in own):
            sheets = laid_out(workbook)
            places: dict[str, dict[tuple[int, int], Any]] = {}
            for sheet, name, number in edits:
                edited = sheets[sheet][name]
                places.setdefault(sheet, {})[edited.row, edited.column] = number
            copy = tmp_path / "copy.xlsx"
            invalidated_copy(path, copy, edits=places)
            cells = IRONCALC.recalculate(copy)
            for claim in (claim for claim in own if claim.edits == edits):
                block = block_of(sheets[claim.sheet], claim.name)
                assert block is not None
                row, column = divmod(
                    place_of(sheets[claim.sheet], block, claim.which), block.columns
                )
                found = cells[claim.sheet].get((block.row + row, block.column + column))
                assert not wrong(claim, found), wrong(claim, found)


def test_planted_mistakes_are_found() -> None:
    text = (
        "## words.xlsx\n`vocabulary!words_in_all` = 11, `vocabulary!different_words` = 7\n"
        '| x | `similar_words!nearest` = "dog" | `vocabulary!nobody` = 1 |\n'
        "Set `similar_words!word_b` to 2: `similar_words!distance` = 0.1\n"
    )
    said = wrong_in(Page(LESSON, text))
    assert [line.partition("=")[0].strip() for line in said] == [
        "words: () vocabulary!different_words[]",
        "words: () similar_words!nearest[]",
        "words: there is no vocabulary!nobody",
        "words: (('similar_words', 'word_b', 2.0),) similar_words!distance[]",
    ]


def test_every_workbook_has_its_question_and_three_misconceptions() -> None:
    lesson = page(LESSON)
    for name, one in lessons().items():
        if one.needs:
            continue
        text = lesson.sections[f"{name}.xlsx"]
        assert "**Predict.**" in text
        assert "?" in text.partition("**Show.**")[0]
        rows = lesson.table(f"{name}.xlsx")
        assert len(rows) == 3
        assert all(len(row) == 2 for row in rows)
    assert {row[1] for row in lesson.table("A course")} == {
        name for name, one in lessons().items() if not one.needs
    }


def test_the_minutes_of_the_class_follow_one_another() -> None:
    ends = [row[0].split(" to ") for row in page(LESSON).table("One class of 50 minutes")]
    minutes = [tuple(map(int, pair)) for pair in ends]
    assert minutes[0][0] == 0
    assert minutes[-1][1] == 50
    assert all(one[1] == other[0] for one, other in pairwise(minutes))
