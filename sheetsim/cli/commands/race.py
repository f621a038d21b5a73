"""`sheetsim race`."""

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from sheetsim import api
from sheetsim.cli._folders import make_folder
from sheetsim.cli._race import HERE, having, lr_of, sweep_given, targets
from sheetsim.errors import OptionError
from sheetsim.learn.rules import RULES
from sheetsim.option_values import real, whole
from sheetsim.terminal import console, one_line, parsed_option, print_json, progress

STEPS, FRAMES, FPS = 300, 80, 12
BETA = real(0, 0.9999999)


@click.command("race")
@click.argument("surface", default="line", metavar="[SURFACE]")
@click.option("--optimizer", multiple=True, metavar="NAME", help="who; may be given several times")
@parsed_option("--steps", whole(1, 100_000), metavar="N", help=f"budget of each [{STEPS}]")
@click.option("--lr", multiple=True, metavar="[NAME=]LR", help="for all, or for one [tuned]")
@parsed_option("--beta1", BETA, metavar="BETA", help=having("beta1"))
@parsed_option("--beta2", BETA, metavar="BETA", help=having("beta2"))
@click.option("--start", nargs=2, metavar="X Y", help="place to start from [the surface's]")
@parsed_option("--noise", real(0, 1e6), metavar="SD", help="noise on the gradient's parts [0]")
@parsed_option("--seed", whole(0, 2**32 - 1), metavar="SEED", help="seed of the noise [0]")
@click.option("--gif/--no-gif", default=None, help="write the moving picture [yes]")
@parsed_option("--frames", whole(2, 200), metavar="N", help=f"its pictures, at most [{FRAMES}]")
@parsed_option("--fps", whole(1, 50), metavar="N", help=f"pictures a second [{FPS}]")
@click.option("--sweep", "swept", is_flag=True, help="one optimizer over lr and beta instead")
@click.option("--over", metavar="NAME", help="beta to sweep [the first it has]")
@click.option("--lr-range", "lr_range", nargs=3, metavar="LOW HIGH N", help="[1e-6 10 57]")
@click.option("--beta-range", "beta_range", nargs=3, metavar="LOW HIGH N", help="[0 0.999 40]")
@parsed_option("--seeds", whole(1, 10_000), metavar="N", help="seeds, for a cell's median [1]")
@click.option("-o", "--out", default=HERE, metavar="DIR", help="folder, or name of the PNG [.]")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(
    surface: str, swept: bool, out: str, as_json: bool, gif: bool | None, **options: Any
) -> None:
    """Race the optimizers on a SURFACE: line (the default), rosenbrock, beale or saddle.

    All have the same start and budget. A learning rate that is not given is tuned by a rule
    that is printed with the table. Writes a picture of the paths, and a moving one. With
    --sweep: one optimizer's loss over learning rates and betas, as a heat map and a CSV.

    \b
    Examples:
      sheetsim race rosenbrock --steps 500 --out pictures
      sheetsim race line --lr 1e-4 --lr adam=1 --no-gif
      sheetsim race line --sweep --optimizer momentum --lr-range 1e-5 1e-3 41
    """
    given = {key: value for key, value in options.items() if value not in (None, ())}
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
    chosen = given.pop("optimizer", tuple(RULES))
    if "lr" in given:
        given["lr"] = lr_of(given["lr"], chosen)
    files = targets(out, f"race_{surface}", ".gif")[: 2 if moves else 1]
    with progress(len(set(chosen)) + 1 + moves * frames) as bar:
        result = api.race(surface, optimizers=chosen, **given, progress=bar)
        make_folder(files[0].parent)
        for file in files:
            bar(f"{file.name}: drawing", int(file != files[0]))
            api.save(result, file, frames=frames, fps=fps, progress=bar)
    if as_json:
        print_json({**result.as_dict(), "files": files})
    else:
        _print_race(result)
        _print_files(files)


def _sweep(surface: str, given: dict[str, Any], out: Path, as_json: bool) -> None:
    files = targets(out, f"sweep_{surface}_{given['optimizer']}", ".csv")
    with progress(given.get("steps", STEPS) + 1) as bar:
        result = api.sweep(surface, **given, progress=bar)
        make_folder(files[0].parent)
        bar("drawing")
        for file in files:
            api.save(result, file)
    if as_json:
        print_json({**result.as_dict(), "files": files})
    else:
        click.echo(one_line(result.status))
        _print_files(files)


def _print_race(race: api.Race) -> None:
    table = Table("optimizer", "lr", "chosen", "loss", "distance", "goal in step", "status")
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


def _print_files(files: list[Path]) -> None:
    for file in files:
        click.echo(one_line(f"{file}: written"))
