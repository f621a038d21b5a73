"""The embedding: the look-up that one-hot encoding spells out as a matrix product.

Instead of multiplying a one-hot row with a matrix, take the matrix's row:

    one_hot(i) @ U  =  U[i]

That is all that an embedding layer is: an array look-up with the derivative of a matrix product.
The lecture's sheet `movielens_emb` looks up with OFFSET, which LibreOffice and IronCalc do not
follow in that file; INDEX does the same everywhere.
"""

import numpy as np

from sheetsim.sheet import Array, Sheet
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, add, every, put, same
from sheetsim.topics.collab_filter import _pairs
from sheetsim.topics.collab_filter._pairs import FACT_ROW, FIRST, HEADINGS


def look_up(matrix: Array, index: Array) -> Array:
    """Rows of a matrix (n, k) by index (0 to n - 1); (len(index), k)."""
    return np.take(matrix, index.astype(int), axis=0)


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("embedding", "Embedding: the factors looked up")
    sheet.text(0, 0, sheet.title, "title")
    lead = "take row user_index of the user factors and column movie_index of the movie factors"
    sheet.text(1, 0, lead, "lead")
    source = book["dot_product"]
    tastes, characters = _pairs.factor_values(book)
    k = tastes.shape[1]
    pairs = _pairs.identify(sheet, book, 0)
    column = 6
    vectors = []
    for name, matrix in (("user", tastes), ("movie", characters)):
        index = pairs[f"{name}_index"]
        block = source[f"{name}_factors"].qualified.range
        sheet.text(HEADINGS - 1, column, f"{name} factors, looked up", "band")
        numbers = sheet.numbers(HEADINGS, column, [list(range(1, k + 1))], "heading")
        row, col = (index.across, numbers.down) if name == "user" else (numbers.down, index.across)
        vectors.append(
            sheet.fill(
                FIRST,
                column,
                f"{name}_vector",
                f"=INDEX({block},{row},{col})",
                look_up(matrix, index.values[:, 0] - 1),
                "calc.factor",
            )
        )
        sheet.width(column + k, column + k, 2)
        column += k + 1
    predicted = _pairs.outcome(sheet, book, column, pairs["rating"], (vectors[0], vectors[1]))
    other = book["one_hot"]["prediction"]
    gap = f"=SUMPRODUCT(ABS({predicted.range}-{other.qualified.range}))"
    distance = np.abs(predicted.values - other.values).sum()
    facts(
        sheet,
        FACT_ROW,
        6,
        (Fact("gap", "gap", gap, distance, "key.general"),),
    )
    same = "every prediction is the one of one_hot, to the last bit"
    differ = "the predictions differ from those of one_hot"
    verdict = same if distance == 0 else differ
    sheet.fill(FACT_ROW + 1, 7, "verdict", f'=IF(gap=0,"{same}","{differ}")', verdict, "note")
    _pairs.widths(sheet, book, 0)
    sheet.width(5, 5, 2)
    sheet.width(6, 6, 10)
    sheet.width(column, column + 1, 11)
    sheet.heights[FACT_ROW], sheet.heights[HEADINGS] = 46, 31
    sheet.freeze = (FIRST, 0)
    sheet.print_first(FIRST + _pairs.PRINTED)
    return sheet


TOPIC = Topic(
    name="embedding",
    title="Embedding",
    summary="the same predictions from factors looked up, equal to one_hot to the last bit",
    sheet=_sheet,
    order=3,
    tries=(
        Try(
            "Change any factor or rating in dot_product.",
            "one_hot and this sheet follow, and their difference stays exactly 0.",
            edits=(
                {
                    "dot_product!user_factors": lambda s: add(
                        s["dot_product!user_factors"], 1, (0, 0)
                    )
                },
                {"dot_product!ratings": lambda s: put(s["dot_product!ratings"], 0.5, (0, 0))},
            ),
            holds=lambda was, *after: every(
                *(now["gap"] == 0 for now in after),
                *(now["rmse"] != was["rmse"] for now in after),
                *(same(now["rmse"], now["one_hot!rmse"]) for now in after),
            ),
            rests_on="prediction",
        ),
        Try(
            "Count the cells that one_hot needs for the same answer.",
            "users + movies more per row, nearly all of them zeros: that is what is saved.",
            holds=lambda was: every(
                *(
                    was[f"one_hot!{of}_one_hot"].shape[1] == len(was[f"dot_product!{of}s"].ravel())
                    for of in ("user", "movie")
                ),
                *(was[f"one_hot!{of}_one_hot"].sum(axis=1) == 1 for of in ("user", "movie")),
            ),
            rests_on="one_hot!user_one_hot",
        ),
    ),
    needs=("dot_product", "one_hot"),
)
