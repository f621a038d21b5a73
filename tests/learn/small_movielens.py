"""A set of ratings in MovieLens's form, made up: 40 users, 60 movies, two tastes."""

from pathlib import Path

import numpy as np

__all__ = ["write_movielens"]


def write_movielens(folder: Path, users: int = 40, items: int = 60) -> Path:
    """Write ratings.csv and movies.csv; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(4)
    taste, kind = rng.choice([-1, 1], users), rng.choice([-1, 1], items)
    quality = rng.normal(0, 0.7, items)
    rows = ["userId,movieId,rating,timestamp"]
    for user in range(users):
        for item in np.flatnonzero(rng.random(items) < 0.5):
            stars = 3 + taste[user] * kind[item] + quality[item] + rng.normal(0, 0.3)
            stars = np.clip(np.round(2 * stars) / 2, 0.5, 5)
            rows.append(f"{user + 1},{10 * item + 1},{stars},{1_000_000 + user}")
    titles = ["movieId,title,genres"]
    titles += [
        f'{10 * item + 1},"Movie {item}, The (19{item + 30})",Drama' for item in range(items)
    ]
    (folder / "ratings.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "movies.csv").write_text("\n".join(titles) + "\n", encoding="utf-8")
    return folder
