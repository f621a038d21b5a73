"""Biases: the titles that everybody likes, or nobody, whatever their taste.

The mean rating of a movie is the mean over those who chose to see it. Its bias is what is left
when the dot product has explained who they were: fast.ai's example is a science fiction movie
that its fans rate highly, so that its mean is high and its bias is not. The lists here are sorted
by bias, with the mean rating beside it to compare.

The lesson's own lists, from another random split and start: lowest Children of the Corn: The
Gathering, Lawnmower Man 2 and Mortal Kombat: Annihilation; highest Schindler's List, Titanic and
The Shawshank Redemption. Source: fast.ai, lesson 4 (`learn.bias(top_movies)`).
"""

import numpy as np

from sheetsim.sheet import Chart, Series, Sheet
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put

LISTED = 15
HEADINGS, TOP = 4, 5


def ranks(biases: np.ndarray, n: int, *, lowest: bool) -> np.ndarray:
    """Places, from 0, of the n lowest or highest biases (m,); of equal ones the first, again."""
    ordered = np.sort(biases)
    wanted = ordered[:n] if lowest else ordered[::-1][:n]
    return np.array([int(np.argmax(biases == value)) for value in wanted])


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("biases", "Titles by their bias")
    sheet.text(0, 0, sheet.title, "title")
    lead = "what a title gets from everybody, once tastes are allowed for; beside its mean rating"
    sheet.text(1, 0, lead, "lead")
    source = book["titles"]
    bias = source["item_factors"].part(slice(None), slice(0, 1))
    n = min(LISTED, bias.rows)
    for column, lowest in ((0, True), (7, False)):
        name = "lowest" if lowest else "highest"
        sheet.text(HEADINGS - 1, column + 1, f"{name} bias", "band")
        headings = ["rank", "title", "bias", "mean rating", "ratings"]
        sheet.labels(HEADINGS, column, [headings], "heading")
        rank = sheet.numbers(TOP, column, [[i + 1.0] for i in range(n)], "index")
        places = ranks(bias.values[:, 0], n, lowest=lowest)
        pick = "SMALL" if lowest else "LARGE"
        found = sheet.fill(
            TOP,
            column + 2,
            name,
            f"={pick}({bias.qualified.range},{rank.cell})",
            bias.values[places],
            "calc.step",
        )
        place = f"MATCH({found.cell},{bias.qualified.range},0)"
        for offset, other, style in (
            (1, "labels", "calc.text"),
            (3, "mean_ratings", "calc.rating2"),
            (4, "n_ratings", "calc.index"),
        ):
            block = source[other]
            formula = f"=INDEX({block.qualified.range},{place})"
            values = block.values[places]
            sheet.fill(TOP, column + offset, f"movie_{name}_{other}", formula, values, style)
    means = source["mean_ratings"]
    series = Series("titles", means, bias, line=False)
    sheet.charts.append(
        Chart(
            "Every title: its bias and its mean rating",
            "mean rating",
            "bias",
            (series,),
            TOP + n + 1,
            0,
            columns=12,
            rows=24,
        )
    )
    for column in (0, 7):
        sheet.width(column, column, 6)
        sheet.width(column + 1, column + 1, 46)
        sheet.width(column + 2, column + 4, 13)
    sheet.width(5, 6, 2)
    sheet.freeze = (TOP, 0)
    sheet.pages = 1
    return sheet


TOPIC = Topic(
    name="biases",
    title="Titles by their bias",
    summary="the titles of lowest and highest bias, beside their mean ratings",
    sheet=_sheet,
    order=3,
    needs=("titles",),
    tries=(
        Try(
            "Type 9 over the bias of any title on the sheet titles.",
            "It heads the list of the highest, whatever its mean rating.",
            edits=({"titles!item_factors": lambda s: put(s["titles!item_factors"], 9, (2, 0))},),
            holds=lambda _was, now: every(
                now["highest"][0, 0] == 9,
                now["movie_highest_labels"][0, 0] == now["titles!labels"][2, 0],
            ),
            rests_on="highest",
        ),
    ),
)
