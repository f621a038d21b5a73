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


TERMS = {
    "low": "the least rating that the sigmoid can come near",
    "high": "the greatest rating that the sigmoid can come near",
    "cap": "the largest x of which e^x is taken, for a number can become too large",
    "least_stars": "the least rating that the scale has",
    "most_stars": "the greatest rating that the scale has",
    "bottom": "lower end of both ranges",
    "near_top": "upper end of the range that ends at the best rating",
    "far_top": "upper end of the range that goes beyond the best rating",
    "goal": "the rating that gradient descent is to predict",
    "raw_start": "the raw score that gradient descent starts from",
    "raw_first": "the first raw score of the table and of the chart",
    "raw_step": "how far the next raw score is",
    "raw": "raw score: the dot product and both biases, before the sigmoid",
    "stars": "ratings whose raw scores are looked for",
    "near": "with the range that ends at the best rating",
    "far": "with the range that goes beyond the best rating",
    "bias": "what a user gives to all movies, or a movie gets from all users, alike",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="y_range",
    title="Predictions within a range",
    about=(
        "Ratings have ends, 0.5 and 5 stars; a dot product has none. Put a sigmoid behind it that "
        "maps all numbers into a range (y_range), and no prediction can leave that range.",
        "The sheets: the model without the sigmoid, the same model with it, how many predictions "
        "of each leave the scale, and why the range should end a little beyond the best rating.",
    ),
    options=OPTIONS,
    prepare=_prepare,
    limits={key: most for key, most in LIMITS.items() if key != "wildcards"},
    rows=_rows,
    picture="outside_range",
    terms=TERMS,
)
