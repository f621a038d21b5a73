"""y_range.xlsx: predictions that stay on the scale, by a sigmoid at the end of the model.

A sum of products knows nothing of stars: it predicts 6 or -5 where the factors happen to be large.
A sigmoid squeezes whatever comes out of the model into a range, so that it need not learn where
the scale ends. This is `y_range` of fast.ai's collaborative filtering, 0 to 5.5 in its lesson.

Source: fast.ai, Practical Deep Learning for Coders (2019), lessons 4 and 5 (`lesson4-collab`).
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._ratings_options import LIMITS, OPTIONS, ratings_book


def _prepare(options: Mapping[str, Any]) -> Draft:
    why = "because outside_range has a row for every pair"
    book = ratings_book(options, "linear_rating", why)
    del book.plan["wildcards"]  # no label is looked up here
    return book


def _rows(plan: Mapping[str, Any]) -> int:
    """Outside_range has a row for every pair, the others one for each user."""
    pairs = "outside_range" in str(plan["topics"]).split()
    return int(plan["users"]) * (int(plan["movies"]) if pairs else 1)


LESSON = Lesson(
    name="y_range",
    title="Predictions within a range",
    about=(
        "Ratings have ends, 0.5 and 5 stars; a dot product has none. Put a sigmoid behind it that "
        "maps all numbers into a range (y_range), and no prediction can leave that range.",
        "The sheets: the model without the sigmoid, the same model with it, how many predictions "
        "of each leave the scale, and why the range should end a little beyond the best rating.",
        "Blue cells on cream are inputs: change any of them and everything that depends on it "
        "follows. All other numbers are formulas.",
    ),
    options=OPTIONS,
    prepare=_prepare,
    limits={key: most for key, most in LIMITS.items() if key != "wildcards"},
    rows=_rows,
    picture="outside_range",
)
