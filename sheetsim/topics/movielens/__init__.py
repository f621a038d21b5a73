"""movielens.xlsx: what a model of real ratings has learned, in cells that still compute.

`sheetsim movielens` trains the model, 40 factors and a bias for every user and every movie, and
hands over what it found for the movies with the most ratings. Here they are cells: pick a user and
a title, and formulas predict the rating from the factors in the sheets, as the model does.

It is the workbook that needs a trained model to be built, so that `sheetsim build` leaves it out.

`_score` turns raw scores into ratings.

Source: fast.ai, Practical Deep Learning for Coders (2019), lessons 4 and 5 (lesson4-collab).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetsim.errors import OptionError, OptionName
from sheetsim.option_values import anything
from sheetsim.topics._lesson import Draft, Inputs, Lesson
from sheetsim.topics._options import Option

if TYPE_CHECKING:
    from sheetsim.sheet import Array

DIGITS = 6
"""Decimals of a factor in the sheets: a prediction moves by less than a hundredth of a percent."""

MAX_TITLES, MAX_USERS, MAX_FACTORS, COMPONENTS = 2_000, 10_000, 200, 3


@dataclass(frozen=True, eq=False)
class Learned:
    """What a trained model knows of some titles and of all users.

    Attributes:
        source: of the ratings, for people to read.
        titles: n labels, no two alike.
        n_ratings: (n,) how many ratings each title has.
        mean_ratings: (n,) and their mean.
        item_factors: (n, 1 + k), the bias in the first column.
        user_ids: (m,) numbers, ascending.
        user_factors: (m, 1 + k), likewise.
        loadings: (c, k) principal components of the item factors, c at most 3.
        y_range: least and greatest prediction, or None if the raw score is the prediction.
    """

    source: str
    titles: tuple[str, ...]
    n_ratings: Array
    mean_ratings: Array
    item_factors: Array
    user_ids: Array
    user_factors: Array
    loadings: Array
    y_range: tuple[float, float] | None

    def __post_init__(self) -> None:
        n, m = len(self.titles), len(self.user_ids)
        width = self.item_factors.shape[1]
        limits = {"titles": (n, MAX_TITLES), "users": (m, MAX_USERS), "k": (width - 1, MAX_FACTORS)}
        for name, (found, most) in limits.items():
            if not (1 if name == "k" else 2) <= found <= most:
                raise OptionError(
                    OptionName(name),
                    f" is {found:,}; the workbook movielens takes up to {most:,} of them",
                )
        shapes = [self.item_factors.shape, self.user_factors.shape, self.loadings.shape[1:]]
        if shapes != [(n, width), (m, width), (width - 1,)]:
            raise OptionError(
                f"factors and loadings have shapes {shapes}; expected {(n, width)}, {(m, width)} "
                f"and rows of {width - 1}"
            )


def _prepare(options: Mapping[str, Any]) -> Draft:
    import numpy as np

    learned = options["learned"]
    if not isinstance(learned, Learned):
        raise OptionError(
            "movielens is built from a trained model: `sheetsim movielens --data DIR --out DIR` "
            "trains one and writes the workbook"
        )
    low, high = learned.y_range or (0.0, 0.0)
    plan = {
        "source": learned.source,
        "n_titles": len(learned.titles),
        "n_users": len(learned.user_ids),
        "k": learned.item_factors.shape[1] - 1,
        "components": len(learned.loadings),
        "sigmoid": int(learned.y_range is not None),
    }
    given: Inputs = {
        "titles": {
            "labels": np.array(learned.titles, dtype=object)[:, None],
            "n_ratings": learned.n_ratings[:, None].astype(float),
            "mean_ratings": learned.mean_ratings[:, None].round(DIGITS),
            "item_factors": learned.item_factors.astype(float).round(DIGITS),
            "low": low,
            "high": high,
        },
        "users": {
            "user_ids": learned.user_ids[:, None].astype(float),
            "user_factors": learned.user_factors.astype(float).round(DIGITS),
        },
        "card": {"user": float(learned.user_ids[0]), "title": learned.titles[0]},
        "directions": {"loadings": learned.loadings.round(DIGITS)},
    }
    return Draft(plan, given)


TERMS = {
    "low": "the least rating that the sigmoid can come near",
    "high": "the greatest rating that the sigmoid can come near",
    "item_factors": "a title's bias, then its factors, as training found them",
    "user_factors": "a user's bias, then their factors, as training found them",
    "loadings": "the weight of each factor in a component",
    "title": "the movie whose rating is predicted",
    "user": "the user whose rating is predicted",
    "spread": "sum of the squared distances from the mean",
    "share": "part of the spread of all factors",
    "n_ratings": "how many ratings the movie has",
    "raw": "the dot product and both biases, before the sigmoid",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="movielens",
    title="MovieLens: what a model of real ratings has learned",
    about=(
        "A dot product with biases, trained on real ratings by sheetsim. Every user and every "
        "movie has k factors and a bias; their product, the two biases and a sigmoid make the "
        "predicted rating.",
        "Go to the sheet card, pick a user and a title, and the rating is predicted from the "
        "factors in the sheets titles and users. The other sheets ask what the biases and factors "
        "mean.",
        "What the data say stands on titles and users as it was counted: ids, the number of "
        "ratings, their means.",
    ),
    options=(Option("learned", None, anything, "what a trained model has learned", "LEARNED"),),
    prepare=_prepare,
    limits={
        "n_titles": MAX_TITLES,
        "n_users": MAX_USERS,
        "k": MAX_FACTORS,
        "components": COMPONENTS,
        "sigmoid": 1,
    },
    rows=lambda plan: max(int(plan["n_titles"]), int(plan["n_users"])),
    picture="card",
    terms=TERMS,
    needs=("learned",),
)
