"""The gallery: every workbook is in it, with its picture, and what it names is in the workbook."""

import re

from docs_books import committed, texts_of
from docs_pages import GALLERY, Page, page

import sheetsim
from sheetsim.topics import lessons
from sheetsim.topics._lesson import Lesson


def gallery_sections(gallery: Page) -> dict[str, str]:
    """Workbook to what the gallery says of it."""
    headed = gallery.sections.items()
    return {head[: -len(".xlsx")]: text for head, text in headed if head.endswith(".xlsx")}


def wrong_in_section(lesson: Lesson, text: str) -> list[str]:
    """Sheets, cells, options and pictures in a section that its workbook does not have."""
    sheets = {topic.name for topic in lesson.topics} | {"solver"}
    known = sheets if lesson.needs else sheets | texts_of(lesson.name)
    options = {f"--{option.name}" for option in lesson.options}
    codes = [code for code in re.findall(r"`([^`]+)`", text) if not code.startswith("sheetsim ")]
    cells = {code for code in codes if re.fullmatch(r"[a-z][a-z0-9_ ]*", code)}
    wrong = [f"no sheet {bold}" for bold in set(re.findall(r"\*\*(.+?)\*\*", text)) - sheets]
    wrong += [f"nothing is called {code}" for code in cells - known]
    wrong += [f"no option {code}" for code in codes if code[:2] == "--" and code not in options]
    if not re.search(rf"!\[The sheet {lesson.picture}: [^\]]+\]\({lesson.name}\.png\)", text):
        wrong.append(f"no picture of {lesson.picture}")
    return wrong


def wrong_in_gallery(gallery: Page) -> list[str]:
    """The same of all sections."""
    wrong = []
    for name, text in gallery_sections(gallery).items():
        wrong += [f"{name}: {why}" for why in wrong_in_section(lessons()[name], text)]
    return wrong


def test_every_workbook_is_in_the_gallery() -> None:
    assert list(sheetsim.list_workbooks()) == committed()
    assert set(gallery_sections(page(GALLERY))) == set(lessons())
    (contents,) = (line for _, line in page(GALLERY).lines if line.startswith("[collab_filter]"))
    for name in lessons():
        assert f"[{name}](#{name}xlsx)" in contents


def test_the_gallery_names_what_the_workbooks_have() -> None:
    assert wrong_in_gallery(page(GALLERY)) == []


def test_planted_mistakes_in_the_gallery_are_found() -> None:
    text = (
        "## averages.xlsx\n**smoothing** **smooting** `alpha` `alpa` `--seed` `--epochs`\n"
        "![The sheet memory: x](averages.png)\n"
        "## words.xlsx\n![The sheet word_vectors: y](word.png)\n"
    )
    assert wrong_in_gallery(Page(GALLERY, text)) == [
        "averages: no sheet smooting",
        "averages: nothing is called alpa",
        "averages: no option --epochs",
        "averages: no picture of smoothing",
        "words: no picture of word_vectors",
    ]
