"""The package highspy: imported when it is needed, and interrupted with Ctrl-C."""

from __future__ import annotations

from typing import Any

from sheetsim.errors import EngineMissingError

TOLERANCE = 1e-9
"""Of HiGHS, for rows and duals; its own is 1e-7."""


def highspy() -> Any:
    """The package, imported now.

    Raises:
        EngineMissingError: It is not installed.
    """
    try:
        import highspy as package
    except ImportError as error:
        raise EngineMissingError(
            "Simplex LP: the package highspy is not installed; get it with "
            "`pip install 'sheetsim[lp]'`, or choose GRG Nonlinear"
        ) from error
    return package


def run_highs(highs: Any) -> bool:
    """Run HiGHS in a thread of its own, and say whether Ctrl-C ended it."""
    highs.HandleUserInterrupt = True
    highs.startSolve()
    stopped = False
    while True:
        try:
            # The wait is short so that Python gets to see a Ctrl-C.
            if highs.wait(0.1)[0]:
                return stopped
        except KeyboardInterrupt:
            stopped = True
            highs.cancelSolve()
