"""`sheetsim movielens`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetsim import api
from sheetsim.cli._downloads import data_folder
from sheetsim.cli._files import Written, folder_for, folder_of
from sheetsim.cli._names import of_lesson, optimizer_names
from sheetsim.errors import DataError, OptionError
from sheetsim.files import require_writable
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

    from sheetsim.data.movielens import MovieLens
    from sheetsim.learn import DotProductBias, Interpretation, Learner

LISTED = 15
SCHEDULES = one_of("one-cycle", "constant")
FOR_TRAINING = {
    *("factors", "epochs", "lr", "schedule", "optimizer", "weight_decay", "batch_size", "valid"),
    *("seed", "y_range", "raw"),
}
"""Options that decide how to train."""
WRITTEN = ("save", "out")


def _default(name: str) -> Any:
    """What the lesson takes where an option is not given."""
    return of_lesson("movielens", name)


@click.command("movielens")
@click.option(
    "--data", metavar="DIR", help="folder of u.data and u.item, or ratings.csv and movies.csv"
)
@click.option(
    "--download", is_flag=True, help="MovieLens 100k from GroupLens, into your cache folder"
)
@parsed_option(
    "--factors",
    whole(1, 200),
    metavar="K",
    help=lambda: f"factors of each user and movie [{_default('FACTORS')}]",
)
@parsed_option(
    "--epochs",
    whole(1, 10_000),
    metavar="N",
    help=lambda: f"passes over the ratings [{_default('EPOCHS')}]",
)
@parsed_option(
    "--lr",
    real(0, above=True),
    metavar="LR",
    help=lambda: f"greatest learning rate [{_default('LR_MAX')}]",
)
@parsed_option("--schedule", SCHEDULES, metavar="HOW", help="one-cycle or constant [one-cycle]")
@parsed_option(
    "--optimizer",
    lambda name, value: one_of(*optimizer_names())(name, value),
    metavar="NAME",
    help=lambda: f"{', '.join(optimizer_names())} [{_default('optimizer')}]",
)
@parsed_option(
    "--weight-decay",
    real(0, 1e6),
    metavar="WD",
    help=lambda: f"decay of the weights, as in AdamW [{_default('weight_decay'):g}]",
)
@parsed_option(
    "--batch-size",
    whole(1, 10**9),
    metavar="N",
    help=lambda: f"ratings in a batch [{_default('batch_size')}]",
)
@parsed_option(
    "--valid",
    real(0, 0.9, above=True),
    metavar="PART",
    help=lambda: f"part of the ratings held back [{_default('valid'):g}]",
)
@parsed_option(
    "--seed",
    whole(0, 2**32 - 1),
    metavar="SEED",
    help=lambda: f"seed of the start and the batches [{_default('seed')}]",
)
@option(
    "--y-range",
    nargs=2,
    metavar="LOW HIGH",
    help=lambda: "least and greatest prediction [{:g} {:g}]".format(*_default("Y_RANGE")),
)
@click.option("--raw", is_flag=True, help="no sigmoid: the raw score is the prediction")
@click.option("--show-batch", is_flag=True, help="show some ratings with their titles, and stop")
@click.option("--lr-find", "find", is_flag=True, help="suggest a learning rate, and stop")
@click.option("--save", metavar="FILE", help="write the trained model, a .npz")
@click.option("--load", metavar="FILE", help="take a saved model instead of training")
@click.option(
    "-o", "--out", metavar="DIR", help="folder for movielens.xlsx and pictures [none written]"
)
@click.option("--json", "as_json", is_flag=True, help="print all of it as JSON")
def command(
    data: str | None, download: bool, show_batch: bool, find: bool, as_json: bool, **options: Any
) -> None:
    """Learn MovieLens's ratings, and look at what was learned.

    Trains factors and a bias of every user and every movie, and prints which movies have the lowest
    and the highest bias. Files are written only with --out and --save.

    Exits with 0 if the training went to its end, with 1 if it did not, with 2 for bad input, with
    130 if interrupted.

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
    if "out" in given:
        given["out"] = folder_of(given["out"], "movielens.xlsx and pictures")
    if "save" in given and not given["save"].endswith(".npz"):
        raise OptionError(f"--save is {given['save']}; expected a name that ends in .npz")
    if data is None and not download:
        raise OptionError("expected --data DIR, or --download for MovieLens 100k from GroupLens")

    from sheetsim.data.movielens import batch_preview, fetch_movielens, load_movielens

    folder = data_folder(data, download, fetch_movielens, "MovieLens 100k")
    assert folder is not None  # noqa: S101 - one of the two was given
    ratings = load_movielens(folder)
    if show_batch:
        _show(batch_preview(ratings, seed=given.get("seed", _default("seed"))), as_json)
    elif find:
        _find(_learner(ratings, given, ()), as_json)
    else:
        with folder_for(given.get("out")):
            _learn(ratings, given, as_json)


def _refuse_mixtures(given: dict[str, Any], *, show_batch: bool, find: bool) -> None:
    """Options that what was asked for would ignore."""
    useless = {"--load": FOR_TRAINING, "--lr-find": {*WRITTEN, "load", "epochs", "lr", "schedule"}}
    useless["--show-batch"] = (FOR_TRAINING | {*WRITTEN, "load"}) - {"seed"}
    asked = {"--load": "load" in given, "--lr-find": find, "--show-batch": show_batch}
    if "raw" in given and "y_range" in given:
        raise OptionError("--raw is given and so is --y-range; expected one of the two")
    if find and show_batch:
        raise OptionError("--lr-find is given and so is --show-batch; expected one of the two")
    for name, is_asked in asked.items():
        for key in sorted(useless[name] & given.keys() if is_asked else ()):
            raise OptionError(f"--{key.replace('_', '-')} is of no use with {name}")


def _learner(ratings: MovieLens, given: dict[str, Any], callbacks: Any) -> Learner:
    """With the options that were given, as the learner calls them."""
    from sheetsim.learn import collab_learner

    y_range: tuple[float, float] | None = _default("Y_RANGE")
    if "raw" in given:
        y_range = None
    elif "y_range" in given:
        low, high = (real()("--y-range", end) for end in given["y_range"])
        y_range = low, high
    names = ("valid", "seed", "optimizer", "batch_size", "weight_decay")
    chosen = {name: given[name] for name in names if name in given}
    k = given.get("factors", _default("FACTORS"))
    return collab_learner(ratings, k, y_range=y_range, callbacks=callbacks, **chosen)


def _learn(ratings: MovieLens, given: dict[str, Any], as_json: bool) -> None:
    """Train or load, print, and write what is to be written."""
    from sheetsim.learn import DotProductBias, Interpretation, TrainingEnd, save_model
    from sheetsim.learn.movielens import check_room, labels_of

    out: Path | None = given.get("out")
    if out is not None:
        check_room(ratings)
        require_writable(out / "movielens.xlsx")
    if "save" in given:
        require_writable(given["save"])
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
    written = Written()
    if "save" in given:
        path, labels = Path(given["save"]), labels_of(ratings)
        written.add(path, lambda: save_model(model, path, labels))
    if out is not None:
        _write(found, out, written)
    if as_json:
        lists = {"lowest": found.biases.head(LISTED), "highest": found.biases[::-1].head(LISTED)}
        history = [] if learner is None else learner.history.to_dict("records")
        biases = {name: part.to_dict("records") for name, part in lists.items()}
        learned = {"epochs": history, **biases, "shares": found.pca.shares}
        print_json({"status": status, **learned, **written.as_dict()})
    else:
        _print(learner, found)
        click.echo(one_line(status))
        for line in written.lines():
            click.echo(one_line(line))


def _give_up(learner: Learner, as_json: bool) -> None:
    """A run that diverged: its epochs, why, and nothing written."""
    if as_json:
        print_json({"status": learner.status, "epochs": learner.history.to_dict("records")})
    else:
        _print_epochs(learner)
        click.echo(one_line(learner.status))
    raise click.exceptions.Exit(1)


def _trained(ratings: MovieLens, given: dict[str, Any]) -> Learner:
    from sheetsim.learn import LossLine

    epochs, lr = given.get("epochs", _default("EPOCHS")), given.get("lr", _default("LR_MAX"))
    learner = _learner(ratings, given, ())
    with progress(learner.steps(epochs)) as bar:
        learner.callbacks = (LossLine(bar),)
        if given.get("schedule") == "constant":
            learner.fit(epochs, lr)
        else:
            learner.fit_one_cycle(epochs, lr)
    return learner


def _loaded(path: str, ratings: MovieLens) -> DotProductBias:
    from sheetsim.learn import DotProductBias, load_model
    from sheetsim.learn.movielens import labels_of

    model, labels = load_model(path)
    if not isinstance(model, DotProductBias):
        raise DataError(f"{path}: holds a {model.kind}; expected a model of users and items")
    for name, ids in labels_of(ratings).items():
        if name not in labels or labels[name].tolist() != ids.tolist():
            raise DataError(f"{path}: its {name} are not those of {ratings.source}")
    return model


def _write(found: Interpretation, out: Path, written: Written) -> None:
    from sheetsim.figures.movielens import biases_png, components_png

    book = api.prepare("movielens", learned=found.learned())
    path = out / "movielens.xlsx"
    written.add(path, functools.partial(api.write, book, path))
    path = out / "movielens_biases.png"
    written.add(path, functools.partial(biases_png, found.biases, path))
    path = out / "movielens_components.png"
    written.add(path, functools.partial(components_png, found.components, path))


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
    table = new_table(*batch.columns)
    for row in batch.itertuples(index=False):
        table.add_row(*(one_line(value) for value in row))
    console().print(table)


def _print_epochs(learner: Learner) -> None:
    epochs = new_table("epoch", "train MSE", "valid MSE", "valid RMSE", "time")
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
        table = new_table(f"{name} bias", "title", "mean rating", "ratings")
        for row in part.itertuples(index=False):
            numbers = f"{row.mean_rating:.2f}", f"{row.ratings:,}"
            table.add_row(f"{row.bias:.3f}", one_line(row.title), *numbers)
        console().print(table)
    shares = ", ".join(f"{share:.1%}" for share in found.pca.shares)
    click.echo(f"principal components of the factors show {shares} of their spread")
