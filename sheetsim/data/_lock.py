"""One process at a time: a lock that the operating system holds and lets go when a process ends.

A file that merely exists as a sign would stay behind after a crash and lock everybody out; the
lock of `flock` (Windows: `locking`) goes with the process, and the empty file may stay.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL = 0.1
"""Seconds between two tries for the lock."""

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock on the file `path`, made if it is not there, until the `with` block ends.

    Where the file system knows no locks (some network drives) the block runs without one.

    Args:
        path: the lock file; it stays behind, empty.
        waiting: called before each new try while another holds the lock; may raise to give up.

    Raises:
        OSError: the lock file cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while not _free(handle):
            waiting()
            time.sleep(POLL)
        yield
    finally:
        os.close(handle)  # which lets go of the lock


def _free(handle: int) -> bool:
    try:
        _take(handle)
    except (BlockingIOError, PermissionError):  # held by another: POSIX and Windows
        return False
    except OSError:  # no locks here
        return True
    return True
