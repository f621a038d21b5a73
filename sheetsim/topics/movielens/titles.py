"""Titles: what the model knows of each movie.

A row is a movie: its factors, of which nobody said what they should mean, and its bias. The bias
is what remains of a movie's rating when the tastes of those who happened to see it are allowed
for: a movie seen by its fans alone has a high mean rating, but no high bias.

How many ratings there are, and their mean, are counts of the data; the rest is what five epochs
of training made of small random numbers. The titles are those with the most ratings, in that
order, as in fast.ai's lesson 4 (`lesson4-collab`, its `top_movies`).
"""

import numpy as np

from sheetsim.sheet import Sheet, Valid
from sheetsim.topics._facts import Fact, facts
from sheetsim.topics._lesson import Book, Topic

FACTS, HEADINGS, TOP = 2, 5, 6


def _sheet(book: Book) -> Sheet:
    n, k = book.plan["n_titles"], book.plan["k"]
    sheet = book.new("titles", "The movies with the most ratings")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, f"{book.plan['source']}; the factors are what training found", "lead")
    if book.plan["sigmoid"]:
        ends = [Fact(name, name, None, 1.0, "input.general", Valid()) for name in ("low", "high")]
        facts(sheet, FACTS, 1, ends)
    headings = ["title", "ratings", "mean rating", "bias", *(f"factor {f + 1}" for f in range(k))]
    sheet.labels(HEADINGS, 0, [headings], "heading")
    sheet.records(TOP, 0, "labels", (n, 1), "calc.text")
    sheet.records(TOP, 1, "n_ratings", (n, 1), "calc.index")
    sheet.records(TOP, 2, "mean_ratings", (n, 1), "calc.rating2")
    factors = np.ones((n, 1 + k))
    sheet.inputs(TOP, 3, "item_factors", factors, "input.step", Valid(-1e3, 1e3))
    sheet.width(0, 0, 48)
    sheet.width(1, 3 + k, 10)
    sheet.freeze = (TOP, 1)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    sheet.print_areas = ((0, 0, TOP + n, 4),)
    return sheet


TOPIC = Topic(
    name="titles",
    title="The movies with the most ratings",
    summary="bias and factors of every title, with the count and the mean of its ratings",
    sheet=_sheet,
    order=0,
    tries=(
        (
            "Add 1 to the bias of the title that is picked on the sheet card.",
            "The raw score on the card rises by 1, and the predicted rating with it.",
        ),
    ),
)
