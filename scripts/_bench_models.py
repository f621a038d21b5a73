"""Known models beside IPOPT, SLSQP, Levenberg-Marquardt and HiGHS, all fed by the compiled cells.

    hs       Hock and Schittkowski's models as workbooks, from the published start
    starts   the same models, from that start and three random ones
    nist     NIST's regressions from both of their starts: 9 correct digits are demanded
    cases    every case of ../shared/cases/solver and numeric, by the command; no peers
    large    a portfolio, a hanging chain, circles in a square, a transport

A model is solved by all, one after the other, on one thread; seconds are processor time, without
reading and compiling. "Best" is feasible within 1e-6 and no worse than the known optimum by more
than 1e-6 of it; "other" is another point from which our own search finds nothing better; "false" is
a claim that does not hold: no feasible point, no limit, or an optimum where it finds one. A peer
that is not installed is said to be missing, and has reached nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner
from threadpoolctl import threadpool_limits

from sheetsim.cli import main as command
from sheetsim.errors import EngineMissingError
from sheetsim.peers.base import Answer, Claim, Peer, Refused, Task
from sheetsim.peers.choice import choose
from sheetsim.peers.side_by_side import OURS as CLAIMS
from sheetsim.solver.endings import Stop
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.model import Model
from sheetsim.solver.options import Options
from sheetsim.solver.parts.starts import around, uniform
from sheetsim.solver.solve_model import solve
from sheetsim.solving.prepare import Prepared, prepare
from sheetsim.solving.request import Request

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT.parent / "shared" / "cases"
sys.path.insert(0, str(ROOT / "tests" / "solving"))

OURS = "sheetsim"
WITHIN = 1e-6
DIGITS = 9.0
RANDOM = 3
LARGE = {
    "portfolio": ("1000", "ipopt"),
    "chain": ("210", "ipopt"),
    "circles": ("50", "ipopt"),
    "transport": ("200", "highs"),
}


@dataclass
class Tally:
    """What one solver did over the models of a table."""

    seconds: float = 0.0
    marks: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def add(self, name: str, mark: str, seconds: float) -> None:
        """Count a model."""
        self.seconds += seconds
        self.marks[mark] += 1
        if mark != "best":
            self.missed.append(f"{name} ({mark})")


def main(given: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser("bench models", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for a solve (60)")
    args = parser.parse_args(given)
    if set(args.parts) - set(PARTS):
        parser.error(f"expected some of {', '.join(PARTS)}")
    if not CASES.is_dir():
        print(f"bench: {CASES} is absent: nothing to measure", file=sys.stderr)
        return 3
    warnings.simplefilter("ignore")  # what libraries say to programmers
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        for part in args.parts or PARTS:
            PARTS[part](args.limit)
    return 0


# The solvers --------------------------------------------------------------------------------


def run(name: str, model: Model, options: Options, engine: str) -> tuple[Answer | str, float]:
    """What a solver answers, or why it does not, and the processor's seconds."""
    began = time.process_time()
    try:
        if name == OURS:
            found = solve(model, options, engine, clock=time.process_time)  # type: ignore[arg-type]
            claim = CLAIMS.get(found.ending, Claim.NOTHING)
            answer: Answer | str = Answer(found.variables.copy(), claim, found.status)
        else:
            answer = _asked(choose([name])[0], model, options)
    except (EngineMissingError, Refused) as why:
        answer = "missing" if isinstance(why, EngineMissingError) else "refused"
    except Exception as error:  # a foreign library may raise anything
        answer = f"failed: {type(error).__name__}"
    return answer, time.process_time() - began


def _asked(peer: Peer, model: Model, options: Options) -> Answer:
    peer.library()
    task = Task(Evaluator(model, options, clock=time.process_time))
    try:
        return peer.solve(task)
    except Stop as stop:
        best = task.evaluator.best
        return Answer(task.x0 if best is None else best.x, Claim.NOTHING, stop.outcome.why)


def judge(model: Model, options: Options, answer: Answer | str, right: float) -> str:
    """What became of an answer: best, other, false, none, missing, refused."""
    if isinstance(answer, str):
        return answer
    evaluator = Evaluator(model, options)
    point = evaluator.at(answer.x.copy(), late=True)
    sign, feasible = evaluator.sign, evaluator.feasible(point)
    if feasible and point.f <= sign * right + WITHIN * max(1.0, abs(right)):
        return "best"
    if answer.claim in (Claim.INFEASIBLE, Claim.UNBOUNDED):
        return "false"
    if answer.claim is not Claim.NEARBY:
        return "none"
    if not feasible:
        return "false"
    onward = solve(replace(model, start=answer.x.copy()), replace(options, max_time=None))
    lower = sign * onward.objective < point.f - WITHIN * max(1.0, abs(point.f))
    return "false" if lower and onward.violation <= options.precision else "other"


def show(title: str, names: list[str], tallies: dict[str, Tally]) -> None:
    """Print a table."""
    total = sum(tallies[OURS].marks.values())
    print(f"\n{title}: {total} solves")
    for name in names:
        tally = tallies[name]
        marks = ", ".join(f"{count} {mark}" for mark, count in tally.marks.most_common())
        print(f"  {name:<12} {tally.seconds:9.2f} s  {marks}")
    print(f"  {OURS}, all but the best: {', '.join(tallies[OURS].missed) or 'none'}", flush=True)


# The parts ----------------------------------------------------------------------------------


def hock() -> Iterator[tuple[str, Prepared, float]]:
    """The models of Hock and Schittkowski that are here, and their optima."""
    from hock_books import HOCK, hock_book

    with tempfile.TemporaryDirectory() as folder:
        for number, problem in HOCK.items():
            path = hock_book(Path(folder) / f"hs{number:03}.xlsx", number)
            yield path.stem, prepare(path), problem.best
    for case in json.loads((CASES / "hs" / "cases.json").read_text()):
        path = CASES / "hs" / case["file"]
        yield path.stem, prepare(path, asked(case["args"])), case["right"]


def asked(words: list[str]) -> Request:
    """What the arguments of a case ask for."""
    given: dict[str, Any] = {"by": (), "subject_to": ()}
    rest = iter(words)
    for word in rest:
        name = word.removeprefix("--").replace("-", "_")
        if name in ("minimize", "maximize"):
            given["goal"] = name
        elif name in ("by", "subject_to"):
            given[name] = (*given[name], next(rest))
        else:
            given[name] = next(rest)
    return Request(**given)


def of_hock(limit: float, random: int = 0) -> None:
    """Hock and Schittkowski's models from the published start, and from random ones."""
    names = [OURS, "ipopt", "scipy-slsqp"]
    tallies = {name: Tally() for name in names}
    for title, prepared, right in hock():
        options = replace(prepared.options, max_time=limit)
        model = prepared.model()
        rng, width = np.random.default_rng(0), np.maximum(1.0, np.abs(model.start))
        drawn = uniform(rng, around(model.start, model.low, model.high, width), random)
        for start in [model.start, *drawn]:
            there = replace(model, start=np.array(start))
            for name in names:
                answer, seconds = run(name, there, options, "GRG Nonlinear")
                tallies[name].add(title, judge(there, options, answer, right), seconds)
    show(f"Hock and Schittkowski, {1 + random} starts", names, tallies)


def of_nist(limit: float) -> None:
    """NIST's regressions from both of their starts."""
    from nist_books import FOLDER, MODELS, nist_book, nist_digits, read_nist

    if not FOLDER.is_dir():
        print(f"\nNIST: {FOLDER} is absent: nothing to measure")
        return
    names = [OURS, "scipy-lm", "ipopt", "scipy-slsqp"]
    tallies = {name: Tally() for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for title in MODELS:
            for start in (1, 2):
                prepared = prepare(nist_book(Path(folder) / "nist.xlsx", title, start))
                options, model = replace(prepared.options, max_time=limit), prepared.model()
                for name in names:
                    answer, seconds = run(name, model, options, "GRG Nonlinear")
                    mark = answer if isinstance(answer, str) else "none"
                    if not isinstance(answer, str):
                        digits = nist_digits(read_nist(title), answer.x)
                        mark = "best" if digits >= DIGITS else "none"
                    tallies[name].add(f"{title} {start}", mark, seconds)
    show("NIST, 9 digits", names, tallies)


def of_cases(limit: float) -> None:
    """Every case of solver and numeric by the command."""
    tally = Tally()
    for kind in ("solver", "numeric"):
        for case in json.loads((CASES / kind / "cases.json").read_text()):
            words = ["solve", str(CASES / kind / case["file"]), *case["args"], "--no-copy"]
            began = time.process_time()
            done = CliRunner().invoke(command, [*words, "--json", "--max-time", str(limit)])
            mark = _case(case, done.exit_code, done.stdout)
            tally.add(Path(case["file"]).stem, mark, time.process_time() - began)
    show("cases of solver and numeric", [OURS], {OURS: tally})


def _case(case: dict[str, Any], code: int, shown: str) -> str:
    right = case["right"]
    if right == "refused" or code == 2:
        return "best" if right == "refused" and code == 2 else "refused"
    solved = json.loads(shown)
    if right is None:
        return "best" if code == 0 else "none"
    if isinstance(right, str):
        return "best" if right in solved["status"] else "none"
    off = solved["objective"] - right
    off = {"min": off, "max": -off}.get(case.get("sense", ""), abs(off))
    near = off <= case.get("within", WITHIN) * max(1.0, abs(right))
    return "best" if near and solved["violation"] <= WITHIN else "other" if code == 0 else "none"


def of_large(limit: float) -> None:
    """Larger models: each beside the peer that suits it."""
    print("\nlarger models, solving alone: objective, violation, seconds")
    with tempfile.TemporaryDirectory() as folder:
        for kind, (size, peer) in LARGE.items():
            script = [sys.executable, str(CASES / "growth"), kind, size]
            subprocess.run(
                script, env={**os.environ, "OUT": folder}, check=True, capture_output=True
            )
            path = Path(folder) / f"{kind}_{size}.xlsx"
            words = json.loads(path.with_suffix(".xlsx.json").read_text())
            request = Request(
                objective=words["objective"],
                goal=words["goal"].removeprefix("--"),
                by=tuple(words["by"].split(",")),
                subject_to=tuple(words["subject"]),
                engine=words["engine"],
            )
            prepared = prepare(path, request)
            options, model = replace(prepared.options, max_time=limit), prepared.model()
            for name in (OURS, peer):
                answer, seconds = run(name, model, options, words["engine"])
                print(f"  {kind} {size:<5} {name:<12} {seconds:8.2f} s  {_end(model, answer)}")


def _end(model: Model, answer: Answer | str) -> str:
    if isinstance(answer, str):
        return f"{answer}: not reached"
    point = Evaluator(model, Options()).at(answer.x.copy(), late=True)
    return f"{point.shown:.10g}, {point.violation:.1e}: {answer.message}"


def _of_starts(limit: float) -> None:
    of_hock(limit, RANDOM)


PARTS: dict[str, Callable[[float], None]] = {
    "hs": of_hock,
    "starts": _of_starts,
    "nist": of_nist,
    "cases": of_cases,
    "large": of_large,
}
