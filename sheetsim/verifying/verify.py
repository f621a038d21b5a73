"""Every formula of any workbook, computed by NumPy and by spreadsheet engines.

`verify` compares them, cell by cell, with the values that the program which saved the file cached
in it: Excel's own, if Excel saved it. Where a file has no cached values, NumPy's take their place.

What is compared how, and which cell of those that differ is the root, is in `divergence`. The
tolerance is 1e-12, relative, for NumPy, and 1e-11 for the engines: LibreOffice writes 15 digits.
Over the lecture's three workbooks and the eleven of this repository, each formula, given the very
values that the file caches for the cells that it refers to, gives the cached one within 2e-13.

The engines compute a copy whose cached values were destroyed, so that none can be echoed. The file
itself is only read: links to other files and the web are not followed, macros do not run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sheetsim.engines import DEFAULT_TIMEOUT, Choice, Engine, choose
from sheetsim.engines import engines as known_engines
from sheetsim.errors import (
    EngineError,
    EngineMissingError,
    OptionError,
    OptionName,
    SheetsimError,
    WorkbookError,
)
from sheetsim.tolerances import VERIFY_ENGINE_TOLERANCE, VERIFY_TOLERANCE
from sheetsim.verifying.report import Verification
from sheetsim.verifying.tally import Tally
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.rewrite.invalidated_copy import invalidated_copy

Progress = Callable[[str], None]


def verify(
    path: str | Path,
    *,
    engines: str | Sequence[str] | None = None,
    tolerance: float | None = None,
    timeout: float = DEFAULT_TIMEOUT,
    progress: Progress | None = None,
) -> Verification:
    """Compute every formula cell of a workbook and compare it with its cached value.

    Args:
        path: an .xlsx or .xlsm file; it is not touched.
        engines: names of engines that must take part beside NumPy, which always does; ["numpy"]
            for no other; by default all that are installed.
        tolerance: largest relative difference of two numbers that agree, 0 to 0.01, for all;
            by default those of `sheetsim.tolerances`.
        timeout: seconds for an engine.
        progress: called with a few words before each stage.

    Returns:
        What agrees, what differs, and where that starts; see `Verification.first`.

    Raises:
        OptionError: there is no engine of that name, or a number is out of its range.
        WorkbookError: the file cannot be read safely, or is more than can be computed here.
        EngineMissingError: an engine that was asked for is not installed; or none is, and the
            file has no cached values either.
    """
    started = time.perf_counter()
    say = progress or (lambda _words: None)
    if tolerance is not None and not 0 <= tolerance <= 0.01:
        raise OptionError(OptionName("tolerance"), f" is {tolerance}; expected 0 to 0.01")
    if not timeout > 0:
        raise OptionError(OptionName("timeout"), f" is {timeout}; expected seconds, more than 0")
    choice = choose(engines, known_engines(), "numpy")
    try:
        return _verified(path, choice, tolerance, timeout, say, started)
    except SheetsimError:
        raise
    except MemoryError as error:
        raise WorkbookError(f"{path}: there is not enough memory to compute it") from error
    except Exception as error:  # whatever a file makes a program stumble over, the next one is
        raise WorkbookError(  # still to be verified
            f"{path}: cannot be verified, a fault of sheetsim ({type(error).__name__}: {error})"
        ) from error


def _verified(
    path: str | Path,
    choice: Choice,
    tolerance: float | None,
    timeout: float,
    say: Progress,
    started: float,
) -> Verification:
    """Do what `verify` does, once its options are checked."""
    chosen = choice.engines

    def reading(sheet: str, fraction: float) -> None:
        say(f"reading {sheet} ({fraction:.0%})")

    say("reading")
    book = read_book(path, progress=reading)
    for sheet in book.sheets:
        book.sheets[sheet]  # read now: what is wrong with the file is to be said first
    say("NumPy")
    limits = {"numpy": VERIFY_TOLERANCE, **dict.fromkeys(chosen, VERIFY_ENGINE_TOLERANCE)}
    tally = Tally(book, limits if tolerance is None else dict.fromkeys(limits, tolerance))
    if not tally.cached and not chosen and tally.count:
        raise EngineMissingError(
            f"{path}: has no cached values, and no spreadsheet engine takes part, so that there "
            f"is nothing to compare with NumPy; expected one of {', '.join(known_engines())}"
        )
    if tally.count:
        with tempfile.TemporaryDirectory(prefix="sheetsim-verify-") as folder:
            copy = Path(folder) / "copy.xlsx"
            if chosen:
                invalidated_copy(path, copy)
            for name, engine in chosen.items():
                say(name)
                _run(tally, name, engine, copy, timeout, str(path))
        say("comparing")
    return tally.verification(choice.versions, choice.missing, started)


def _run(tally: Tally, name: str, engine: Engine, copy: Path, timeout: float, path: str) -> None:
    """Let one engine compute the copy; that it fails is a result as well."""
    started = time.perf_counter()
    try:
        values = engine.recalculate(copy, timeout=timeout)
    except EngineError as error:
        tally.fail(name, str(error).replace(str(copy), path), time.perf_counter() - started)
    else:
        tally.add(name, values, time.perf_counter() - started)
