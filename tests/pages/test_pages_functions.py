"""Every function that a page computes gives what the table in Python gives."""

import random
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from browser import chromium, needs_chromium, opened, values_of
from conftest import Sample
from test_pages_values import same

from sheetsim.formula.functions import TABLE, Function
from sheetsim.formula.recalc.evaluate import evaluate
from sheetsim.pages.assemble import page_of
from sheetsim.pages.plans import known_functions
from sheetsim.workbook.read.book import read_book

CELLS: tuple[tuple[Any, ...], ...] = (
    (3, 1.5, -2, 0, 10),
    (0.5, "abc", True, None, 2),
    ("5", "", "=NA()", "=1/0", 7),
    (1, 2, 3, 4, 5),
    (2, 4, 4, 8, 16),
    ("b", "a*", "B", "c d", ""),
)
"""What the arguments read: A1:E6."""

SINGLE = ("A1", "B1", "C1", "D1", "B2", "C2", "D2", "A3", "B3", "C3", "D3", "A6", "B6", "2", "-1",
          "0.3", "1", '"x"', '"3"', "TRUE", "A4", "E5")  # fmt: skip
RANGES = (
    "A1:E1",
    "A4:E4",
    "A5:E5",
    "A1:B2",
    "A4:C5",
    "A2:C2",
    "A1:E3",
    "A6:E6",
    "A1:A5",
    "{1,2;3,4}",
)
OPERATORS = {"neg": "-{0}", "%": "{0}%", "pos": "+{0}"}
TOO_LARGE = tuple(
    f"={name}({{1E+200,-1E+200;3,4}}{second})"
    for second, names in (
        (
            "",
            (
                "SUM",
                "SUMSQ",
                "PRODUCT",
                "AVERAGE",
                "DEVSQ",
                "STDEV",
                "VARP",
                "SUMPRODUCT",
                "MDETERM",
            ),
        ),
        (",{2,1E+200;1,2}", ("SUMXMY2", "SUMX2MY2", "SUMX2PY2", "SUMPRODUCT")),
    )
    for name in names
)
"""What leaves the range of numbers, or nearly does."""
ABSENT = {" ", ":", "ANCHORARRAY", "SINGLE", "INDIRECT"}
"""Those that want a reference of their own kind; the other tests have them."""


def formula(function: Function, name: str, pick: random.Random) -> str:
    """A call with arguments of every kind."""
    count = pick.randint(function.least, min(function.most, function.least + 2, 5))
    args = []
    for i in range(count):
        wide = function.letter(i) in "RA" and pick.random() < 0.8
        args.append(pick.choice(RANGES if wide else SINGLE))
    if name in OPERATORS:
        return "=" + OPERATORS[name].format(*args)
    if not name[0].isalpha():
        return "=" + name.join(args[:2])
    if 0 in function.references and not function.refers_if_asked and args:
        args[0] = pick.choice(RANGES[:-1])
    return f"={name}({','.join(args)})"


@pytest.fixture(scope="module")
def names() -> list[str]:
    return sorted(known_functions() - ABSENT)


def test_the_page_knows_functions_of_the_table_alone(names: list[str]) -> None:
    assert len(names) >= 150
    assert not set(names) - set(TABLE)


@needs_chromium
def test_functions_give_what_the_table_gives(
    names: list[str], tmp_path: Path, sample: Sample
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "all"
    for row in CELLS:
        sheet.append(list(row))
    pick = random.Random(sum(map(ord, "".join(map(str, sample(range(1000), 3))))))  # noqa: S311
    texts = [formula(TABLE[name], name, pick) for name in names for _ in range(12)] + [*TOO_LARGE]
    for i, text in enumerate(texts):
        sheet.cell(10 + i, 8).value = text
    book.save(tmp_path / "all.xlsx")
    made = page_of(tmp_path / "all.xlsx")
    made.save(tmp_path / "all.html")
    ours = evaluate(read_book(tmp_path / "all.xlsx"))
    with chromium() as browser, opened(browser, tmp_path / "all.html") as page:
        found = values_of(page)
    wrong = []
    for i, text in enumerate(texts):
        at = (9 + i, 7)
        if ("all", at) in ours.unsupported or ("all", *at) not in found:
            continue
        if not same(found["all", *at], ours.values["all"][at]):
            wrong.append(f"{text}: {found['all', *at]!r}, expected {ours.values['all'][at]!r}")
    assert len(found) > len(texts) * 0.9
    assert not wrong, "\n".join(wrong[:40])
