"""`sheetsim digits`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetsim.cli._downloads import data_folder
from sheetsim.cli._files import Written, folder_for, folder_of
from sheetsim.cli._names import of_lesson, optimizer_names
from sheetsim.option_values import one_of, real, whole
from sheetsim.terminal import (
    console,
    new_table,
    one_line,
    option,
    parsed_option,
    print_json,
    progress,
)

if TYPE_CHECKING:
    import pandas as pd

    from sheetsim.data.digits import Digits
    from sheetsim.learn import Learner

    Learners = dict[tuple[str, str], Learner]

EPOCHS = 5


@click.command("digits")
@click.option("--data", metavar="DIR", help="folder of MNIST's files [1,797 embedded digits]")
@click.option("--download", is_flag=True, help="MNIST's 70,000 digits, into your cache folder")
@click.option(
    "--model", multiple=True, metavar="NAME", help="logistic or net; may be given twice [both]"
)
@option(
    "--optimizer",
    multiple=True,
    metavar="NAME",
    help=lambda: f"{', '.join(optimizer_names())}; may be given several times [all]",
)
@parsed_option("--epochs", whole(1, 10_000), metavar="N", help=f"passes over the digits [{EPOCHS}]")
@parsed_option(
    "--lr", real(0, above=True), metavar="LR", help="learning rate of all [each its own]"
)
@parsed_option(
    "--weight-decay",
    real(0, 1e6),
    metavar="WD",
    help=lambda: (
        "times the sum of the squared weights, added to the loss "
        f"[{of_lesson('digits', 'weight_decay'):g}]"
    ),
)
@parsed_option(
    "--batch-size",
    whole(1, 10**9),
    metavar="N",
    help=lambda: f"digits in a batch [{of_lesson('digits', 'batch_size')}]",
)
@parsed_option(
    "--seed",
    whole(0, 2**32 - 1),
    metavar="SEED",
    help=lambda: f"seed of the start and the batches [{of_lesson('digits', 'seed')}]",
)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    help="folder for pictures of losses and weights [none written]",
)
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(
    data: str | None, download: bool, out: str | None, as_json: bool, **options: Any
) -> None:
    """Learn handwritten digits, by every optimizer.

    Trains a logistic regression and a small net, each by each optimizer, and prints what they have
    learned. Pictures are written only with --out.

    Exits with 0 if every training went to its end, with 1 if one did not, with 2 for bad input,
    with 130 if interrupted.

    \b
    Examples:
      sheetsim digits
      sheetsim digits --data mnist --model net --optimizer adam --epochs 20
      sheetsim digits --download --out my
    """
    given = {key: value for key, value in options.items() if value not in (None, ())}
    folder = None if out is None else folder_of(out, "pictures of losses and weights")
    models = _chosen("--model", given.pop("model", ()), tuple(of_lesson("digits", "HIDDEN")))
    rules = _chosen("--optimizer", given.pop("optimizer", ()), optimizer_names())

    from sheetsim.data.digits import fetch_digits, load_digits

    digits = load_digits(data_folder(data, download, fetch_digits, "MNIST"))
    with folder_for(folder):
        _learn(digits, models, rules, given, folder, as_json)


def _learn(
    digits: Digits,
    models: tuple[str, ...],
    rules: tuple[str, ...],
    given: dict[str, Any],
    folder: Path | None,
    as_json: bool,
) -> None:
    """Train, print, and draw what is to be drawn."""
    from sheetsim.learn import LossLine, TrainingEnd, compare_optimizers

    epochs = given.pop("epochs", EPOCHS)
    batches = -(-digits.train.n // given.get("batch_size", of_lesson("digits", "batch_size")))
    with progress(len(models) * len(rules) * epochs * batches) as bar:
        frame, learners = compare_optimizers(
            digits, models, rules, epochs=epochs, callbacks=(LossLine(bar),), **given
        )
    well = all(learner.ended is TrainingEnd.FINISHED for learner in learners.values())
    written = Written()
    if folder is not None and well:
        _draw(digits, learners, folder, written)
    if as_json:
        statuses = {" ".join(key): learner.status for key, learner in learners.items()}
        epochs_done = frame.to_dict("records")
        print_json({"epochs": epochs_done, "status": statuses, **written.as_dict()})
    else:
        click.echo(
            one_line(f"{digits.source}: {digits.train.n:,} to learn, {digits.valid.n:,} held back")
        )
        _print(frame)
        for (model, optimizer), learner in learners.items():
            if learner.ended is not TrainingEnd.FINISHED:
                click.echo(one_line(f"{model}, {optimizer}: {learner.status}"))
        for line in written.lines():
            click.echo(one_line(line))
    if not well:
        raise click.exceptions.Exit(1)


def _chosen(name: str, given: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Those that were named, each once, or all."""
    parse = one_of(*known)
    return tuple(dict.fromkeys(parse(name, one) for one in given)) or known


def _draw(digits: Digits, learners: Learners, out: Path, written: Written) -> None:
    from sheetsim.figures.digits import losses_png, weights_png

    losses = {key: learner.losses for key, learner in learners.items()}
    path = out / "digits_losses.png"
    written.add(path, lambda: losses_png(losses, path))
    first = next((one for (model, _), one in learners.items() if model == "logistic"), None)
    if first is not None:
        weights, picture = first.model.groups["layer 1"][:-1], out / "digits_weights.png"
        written.add(picture, lambda: weights_png(weights, digits.side, picture))


def _print(frame: pd.DataFrame) -> None:
    """Print the first and the last epoch of every training."""
    headings = ("model", "optimizer", "lr", "epoch", "train loss", "valid loss", "accuracy")
    table = new_table(*headings, "time")
    for names, epochs in frame.groupby(["model", "optimizer"], sort=False):
        seconds = epochs["seconds"].cumsum().to_numpy()
        for row, epoch in enumerate(epochs.itertuples(index=False)):
            if row in (0, len(epochs) - 1):
                losses = f"{epoch.train_loss:.4f}", f"{epoch.valid_loss:.4f}"
                shown = f"{epoch.accuracy:.2%}", f"{seconds[row]:.1f} s"
                table.add_row(*map(str, names), f"{epoch.lr:g}", str(epoch.epoch), *losses, *shown)
    console().print(table)
