"""What the workers of `test_spreading` import: small, since each of them starts afresh."""

import os
import time
from typing import Any

import numpy as np

from sheetsim.errors import WorkbookError


def solved(start: tuple[float, ...]) -> dict[str, Any]:
    """Minimize Rosenbrock's function from a start."""
    from sheetsim.solver.model import Model
    from sheetsim.solver.solve_model import solve

    def function(x: Any) -> Any:
        a, b = 1 - x[0], x[1] - x[0] ** 2
        return a * a + 100 * b * b, np.array([-2 * a - 400 * x[0] * b, 200 * b])

    solution = solve(Model(np.array(start), function))
    return {"objective": solution.objective, "x": solution.variables.tolist()}


def product(_: int) -> float:
    """A sum whose order depends on how many threads there are."""
    a = np.random.default_rng(1).standard_normal((300, 300))
    return float((a @ a @ a).sum())


def threads(_: int) -> list[int]:
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    return [one["num_threads"] for one in threadpool_info()]


def power(exponent: float, base: float) -> float:
    return float(base**exponent)


def fails(task: int) -> int:
    """The second task fails late, the fourth at once."""
    if task == 1:
        time.sleep(0.3)
    if task in (1, 3):
        raise WorkbookError(f"book.xlsx: task {task} is bad")
    return task


class TwoPartsError(Exception):
    """One that cannot be unpickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def raises_two_parts(_: int) -> None:
    raise TwoPartsError("this", "that")


def divides(task: int) -> float:
    return 1 / task


def dies(how: int) -> int:
    if how < 0:
        os.kill(os.getpid(), -how)
    os._exit(how)


def power_of_two(exponent: float) -> float:
    return power(exponent, 2.0)
