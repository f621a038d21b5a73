"""MovieLens's ratings with the titles of the movies, for the lesson's real data.

`load_movielens` reads a folder of MovieLens 100k (u.data, u.item) or of the newer sets of the
same kind, such as latest-small (ratings.csv, movies.csv); `fetch_movielens` downloads the 100k
set. The data are not part of this project: GroupLens gives them for research and education and
does not allow them to be passed on. F. M. Harper and J. A. Konstan, "The MovieLens Datasets:
History and Context", ACM TiiS 5(4), 2015.

Users and items are codes from 0, in the ascending order of their ids: rows of the tables of
factors. Only items that somebody rated have a code. Eighteen titles of the 100k set stand for
two ids each ("Chasing Amy (1997)" is 246 and 268). Here they stay two items, as they are in the
ratings. fast.ai's lesson merges the titles in and then works by title, so that the two become
one: 1,664 items instead of 1,682, and both movies' ratings counted together. Where a list must
tell them apart, `MovieLens.labels` has the id behind the title: "Chasing Amy (1997) [246]".
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.data._movielens_files import Ids, Rows, read_rows, read_titles
from sheetsim.data._unpack import unpack
from sheetsim.data.csv_table import printable
from sheetsim.data.labels import MAX_LABEL, fold
from sheetsim.data.numbers import read_only
from sheetsim.errors import DataError, OptionError, OptionName, shown
from sheetsim.option_values import whole_number

if TYPE_CHECKING:
    import pandas as pd

    from sheetsim.data.download import Progress

KINDS = (("u.data", "u.item"), ("ratings.csv", "movies.csv"))
"""The files of a set: ratings and titles; the first kind that is there is read."""

MOST_STARS = 10
"""Greatest rating of any set of this kind."""

SUBFOLDERS = (".", "ml-100k", "ml-latest-small")
"""Where in the folder they are looked for: a zip unpacks into a folder of its own."""


@dataclass(frozen=True, eq=False)
class MovieLens:
    """Ratings row by row, as the file has them; all arrays are read-only.

    Attributes:
        users: codes of the users, int64 (n,), from 0 to n_users - 1.
        items: codes of the items, int64 (n,), from 0 to n_items - 1.
        ratings: stars, float64 (n,), each from 0 to 10; MovieLens's are 0.5 to 5.
        timestamps: seconds since 1970, int64 (n,), or None if the file has none.
        user_ids: the users' ids, int64 (n_users,), ascending.
        item_ids: the items' ids, int64 (n_items,), ascending.
        titles: the items' titles, (n_items,); two items may share one.
        source: where they are from, for people to read.

    Raises:
        DataError: lengths differ, or a code has no id.
    """

    users: Ids
    items: Ids
    ratings: Floats
    timestamps: Ids | None
    user_ids: Ids
    item_ids: Ids
    titles: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        for name in ("users", "items", "timestamps", "user_ids", "item_ids"):
            if (values := getattr(self, name)) is not None:
                copy = np.array(values, dtype=np.int64)
                if not np.array_equal(copy, values):
                    raise DataError(f"{self.source}: {name} are no whole numbers")
                copy.setflags(write=False)
                object.__setattr__(self, name, copy)
        object.__setattr__(self, "ratings", read_only(self.ratings))
        columns = [
            c for c in (self.users, self.items, self.ratings, self.timestamps) if c is not None
        ]
        if len({column.shape for column in columns}) > 1 or self.users.ndim != 1:
            raise DataError(f"{self.source}: expected users, items and ratings of one shape, (n,)")
        if len(self.titles) != len(self.item_ids):
            raise DataError(
                f"{self.source}: {len(self.titles)} titles for {len(self.item_ids)} items; "
                "expected as many"
            )
        if not ((self.ratings >= 0) & (self.ratings <= MOST_STARS)).all():
            raise DataError(f"{self.source}: expected ratings from 0 to {MOST_STARS}")
        for codes, ids in ((self.users, self.user_ids), (self.items, self.item_ids)):
            if (np.diff(ids) <= 0).any():
                raise DataError(f"{self.source}: expected ids that ascend")
            if len(codes) and not (codes.min() >= 0 and codes.max() < len(ids)):
                raise DataError(f"{self.source}: a code has no id; expected 0 to {len(ids) - 1}")

    def __len__(self) -> int:
        """Number of ratings."""
        return len(self.ratings)

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of items with a rating."""
        return len(self.item_ids)

    @functools.cached_property
    def labels(self) -> tuple[str, ...]:
        """Titles that tell the items apart, (n_items,): with the id where two are the same.

        The same as a spreadsheet looks them up, case ignored; none is longer than it can look up.
        """
        shared = Counter(fold(title) for title in self.titles)
        some = [shared[fold(title)] > 1 for title in self.titles]
        labels = self._with_ids(some)
        if len({fold(label) for label in labels}) < len(labels):  # a title that looks so already
            labels = self._with_ids([True] * len(some))
        return labels

    def _with_ids(self, which: Sequence[bool]) -> tuple[str, ...]:
        ends = (f" [{item}]" if one else "" for item, one in zip(self.item_ids, which, strict=True))
        return tuple(
            title[: MAX_LABEL - len(end)] + end if end else title
            for title, end in zip(self.titles, ends, strict=True)
        )

    def frame(self) -> pd.DataFrame:
        """The ratings with their titles, merged by the item's id.

        Returns:
            Columns user, item (ids), title, rating, and timestamp if there is one; n rows in
            the file's order.
        """
        import pandas as pd

        rows = {"user": self.user_ids[self.users], "item": self.item_ids[self.items]}
        ratings = pd.DataFrame({**rows, "rating": self.ratings})
        if self.timestamps is not None:
            ratings["timestamp"] = self.timestamps
        names = pd.DataFrame({"item": self.item_ids, "title": list(self.titles)})
        merged = ratings.merge(names, on="item", how="left", validate="many_to_one")
        return merged[["user", "item", "title", *ratings.columns[2:]]]


def fetch_movielens(
    folder: str | os.PathLike[str] | None = None, progress: Progress | None = None
) -> Path:
    """The folder of MovieLens 100k, downloaded into the cache the first time.

    Args:
        folder: the cache; None for the user's.
        progress: see `fetch`.

    Raises:
        DataError: it cannot be downloaded; see `fetch`.
        OutputError: the cache cannot be written to.
    """
    from sheetsim.data.download import MOVIELENS_100K, fetch  # HTTP and TLS, slow to import

    archive = fetch(MOVIELENS_100K, folder=folder, progress=progress)
    members = [f"ml-100k/{name}" for name in KINDS[0]]
    return unpack(archive, members, archive.parent)[0].parent


def load_movielens(folder: str | os.PathLike[str]) -> MovieLens:
    """The ratings and titles in a folder of MovieLens's.

    Args:
        folder: holds u.data and u.item, or ratings.csv and movies.csv, itself or in a folder
            ml-100k or ml-latest-small; see `sheetsim.data._movielens_files` for their formats.

    Returns:
        The ratings in the file's order.

    Raises:
        DataError: folder or files are missing, a line is not as it must be, a rating is outside
            0 to 10, a user rates an item twice, or a rated item has no title.
    """
    rated, titled = _files(Path(folder))
    rows = read_rows(rated)
    user_ids, users = np.unique(rows.users, return_inverse=True)
    item_ids, items = np.unique(rows.items, return_inverse=True)
    _check_once(rows, users * len(item_ids) + items)
    known = read_titles(titled)
    unknown = [item for item in item_ids.tolist() if item not in known]
    if unknown:
        first = ", ".join(str(item) for item in unknown[:3]) + (", …" if len(unknown) > 3 else "")
        raise DataError(
            f"{printable(titled)}: no title for {len(unknown):,} of the {len(item_ids):,} items "
            f"that {rated.name} rates: {first}; expected a row for each"
        )
    titles = tuple(known[item] for item in item_ids.tolist())
    source = printable(Path(rated.absolute().parent.name, rated.name))
    return MovieLens(
        users, items, rows.ratings, rows.timestamps, user_ids, item_ids, titles, source
    )


def _files(folder: Path) -> tuple[Path, Path]:
    name = printable(folder)
    wanted = "expected " + " or ".join(" and ".join(kind) for kind in KINDS)
    if not folder.exists():
        raise DataError(f"{name}: no such folder; {wanted} in it")
    if not folder.is_dir():
        raise DataError(f"{name}: is not a folder; {wanted} in one (unpack a zip first)")
    for below in SUBFOLDERS:
        for kind in KINDS:
            files = [folder / below / file for file in kind]
            there = [file.exists() for file in files]
            if all(there):
                return files[0], files[1]
            if any(there):
                here, gone = (kind[there.index(flag)] for flag in (True, False))
                raise DataError(f"{name}: has {here} but no {gone}; {wanted}")
    raise DataError(f"{name}: none of the files is there; {wanted}")


def _check_once(rows: Rows, pairs: Ids) -> None:
    if not (np.diff(np.sort(pairs)) == 0).any():
        return
    order = np.argsort(pairs, kind="stable")
    repeats = order[1:][pairs[order[1:]] == pairs[order[:-1]]]
    again = int(repeats.min())
    first = int(np.argmax(pairs == pairs[again]))
    raise DataError(
        f"{rows.name}: line {rows.line(again)}: user {rows.users[again]} rates item "
        f"{rows.items[again]} twice, first on line {rows.line(first)}; expected one rating per "
        "user and item"
    )


def split(data: Sized, valid: float = 0.1, seed: int = 42) -> tuple[Ids, Ids]:
    """Rows to train with and rows to validate with, drawn at random without replacement.

    int(n * valid) rows validate, as in fast.ai, and the same seed gives the same rows always;
    but not fast.ai's rows. Its `split_by_rand_pct` permutes with NumPy's legacy generator
    (Mersenne twister; its version 2 with PyTorch's), and the lesson's rows stood in another order
    after the merge. So a loss on validation compares with the lesson's up to chance only.

    Args:
        data: a MovieLens, or anything else with a length n, 2 or more.
        valid: share of the rows to validate with, between 0 and 1; at least one row each.
        seed: seed of NumPy's default generator, 0 or more.

    Returns:
        Indices of the rows to train with and to validate with, int64, both ascending.

    Raises:
        OptionError: an argument is outside its range.
    """
    n, seed = len(data), whole_number("seed", seed, 0)
    cut = int(n * valid) if 0 < valid < 1 else 0
    if not 0 < cut < n:
        raise OptionError(
            OptionName("valid"),
            f" is {shown(valid)}; expected a share between 0 and 1 that leaves a row of the "
            f"{n:,} on either side",
        )
    shuffled = np.random.default_rng(seed).permutation(n)
    return np.sort(shuffled[cut:]), np.sort(shuffled[:cut])


def batch_preview(data: MovieLens, n: int = 5, seed: int = 42) -> pd.DataFrame:
    """A few ratings drawn at random, to show: the `show_batch` of the lesson.

    Args:
        data: the ratings.
        n: how many, at least 1; all, if there are fewer.
        seed: seed of NumPy's default generator, 0 or more.

    Returns:
        Columns user (id), title (as in `labels`), rating; n rows.

    Raises:
        OptionError: an argument is outside its range.
    """
    import pandas as pd

    n, seed = whole_number("n", n, 1), whole_number("seed", seed, 0)
    rows = np.random.default_rng(seed).choice(len(data), min(n, len(data)), replace=False)
    return pd.DataFrame(
        {
            "user": data.user_ids[data.users[rows]],
            "title": [data.labels[item] for item in data.items[rows].tolist()],
            "rating": data.ratings[rows],
        }
    )


def most_rated(data: MovieLens, n: int = 1000) -> Ids:
    """Codes of the items with the most ratings, most first, ties by the lower id.

    fast.ai counts by title, so that the two items of one title count together there.

    Args:
        data: the ratings.
        n: how many, at least 1; all, if there are fewer.

    Returns:
        Codes, int64, (n,) or shorter.

    Raises:
        OptionError: n is less than 1.
    """
    counts = np.bincount(data.items, minlength=data.n_items)
    # stable: equal counts stay in the order of the codes, which is that of the ids
    return np.argsort(-counts, kind="stable")[: whole_number("n", n, 1)]
