"""Pictures of handwritten digits with what they are meant to be.

The embedded ones are real: the 1,797 digits of 8 x 8 pixels, in 17 shades, of the test set of
"Optical Recognition of Handwritten Digits" (13 writers), as scikit-learn ships them;
`scripts/make_digits` wrote them here as two IDX files.

    E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, https://doi.org/10.24432/C50P49, licensed under CC BY 4.0
    (https://creativecommons.org/licenses/by/4.0/); the numbers are as they came, the file format
    is another.

`load_digits(folder)` reads a folder of MNIST's own files, or of others in their format and with
their names. Some of the digits are held back to see how well a model does on what it never saw:
MNIST's t10k files where the train files are there too, and otherwise the last fifth.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sheetsim.data.csv_table import printable
from sheetsim.data.idx import Bytes, read_idx
from sheetsim.errors import DataError

if TYPE_CHECKING:
    from sheetsim.data.download import Progress

CLASSES = 10
"""The digits 0 to 9."""

DEFAULT_SOURCE = "1,797 handwritten digits (UCI, E. Alpaydin and C. Kaynak, CC BY 4.0)"
DEFAULT_WHITE = 16
"""Brightest value of a pixel in the embedded digits: 4 x 4 dots, all of them ink."""

IDX_WHITE = 255
"""Brightest value of a pixel in MNIST's files."""

MAX_SIDE = 64
"""Most rows and columns of a picture."""

PARTS = ("train", "t10k")
HELD_BACK = 5
"""One digit of so many is held back where the files do not say which."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Pictures of digits, and which digits they show.

    Attributes:
        images: uint8 (n, h, w), read-only, each pixel 0 (paper) to `white` (ink).
        labels: int64 (n,), read-only, each 0 to 9.
        source: where they are from, for people to read.
        white: the greatest value that a pixel may have, 1 to 255.
        n_valid: how many of them, the last ones, are held back from training.

    Raises:
        DataError: another shape, no digit, not as many labels as images, a label or a pixel out
            of range, or none left to train with.
    """

    images: Bytes
    labels: npt.NDArray[np.int64]
    source: str
    white: int = IDX_WHITE
    n_valid: int = 0

    def __post_init__(self) -> None:
        images = _whole(self.images, f"{self.source}: images", 3, self.white)
        labels = _whole(self.labels, f"{self.source}: labels", 1, CLASSES - 1)
        if len(images) != len(labels):
            raise DataError(
                f"{self.source}: {len(images):,} images and {len(labels):,} labels; expected as "
                "many of both"
            )
        if max(images.shape[1:]) > MAX_SIDE:
            raise DataError(
                f"{self.source}: images of {_size(images)} pixels; expected at most {MAX_SIDE} x "
                f"{MAX_SIDE}"
            )
        if not 0 <= self.n_valid < len(images):
            raise DataError(
                f"{self.source}: {self.n_valid:,} of {len(images):,} digits held back; expected "
                "fewer than there are"
            )
        object.__setattr__(self, "images", _read_only(images.astype(np.uint8)))
        object.__setattr__(self, "labels", _read_only(labels.astype(np.int64)))

    @property
    def n(self) -> int:
        """Number of digits."""
        return len(self.labels)

    @property
    def side(self) -> tuple[int, int]:
        """Rows and columns of a picture."""
        height, width = self.images.shape[1:]
        return int(height), int(width)

    @property
    def train(self) -> Digits:
        """Those to train with: all but the ones held back."""
        return self._part(slice(0, self.n - self.n_valid), "to train with")

    @property
    def valid(self) -> Digits:
        """Those held back.

        Raises:
            DataError: none are.
        """
        if not self.n_valid:
            raise DataError(f"{self.source}: no digit is held back; expected one at least")
        return self._part(slice(self.n - self.n_valid, self.n), "held back")

    def flat(self, dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
        """The pixels as rows of floats, (n, h w), each 0 (paper) to 1 (ink)."""
        rows = self.images.reshape(self.n, -1).astype(dtype)
        rows /= self.white
        return rows

    def _part(self, which: slice, words: str) -> Digits:
        return replace(
            self,
            images=self.images[which],
            labels=self.labels[which],
            source=f"{self.source}, {words}",
            n_valid=0,
        )


def fetch_digits(
    folder: str | os.PathLike[str] | None = None, progress: Progress | None = None
) -> Path:
    """The folder of MNIST's four files, downloaded into the cache the first time.

    Args:
        folder: the cache; None for the user's.
        progress: called as the bytes come, with those of all four files so far and in all.

    Raises:
        DataError: a file cannot be downloaded; see `fetch`.
        OutputError: the cache cannot be written to.
    """
    from sheetsim.data.download import MNIST, fetch  # Python's HTTP and TLS, slow to import

    sizes = [source.size or 0 for source in MNIST.values()]
    for number, source in enumerate(MNIST.values()):
        before = sum(sizes[:number])

        def tell(done: int, _total: int | None, before: int = before) -> None:
            if progress is not None:
                progress(before + done, sum(sizes))

        file = fetch(source, folder=folder, progress=tell)
    return file.parent


def load_digits(folder: str | os.PathLike[str] | None = None) -> Digits:
    """The embedded digits, or those of a folder with MNIST's files.

    Args:
        folder: None for the embedded digits; else a folder that holds train-images-idx3-ubyte
            and train-labels-idx1-ubyte, or t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or
            all four, each plain or with .gz behind it (a dot may stand where a `-` stands before
            idx). With all four, those of t10k are held back; else the last fifth is.

    Returns:
        The digits, (n, h, w), with `n_valid` of them, the last, held back.

    Raises:
        DataError: no such folder; a file is missing or not as it must be (see `read_idx`); there
            are more labels than images, or fewer; a label is not 0 to 9.
    """
    if folder is None:
        return _embedded()
    place = Path(folder)
    name = printable(place)
    try:
        if not place.is_dir():
            reason = "is no folder" if place.exists() else "no such folder"
            raise DataError(f"{name}: {reason}; expected a folder with MNIST's files")
        pairs = {part: files for part in PARTS if (files := _pair(place, part)) is not None}
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{name}: cannot be read ({reason}); expected a folder") from None
    if not pairs:
        raise DataError(
            f"{name}: no images in it; expected train-images-idx3-ubyte or "
            "t10k-images-idx3-ubyte (or .gz), with their labels"
        )
    parts = [_read_pair(*files) for files in pairs.values()]
    if len(parts) == 1:
        images, labels = parts[0]
        n_valid = len(images) // HELD_BACK
        return Digits(images, labels, f"{name} ({next(iter(pairs))})", n_valid=n_valid)
    (images, labels), (more, answers) = parts
    if images.shape[1:] != more.shape[1:]:
        raise DataError(
            f"{name}: images of {_size(images)} pixels to train with and of {_size(more)} in "
            "t10k; expected one size"
        )
    return Digits(
        np.concatenate([images, more]),
        np.concatenate([labels, answers]),
        name,
        n_valid=len(more),
    )


@functools.cache
def _embedded() -> Digits:
    folder = resources.files("sheetsim.data")
    arrays = []
    for kind in ("images-idx3", "labels-idx1"):
        with resources.as_file(folder.joinpath(f"digits-{kind}-ubyte.gz")) as path:
            arrays.append(read_idx(path))
    images, labels = arrays
    n_valid = len(images) // HELD_BACK
    return Digits(images, labels.astype(np.int64), DEFAULT_SOURCE, DEFAULT_WHITE, n_valid)


def _pair(folder: Path, part: str) -> tuple[Path, Path] | None:
    """The files of images and labels of a part; None if neither is there."""
    images, labels = (_find(folder, part, kind) for kind in ("images-idx3", "labels-idx1"))
    if images is not None and labels is not None:
        return images, labels
    there, missing = (images, "labels-idx1") if images else (labels, "images-idx3")
    if there is None:
        return None
    raise DataError(
        f"{printable(folder)}: found {printable(there.name)} alone; expected {part}-{missing}-ubyte"
        " (or .gz) beside it"
    )


def _find(folder: Path, part: str, kind: str) -> Path | None:
    """The file of a part, the plain one before the gzip'd."""
    stems = (f"{part}-{kind}-ubyte", f"{part}-{kind.replace('-', '.')}-ubyte")
    for stem in stems:
        for file in (folder / stem, folder / f"{stem}.gz"):
            if file.exists():
                return file
    return None


def _read_pair(images_file: Path, labels_file: Path) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """Images (n, h, w) and labels (n,), checked against each other with the files named."""
    images, labels = read_idx(images_file), read_idx(labels_file)
    for file, array, expected in ((images_file, images, 3), (labels_file, labels, 1)):
        if array.ndim != expected:
            raise DataError(f"{printable(file)}: {array.ndim} dimensions; expected {expected}")
    if len(images) != len(labels):
        raise DataError(
            f"{printable(labels_file)}: {len(labels):,} labels; expected {len(images):,}, as many "
            f"as there are images in {printable(images_file.name)}"
        )
    _check_range(labels, printable(labels_file), CLASSES - 1)
    return images, labels.astype(np.int64)


def _whole(values: npt.ArrayLike, place: str, dimensions: int, most: int) -> npt.NDArray[Any]:
    """The values as an array of whole numbers from 0 to `most`.

    Raises:
        DataError: it is none.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise DataError(f"{place}: numbers of type {array.dtype}; expected whole numbers")
    if array.ndim != dimensions or not array.size:
        raise DataError(
            f"{place}: shape {array.shape}; expected {dimensions} dimensions, not empty"
        )
    _check_range(array, place, most)
    return array


def _check_range(array: npt.NDArray[Any], place: str, most: int) -> None:
    wrong = np.argwhere((array < 0) | (array > most))
    if len(wrong):
        at = tuple(wrong[0])
        where = ", ".join(str(i + 1) for i in at)
        raise DataError(f"{place}: number {where} is {array[at]}; expected 0 to {most}")


def _size(images: npt.NDArray[Any]) -> str:
    return " x ".join(str(side) for side in images.shape[1:])


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.setflags(write=False)
    return array
