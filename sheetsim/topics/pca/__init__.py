"""pca.xlsx: what the factors of movies are about, in as few numbers as possible.

The factors that a model finds have no meaning of their own: turn all of them by any rotation,
those of the users along with those of the movies, and every prediction stays what it was. Which
directions matter is a question to the whole table of factors, and principal components answer it.

`_turning` draws how far power iteration has got in the step to show.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5 (`lesson4-collab`), where the
40 factors of MovieLens's movies are boiled down to 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sheetsim.errors import OptionError
from sheetsim.option_values import whole
from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import Option, seed_option
from sheetsim.topics._ratings_options import MAX_SIDE, OPTIONS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_COMPONENTS = 3
LEAST_K, MOST_K = 3, 15
DIGITS = 6
"""Decimals of the factors, few enough for all processors to agree on them."""


def _prepare(options: Mapping[str, Any]) -> Draft:
    import numpy as np

    from sheetsim.topics._build import new_book

    solved = new_book("dot_product", options)
    table = solved.given["dot_product"]
    factors, titles = table["movie_factors"].T, np.asarray(table["movies"], dtype=object)
    n, k = factors.shape
    if n <= N_COMPONENTS:
        raise OptionError(
            f"{solved.plan['ratings']}: {n} movies; {N_COMPONENTS} components need more of them"
        )
    turned = np.round(factors @ rotation(k, options["seed"]), DIGITS)
    plan = {"ratings": solved.plan["ratings"], "movies": n, "k": k, "seed": options["seed"]}
    return Draft(plan, {"covariance": {"movies": titles.reshape(-1, 1), "factors": turned}})


def rotation(k: int, seed: int) -> NDArray[np.float64]:
    """A random rotation of k factors (k, k): a learner finds them in any."""
    import numpy as np

    q, r = np.linalg.qr(np.random.default_rng([seed, 1]).standard_normal((k, k)))
    turned: NDArray[np.float64] = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return turned


_TAKEN = {option.name: option for option in OPTIONS if option.name in ("ratings", "users")}

TERMS = {
    "lambda": "variance along a component: by how much C stretches its vector",
    "factors": "the numbers that stand for a movie",
    "C": "covariance of the factors, 5 x 5 or k x k",
    "v": "the vector that is multiplied by C again and again, of length 1",
    "v_i": "the vector that is multiplied by C again and again, of length 1",
    "start": "the vector that the iteration starts from",
    "eigenvalue_i": "lambda as the last step has it: variance along a component",
    "residual_i": "sum |C v - lambda v| after the last step: 0 once the iteration has arrived",
    "tilt_i": "sum of the cubes of a component: where it is negative the component is turned round",
    "n_movies": "how many movies there are",
    "decimals": "after how many decimals sum |C v - lambda v| counts as 0",
    "step_to_show": "charts draw the iteration up to this step; 0 is the start",
    "reach": "how far the movies lie from the middle at most, in the plane that is drawn",
    "trail": "where the end of v has been up to the step to show",
    "component": "a direction of most variance, at a right angle to those before it",
    "score": "how far a movie lies along a component",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="pca",
    title="Principal components of the movie factors",
    about=(
        "Every movie has k factors, found by the model of collab_filter.xlsx and then turned by "
        "a random rotation, since any rotation predicts the same. What do they have to say?",
        "Principal components: the directions in which the movies differ most. The sheets take "
        "them from the covariance of the factors, by multiplying a vector with it again and again.",
    ),
    options=(
        *_TAKEN.values(),
        Option("movies", 15, whole(4, MAX_SIDE), "most-rated movies to take from long rows", "N"),
        Option("k", 5, whole(LEAST_K, MOST_K), "factors of each movie, 3 to 15", "K"),
        seed_option(0),
    ),
    prepare=_prepare,
    limits={"movies": MAX_SIDE, "k": MOST_K},
    picture="components",
    terms=TERMS,
)
