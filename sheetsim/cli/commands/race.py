"""`sheetsim race`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import click

from sheetsim import api
from sheetsim.cli._files import Written, make_folder
from sheetsim.cli._names import having, optimizer_names, require_named, surface_names
from sheetsim.cli._options import Command
from sheetsim.cli._race import lr_of, sweep_given, targets
from sheetsim.errors import OptionError
from sheetsim.option_values import real, whole
from sheetsim.terminal import (
    console,
    new_table,
    one_line,
    option,
    parsed_option,
    print_json,
    progress,
)
from sheetsim.topics.gradient_descent._outlines import in_training
from sheetsim.topics.gradient_descent._parameters import SHARED, in_order, parse_of

STEPS, FRAMES, FPS = 300, 80, 12


def _parameters(command: Command) -> Command:
    """An option for every parameter of an optimizer that races."""
    names = in_order(name for hyper in in_training().values() for name in hyper)
    for name in reversed(names):
        metavar = SHARED[name].metavar if name in SHARED else "VALUE"
        text = f"--{name.replace('_', '-')}"
        about = functools.partial(having, name)
        command = parsed_option(text, parse_of(name), metavar=metavar, help=about)(command)
    return command


@click.command("race")
@click.argument("surface", default="line", metavar="[SURFACE]")
@option(
    "--optimizer",
    multiple=True,
    metavar="NAME",
    help=lambda: f"{', '.join(optimizer_names())}; may be given several times [all]",
)
@parsed_option("--steps", whole(1, 100_000), metavar="N", help=f"steps of each [{STEPS}]")
@click.option(
    "--lr",
    multiple=True,
    metavar="[NAME=]LR",
    help="learning rate, of all or of one; may be given several times [tuned]",
)
@_parameters
@click.option("--start", nargs=2, metavar="X Y", help="where to start [the surface's own]")
@parsed_option(
    "--noise", real(0, 1e6), metavar="SD", help="standard deviation of noise on the gradient [0]"
)
@parsed_option("--seed", whole(0, 2**32 - 1), metavar="SEED", help="seed of the noise [0]")
@click.option("--gif/--no-gif", default=None, help="write the moving picture, or not [yes]")
@parsed_option("--frames", whole(2, 200), metavar="N", help=f"most pictures in it [{FRAMES}]")
@parsed_option("--fps", whole(1, 50), metavar="N", help=f"pictures a second [{FPS}]")
@click.option(
    "--sweep", "swept", is_flag=True, help="one optimizer over learning rates and betas instead"
)
@click.option("--over", metavar="NAME", help="beta to sweep [the optimizer's first]")
@click.option(
    "--lr-range",
    "lr_range",
    nargs=3,
    metavar="LOW HIGH N",
    help="learning rates to sweep [1e-6 10 57]",
)
@click.option(
    "--beta-range",
    "beta_range",
    nargs=3,
    metavar="LOW HIGH N",
    help="betas to sweep [0 0.999 40]",
)
@parsed_option(
    "--seeds", whole(1, 10_000), metavar="N", help="noises, whose median a cell shows [1]"
)
@click.option(
    "-o",
    "--out",
    default=".",
    metavar="DIR|FILE.png",
    help="folder for the pictures, or name of the PNG [.]",
)
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(
    surface: str, swept: bool, out: str, as_json: bool, gif: bool | None, **options: Any
) -> None:
    """Race the optimizers on a loss surface, and draw it.

    SURFACE is line (the default), rosenbrock, beale or saddle. All have the same start and number
    of steps. A learning rate that is not given is tuned by a rule that is printed with the table.
    Writes a picture of the paths, and a moving one. With --sweep: one optimizer's loss over
    learning rates and betas, as a heat map and a CSV.

    The table has, of each optimizer: lr, its learning rate, and how that was chosen; the loss in
    the end, and the distance from the nearest minimum; goal in step: at which step it got below a
    thousandth of the loss at the start; status: how its run ended.

    Exits with 0, whoever wins, with 2 for bad input, with 130 if interrupted.

    \b
    Examples:
      sheetsim race rosenbrock --steps 500 --out pictures
      sheetsim race line --lr 1e-4 --lr adam=1 --no-gif
      sheetsim race line --sweep --optimizer momentum --lr-range 1e-5 1e-3 41
    """
    given = {key: value for key, value in options.items() if value not in (None, ())}
    require_named("surface", (surface,), surface_names())
    require_named("optimizer", given.get("optimizer", ()), optimizer_names())
    if swept:
        _sweep(surface, sweep_given(given, gif), Path(out), as_json)
        return
    for name in ("over", "lr_range", "beta_range", "seeds"):
        if name in given:
            raise OptionError(
                f"--{name.replace('_', '-')} is given without --sweep; expected both or neither"
            )
    _race(surface, given, Path(out), gif is not False, as_json)


def _race(surface: str, given: dict[str, Any], out: Path, moves: bool, as_json: bool) -> None:
    frames, fps = given.pop("frames", FRAMES), given.pop("fps", FPS)
    chosen = given.pop("optimizer", optimizer_names())
    if "lr" in given:
        given["lr"] = lr_of(given["lr"], chosen)
    files = targets(out, f"race_{surface}", ".gif")[: 2 if moves else 1]
    with progress(len(set(chosen)) + 1 + moves * frames) as bar:
        result = api.race(surface, optimizers=chosen, **given, progress=bar)
        make_folder(files[0].parent)
        written = Written()
        for file in files:
            bar(f"{file.name}: drawing", int(file != files[0]))
            save = functools.partial(api.save, result, file, frames=frames, fps=fps, progress=bar)
            written.add(file, save)
    if as_json:
        print_json({**result.as_dict(), **written.as_dict()})
    else:
        _print_race(result)
        _print_files(written)


def _sweep(surface: str, given: dict[str, Any], out: Path, as_json: bool) -> None:
    files = targets(out, f"sweep_{surface}_{given['optimizer']}", ".csv")
    with progress(given.get("steps", STEPS) + 1) as bar:
        result = api.sweep(surface, **given, progress=bar)
        make_folder(files[0].parent)
        bar("drawing")
        written = Written()
        for file in files:
            written.add(file, functools.partial(api.save, result, file))
    if as_json:
        print_json({**result.as_dict(), **written.as_dict()})
    else:
        click.echo(one_line(result.status))
        _print_files(written)


def _print_race(race: api.Race) -> None:
    table = new_table("optimizer", "lr", "chosen", "loss", "distance", "goal in step", "status")
    for racer in race.racers:
        ends = [f"{end:.3g}" if abs(end) < float("inf") else "n/a" for end in racer.end]
        reached = "n/a" if racer.reached is None else f"{racer.reached:,}"
        table.add_row(
            racer.optimizer, f"{racer.lr:.4g}", racer.chosen, *ends, reached, racer.status
        )
    console().print(table)
    click.echo(race.status)
    minima = " and ".join(f"({x:g}, {y:g})" for x, y in race.surface.minima)
    click.echo(f"minimum: {minima}, condition number {race.surface.condition:,.0f}")
    click.echo(f"goal: a thousandth of the loss at the start, {race.goal:.3g}")
    if race.tuning:
        click.echo(f"tuned: {race.tuning}")


def _print_files(written: Written) -> None:
    for line in written.lines():
        click.echo(one_line(line))
