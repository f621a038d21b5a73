"""Principal components: power iteration on the sheet against NumPy's SVD, and edits."""

from pathlib import Path

import numpy as np
import pytest

from sheetsim import build, check
from sheetsim.checking.read_back import read_workbook
from sheetsim.errors import OptionError
from sheetsim.topics import lay_out, new_book
from sheetsim.topics.pca.components import pca
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy


def test_sheet_has_what_the_svd_has() -> None:
    """To 9 digits and more, up to the sign, which the sheet's own rule decides."""
    sheets = {sheet.name: sheet for sheet in lay_out(new_book("pca", {}))}
    factors = sheets["covariance"]["factors"].values
    x = factors - factors.mean(axis=0)
    _, sizes, right = np.linalg.svd(x, full_matrices=False)
    for number in (1, 2, 3):
        ours = sheets["components"][f"component_{number}"].values[0]
        theirs = right[number - 1]
        assert abs(ours @ theirs) == pytest.approx(1, abs=1e-12)
        np.testing.assert_allclose(np.abs(ours), np.abs(theirs), rtol=0, atol=1e-10)
        assert np.sum(ours**3) > 0
        variance = sheets["components"][f"variance_{number}"].value
        assert variance == pytest.approx(sizes[number - 1] ** 2 / len(x), rel=1e-12)
        share = sheets["components"][f"share_{number}"].value
        assert share == pytest.approx(sizes[number - 1] ** 2 / (sizes**2).sum(), rel=1e-12)
        scores = sheets["components"][f"score_{number}"].values[:, 0]
        np.testing.assert_allclose(scores, pca(factors, 3).scores[:, number - 1], atol=1e-9)


def test_pca_of_points_on_a_line() -> None:
    """By hand: all variance along (3, 4) / 5."""
    found = pca(np.outer([-1.0, 0.0, 1.0], [-3.0, -4.0]), 1)
    np.testing.assert_allclose(found.components, [[0.6, 0.8]], rtol=1e-14)
    np.testing.assert_allclose(found.scores, [[5.0], [0.0], [-5.0]], atol=1e-14)
    np.testing.assert_allclose(found.shares, [1.0], rtol=1e-14)
    np.testing.assert_allclose(found.variances, [50 / 3], rtol=1e-14)


@pytest.mark.parametrize("n", [0, 4])
def test_pca_refuses_components_that_are_not_there(n: int) -> None:
    with pytest.raises(OptionError, match="expected finite numbers"):
        pca(np.ones((5, 3)), n)


def test_edits_agree(tmp_path: Path) -> None:
    path = build("pca", tmp_path / "book.xlsx")
    sheets = {sheet.name: sheet for sheet in read_workbook(path).sheets}
    factors, start = sheets["covariance"]["factors"], sheets["power_iteration"]["start"]
    many: list[dict[str, dict[tuple[int, int], float | str]]] = [
        {"covariance": {(factors.row, factors.column): 20.0}},
        {"covariance": {(factors.row + i, factors.column + 1): 0.0 for i in range(factors.rows)}},
        {"power_iteration": {(start.row, start.column + j): 0.0 for j in range(4)}},
        {"power_iteration": {(start.row, start.column + j): 0.0 for j in range(5)}},
    ]
    for typed in many:
        edited = tmp_path / "edited.xlsx"
        invalidated_copy(path, edited, typed)
        assert check(edited, ["ironcalc"]).differences == (), typed
