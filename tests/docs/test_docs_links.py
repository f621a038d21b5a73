"""Every link of the Markdown files leads somewhere, and every path that they name is there."""

import re
from pathlib import Path, PurePosixPath

import pytest
from docs_pages import FRONT, GALLERY, MEASURED, ROOT, USE, Page, pages

PAGES = pages()
FRONT_LINES = 150
"""The front page is read in one go; 200 when all later tours are in."""


def broken_links(page: Page, others: list[Page]) -> list[str]:
    """What is wrong with the links of a page, a line each."""
    anchors = {other.name: other.anchors for other in [*others, page]}
    wrong = []
    for link in page.links:
        if re.match(r"[a-z]+:", link.text):
            continue
        path, _, anchor = link.text.partition("#")
        target = (ROOT / page.name).parent / path if path else ROOT / page.name
        if not target.exists():
            wrong.append(f"{link.where}: {path} is not there")
            continue
        name = target.resolve().relative_to(ROOT).as_posix()
        if anchor and anchor not in anchors.get(name, set()):
            wrong.append(f"{link.where}: {name} has no heading #{anchor}")
    return wrong


def missing_paths(page: Page) -> list[str]:
    """Paths in backticks, from the project's folder or the page's own, that are not there."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    own = (ROOT / page.name).parent
    wrong = []
    for code in page.codes:
        parts = PurePosixPath(code.text).parts
        if " " in code.text or len(parts) < 2 or parts[0] not in folders:
            continue
        places = (ROOT, own)
        if not any(list(place.glob(code.text.rstrip("/"))) for place in places):
            wrong.append(f"{code.where}: `{code.text}` is not there")
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_are_there(page: Page) -> None:
    assert page.links, "a page that links to nothing is lost"
    assert broken_links(page, PAGES) == []
    assert missing_paths(page) == []


def test_the_front_page_leads_to_every_other() -> None:
    (front,) = (page for page in PAGES if page.name == FRONT)
    assert {GALLERY, USE, MEASURED} <= {page.name for page in PAGES}
    assert {page.name for page in PAGES} - {FRONT} <= {link.text for link in front.links}


def test_the_front_page_is_short() -> None:
    assert len((ROOT / FRONT).read_text(encoding="utf-8").splitlines()) <= FRONT_LINES


def test_every_picture_of_the_workbooks_is_shown() -> None:
    shown = set()
    for page in PAGES:
        folder = Path(page.name).parent
        shown |= {(ROOT / folder / link.text).resolve() for link in page.links}
    pictures = [*(ROOT / "workbooks").glob("*.png"), *(ROOT / "workbooks").glob("*.gif")]
    assert pictures
    assert set(pictures) <= shown


def test_planted_mistakes_are_found() -> None:
    text = (
        "# One `two` (three)\n"
        "[a](#one-two-three) [b](#one-two) [c](README.md) [d](workbooks/README.md#nothing)\n"
        "![e](no_picture.png) [![f](neither.png)](README.md) `[g](code.md)`\n"
        "`scripts/build` `scripts/bild` `workbooks/*.xlsx` `workbooks/*.xlxs` `a/b`\n"
        "```\n[h](not_a_link.md)\n```\n"
    )
    page = Page("README.md", text)
    assert broken_links(page, PAGES) == [
        "README.md:2: README.md has no heading #one-two",
        "README.md:2: workbooks/README.md has no heading #nothing",
        "README.md:3: no_picture.png is not there",
        "README.md:3: neither.png is not there",
    ]
    assert missing_paths(page) == [
        "README.md:4: `scripts/bild` is not there",
        "README.md:4: `workbooks/*.xlxs` is not there",
    ]
