"""The two sides of a constraint: what a text on the right means, and whether the sides fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sheetsim.errors import OptionError
from sheetsim.references import a1
from sheetsim.workbook.solver_model.areas import Area, parse_areas
from sheetsim.workbook.solver_model.model import MAX_VARIABLES

if TYPE_CHECKING:
    from sheetsim.book import Book, Place
    from sheetsim.workbook.solver_model.model import SolverConstraint


TRUTH = {"TRUE": 1.0, "FALSE": 0.0}


def as_number(text: str) -> float | None:
    """Return the number that a text stands for, `5%` too; None if it is none."""
    text = text.strip().removeprefix("=").strip()
    percent = text.endswith("%")
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return None
    if not math.isfinite(number) or "_" in text:
        return None
    return number / 100 if percent else number


def right_side(text: str, book: Book, sheet: str | None) -> float | Area | str:
    """Return what a constraint compares with: a number (TRUE is 1), cells, or else a formula.

    Raises:
        OptionError: there is nothing, or a reference that leads nowhere.
    """
    number = as_number(text)
    if number is not None:
        return number
    text = text.strip().removeprefix("=").strip()
    if text.upper() in TRUTH:
        return TRUTH[text.upper()]
    if not text:
        raise OptionError("there is nothing on the right; expected a number, cells or a formula")
    try:
        areas = parse_areas(text, book, sheet)
    except OptionError:
        # What has an operator or a function in it is a formula; else it should have been cells.
        if "#REF!" in text.upper() or not any(sign in text for sign in "+-*/^(&"):
            raise
        return text
    if len(areas) != 1:
        raise OptionError(f"{text[:60]} names several areas; expected one on the right")
    return areas[0]


def check_sides(constraint: SolverConstraint) -> None:
    """Refuse a constraint whose sides do not fit each other.

    Raises:
        OptionError: the sides have different numbers of cells.
    """
    size = sum(area.size for area in constraint.left)
    right = constraint.right
    if isinstance(right, Area) and right.size not in {1, size}:
        raise OptionError(
            f"{constraint}: {size:,} cells on the left and {right.size:,} on the right"
        )


def check_among(constraint: SolverConstraint, variables: tuple[Area, ...]) -> None:
    """Refuse integer and the like for other cells than those to change.

    Raises:
        OptionError: an integer is no variable.
    """
    if constraint.relation.compares:
        return
    for area in constraint.left:
        outside = _outside(area, variables)
        if outside is not None:
            raise OptionError(
                f"{constraint}: {a1(*outside)} is none of the cells to change; "
                f"only those can be {constraint.relation.sign}"
            )


def _outside(area: Area, variables: tuple[Area, ...]) -> Place | None:
    """Return a cell of an area that no variable area covers, if there is one."""
    same = [one for one in variables if one.sheet == area.sheet]
    if any(
        one.first[0] <= area.first[0]
        and one.first[1] <= area.first[1]
        and one.last[0] >= area.last[0]
        and one.last[1] >= area.last[1]
        for one in same
    ):
        return None
    if area.size > MAX_VARIABLES:
        return area.first
    covered = {place for one in same for place in one.places()}
    return next((place for place in area.places() if place not in covered), None)
