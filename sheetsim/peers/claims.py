"""Whether what a solver claims of its point holds, as far as that can be shown.

A claim is never taken on trust, and never called false without a witness: a point of our own
evaluation that breaks a constraint, or that is feasible and better. Where no witness is found,
that is all that is said, unless a proof stands behind the claim.
"""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING

from sheetsim.peers.base import Claim

if TYPE_CHECKING:
    from sheetsim.solver.evaluator import Evaluator, Point

SAME = 1e-6
"""Of an objective (or of 1): two that are nearer are the same."""


class Verdict(enum.Enum):
    """What became of a claim."""

    PROVED = "proved"
    STANDS = "nothing against it"
    BROKEN = "no: a constraint is broken"
    BEATEN = "no: there is a better point"
    NEARBY = "no: a search from there goes on"
    FEASIBLE = "no: there is a feasible point"
    OPEN = "nothing is claimed"


def verdict(
    evaluator: Evaluator,
    claim: Claim,
    point: Point,
    *,
    best: Point | None,
    onward: Point | None,
    proved: bool,
) -> Verdict:
    """What becomes of a claim about a point.

    Args:
        evaluator: of the model.
        claim: what is claimed.
        point: of what.
        best: the best feasible point that anybody has met; None if there is none.
        onward: where our own search ends that starts at the point; None if there was none.
        proved: whether the claim is one of ours that has a proof.
    """
    if claim is Claim.NOTHING:
        return Verdict.OPEN
    if claim is Claim.INFEASIBLE and best is not None:
        return Verdict.FEASIBLE
    if claim in (Claim.BEST, Claim.NEARBY):
        if not evaluator.feasible(point):
            return Verdict.BROKEN
        if claim is Claim.BEST and best is not None and lower(best, point):
            return Verdict.BEATEN
        if onward is not None and evaluator.feasible(onward) and lower(onward, point):
            return Verdict.NEARBY
    return Verdict.PROVED if proved else Verdict.STANDS


def lower(one: Point, other: Point) -> bool:
    """Whether the first point's objective is lower by more than what counts as the same."""
    if not math.isfinite(other.f):
        return math.isfinite(one.f)
    return one.f < other.f - SAME * max(1.0, abs(other.f))
