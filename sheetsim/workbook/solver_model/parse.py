"""A Solver model given as text, as on the command line, instead of stored in the file.

parse_constraint("B1:B5<=C1:C5", book, "Sheet1")
parse_model(book, objective="Sheet1!D9", by=["B1:B5"], subject_to=["B1:B5 integer"])
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sheetsim.errors import OptionError
from sheetsim.workbook.solver_model.areas import parse_areas, split_commas
from sheetsim.workbook.solver_model.constraint_sides import (
    as_number,
    check_among,
    check_sides,
    right_side,
)
from sheetsim.workbook.solver_model.model import (
    MAX_VARIABLES,
    Goal,
    Relation,
    SolverConstraint,
    SolverModel,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.book import Book
    from sheetsim.workbook.solver_model.areas import Area

_SIGNS = {
    "<=": Relation.AT_MOST,
    "=<": Relation.AT_MOST,
    "≤": Relation.AT_MOST,
    "=": Relation.EQUAL,
    "==": Relation.EQUAL,
    ">=": Relation.AT_LEAST,
    "=>": Relation.AT_LEAST,
    "≥": Relation.AT_LEAST,
}
_WORDS = {
    "int": Relation.INTEGER,
    "integer": Relation.INTEGER,
    "bin": Relation.BINARY,
    "binary": Relation.BINARY,
    "dif": Relation.ALL_DIFFERENT,
    "alldifferent": Relation.ALL_DIFFERENT,
}
_TURNED = {Relation.AT_MOST: Relation.AT_LEAST, Relation.AT_LEAST: Relation.AT_MOST}

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_SIGN = re.compile(r"<=|=<|>=|=>|==|≤|≥|=|<>|<|>")
_WORD = re.compile(r"(.*?)[\s=]+(int|integer|bin|binary|dif|all[\s_-]?different)", re.IGNORECASE)


def parse_constraint(text: str, book: Book, sheet: str | None = None) -> SolverConstraint:
    """Return the constraint that a text means.

    Args:
        text: `B1:B5<=C1:C5`, `A1>=0`, `0<=A1`, `A1:A3 = 5`, `A1:A3 integer`, `A1:A3=binary`,
            `A1:A3 alldifferent`.
        book: the workbook.
        sheet: the sheet of references that name none.

    Raises:
        OptionError: it is no constraint, or names what is not there.
    """
    masked = _QUOTED.sub(lambda match: "_" * len(match[0]), text)
    word = _WORD.fullmatch(masked.strip())
    try:
        if word is not None:
            offset = len(text) - len(text.lstrip())
            left = parse_areas(text[offset : offset + len(word[1])], book, sheet)
            return SolverConstraint(left, _WORDS[re.sub(r"[\s_-]", "", word[2].lower())])
        signs = list(_SIGN.finditer(masked))
        if len(signs) != 1 or signs[0][0] not in _SIGNS:
            raise OptionError(_no_constraint(len(signs)))
        (sign,) = signs
        first, second = text[: sign.start()], text[sign.end() :]
        relation = _SIGNS[sign[0]]
        if as_number(first) is not None:  # 0 <= A1
            first, second, relation = second, first, _TURNED.get(relation, relation)
        constraint = SolverConstraint(
            parse_areas(first, book, sheet), relation, right_side(second, book, sheet)
        )
        check_sides(constraint)
    except OptionError as error:
        raise OptionError(f"constraint {text!r}: ", *error.args) from None
    return constraint


def parse_model(
    book: Book,
    *,
    objective: str | None = None,
    goal: Goal | None = None,
    value: float | None = None,
    by: Sequence[str] = (),
    subject_to: Sequence[str] = (),
    stored: SolverModel | None = None,
) -> SolverModel:
    """Return the model that the texts describe, on top of a stored one if there is one.

    Args:
        book: the workbook.
        objective: its cell. References without a sheet are on the model's: that of the stored
            one, wherever the objective is; without one, the objective's, and the objective
            itself, if it names none, on the only sheet.
        goal: what to do with it.
        value: the value to reach; means `Goal.VALUE`.
        by: the cells to change, each text one or more areas.
        subject_to: constraints; given ones replace all the stored ones.
        stored: the model to start from.

    Raises:
        OptionError: a text cannot be understood, or no objective or no variables remain.
    """
    base = stored or SolverModel("", None)  # without a sheet until one is known
    home = base.sheet or (next(iter(book.sheets)) if len(book.sheets) == 1 else None)
    given: dict[str, Any] = {"problems": ()}
    if objective is not None:
        given["objective"] = target = _one_cell(objective, book, home)
        home = base.sheet or target.sheet
    if by:
        pieces = [piece for text in by for piece in split_commas(text)]
        given["variables"] = _areas("cells to change", ",".join(pieces), book, home)
    if subject_to:
        given["constraints"] = tuple(parse_constraint(text, book, home) for text in subject_to)
    if goal is not None:
        given["goal"] = goal
    if value is not None:
        given |= {"goal": Goal.VALUE, "value": value}
    model = replace(base, **given)
    _require_whole(model)
    first = model.objective or model.variables[0]
    return model if model.sheet else replace(model, sheet=first.sheet)


def _one_cell(text: str, book: Book, sheet: str | None) -> Area:
    areas = _areas("objective", text, book, sheet)
    if len(areas) != 1 or areas[0].size != 1:
        raise OptionError(f"objective {text!r}: expected a single cell, such as Sheet1!D9")
    return areas[0]


def _areas(what: str, text: str, book: Book, sheet: str | None) -> tuple[Area, ...]:
    try:
        return parse_areas(text, book, sheet)
    except OptionError as error:
        raise OptionError(f"{what} {text!r}: ", *error.args) from None


def _require_whole(model: SolverModel) -> None:
    """Refuse a model of which a part is missing, or that changes too much."""
    variables = model.variables
    if model.objective is None and not model.constraints:
        raise OptionError("no objective: expected a cell such as Sheet1!D9, or constraints")
    if not variables:
        raise OptionError("no cells to change: expected some such as Sheet1!B1:B5")
    count = sum(area.size for area in variables)
    if count > MAX_VARIABLES:
        raise OptionError(f"{count:,} cells to change; expected at most {MAX_VARIABLES:,}")
    for constraint in model.constraints:
        check_sides(constraint)
        check_among(constraint, variables)


def _no_constraint(signs: int) -> str:
    if signs > 1:
        return "compares more than once; give it as two constraints"
    return "expected <=, = or >= between two sides, or integer, binary or alldifferent"
