"""What a formula reads, found from its tokens: names, tables and named functions resolved.

No tree is built and nothing is computed, so that a formula which cannot be computed, such as one
that calls a LAMBDA by its name, still shows what it depends on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sheetsim.formula.functions import TABLE, Reads
from sheetsim.formula.syntax.table_references import around
from sheetsim.formula.syntax.tokens import Ref, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.book import Book, DefinedName, Place
    from sheetsim.formula.syntax.tokens import Token

_AROUND = {
    name
    for key, function in TABLE.items()
    for name in (key, function.sign)
    if name and function.reads is Reads.AROUND
}
"""Functions and operators that read what lies around their references."""

UNSEEN = frozenset(
    {key for key, function in TABLE.items() if function.reads is Reads.ANYWHERE}
    | {"TABLE", "EVALUATE", "TEXTREF", "ABSREF", "RELREF", "GET.CELL"}
)
"""Functions that read what nobody sees in their formula: INDIRECT; those of data tables and of the
macros of Excel 4, which cannot be computed here and so are not in the table."""


class Precedents(NamedTuple):
    """What a formula refers to.

    Attributes:
        refs: with their sheets, as far as they are known.
        around: whether it may read what lies around them as well, on their sheets.
        anywhere: whether it may read anything else as well.
        resized: whether one of its references may be larger than it is written.
    """

    refs: tuple[Ref, ...]
    around: bool
    anywhere: bool
    resized: bool = False


def find_precedents(book: Book, tokens: Sequence[Token], sheet: str, place: Place) -> Precedents:
    """Return what a formula refers to.

    Args:
        book: for names, tables and sheets.
        tokens: the formula's.
        sheet: the sheet that it stands on.
        place: a cell that it stands in; matters for a table's reference without a name only.

    Raises:
        WorkbookError: a name means something that cannot be read.
    """
    search = _Search(book, tokens, sheet, place)
    search.run()
    around = search.around or (search.resized and search.calls_name)
    return Precedents(tuple(search.refs), around, search.anywhere, search.resized)


class _Search:
    """The tokens of a formula, and of the names in it, looked at one after the other.

    Attributes:
        refs, around, anywhere, resized: as in `Precedents`.
        calls_name: whether a defined name is called as a function.
    """

    def __init__(self, book: Book, tokens: Sequence[Token], sheet: str, place: Place) -> None:
        self.refs: dict[Ref, None] = {}
        self.around = self.anywhere = self.resized = self.calls_name = False
        self._book, self._place = book, place
        self._todo = [(token, sheet) for token in tokens]
        self._seen: set[object] = set()

    def run(self) -> None:
        """Look at all tokens, each with the sheet that it means if it names none."""
        while self._todo:
            token, home = self._todo.pop()
            if token.kind == "ref":
                self._reference(token.value, home)
            elif token.kind == "function":
                self._function(token.value, home)
            elif token.kind == "table":
                self._table(token.value[0], home)
            elif token.kind == "name":
                self._name(token.value, home)
            else:
                self.around = self.around or token.kind in _AROUND

    def _reference(self, ref: Ref, home: str) -> None:
        own = ref.sheet or home
        spelled = self._book.find_sheet(own)
        if spelled is not None:
            self.refs[ref._replace(sheet=spelled)] = None
        elif ":" in own and not own.startswith("["):
            self.anywhere = True

    def _function(self, name: str, home: str) -> None:
        self.around = self.around or name in _AROUND
        self.resized = self.resized or (name in TABLE and TABLE[name].third_as_first)
        if name in UNSEEN:
            self.anywhere = True
            return
        named = named_functions(self._book, name)
        self.calls_name = self.calls_name or bool(named)
        # Excel computes a macro's function anew with its arguments, or, if it is volatile, always.
        if self._book.macros and not named and name not in TABLE:
            self.anywhere = True
        for one in named:
            self._take(one, home)

    def _table(self, name: str, home: str) -> None:
        book = self._book
        table = book.find_table(name) if name else around(book, home, self._place)
        if table is not None:
            corners = (*table.first, *table.last)
            self.refs[Ref(table.sheet, *corners, (True, True, True, True))] = None

    def _name(self, value: tuple[str | None, str], home: str) -> None:
        scope, text = value
        if scope is not None and ":" in scope and not scope.startswith("["):
            self.anywhere = True
        name = None if is_external(scope) else self._book.find_name(text, scope or home)
        if name is not None:
            self._take(name, home)

    def _take(self, name: DefinedName, home: str) -> None:
        """Look at what a name means, each token with the sheet that it means; once."""
        home = name.sheet or home
        if (name, home) in self._seen:
            return
        self._seen.add((name, home))
        for token in tokenize(name.text, (0, 0)):
            moves = token.kind == "ref" and not all(token.value.fixed)
            one = token._replace(value=token.value._replace(wraps=True)) if moves else token
            self._todo.append((one, home))


def is_external(scope: str | None) -> bool:
    """Whether what stands before a name's `!` is another file; `[0]` is the workbook itself."""
    return scope is not None and scope.startswith("[") and scope != "[0]"


def named_functions(book: Book, function: str) -> list[DefinedName]:
    """Return what a function's name may mean that is a defined name, on whatever sheet."""
    if function in TABLE:
        return []
    found = (book.find_name(function, scope) for scope in (None, *book.sheets))
    return list(dict.fromkeys(name for name in found if name is not None))
