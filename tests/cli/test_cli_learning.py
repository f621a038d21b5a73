"""`sheetsim movielens` and `sheetsim digits`: what they print, write and refuse."""

import json
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from cli_runs import error_line, run, snapshot
from PIL import Image

from sheetsim.learn import Classifier, save_model
from sheetsim.learn.rules import RULES

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "learn"))
from small_movielens import write_movielens

QUICK = ("--factors", "3", "--epochs", "2")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_movielens(tmp_path_factory.mktemp("cli") / "ml", users=20, items=30)


def test_movielens_from_data_to_workbook_and_back(data: Path, tmp_path: Path) -> None:
    out, saved = tmp_path / "out", tmp_path / "m.npz"
    done = run("movielens", "--data", data, *QUICK, "--out", out, "--save", saved)
    assert (done.exit_code, done.stderr) == (0, "")
    for words in (
        "valid MSE",
        "lowest bias",
        "highest bias",
        "principal components",
        "finished: ",
    ):
        assert words in done.stdout
    names = ("movielens.xlsx", "movielens_biases.png", "movielens_components.png")
    assert {path.name for path in out.iterdir()} == set(names)
    for name in names:
        assert f"{out / name}: written" in done.stdout
    sheets = openpyxl.load_workbook(out / names[0], read_only=True).sheetnames
    assert sheets[:4] == ["contents", "titles", "users", "card"]
    for name in names[1:]:
        with Image.open(out / name) as picture:
            assert min(picture.size) > 300
    first = snapshot(out)
    again = run("movielens", "--data", data, "--load", saved, "--out", out)
    assert (again.exit_code, again.stderr) == (0, "")
    assert snapshot(out) == first, "the same model gives the same bytes"


def test_movielens_as_json(data: Path) -> None:
    done = run("movielens", "--data", data, *QUICK, "--json")
    answer = json.loads(done.stdout)
    assert [epoch["epoch"] for epoch in answer["epochs"]] == [1, 2]
    assert len(answer["lowest"]) == len(answer["highest"]) == 15
    assert answer["status"].startswith("finished")
    same = json.loads(run("movielens", "--data", data, *QUICK, "--json").stdout)
    assert [e["valid_loss"] for e in same["epochs"]] == [e["valid_loss"] for e in answer["epochs"]]


def test_a_batch_is_shown(data: Path) -> None:
    shown = run("movielens", "--data", data, "--show-batch")
    assert shown.exit_code == 0
    assert "title" in shown.stdout
    assert "Movie" in shown.stdout


def test_a_rate_is_suggested(data: Path) -> None:
    found = run("movielens", "--data", data, "--lr-find", "--json")
    assert 1e-5 < json.loads(found.stdout)["suggested"] <= 1
    assert run("movielens", "--data", data, "--lr-find").stdout.startswith(
        "suggested learning rate"
    )


@pytest.mark.parametrize(
    "options", [("--raw",), ("--y-range", "0", "6"), ("--schedule", "constant")]
)
def test_ways_to_train(data: Path, options: tuple[str, ...]) -> None:
    assert run("movielens", "--data", data, *QUICK, *options).exit_code == 0


def test_a_zero_is_a_value(data: Path) -> None:
    """0 == False in Python, and 0 is no option left out."""

    def loss(*args: str) -> float:
        done = run("movielens", "--data", data, *QUICK, "--json", *args)
        return float(json.loads(done.stdout)["epochs"][-1]["valid_loss"])

    usual = loss()
    assert loss("--seed", "0") != usual
    assert loss("--weight-decay", "0") != usual
    assert loss("--weight-decay", "0.1") == usual


def test_divergence_is_exit_code_1(data: Path) -> None:
    done = run("movielens", "--data", data, *QUICK, "--raw", "--optimizer", "sgd", "--lr", "1e9")
    assert done.exit_code == 1
    assert "diverged at step" in done.stdout


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ((), 2, "expected --data DIR, or --download"),
        (("--data", "x", "--download"), 2, "--data is x and --download is given"),
        (("--data", "nowhere"), 2, "nowhere"),
        (("--data", ".", "--epochs", "0"), 2, "--epochs is 0; expected a whole number from 1"),
        (("--data", ".", "--optimizer", "lion"), 2, "--optimizer is lion; expected sgd, momentum"),
        (("--data", ".", "--valid", "1"), 2, "--valid is 1"),
        (
            ("--data", ".", "--load", "m.npz", "--epochs", "3"),
            2,
            "--epochs is of no use with --load",
        ),
        (("--data", ".", "--show-batch", "--lr", "1"), 2, "--lr is of no use with --show-batch"),
        (("--data", ".", "--lr-find", "--save", "x"), 2, "--save is of no use with --lr-find"),
    ],
)
def test_movielens_refuses(args: tuple[str, ...], code: int, message: str) -> None:
    assert message in error_line(run("movielens", *args), code)


def test_y_ranges_that_are_none(data: Path) -> None:
    def refusal(*args: str) -> str:
        return error_line(run("movielens", "--data", data, *args), 2)

    assert "expected one of the two" in refusal("--raw", "--y-range", "0", "5")
    assert "--y-range is a" in refusal("--y-range", "a", "5")
    assert "the least prediction, then the greatest" in refusal("--y-range", "5", "0")


def test_models_of_something_else_are_refused(data: Path, tmp_path: Path) -> None:
    other = save_model(Classifier((4, 3)), tmp_path / "digits.npz")
    line = error_line(run("movielens", "--data", data, "--load", other), 2)
    assert line.endswith("holds a classifier; expected a model of users and items")
    small = write_movielens(tmp_path / "other", users=10, items=12)
    saved = tmp_path / "small.npz"
    assert run("movielens", "--data", small, *QUICK, "--save", saved).exit_code == 0
    line = error_line(run("movielens", "--data", data, "--load", saved), 2)
    assert "its users are not those of" in line


def test_a_folder_that_cannot_be_written_is_found_before_training(
    data: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    line = error_line(run("movielens", "--data", data, "--out", tmp_path / "file"), 2)
    assert "cannot be a folder to write to" in line


def test_digits_that_come_with_sheetsim(tmp_path: Path) -> None:
    done = run("digits", "--epochs", "1", "--out", tmp_path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "1,438 to learn, 359 held back" in done.stdout
    for word in ("logistic", "net", "sgd", "momentum", "rmsprop", "adam", "accuracy", *RULES):
        assert word in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"digits_losses.png", "digits_weights.png"}


def test_digits_as_json() -> None:
    options = ("--model", "net", "--optimizer", "adam", "--optimizer", "sgd", "--epochs", "2")
    answer = json.loads(run("digits", *options, "--json").stdout)
    rows = [(row["model"], row["optimizer"], row["epoch"]) for row in answer["epochs"]]
    assert rows == [("net", rule, epoch) for rule in ("adam", "sgd") for epoch in (1, 2)]
    assert set(answer["status"]) == {"net adam", "net sgd"}


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("--model", "cnn"), 2, "--model is cnn; expected logistic or net"),
        (("--optimizer", "lion"), 2, "--optimizer is lion"),
        (("--data", "nowhere"), 2, "nowhere"),
        (("--lr", "0"), 2, "--lr is 0; expected a number above 0"),
        (("--data", "x", "--download"), 2, "expected one of the two"),
    ],
)
def test_digits_refuses(args: tuple[str, ...], code: int, message: str) -> None:
    assert message in error_line(run("digits", *args), code)


def test_an_idx_file_cut_short_is_refused(tmp_path: Path) -> None:
    images = np.zeros((3, 2, 2), np.uint8)
    header = bytes([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2])
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(header + images.tobytes()[:-1])
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]))
    line = error_line(run("digits", "--data", tmp_path), 2)
    assert "t10k-images-idx3-ubyte" in line
