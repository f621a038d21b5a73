"""What one_hot and embedding share: a row for every pair of user and movie, and its outcome.

The lecture lists the 206 rated pairs. Here every pair has its row, so that a rating typed into a
blank cell of dot_product, or emptied there, is followed too; a pair without a rating has no error.
"""

import numpy as np

from sheetsim.sheet import Array, Block, Sheet
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft
from sheetsim.topics._ratings_grid import as_floats

FACT_ROW, HEADINGS, FIRST = 2, 5, 6

PRINTED = 45
"""How many pairs are printed: the first, on one page; all others are alike."""


def identify(sheet: Sheet, book: Draft, column: int) -> dict[str, Block]:
    """Columns user, movie, rating, user_index, movie_index: which pair a row is about.

    Returns:
        Their blocks.
    """
    source = book["dot_product"]
    users, movies, stars = source["users"], source["movies"], source["ratings"]
    pairs = [(i, j) for i in range(users.rows) for j in range(movies.columns)]
    headings = ["user", "movie", "rating", "user_index", "movie_index"]
    sheet.labels(HEADINGS, column, [headings], "heading")

    def column_of(offset: int, formulas: list[str], values: list[object], style: str) -> Block:
        array = np.array(values, dtype=object)[:, None]
        texts = [[formula] for formula in formulas]
        return sheet.formulas(FIRST, column + offset, headings[offset], texts, array, style)

    who, what = users.qualified, movies.qualified
    ratings = stars.qualified
    values = as_floats(stars)
    user = column_of(
        0, [f"={who.at(i)}" for i, _ in pairs], [users.values[i, 0] for i, _ in pairs], "calc.text"
    )
    movie = column_of(
        1,
        [f"={what.at(0, j)}" for _, j in pairs],
        [movies.values[0, j] for _, j in pairs],
        "calc.text",
    )
    rating = column_of(
        2,
        [f'=IF({ratings.at(i, j)}="","",{ratings.at(i, j)})' for i, j in pairs],
        ["" if np.isnan(values[i, j]) else values[i, j] for i, j in pairs],
        "calc.rating",
    )
    blocks = {"user": user, "movie": movie, "rating": rating}
    for offset, cell, labels in ((3, user, who), (4, movie, what)):
        name = headings[offset]
        index = np.array([pair[offset - 3] + 1.0 for pair in pairs])[:, None]
        formula = f"={_find(cell.cell, labels, wild=book.plan['wildcards'])}"
        blocks[name] = sheet.fill(FIRST, column + offset, name, formula, index, "calc.index")
    return blocks


def _find(cell: str, labels: Block, *, wild: bool) -> str:
    """The place of a label among all, as a formula.

    MATCH takes ?, * and ~ in what it looks for as wildcards, and IronCalc's finds nothing in a
    single cell, so such labels are compared.
    """
    if not wild and labels.values.size > 1:
        return f"MATCH({cell},{labels.range},0)"
    of = "ROW" if labels.columns == 1 else "COLUMN"
    return f"SUMPRODUCT(({labels.range}={cell})*({of}({labels.range})-{of}({labels.at(0)})+1))"


def outcome(
    sheet: Sheet, book: Draft, column: int, rating: Block, vectors: tuple[Block, Block]
) -> Block:
    """Columns prediction and error, and MSE and RMSE at the top.

    Args:
        sheet: where.
        book: where dot_product is.
        column: of the prediction.
        rating: the pairs' ratings, (pairs, 1), "" for none.
        vectors: the pairs' user and movie factors, (pairs, k) each.

    Returns:
        The predictions.
    """
    users, movies = vectors
    sheet.labels(HEADINGS, column, [["prediction", "squared error"]], "heading")
    products = np.einsum("pf,pf->p", users.values, movies.values)[:, None]
    predicted = sheet.fill(
        FIRST,
        column,
        "prediction",
        f"=SUMPRODUCT({users.across},{movies.across})",
        products,
        "calc.rating2",
    )
    stars = np.where(rating.values == "", np.nan, rating.values).astype(float)
    errors = sheet.fill(
        FIRST,
        column + 1,
        "error",
        f'=IF({rating.cell}="",0,({rating.cell}-{predicted.cell})^2)',
        np.nan_to_num((stars - products) ** 2),
        "calc.error",
    )
    source = book["dot_product"]
    known = source["ratings"].qualified
    rated = int(np.isfinite(stars).sum())
    mse = errors.values.sum() / rated if rated else np.nan
    facts(
        sheet,
        FACT_ROW,
        0,
        (
            Fact("RMSE", "rmse", "=SQRT(mse)", np.sqrt(mse), "key.objective"),
            Fact("MSE", "mse", f"=SUM({errors.range})/rated", mse, "calc.objective"),
            Fact("rated", "rated", f"=COUNT({known.range})", rated, "calc.index"),
            Fact(
                "RMSE in dot_product",
                "dot_product_rmse",
                f"={source['rmse'].qualified.range}",
                source["rmse"].value,
                "calc.objective",
            ),
        ),
    )
    return predicted


def widths(sheet: Sheet, book: Draft, column: int) -> None:
    """Widths of the columns that `identify` made, from the labels that they hold."""
    source = book["dot_product"]
    for offset, name in enumerate(("users", "movies")):
        longest = max(len(str(label)) for label in source[name].values.ravel())
        sheet.width(column + offset, column + offset, min(max(longest + 1, 9), 30))
    sheet.width(column + 2, column + 2, 9)
    sheet.width(column + 3, column + 4, 12)


def factor_values(book: Draft) -> tuple[Array, Array]:
    """User factors (users, k) and movie factors turned to (movies, k), from dot_product."""
    source = book["dot_product"]
    return source["user_factors"].values, source["movie_factors"].values.T
