"""One function over many tasks: in this process, on local processes, or on a Dask cluster.

The function is the very same everywhere, and so are its results and their order: it is imported
by its name where it runs, and takes and returns plain data that can be pickled. Each worker
computes on one thread of BLAS, for more would wait for each other, and sums that are split among
threads would depend on how many there are. (Dask's workers are started so by default.)

Local workers are started afresh (`spawn`) and not forked: a fork of a process that has threads,
as NumPy's has, may hang. So a script that spreads must be safe to import, with its work under
`if __name__ == "__main__":`.
"""

from __future__ import annotations

import pickle
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from sheetsim.errors import EngineError, EngineMissingError, OptionError, OptionName
from sheetsim.option_values import whole_number

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from types import FrameType

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Outcomes = Generator[tuple[int, Any], None, None]

PATIENCE = 5.0
"""Seconds to wait for a scheduler, and for the first of its workers."""

_ADDRESS = re.compile(r"(tcp|tls)://\S+:[0-9]{1,5}")


@dataclass(frozen=True)
class _Failure:
    """What a task raised."""

    error: Exception


def spread(
    function: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Answer | None]:
    """Call a function with each task.

    Ctrl-C ends it early, with what has been done: on local processes at once, in this process
    with the task that took it (which may have ended with a result of its own), on a cluster as
    soon as the tasks that run there are done, which is not waited for.

    Args:
        function: of a module, so that workers can import it; or a `functools.partial` of one.
        tasks: plain data.
        jobs: how many local processes; 1 computes in this one.
        scheduler: the address of a Dask scheduler, such as "tcp://10.0.0.7:8786"; then `jobs`
            does not matter.
        progress: called with the number of tasks that are done.

    Returns:
        The results in the order of the tasks; None for a task that was not done.

    Raises:
        Exception: what the function raised, of the first task in order that failed.
        OptionError: `jobs` is no whole number from 1 on, or `scheduler` is no address.
        EngineMissingError: a scheduler without the package distributed.
        EngineError: a worker died, or the scheduler cannot be reached or has no workers.
    """
    jobs = whole_number("jobs", jobs, 1)
    tasks = list(tasks)
    with _interrupts() as interrupted:
        if scheduler is not None:
            outcomes = _on_cluster(function, tasks, scheduler)
        elif jobs > 1 and len(tasks) > 1:
            outcomes = _on_processes(function, tasks, min(jobs, len(tasks)))
        else:
            outcomes = _here(function, tasks, interrupted)
        return _collected(outcomes, len(tasks), progress)


def _collected(outcomes: Outcomes, count: int, progress: Callable[[int], None] | None) -> list[Any]:
    """Put outcomes in order; the first failure in order is raised, whichever came first."""
    results: list[Any] = [None] * count
    failures: dict[int, Exception] = {}
    waiting = set(range(count))
    done = 0
    try:
        for index, outcome in outcomes:
            waiting.discard(index)
            if isinstance(outcome, _Failure):
                failures[index] = outcome.error
                waiting = {other for other in waiting if other < index}
            else:
                results[index] = outcome
            if failures and not waiting:
                raise failures[min(failures)]
            done += 1
            if progress is not None:
                progress(done)
    except KeyboardInterrupt:
        pass  # what is done is the answer
    finally:
        outcomes.close()
    return results


@contextmanager
def _interrupts() -> Iterator[list[bool]]:
    """Note Ctrl-C in a list: a solve takes it for its own and ends well, the rest should not start.

    Only the main thread can, and only where Ctrl-C means what it means in Python by default.
    """
    seen: list[bool] = []
    default = signal.default_int_handler
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not default:
        yield seen
        return

    def note(number: int, frame: FrameType | None) -> None:
        seen.append(True)
        default(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, default)


# This process -------------------------------------------------------------------------------


def _here(function: Callable[[Any], Any], tasks: list[Any], interrupted: list[bool]) -> Outcomes:
    for index, task in enumerate(tasks):
        try:
            outcome = function(task)
        except Exception as error:
            outcome = _Failure(error)
        yield index, outcome
        if interrupted:
            return


# Local processes ----------------------------------------------------------------------------


def _on_processes(function: Callable[[Any], Any], tasks: list[Any], jobs: int) -> Outcomes:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_prepare_worker)
    workers: list[BaseProcess] = []
    done = False
    try:
        call = partial(_attempt, function)
        with _without_interrupts():
            futures = {pool.submit(call, task): index for index, task in enumerate(tasks)}
        workers = [child for child in multiprocessing.active_children() if child not in others]
        for future in as_completed(futures):
            yield futures[future], future.result()
        done = True
    except BrokenProcessPool as error:
        raise EngineError(f"one of {jobs} worker processes died{_how(workers)}") from error
    finally:
        if not done:  # interrupted or failed: nobody waits for what is still running
            for worker in workers:
                worker.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait while workers start, and never reach them: they inherit what is blocked."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare_worker() -> None:
    """Leave Ctrl-C to the process that spreads; compute on one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import numpy as np  # noqa: F401 - loads the libraries that are limited
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)


def _how(workers: list[BaseProcess]) -> str:
    """Say by what exit code a worker died, if it can be seen; the pool itself ends the others."""
    # The pool waits for them too, in a thread of its own: a code that it has fetched is known to us
    # a moment later.
    deadline = time.monotonic() + 2.0
    while any(worker.exitcode is None for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.01)
    codes = [w.exitcode for w in workers if w.exitcode not in (None, 0, -signal.SIGTERM)]
    if not codes or codes[0] is None:
        return ""
    how = f"by signal {-codes[0]}" if codes[0] < 0 else f"with exit code {codes[0]}"
    return f" {how}"


def _attempt(function: Callable[[Any], Any], task: Any) -> Any:
    """Call the function in a worker; what it raises comes back as it is, if it can be sent."""
    try:
        return function(task)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - our own, a line ago
        except Exception:
            error = RuntimeError(f"{type(error).__name__}: {error}")
        return _Failure(error)


# A Dask cluster -----------------------------------------------------------------------------


def _on_cluster(function: Callable[[Any], Any], tasks: list[Any], scheduler: str) -> Outcomes:
    if not _ADDRESS.fullmatch(scheduler):
        raise OptionError(
            OptionName("scheduler", "option scheduler"),
            f": got {scheduler!r}, expected tcp://host:port",
        )
    try:
        import distributed
    except ImportError as error:
        raise EngineMissingError(
            f"scheduler {scheduler} needs Dask, which is missing ({error}); "
            "pip install 'sheetsim[dask]'"
        ) from error
    dask: Any = distributed  # its types are half there
    client = _connected(dask, scheduler)
    try:
        futures = client.map(partial(_attempt, function), tasks, pure=False)
        numbers = {future.key: index for index, future in enumerate(futures)}
        try:
            for future in dask.as_completed(futures, loop=client.loop, raise_errors=False):
                yield numbers[future.key], _fetched(future, scheduler)
        finally:
            if any(not future.done() for future in futures):
                client.cancel(futures, force=True)
    finally:
        client.close(timeout=PATIENCE)


def _connected(distributed: Any, scheduler: str) -> Any:
    """Return a client of a scheduler that answers and has a worker.

    Whether a scheduler answers is asked first: where something else does, a client waits much
    longer than its timeout, and complains when it is thrown away.

    Raises:
        EngineError: it cannot be reached, or has no workers.
    """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    async def greet() -> Any:
        async with distributed.rpc(scheduler, timeout=PATIENCE) as remote:
            return await asyncio.wait_for(remote.identity(), PATIENCE)

    try:
        # In a thread of its own, since a notebook's has an event loop already.
        with ThreadPoolExecutor(1) as thread:
            kind = thread.submit(lambda: asyncio.run(greet())).result()["type"]
        if kind != "Scheduler":
            raise EngineError(f"scheduler {scheduler}: is a {kind} of Dask, expected a Scheduler")
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except EngineError:
        raise
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise EngineError(f"scheduler {scheduler}: no Dask scheduler answers ({why})") from error
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except BaseException as error:
        client.close(timeout=PATIENCE)
        if isinstance(error, TimeoutError):
            raise EngineError(
                f"scheduler {scheduler}: has no workers; start a dask worker"
            ) from error
        raise
    return client


def _fetched(future: Any, scheduler: str) -> Any:
    """Return a task's outcome.

    Raises:
        EngineError: it has none: its worker died or lacks sheetsim, or the connection was lost.
    """
    try:
        return future.result(timeout=PATIENCE)
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise EngineError(
            f"scheduler {scheduler}: a task could not be run ({why}); the workers need the same "
            "sheetsim and Python as this computer, and may have died"
        ) from error
