"""One workbook being verified: sources are added one by one, then all is put together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sheetsim.book import Book, CellError, Value
from sheetsim.formula.recalc.formula_alone import Formulas, Places, by_sheet
from sheetsim.verifying.divergence import (
    Judgement,
    Mark,
    Source,
    apart,
    judge,
)
from sheetsim.verifying.known_differences import (
    LOST,
    NEEDS,
    Reason,
    reason_for,
    unsupported_cells,
)
from sheetsim.verifying.report import Disagreement, SourceReport, Verification

EngineValues = Mapping[str, Mapping[tuple[int, int], Value]]


class _Texts(Mapping[int, str]):
    """The formulas of all cells, each written out when it is asked for."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas

    def __getitem__(self, slot: int) -> str:
        return self._formulas.text(slot)

    def __iter__(self) -> Iterator[int]:
        return iter(self._formulas.all)

    def __len__(self) -> int:
        return len(self._formulas.all)


class Tally:
    """A book being verified.

    Attributes:
        count: its formula cells.
        cached: whether any of them has a cached value.
    """

    def __init__(self, book: Book, tolerance: Mapping[str, float]) -> None:
        """Compute all cells with NumPy.

        Raises:
            WorkbookError: a formula refers to itself in a circle.
        """
        started = time.perf_counter()
        self.formulas = Formulas(book)
        self._book = book
        self._tolerance = tolerance
        self._text = _Texts(self.formulas)
        cached = self.formulas.cached()
        self.count = len(cached)
        self.cached = any(value is not None for value in cached.values())
        numpy = self.formulas.values()
        self._values = {"cached": cached, "numpy": numpy}
        self._reference = self._make_reference(cached, numpy)
        self._judged: dict[str, Judgement] = {}
        self._reports: dict[str, SourceReport] = {}
        if self.cached:
            self._judge("numpy", numpy, {})
        unknown = Counter(self.formulas.unknowns.values())
        self._report("numpy", unknown, time.perf_counter() - started)

    def _make_reference(self, cached: dict[int, Value], numpy: dict[int, Value]) -> Source:
        """Return the values that all are compared with."""
        if not self.cached:
            return Source(self.formulas, "numpy", numpy, self._tolerance["numpy"])
        # Where a file caches values, a cell without one shows an empty text, if NumPy says so;
        # else it was never computed.
        known = {
            slot: value
            for slot, value in cached.items()
            if value is not None or numpy.get(slot) == ""
        }
        return Source(self.formulas, "cached", known, self._tolerance["numpy"])

    def add(self, name: str, values: EngineValues, seconds: float) -> None:
        """Compare what an engine computed."""
        expected = self._reference.values
        found: dict[int, Value] = {}
        unsupported: dict[int, str] = {}
        for (sheet, place), slot in self.formulas.slots.items():
            value = values.get(sheet, {}).get(place)
            found[slot] = "" if value is None else value  # no formula gives a blank
            if value is None and expected.get(slot) not in (None, ""):
                unsupported[slot] = LOST
        self._values[name] = found
        unsupported |= unsupported_cells(self.formulas, name, found, expected, self._text)
        judged = self._judge(name, found, unsupported, self._lost(values, self._tolerance[name]))
        reasons = Counter(unsupported.get(slot, NEEDS) for slot in judged.marked(Mark.UNSUPPORTED))
        self._report(name, reasons, seconds)

    def _lost(self, values: EngineValues, tolerance: float) -> Places:
        """Return the cells without formulas that an engine lost or changed."""
        return by_sheet(
            (sheet, place)
            for sheet in self._book.sheets
            for place, cell in self._book.sheets[sheet].items()
            if cell.formula is None
            and apart(cell.value, values.get(sheet, {}).get(place)) > tolerance
        )

    def fail(self, name: str, problem: str, seconds: float) -> None:
        """Note that an engine could not compute the file."""
        self._reports[name] = SourceReport(name, seconds=seconds, problem=problem)

    def _judge(
        self,
        name: str,
        values: dict[int, Value],
        unsupported: Mapping[int, str],
        lost: Places | None = None,
    ) -> Judgement:
        source = Source(self.formulas, name, values, self._tolerance[name])
        volatile = frozenset[int]() if name == "numpy" else self.formulas.volatile
        judged = judge(self.formulas, self._reference, source, unsupported, lost, volatile)
        self._judged[name] = judged
        return judged

    def _report(self, name: str, reasons: Counter[str], seconds: float) -> None:
        judged = self._judged.get(name, Judgement())
        self._reports[name] = SourceReport(
            name,
            cells=judged.cells,
            agree=judged.agree,
            by_rounding=judged.rounding,
            worst=judged.worst,
            volatile=len(self.formulas.frozen) + len(judged.marked(Mark.VOLATILE)),
            unsupported=reasons.total(),
            reasons=dict(reasons.most_common()),
            seconds=seconds,
        )

    def verification(
        self, versions: Mapping[str, str], missing: Mapping[str, str], started: float
    ) -> Verification:
        """Put all together."""
        compared = self._compared()
        differences = self._differences()
        nowhere = [
            slot
            for slot in self._text
            if slot not in compared
            and slot not in self.formulas.frozen
            and slot in self._reference.values
        ]
        uncached = [
            slot
            for slot in self._text
            if self.cached and slot not in self._reference.values
            and slot not in self.formulas.frozen
        ]  # fmt: skip
        return Verification(
            path=self._book.path,
            formulas=self.count,
            reference=self._reference.name,
            cells=len(compared),
            agree=len(compared) - len(differences),
            volatile=len(self.formulas.frozen),
            uncached=len(uncached),
            unsupported=len(nowhere),
            differences=tuple(differences),
            sources=tuple(self._versioned(report, versions) for report in self._reports.values()),
            missing=dict(missing),
            notes=tuple(self._notes()),
            seconds=time.perf_counter() - started,
        )

    def _versioned(self, report: SourceReport, versions: Mapping[str, str]) -> SourceReport:
        return SourceReport(**{**vars(report), "version": versions.get(report.name, "")})

    def _compared(self) -> set[int]:
        """Return the cells that somebody was compared on."""
        compared: set[int] = set()
        for name, judged in self._judged.items():
            there = self._values[name].keys() & self._reference.values.keys()
            there -= self.formulas.frozen
            compared |= {
                slot
                for slot in there
                if judged.marks.get(slot) not in (Mark.VOLATILE, Mark.UNSUPPORTED)
            }
        return compared

    def _differences(self) -> list[Disagreement]:
        """Return the cells on which somebody differs, in the order of the report."""
        differ: dict[int, list[str]] = {}
        for name, judged in self._judged.items():
            for slot, mark in judged.marks.items():
                if mark in (Mark.ROOT, Mark.FOLLOWER):
                    differ.setdefault(slot, []).append(name)
        place = {slot: i for i, slot in enumerate(self._text)}
        found = []
        for slot, names in differ.items():
            roots = [name for name in names if self._judged[name].marks[slot] is Mark.ROOT]
            one, known = self._difference(slot, names, roots)
            found.append(((not roots, "numpy" not in names, known, place[slot]), one))
        found.sort(key=lambda pair: pair[0])
        return [one for _, one in found]

    def _difference(
        self, slot: int, names: list[str], roots: list[str]
    ) -> tuple[Disagreement, bool]:
        """Return one cell's difference, and whether it is known where it comes from."""
        formula = self._text[slot]
        values = {name: each[slot] for name, each in self._values.items() if slot in each}
        if not self.cached:
            del values["cached"]
        sheet, _, cell = self.formulas.name(slot).rpartition("!")
        follows = None
        if roots:
            stale = self._reference.name == "cached" and bool(self._reference.disobeying([slot]))
            reason = reason_for(self._reference.name, stale, formula, values, roots)
        else:
            origins = (self._judged[name].origin[slot] for name in names)
            follows = ", ".join(dict.fromkeys(self.formulas.name(one) for one in origins))
            reason = Reason(f"follows from {follows}")
        plain = {name: _plain(value) for name, value in values.items()}
        found = Disagreement(sheet, cell, formula, plain, tuple(names), reason.text, follows)
        return found, reason.known

    def _notes(self) -> list[str]:
        """Say what a user may want to know beside the numbers."""
        notes = []
        if not self.cached and self.count:
            notes.append("the file has no cached values: no program has computed it since")
        if self.formulas.iterated:
            notes.append(
                f"{self.formulas.iterated:,} cells stand in circles that are iterated; engines, "
                "which do that in another order, are not compared on them and what needs them"
            )
        if self._book.externals:
            number = len(self._book.externals)
            notes.append(f"it refers to {number} other file{'s' * (number > 1)}; none was opened")
        if self._book.macros:
            notes.append("it carries macros; they were not run")
        return notes


def _plain(value: Value) -> Any:
    return str(value) if isinstance(value, CellError) else value
