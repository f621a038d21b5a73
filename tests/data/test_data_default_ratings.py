"""The embedded ratings: what the generator writes, fit for a class, and nobody else's."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sheetsim.data import as_ratings, default_ratings, load_ratings

ROOT = Path(__file__).resolve().parents[2]
LECTURE = ROOT.parent / "shared" / "data" / "lecture" / "ratings.csv"


def test_the_default_is_what_its_generator_writes(tmp_path: Path) -> None:
    """Exactly: the generator uses no function whose last bits differ between machines."""
    made = tmp_path / "ratings.csv"
    subprocess.run([sys.executable, ROOT / "scripts" / "make_ratings", made], check=True)
    embedded = ROOT / "sheetsim" / "data" / "ratings.csv"
    assert made.read_text("utf-8").splitlines() == embedded.read_text("utf-8").splitlines()
    assert load_ratings(made) == default_ratings()


def test_the_default_suits_a_class() -> None:
    table = as_ratings(None)
    assert table is default_ratings()
    assert table.source == "embedded default"
    assert (table.n_users, table.n_movies, table.count) == (15, 15, 15 * 15 - 19)
    rated = table.values[table.mask]
    assert set(rated * 2) == set(range(1, 11))  # all half stars from 0.5 to 5 occur
    assert table.mask.sum(axis=0).min() >= 10
    assert table.mask.sum(axis=1).min() >= 10
    assert all(isinstance(user, str) and len(user) <= 8 for user in table.users)
    for movie in table.movies:
        assert isinstance(movie, str)
        assert len(movie) <= 12
        assert not set(movie) & set("?*~=+-@")
    assert list(table.users) == sorted(table.users, key=str)  # so the long form gives it back
    assert list(table.movies) == sorted(table.movies, key=str)


def test_the_default_has_structure_to_find() -> None:
    """Three directions hold most of what varies (by SVD, blanks at the mean of all)."""
    table = default_ratings()
    values = np.where(table.mask, table.values, np.nanmean(table.values))
    energy = np.linalg.svd(values - values.mean(), compute_uv=False) ** 2
    assert energy[:3].sum() / energy.sum() > 0.75
    assert energy[0] / energy.sum() < 0.7  # and a single one does not


def test_the_default_is_not_the_lectures() -> None:
    if not LECTURE.exists():
        pytest.skip(f"the lecture's data are not here: {LECTURE}")
    mine, lectures = default_ratings(), load_ratings(LECTURE)
    assert not set(map(str, mine.users)) & set(map(str, lectures.users))
    assert not set(map(str, mine.movies)) & set(map(str, lectures.movies))
    assert (mine.values == lectures.values).mean() < 0.5
