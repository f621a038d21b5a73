"""The Solver models stored in a workbook, one a sheet.

Excel's Solver keeps what its dialog shows in names that belong to the sheet and are hidden from
the Name Manager: `solver_opt` is the objective, `solver_adj` the variables, `solver_typ` and
`solver_val` the aim, `solver_num` the number of constraints, and `solver_lhs1`, `solver_rel1`
and `solver_rhs1` the first of them. Constraints beyond that number are left over from before
and do not count. Excel 2007 has no `solver_eng` but `solver_lin`: 1 is a linear model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sheetsim.errors import OptionError
from sheetsim.workbook.solver_model.areas import Area, parse_areas, printable
from sheetsim.workbook.solver_model.constraint_sides import (
    as_number,
    check_among,
    check_sides,
    right_side,
)
from sheetsim.workbook.solver_model.model import (
    MAX_VARIABLES,
    NO_LIMIT,
    Goal,
    Part,
    Problem,
    Relation,
    SolverConstraint,
    SolverEngine,
    SolverModel,
    SolverSettings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.book import Book

MAX_WHOLE_CELLS = 10 * MAX_VARIABLES
"""Cells on the left of integer, binary and all different together, which are looked at singly."""

MAX_POPULATION = 1_000_000
"""Points of a population; a file that says more is taken to say this."""

_ON, _OFF = 1, 2
_CENTRAL = 2

_Code = TypeVar("_Code", Goal, SolverEngine)


def read_models(book: Book) -> dict[str, SolverModel]:
    """Read every stored Solver model, whether it can be solved or not; cells are not looked at.

    Args:
        book: the workbook.

    Returns:
        Sheet to model, in the workbook's order. What is wrong with one is in its `problems`.
    """
    stored: dict[str, dict[str, str]] = {}
    for name in book.names:
        if name.sheet is not None and name.name.lower().startswith("solver_"):
            stored.setdefault(name.sheet, {})[name.name.lower()[7:]] = name.text.strip()
    return {
        sheet: _Reader(book, sheet, stored[sheet]).model()
        for sheet in book.states
        if stored.get(sheet, {}).keys() & {"opt", "adj"}
    }


class _Reader:
    """Reads one sheet's model, and notes what is wrong with it instead of stopping."""

    def __init__(self, book: Book, sheet: str, texts: Mapping[str, str]) -> None:
        self.book, self.sheet, self.texts = book, sheet, texts
        self.problems: list[Problem] = []

    def problem(self, why: str, *parts: Part, cells: tuple[Area, ...] = ()) -> None:
        """Note what is wrong."""
        self.problems.append(Problem(frozenset(parts), printable(why), cells))

    def model(self) -> SolverModel:
        objective = self.objective()
        variables = self.variables()
        constraints = tuple(self.constraints(variables))
        if "opt" not in self.texts and not constraints:
            parts = Part.OBJECTIVE, Part.CONSTRAINTS
            self.problem("it names no objective and no constraints", *parts)
        linear = (
            SolverEngine.SIMPLEX
            if self.number("lin", _OFF, Part.ENGINE) == _ON
            else SolverEngine.GRG
        )
        engine = self.one_of("eng", linear, SolverEngine, Part.ENGINE)
        return SolverModel(
            sheet=self.sheet,
            objective=objective,
            goal=self.one_of("typ", Goal.MINIMIZE, Goal, Part.GOAL),
            value=self.number("val", 0.0, Part.GOAL),
            variables=variables,
            constraints=constraints,
            non_negative=self.on("neg", default=False),
            engine=engine,
            settings=self.settings(),
            problems=tuple(self.problems),
            said=frozenset(self.texts),
        )

    def objective(self) -> Area | None:
        text = self.texts.get("opt")
        if text is None:
            return None
        areas = self.areas(text, "the objective", Part.OBJECTIVE)
        if not areas:
            return None
        if len(areas) != 1 or areas[0].size != 1:
            why = f"the objective is {text[:60]}; expected a single cell"
            self.problem(why, Part.OBJECTIVE, cells=areas)
            return None
        return areas[0]

    def variables(self) -> tuple[Area, ...]:
        text = self.texts.get("adj")
        if text is None:
            self.problem("it names no cells to change", Part.VARIABLES)
            return ()
        areas = self.areas(text, "the cells to change", Part.VARIABLES)
        count = sum(area.size for area in areas)
        if count > MAX_VARIABLES:
            why = f"it names {count:,} cells to change; expected at most {MAX_VARIABLES:,}"
            self.problem(why, Part.VARIABLES, cells=areas)
            return ()
        return areas

    def constraints(self, variables: tuple[Area, ...]) -> list[SolverConstraint]:
        count = self.number("num", 0, Part.CONSTRAINTS)
        found: list[SolverConstraint] = []
        cells = 0
        # Only as far as there are texts: the number in the file may be anything.
        stored = sum(key.startswith("lhs") for key in self.texts)
        for index in range(1, int(min(max(count, 0), stored)) + 1):
            constraint = self.constraint(index, variables)
            if constraint is None:
                continue
            found.append(constraint)
            cells += sum(area.size for area in constraint.left if not constraint.relation.compares)
            if cells > MAX_WHOLE_CELLS:
                why = f"its integers are more than {MAX_WHOLE_CELLS:,} cells"
                self.problem(why, Part.CONSTRAINTS)
                break
        if count > stored:
            why = f"it counts {count:g} constraints, of which {stored} are stored"
            self.problem(why, Part.CONSTRAINTS)
        return found

    def constraint(self, index: int, variables: tuple[Area, ...]) -> SolverConstraint | None:
        title = f"constraint {index}"
        left_text = self.texts.get(f"lhs{index}")
        if left_text is None:
            self.problem(f"{title} has no left-hand side", Part.CONSTRAINTS)
            return None
        left = self.areas(left_text, title, Part.CONSTRAINTS)
        code = self.number(f"rel{index}", 0, Part.CONSTRAINTS)
        if code not in set(Relation):
            self.problem(f"{title} relates by {code:g}; expected 1 to 6", Part.CONSTRAINTS)
            return None
        if not left:
            return None
        relation = Relation(int(code))
        right: float | Area | str | None = None
        try:
            if relation.compares:
                right = right_side(self.texts.get(f"rhs{index}", ""), self.book, self.sheet)
            constraint = SolverConstraint(left, relation, right)
            check_sides(constraint)
        except OptionError as error:
            self.problem(f"{title}: {error}", Part.CONSTRAINTS, cells=left)
            return None
        try:
            check_among(constraint, variables)
        except OptionError as error:
            # It may fit other variables.
            self.problem(f"{title}: {error}", Part.CONSTRAINTS, Part.VARIABLES, cells=left)
        return constraint

    def settings(self) -> SolverSettings:
        default = SolverSettings()
        return SolverSettings(
            precision=self.number("pre", default.precision),
            convergence=self.number("cvg", default.convergence),
            seconds=self.limit("tim"),
            iterations=self.whole_limit("itr"),
            central=self.number("drv", _ON) == _CENTRAL,
            multistart=self.on("msl", default=False),
            population=int(min(max(self.number("ssz", default.population), 1), MAX_POPULATION)),
            seed=int(self.number("rsd", 0)) or None,
            bounds_required=self.on("rbv", default=True),
            tolerance=self.number("tol", default.tolerance),
            ignore_integers=self.on("rlx", default=False),
            subproblems=self.whole_limit("nod"),
            integer_solutions=self.whole_limit("mip"),
            scaling=self.on("scl", default=False),
            mutation=self.number("mrt", default.mutation),
            idle_seconds=self.number("mni", default.idle_seconds),
            show_steps=self.on("sho", default=False),
            quadratic_estimates=self.number("est", _ON) == _OFF,
            conjugate_search=self.number("nwt", _ON) == _OFF,
        )

    def areas(self, text: str, what: str, part: Part) -> tuple[Area, ...]:
        """Return the areas that a text names; none, and a problem, if it names something else."""
        try:
            return parse_areas(text, self.book, self.sheet)
        except OptionError as error:
            self.problem(f"{what}: {error}", part)
            return ()

    def number(self, key: str, default: float, part: Part = Part.SETTINGS) -> float:
        text = self.texts.get(key)
        if text is None:
            return default
        number = as_number(text)
        if number is None:
            self.problem(f"solver_{key} is {text[:40]!r}; expected a number", part)
            return default
        return number

    def on(self, key: str, *, default: bool) -> bool:
        return self.number(key, _ON if default else _OFF) == _ON

    def limit(self, key: str) -> float | None:
        number = self.number(key, NO_LIMIT)
        return None if number >= NO_LIMIT else number

    def whole_limit(self, key: str) -> int | None:
        limit = self.limit(key)
        return None if limit is None else int(limit)

    def one_of(self, key: str, default: _Code, kind: type[_Code], part: Part) -> _Code:
        code = self.number(key, default, part)
        if code not in set(kind):
            self.problem(f"solver_{key} is {code:g}; expected 1, 2 or 3", part)
            return default
        return kind(int(code))
