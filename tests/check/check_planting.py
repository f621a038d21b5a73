"""Planting bugs: mutations of formulas, and workbooks in which many stand side by side.

A mutation changes all cells that share a formula, as an author's slip does, who enters it once
and fills it. What is cached stays NumPy's right value: the file looks healthy to all that do not
recalculate.

Two bugs stand in one file only if neither cell depends on the other, so that each is found for
itself and not in the wake of the other.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.formula.translate import Translator

from sheetsim.references import a1, column_index
from sheetsim.sheet import Block, Kind, Sheet
from sheetsim.topics._warning import NAME as WARNING
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.cell_xml import raw_cells
from sheetsim.workbook.rewrite.xml_edits import element_end, splice
from sheetsim.workbook.write.writer import write_workbook

_FORMULA = re.compile(rb"<f>[^<]*</f>")
REF = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([0-9]+)")
SIGNS = {"+": "-", "-": "+"}
COMPARISONS = {"=": "<>", "<>": "=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}
FUNCTIONS = {
    "SUM": "AVERAGE",
    "SUMPRODUCT": "AVERAGE",
    "SQRT": "",
    "AVERAGE": "SUM",
    "COUNT": "SUM",
    "INTERCEPT": "SLOPE",
    "SLOPE": "INTERCEPT",
    "STDEVP": "STDEV",
    "MIN": "MAX",
    "MAX": "MIN",
    "AND": "OR",
    "SIN": "COS",
    "COS": "SIN",
    "ABS": "",
    "EXP": "ABS",
    "MATCH": "COUNTIF",
}
TYPED = "a constant typed over"
SWAPPED = {"beta1": "beta2", "beta2": "beta1"}

Place = tuple[int, int]


@dataclass(frozen=True)
class Mutation:
    """A bug to plant.

    Attributes:
        kind: what was done.
        sheet: where.
        block: index among the sheet's parts.
        name: of the block.
        cells: the cells concerned, and what they hold now: a formula, or a constant in its place.
    """

    kind: str
    sheet: str
    block: int
    name: str
    cells: dict[Place, Any]

    def __str__(self) -> str:
        place, formula = next(iter(self.cells.items()))
        return f"{self.kind}: {self.sheet}!{a1(*place)} ({self.name}) {formula}"


def mutations(sheet: Sheet, seen: set[Any], *, more: bool) -> Iterator[Mutation]:
    """One mutation of each kind for each formula of the sheet's blocks.

    Args:
        sheet: laid out.
        more: also those of `MORE_KINDS`.
        seen: formulas (in relative notation) that had their turn; those found are added.
    """
    inputs = {block.name for block in sheet.of_kind(Kind.INPUT)}
    for index, block in enumerate(sheet.parts):
        if block.formulas is None or block.name == WARNING:  # it has tests of its own, in play
            continue
        shapes = _alike(block)
        most = max(shapes, key=lambda shape: len(shapes[shape]))
        for shape, cells in shapes.items():
            if (sheet.name, block.name, shape) in seen:
                continue
            seen.add((sheet.name, block.name, shape))
            at = (sheet.name, index, block.name)
            for kind, mutate in (KINDS | MORE_KINDS if more and shape == most else KINDS).items():
                mutated = {place: mutate(formula, inputs) for place, formula in cells.items()}
                changed = {p: f for p, f in mutated.items() if f and f != cells[p]}
                if changed:
                    yield Mutation(kind, *at, changed)
            for kind, axis in (("lost $ before a column", 1), ("lost $ before a row", 3)):
                filled = _refilled(cells, axis)
                if filled:
                    yield Mutation(kind, *at, filled)


def typed_over(sheets: Sequence[Sheet], *, formula: bool) -> list[Mutation]:
    """In every cell with a formula the value that it has: as a constant, or as `=value`."""
    return [
        Mutation("=value" if formula else TYPED, sheet.name, index, block.name, cells)
        for sheet in sheets
        for index, block in enumerate(sheet.parts)
        if block.formulas is not None
        for cells in [
            {
                (row, column): _literal(block.values[i, j]) if formula else block.values[i, j]
                for row, column, i, j in block.cells()
            }
        ]
    ]


def planted(sheets: Sequence[Sheet], bugs: Iterable[Mutation], path: Path) -> Path:
    """Write the sheets with bugs in their formulas and the right values cached."""
    copies = [replace(sheet, parts=list(sheet.parts)) for sheet in sheets]
    by_name = {sheet.name: sheet for sheet in copies}
    for bug in bugs:
        sheet = by_name[bug.sheet]
        block = sheet.parts[bug.block]
        assert block.formulas is not None
        lines = [list(line) for line in block.formulas]
        for (row, column), text in bug.cells.items():
            if bug.kind != TYPED:
                lines[row - block.row][column - block.column] = str(text)
            else:  # written later, it replaces the formula
                value = np.array([[text]], dtype=object)
                plain = Block(sheet.name, "", row, column, value, Kind.TEXT, block.style)
                sheet.parts.append(plain)
        sheet.parts[bug.block] = replace(block, formulas=tuple(tuple(line) for line in lines))
    return write_workbook(copies, path)


class Written:
    """Sheets written once, of which files with other formulas are made by changing those alone."""

    def __init__(self, sheets: Sequence[Sheet], path: Path) -> None:
        write_workbook(sheets, path)
        with zipfile.ZipFile(path) as file:
            self._parts = {name: file.read(name) for name in file.namelist()}
        with Archive(path) as archive:
            self._part_of = {sheet.name: str(sheet.part) for sheet in archive.sheets()}
        self._cells = {
            part: {raw.place: raw for raw in raw_cells(self._parts[part], part)}
            for part in self._part_of.values()
        }

    def save(self, formulas: dict[str, dict[tuple[int, int], str]], path: Path) -> Path:
        """Write a file with other formulas: sheet -> (row, column) -> formula, with its `=`."""
        parts = dict(self._parts)
        for sheet, others in formulas.items():
            part = self._part_of[sheet]
            data = parts[part]
            edits: list[tuple[int, int, bytes]] = []
            for place in sorted(others):
                raw = self._cells[part][place]
                end = element_end(data, raw.start, raw.end)
                old = _FORMULA.search(data, raw.start, end)
                assert old is not None, place
                text = escape(others[place].removeprefix("=")).encode()
                edits.append((*old.span(), b"<f>" + text + b"</f>"))
            parts[part] = splice(data, edits)
        with zipfile.ZipFile(path, "w") as file:
            for name, data in parts.items():
                file.writestr(name, data)
        return path


def batches(sheets: Sequence[Sheet], bugs: Iterable[Mutation]) -> list[list[Mutation]]:
    """The bugs in as few files as possible, none of them downstream of another in its file."""
    graph = _Graph(sheets)
    files: list[tuple[set[Place], set[Place], list[Mutation]]] = []
    for bug in bugs:
        node, above = graph.upstream(bug)
        fits = (f for f in files if node not in f[0] | f[1] and not above & f[0])
        if (file := next(fits, None)) is None:
            file = (set(), set(), [])
            files.append(file)
        file[0].add(node)
        file[1].update(above)
        file[2].append(bug)
    return [members for _, _, members in files]


def _literal(value: Any) -> str:
    """A formula that is nothing but a value, to all its digits."""
    if isinstance(value, str):
        text = value.replace('"', '""')
        return f'="{text}"'
    return f"={float(value)!r}"


# Kinds -------------------------------------------------------------------------------------


@lru_cache(maxsize=10_000)
def _tokens(formula: str) -> tuple[Token, ...]:
    """The tokens of a formula, which every kind of bug looks at."""
    return tuple(Tokenizer(formula).items)


def _joined(tokens: Sequence[Token], changed: dict[int, str]) -> str:
    return "=" + "".join(changed.get(i, str(token.value)) for i, token in enumerate(tokens))


def _first(formula: str, change: Any) -> str | None:
    """The formula with the first token changed for which `change` gives something else."""
    tokens = _tokens(formula)
    for i, token in enumerate(tokens):
        new = change(token)
        if new is not None and new != token.value:
            return _joined(tokens, {i: new})
    return None


def _operator(formula: str, table: dict[str, str]) -> str | None:
    return _first(formula, lambda t: table.get(t.value) if t.type == Token.OP_IN else None)


def _shifted(formula: str, rows: int, columns: int) -> str | None:
    """The first reference moved, `$` or not."""

    def moved(match: re.Match[str]) -> str:
        fix_column, letters, fix_row, row = match.groups()
        at = a1(int(row) - 1 + rows, column_index(letters) + columns)
        new = REF.fullmatch(at)
        assert new is not None
        return f"{fix_column}{new[2]}{fix_row}{new[4]}"

    def change(token: Token) -> str | None:
        if token.type != Token.OPERAND or token.subtype != Token.RANGE:
            return None
        sheet, mark, cells = token.value.rpartition("!")
        return f"{sheet}{mark}{REF.sub(moved, cells)}"

    return _first(formula, change)


def _shortened(formula: str) -> str | None:
    """The first range without its last row, or its last column if it has but one row."""

    def change(token: Token) -> str | None:
        if token.subtype != Token.RANGE or ":" not in token.value:
            return None
        ends = REF.findall(token.value)
        (_, left, _, top), (fix_column, right, fix_row, bottom) = ends
        row, column = int(bottom) - 1, column_index(right)
        if top != bottom:
            row -= 1
        elif left != right:
            column -= 1
        last = a1(row, column, fix_row=bool(fix_row), fix_column=bool(fix_column))
        return f"{token.value.rpartition(':')[0]}:{last}"

    return _first(formula, change)


def _function(formula: str) -> str | None:
    def change(token: Token) -> str | None:
        if token.type != Token.FUNC or token.subtype != Token.OPEN:
            return None
        other = FUNCTIONS.get(token.value[:-1])
        if token.value in ("SUM(", "SUMPRODUCT(") and "MMULT" in formula:
            other = "COUNT"  # of a product that is one number, the average is the sum
        return None if other is None else other + "("

    return _first(formula, change)


def _constant(formula: str) -> str | None:
    def change(token: Token) -> str | None:
        if token.type != Token.OPERAND or token.subtype != Token.NUMBER:
            return None
        return f"{float(token.value) + 1:g}"

    return _first(formula, change)


def _names_swapped(formula: str, inputs: set[str]) -> str | None:
    """Beta1 and beta2 in each other's place, as far as the sheet has both."""
    tokens = _tokens(formula)
    swapped = {
        i: other
        for i, token in enumerate(tokens)
        if token.type == Token.OPERAND and (other := SWAPPED.get(token.value)) in inputs
    }
    return _joined(tokens, swapped)


def _other_name(formula: str, inputs: set[str]) -> str | None:
    """The first input that is called by name, in whose place the next one is called."""
    ordered = sorted(name for name in inputs if re.fullmatch(r"[a-z]\w*", name))

    def change(token: Token) -> str | None:
        if token.type != Token.OPERAND or token.value not in ordered:
            return None
        return ordered[(ordered.index(token.value) + 1) % len(ordered)]

    return _first(formula, change)


KINDS = {
    "a sign flipped": lambda formula, _: _operator(formula, SIGNS),
    "a comparison turned": lambda formula, _: _operator(formula, COMPARISONS),
    "the row below": lambda formula, _: _shifted(formula, 1, 0),
    "a range cut short": lambda formula, _: _shortened(formula),
    "another function": lambda formula, _: _function(formula),
    "another constant": lambda formula, _: _constant(formula),
    "beta1 and beta2 swapped": _names_swapped,
}
"""Planted into every formula of a block: that of its first row, those of an epoch's first."""

MORE_KINDS = {
    "the next column": lambda formula, _: _shifted(formula, 0, 1),
    "another input": _other_name,
}
"""Planted into the formula that most of a block's cells share."""


def _refilled(cells: dict[Place, str], axis: int) -> dict[Place, str]:
    """The cells filled from the first of them, which lost one `$`; only those that change."""
    (anchor, formula), *_ = cells.items()
    lost = None
    for match in REF.finditer(formula):
        if match[axis]:
            lost = formula[: match.start(axis)] + formula[match.end(axis) :]
            break
    if lost is None:
        return {}
    right, wrong = (Translator(text, a1(*anchor)) for text in (formula, lost))
    filled: dict[Place, str] = {}
    for place, text in cells.items():
        if right.translate_formula(a1(*place)) == text:
            moved = wrong.translate_formula(a1(*place))
            if moved.replace("$", "") != text.replace("$", ""):
                filled[place] = moved
    return filled


# Who depends on whom -----------------------------------------------------------------------


def _alike(block: Block) -> dict[str, dict[Place, str]]:
    """The block's cells by their formula in relative notation, where absolute rows are one."""
    groups: dict[str, dict[Place, str]] = {}
    assert block.formulas is not None
    for row, column, i, j in block.cells():
        formula = block.formulas[i][j]

        def relative(match: re.Match[str], row: int = row, column: int = column) -> str:
            fix_column, letters, fix_row, digits = match.groups()
            across = "" if fix_column else str(column_index(letters) - column)
            down = "" if fix_row else str(int(digits) - 1 - row)
            return f"R[{down}]C[{across}]"

        groups.setdefault(REF.sub(relative, formula), {})[row, column] = formula
    return groups


class _Graph:
    """Which blocks the formulas of a block refer to, directly or not."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = {sheet.name: (i, sheet) for i, sheet in enumerate(sheets)}
        self._known: dict[tuple[str, str], set[Place]] = {}
        self._direct: dict[Place, set[Place]] = {}
        for i, sheet in enumerate(sheets):
            for index, block in enumerate(sheet.parts):
                if block.formulas is not None:
                    texts = {formula for line in block.formulas for formula in line}
                    self._direct[i, index] = self._referred(sheet.name, texts)

    def upstream(self, bug: Mutation) -> tuple[Place, set[Place]]:
        """The bug's block, and all blocks that it depends on, before and after."""
        node = (self._sheets[bug.sheet][0], bug.block)
        todo = self._referred(bug.sheet, {f for f in bug.cells.values() if isinstance(f, str)})
        todo |= self._direct[node]
        found: set[Place] = set()
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo |= self._direct.get(one, set())
        return node, found

    def _referred(self, home: str, formulas: set[str]) -> set[Place]:
        found: set[Place] = set()
        for operand in set().union(*map(_operands, formulas)):
            if (home, operand) not in self._known:
                self._known[home, operand] = self._meant(home, operand)
            found |= self._known[home, operand]
        return found

    def _meant(self, home: str, operand: str) -> set[Place]:
        """The blocks of formulas that a reference or a name on the sheet `home` means."""
        name, _, cells = operand.rpartition("!")
        i, sheet = self._sheets[name.strip("'") or home]
        ends = [(int(ref[3]) - 1, column_index(ref[1])) for ref in REF.findall(cells)]
        return {
            (i, index)
            for index, block in enumerate(sheet.parts)
            if block.formulas is not None
            and ((not ends and block.name == cells) or (ends and _meet(block, ends)))
        }


@lru_cache(maxsize=100_000)
def _operands(formula: str) -> frozenset[str]:
    """The references and names in a formula."""
    return frozenset(
        token.value
        for token in _tokens(formula)
        if token.type == Token.OPERAND and token.subtype == Token.RANGE
    )


def _meet(block: Block, ends: list[Place]) -> bool:
    (top, left), (bottom, right) = ends[0], ends[-1]
    return (
        top < block.bottom and bottom >= block.row and left < block.right and right >= block.column
    )
