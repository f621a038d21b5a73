"""Every "try this" of the sheets keeps its promise, and breaks it where a formula is wrong.

The edit of a line is made in the workbook, IronCalc recalculates (LibreOffice some of the lines),
and the line's condition must hold of what the cells show. Then the formulas that the line rests on
are broken: each shows what it showed before the edit, or one more, or nothing but 0. With at least
one of these the condition must fail.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Sample
from installed import installed
from needed import NEEDED
from played import Cells, Played, Shown

from sheetsim import build
from sheetsim.engines.libreoffice import ENGINE as LIBREOFFICE
from sheetsim.sheet import Sheet
from sheetsim.topics import Topic, lay_out, lessons, new_book
from sheetsim.topics._tries import Edit, Seen, Try, every, first, put, same, typed
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

LINES = 4
"""How many lines of a workbook a run tries; `--all` tries them all."""

WORKBOOKS = 2
"""Of how many workbooks LibreOffice tries a line."""

Line = tuple[Topic, Try]


def lines(name: str) -> list[Line]:
    """The lines of a workbook's sheets."""
    return [(topic, line) for topic in lessons()[name].topics for line in topic.tries]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tries")


@functools.cache
def opened(name: str, folder: Path) -> tuple[Path, Played]:
    options = NEEDED.get(name, {})
    path = build(name, folder, **options)
    return path, Played(path, lay_out(new_book(name, options)))


def both(one: Cells, other: Cells) -> dict[str, dict[tuple[int, int], Any]]:
    """Cells typed into first and later; what is typed later stays."""
    sheets = [*one, *(sheet for sheet in other if sheet not in one)]
    return {sheet: {**one.get(sheet, {}), **other.get(sheet, {})} for sheet in sheets}


def stages(played: Played, home: str, edits: Sequence[Edit], start: Shown) -> Iterator[Seen]:
    """What the cells show before, and after each of the edits, one on top of the other."""
    seen, cells = played.seen(start, home), {}  # type: ignore[var-annotated]
    yield seen
    for edit in edits:
        cells = both(cells, typed(seen, edit))
        seen = played.seen(played.after(cells), home)
        yield seen


def keeps(played: Played, topic: Topic, line: Try) -> bool:
    """Whether what a line promises happens."""
    start = played.recalculated()
    try:
        return bool(line.holds(*stages(played, topic.name, line.edits, start)))
    except (ArithmeticError, LookupError, TypeError, ValueError):  # no number where one should be
        return False


def literal(value: Any) -> str:
    """A value as a formula."""
    if isinstance(value, str):
        return '="{}"'.format(value.replace('"', '""'))
    return f"={value!r}" if isinstance(value, float) else "=NA()"


PLANTS: dict[str, Callable[[str, Any], str]] = {
    "what it showed": lambda _formula, value: literal(value),
    "one more": lambda formula, value: (
        f'{formula}&"?"' if isinstance(value, str) else f"=({formula[1:]})+1"
    ),
    "0": lambda _formula, _value: "=0",
}
"""Ways to break a formula, from it and what it shows."""


def survives(played: Played, topic: Topic, line: Try) -> bool:
    """Whether the condition of a line holds whatever is wrong with the formulas it rests on."""
    block = played.seen(played.start, topic.name).block(line.rests_on)
    for plant in PLANTS.values():
        mend = played.broken(block, plant)
        try:
            if not keeps(played, topic, line):
                return False
        finally:
            mend()
    return True


@pytest.mark.sampled(7)
@pytest.mark.parametrize("name", lessons())
def test_every_line_keeps_its_promise_and_can_break_it(
    name: str, folder: Path, sample: Sample
) -> None:
    _, played = opened(name, folder)
    chosen = sample(lines(name), LINES)
    broken = [
        f"{topic.name}: {line.change}" for topic, line in chosen if not keeps(played, topic, line)
    ]
    assert broken == []
    blind = [
        f"{topic.name}: {line.change}" for topic, line in chosen if survives(played, topic, line)
    ]
    assert blind == []


def test_libreoffice_keeps_them_too(folder: Path, sample: Sample) -> None:
    if not installed(LIBREOFFICE):
        pytest.skip("libreoffice is not installed here")
    tried: list[tuple[Played, Topic, Try, int]] = []
    files: list[Path] = []
    for name in sample(list(lessons()), WORKBOOKS):
        path, played = opened(name, folder)
        for topic, line in sample(lines(name), 1):
            cells: Cells = {}
            seen = played.seen(played.start, topic.name)
            made = [{}]  # type: ignore[var-annotated]
            for edit in line.edits:
                cells = both(cells, typed(seen, edit))
                made.append(cells)
                seen = played.seen(played.after(cells), topic.name)
            for stage in made:
                files.append(folder / f"{len(files)}.xlsx")
                blank = {
                    s: {at: "" if v is None else v for at, v in c.items()} for s, c in stage.items()
                }
                invalidated_copy(path, files[-1], blank)
            tried.append((played, topic, line, len(made)))
    shown = iter(LIBREOFFICE.recalculate_all(files))
    for played, topic, line, many in tried:
        after = [played.seen(next(shown), topic.name) for _ in range(many)]
        assert line.holds(*after) is True, f"{topic.name}: {line.change}"


def test_no_line_is_without_its_condition() -> None:
    """A line is a `Try`, which cannot be made without one; its blocks are on the sheets."""
    for name in lessons():
        sheets = {sheet.name: sheet for sheet in lay_out(new_book(name, NEEDED.get(name, {})))}
        for topic, line in lines(name):
            assert isinstance(line, Try), f"{topic.name}: {line}"
            seen = Seen(sheets, {}, topic.name)
            assert seen.block(line.rests_on).formulas is not None, line
            for edit in line.edits:
                assert all(seen.block(block).formulas is None for block in edit), line


def test_the_words_of_conditions() -> None:
    sheet = Sheet("s", "t")
    sheet.inputs(0, 0, "x", [[1.0, 2.0], [3.0, 4.0]], blanks=True)
    sheet.input(2, 0, "lr", 0.5)
    seen = Seen({"s": sheet}, {"s": {(0, 0): 1.0, (0, 1): 2.0, (1, 0): 3.0, (2, 0): 0.5}}, "s")
    assert seen["lr"] == 0.5
    assert seen["s!x"].tolist()[0] == [1.0, 2.0]
    assert typed(seen, {"lr": 0.5}) == {}
    assert typed(seen, {"x": lambda s: put(s["x"], 9, (0, 1))}) == {"s": {(0, 1): 9.0}}
    assert typed(seen, {"x": lambda s: put(s["x"], float("nan"), (0, 0))}) == {"s": {(0, 0): None}}
    assert first(seen["x"] > 1) == (0, 1)
    assert every(True, seen["lr"] > 0)
    assert not every(seen["x"] > 1)
    assert same([1.0, 2.0], [1.0, 2.0 + 1e-10])
    assert not same([1.0, 2.0], [1.0, 2.0 + 1e-8])
    assert not same(1.0, float("nan"))
