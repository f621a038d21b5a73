"""What IronCalc has read of a workbook: its formulas, what they refer to, and the first wrong one.

IronCalc computes every formula of a workbook at every evaluation, so the sheets that the outputs
do not need cost time for nothing; `Formulas.needed` finds the others. It looks at the words of
formulas and of the names that they use, and takes any word that reads as a sheet's name for one:
a sheet too many costs time, a sheet too few would be wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheetsim.errors import WorkbookError
from sheetsim.formula.functions import TABLE, Reads
from sheetsim.formula.syntax.tokens import tokenize
from sheetsim.references import references_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sheetsim.book import CellAddress, Place
    from sheetsim.formula.syntax.tokens import Token

UNREADABLE = "?"
"""Stands for the words of a formula that IronCalc writes in a way that is not read here."""

ANYWHERE = frozenset({UNREADABLE}) | {
    name.casefold()
    for name, one in TABLE.items()
    if one.reads is Reads.ANYWHERE or one.asks is not None
}
"""Functions whose value may depend on any sheet, or on how many there are."""

RANDOM = frozenset({"randarray"} | {name.casefold() for name, one in TABLE.items() if one.random})
"""Functions that give another value at every evaluation."""


class Formulas:
    """The formulas of an IronCalc model.

    Attributes:
        sheets: the names of its sheets, in its order.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.sheets: list[str] = [one["name"] for one in model.get_worksheets_properties()]
        self._places: dict[str, list[Place]] = {name: [] for name in self.sheets}
        for sheet, row, column in model.get_all_cells():
            self._places[self.sheets[sheet]].append((row - 1, column - 1))
        self._read: dict[str, dict[Place, str]] = {}
        self._meanings = self._names()

    def of(self, sheet: str) -> dict[Place, str]:
        """Return the formulas of a sheet, each with "=", as IronCalc writes them."""
        if sheet not in self._read:
            number = self.sheets.index(sheet)
            read = self._model.get_cell_formula
            found = ((p, read(number, p[0] + 1, p[1] + 1)) for p in self._places[sheet])
            self._read[sheet] = {place: text for place, text in found if text is not None}
        return self._read[sheet]

    def needed(self, wanted: Iterable[str]) -> list[str]:
        """Return the sheets that some sheets need, themselves included, in the book's order."""
        at = {name.casefold(): name for name in self.sheets}
        found: set[str] = set()
        todo = list(wanted)
        while todo:
            sheet = todo.pop()
            if sheet in found:
                continue
            found.add(sheet)
            said = set().union(*map(words, self.of(sheet).values()))
            said |= self._meant(said)
            if said & ANYWHERE:
                return self.sheets
            todo += [at[word] for word in said if word in at]
        return [name for name in self.sheets if name in found]

    def random(self, sheet: str) -> list[Place]:
        """Return the cells of a sheet whose formulas draw random numbers or tell the time."""
        names = {name for name, meant in self._meanings.items() if meant & RANDOM}
        sought = names | RANDOM
        return [place for place, text in self.of(sheet).items() if words(text) & sought]

    def unknown(self, sheet: str, place: Place) -> str:
        """Return the functions of a cell's formula that IronCalc does not know, if it says so.

        It writes the functions that it knows in capitals and all others in small letters.
        """
        text = self.of(sheet).get(place, "")
        called = [token for token in _tokens(text) or () if token.kind == "function"]
        found = [
            token.value
            for token in called
            if text.startswith(token.value.lower(), token.at)
            and token.value.casefold() not in self._meanings
        ]
        return ", ".join(dict.fromkeys(found))

    def first_wrong(self, address: CellAddress, wrong: dict[CellAddress, None]) -> CellAddress:
        """Return the first cell that is wrong on the way that a wrong cell's value came.

        From a wrong cell on to a wrong one that its formula refers to, until there is none. What
        formulas refer to by names or by computed addresses is not followed.
        """
        seen = {address}
        while True:
            text = self.of(address[0]).get(address[1], "")
            further = next(
                (one for one in _referred(address[0], text, wrong) if one not in seen), None
            )
            if further is None:
                return address
            seen.add(further)
            address = further

    def _names(self) -> dict[str, set[str]]:
        """Return each defined name, in small letters, with the words of what it means."""
        meanings: dict[str, set[str]] = {}
        for one in self._model.get_defined_name_list():
            meanings.setdefault(one["name"].casefold(), set()).update(words(one["formula"]))
        grown = True
        while grown:  # names that use names
            grown = False
            for meant in meanings.values():
                more = set().union(*(meanings[word] for word in meant if word in meanings))
                grown |= not more <= meant
                meant |= more
        return meanings

    def _meant(self, said: set[str]) -> set[str]:
        return set().union(*(self._meanings[word] for word in said if word in self._meanings))


def words(formula: str) -> set[str]:
    """Return the words of a formula in small letters: functions, names, tables and sheets."""
    tokens = _tokens(formula)
    if tokens is None:
        return {UNREADABLE}
    found: set[str] = set()
    for token in tokens:
        sheet = None
        if token.kind == "function":
            found.add(token.value.casefold())
        elif token.kind == "table":
            found.add(token.value[0].casefold())
        elif token.kind == "name":
            sheet, name = token.value
            found.add(name)
        elif token.kind == "ref":
            sheet = token.value.sheet
        if sheet is not None:
            found.update(sheet.casefold().split(":"))
    return found


def _tokens(formula: str) -> tuple[Token, ...] | None:
    try:
        return tokenize(formula, (0, 0))
    except WorkbookError:
        return None


def _referred(sheet: str, formula: str, among: dict[CellAddress, None]) -> Iterator[CellAddress]:
    """Yield those of some cells that a formula on a sheet refers to."""
    for reference in references_in(formula):
        own = reference.sheet or sheet
        (top, left), (bottom, right) = reference.corners
        if top == bottom and left == right:
            address = own, (top, left)
            if address in among:
                yield address
        else:
            yield from (
                (name, (r, c))
                for name, (r, c) in among
                if name == own and top <= r <= bottom and left <= c <= right
            )
