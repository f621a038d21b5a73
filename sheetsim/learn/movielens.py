"""MovieLens learned, and what the factors turn out to mean.

The lesson's settings: 40 factors, 10 % held back, batches of 64, predictions through a sigmoid
onto 0 to 5.5, Adam (betas 0.9 and 0.99) with decoupled weight decay 0.1, five epochs of one-cycle
at 5e-3. `Interpretation` looks at the movies with the most ratings: a bias says how good a movie
is once the tastes of those who rated it are allowed for, and the principal components of the
factors say in which ways movies differ.
Source: fast.ai, Practical Deep Learning for Coders (2019), lessons 4 and 5 (lesson4-collab).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.data import MovieLens
from sheetsim.data.movielens import most_rated, split
from sheetsim.errors import DataError, OptionError, OptionName
from sheetsim.learn.collab import DotProductBias
from sheetsim.learn.learner import Callback, Data, Learner
from sheetsim.sheet import Array
from sheetsim.topics.movielens import MAX_USERS, Learned
from sheetsim.topics.pca.components import PCA, pca

if TYPE_CHECKING:
    import pandas as pd

LR_MAX = 5e-3
EPOCHS = 5
FACTORS = 40
Y_RANGE = (0.0, 5.5)


def collab_learner(
    data: MovieLens,
    k: int = FACTORS,
    *,
    y_range: tuple[float, float] | None = Y_RANGE,
    valid: float = 0.1,
    split_seed: int = 42,
    seed: int = 42,
    optimizer: str = "adam",
    batch_size: int = 64,
    weight_decay: float = 0.1,
    callbacks: Sequence[Callback] = (),
    **hyper: float,
) -> Learner:
    """A learner of factors and biases for the users and items of a MovieLens set.

    Args:
        data: the ratings.
        k: factors of each user and item, at least 1.
        y_range: least and greatest prediction; None for no sigmoid.
        valid: part of the ratings to hold back, above 0 and below 1.
        split_seed: which ratings are held back.
        seed: of the parameters and of the order of the batches.
        optimizer: one of `sheetsim.learn.rules.RULES`, by name.
        batch_size: ratings in a batch.
        weight_decay: decoupled from the optimizer's rule.
        callbacks: see `Learner`.
        **hyper: of the optimizer, besides lr.

    Raises:
        OptionError: a value that may not be so.
    """
    if k < 1:
        raise OptionError(OptionName("k"), f" is {k}; expected 1 or more")
    if y_range is not None and not y_range[0] < y_range[1]:
        raise OptionError(
            OptionName("y_range"),
            f" is {y_range}; expected the least prediction, then the greatest",
        )
    train, held = split(data, valid, split_seed)
    rows = Data((data.users, data.items), data.ratings.astype(np.float32))
    return Learner(
        DotProductBias(data.n_users, data.n_items, k, y_range=y_range, seed=seed),
        rows.take(train),
        rows.take(held),
        optimizer=optimizer,
        hyper=dict(hyper),
        batch_size=batch_size,
        weight_decay=weight_decay,
        seed=seed,
        callbacks=callbacks,
    )


def check_room(data: MovieLens) -> None:
    """Find out that a set is too large, or too small, for the workbook before it is trained on.

    Raises:
        OptionError: more users than the workbook takes, or fewer than two titles or users.
    """
    for name, found, most in (("users", data.n_users, MAX_USERS), ("titles", data.n_items, None)):
        if found < 2 or (most is not None and found > most):
            limit = "2 or more" if most is None else f"2 to {most:,}"
            raise OptionError(f"{data.source}: {found:,} {name}; the workbook takes {limit}")


def labels_of(data: MovieLens) -> dict[str, Array]:
    """What names the rows of a saved model's groups."""
    return {"users": data.user_ids, "items": data.item_ids, "titles": np.array(data.labels)}


@dataclass(frozen=True)
class Interpretation:
    """What a trained model says of the items with the most ratings.

    Attributes:
        data: the ratings that it was trained on.
        model: trained.
        n: how many items to look at; all if there are fewer.

    Raises:
        DataError: the model is of other users or items.
    """

    data: MovieLens
    model: DotProductBias
    n: int = 1000

    def __post_init__(self) -> None:
        sizes = tuple(len(group) for group in self.model.groups.values())
        if sizes != (self.data.n_users, self.data.n_items):
            raise DataError(
                f"{self.data.source}: {self.data.n_users} users and {self.data.n_items} items; "
                f"the model is of {sizes[0]} and {sizes[1]}"
            )

    @cached_property
    def items(self) -> Array:
        """Codes of the items, the one with the most ratings first."""
        return most_rated(self.data, min(self.n, self.data.n_items))

    @cached_property
    def biases(self) -> pd.DataFrame:
        """title, ratings (how many), mean_rating and bias; the lowest bias first."""
        import pandas as pd

        count = np.bincount(self.data.items, minlength=self.data.n_items)
        total = np.bincount(self.data.items, self.data.ratings, minlength=self.data.n_items)
        frame = pd.DataFrame(
            {
                "title": [self.data.labels[item] for item in self.items],
                "ratings": count[self.items],
                "mean_rating": (total / np.maximum(count, 1))[self.items],
                "bias": self.model.groups["items"][self.items, 0].astype(float),
            }
        )
        return frame.sort_values("bias", kind="stable", ignore_index=True)

    @cached_property
    def pca(self) -> PCA:
        """The first three principal components of the items' factors."""
        factors = self.model.groups["items"][self.items, 1:].astype(float)
        return pca(factors, min(3, *factors.shape))

    @cached_property
    def components(self) -> pd.DataFrame:
        """title, and component 1 to 3: where each item lies along them."""
        import pandas as pd

        frame = pd.DataFrame({"title": [self.data.labels[item] for item in self.items]})
        for number, scores in enumerate(self.pca.scores.T, start=1):
            frame[f"component {number}"] = scores
        return frame

    def extremes(self, component: int, n: int = 10) -> pd.DataFrame:
        """The items at either end of a component: n lowest, then n highest.

        Raises:
            OptionError: there is no such component; they count from 1.
        """
        import pandas as pd

        name, most = f"component {component}", len(self.pca.shares)
        if name not in self.components:
            raise OptionError(
                OptionName("component"),
                f" is {component}; expected a whole number from 1 to {most}",
            )
        ordered = self.components.sort_values(name, kind="stable", ignore_index=True)
        return pd.concat([ordered.head(n), ordered.tail(n)])

    def learned(self) -> Learned:
        """What the workbook movielens is made from."""
        rated = self.biases.set_index("title").loc[[self.data.labels[i] for i in self.items]]
        return Learned(
            source=self.data.source,
            titles=tuple(rated.index),
            n_ratings=rated.ratings.to_numpy(),
            mean_ratings=rated.mean_rating.to_numpy(),
            item_factors=self.model.groups["items"][self.items].astype(float),
            user_ids=self.data.user_ids,
            user_factors=self.model.groups["users"].astype(float),
            loadings=self.pca.components,
            y_range=self.model.y_range,
        )
