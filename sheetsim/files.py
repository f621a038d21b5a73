"""Writing a file whole or not at all.

A file is written under a temporary name in the folder where it is to stand and then moved into
place, which the operating system does in one step. Whoever looks sees the old file or the new
one, never half of one, and a failure leaves what stood there as it was.
"""

from __future__ import annotations

import json
import math
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetsim.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def replace_file(path: str | Path, unless: Callable[[Path], bool] | None = None) -> Iterator[Path]:
    """Give a temporary path to write to, and move it to `path` if the block succeeds.

    The temporary file exists, is empty, and keeps the suffix of `path`, which some writers look
    at. A symbolic link is written through, not replaced.

    Args:
        path: the file to create or replace.
        unless: asked about the temporary file when it is written; where the answer is True, what
            stands at `path` is left alone.

    Yields:
        The path to write to.

    Raises:
        OutputError: `path` is a folder or a device, its folder is missing or not writable, the
            disk is full. Any `OSError` from the block counts as one in writing: turn the errors
            of reading into `WorkbookError` or `DataError` first.
    """
    require_writable(path)
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.stem}.{os.urandom(4).hex()}{target.suffix}")
    try:
        # Not `tempfile`: its files are private to the user, ours get the user's usual mode.
        temporary.open("xb").close()
        yield temporary
        if unless is None or not unless(temporary):
            temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "; is it open in another program?" if isinstance(error, PermissionError) else ""
        raise OutputError(f"{path}: cannot be written ({reason}){hint}") from error
    finally:
        temporary.unlink(missing_ok=True)


def require_writable(path: str | Path) -> None:
    """Find out that a file cannot be written before the work that makes it.

    Raises:
        OutputError: as `replace_file`.
    """
    target = Path(os.path.realpath(path))
    try:
        _refuse_what_cannot_be_replaced(target, path)
    except OSError as error:  # it cannot even be asked about: the name is too long
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{path}: cannot be written, its folder is read-only")


def _refuse_what_cannot_be_replaced(target: Path, shown: str | Path) -> None:
    """Say in a plain line what stands in the way, before any work is done."""
    if target.is_dir():
        raise OutputError(f"{shown}: is a folder; expected the name of a file to write")
    if target.exists() and not target.is_file():
        raise OutputError(f"{shown}: is not an ordinary file; expected one that can be replaced")
    if target.exists() and not os.access(target, os.W_OK):
        raise OutputError(f"{shown}: is read-only; expected a file that can be replaced")
    if not target.parent.is_dir():
        raise OutputError(f"{shown}: cannot be written, there is no folder {target.parent}")


def json_text(value: Any) -> str:
    """Return a value as JSON, in which there is no NaN and no infinity: they are null.

    Arrays become lists, and what JSON does not know becomes its text.
    """
    return json.dumps(_plain(value), indent=2, allow_nan=False)


def write_json(path: Path, value: Any) -> Path:
    """Write a value as JSON, as `json_text` has it, and return the path.

    Raises:
        OutputError: as `replace_file`.
    """
    text = json_text(value)
    with replace_file(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return path


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if callable(tolist := getattr(value, "tolist", None)):  # NumPy's, which need not be there
        return _plain(tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
