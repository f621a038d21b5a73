"""Storing a Solver model in a workbook that exists, as Excel stores it: hidden names of a sheet.

    <definedName name="solver_opt" localSheetId="0" hidden="1">dotprod!$V$41</definedName>

The names of the sheet's former model go; all other names stay, byte for byte.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.cell_text import number_text, xml_text
from sheetsim.workbook.read.cell_xml import element_end, splice, start_tag
from sheetsim.workbook.read.xml_scan import Handler, scan
from sheetsim.workbook.solver_model.model import NO_LIMIT, Area, Relation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.workbook.read.archive import Archive
    from sheetsim.workbook.read.cell_xml import Edit
    from sheetsim.workbook.solver_model.model import SolverModel

_WORDS = {
    Relation.INTEGER: '"integer"',
    Relation.BINARY: '"binary"',
    Relation.ALL_DIFFERENT: '"AllDifferent"',
}
"""The right-hand side where there is none. Without quotes it would be a name that is not defined;
the relation's number is what counts, and `solver_read` takes either."""

_LONGEST_PLAIN = 20
"""Characters of a number up to which Excel writes it without an exponent in a formula."""


def model_names(model: SolverModel) -> dict[str, str]:
    """Return every name of a model and what it stands for, in the order of the names."""
    own = model.settings
    names: dict[str, float | str | None] = {
        "adj": ",".join(area.absolute for area in model.variables),
        "cvg": own.convergence,
        "drv": 2 if own.central else 1,
        "eng": int(model.engine),
        "est": 2 if own.quadratic_estimates else 1,
        "itr": own.iterations,
        "mip": own.integer_solutions,
        "mni": own.idle_seconds,
        "mrt": own.mutation,
        "msl": own.multistart,
        "neg": model.non_negative,
        "nod": own.subproblems,
        "num": len(model.constraints),
        "nwt": 2 if own.conjugate_search else 1,
        "pre": own.precision,
        "rbv": own.bounds_required,
        "rlx": own.ignore_integers,
        "rsd": own.seed or 0,
        "scl": own.scaling,
        "sho": own.show_steps,
        "ssz": own.population,
        "tim": own.seconds,
        "tol": own.tolerance,
        "typ": int(model.goal),
        "val": model.value,
        "ver": 3,
    }
    if model.objective is not None:
        names["opt"] = model.objective.absolute
    for index, constraint in enumerate(model.constraints, 1):
        names[f"lhs{index}"] = ",".join(area.absolute for area in constraint.left)
        names[f"rel{index}"] = int(constraint.relation)
        right = _WORDS.get(constraint.relation, constraint.right)
        names[f"rhs{index}"] = right.absolute if isinstance(right, Area) else right
    return {f"solver_{key}": _text(names[key]) for key in sorted(names)}


def _text(value: float | str | None) -> str:
    """Return a setting as Excel stores it: 1 for on, 2 for off, a large number for no limit."""
    if value is None:
        return str(NO_LIMIT)
    if isinstance(value, bool):
        return "1" if value else "2"
    if isinstance(value, str):
        return value
    plain = format(Decimal(repr(float(value))), "f")  # Excel has 0.000001 here, and no 1E-06
    short = plain.removesuffix(".0")
    return short if len(short) <= _LONGEST_PLAIN else number_text(float(value))


def with_model(archive: Archive, model: SolverModel) -> bytes:
    """Return the workbook's part with a model stored in it.

    Args:
        archive: the workbook.
        model: the model; the one that its sheet has is replaced.

    Raises:
        WorkbookError: the workbook has no such sheet, or its part cannot be edited.
    """
    data = archive.read(archive.workbook)
    where = f"{archive.path}: {archive.workbook}"
    if b"\0" in data[:4] or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise WorkbookError(f"{where}: is in UTF-16, which is not edited here")
    order = [sheet.name for sheet in archive.sheets()]
    if model.sheet not in order:
        raise WorkbookError(f"{archive.path}: has no sheet {model.sheet!r} to store a model with")
    places = _NamePlaces()
    scan(data, where, places)
    index = str(order.index(model.sheet))
    prefix = start_tag(data, places.root)[1].removesuffix(b"workbook")
    edits: list[Edit] = []
    kept: list[tuple[tuple[str, str], int]] = []  # where the others stand, by Excel's order
    for attributes, start, end in places.names:
        name, scope = attributes.get("name", "").lower(), attributes.get("localSheetId")
        if name.startswith("solver_") and scope == index:
            edits.append((start, element_end(data, start, end), b""))
        else:
            known = scope is not None and scope.isdecimal() and int(scope) < len(order)
            kept.append(((name, order[int(scope or 0)].lower() if known else ""), start))
    pieces: dict[int, bytes] = {}
    for name, text in model_names(model).items():
        mine = (name, model.sheet.lower())
        at = next((start for other, start in kept if other > mine), -1)
        piece = b'<%bdefinedName name="%b" localSheetId="%b" hidden="1">%b</%bdefinedName>' % (
            *(prefix, name.encode(), index.encode(), xml_text(text), prefix),
        )
        pieces[at] = pieces.get(at, b"") + piece
    last = pieces.pop(-1, b"")  # behind all the others
    edits += [(at, at, piece) for at, piece in pieces.items()]
    return splice(data, [*edits, *_at_the_end(data, places, last, prefix, where)])


def _at_the_end(
    data: bytes, places: _NamePlaces, names: bytes, prefix: bytes, where: str
) -> list[Edit]:
    """Return the edit that puts names behind the others, or into a new list of names."""
    if not names:
        return []
    whole = b"<%bdefinedNames>%b</%bdefinedNames>" % (prefix, names, prefix)
    if places.list is None:
        if places.sheets is None:
            raise WorkbookError(f"{where}: lists no sheets; expected a workbook")
        behind = element_end(data, *places.sheets)
        return [(behind, behind, whole)]
    start, end = places.list
    if start_tag(data, start)[3]:  # <definedNames/>
        return [(start, end, whole)]
    return [(end, end, names)]


class _NamePlaces(Handler):
    """Finds the defined names, and where they belong if there are none.

    Attributes:
        root: where the first element starts.
        names: the attributes, the start and the end of each name.
        list: start and end of the element around them, if there is one.
        sheets: start and end of the last element that has to stand before it.
    """

    def __init__(self) -> None:
        self.root = -1
        self.names: list[tuple[Mapping[str, str], int, int]] = []
        self.list: tuple[int, int] | None = None
        self.sheets: tuple[int, int] | None = None
        self._starts: dict[str, int] = {}
        self._attributes: Mapping[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self.root < 0:
            self.root = self.at
        self._starts[name] = self.at
        if name == "definedName":
            self._attributes = attributes

    def end(self, name: str) -> None:
        span = (self._starts[name], self.at)
        if name == "definedName":
            self.names.append((self._attributes, *span))
        elif name == "definedNames":
            self.list = span
        elif name in {"sheets", "functionGroups", "externalReferences"}:
            self.sheets = span
