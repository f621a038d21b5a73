"""The nearest point that meets linear constraints: quadratic programs by the dual active set.

    min ½|y - y0|²   subject to   B_e y = b_e,  B_i y >= b_i.

Every strictly convex program is one of these: with H⁻¹ = MMᵀ and d = My, the minimum of
½dᵀHd + gᵀd under Ad >= b is that for y0 = -Mᵀg and B = AM.

Goldfarb & Idnani (1983) start at y0, which is optimal for no constraints at all, and add one
violated constraint n at a time. With the active ones as columns of QR, the step is z = n - QQᵀn in
y, and r = R⁻¹Qᵀn in the multipliers u of the active ones. Along it two things may happen: the new
constraint is met (t2, a full step: it becomes active), or a multiplier reaches zero first (t1:
that constraint is dropped, and the step goes on). The dual objective rises each time, so the
method ends; where neither happens, the constraints contradict each other.

A `guess` of the active set (the last one of an SQP) is a warm start: the least multiplier is
dropped until none is negative, which leaves an optimum of a subproblem, and that is all the method
asks of where it begins; it is factored whole. Q and R grow by a Gram-Schmidt step made twice, and
are made anew after a drop. All is dense: right for some hundred variables.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats

ROUND = 1e-11  # of the rows' terms: a violation that is rounding
DEPENDENT = 1e-10  # of a row that is one in length: what is left of one that depends on the others
INDEPENDENT = 1e-6  # the same: more is left of a row that a warm start may begin with
INDEPENDENT = 1e-6  # the same: more is left of a row that a warm start may begin with


@dataclass
class Active:
    """The active constraints: their rows, signs and multipliers, and the QR of their normals."""

    B: Floats
    rows: list[int]
    signs: list[float]
    u: Floats
    Q: Floats
    R: Floats

    @classmethod
    def none(cls, B: Floats) -> "Active":
        """The empty set."""
        n = B.shape[1]
        return cls(B, [], [], np.zeros(0), np.zeros((n, 0)), np.zeros((0, 0)))

    def split(self, normal: Floats) -> tuple[Floats, Floats]:
        """What the active normals do not span of a normal (n,), and Qᵀ of it."""
        along = self.Q.T @ normal
        z = normal - self.Q @ along
        again = self.Q.T @ z
        return z - self.Q @ again, along + again

    def add(self, row: int, sign: float, multiplier: float, z: Floats, along: Floats) -> None:
        """Take one in, of which `split` gave z and along."""
        k, length = len(self.rows), float(np.linalg.norm(z))
        R = np.zeros((k + 1, k + 1))
        R[:k, :k], R[:k, k], R[k, k] = self.R, along, length
        self.R, self.Q = R, np.concatenate([self.Q, z[:, None] / length], axis=1)
        self.rows.append(row)
        self.signs.append(sign)
        self.u = np.append(self.u, multiplier)

    def drop(self, k: int) -> None:
        """Let the k-th go."""
        del self.rows[k], self.signs[k]
        self.u = np.delete(self.u, k)
        self.Q, self.R = np.linalg.qr((self.B[self.rows] * np.array(self.signs)[:, None]).T)

    def take(self, rows: list[int]) -> None:
        """Begin with rows, but for those that depend on the ones before them."""
        rows = list(rows)
        while rows:
            Q, R = np.linalg.qr(self.B[rows].T)
            firm = np.abs(np.diag(R)) > INDEPENDENT
            first = int(np.argmin(firm)) if not firm.all() else len(firm)
            if first == len(rows):
                self.rows, self.signs, self.u = rows, [1.0] * first, np.zeros(first)
                self.Q, self.R = Q, R
                return
            del rows[first]


def solve(
    y0: Floats, B: Floats, b: Floats, equal: int, guess: list[int] | None = None
) -> tuple[Floats, Floats, list[int]] | None:
    """The nearest y (n,), the multipliers (m,) with y - y0 = Bᵀu, and the active rows.

    Args:
        y0: (n,).
        B: (m, n) rows, the first `equal` of which are equations.
        b: (m,).
        equal: How many.
        guess: Rows that may be active.

    Returns:
        None if the constraints contradict each other.
    """
    # Rows of length one, so that "violated" means the same in each.
    length = np.linalg.norm(B, axis=1)
    length = np.where(length > 0, length, 1.0)
    B, b = B / length[:, None], b / length
    active = Active.none(B)
    y = _warm(active, y0, b, equal, guess) if guess else y0
    found = _iterate(active, y, b, equal)
    if found is None:
        return None
    u = np.zeros(len(b))
    u[active.rows] = active.u * np.array(active.signs)
    return found, u / length, active.rows


def _warm(active: Active, y0: Floats, b: Floats, equal: int, guess: list[int]) -> Floats:
    """Begin with those of the guess that have no negative multiplier; the minimum on them."""
    active.take(guess)
    while active.rows:
        off = b[active.rows] - active.B[active.rows] @ y0
        w = np.linalg.solve(active.R.T, off)
        active.u = np.linalg.solve(active.R, w)
        # An equation's multiplier may have either sign.
        equation = np.array([row < equal for row in active.rows])
        loose = np.where(equation, np.inf, active.u)
        worst = int(np.argmin(loose))
        if loose[worst] >= 0:
            return np.asarray(y0 + active.Q @ w)
        active.drop(worst)
    return y0


def _iterate(active: Active, y: Floats, b: Floats, equal: int) -> Floats | None:
    B = active.B
    noise = ROUND * (1 + np.abs(b))
    for _ in range(10 * (len(b) + B.shape[1]) + 100):
        off = b - B @ y
        off[:equal] = np.abs(off[:equal])
        # What is active stands at its limit; what is left of it is rounding.
        off[active.rows] = 0.0
        over = np.where(off > noise * (1 + float(np.abs(y).max(initial=0))), off, 0.0)
        # Equations first: they stay.
        pool = over[:equal] if over[:equal].any() else over
        if not pool.any():
            return y
        row = int(np.argmax(pool))
        sign = -1.0 if row < equal and B[row] @ y > b[row] else 1.0
        moved = _take(active, y, row, sign, sign * b[row], equal)
        if moved is None:
            return None
        y = moved
    return y


def _take(
    active: Active, y: Floats, row: int, sign: float, limit: float, equal: int
) -> Floats | None:
    """Make one constraint active; None if that can not be."""
    normal, multiplier = sign * active.B[row], 0.0
    while True:
        z, along = active.split(normal)
        r = np.linalg.solve(active.R, along) if active.rows else np.zeros(0)
        held = np.array([each < equal for each in active.rows], dtype=bool)
        can = (r > 0) & ~held
        ratio = np.full(len(r), np.inf)
        ratio[can] = active.u[can] / r[can]
        t1 = float(ratio.min(initial=np.inf))
        reach = float(z @ z)
        off = limit - float(normal @ y)
        t2 = off / reach if reach > DEPENDENT**2 else np.inf
        t = min(t1, t2)
        if not np.isfinite(t):
            return None
        active.u = active.u - t * r
        multiplier += t
        if np.isfinite(t2):
            y = y + t * z
        if t2 <= t1:
            active.add(row, sign, multiplier, z, along)
            return y
        active.drop(int(np.argmin(ratio)))
