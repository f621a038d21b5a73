"""Users: what the model knows of each of them.

A user has as many factors as a movie, and what a factor of a movie says of its character, a
user's says of how much they care for it. The bias says how generously they rate whatever they
rate. Nothing else is known of them here: no age, no name, only an id.

The strength of taste is the length of the vector of factors: near 0, a user's ratings are the
movies' biases and their own; the longer it is, the more it matters what the movie is like.

The rows are in the order of the ids. As in the sheet `bias` of collab_filter.xlsx the bias comes
first, before the factors.
"""

import numpy as np

from sheetsim.sheet import Sheet, Valid
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same

HEADINGS, TOP = 3, 4


def _sheet(book: Draft) -> Sheet:
    m, k = book.plan["n_users"], book.plan["k"]
    sheet = book.new("users", "The users")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, "what each user cares for: the other half of every dot product", "lead")
    headings = ["user", "strength of taste", "bias", *(f"factor {f + 1}" for f in range(k))]
    sheet.labels(HEADINGS, 0, [headings], "heading")
    sheet.records(TOP, 0, "user_ids", (m, 1), "calc.index")
    factors = np.ones((m, 1 + k))
    table = sheet.inputs(TOP, 2, "user_factors", factors, "input.step", Valid(-1e3, 1e3))
    tastes = table.part(slice(None), slice(1, None))
    lengths = np.sqrt((tastes.values**2).sum(axis=1, keepdims=True))
    sheet.fill(TOP, 1, "strength", f"=SQRT(SUMSQ({tastes.across}))", lengths, "calc.rating2")
    sheet.width(0, 2 + k, 10)
    sheet.heights[HEADINGS] = 31
    sheet.freeze = (TOP, 1)
    sheet.print_first(TOP + 45)
    return sheet


TOPIC = Topic(
    name="users",
    title="The users",
    summary="bias and factors of every user",
    sheet=_sheet,
    order=1,
    tries=(
        Try(
            "Type 0 over all factors of the user that is picked on the sheet card.",
            "Every product on the card is 0: what is left is the two biases, the same taste for "
            "all.",
            edits=(
                {
                    "user_factors": lambda s: put(
                        s["user_factors"], 0, (int(s["card!user_row"]) - 1, slice(1, None))
                    )
                },
            ),
            holds=lambda _was, now: every(
                now["card!products"] == 0,
                same(now["card!raw"], now["card!user_bias"] + now["card!title_bias"]),
            ),
            rests_on="card!products",
        ),
    ),
)
