"""`sheetsim digits`."""

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from sheetsim.cli._downloads import data_folder
from sheetsim.cli._folders import make_folder
from sheetsim.data.digits import Digits, fetch_digits, load_digits
from sheetsim.learn import Learner, LossLine, TrainingEnd, compare_optimizers
from sheetsim.learn.digits import HIDDEN
from sheetsim.learn.rules import RULES
from sheetsim.option_values import one_of, real, whole
from sheetsim.terminal import console, one_line, parsed_option, print_json, progress

EPOCHS = 5
OPTIMIZER, MODEL = one_of(*RULES), one_of(*HIDDEN)


@click.command("digits")
@click.option("--data", metavar="DIR", help="folder of MNIST's IDX files [1,797 embedded digits]")
@click.option("--download", is_flag=True, help="MNIST's 70,000 digits, into your cache folder")
@click.option(
    "--model", multiple=True, metavar="NAME", help="logistic or net; several times [both]"
)
@click.option("--optimizer", multiple=True, metavar="NAME", help=f"{', '.join(RULES)} [all]")
@parsed_option("--epochs", whole(1, 10_000), metavar="N", help=f"passes over the digits [{EPOCHS}]")
@parsed_option("--lr", real(0, above=True), metavar="LR", help="of all optimizers [each its own]")
@parsed_option(
    "--weight-decay", real(0, 1e6), metavar="WD", help="times sum(w^2), in the loss [1e-5]"
)
@parsed_option("--batch-size", whole(1, 10**9), metavar="N", help="digits in a batch [64]")
@parsed_option("--seed", whole(0, 2**32 - 1), metavar="SEED", help="of start and batches [42]")
@click.option("-o", "--out", metavar="DIR", help="write pictures of losses and weights there")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(
    data: str | None, download: bool, out: str | None, as_json: bool, **options: Any
) -> None:
    """Learn handwritten digits: logistic regression and a small net, by every optimizer.

    Exits with 0 only if every training went to its end.

    \b
    Examples:
      sheetsim digits
      sheetsim digits --data mnist --model net --optimizer adam --epochs 20
      sheetsim digits --download --out my
    """
    given = {key: value for key, value in options.items() if value not in (None, ())}
    models = tuple(dict.fromkeys(MODEL("--model", m) for m in given.pop("model", HIDDEN)))
    rules = tuple(dict.fromkeys(OPTIMIZER("--optimizer", o) for o in given.pop("optimizer", RULES)))
    digits = load_digits(data_folder(data, download, fetch_digits, "MNIST"))
    if out is not None:
        make_folder(Path(out))
    epochs = given.pop("epochs", EPOCHS)
    batches = -(-digits.train.n // given.get("batch_size", 64))
    with progress(len(models) * len(rules) * epochs * batches) as bar:
        frame, learners = compare_optimizers(
            digits, models, rules, epochs=epochs, callbacks=(LossLine(bar),), **given
        )
    well = all(learner.ended is TrainingEnd.FINISHED for learner in learners.values())
    files = _pictures(digits, learners, Path(out)) if out is not None and well else []
    if as_json:
        statuses = {" ".join(key): learner.status for key, learner in learners.items()}
        print_json({"epochs": frame.to_dict("records"), "status": statuses, "files": files})
    else:
        click.echo(
            one_line(f"{digits.source}: {digits.train.n:,} to learn, {digits.valid.n:,} held back")
        )
        _print(learners)
        for file in files:
            click.echo(one_line(f"{file}: written"))
    if not well:
        raise click.exceptions.Exit(1)


def _pictures(digits: Digits, learners: dict[tuple[str, str], Learner], out: Path) -> list[Path]:
    from sheetsim.figures.digits import losses_png, weights_png  # slow to import

    losses = {key: learner.losses for key, learner in learners.items()}
    files = [losses_png(losses, out / "digits_losses.png")]
    for (model, _), learner in learners.items():
        if model == "logistic" and len(files) == 1:
            weights = learner.model.groups["layer 1"][:-1]
            files.append(weights_png(weights, digits.side, out / "digits_weights.png"))
    return files


def _print(learners: dict[tuple[str, str], Learner]) -> None:
    headings = ("model", "optimizer", "epoch", "train loss", "valid loss", "accuracy", "time")
    table = Table(*headings)
    for (model, optimizer), learner in learners.items():
        seconds = 0.0
        for epoch in learner.epochs:
            seconds += epoch.seconds
            if epoch.epoch in (1, len(learner.epochs)):
                losses = f"{epoch.train_loss:.4f}", f"{epoch.valid_loss:.4f}"
                shown = f"{epoch.valid_metric:.2%}", f"{seconds:.1f} s"
                table.add_row(model, optimizer, str(epoch.epoch), *losses, *shown)
    console().print(table)
    for (model, optimizer), learner in learners.items():
        if learner.ended is not TrainingEnd.FINISHED:
            click.echo(one_line(f"{model}, {optimizer}: {learner.status}"))
