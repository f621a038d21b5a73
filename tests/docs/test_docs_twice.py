"""Nothing stands twice in the Markdown files: a doubled sentence is soon two different ones."""

import re
from collections.abc import Iterator

from docs_pages import Page, pages

SHORT = 45
"""Characters of what may be said twice."""


def units(page: Page) -> Iterator[tuple[str, str]]:
    """Where and what: sentences, cells of tables, and lines of code without their comments."""
    for number, line in page.lines:
        if not line.startswith(("![", "[", "| ---")):  # pictures, and rows of links
            for sentence in re.split(r"(?<=[.:;])\s|\|", line):
                yield f"{page.name}:{number}", sentence.strip()
    for block in page.blocks:
        for line in block.text.splitlines():
            yield block.where, line.split("  #")[0].strip()


def twice(all_pages: list[Page]) -> list[str]:
    """What stands in two places, and where."""
    places: dict[str, str] = {}
    wrong = []
    for page in all_pages:
        for where, unit in units(page):
            if len(unit) > SHORT and (first := places.setdefault(unit, where)) != where:
                wrong.append(f"{first} and {where}: {unit}")
    return wrong


def test_nothing_stands_twice() -> None:
    assert twice(pages()) == []


def test_a_doubled_sentence_is_found() -> None:
    sentence = "This sentence is long enough to be noticed when it stands twice."
    code = "```sh\nsheetsim build collab_filter --ratings ratings.csv --k 4  # {}\n```\n"
    one = Page("A.md", f"Yes. {sentence} No.\n{code.format('once')}")
    two = Page("B.md", f"- Well: {sentence}\n{code.format('and again')}")
    assert twice([one]) == []
    assert len(twice([one, two])) == 2
