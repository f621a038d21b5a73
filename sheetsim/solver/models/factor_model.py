"""The factor model by variable projection: solve for the movies, iterate on the users.

A rating is predicted as u_i·v_j, or with biases as u_i·v_j + b_j + c_i. With the user side held,
each movie is a linear least-squares problem of its own: with A_j the user factors (and a column
of ones for b_j) of those who rated movie j, and y_j their ratings (less c_i), the movie's
parameters are A_j⁺y_j and the residuals r_j = P_j y_j with P_j = I - A_j A_j⁺. What remains
depends on the user side alone: Σ_j |r_j|². Gauss-Newton on it (Golub & Pereyra 1973) follows the
curved valley that makes the full problem slow: a step in U takes the best V along with it.

Differentiating P_j gives -P_j dA_j A_j⁺ y_j and a transposed twin; without the twin (Kaufman 1975)
the gradient is still exact, since P_j r_j = r_j, and JᵀJ is as good in practice and cheaper. Let
d_j = v_j, or (1, v_j) with biases: how movie j answers to a change of a user's row. Then

    Jᵀr  [(i,f)]          = -Σ_j r_ij d_jf
    JᵀJ  [(i,f), (i',f')] =  Σ_j P_j[i,i'] d_jf d_jf',

one product of a (users², movies) by a (movies, q²) matrix. For missing entries see Okatani,
Yoshida & Deguchi 2011 and Hong & Fitzgibbon 2015, in whose terms this is RW2 with damping.
The movies are always the side that is eliminated. Memory is movies x users² numbers a start: right
for tables of a few hundred rows, not for all of MovieLens.

Where A_j lacks rank (fewer ratings than parameters, or k larger than the table), A_jᵀA_j gets a
ridge of `RIDGE` of the size of A: the movie's parameters are then the shortest that fit, and
the ridge is too small to show in the objective.

The start. The reduced problem has poor local minima, and from a uniform(0, 1) start with biases
Gauss-Newton runs into one of them on the lecture's table about two times in five: its first steps
fit noise. So the start is first led through `SWEEPS` sweeps of alternating ridge regression, users
and movies in turn. The ridge λ(|U|² + |V|²) is the nuclear norm of the prediction in disguise
(Srebro, Rennie & Jaakkola 2005; Hastie, Mazumder, Lee & Zadeh 2015); it shrinks the directions
that noise alone could make, and ranks the rest. λ is `LEVEL` of s(√users + √movies), the norm of a
table of pure noise with the ratings' standard deviation s. On the lecture's table, 100 of 100
starts then reach the best optimum known, for any level from 0.1 to 0.3. On tables cut from
MovieLens led starts end, with few exceptions, at least as low as the median of plain ones, but
nearly all in the same minimum, which need not be the lowest: in a multistart every other start
is therefore not led. A start that is better than what the sweeps make of it (a solved sheet) is
left alone.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError, OptionName
from sheetsim.option_values import whole_number
from sheetsim.solver.functions import Vectorized
from sheetsim.solver.model import Model, Reduction

RIDGE = 1e-12
SWEEPS = 25
LEVEL = 0.2


@dataclass(frozen=True)
class _Side:
    """One side of the table seen from the other: its R rows, rated by C columns.

    Attributes:
        rated: (R, C) 1 where there is a rating, 0 elsewhere.
        ratings: (R, C) the ratings, 0 where there is none.
        bias: Whether the first parameter of every row and column is a bias.
    """

    rated: Floats
    ratings: Floats
    bias: bool

    def design(self, other: Floats) -> tuple[Floats, Floats]:
        """What the columns' parameters (S, C, q) mean to the rows: A (S, C, q), y (S|1, R, C)."""
        if not self.bias:
            return other, self.ratings[None]
        A = other.copy()
        A[:, :, 0] = 1.0
        return A, self.ratings - self.rated * other[:, None, :, 0]

    def gram(self, A: Floats) -> Floats:
        """A_jᵀA_j of every row j: (S, R, q, q)."""
        S, C, q = A.shape
        products = (A[:, :, :, None] * A[:, :, None, :]).reshape(S, C, q * q)
        G: Floats = (self.rated @ products).reshape(S, -1, q, q)
        return G

    def fit(self, other: Floats, ridge: Floats | None = None) -> Floats:
        """The rows' parameters (S, R, q) that fit best, given the columns' and a ridge (q, q)."""
        A, y = self.design(other)
        G = self.gram(A) + (least_ridge(A) if ridge is None else ridge)
        return np.asarray(np.linalg.solve(G, (y @ A)[:, :, :, None])[:, :, :, 0], dtype=float)


def least_ridge(A: Floats) -> Floats:
    """What keeps every A_jᵀA_j regular and does not show: (S, 1, q, q), for A (S, C, q)."""
    # The sum of the squares of A bounds every A_jᵀA_j; 1 stands in for an A of zeros.
    size = np.maximum(1.0, np.einsum("scq,scq->s", A, A))
    ridge: Floats = RIDGE * size[:, None, None, None] * np.eye(A.shape[2])
    return ridge


def factor_model(
    ratings: Floats,
    k: int = 5,
    *,
    bias: bool = False,
    start: Floats | None = None,
    seed: int = 0,
    lower: Floats | None = None,
    upper: Floats | None = None,
) -> Model:
    """The factor model of a table of ratings, to be minimized in RMSE over the rated cells.

    The variables stand in the order of the lecture's sheets: the movie block (q, movies), row by
    row, then the user block (users, q), row by row. q is k, or k + 1 with biases, which are the
    movie block's first row and the user block's first column.

    Args:
        ratings: (users, movies), NaN where there is none.
        k: Factors per user and movie, >= 1. It may exceed the table.
        bias: Whether users and movies have biases.
        start: (q * (movies + users),); uniform(0, 1) by default, drawn with `seed`.
        seed: Of the default start, >= 0.
        lower: Bounds as in `Model`. With bounds the full problem is solved, with nothing
            eliminated.
        upper: See `lower`.

    Returns:
        The full least-squares problem and its reduction to the user side.

    Raises:
        OptionError: `ratings` is no table, has an infinity or no rating at all; `k`, `seed` or
            a shape is wrong.
    """
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or np.isinf(table).any() or not np.isfinite(table).any():
        raise OptionError(
            OptionName("ratings"),
            f": got an array of shape {table.shape} with {np.isfinite(table).sum()} finite "
            f"and {np.isinf(table).sum()} infinite numbers, expected (users, movies) with NaN for "
            "blanks and one rating or more",
        )
    q = whole_number("k", k, 1) + bool(bias)
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    n = q * sum(table.shape)
    if start is not None and np.shape(start) != (n,):
        raise OptionError(OptionName("start"), f": got shape {np.shape(start)}, expected ({n},)")
    model = FactorModel(table, q, bool(bias))
    return Model(
        start=rng.uniform(size=n) if start is None else start,
        residuals=Vectorized(model.residuals, model.jacobian),
        lower=lower,
        upper=upper,
        report=lambda total: np.sqrt(total / model.count),
        sample=lambda generator, size: generator.uniform(size=(size, n)),
        reduction=Reduction(
            model.normal_equations,
            model.restrict,
            model.expand,
            model.lead,
            # A sweep costs less than an evaluation with its normal equations, but counts as one;
            # the two objectives that are compared count as well.
            evaluations=SWEEPS + 2,
        ),
    )


class FactorModel:
    """The table, and the functions of `Model` and `Reduction` on it."""

    def __init__(self, table: Floats, q: int, bias: bool) -> None:
        self.users, self.movies = table.shape
        self.q, self.bias = q, bias
        rated = ~np.isnan(table)
        self.count = int(rated.sum())
        self.cells = np.nonzero(rated)  # (user, movie) of every rating, row by row
        self.known = table[self.cells]
        weights, values = rated.astype(float), np.where(rated, table, 0.0)
        self.by_user = _Side(weights, values, bias)
        self.by_movie = _Side(np.ascontiguousarray(weights.T), np.ascontiguousarray(values.T), bias)
        noise = float(self.known.std()) * (self.users**0.5 + self.movies**0.5)
        self.ridge = np.diag(np.full(q, LEVEL * noise + RIDGE))
        if bias:
            self.ridge[0, 0] = RIDGE

    def split(self, x: Floats) -> tuple[Floats, Floats]:
        """The movies' parameters (S, movies, q) and the users' (S, users, q)."""
        at = self.q * self.movies
        movies = x[:, :at].reshape(-1, self.q, self.movies).transpose(0, 2, 1)
        return movies, x[:, at:].reshape(-1, self.users, self.q)

    # The full problem -----------------------------------------------------------------

    def residuals(self, x: Floats) -> Floats:
        """Prediction minus rating (S, ratings), for x (S, n)."""
        V, U = self.split(x)
        i, j = self.cells
        if not self.bias:
            return np.asarray((U @ V.transpose(0, 2, 1))[:, i, j] - self.known)
        dots = U[:, :, 1:] @ V[:, :, 1:].transpose(0, 2, 1)
        return np.asarray((dots + U[:, :, :1] + V[:, None, :, 0])[:, i, j] - self.known)

    def jacobian(self, x: Floats) -> Floats:
        """Of the residuals: (S, ratings, n)."""
        V, U = self.split(x)
        i, j = self.cells
        row, f = np.arange(self.count)[:, None], np.arange(self.q)
        by_movie, by_user = U[:, i], V[:, j]  # copies: (S, ratings, q)
        if self.bias:
            by_movie[:, :, 0] = by_user[:, :, 0] = 1.0
        J = np.zeros((len(x), self.count, x.shape[1]))
        J[:, row, f * self.movies + j[:, None]] = by_movie
        J[:, row, self.q * (self.movies + i[:, None]) + f] = by_user
        return J

    # The reduction --------------------------------------------------------------------

    def normal_equations(self, u: Floats) -> tuple[Floats, Floats, Floats]:
        """Σ r², Jᵀr and Kaufman's JᵀJ of the reduced problem, for the user side u (S, users·q)."""
        S, q, users, movies = len(u), self.q, self.users, self.movies
        side = self.by_movie
        A, y = side.design(u.reshape(S, users, q))
        WAt = side.rated[:, None] * A.transpose(0, 2, 1)[:, None]  # (S, movies, q, users)
        pinv = np.linalg.solve(side.gram(A) + least_ridge(A), WAt)
        V = (pinv @ y[:, :, :, None])[:, :, :, 0]
        r = y - side.rated * (V @ A.transpose(0, 2, 1))
        P = -(WAt.transpose(0, 1, 3, 2) @ pinv)
        np.einsum("smuu->smu", P)[...] += side.rated
        d = V
        if self.bias:
            d[:, :, 0] = 1.0
        JTr = -(r.transpose(0, 2, 1) @ d).reshape(S, -1)
        dd = (d[:, :, :, None] * d[:, :, None, :]).reshape(S, movies, q * q)
        JTJ = P.reshape(S, movies, users * users).transpose(0, 2, 1) @ dd
        JTJ = JTJ.reshape(S, users, users, q, q).transpose(0, 1, 3, 2, 4)
        return np.einsum("smu,smu->s", r, r), JTr, JTJ.reshape(S, users * q, users * q)

    def restrict(self, x: Floats) -> Floats:
        """The user side (S, users·q) of x (S, n)."""
        return x[:, self.q * self.movies :]

    def lead(self, u: Floats) -> Floats:
        """Users (S, users·q) led out of the noise, where that lowers the reduced objective."""
        U = given = u.reshape(len(u), self.users, self.q)
        for _ in range(SWEEPS):
            U = self.by_user.fit(self.by_movie.fit(U, self.ridge), self.ridge)
        lower = self.eliminated(U) <= self.eliminated(given)  # not where the start is NaN
        return np.where(lower[:, None], U.reshape(u.shape), u)

    def eliminated(self, U: Floats) -> Floats:
        """The sum of squares (S,) at the best movies for the users U (S, users, q)."""
        A, y = self.by_movie.design(U)
        r = y - self.by_movie.rated * (self.by_movie.fit(U) @ A.transpose(0, 2, 1))
        total: Floats = np.einsum("smu,smu->s", r, r)
        return total

    def expand(self, u: Floats) -> Floats:
        """All variables (S, n), the movies' at their optimum."""
        U = u.reshape(len(u), self.users, self.q)
        V = self.by_movie.fit(U)
        return np.concatenate([V.transpose(0, 2, 1).reshape(len(u), -1), u], axis=1)
