"""The sheet `dotprod` of the lecture's file, solved from a random start: sheetsim and its peers.

What is measured is file to solved model: loading the file (of the one sheet alone, where the peer
does not take the file), compiling what is compiled, solving by the peer's own criteria. Imports
and the start of a program count for `sheetsim solve` alone, the whole command; sheetsim also writes
the solved copy. Processor time stands beside the time on the wall, which a busy machine stretches.
Starts are uniform(0, 1), drawn with the seed, the same for all peers; sheetsim's `--start random`
draws its own in the same way. The RMSE is computed here, with NumPy, from the ratings and the 150
numbers that a peer ends with, whatever the peer says of it; the optimum is 0.392901. Each peer
runs in a process of its own, which is ended when its time is up; what is best by then counts, if
the peer says it (LibreOffice does not).

LibreOffice is the one on the PATH, or the one that SHEETSIM_SOFFICE names. Its solvers get the
file and the model as they are, and have their own default options; its Swarm also gets bounds,
without which it is lost.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
FILE = HERE.parents[1] / "shared/data/lecture/collab_filter.xlsx"
SHEET, TARGET, RATINGS, BELOW = "dotprod", (40, 21), (1, 7, 15, 15), 23
"""Where the objective is, the block of ratings (row, column, rows, columns), and how far below a
rating its prediction is."""
GOAL = 0.39295
TARGETS = {"sheetsim": 0.3, "command": 1.0}
"""Seconds that the median of either may take."""
GRACE = 20.0
"""Seconds beyond the limit before a process is ended: a peer may end itself, with its best."""
LIBREOFFICE = "apt-get install libreoffice-calc-nogui"
NLP = "apt-get install libreoffice-nlpsolver: Java; it takes libreoffice-calc in place of -nogui"


@dataclass(frozen=True)
class Peer:
    """What is measured.

    Attributes:
        label: what it is called in the table.
        package: the package that it needs, by the name that pip knows.
        service: the solver's service in LibreOffice.
        starts: starts at most, 0 for all seeds.
        hint: where to get the service if LibreOffice has none such.
        bound: bounds that the variables get in LibreOffice, minus it and it; 0: none.
    """

    label: str
    package: str = ""
    service: str = ""
    starts: int = 1
    hint: str = LIBREOFFICE
    bound: float = 0.0


CALC = "com.sun.star.comp.Calc."
PEERS = {
    "sheetsim": Peer("sheetsim, in process", starts=0),
    "command": Peer("`sheetsim solve`, whole command", starts=0),
    "ironcalc-lm": Peer("IronCalc + SciPy lm, sheet alone", "ironcalc", starts=3),
    "ironcalc": Peer("IronCalc + SciPy L-BFGS-B, sheet alone", "ironcalc", starts=3),
    "ironcalc-file": Peer("IronCalc + SciPy L-BFGS-B, file as it is", "ironcalc"),
    "formulas": Peer("formulas + SciPy L-BFGS-B, sheet alone", "formulas"),
    "formulas-file": Peer("formulas, file as it is", "formulas"),
    "pycel": Peer("pycel, sheet alone", "pycel"),
    "pycel-file": Peer("pycel, file as it is", "pycel"),
    "formualizer": Peer("formualizer, sheet alone", "formualizer"),
    "openpyxl": Peer("openpyxl, file as it is", "openpyxl"),
    "deps": Peer("LibreOffice, DEPS", service=CALC + "NLPSolver.DEPSSolverImpl", hint=NLP),
    "sco": Peer("LibreOffice, SCO", service=CALC + "NLPSolver.SCOSolverImpl", hint=NLP),
    "swarm": Peer("LibreOffice, Swarm", service=CALC + "SwarmSolver"),
    "swarm-5": Peer("LibreOffice, Swarm, bounds -5, 5", service=CALC + "SwarmSolver", bound=5.0),
    "coinmp": Peer("LibreOffice, CoinMP (linear)", service=CALC + "CoinMPSolver"),
    "lpsolve": Peer("LibreOffice, lp_solve (linear)", service=CALC + "LpsolveSolver"),
}


@dataclass
class Row:
    """A peer's line in the table; None where there is nothing to say.

    Attributes:
        seconds: of every start that came to an end, or was cut off.
        objectives: the RMSE of every start, in the same order.
        cpu: seconds of processor time, in the same order, where the peer tells.
        evaluations: of the objective, in the same order.
        cut: whether the limit ended it.
        note: what it says, in its own words or ours.
    """

    peer: str
    label: str
    seconds: list[float] = field(default_factory=list)
    objectives: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    evaluations: list[int] = field(default_factory=list)
    cut: bool = False
    note: str = ""

    @property
    def reached(self) -> int:
        """How many starts ended at the goal."""
        return sum(value <= GOAL for value in self.objectives)


def main(given: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser("bench workbook", description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, default=FILE, help="the lecture's collab_filter.xlsx")
    parser.add_argument("--seeds", type=int, default=10, help="seeds 0, 1, ... (default 10)")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"of {', '.join(PEERS)}")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds a start (default 180)")
    parser.add_argument("--json", action="store_true", help="JSON in place of the table")
    args = parser.parse_args(given)
    chosen = args.peers.split(",")
    if unknown := [name for name in chosen if name not in PEERS]:
        parser.error(f"--peers: got {', '.join(unknown)}, expected some of {', '.join(PEERS)}")
    if not args.file.exists():
        print(f"bench workbook: {args.file} is absent: nothing to measure", file=sys.stderr)
        return 3
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="sheetsim-bench-") as folder:
        task = prepare(args.file, Path(folder), args.seeds, args.limit)
        rows = []
        for name in chosen:
            rows.append(measure(name, PEERS[name], task))
            print(f"bench workbook: {one_line(rows[-1])}", file=sys.stderr)
    machine = (
        f"{os.cpu_count()} cores, load {before:.1f} before and {os.getloadavg()[0]:.1f} after, "
        f"Python {platform.python_version()}, limit {args.limit:g} s, seeds 0 to {args.seeds - 1}"
    )
    if args.json:
        found = {"machine": machine, "goal": GOAL, "rows": [asdict(row) for row in rows]}
        print(json.dumps(found, indent=1))
    else:
        print("\n".join(table(rows, machine)))
    return 0 if all(on_target(row) for row in rows) else 1


def prepare(file: Path, folder: Path, seeds: int, limit: float) -> dict[str, Any]:
    """The task that all peers get, and the one sheet as a file of its own."""
    import xlsxwriter

    from sheetsim.workbook.read.book import read_book
    from sheetsim.workbook.solver_model.read import read_models

    book = read_book(file)
    model, sheet = read_models(book)[SHEET], book.sheets[SHEET]
    cells = [place for _, place in model.variable_cells()]
    alone = folder / "alone.xlsx"
    writer = xlsxwriter.Workbook(str(alone))
    page = writer.add_worksheet(SHEET)
    for place, cell in sheet.items():
        if cell.formula is not None:
            page.write_formula(*place, cell.formula, None, cell.value)
        else:
            page.write(*place, cell.value)
    writer.close()
    top, left, rows, columns = RATINGS
    block = [(r, c) for r in range(top, top + rows) for c in range(left, left + columns)]
    drawn = [np.random.default_rng(seed).uniform(size=len(cells)).tolist() for seed in range(seeds)]
    return {
        "file": str(file.resolve()),
        "alone": str(alone),
        "folder": str(folder),
        "limit": limit,
        "sheet": SHEET,
        "target": TARGET,
        "cells": cells,
        "seeds": list(range(seeds)),
        "starts": drawn,
        "below": BELOW,
        "ratings": [(*place, float(sheet[place].value)) for place in block if place in sheet],
        "soffice": os.environ.get("SHEETSIM_SOFFICE") or shutil.which("soffice") or "",
    }


def measure(name: str, peer: Peer, task: dict[str, Any]) -> Row:
    """Run a peer in a process of its own, for as long as it may take."""
    row = Row(name, peer.label)
    folder = Path(task["folder"]) / name
    folder.mkdir()
    few = slice(0, peer.starts or None)
    own = {**task, "folder": str(folder), "bound": peer.bound}
    own |= {name: task[name][few] for name in ("starts", "seeds")}
    (folder / "task.json").write_text(json.dumps(own))
    if peer.service:
        python = python_with_uno() if task["soffice"] else None
        command = [python, str(HERE / "_bench_workbook_uno.py"), "TASK", peer.service]
        if python is None:
            missing = "apt-get install python3-uno" if task["soffice"] else LIBREOFFICE
            row.note = f"absent: {missing}"
            return row
    else:
        command = [sys.executable, str(HERE / "_bench_workbook_peers.py"), "TASK", name]
    command[2] = str(folder / "task.json")
    limit = task["limit"] * len(own["starts"]) + GRACE
    cut, events, said = run(command, limit, folder)
    read_events(row, events, own)
    if cut and not row.cut:
        row.cut = True
        row.seconds.append(limit - GRACE)
    if not row.seconds and not row.note:
        row.note = said or "said nothing"
    if any(event["event"] == "absent" for event in events):
        row.note = f"absent: {peer.hint if peer.service else 'pip install ' + peer.package}"
    return row


def run(command: list[str], limit: float, folder: Path) -> tuple[bool, list[dict[str, Any]], str]:
    """Run a program with all that it starts; whether it was cut off, its events, its last words."""
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True)
        cut = False
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            cut = True
        finally:
            end_group(process)
    lines = (folder / "out").read_text().splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    words = (folder / "err").read_text().strip().splitlines()
    return cut, events, words[-1] if words else ""


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here and whatever it started, LibreOffice above all."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def python_with_uno() -> str | None:
    """A Python that can speak to LibreOffice: the system's, as a rule."""
    for python in (sys.executable, "/usr/bin/python3", shutil.which("python3")):
        if python and Path(python).exists():
            tried = subprocess.run([python, "-c", "import uno"], capture_output=True)
            if not tried.returncode:
                return python
    return None


def read_events(row: Row, events: list[dict[str, Any]], task: dict[str, Any]) -> None:
    """Put what a peer said into its row."""
    best = None
    for event in events:
        row.note = event.get("note") or row.note
        if event["event"] == "best":
            best = event
        elif event["event"] == "run":
            best = None
            row.seconds.append(event["seconds"])
            row.cut |= event.get("cut", False)
            add_point(row, event, task)
    if best is not None:  # ended from outside: what it said last counts
        add_point(row, best, task)


def add_point(row: Row, event: dict[str, Any], task: dict[str, Any]) -> None:
    """The RMSE of the point that a peer gave, by NumPy."""
    if event.get("x") is not None:
        row.objectives.append(rmse(np.array(event["x"]), task))
    for name, many in (("evaluations", row.evaluations), ("cpu", row.cpu)):
        if event.get(name) is not None:
            many.append(event[name])


def rmse(x: np.ndarray, task: dict[str, Any]) -> float:
    """The root mean square of the errors at rated cells; x is (150,), in the order of the cells.

    The variables are named by where they stand: a movie's factors in its column above the
    predictions, a user's in its row beside them.
    """
    at = {tuple(cell): value for cell, value in zip(task["cells"], x.tolist(), strict=True)}
    top, left, rows, columns = RATINGS
    movies = sorted({row for row, column in at if column >= left})
    users = sorted({column for _, column in at if column < left})
    V = np.array([[at[row, left + c] for c in range(columns)] for row in movies])
    U = np.array([[at[top + BELOW + r, column] for column in users] for r in range(rows)])
    with np.errstate(over="ignore", invalid="ignore"):
        predicted = U @ V
        errors = [predicted[r - top, c - left] - rating for r, c, rating in task["ratings"]]
        return float(np.sqrt(np.mean(np.square(errors))))


def on_target(row: Row) -> bool:
    """Whether sheetsim kept its times and always reached the goal; a peer is always on target."""
    if row.peer not in TARGETS:
        return True
    quick = bool(row.seconds) and statistics.median(row.seconds) <= TARGETS[row.peer]
    return quick and row.reached == len(row.seconds)


def table(rows: Sequence[Row], machine: str) -> list[str]:
    """The rows in Markdown."""
    ours = next((row for row in rows if row.peer == "sheetsim" and row.seconds), None)
    base = statistics.median(ours.seconds) if ours else None
    reached = f"at most {GOAL}"
    head = ("", "seconds, median (worst)", "CPU s", "RMSE, worst", reached, "evaluations", "times")
    lines = ["", f"workbook: {SHEET} from a random start, file to solution; {machine}", ""]
    lines += ["| " + " | ".join(head) + " | says |", "| --- " * (len(head) + 1) + "|"]
    lines += ["| " + " | ".join(cells(row, base)) + " |" for row in rows]
    lines += [""]
    for row in rows:
        if row.peer in TARGETS and row.seconds:
            verdict = "reached" if on_target(row) else "missed"
            lines.append(f"{row.label}: the goal, {TARGETS[row.peer]:g} s, is {verdict}")
    return lines


def cells(row: Row, base: float | None) -> list[str]:
    """A row's cells; `times` says how many times the median of sheetsim in process, `base`."""
    if not row.seconds:
        return [row.label, *["-"] * 6, row.note.replace("|", "/")]
    middle, worst = statistics.median(row.seconds), max(row.seconds)
    seconds = f"{middle:.3g}" if len(row.seconds) == 1 else f"{middle:.3g} ({worst:.3g})"
    found = f"{max(row.objectives):.6g}" if row.objectives else "not known"
    cpu = f"{statistics.median(row.cpu):.3g}" if row.cpu else "not known"
    count = f"{statistics.median(row.evaluations):,.0f}" if row.evaluations else "not known"
    times = "-" if base is None else f"{middle / base:,.3g}"
    note = row.note
    if row.cut:
        seconds, note = "> " + seconds, "; ".join(["cut off", note] if note else ["cut off"])
    if row.reached < len(row.seconds) and times != "-":
        times = f"> {times}" if row.cut else "never"  # one may go on, the other has ended
    reached = f"{row.reached} of {len(row.seconds)}"
    return [row.label, seconds, cpu, found, reached, count, times, note.replace("|", "/")]


def one_line(row: Row) -> str:
    """A row for who waits."""
    return ", ".join(part for part in cells(row, None) if part not in ("-", ""))
