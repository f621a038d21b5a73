"""Titles: what the model knows of each movie.

A row is a movie: its factors, of which nobody said what they should mean, and its bias. The bias
is what remains of a movie's rating when the tastes of those who happened to see it are allowed
for: a movie seen by its fans alone has a high mean rating, but no high bias.

The column by bias alone is what somebody without a taste or a bias of their own would give: the
sigmoid of the title's bias. How many ratings there are, and their mean, are counts of the data;
the rest is what five epochs of training made of small random numbers. The titles are those with
the most ratings, in that order, as in fast.ai's lesson 4 (`lesson4-collab`, its `top_movies`).
"""

import numpy as np

from sheetsim.sheet import Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, add, every, same
from sheetsim.topics.movielens._score import prediction, prediction_formula

FACTS, HEADINGS, TOP = 2, 5, 6


def _sheet(book: Draft) -> Sheet:
    n, k = book.plan["n_titles"], book.plan["k"]
    sheet = book.new("titles", "The movies with the most ratings")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, f"{book.plan['source']}; the factors are what training found", "lead")
    if book.plan["sigmoid"]:
        ends = [Fact(name, name, None, 1.0, "input.general", Valid()) for name in ("low", "high")]
        facts(sheet, FACTS, 1, ends)
    factor_names = [f"factor {f + 1}" for f in range(k)]
    headings = ["title", "ratings", "mean rating", "by bias alone", "bias", *factor_names]
    sheet.labels(HEADINGS, 0, [headings], "heading")
    sheet.records(TOP, 0, "labels", (n, 1), "calc.text")
    sheet.records(TOP, 1, "n_ratings", (n, 1), "calc.index")
    sheet.records(TOP, 2, "mean_ratings", (n, 1), "calc.rating2")
    factors = np.ones((n, 1 + k))
    table = sheet.inputs(TOP, 4, "item_factors", factors, "input.step", Valid(-1e3, 1e3))
    bias = table.part(slice(None), slice(0, 1))
    alone = f"={prediction_formula(sheet, bias.cell, qualified=False)}"
    sheet.fill(TOP, 3, "by_bias", alone, prediction(sheet, bias.values), "calc.rating2")
    sheet.width(0, 0, 48)
    sheet.width(1, 4 + k, 10)
    sheet.heights[HEADINGS] = 31
    sheet.freeze = (TOP, 1)
    sheet.print_first(TOP + 45)
    return sheet


TOPIC = Topic(
    name="titles",
    title="The movies with the most ratings",
    summary="bias and factors of every title, with the count and the mean of its ratings",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Add 1 to the bias of the title that is picked on the sheet card.",
            "The raw score on the card rises by 1, and the predicted rating with it.",
            edits=(
                {
                    "item_factors": lambda s: add(
                        s["item_factors"], 1, (int(s["card!title_row"]) - 1, 0)
                    )
                },
            ),
            holds=lambda was, now: every(
                same(now["card!raw"], was["card!raw"] + 1),
                now["card!predicted"] > was["card!predicted"],
            ),
            rests_on="card!raw",
        ),
    ),
)
