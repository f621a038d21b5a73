"""IDX files and digits: what is there comes back, and what is broken is a DataError of one line."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsim.data import Digits, load_digits, read_idx
from sheetsim.data.digits import DEFAULT_WHITE
from sheetsim.data.idx import MAX_BYTES
from sheetsim.errors import DataError
from sheetsim.sheet import Array

IMAGES = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3) * 4
LABELS = np.array([3, 1, 4, 1, 9], dtype=np.uint8)
ANSWERS = LABELS.astype(np.int64)
FILES = {"images-idx3": IMAGES, "labels-idx1": LABELS}


def idx(array: Array, *, kind: int = 8) -> bytes:
    """The bytes of an IDX file, by the format's own description."""
    header = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def write(folder: Path, *parts: str, dot: bool = False, packed: bool = False) -> Path:
    for part in parts:
        for kind, array in FILES.items():
            name = f"{part}-{kind.replace('-', '.' if dot else '-')}-ubyte"
            data = idx(array)
            (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
    return folder


def refused(path: Path, *words: str, read: Callable[[Path], object] = read_idx) -> None:
    with pytest.raises(DataError) as caught:
        read(path)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert path.name in message
    assert "expected" in message
    for word in words:
        assert word in message


# Reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("array", [IMAGES, LABELS, IMAGES[0], IMAGES[:1, :1, :1]])
def test_arrays_come_back(array: Array, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "any name"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    found = read_idx(path)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, array)
    assert not found.flags.writeable


def test_gzip_of_several_members_is_one_file(tmp_path: Path) -> None:
    data = idx(IMAGES)
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(data[:30]) + gzip.compress(data[30:]))
    np.testing.assert_array_equal(read_idx(path), IMAGES)


BROKEN: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty": (b"", ("the file is empty",)),
    "text": (b"pixel1,pixel2\n1,2\n", ("begins with 70 69 78 65",)),
    "one byte": (b"\0", ("begins with 00",)),
    "floats": (idx(IMAGES, kind=0x0D), ("type is 0x0D (float)",)),
    "unknown type": (idx(IMAGES, kind=0x07), ("type is 0x07 (unknown)",)),
    "no dimension": (b"\0\0\x08\0\x05", ("has 0 dimensions",)),
    "four dimensions": (idx(IMAGES[None]), ("has 4 dimensions",)),
    "header cut": (idx(IMAGES)[:13], ("the header ends after 13 bytes", "expected 16")),
    "data cut": (idx(IMAGES)[:-1], ("found only 59", "60 bytes", "5 x 4 x 3")),
    "no data": (idx(IMAGES)[:16], ("found only 0",)),
    "too long": (idx(IMAGES) + b"\0", ("found more", "60 bytes")),
    "no image": (idx(IMAGES[:0]), ("holds nothing", "0 x 4 x 3")),
    "no pixel": (b"\0\0\x08\x03" + struct.pack(">3I", 5, 0, 3), ("holds nothing",)),
    "huge": (b"\0\0\x08\x03" + b"\xff" * 12, ("4,294,967,295 x", f"{MAX_BYTES:,}")),
    "zip": (b"PK\x03\x04" + b"\0" * 40, ("begins with 50 4b 03 04",)),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("packed", [False, True])
def test_broken_files_are_refused(case: str, packed: bool, tmp_path: Path) -> None:
    data, words = BROKEN[case]
    path = tmp_path / f"{case}.idx"
    path.write_bytes(gzip.compress(data) if packed else data)
    refused(path, *words)


def test_gzip_cut_short_or_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    packed = gzip.compress(idx(IMAGES), mtime=0)
    for data, word in (
        (packed[:-9], "cut short"),  # within the deflated data
        (packed[:-1], "cut short"),  # within the sum and the length behind them
        (packed[:5], "cut short"),
        (packed[:-8] + b"\0\0\0\0" + packed[-4:], "corrupt"),  # the sum is wrong
        (packed[:-4] + b"\0\0\0\1", "corrupt"),  # the length is
        (packed + b"more", "corrupt"),
        (b"\x1f\x8b\x07" + packed[3:], "corrupt"),  # no such method
    ):
        path.write_bytes(data)
        refused(path, f"the gzip data is {word}")


def test_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A header that promises 60 bytes, and 300 million packed zeros behind it."""
    path = tmp_path / "bomb.gz"
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(idx(IMAGES))]
    parts += [packer.compress(bytes(10**6)) for _ in range(300)]
    path.write_bytes(b"".join([*parts, packer.flush()]))
    assert path.stat().st_size < 10**6
    refused(path, "found more than that; expected 60 bytes")


def test_files_that_are_none(tmp_path: Path) -> None:
    refused(tmp_path / "absent", "no such file")
    refused(tmp_path, "is a folder")
    refused(tmp_path / ("long" * 200), "cannot be read")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "not a regular file")


def test_numpy_pickles_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "array.npy"
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    refused(path, "begins with 93 4e 55 4d")


@settings(
    max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(
    array=st.sampled_from([IMAGES, LABELS]),
    packed=st.booleans(),
    cut=st.none() | st.integers(0, 90),
    bit=st.none() | st.integers(0, 8 * 16 - 1),
)
def test_a_flipped_bit_or_a_cut_is_refused_or_harmless(
    tmp_path: Path, array: Array, packed: bool, cut: int | None, bit: int | None
) -> None:
    """Harmless as the time in gzip's header is; nothing but the right array ever comes back."""
    data = bytearray(gzip.compress(idx(array)) if packed else idx(array))
    if bit is not None and bit // 8 < (len(data) if packed else 4 + 4 * array.ndim):
        data[bit // 8] ^= 1 << bit % 8
    path = tmp_path / "x"
    path.write_bytes(bytes(data[:cut]))
    try:
        found = read_idx(path)
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017 - it may come, and need not
    else:
        np.testing.assert_array_equal(found, array)


@settings(
    max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(data=st.binary(max_size=60), packed=st.booleans(), head=st.booleans())
def test_any_bytes_are_refused_or_read(
    tmp_path: Path, data: bytes, packed: bool, head: bool
) -> None:
    path = tmp_path / "x"
    whole = b"\0\0\x08" * head + data
    path.write_bytes(gzip.compress(whole) if packed else whole)
    try:
        found = read_idx(path)
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017 - it may come, and need not
    else:
        assert idx(found) == whole


# Digits ------------------------------------------------------------------------------------


def test_embedded_digits_are_the_real_ones() -> None:
    """Counts and the first digit are from the UCI page and scikit-learn's documentation."""
    digits = load_digits()
    assert digits.images.shape == (1797, 8, 8)
    assert digits.white == DEFAULT_WHITE == digits.images.max()
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(digits.labels).tolist() == counts
    assert digits.labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    first = ["0 0 5 13 9 1 0 0", "0 0 13 15 10 15 5 0", "0 3 15 2 0 11 8 0", "0 4 12 0 0 8 8 0"]
    first += ["0 5 8 0 0 9 8 0", "0 4 11 0 1 12 7 0", "0 2 14 5 10 12 0 0", "0 0 6 13 10 0 0 0"]
    assert [" ".join(map(str, row)) for row in digits.images[0]] == first
    assert (digits.train.n, digits.valid.n) == (1438, 359)
    assert "CC BY 4.0" in digits.source


def test_flat_rows_are_shares_of_ink() -> None:
    digits = Digits(IMAGES, ANSWERS, "here", white=240)
    for dtype in (np.float64, np.float32):
        rows = digits.flat(dtype)
        assert rows.dtype == dtype
        np.testing.assert_allclose(rows, IMAGES.reshape(5, 12) / 240, rtol=1e-6)
    assert load_digits().flat().min() == 0
    assert load_digits().flat().max() == 1


def test_default_is_read_once_and_cannot_be_changed() -> None:
    assert load_digits() is load_digits()
    with pytest.raises(ValueError, match="read-only"):
        load_digits().images[0, 0, 0] = 1


@pytest.mark.parametrize("part", ["train", "t10k"])
@pytest.mark.parametrize(("dot", "packed"), [(False, True), (True, False), (False, False)])
def test_one_pair_of_files(part: str, dot: bool, packed: bool, tmp_path: Path) -> None:
    digits = load_digits(write(tmp_path, part, dot=dot, packed=packed))
    np.testing.assert_array_equal(digits.images, IMAGES)
    np.testing.assert_array_equal(digits.train.labels, LABELS[:4])
    np.testing.assert_array_equal(digits.valid.labels, LABELS[4:])
    assert digits.side == (4, 3)


def test_with_both_pairs_t10k_is_held_back(tmp_path: Path) -> None:
    digits = load_digits(str(write(tmp_path, "train", "t10k", packed=True)))
    assert (digits.n, digits.n_valid) == (10, 5)
    for part in (digits.train, digits.valid):
        np.testing.assert_array_equal(part.images, IMAGES)
        np.testing.assert_array_equal(part.labels, LABELS)


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    refused(folder, "no such folder", read=load_digits)
    refused(tmp_path / ("long" * 200), "cannot be read", read=load_digits)
    folder.mkdir()
    refused(folder, "no images in it", read=load_digits)
    write(folder, "train")
    labels = folder / "train-labels-idx1-ubyte"
    refused(labels, "is no folder", read=load_digits)
    for array, words in (
        (LABELS[:4], ("4 labels", "expected 5")),
        (LABELS + 1, ("number 5 is 10", "0 to 9")),
        (IMAGES, ("3 dimensions; expected 1",)),
    ):
        labels.write_bytes(idx(array))
        refused(labels, *words, read=lambda _: load_digits(folder))
    labels.unlink()
    refused(folder, "train-images-idx3-ubyte alone", read=load_digits)
    labels.write_bytes(idx(LABELS))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS))
    refused(folder, "t10k-labels-idx1-ubyte alone", read=load_digits)
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(IMAGES[:, :3]))
    refused(folder, "4 x 3 pixels", "3 x 3", read=load_digits)


def test_digits_that_are_none() -> None:
    for images, labels, white, n_valid, words in (
        (IMAGES, LABELS[:4], 255, 0, "5 images and 4 labels"),
        (IMAGES, LABELS + 1, 255, 0, "number 5 is 10; expected 0 to 9"),
        (IMAGES, LABELS.astype(int) - 2, 255, 0, "number 2 is -1"),
        (IMAGES, LABELS, 100, 0, "expected 0 to 100"),
        (IMAGES / 255, LABELS, 255, 0, "type float64"),
        (IMAGES[0], LABELS, 255, 0, "expected 3 dimensions"),
        (IMAGES[:0], LABELS[:0], 255, 0, "not empty"),
        (np.zeros((5, 65, 1), np.uint8), LABELS, 255, 0, "at most 64 x 64"),
        (IMAGES, LABELS, 255, 5, "5 of 5 digits held back"),
        (IMAGES, LABELS, 255, -1, "-1 of 5"),
    ):
        with pytest.raises(DataError, match=words):
            Digits(images, labels, "here", white, n_valid)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no digit is held back"):
        _ = Digits(IMAGES, ANSWERS, "here").valid


def test_mnist() -> None:
    """10,000 digits; the first is a 7, and there are 980 zeros (LeCun's page, counted anew)."""
    folder = DATA / "mnist"
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} is not there")
    digits = load_digits(folder)
    assert (digits.n, digits.side, digits.n_valid) == (10_000, (28, 28), 2_000)
    assert digits.labels[:5].tolist() == [7, 2, 1, 0, 4]
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(digits.labels).tolist() == counts
