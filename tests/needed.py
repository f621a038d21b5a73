"""What the workbooks that need more than options are built from, small and made up."""

from typing import Any

import numpy as np

from sheetsim.topics.movielens import Learned

__all__ = ["NEEDED", "learned"]

TITLES = (
    "Who? (1990)",
    "M*A*S*H (1970)",
    '"Quoted" & <odd> ~ (1999)',
    "Ünï ☃ (2001)",
    "=1+1 (1998)",
    "Whox (1990)",
    "A title that is so long that hardly any column has room for it: The Sequel (1997)",
)


def learned(
    n_users: int = 5,
    k: int = 4,
    components: int = 3,
    y_range: tuple[float, float] | None = (0.0, 5.5),
    titles: tuple[str, ...] = TITLES,
) -> Learned:
    """A model that nobody trained; the user ids have gaps.

    The titles are so alike that a change of every factor by some percent puts them in another
    order.
    """
    rng = np.random.default_rng(11)
    loadings, _ = np.linalg.qr(rng.normal(size=(k, k)))
    return Learned(
        source="a test",
        titles=titles,
        n_ratings=rng.integers(1, 500, len(titles)),
        mean_ratings=rng.uniform(1, 5, len(titles)),
        item_factors=rng.uniform(0.3, 0.9, 1 + k) * rng.normal(1, 0.02, (len(titles), 1 + k)),
        user_ids=np.arange(1, n_users + 1) ** 2,
        user_factors=rng.normal(0, 0.6, (n_users, 1 + k)),
        loadings=loadings[:components],
        y_range=y_range,
    )


NEEDED: dict[str, dict[str, Any]] = {"movielens": {"learned": learned()}}
"""Options of those workbooks, by name."""
