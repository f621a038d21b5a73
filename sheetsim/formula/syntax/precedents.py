"""What a formula reads, found from its tokens: names, tables and named functions resolved.

No tree is built and nothing is computed, so that a formula which cannot be computed, such as one
that calls a LAMBDA by its name, still shows what it depends on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sheetsim.formula.functions import TABLE
from sheetsim.formula.syntax.table_references import around
from sheetsim.formula.syntax.tokens import Ref, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.book import Book, DefinedName, Place
    from sheetsim.formula.syntax.tokens import Token

WIDE = frozenset({"OFFSET", "ANCHORARRAY"})
"""Functions that read what lies around their references."""

BLIND = frozenset({"INDIRECT", "TABLE", "EVALUATE", "TEXTREF", "ABSREF", "RELREF", "GET.CELL"})
"""Functions that read what nobody sees in their formula; but for the first two, of XLM's names."""

WIDENED = frozenset({"SUMIF", "AVERAGEIF"})
"""Functions whose third argument gets the size of the first."""

_REFERENCES = {"OFFSET", "INDIRECT", "ROW", "COLUMN", "ROWS", "COLUMNS"}


class Precedents(NamedTuple):
    """What a formula reads.

    Attributes:
        refs: with their sheets, as far as they are known.
        wide: whether it may read what lies around them as well, on their sheets.
        blind: whether it may read anything else as well.
        widened: whether one of its references may be larger than it is written.
    """

    refs: tuple[Ref, ...]
    wide: bool
    blind: bool
    widened: bool = False


def find_precedents(book: Book, tokens: Sequence[Token], sheet: str, place: Place) -> Precedents:
    """Return what a formula reads.

    Args:
        book: for names, tables and sheets.
        tokens: the formula's.
        sheet: the sheet that it stands on.
        place: a cell that it stands in; matters for a table's reference without a name only.

    Raises:
        WorkbookError: a name means something that cannot be read.
    """
    refs: dict[Ref, None] = {}
    wide = blind = widened = called = False
    seen: set[object] = set()
    todo = [(token, sheet) for token in tokens]
    while todo:
        token, home = todo.pop()
        kind, value = token.kind, token.value
        if kind == "ref":
            own = value.sheet or home
            spelled = book.find_sheet(own)
            if spelled is not None:
                refs[value._replace(sheet=spelled)] = None
            elif ":" in own and not own.startswith("["):
                blind = True
        elif kind == "function":
            wide, widened = wide or value in WIDE, widened or value in WIDENED
            named = [] if value in BLIND else named_functions(book, value)
            called = called or bool(named)
            # Excel computes a macro's function anew with its arguments, or, if it is volatile,
            # always.
            blind = blind or value in BLIND or (book.macros and not named and not is_known(value))
            todo += [one for found in named for one in _meant(found, home, seen)]
        elif kind in {":", "#"}:
            wide = True
        elif kind == "table":
            table = book.find_table(value[0]) if value[0] else around(book, home, place)
            if table is not None:
                corners = (*table.first, *table.last)
                refs[Ref(table.sheet, *corners, (True, True, True, True))] = None
        elif kind == "name":
            scope, text = value
            blind = blind or (":" in (scope or "") and not scope.startswith("["))
            name = None if is_external(scope) else book.find_name(text, scope or home)
            todo += [] if name is None else _meant(name, home, seen)
    return Precedents(tuple(refs), wide or (widened and called), blind, widened)


def _meant(name: DefinedName, home: str, seen: set[object]) -> list[tuple[Token, str]]:
    """Return the tokens of a name, each with the sheet that it means; none the second time."""
    home = name.sheet or home
    if (name, home) in seen:
        return []
    seen.add((name, home))
    out = []
    for token in tokenize(name.text, (0, 0)):
        moves = token.kind == "ref" and not all(token.value.fixed)
        out.append(
            (token._replace(value=token.value._replace(wraps=True)) if moves else token, home)
        )
    return out


def is_known(function: str) -> bool:
    """Whether a function is one of those that can be computed here."""
    return function in TABLE or function in _REFERENCES


def is_external(scope: str | None) -> bool:
    """Whether what stands before a name's `!` is another file; `[0]` is the workbook itself."""
    return scope is not None and scope.startswith("[") and scope != "[0]"


def named_functions(book: Book, function: str) -> list[DefinedName]:
    """Return what a function's name may mean that is a defined name, on whatever sheet."""
    if is_known(function):
        return []
    found = (book.find_name(function, scope) for scope in (None, *book.sheets))
    return list(dict.fromkeys(name for name in found if name is not None))
