"""The rating models against Excel, with the factors that its Solver left.

The expected numbers are the values that Excel cached in the lecture's collab_filter.xlsx: the
predictions of the rated cells, the RMSE, and the rows of movielens_1hot and movielens_emb.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import sheetsim
from sheetsim.checking.changed_inputs import input_edits
from sheetsim.checking.read_back import read_workbook
from sheetsim.engines import Values
from sheetsim.engines.ironcalc import ENGINE as IRONCALC
from sheetsim.sheet import Array, Block
from sheetsim.topics import Draft, lay_out
from sheetsim.topics.collab_filter import bias, dot_product, embedding, one_hot
from sheetsim.workbook.read.all_cells import Cells
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

Recalculated = tuple[dict[str, dict[str, Block]], Values]

RTOL = 1e-11
DOTPROD_RMSE = 0.3930154712865702
BIAS_RMSE = 0.3194674135586278
ROWS = range(2, 208)
"""The 206 rated pairs stand in rows 3 to 208 of movielens_1hot and movielens_emb."""


def rows_of(cells: Cells, sheet: str, first: str, count: int = 1) -> Array:
    """Columns from `first` on, (206, count), as Excel cached them."""
    left = 0
    for letter in first:
        left = left * 26 + ord(letter) - ord("A") + 1
    return np.array(
        [[cells[sheet][row, left - 1 + j].value for j in range(count)] for row in ROWS], dtype=float
    )


@pytest.fixture(params=["dot_product", "bias"])
def saved(
    request: pytest.FixtureRequest, dotprod: dict[str, Array], bias_sheet: dict[str, Array]
) -> tuple[str, dict[str, Array]]:
    """A topic, and what Excel saved on the sheet that it is made after."""
    return request.param, {"dot_product": dotprod, "bias": bias_sheet}[request.param]


def test_saved_rmse_is_the_published_one(
    dotprod: dict[str, Array], bias_sheet: dict[str, Array]
) -> None:
    assert dotprod["rmse"] == DOTPROD_RMSE
    assert bias_sheet["rmse"] == BIAS_RMSE


def test_maths_gives_excels_predictions_and_rmse(saved: tuple[str, dict[str, Array]]) -> None:
    name, excel = saved
    maths = {"dot_product": dot_product, "bias": bias}[name]
    predictions = maths.predict(excel["user_factors"], excel["movie_factors"])
    rated = ~np.isnan(excel["ratings"])
    np.testing.assert_allclose(predictions[rated], excel["predictions"][rated], rtol=RTOL)
    errors = maths.squared_errors(excel["ratings"], predictions)
    assert (errors[~rated] == 0).all()
    rmse = np.sqrt(errors.sum() / rated.sum())
    np.testing.assert_allclose(rmse, excel["rmse"], rtol=RTOL)


@pytest.fixture(scope="module")
def recalculated(
    lecture: Path,
    dotprod: dict[str, Array],
    bias_sheet: dict[str, Array],
    tmp_path_factory: pytest.TempPathFactory,
) -> Recalculated:
    """Our workbook with Excel's factors typed into it: its blocks, and what IronCalc makes of it.

    IronCalc and not NumPy, so that the formulas that were written are what is compared.
    """
    folder = tmp_path_factory.mktemp("excel_factors")
    ours, edited = folder / "ours.xlsx", folder / "edited.xlsx"
    sheetsim.build("collab_filter", ours, ratings=lecture / "ratings.csv", k=5, at="start")
    book = read_workbook(ours).book
    given = {name: dict(inputs) for name, inputs in book.given.items()}
    for name, excel in (("dot_product", dotprod), ("bias", bias_sheet)):
        for block in ("movie_factors", "user_factors"):
            given[name][block] = excel[block]
    sheets = lay_out(Draft(book.plan, given))
    invalidated_copy(ours, edited, edits=input_edits(sheets, lay_out(book)))
    blocks = {sheet.name: sheet.blocks for sheet in sheets}
    return blocks, IRONCALC.recalculate(edited)


def values(block: Block, cells: Mapping[tuple[int, int], object]) -> Array:
    """What an engine has in a block's cells."""
    found = np.full(block.values.shape, np.nan, dtype=object)
    for row, column, i, j in block.cells():
        found[i, j] = cells[row, column]
    return found


def test_our_workbook_gives_excels_predictions_and_rmse(
    saved: tuple[str, dict[str, Array]],
    recalculated: Recalculated,
) -> None:
    name, excel = saved
    blocks, cells = recalculated
    rated = ~np.isnan(excel["ratings"])
    predictions = values(blocks[name]["predictions"], cells[name]).astype(float)
    np.testing.assert_allclose(predictions[rated], excel["predictions"][rated], rtol=RTOL)
    rmse = values(blocks[name]["rmse"], cells[name]).astype(float)
    np.testing.assert_allclose(rmse, excel["rmse"], rtol=RTOL)


@pytest.mark.parametrize(
    ("topic", "sheet", "prediction", "rmse"),
    [
        ("one_hot", "movielens_1hot", "BG", (209, 59)),
        ("embedding", "movielens_emb", "X", (209, 24)),
    ],
)
def test_our_rows_of_pairs_give_excels(
    recalculated: Recalculated,
    collab: Cells,
    topic: str,
    sheet: str,
    prediction: str,
    rmse: tuple[int, int],
) -> None:
    """The lecture lists the rated pairs, movie by movie; ours are all pairs, so match by ids."""
    blocks, cells = recalculated
    found = {
        name: values(blocks[topic][name], cells[topic])[:, 0]
        for name in ("user", "movie", "rating", "prediction", "error")
    }
    keys = zip(found["user"].astype(int), found["movie"].astype(int), strict=True)
    ours = dict(zip(keys, found["prediction"].astype(float), strict=True))
    users, movies = rows_of(collab, sheet, "I", 2).astype(int).T
    predicted = [ours[pair] for pair in zip(users, movies, strict=True)]
    np.testing.assert_allclose(predicted, rows_of(collab, sheet, prediction)[:, 0], rtol=RTOL)
    assert (
        int((found["rating"] != "").sum()) == len(ROWS) == len(set(zip(users, movies, strict=True)))
    )
    average = found["error"].astype(float).sum() / len(ROWS)
    excel = collab[sheet][rmse].value
    assert isinstance(excel, float)
    np.testing.assert_allclose(np.sqrt(average), excel, rtol=RTOL)
    found_rmse = values(blocks[topic]["rmse"], cells[topic]).astype(float)
    np.testing.assert_allclose(found_rmse, DOTPROD_RMSE, rtol=RTOL)


def test_one_hot_maths_gives_excels_one_hot_rows(collab: Cells, dotprod: dict[str, Array]) -> None:
    sheet = "movielens_1hot"
    for index, hot, vector, matrix in (
        ("K", "O", "AE", dotprod["user_factors"]),
        ("L", "AK", "BA", dotprod["movie_factors"].T),
    ):
        rows = one_hot.one_hot(rows_of(collab, sheet, index)[:, 0] - 1, 15)
        assert (rows == rows_of(collab, sheet, hot, 15)).all()
        np.testing.assert_allclose(rows @ matrix, rows_of(collab, sheet, vector, 5), rtol=RTOL)


def test_embedding_maths_gives_excels_embeddings(collab: Cells, dotprod: dict[str, Array]) -> None:
    sheet = "movielens_emb"
    for index, vector, matrix in (
        ("L", "M", dotprod["user_factors"]),
        ("R", "S", dotprod["movie_factors"].T),
    ):
        looked_up = embedding.look_up(matrix, rows_of(collab, sheet, index)[:, 0] - 1)
        assert (looked_up == rows_of(collab, sheet, vector, 5)).all()
