"""Where a command's data is: a folder that was given, or the cache, filled on request."""

from collections.abc import Callable
from pathlib import Path

from sheetsim.errors import OptionError
from sheetsim.terminal import progress

Fetch = Callable[..., Path]


def data_folder(data: str | None, download: bool, fetch: Fetch, what: str) -> Path | None:
    """The folder to read.

    Args:
        data: of --data, if it was given.
        download: whether --download was.
        fetch: fills the cache and returns its folder, showing its progress.
        what: the dataset, for people to read.

    Returns:
        The folder, or None if neither was given.

    Raises:
        OptionError: both were given.
        DataError: the download failed.
        OutputError: the cache cannot be written to.
    """
    if data is not None and download:
        raise OptionError(f"--data is {data} and --download is given; expected one of the two")
    if data is not None:
        return Path(data)
    if not download:
        return None
    with progress(100) as bar:
        shown = 0

        def tell(done: int, total: int | None) -> None:
            nonlocal shown
            part = 0 if not total else 100 * done // total
            bar(f"{what}: {done / 1e6:.1f} MB", max(0, part - shown))
            shown = max(shown, part)

        return fetch(progress=tell)
