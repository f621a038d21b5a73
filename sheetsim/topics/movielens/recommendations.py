"""Recommendations: every title's predicted rating for the user of the card, the best first.

One dot product for each title:

    prediction[i] = sigmoid onto the range of (user . title[i] + user bias + title bias[i])

and the highest of them are what a shop would show this user next. Titles that the user has rated
already are among them, for the ratings themselves are not in this workbook.

Source: fast.ai, lesson 4; what it calls collaborative filtering is used for exactly this.
"""

import numpy as np

from sheetsim.sheet import Array, Sheet
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.movielens._score import prediction, prediction_formula
from sheetsim.topics.movielens.biases import ranks
from sheetsim.topics.movielens.card import row_of

LISTED = 20
USER, HEADINGS, TOP = 4, 7, 8


def raw_scores(user: Array, items: Array) -> Array:
    """Raw scores (n,) of items (n, 1 + k) for a user (1 + k,); the bias comes first."""
    return np.asarray(items[:, 1:] @ user[1:] + items[:, 0] + user[0])


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("recommendations", "What to show this user next")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(
        1, 0, "all titles for the user picked on the sheet card; the best of them first", "lead"
    )
    tastes, characters = book["users"]["user_factors"], book["titles"]["item_factors"]
    picked = book["card"]["user_row"]
    vector = row_of(tastes.values, float(picked.value))
    k = characters.columns - 1
    sheet.text(USER - 2, 7, "the user's bias (0) and factors (1, 2, ...)", "band")
    sheet.text(USER - 1, 6, "user", "heading")
    numbers = sheet.numbers(USER - 1, 7, [[float(j) for j in range(k + 1)]], "heading")
    chosen = book["card"]["user"]
    sheet.fill(USER, 6, "user", f"={chosen.qualified.range}", float(chosen.value), "key.index")
    formula = f"=INDEX({tastes.qualified.range},{picked.qualified.range},{numbers.down}+1)"
    user = sheet.fill(USER, 7, "user_vector", formula, vector[None, :], "calc.step")
    bias, factors = user.part(slice(None), slice(0, 1)), user.part(slice(None), slice(1, None))
    theirs = characters.qualified.part(slice(None), slice(1, None))
    raw = f"SUMPRODUCT({theirs.across},{factors.range})+{characters.qualified.cell}+{bias.range}"
    sheet.labels(HEADINGS, 4, [["title", "mean rating", "prediction"]], "heading")
    titles, means = book["titles"]["labels"], book["titles"]["mean_ratings"]
    sheet.fill(TOP, 4, "movie_titles", f"={titles.qualified.cell}", titles.values, "calc.text")
    sheet.fill(TOP, 5, "means", f"={means.qualified.cell}", means.values, "calc.rating2")
    values = prediction(book["titles"], raw_scores(vector, characters.values.astype(float)))
    formula = f"={prediction_formula(book['titles'], raw)}"
    predicted = sheet.fill(TOP, 6, "predictions", formula, values[:, None], "calc.rating2")
    n = min(LISTED, predicted.rows)
    places = ranks(values, n, lowest=False) if np.isfinite(values).all() else None
    best = np.full((n, 1), np.nan) if places is None else predicted.values[places]
    names = np.full((n, 1), np.nan) if places is None else titles.values[places]
    sheet.labels(HEADINGS, 0, [["rank", "best for this user", "prediction"]], "heading")
    rank = sheet.numbers(TOP, 0, [[i + 1.0] for i in range(n)], "index")
    formula = f"=LARGE({predicted.range},{rank.cell})"
    found = sheet.fill(TOP, 2, "best", formula, best, "key.rating2")
    formula = f"=INDEX({titles.qualified.range},MATCH({found.cell},{predicted.range},0))"
    sheet.fill(TOP, 1, "movie_best", formula, names, "calc.text")
    sheet.width(0, 0, 6)
    sheet.width(1, 1, 46)
    sheet.width(2, 2, 11)
    sheet.width(3, 3, 2)
    sheet.width(4, 4, 46)
    sheet.width(5, 7 + k, 11)
    sheet.freeze = (TOP, 0)
    sheet.print_first(TOP + 45)
    return sheet


TOPIC = Topic(
    name="recommendations",
    title="What to show this user next",
    summary="every title predicted for the user of the card, the best first",
    sheet=_sheet,
    order=6,
    needs=("titles", "users", "card"),
    tries=(
        Try(
            "Pick another user on the sheet card.",
            "All predictions change, and the list of the best with them.",
            edits=({"card!user": lambda s: s["users!user_ids"][1, 0]},),
            holds=lambda was, now: every(
                now["predictions"] != was["predictions"],
                (now["best"] != was["best"]).any(),
                same(now["best"][0, 0], now["predictions"].max()),
            ),
            rests_on="predictions",
        ),
    ),
)
