"""Files fetched once from the internet, checked, and kept in the user's cache folder.

`fetch` returns the file in the cache if its SHA-256 is right, and downloads it otherwise:

1. into `<name>.part`, where a rerun goes on after a break (a Range request). If-Range carries
   the ETag or date of the first answer, kept in `<name>.part.from`, so that a file changed in
   between is sent whole and never spliced; a server that names neither, or that takes no
   ranges, makes the download start over;
2. the SHA-256 is checked, and a wrong file removed;
3. `os.replace` gives the file its name. So under its name there is the whole file or none,
   whatever breaks off when: the network, the disk, Ctrl-C or the power. A second process waits
   at `<name>.lock` and then finds the file there.

The checksum is the proof of what came, whoever sent it; https only keeps the asking private.
It is looked at on each use, which costs a hundredth of a second for 10 MB.

Why not pooch, which does the same: it starts over after a break (on a school's network the very
case that matters), has no timeout that it states, and brings requests and four more packages.
"""

import errno
import hashlib
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, TypeAlias

import platformdirs

from sheetsim.data._lock import locked
from sheetsim.data._sources import MNIST, MOVIELENS_100K, Source, by_hand
from sheetsim.data.csv_table import printable
from sheetsim.errors import DataError, OutputError, shown

__all__ = ["MNIST", "MOVIELENS_100K", "Progress", "Source", "cache_folder", "fetch"]

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called after each piece with the bytes there so far and in all (None: not known)."""

TIMEOUT = 30.0
"""Seconds without a byte from the server after which it counts as gone."""

MAX_BYTES = 500_000_000
"""Largest download of a source whose size is not known."""

_CHUNK = 1 << 16


def cache_folder() -> Path:
    """The user's cache folder for sheetsim, as the operating system has it; not made here."""
    return Path(platformdirs.user_cache_dir("sheetsim", appauthor=False))


def fetch(
    source: Source,
    *,
    folder: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    timeout: float = TIMEOUT,
) -> Path:
    """The file of a source, from the cache if it is there, else downloaded into it.

    Args:
        source: what to fetch.
        folder: the cache; None for `cache_folder()`. Made if it is not there.
        progress: called as the bytes come; not at all if the file is in the cache.
        timeout: seconds without a byte after which to give up.

    Returns:
        The file, whole and with the right checksum.

    Raises:
        DataError: no network, a refusal by the server, an untrusted certificate, broken off (a
            rerun resumes), or a wrong checksum (the file is removed).
        OutputError: the cache cannot be written to, the disk is full, or another process holds
            the file and gets nowhere.
    """
    home = cache_folder() if folder is None else Path(folder)
    file = home / source.name
    part = home / f"{source.name}.part"
    if _is_whole(file, source):
        return file
    with _disk(home):
        home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _disk(file):
            held.enter_context(locked(home / f"{source.name}.lock", _patience(part, timeout)))
        if _is_whole(file, source):  # the process that we waited for has fetched it
            return file
        if not _is_whole(part, source):
            _download(source, part, progress, timeout)
            _verify(source, part)
        with _disk(file):
            part.replace(file)
            _from(part).unlink(missing_ok=True)
    return file


def _is_whole(file: Path, source: Source) -> bool:
    try:
        return file.is_file() and _sha256(file) == source.sha256
    except OSError:
        return False


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _verify(source: Source, part: Path) -> None:
    with _disk(part):
        found = _sha256(part)
        if found == source.sha256:
            return
        part.unlink()
        _from(part).unlink(missing_ok=True)
    raise DataError(
        f"{source.url}: what came is not {source.name} and was removed: its SHA-256 is {found}; "
        f"expected {source.sha256}; run again, or {by_hand(source)}"
    )


# The request -------------------------------------------------------------------------------


def _download(source: Source, part: Path, progress: Progress | None, timeout: float) -> None:
    start, validator = _held(source, part)
    with _network(source, timeout):
        response, start = _answer(source, timeout, start, validator)
    with response:
        length = response.length
        total = None if length is None else start + length
        _check_size(source, total)
        with _disk(part):
            out = _prepared(source, part, start, _validator(response))
        try:
            done = _receive(response, out, source, part, (start, total), progress, timeout)
        finally:
            out.close()
    expected = source.size if total is None else total
    if expected is not None and done < expected:
        raise _broken_off(source, f"{done:,} of {expected:,} bytes came")


def _answer(source: Source, timeout: float, start: int, validator: str) -> tuple[HTTPResponse, int]:
    """The server's answer, and the number of the byte with which its body begins."""
    if start:
        headers = {"Range": f"bytes={start}-", "If-Range": validator}
        try:
            response = _open(source, timeout, headers)
        except urllib.error.HTTPError as refusal:
            refusal.close()
            if refusal.code != 416:  # 416: no such range, so start over
                raise
        else:
            if response.status != 206:
                return response, 0
            first = (response.headers.get("Content-Range") or "").startswith(f"bytes {start}-")
            if first and _validator(response) in {"", validator}:
                return response, start
            response.close()  # not the range, or not the file, that was asked for
    return _open(source, timeout, {}), 0


def _open(source: Source, timeout: float, headers: dict[str, str]) -> HTTPResponse:
    request = urllib.request.Request(  # noqa: S310 - Source allows http and https only
        source.url, headers={"User-Agent": "sheetsim", **headers}
    )
    response: HTTPResponse = urllib.request.urlopen(request, timeout=timeout)  # noqa: S310
    return response


def _validator(response: HTTPResponse) -> str:
    """What If-Range may compare: a strong ETag, else the date, else nothing."""
    etag = response.headers.get("ETag") or ""
    return etag if etag.startswith('"') else response.headers.get("Last-Modified") or ""


def _check_size(source: Source, total: int | None) -> None:
    if total is not None and source.size is not None and total != source.size:
        raise DataError(
            f"{source.url}: the server offers {total:,} bytes for {source.name}; expected "
            f"{source.size:,}: a login page of the network perhaps, or the file has changed; "
            f"{by_hand(source)}"
        )
    if total is not None and total > MAX_BYTES:
        raise _too_large(source)


# What is kept ------------------------------------------------------------------------------


def _from(part: Path) -> Path:
    return part.with_name(f"{part.name}.from")


def _held(source: Source, part: Path) -> tuple[int, str]:
    """Bytes in the .part that can be built on, and the validator they came with; or 0."""
    try:
        size = part.stat().st_size if part.is_file() else 0
        url, validator = _from(part).read_text(encoding="latin-1").split("\n")
    except (OSError, ValueError):
        return 0, ""
    good = url == source.url and validator.isascii() and validator.isprintable()
    if not (good and validator) or (source.size is not None and size >= source.size):
        return 0, ""
    return size, validator


def _prepared(source: Source, part: Path, start: int, validator: str) -> IO[bytes]:
    """The .part opened for what is to come, beside it where that is from."""
    # Unbuffered: what is written is in the file, so that an error is met where it arises.
    if start:
        return part.open("ab", buffering=0)
    out = part.open("wb", buffering=0)  # emptied first: no bytes of before under a new validator
    try:
        _from(part).write_text(f"{source.url}\n{validator}", encoding="latin-1")
    except BaseException:
        out.close()
        raise
    return out


def _receive(
    response: HTTPResponse,
    out: IO[bytes],
    source: Source,
    part: Path,
    extent: tuple[int, int | None],
    progress: Progress | None,
    timeout: float,
) -> int:
    """Write the body to the file; the number of bytes that are now in it."""
    done, total = extent
    limit = MAX_BYTES if source.size is None else source.size
    if progress:
        progress(done, total)
    while True:
        try:
            piece = response.read1(_CHUNK)
        except (HTTPException, OSError) as problem:
            raise _broken_off(source, _reason(problem, timeout)) from None
        if not piece:
            return done
        done += len(piece)
        if done > limit:
            raise _too_large(source)
        with _disk(part):
            rest = memoryview(piece)
            while rest:
                rest = rest[out.write(rest) :]
        if progress:
            progress(done, total)


def _patience(part: Path, timeout: float) -> Callable[[], None]:
    """A check to make while another process downloads: it must get on."""
    seen, since = -1, time.monotonic()

    def waiting() -> None:
        nonlocal seen, since
        try:
            size = part.stat().st_size
        except OSError:
            size = -1
        if size != seen:
            seen, since = size, time.monotonic()
        elif time.monotonic() - since > timeout:
            raise OutputError(
                f"{printable(part)}: another process has held it for {timeout:g} s without a "
                "byte; wait for that process or end it, then run again"
            )

    return waiting


# What can go wrong -------------------------------------------------------------------------


@contextmanager
def _disk(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            advice = "free some space and run again: it goes on where it stopped"
        else:
            advice = "expected a folder that can be written to"
        raise OutputError(f"{printable(file)}: cannot be written ({reason}); {advice}") from None


@contextmanager
def _network(source: Source, timeout: float) -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError as refusal:
        refusal.close()
        later = "try later, or " if refusal.code >= 500 or refusal.code == 429 else ""
        raise DataError(
            f"{source.url}: the server refuses {source.name} ({refusal.code} "
            f"{shown(refusal.reason)[1:-1]}); {later}{by_hand(source)}"
        ) from None
    except (HTTPException, OSError) as problem:
        inner = getattr(problem, "reason", problem)
        if isinstance(inner, ssl.SSLCertVerificationError):
            what = f"the server's certificate is not trusted ({inner.verify_message})"
            advice = f"check this computer's clock and its network's proxy, or {by_hand(source)}"
        else:
            what = f"no network, or the server does not answer ({_reason(inner, timeout)})"
            advice = by_hand(source)
        raise DataError(f"{source.url}: {what}; {source.name} is not there yet; {advice}") from None


def _reason(problem: object, timeout: float) -> str:
    if isinstance(problem, TimeoutError):
        return f"nothing came for {timeout:g} s"
    text = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return " ".join(text.split())


def _broken_off(source: Source, reason: str) -> DataError:
    return DataError(
        f"{source.url}: {source.name} broke off ({reason}); what came is kept: run again and it "
        "goes on from there"
    )


def _too_large(source: Source) -> DataError:
    most = MAX_BYTES if source.size is None else source.size
    return DataError(
        f"{source.url}: the server sends too much for {source.name}; expected at most {most:,} "
        f"bytes; {by_hand(source)}"
    )
