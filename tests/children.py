"""Child processes, and how long tests wait for them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 300.0
"""Seconds after which something hangs. Nothing takes nearly as long, but on a busy machine the
start of Python alone may take many."""

_AS_IN_A_TERMINAL = """
import os, signal, sys
for name in ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_SETMASK, [])
os.execv(sys.argv[1], sys.argv[1:])
"""
"""What the child does first: then it is the program, under the same process id."""


@contextmanager
def child(
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    group: bool = False,
) -> Iterator["subprocess.Popen[str]"]:
    """Python in a child process, in which signals do what they do to a program in a terminal.

    A child inherits what is ignored: SIGINT where a shell runs the tests in the background,
    SIGHUP under nohup. (This is not done by `preexec_fn`: it forks, and a process with threads
    should not.) Whatever is left of the child when the block ends is killed, and its pipes are
    closed: a test that fails is then the only one.

    Args:
        words: what follows `python`.
        env: variables besides those that there are.
        cwd: where it runs.
        group: whether it gets a process group of its own, to be signalled as a whole.
    """
    first = [] if sys.platform == "win32" else [sys.executable, "-I", "-S", "-c", _AS_IN_A_TERMINAL]
    with subprocess.Popen(
        [*first, sys.executable, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        start_new_session=group,
    ) as process:
        try:
            yield process
        finally:
            if group:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()


def wait_until(
    condition: Callable[[], bool], process: "subprocess.Popen[str] | None" = None
) -> None:
    """Wait for a condition; fail when patience ends, or the process ends before it holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process is None or process.poll() is None, process and process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet buried does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
