"""One-hot encoding: a look-up written as a matrix product.

A user's number i becomes a row of zeros with a 1 in place i; that row times the users' matrix
(users x k) is row i of the matrix:

    one_hot(i) @ U = U[i]

so a model that only knows how to multiply matrices can take "user 7" as its input. It is also a
waste: all but one of the products are 0. The sheet embedding does the same without them.

The lecture's sheet `movielens_1hot` is this one.
"""

import numpy as np

from sheetsim.sheet import Array, Block, Highlight, Sheet
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, add, every, same
from sheetsim.topics.collab_filter import _pairs
from sheetsim.topics.collab_filter._pairs import FACT_ROW, FIRST, HEADINGS


def one_hot(index: Array, n: int) -> Array:
    """Rows of zeros with a 1 at each index (0 to n - 1); (len(index), n)."""
    return np.asarray(index[:, None] == np.arange(n), dtype=float)


def _matrix(sheet: Sheet, book: Draft, row: int, name: str, values: Array) -> Block:
    """A copy, live, of one of dot_product's matrices, a row for each user or movie."""
    source = book["dot_product"][f"{name}_factors"].qualified
    turned = name == "movie"
    labels = book["dot_product"][f"{name}s"].qualified
    n, k = values.shape
    sheet.text(row - 1, 0, f"{name} matrix", "heading")
    sheet.numbers(row - 1, 1, [list(range(1, k + 1))], "heading")
    sheet.formulas(
        row,
        0,
        f"{name}_labels",
        [[f"={labels.at(0, i) if turned else labels.at(i)}"] for i in range(n)],
        labels.values.reshape(-1, 1),
        "row heading",
    )
    formulas = [
        [f"={source.at(f, i) if turned else source.at(i, f)}" for f in range(k)] for i in range(n)
    ]
    return sheet.formulas(row, 1, f"{name}_matrix", formulas, values, "calc.factor")


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("one_hot", "One-hot rows times the factor matrices")
    sheet.text(0, 0, sheet.title, "title")
    lead = "a row of zeros with a single 1, times a matrix, is one row of that matrix"
    sheet.text(1, 0, lead, "lead")
    tastes, characters = _pairs.factor_values(book)
    k = tastes.shape[1]
    users = _matrix(sheet, book, FIRST, "user", tastes)
    movies = _matrix(sheet, book, FIRST + len(tastes) + 2, "movie", characters)

    left = max(k + 1, 4) + 1
    pairs = _pairs.identify(sheet, book, left)
    column = left + 6
    hot, vectors = {}, []
    for name, matrix in (("user", users), ("movie", movies)):
        n = matrix.rows
        index = pairs[f"{name}_index"]
        sheet.text(HEADINGS - 1, column, f"{name}, one-hot", "band")
        numbers = sheet.numbers(HEADINGS, column, [list(range(1, n + 1))], "heading")
        hot[name] = sheet.fill(
            FIRST,
            column,
            f"{name}_one_hot",
            f"=IF({index.across}={numbers.down},1,0)",
            one_hot(index.values[:, 0] - 1, n),
            "calc.hot",
        )
        sheet.highlights.append(Highlight(hot[name], f"{hot[name].cell}=1", "hot"))
        sheet.width(column, column + n - 1, 3)
        sheet.width(column + n, column + n, 2)
        column += n + 1
    for name, matrix in (("user", users), ("movie", movies)):
        sheet.text(HEADINGS - 1, column, f"{name} one-hot x {name} matrix", "band")
        sheet.numbers(HEADINGS, column, [list(range(1, k + 1))], "heading")
        vectors.append(
            sheet.fill(
                FIRST,
                column,
                f"{name}_vector",
                # times 1: in LibreOffice the copy of a blank cell is blank, and MMULT an error
                f"=SUMPRODUCT(MMULT({hot[name].across},{matrix.down}*1))",
                hot[name].values @ matrix.values,
                "calc.factor",
            )
        )
        sheet.width(column + k, column + k, 2)
        column += k + 1
    _pairs.outcome(sheet, book, column, pairs["rating"], (vectors[0], vectors[1]))
    _pairs.widths(sheet, book, left)
    sheet.width(0, 0, 15)
    sheet.width(1, max(k, 3), 12)
    for gap in (left - 1, left + 5):
        sheet.width(gap, gap, 2)
    sheet.width(column, column + 1, 11)
    sheet.heights[FACT_ROW], sheet.heights[HEADINGS] = 31, 31
    sheet.freeze = (FIRST, 0)
    sheet.print_first(FIRST + _pairs.PRINTED)
    return sheet


TOPIC = Topic(
    name="one_hot",
    title="One-hot encoding",
    summary="the same predictions from one-hot rows times the factor matrices",
    sheet=_sheet,
    order=2,
    tries=(
        Try(
            "Change a user factor in dot_product.",
            "It changes here in the user matrix and in each row of that user; RMSE and MSE follow.",
            edits=(
                {
                    "dot_product!user_factors": lambda s: add(
                        s["dot_product!user_factors"], 1, (0, 0)
                    )
                },
            ),
            holds=lambda was, now: every(
                same(now["user_matrix"], add(was["user_matrix"], 1, (0, 0))),
                same(
                    now["user_vector"][:, 0] - was["user_vector"][:, 0],
                    was["user_index"][:, 0] == 1,
                ),
                now["rmse"] != was["rmse"],
                now["mse"] != was["mse"],
            ),
            rests_on="user_vector",
        ),
        Try(
            "Follow one row: where do its 1s stand, and which rows of the matrices come out?",
            "The 1s stand at user_index and movie_index; all other products are 0.",
            holds=lambda was: every(
                *(
                    was[f"{of}_one_hot"]
                    == (was[f"{of}_index"] == np.arange(1, was[f"{of}_one_hot"].shape[1] + 1))
                    for of in ("user", "movie")
                )
            ),
            rests_on="user_one_hot",
        ),
    ),
    needs=("dot_product",),
)
