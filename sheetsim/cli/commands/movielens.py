"""`sheetsim movielens`."""

from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.table import Table

from sheetsim import api
from sheetsim.cli._downloads import data_folder
from sheetsim.cli._folders import make_folder
from sheetsim.data.movielens import MovieLens, batch_preview, fetch_movielens, load_movielens
from sheetsim.errors import DataError, OptionError
from sheetsim.files import demand_writable
from sheetsim.learn import (
    DotProductBias,
    Interpretation,
    Learner,
    LossLine,
    TrainingEnd,
    collab_learner,
    load_model,
    save_model,
)
from sheetsim.learn.movielens import EPOCHS, FACTORS, LR_MAX, Y_RANGE, check_room, labels_of
from sheetsim.learn.rules import RULES
from sheetsim.option_values import one_of, real, whole
from sheetsim.terminal import console, one_line, parsed_option, print_json, progress

LISTED = 15
SCHEDULES = one_of("one-cycle", "constant")
FOR_TRAINING = {
    *("factors", "epochs", "lr", "schedule", "optimizer", "weight_decay", "batch_size", "valid"),
    *("seed", "y_range", "raw"),
}
"""Options that decide how to train."""
WRITTEN = ("save", "out")


@click.command("movielens")
@click.option(
    "--data", metavar="DIR", help="folder of u.data and u.item, or ratings.csv and movies.csv"
)
@click.option(
    "--download", is_flag=True, help="MovieLens 100k from GroupLens, into your cache folder"
)
@parsed_option("--factors", whole(1, 200), metavar="K", help=f"of each user and movie [{FACTORS}]")
@parsed_option(
    "--epochs", whole(1, 10_000), metavar="N", help=f"passes over the ratings [{EPOCHS}]"
)
@parsed_option("--lr", real(0, above=True), metavar="LR", help=f"greatest learning rate [{LR_MAX}]")
@parsed_option("--schedule", SCHEDULES, metavar="HOW", help="one-cycle or constant [one-cycle]")
@parsed_option("--optimizer", one_of(*RULES), metavar="NAME", help=f"{', '.join(RULES)} [adam]")
@parsed_option("--weight-decay", real(0, 1e6), metavar="WD", help="decoupled from the rule [0.1]")
@parsed_option("--batch-size", whole(1, 10**9), metavar="N", help="ratings in a batch [64]")
@parsed_option("--valid", real(0, 0.9, above=True), metavar="PART", help="held back [0.1]")
@parsed_option("--seed", whole(0, 2**32 - 1), metavar="SEED", help="of start and batches [42]")
@click.option("--y-range", nargs=2, metavar="LOW HIGH", help="of the predictions [0 5.5]")
@click.option("--raw", is_flag=True, help="no sigmoid: the raw score is the prediction")
@click.option("--show-batch", is_flag=True, help="show some ratings with their titles, and stop")
@click.option("--lr-find", "find", is_flag=True, help="suggest a learning rate, and stop")
@click.option("--save", metavar="FILE", help="write the trained model, a .npz")
@click.option("--load", metavar="FILE", help="take a saved model instead of training")
@click.option("-o", "--out", metavar="DIR", help="write movielens.xlsx and pictures there")
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(
    data: str | None, download: bool, show_batch: bool, find: bool, as_json: bool, **options: Any
) -> None:
    """Learn factors and biases from MovieLens's ratings, and look at what they mean.

    Exits with 0 only if the training went to its end.

    \b
    Examples:
      sheetsim movielens --download --out my
      sheetsim movielens --data ml-100k --factors 20 --save small.npz
      sheetsim movielens --data ml-100k --load small.npz --out my
    """
    given = {
        key: value
        for key, value in options.items()
        if value is not None and value is not False and value != ()
    }
    _refuse_mixtures(given, show_batch=show_batch, find=find)
    folder = data_folder(data, download, fetch_movielens, "MovieLens 100k")
    if folder is None:
        raise OptionError("expected --data DIR, or --download for MovieLens 100k from GroupLens")
    ratings = load_movielens(folder)
    if show_batch:
        _show(batch_preview(ratings, seed=given.get("seed", 42)), as_json)
    elif find:
        _find(_learner(ratings, given, ()), as_json)
    else:
        _learn(ratings, given, as_json)


def _refuse_mixtures(given: dict[str, Any], *, show_batch: bool, find: bool) -> None:
    """Options that what was asked for would ignore."""
    useless = {"--load": FOR_TRAINING, "--lr-find": {*WRITTEN, "load", "epochs", "lr", "schedule"}}
    useless["--show-batch"] = (FOR_TRAINING | {*WRITTEN, "load"}) - {"seed"}
    asked = {"--load": "load" in given, "--lr-find": find, "--show-batch": show_batch}
    if find and show_batch:
        raise OptionError("--lr-find is given and so is --show-batch; expected one of the two")
    for name, is_asked in asked.items():
        for key in sorted(useless[name] & given.keys() if is_asked else ()):
            raise OptionError(f"--{key.replace('_', '-')} is of no use with {name}")


def _learner(ratings: MovieLens, given: dict[str, Any], callbacks: Any) -> Learner:
    """With the options that were given, as the learner calls them."""
    if "raw" in given and "y_range" in given:
        raise OptionError("--raw is given and so is --y-range; expected one of the two")
    y_range: tuple[float, float] | None = Y_RANGE
    if "raw" in given:
        y_range = None
    elif "y_range" in given:
        low, high = (real()("--y-range", end) for end in given["y_range"])
        y_range = low, high
    names = ("valid", "seed", "optimizer", "batch_size", "weight_decay")
    chosen = {name: given[name] for name in names if name in given}
    k = given.get("factors", FACTORS)
    return collab_learner(ratings, k, y_range=y_range, callbacks=callbacks, **chosen)


def _learn(ratings: MovieLens, given: dict[str, Any], as_json: bool) -> None:
    """Train or load, print, and write what is to be written."""
    out = None if "out" not in given else Path(given["out"])
    if out is not None:
        check_room(ratings)
        make_folder(out)
        demand_writable(out / "movielens.xlsx")
    if "save" in given:
        if not str(given["save"]).endswith(".npz"):
            raise OptionError(f"--save is {given['save']}; expected a name that ends in .npz")
        demand_writable(given["save"])
    learner = None
    if "load" in given:
        model = _loaded(given["load"], ratings)
        status = f"loaded from {given['load']}"
    else:
        learner = _trained(ratings, given)
        if learner.ended is not TrainingEnd.FINISHED:
            _give_up(learner, as_json)
        assert isinstance(learner.model, DotProductBias)  # noqa: S101 - what collab_learner makes
        model, status = learner.model, learner.status
    found = Interpretation(ratings, model)
    files: dict[Path, str] = {}
    if "save" in given:
        files[save_model(model, given["save"], labels_of(ratings))] = "written"
    if out is not None:
        files |= _written(found, out)
    if as_json:
        lists = {"lowest": found.biases.head(LISTED), "highest": found.biases[::-1].head(LISTED)}
        history = [] if learner is None else learner.history.to_dict("records")
        biases = {name: part.to_dict("records") for name, part in lists.items()}
        shares = found.pca.shares
        print_json(
            {"status": status, "epochs": history, **biases, "shares": shares, "files": list(files)}
        )
    else:
        _print(learner, found)
        click.echo(one_line(status))
        for file, done in files.items():
            click.echo(one_line(f"{file}: {done}"))


def _give_up(learner: Learner, as_json: bool) -> None:
    """A run that diverged: its epochs, why, and nothing written."""
    if as_json:
        print_json({"status": learner.status, "epochs": learner.history.to_dict("records")})
    else:
        _print_epochs(learner)
        click.echo(one_line(learner.status))
    raise click.exceptions.Exit(1)


def _trained(ratings: MovieLens, given: dict[str, Any]) -> Learner:
    epochs, lr = given.get("epochs", EPOCHS), given.get("lr", LR_MAX)
    learner = _learner(ratings, given, ())
    with progress(learner.steps(epochs)) as bar:
        learner.callbacks = (LossLine(bar),)
        if given.get("schedule") == "constant":
            learner.fit(epochs, lr)
        else:
            learner.fit_one_cycle(epochs, lr)
    return learner


def _loaded(path: str, ratings: MovieLens) -> DotProductBias:
    model, labels = load_model(path)
    if not isinstance(model, DotProductBias):
        raise DataError(f"{path}: holds a {model.kind}; expected a model of users and items")
    for name, ids in labels_of(ratings).items():
        if name not in labels or labels[name].tolist() != ids.tolist():
            raise DataError(f"{path}: its {name} are not those of {ratings.source}")
    return model


def _written(found: Interpretation, out: Path) -> dict[Path, str]:
    """The workbook and the pictures, each "written" or "unchanged"."""
    from sheetsim.figures.movielens import biases_png, components_png  # slow to import

    path = out / "movielens.xlsx"
    written = api.write(api.prepare("movielens", learned=found.learned()), path)
    biases = biases_png(found.biases, out / "movielens_biases.png")
    components = components_png(found.components, out / "movielens_components.png")
    done = "written" if written else "unchanged"
    return {path: done, biases: "written", components: "written"}


def _find(learner: Learner, as_json: bool) -> None:
    found = learner.lr_find()
    if as_json:
        curve = {"lr": found.lr, "smoothed": found.smoothed}
        print_json({"suggested": found.suggested, "status": found.status, **curve})
    else:
        click.echo(f"suggested learning rate: {found.suggested:.2g}")
        click.echo(found.status)


def _show(batch: pd.DataFrame, as_json: bool) -> None:
    if as_json:
        print_json(batch.to_dict("records"))
        return
    table = Table(*batch.columns)
    for row in batch.itertuples(index=False):
        table.add_row(*(one_line(value) for value in row))
    console().print(table)


def _print_epochs(learner: Learner) -> None:
    epochs = Table("epoch", "train MSE", "valid MSE", "valid RMSE", "time")
    for epoch in learner.epochs:
        losses = (epoch.train_loss, epoch.valid_loss, epoch.valid_loss**0.5)
        shown = [f"{loss:.4f}" for loss in losses]
        epochs.add_row(str(epoch.epoch), *shown, f"{epoch.seconds:.1f} s")
    console().print(epochs)


def _print(learner: Learner | None, found: Interpretation) -> None:
    if learner is not None:
        _print_epochs(learner)
    for name, part in (
        ("lowest", found.biases.head(LISTED)),
        ("highest", found.biases[::-1].head(LISTED)),
    ):
        table = Table(f"{name} bias", "title", "mean rating", "ratings")
        for row in part.itertuples(index=False):
            numbers = f"{row.mean_rating:.2f}", f"{row.ratings:,}"
            table.add_row(f"{row.bias:.3f}", one_line(row.title), *numbers)
        console().print(table)
    shares = ", ".join(f"{share:.1%}" for share in found.pca.shares)
    click.echo(f"principal components of the factors show {shares} of their spread")
