"""Learning MovieLens: the small set made here, and the real one where it is there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_movielens import write_movielens

import sheetsim
from sheetsim.data.movielens import MovieLens, load_movielens
from sheetsim.errors import DataError, OptionError
from sheetsim.learn import DotProductBias, Interpretation, collab_learner
from sheetsim.workbook.read.all_cells import read_cells


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> MovieLens:
    return load_movielens(write_movielens(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="module")
def found(small: MovieLens) -> Interpretation:
    learner = collab_learner(small, 8, weight_decay=0.01)
    learner.fit_one_cycle(20, 0.05)
    assert learner.epochs[-1].valid_loss < 0.5 * learner.epochs[0].valid_loss
    assert isinstance(learner.model, DotProductBias)
    return Interpretation(small, learner.model, n=50)


def test_parts_are_held_back_by_the_split_seed_alone(small: MovieLens) -> None:
    one, other = (collab_learner(small, 3, seed=seed) for seed in (1, 2))
    assert one.valid is not None
    assert other.valid is not None
    np.testing.assert_array_equal(one.valid.targets, other.valid.targets)
    assert len(one.valid.targets) == int(0.1 * len(small))
    assert len(one.train.targets) + len(one.valid.targets) == len(small)
    another = collab_learner(small, 3, split_seed=7).valid
    assert another is not None
    assert not np.array_equal(another.targets, one.valid.targets)


def test_biases_come_sorted_beside_counts_and_means(found: Interpretation) -> None:
    frame = found.biases
    assert len(frame) == 50
    assert frame.bias.is_monotonic_increasing
    ratings = found.data.frame()
    for row in frame.itertuples():
        own = ratings[ratings.title == row.title].rating
        assert row.ratings == len(own)
        assert row.mean_rating == pytest.approx(own.mean())
    assert np.corrcoef(frame.bias, frame.mean_rating)[0, 1] > 0.8


def test_a_component_finds_the_two_kinds(found: Interpretation) -> None:
    """The made-up ratings have one direction of taste, and the first component is it."""
    assert found.pca.shares[0] > 2.5 * found.pca.shares[1]
    ends = found.extremes(1, 5)
    assert len(ends) == 10
    assert ends["component 1"].is_monotonic_increasing
    assert ends["component 1"].iloc[0] < 0 < ends["component 1"].iloc[-1]


def test_the_card_predicts_what_the_model_predicts(found: Interpretation, tmp_path: Path) -> None:
    path = sheetsim.build("movielens", tmp_path / "m.xlsx", learned=found.learned())
    cells = read_cells(path)["card"]
    (place,) = (at for at, cell in cells.items() if cell.value == "predicted rating")
    shown = cells[place[0] + 1, place[1]].value
    item = int(found.items[0])
    expected = found.model.predict(np.array([0]), np.array([item]))[0]
    assert shown == pytest.approx(float(expected), abs=1e-5)  # six decimals of each factor
    report = sheetsim.check(path, ["ironcalc"])
    assert report.ok, report.differences[:3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k is 0; expected 1 or more"),
        ({"y_range": (5.0, 1.0)}, "expected the least prediction, then the greatest"),
        ({"valid": 0.0}, "valid is"),
        ({"optimizer": "lion"}, "optimizer is 'lion'"),
        ({"beta3": 1.0}, "adam has no beta3"),
    ],
)
def test_bad_options(small: MovieLens, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        collab_learner(small, **options)


def test_a_model_of_other_data_is_refused(small: MovieLens) -> None:
    with pytest.raises(DataError, match="40 users and 60 items; the model is of 3 and 4"):
        Interpretation(small, DotProductBias(3, 4, 2))


def test_the_workbook_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="sheetsim movielens --data DIR --out DIR"):
        sheetsim.build("movielens", tmp_path / "m.xlsx")
    assert not list(tmp_path.iterdir())


def test_the_lessons_figures_on_the_real_ratings() -> None:
    """Validation MSE at or below the lesson's 0.81, and titles that its own lists have."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "movielens"
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} is not there")
    data = load_movielens(folder)
    learner = collab_learner(data)
    learner.fit_one_cycle(5, 5e-3)
    print(learner.history)
    assert learner.epochs[-1].valid_loss <= 0.81
    assert isinstance(learner.model, DotProductBias)
    found = Interpretation(data, learner.model)
    lowest, highest = (set(part.title) for part in (found.biases[:30], found.biases[-30:]))
    assert "Children of the Corn: The Gathering (1996)" in lowest
    assert "Lawnmower Man 2: Beyond Cyberspace (1996)" in lowest
    assert {"Schindler's List (1993)", "Shawshank Redemption, The (1994)"} <= highest
    ends = found.extremes(1, 60).title
    good, bad = "Casablanca (1942)", "Home Alone 3 (1997)"
    sides = [title in set(ends[:60]) for title in (good, bad)]
    assert {good, bad} <= set(ends)
    assert sides[0] != sides[1], "the lesson's first component parts the two"
