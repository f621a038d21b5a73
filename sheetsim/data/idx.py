"""The one strict reader of IDX files, the format of MNIST and its kin.

An IDX file is a header and then the numbers, row by row, nothing else:

    bytes 0, 1      zero
    byte 2          the type: 0x08 is unsigned byte, the only one that MNIST uses and we read
    byte 3          how many dimensions, d
    next 4 d bytes  the size of each dimension, big-endian
    the rest        the product of the sizes, one byte each

so images (n, rows, columns) begin with 00 00 08 03 and labels (n,) with 00 00 08 01. Files may be
gzip'd, which their first bytes say and not their name. Nothing is unpickled, and no
more is unpacked than the header promises, so that a small file cannot fill the memory.

Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits.
"""

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from sheetsim.data.csv_table import printable
from sheetsim.errors import DataError

Bytes = npt.NDArray[np.uint8]

MAX_BYTES = 1_000_000_000
"""Most bytes of data that are read: MNIST has 47 million, the largest of its kin 547 million."""

MAX_DIMENSIONS = 3
"""Images have three: how many, rows, columns."""

UNSIGNED_BYTE = 0x08
_TYPES = {0x09: "signed byte", 0x0B: "short", 0x0C: "int", 0x0D: "float", 0x0E: "double"}
_CHUNK = 1 << 20


def read_idx(path: str | os.PathLike[str]) -> Bytes:
    """Read an IDX file of unsigned bytes, plain or gzip'd.

    Args:
        path: the file, such as train-images-idx3-ubyte.gz.

    Returns:
        The numbers, uint8, each 0 to 255, in the shape that the header says (1 to 3 dimensions,
        none of them 0); read-only.

    Raises:
        DataError: no such file, a folder, not readable; not an IDX file, or one of another type;
            more or fewer bytes than its header says; gzip data that is corrupt or cut short; no
            number at all; more than a billion. One line with the file, what was found and what
            was expected.
    """
    file = Path(path)
    name = printable(file)
    try:
        _check_file(file, name)
        with file.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not packed:
                return _read(raw, name)
            with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
                return _read(unpacked, name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        reason = "cut short" if isinstance(error, EOFError) else "corrupt"
        raise DataError(f"{name}: the gzip data is {reason}; expected a whole IDX file") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{name}: cannot be read ({reason}); expected an IDX file") from None


def _check_file(file: Path, name: str) -> None:
    if not file.exists():
        raise DataError(f"{name}: no such file; expected an IDX file")
    if not file.is_file():
        kind = "a folder" if file.is_dir() else "not a regular file"
        raise DataError(f"{name}: is {kind}; expected an IDX file")


def _read(stream: IO[bytes] | gzip.GzipFile, name: str) -> Bytes:
    """Header and data of an open file; reads one byte beyond, to see that there is none."""
    shape = _shape(stream, name)
    size = math.prod(shape)
    sizes = " x ".join(f"{one:,}" for one in shape)
    if not size:
        raise DataError(f"{name}: holds nothing (its sizes are {sizes}); expected at least one")
    if size > MAX_BYTES:
        raise DataError(
            f"{name}: the header says {sizes}, {size:,} bytes; expected at most {MAX_BYTES:,}"
        )
    data = bytearray()
    while len(data) <= size and (chunk := stream.read(min(_CHUNK, size + 1 - len(data)))):
        data += chunk
    if len(data) != size:
        found = f"only {len(data):,}" if len(data) < size else "more than that"
        raise DataError(
            f"{name}: found {found}; expected {size:,} bytes after the header, which says {sizes}"
        )
    values: Bytes = np.frombuffer(bytes(data), np.uint8).reshape(shape)
    return values


def _shape(stream: IO[bytes] | gzip.GzipFile, name: str) -> tuple[int, ...]:
    """The sizes in the header."""
    magic = stream.read(4)
    expected = "expected 00 00 08 and the number of dimensions, 1 to 3"
    if not magic:
        raise DataError(f"{name}: the file is empty; {expected}")
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(f"{name}: begins with {magic.hex(' ')}, so it is no IDX file; {expected}")
    if magic[2] != UNSIGNED_BYTE:
        kind = _TYPES.get(magic[2], "unknown")
        raise DataError(
            f"{name}: its type is 0x{magic[2]:02X} ({kind}); expected 0x08, unsigned byte"
        )
    dimensions = magic[3]
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DataError(f"{name}: has {dimensions} dimensions; expected 1 to {MAX_DIMENSIONS}")
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(
            f"{name}: the header ends after {4 + len(sizes)} bytes; expected "
            f"{4 + 4 * dimensions}, with the sizes of {dimensions} dimensions"
        )
    return tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
