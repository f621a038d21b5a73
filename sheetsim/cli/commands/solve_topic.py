"""`sheetsim solve TOPIC`."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import click

from sheetsim import api
from sheetsim.cli._names import of_solver
from sheetsim.cli._options import Command, workbook_options
from sheetsim.errors import INTERRUPTED, OptionError
from sheetsim.option_values import Parse, one_of, real, whole
from sheetsim.terminal import console, new_table, parsed_option, print_json
from sheetsim.topics import covers, home_of
from sheetsim.topics.gradient_descent._outlines import outlines

FOR_SHEETS_ONLY = {"at", "epochs", "variant", *(n for one in outlines() for n in one.sheet)}
"""Options that change a workbook but not its Solver models."""

WITH_MODELS = {topic.workbook for topic in api.list_topics().values() if topic.solvable}
WORKBOOK_OPTIONS = {option.name for name in WITH_MODELS for option in covers()[name].options}

SHOWN = (
    *("objective", "variables", "status", "success", "iterations", "evaluations", "seconds"),
    *("log", "start", "start_objective"),
)
"""What JSON shows of a result."""
LOGGED = ("iteration", "objective", "evaluations", "step", "damping")
"""What is shown of a trial; no topic has constraints, so that a violation says nothing."""


def _for_solver(
    name: str, parse: Parse, metavar: str, text: str, default: str = ""
) -> Callable[[Command], Command]:
    """An option of the solver, whose own default the help has where none is given here."""

    def told() -> str:
        return f"{text} [{default or of_solver(name)}]"

    return parsed_option(f"--{name}", parse, metavar=metavar, help=told)


class _Topic(click.Command):
    """Its name among the commands is `solve_topic`; people know it as `solve`.

    Attributes:
        asked_as: with which words its help is asked for.
    """

    asked_as = "sheetsim solve dot_product"

    def make_context(
        self,
        info_name: str | None,  # noqa: ARG002 - the name among the commands
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Begin the command under the name that was typed."""
        return super().make_context("solve", args, parent, **extra)


@click.command("solve", cls=_Topic)
@click.argument("name", metavar="TOPIC")
@_for_solver("starts", whole(1, 100_000), "N", "random starts; the best result counts", "1")
@_for_solver("seed", whole(0, 2**32 - 1), "SEED", "seed of all that is drawn at random")
@_for_solver("precision", real(0, above=True), "P", "how exactly bounds hold")
@_for_solver("convergence", real(0, above=True), "C", "relative change to stop at")
@_for_solver("max-time", real(0, above=True), "SECONDS", "time limit", "none")
@_for_solver("max-iterations", whole(1, 10**9), "N", "iteration limit", "the method's")
@_for_solver(
    "derivatives",
    one_of("analytic", "central", "forward"),
    "HOW",
    "analytic (exact), central or forward (differences)",
)
@click.option("--log", "with_log", is_flag=True, help="print the log of trials too")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
@functools.partial(workbook_options, workbooks=WITH_MODELS, without={*FOR_SHEETS_ONLY, "seed"})
def command(name: str, with_log: bool, as_json: bool, **options: Any) -> None:
    """Solve the Solver model of a TOPIC of the lecture, and write nothing.

    Behind an option stand the workbooks whose topics have it; `sheetsim list` shows which topics
    have a model. `sheetsim solve --help` is about workbooks of any kind.

    Ctrl-C ends the search with the best point so far. Exits with 0 if the solver converged, with 1
    if it did not, with 2 for bad input, with 130 if interrupted.

    \b
    Examples:
      sheetsim solve dot_product --ratings ratings.csv --seed 1
      sheetsim solve bias --k 3 --starts 20 --log
    """
    given = {key: value for key, value in options.items() if value is not None}
    own = {option.name for option in home_of(name).options} - FOR_SHEETS_ONLY
    for key in given:
        if key in WORKBOOK_OPTIONS and key not in own:
            raise OptionError(f"{name} has no option --{key}; it has --{', --'.join(sorted(own))}")
    from sheetsim.api.lecture import solve_topic

    result = solve_topic(name, **given)
    if as_json:
        print_json(_as_dict(result))
    else:
        _print_result(result, with_log)
    if not result.success:
        raise click.exceptions.Exit(INTERRUPTED if result.interrupted else 1)


def _as_dict(result: api.Result) -> dict[str, Any]:
    """What JSON shows."""
    log = [{name: getattr(trial, name) for name in LOGGED} for trial in result.log]
    return {name: log if name == "log" else getattr(result, name) for name in SHOWN}


def _print_result(result: api.Result, with_log: bool) -> None:
    table = new_table(show_header=False)
    table.add_row("objective", f"{result.objective:.10g}")
    table.add_row("at the start", f"{result.start_objective:.10g}")
    table.add_row("status", result.status)
    table.add_row("variables", f"{result.variables.size}")
    table.add_row("iterations", f"{result.iterations}")
    table.add_row("evaluations", f"{result.evaluations}")
    table.add_row("time", f"{result.seconds:.3f} s")
    console().print(table)
    if with_log:
        log = new_table(*LOGGED)
        for trial in result.log:
            numbers = (getattr(trial, name) for name in LOGGED)
            log.add_row(*("" if math.isnan(one) else f"{one:.6g}" for one in numbers))
        console().print(log)
