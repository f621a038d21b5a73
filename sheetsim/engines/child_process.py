"""Running a program with a time limit that holds, whatever the program starts itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from typing import IO, TYPE_CHECKING

from sheetsim.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

GRACE = 2.0
"""Seconds between asking a program to end and ending it."""


def run(command: Sequence[str], *, timeout: float) -> str:
    """Run a program to its end and return what it printed.

    The program gets a process group of its own, and whatever is left of the group is killed when
    the program ends, fails, takes too long, or the user presses Ctrl-C: `soffice` is a script
    that starts the real program, and a kill of the script alone would leave that running.

    Args:
        command: the program and its arguments.
        timeout: how many seconds it may take.

    Returns:
        Its output and error stream, stripped; of a long one, the tail.

    Raises:
        EngineError: it cannot be started, took too long, or did not end well.
    """
    # Files, not pipes: a child that outlives the program would keep a pipe open for ever.
    with tempfile.TemporaryFile() as output:
        try:
            # The program is the one that the user named or installed.
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(
                f"{command[0]}: cannot be started ({error.strerror or error})"
            ) from error
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            _end_group(process)
            raise EngineError(
                f"{command[0]}: did not end within {timeout:g} s and was stopped"
            ) from None
        finally:
            _kill_group(process)
        said = _tail(output)
    if code:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise EngineError(f"{command[0]}: {how}; it said: {said or 'nothing'}")
    return said


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask all processes of the group to end, and wait a little for the first of them."""
    _signal_group(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End all processes of the group that are left, without asking."""
    if sys.platform == "win32":
        process.kill()
    else:
        _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal the group, which bears the number of the process that was started."""
    if sys.platform == "win32":  # no groups: soffice.com waits for its only child
        process.send_signal(number)
        return
    # Gone already, or (macOS) nothing left in it but zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _tail(output: IO[bytes]) -> str:
    """Return the last lines that were printed, as one."""
    output.seek(0, os.SEEK_END)
    output.seek(max(0, output.tell() - 1000))
    return " ".join(output.read().decode("utf-8", "replace").split())
