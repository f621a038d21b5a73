"""Zip archives: only the members asked for, each checked, none outside its folder.

The names of the members come from our code and never from the archive, so a hostile name in it
(`../../x`, `/etc/x`) is not even looked at. A member's size is read in the archive's index and
bounded before anything is written; the bytes are checked against the CRC-32 that the zip holds.
"""

import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from sheetsim.data.csv_table import printable
from sheetsim.errors import DataError, OptionError, OutputError, shown

MAX_BYTES = 200_000_000
"""Largest member that is unpacked, in bytes."""

_CHUNK = 1 << 16
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What zipfile raises for a damaged archive; the last two for an unknown compression and for a
password."""


def unpack(
    archive: str | os.PathLike[str],
    members: Sequence[str],
    folder: str | os.PathLike[str],
    *,
    limit: int = MAX_BYTES,
) -> tuple[Path, ...]:
    """Unpack some members of a zip, each to its own path below the folder.

    A member that is there already, with the size and CRC-32 of the zip's index, is left alone.
    A file gets its name only when it is whole, so that nobody meets half of one.

    Args:
        archive: the zip file.
        members: names as in the zip, such as "ml-100k/u.data"; relative, without "..".
        folder: where to; made if it is not there.
        limit: largest size of a member, in bytes.

    Returns:
        The files, in the order of `members`.

    Raises:
        OptionError: a member's name would lead out of the folder.
        DataError: no zip, a member missing, too large, encrypted or corrupted.
        OutputError: a file cannot be written.
    """
    for member in members:
        parts = member.replace("\\", "/").split("/")
        if any(part in {"", ".", ".."} or ":" in part for part in parts):
            raise OptionError(f"member {shown(member)}: expected a relative path without '..'")
    zip_path, target = Path(archive), Path(folder)
    name = printable(zip_path)
    try:
        with zipfile.ZipFile(zip_path) as opened:
            return tuple(_one(opened, member, target, limit, name) for member in members)
    except _BROKEN as problem:
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise DataError(
            f"{name}: cannot be unpacked ({reason}); expected a whole, unencrypted zip: "
            "delete it and get it again"
        ) from None
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise DataError(f"{name}: cannot be read ({reason}); expected a zip file") from None


def _one(opened: zipfile.ZipFile, member: str, folder: Path, limit: int, name: str) -> Path:
    try:
        info = opened.getinfo(member)
    except KeyError:
        raise DataError(
            f"{name}: holds no {shown(member)}; expected it among its "
            f"{len(opened.namelist())} members"
        ) from None
    if info.file_size > limit:
        raise DataError(
            f"{name}: {shown(member)} is too large ({info.file_size:,} bytes); expected at most "
            f"{limit:,}"
        )
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise DataError(f"{name}: {shown(member)} is packed in an uncommon way; expected deflate")
    file = folder.joinpath(*PurePosixPath(member).parts)
    if not _is_there(file, info):
        with opened.open(info) as content:
            _write(content, file)
    return file


def _is_there(file: Path, info: zipfile.ZipInfo) -> bool:
    try:
        if not file.is_file() or file.stat().st_size != info.file_size:
            return False
        return zlib.crc32(file.read_bytes()) == info.CRC
    except OSError:
        return False


def _write(content: IO[bytes], file: Path) -> None:
    """Copy to a file of a name that no other process uses, then give it its own."""
    half: Path | None = None
    try:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as out:
                half = Path(out.name)
                # Reading past the declared size is impossible: zipfile stops there. What the
                # zip gets wrong raises one of _BROKEN, which is not an OSError.
                while chunk := content.read(_CHUNK):
                    out.write(chunk)
            half.chmod(0o644)  # temporary files are private, data for a class are not
            half.replace(file)
        except OSError as problem:
            reason = problem.strerror or type(problem).__name__
            raise OutputError(
                f"{printable(file)}: cannot be written ({reason}); free some space, or give a "
                "folder that can be written to"
            ) from None
    except BaseException:
        if half is not None:
            half.unlink(missing_ok=True)
        raise
