"""One function over many tasks: everywhere the same results, and every ending is a clear one."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import PATIENCE, child, wait_until
from spreading_tasks import (
    TwoPartsError,
    dies,
    divides,
    fails,
    power,
    power_of_two,
    product,
    raises_two_parts,
    solved,
    threads,
)

from sheetsim import spreading
from sheetsim.errors import EngineError, EngineMissingError, OptionError, WorkbookError
from sheetsim.spreading import spread

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A Dask cluster of two processes on this computer."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: sheetsim[dask]")
    with distributed.LocalCluster(
        processes=True, n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(params=["here", "processes", "cluster"])
def where(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The options of `spread` for each place where it computes."""
    if request.param == "cluster":
        return {"scheduler": request.getfixturevalue("scheduler")}
    return {"jobs": 1 if request.param == "here" else 2}


# Results -------------------------------------------------------------------------------------


def test_the_results_are_the_same_everywhere(where: dict[str, Any]) -> None:
    starts = [tuple(row) for row in np.random.default_rng(2).uniform(-2, 2, (6, 2)).tolist()]
    counts: list[int] = []
    results = spread(solved, starts, progress=counts.append, **where)
    assert results == [solved(start) for start in starts]
    for result in results:
        assert result is not None
        np.testing.assert_allclose(result["x"], [1, 1], rtol=1e-5)  # the optimum, in closed form
    assert counts == [1, 2, 3, 4, 5, 6]


def test_a_partial_and_no_tasks(where: dict[str, Any]) -> None:
    assert spread(partial(power, 3.0), [1.0, 2.0, 3.0], **where) == [1.0, 8.0, 27.0]
    assert spread(power_of_two, [], **where) == []


def test_workers_compute_on_one_thread(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")  # what they would start with
    for where in ({"jobs": 2}, {"scheduler": scheduler}):
        for counts in spread(threads, [0, 1], **where):
            assert counts
            assert set(counts) == {1}
        assert len(set(spread(product, [0, 1, 2], **where))) == 1


def test_more_jobs_than_tasks_start_no_more_than_are_needed() -> None:
    assert spread(power_of_two, [3.0], jobs=8) == [8.0]
    assert spread(power_of_two, [3.0, 4.0], jobs=8) == [8.0, 16.0]


# Failures ------------------------------------------------------------------------------------


def test_the_first_failure_in_order_arrives_as_itself(where: dict[str, Any]) -> None:
    with pytest.raises(WorkbookError, match=r"^book\.xlsx: task 1 is bad$"):
        spread(fails, [0, 1, 2, 3, 4, 5], **where)
    with pytest.raises(ZeroDivisionError):
        spread(divides, [1, 0], **where)


def test_an_exception_that_cannot_be_sent_says_what_it_was(where: dict[str, Any]) -> None:
    expected = TwoPartsError if where == {"jobs": 1} else RuntimeError
    with pytest.raises(expected, match="this and that"):
        spread(raises_two_parts, [0, 1], **where)


@pytest.mark.parametrize("jobs", [0, -1, True, 2.0, None])
def test_jobs_out_of_range(jobs: Any) -> None:
    with pytest.raises(OptionError, match=r"jobs is .*; expected a whole number, 1 or more"):
        spread(power_of_two, [1.0], jobs=jobs)


@posix
@pytest.mark.parametrize(("how", "said"), [(3, "with exit code 3"), (-9, "by signal 9")])
def test_a_worker_that_dies(how: int, said: str) -> None:
    with pytest.raises(EngineError, match=f"^one of 2 worker processes died {said}$"):
        spread(dies, [how, how, how], jobs=2)


def test_a_worker_of_a_cluster_that_dies(scheduler: str) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.Client(scheduler, set_as_default=False) as client:
        client.run_on_scheduler(
            lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 0)
        )
    with pytest.raises(EngineError, match=f"^scheduler {scheduler}: a task could not be run"):
        spread(dies, [1], scheduler=scheduler)
    assert spread(power_of_two, [3.0, 4.0], scheduler=scheduler) == [8.0, 16.0]


# Schedulers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["here", "10.0.0.7:8786", "http://a:1", "tcp://a", "tcp://:x"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(OptionError, match=r"option scheduler: got .*, expected tcp://host:port"):
        spread(power_of_two, [1.0], scheduler=address)


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineMissingError, match=r"pip install 'sheetsim\[dask\]'"):
        spread(power_of_two, [1.0], scheduler="tcp://127.0.0.1:8786")


@pytest.mark.parametrize("answer", [None, b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_scheduler_that_is_none(answer: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody there, somebody who says nothing, and somebody who says something else."""
    pytest.importorskip("distributed", reason="Dask is not installed: sheetsim[dask]")
    monkeypatch.setattr(spreading, "PATIENCE", 1.0)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        if answer is None:
            server.close()
        else:
            threading.Thread(target=answering, args=(server, answer), daemon=True).start()
        with pytest.raises(EngineError, match=f"scheduler {address}: no Dask scheduler answers"):
            spread(power_of_two, [1.0], scheduler=address)


def answering(server: socket.socket, answer: bytes) -> None:
    held = []
    try:
        while True:
            connection, _ = server.accept()
            connection.sendall(answer)
            held.append(connection)
    except OSError:  # the server was closed
        for connection in held:
            connection.close()


def test_a_scheduler_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: sheetsim[dask]")
    monkeypatch.setattr(spreading, "PATIENCE", 1.0)
    with (
        distributed.LocalCluster(
            processes=True, n_workers=0, dashboard_address="127.0.0.1:0"
        ) as cluster,
        pytest.raises(EngineError, match="has no workers; start a dask worker"),
    ):
        spread(power_of_two, [1.0], scheduler=cluster.scheduler_address)


def test_a_worker_is_no_scheduler(scheduler: str) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.Client(scheduler, set_as_default=False) as client:
        worker = next(iter(client.scheduler_info()["workers"]))
    with pytest.raises(EngineError, match="is a Worker of Dask, expected a Scheduler"):
        spread(power_of_two, [1.0], scheduler=worker)


# Ctrl-C --------------------------------------------------------------------------------------

SCRIPT = """
    import json, sys, time
    from functools import partial
    from pathlib import Path
    from sheetsim.spreading import spread

    def sleeps(seconds, begun, task):
        if task < 2:
            return task
        Path(begun).touch()
        time.sleep(seconds)

    def saves(seconds, begun, task):
        try:
            return sleeps(seconds, begun, task)
        except KeyboardInterrupt:
            return "best so far"

    def reported(done):
        print("done", done, flush=True)

    if __name__ == "__main__":
        options = json.loads(sys.argv[1])
        # on a cluster what runs is not ended, and the next test would wait for it
        seconds = 3 if "scheduler" in options else 600
        function = partial(globals()[sys.argv[2]], seconds, sys.argv[3])
        results = spread(function, range(5), progress=reported, **options)
        print(json.dumps(results))
"""


@posix
@pytest.mark.parametrize("function", ["sleeps", "saves"])
def test_ctrl_c_keeps_what_is_done(where: dict[str, Any], function: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    begun = tmp_path / "begun"
    with child(script, json.dumps(where), function, begun, group=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert "done 2\n" in lines, process.stderr and process.stderr.read()
        wait_until(begun.exists, process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
        out, err = process.communicate(timeout=PATIENCE)
        saved = "best so far" if function == "saves" and where == {"jobs": 1} else None
        assert err == ""
        assert json.loads(out.splitlines()[-1]) == [0, 1, saved, None, None]
        assert process.returncode == 0
        # The helper that cleans up after workers ends a little later.
        wait_until(lambda: not is_there(process.pid))


def is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
