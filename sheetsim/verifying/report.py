"""What `verify` found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sheetsim.verifying.known_differences import listed, title_of


@dataclass(frozen=True)
class Disagreement:
    """A cell on which not all agree.

    Attributes:
        sheet: its sheet.
        cell: its address, such as "H25".
        formula: as it stands in the file.
        values: "cached", "numpy" and the engines, to what each has; errors as their texts.
        differ: those that differ from the reference.
        reason: what is known about it.
        follows: the cell that it follows from, "Sheet!A1"; None if it is a root: its own formula
            does not give what somebody shows.
    """

    sheet: str
    cell: str
    formula: str
    values: Mapping[str, Any]
    differ: tuple[str, ...]
    reason: str
    follows: str | None = None


@dataclass(frozen=True)
class SourceReport:
    """How NumPy, or an engine, fared against the reference.

    Attributes:
        name: "numpy" or the engine's.
        version: of the engine; "" for NumPy's side.
        cells: how many it was compared on.
        agree: how many agree.
        by_rounding: how many of these only because each formula is right: they differ by more
            than the tolerance, as the formulas magnify the last digits of what they refer to.
        worst: largest relative difference of two numbers that agree within the tolerance.
        volatile: cells of random numbers and times, and those that follow from them, whose
            values differ as they must.
        unsupported: cells that it cannot compute, and those that follow from them.
        reasons: function, or another reason, to how many cells it cannot compute because of it.
        seconds: how long it took.
        problem: why it could not compute the file at all; "" if it could.
    """

    name: str
    version: str = ""
    cells: int = 0
    agree: int = 0
    by_rounding: int = 0
    worst: float = 0.0
    volatile: int = 0
    unsupported: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    problem: str = ""

    @property
    def title(self) -> str:
        """Its name as it is written, with the version."""
        return f"{title_of(self.name)} {self.version}".rstrip()


@dataclass(frozen=True)
class Verification:
    """What `verify` found.

    Attributes:
        path: the file.
        formulas: all cells with formulas.
        reference: what the others are compared with: "cached", or "numpy" where the file has no
            cached values.
        cells: formula cells that were compared with the reference, by one source or more.
        agree: those on which all who were compared agree.
        volatile: cells of random numbers and times, which are not compared.
        uncached: cells without a cached value in a file that has some.
        unsupported: cells that nobody but the program that saved the file can compute.
        differences: the others; roots first, and among them those on which NumPy differs.
        sources: NumPy and the engines that took part.
        missing: engine to why it took no part.
        notes: what else there is to know, a sentence each.
        seconds: how long all took.
    """

    path: str
    formulas: int
    reference: str
    cells: int
    agree: int
    volatile: int
    uncached: int
    unsupported: int
    differences: tuple[Disagreement, ...]
    sources: tuple[SourceReport, ...]
    missing: Mapping[str, str]
    notes: tuple[str, ...]
    seconds: float

    @property
    def success(self) -> bool:
        """Whether nobody differs on a cell, and nobody failed on the file."""
        return not self.differences and not any(source.problem for source in self.sources)

    @property
    def first(self) -> Disagreement | None:
        """The first cell that diverges: a root, all of whose precedents agree."""
        return self.differences[0] if self.differences else None

    @property
    def status(self) -> str:
        """The outcome in a sentence."""
        who = listed(s.name for s in self.sources if not s.problem)
        failed = [source.name for source in self.sources if source.problem]
        rest = f"; {listed(failed)} failed" if failed else ""
        if not self.formulas:
            return "there are no formulas"
        if self.reference == "numpy":
            against = "no cached values, so that NumPy is compared with the engines alone: "
        else:
            against = ""
        if not self.differences:
            found = "agree: " + who if self.reference == "numpy" else f"agree with {who}"
            left = self.formulas - self.cells
            rest += f"; {left:,} of {self.formulas:,} were not compared" if left else ""
            return f"{against}all {self.cells:,} formula cells compared {found}{rest}"
        first = self.differences[0]
        roots = sum(each.follows is None for each in self.differences)
        number = len(self.differences)
        follow = f", which follow from {roots:,}" if roots < number else ""
        return (
            f"{against}{number:,} of {self.cells:,} formula cells differ{follow}; the first is "
            f"{first.sheet}!{first.cell} ({first.reason}){rest}"
        )

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        first = self.first
        return {
            "success": self.success,
            "status": self.status,
            "first": None if first is None else f"{first.sheet}!{first.cell}",
            **asdict(self),
        }
