"""The factor model through a sigmoid: predictions that stay between two numbers.

A rating is predicted as p = low + (high - low) s(x), where x = u_i·v_j + b_j + c_i is the raw score
of the factor model with biases and s(x) = 1 / (1 + exp(-x)). As ds/dx = s (1 - s), a residual
p - r has the Jacobian of the raw score times (high - low) s (1 - s).

The movies are no linear least squares problem any more once the users are held, so nothing is
eliminated as in `factor_model`, and Levenberg-Marquardt works on all variables. What remains of the
reduction there is its lead, and it is needed: from a uniform(0, 1) start, with 5 factors and the
ratings that come with sheetsim, three runs in eight push some raw scores towards infinity, where
the sigmoid is flat and nothing pulls them back. So the ratings r are first taken through the
inverse,

    x = ln((r - low) / (high - r)),

and the linear factor model is fitted to these by the sweeps of alternating ridge regression that
`factor_model` describes. Ratings at the ends of the range or beyond count as `EDGE` of it inside.
From there all of seeds 0 to 11 reach one optimum, for 2 to 5 factors.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.functions import Vectorized, identity
from sheetsim.solver.model import Model, Reduction
from sheetsim.solver.models.factor_model import SWEEPS, FactorModel

EDGE = 0.01


def sigmoid_factor_model(
    ratings: Floats, k: int, *, low: float, high: float, start: Floats
) -> Model:
    """The factor model with biases through a sigmoid, to be minimized in RMSE.

    Args:
        ratings: (users, movies), NaN where there is none; one rating at least.
        k: Factors per user and movie, >= 1.
        low: What the prediction of a raw score of minus infinity is.
        high: What that of plus infinity is.
        start: ((k + 1) * (movies + users),), in the order of `factor_model`.

    Returns:
        A model with exact derivatives, and a reduction that eliminates nothing but leads.
    """
    model = _SigmoidModel(np.asarray(ratings, dtype=float), k, low, high)
    size = (k + 1) * (model.linear.movies + model.linear.users)
    return Model(
        start=start,
        residuals=Vectorized(model.residuals, model.jacobian),
        report=lambda total: np.sqrt(total / model.linear.count),
        sample=lambda generator, count: generator.uniform(size=(count, size)),
        reduction=Reduction(
            model.normal_equations, identity, identity, model.lead, evaluations=SWEEPS + 2
        ),
    )


class _SigmoidModel:
    """The functions of `Model` and `Reduction`."""

    def __init__(self, table: Floats, k: int, low: float, high: float) -> None:
        self.low, self.span = low, high - low
        self.linear = FactorModel(table, k + 1, True)
        # A span of 0 has no inverse; `lead` then does nothing.
        share = np.clip((table - low) / (self.span or 1.0), EDGE, 1 - EDGE)
        self.raw = FactorModel(np.log(share / (1 - share)), k + 1, True)

    def sigmoid(self, x: Floats) -> Floats:
        """Of the raw score of every rating (S, ratings), for x (S, n)."""
        with np.errstate(over="ignore"):  # far below, e^-raw is infinite and the sigmoid 0
            s: Floats = 1 / (1 + np.exp(-(self.linear.residuals(x) + self.linear.known)))
        return s

    def residuals(self, x: Floats) -> Floats:
        """Prediction minus rating (S, ratings), for x (S, n)."""
        return self.low + self.span * self.sigmoid(x) - self.linear.known

    def jacobian(self, x: Floats) -> Floats:
        """Of the residuals: (S, ratings, n)."""
        s = self.sigmoid(x)
        return self.linear.jacobian(x) * (self.span * s * (1 - s))[:, :, None]

    def normal_equations(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """The sum of squares, Jᵀr and JᵀJ, for x (S, n)."""
        r, J = self.residuals(x), self.jacobian(x)
        Jt = J.transpose(0, 2, 1)
        return np.einsum("sm,sm->s", r, r), (Jt @ r[:, :, None])[:, :, 0], Jt @ J

    def lead(self, x: Floats) -> Floats:
        """Starts (S, n) near the ratings' raw scores, where those are better than x (S, n)."""
        if self.span == 0:
            return x
        model = self.raw
        users = model.lead(model.restrict(x))
        movies = model.by_movie.fit(users.reshape(len(x), model.users, model.q), model.ridge)
        led = np.concatenate([movies.transpose(0, 2, 1).reshape(len(x), -1), users], axis=1)
        total, before = (np.einsum("sm,sm->s", r, r) for r in map(self.residuals, (led, x)))
        return np.where((total <= before)[:, None], led, x)
