"""What solves the sheet `dotprod` in Python, a function a peer; each has a process of its own.

`python _bench_workbook_peers.py TASK.json PEER`, started by `_bench_workbook`, which may end it at
any time. What it has to say it prints as it goes, a line of JSON each: `start`, `best` (the
best value so far), `run` (a start is done: seconds, the variables, evaluations), `failed` (in the
peer's own words). Importing is not timed for anybody, loading the file is.

A recalculating engine has no derivatives: SciPy takes differences, 150 evaluations a gradient.
L-BFGS-B knows the objective's cell only, as Excel's Solver does; Levenberg-Marquardt (MINPACK's,
`least_squares(method="lm")`) also knows which cells are predictions and which are ratings, and
that the objective is the root of the mean of their squared differences.
"""

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

Task = dict[str, Any]
Evaluate = Callable[[np.ndarray], float]

TELL_EVERY = 1.0
"""Seconds between two reports of the best value so far."""


class TimeUp(Exception):  # noqa: N818 - no error: the way out of a method that has no other
    """The limit is reached."""


class Clock:
    """Seconds on the wall, and of processor time, of this process and those that it waited for."""

    def __init__(self) -> None:
        self.began, self.used = time.perf_counter(), sum(os.times()[:4])

    def seconds(self) -> float:
        """Seconds on the wall."""
        return time.perf_counter() - self.began

    def both(self) -> dict[str, float]:
        """Both, as they are reported."""
        return {"seconds": self.seconds(), "cpu": sum(os.times()[:4]) - self.used}


class Watched:
    """An objective that counts, remembers the best point, and stops at the limit."""

    def __init__(self, evaluate: Evaluate, clock: Clock, limit: float) -> None:
        self.evaluate, self.clock, self.limit = evaluate, clock, limit
        self.evaluations, self.best, self.x, self.reported = 0, np.inf, None, 0.0

    def __call__(self, x: np.ndarray) -> float:
        value = float(self.evaluate(x))
        self.evaluations += 1
        if value < self.best:
            self.best, self.x = value, x.copy()
        now = self.clock.seconds()
        if now - self.reported > TELL_EVERY:
            self.reported = now
            self.tell("best")
        if now > self.limit:
            raise TimeUp
        return value

    def tell(self, event: str, *, cut: bool = False) -> None:
        """Report the best point so far."""
        x = None if self.x is None else self.x.tolist()
        tell(event=event, cut=cut, evaluations=self.evaluations, x=x, **self.clock.both())


def main() -> int:
    """Run the peer that is named."""
    warnings.simplefilter("ignore")
    task = json.loads(Path(sys.argv[1]).read_text())
    try:
        PEERS[sys.argv[2]](task)
    except ModuleNotFoundError as error:
        tell(event="absent", note=str(error))
    except Exception as error:  # whatever a peer raises is its answer
        tell(event="failed", note=f"{type(error).__name__}: {last_line(error)}")
    return 0


def tell(**event: Any) -> None:
    """Send the parent a line."""
    print(json.dumps(event), flush=True)


def last_line(error: BaseException) -> str:
    """What an error says, without the traceback that some put into it."""
    return (str(error).strip().splitlines() or ["(no words)"])[-1]


def sheetsim(task: Task) -> None:
    """`sheetsim.solve`, file to solved file, in this process."""
    from sheetsim import solve

    for seed in task["seeds"]:
        out = Path(task["folder"]) / f"solved-{seed}.xlsx"
        given: dict[str, Any] = {"sheet": task["sheet"], "start": "random", "seed": seed}
        clock = Clock()
        solved = solve(task["file"], out=out, **given)
        took = clock.both()
        tell(event="run", x=read_back(out, task), evaluations=solved.evaluations, **took)


def command(task: Task) -> None:
    """`sheetsim solve`: a new process each time, from its start to its end.

    As a user has it: its bytecode is on the disk (a first run that is not timed puts it there),
    and it may take more than the one thread that `scripts/bench` grants everybody else.
    """
    folder = Path(task["folder"])
    ours = "PYTHONDONTWRITEBYTECODE", *(name for name in os.environ if "_NUM_THREADS" in name)
    env = {name: value for name, value in os.environ.items() if name not in ours}
    env["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    for run, seed in enumerate([task["seeds"][0], *task["seeds"]]):
        out = folder / f"solved-{seed}.xlsx"
        line = [sys.executable, "-m", "sheetsim", "solve", task["file"], "--sheet", task["sheet"]]
        line += ["--start", "random", "--seed", str(seed), "--out", str(out)]
        clock = Clock()
        done = subprocess.run(line, capture_output=True, text=True, env=env)
        took = clock.both()
        if done.returncode:
            raise RuntimeError(f"exit code {done.returncode}: {done.stderr.strip()}")
        if run:
            tell(event="run", x=read_back(out, task), **took)


def read_back(path: Path, task: Task) -> list[float]:
    """The variables that a solved file holds."""
    from sheetsim.workbook.read.book import read_book

    sheet = read_book(path).sheets[task["sheet"]]
    return [float(sheet[tuple(cell)].value) for cell in task["cells"]]


def ironcalc(task: Task, *, whole: bool = False, squares: bool = False) -> None:
    """IronCalc recalculates, SciPy minimizes; of the file as it is, or of the one sheet alone."""
    for start in map(np.array, task["starts"]):
        clock = Clock()
        cells = IronCalcCells(task, task["file" if whole else "alone"])
        watched = Watched(cells.objective, clock, task["limit"])
        if squares:
            finish(watched, partial(levenberg, watched, cells, start))
        else:
            finish(watched, partial(lbfgs, watched, start))


class IronCalcCells:
    """The model in IronCalc, which counts rows and columns from 1."""

    def __init__(self, task: Task, path: str) -> None:
        import ironcalc

        self.model = ironcalc.load_from_xlsx(path, "en", "UTC", "en")
        sheets = [one["name"] for one in self.model.get_worksheets_properties()]
        self.sheet = sheets.index(task["sheet"])
        self.places = [self.place(cell) for cell in task["cells"]]
        self.shown = [np.nan] * len(self.places)
        self.target = self.place(task["target"])
        rated = [(row + task["below"], column) for row, column, _ in task["ratings"]]
        self.predicted = [self.place(cell) for cell in rated]
        self.known = np.array([rating for _, _, rating in task["ratings"]])

    def place(self, cell: Sequence[int]) -> tuple[int, int, int]:
        """A cell as IronCalc wants it."""
        return self.sheet, cell[0] + 1, cell[1] + 1

    def objective(self, x: np.ndarray) -> float:
        """Put the variables in, recalculate, and read the objective."""
        for index, value in enumerate(x.tolist()):
            if value != self.shown[index]:  # a difference moves one variable
                self.model.update_cell_with_number(*self.places[index], value)
                self.shown[index] = value
        self.model.evaluate()
        return float(self.model.get_cell_value(*self.target))

    def errors(self) -> np.ndarray:
        """What is off at every rated cell, as last recalculated."""
        return np.array([self.model.get_cell_value(*cell) for cell in self.predicted]) - self.known


def levenberg(watched: Watched, cells: IronCalcCells, start: np.ndarray) -> None:
    """MINPACK's Levenberg-Marquardt with differences."""
    import scipy.optimize

    def errors(x: np.ndarray) -> np.ndarray:
        watched(x)
        return cells.errors()

    scipy.optimize.least_squares(errors, start, method="lm", max_nfev=10**6)


def lbfgs(watched: Watched, start: np.ndarray) -> None:
    """SciPy's L-BFGS-B with differences, its default tolerances and no end to its budget."""
    import scipy.optimize

    options = {"maxiter": 10**6, "maxfun": 10**9}
    scipy.optimize.minimize(watched, start, method="L-BFGS-B", options=options)


def finish(watched: Watched, run: Callable[[], None]) -> None:
    """Run to the end or to the limit, and report."""
    cut = False
    try:
        run()
    except TimeUp:
        cut = True
    watched.tell("run", cut=cut)


def formulas(task: Task, *, whole: bool = False) -> None:
    """The package formulas compiles the sheet into Python functions, SciPy minimizes."""
    import formulas

    path = Path(task["file" if whole else "alone"])
    for start in map(np.array, task["starts"]):
        clock = Clock()
        model = formulas.ExcelModel().loads(str(path)).finish()
        prefix = f"'[{path.name}]{task['sheet'].upper()}'!"
        inputs = [prefix + address(cell) for cell in task["cells"]]
        function = model.compile(inputs=inputs, outputs=[prefix + address(task["target"])])
        watched = Watched(partial(call, function), clock, task["limit"])
        finish(watched, partial(lbfgs, watched, start))


def call(function: Callable[..., Any], x: np.ndarray) -> float:
    """The objective by a function that formulas compiled."""
    return float(np.asarray(function(*x).value).item())


def pycel(task: Task, *, whole: bool = False) -> None:
    """One evaluation, with the first variable changed, tells whether it can."""
    from pycel import ExcelCompiler

    compiler = ExcelCompiler(filename=task["file" if whole else "alone"])
    said = []
    first, *_ = task["ratings"]
    below = task["below"]
    target = f"{task['sheet']}!{address(task['target'])}"
    prediction = f"{task['sheet']}!{address((first[0] + below, first[1]))}"
    for cell in (prediction, target):
        compiler.evaluate(cell)  # what Excel cached
    compiler.set_value(f"{task['sheet']}!{address(task['cells'][0])}", 0.5)
    for cell in (prediction, target):
        try:
            said.append(f"{cell} is {compiler.evaluate(cell)}")
        except Exception as error:  # its answer
            said.append(f"{type(error).__name__}: {last_line(error)}")
    tell(event="failed", note="; ".join(said))


def formualizer(task: Task) -> None:
    """What formualizer makes of one prediction and of the objective."""
    import formualizer

    book = formualizer.load_workbook(task["alone"])
    first, *_ = task["ratings"]
    cells = [(first[0] + task["below"], first[1]), task["target"]]
    said = []
    for cell in cells:
        value = book.evaluate_cell(task["sheet"], cell[0] + 1, cell[1] + 1)
        error = isinstance(value, dict) and value.get("kind")
        said.append(f"{address(cell)} is {f'#{error}' if error else value}")
    tell(event="failed", note="; ".join(said))


def openpyxl(task: Task) -> None:
    """Whether openpyxl loads the file, which it would need to write a solved copy."""
    import openpyxl

    openpyxl.load_workbook(task["file"])
    tell(event="failed", note="loads the file, and computes nothing")


def address(cell: Sequence[int]) -> str:
    """The name of a cell, row and column from 0."""
    from sheetsim.references import a1

    return a1(*cell)


PEERS: dict[str, Callable[[Task], None]] = {
    "sheetsim": sheetsim,
    "command": command,
    "ironcalc-lm": partial(ironcalc, squares=True),
    "ironcalc": ironcalc,
    "ironcalc-file": partial(ironcalc, whole=True),
    "formulas": formulas,
    "formulas-file": partial(formulas, whole=True),
    "pycel": pycel,
    "pycel-file": partial(pycel, whole=True),
    "formualizer": formualizer,
    "openpyxl": openpyxl,
}


if __name__ == "__main__":
    sys.exit(main())
