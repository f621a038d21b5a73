"""`sheetsim race`: what it prints and writes, and every bad option as one line."""

import json
import re
import signal
import sys
from pathlib import Path

import pandas as pd
import pytest
from children import PATIENCE, child, wait_until
from cli_runs import OLD, error_line, run, snapshot, spawn, the_line
from PIL import Image

import sheetsim
from sheetsim.learn.rules import RULES
from sheetsim.racing import SURFACES

QUICK = ("--steps", "30", "--frames", "4")
SMALL = ("--sweep", "--lr-range", "1e-5", "1e-3", "5", "--beta-range", "0", "0.9", "3")


@pytest.mark.parametrize("surface", list(SURFACES))
def test_a_race_in_full(tmp_path: Path, surface: str) -> None:
    out = tmp_path / "new" / "folder"
    result = run("race", surface, *QUICK, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    race = sheetsim.race(surface, steps=30)
    for racer in race.racers:
        assert f"{racer.optimizer}" in result.stdout
        assert f" {racer.lr:.4g} " in result.stdout
        assert f" {racer.loss:.3g} " in result.stdout
    lines = result.stdout.splitlines()
    assert race.status in lines
    assert f"tuned: {race.tuning}" in lines
    assert f"goal: a thousandth of the loss at the start, {race.goal:.3g}" in lines
    files = [out / f"race_{surface}.{kind}" for kind in ("png", "gif")]
    assert lines[-2:] == [f"{file}: written" for file in files]
    assert sorted(out.iterdir()) == sorted(files)
    for file in files:
        with Image.open(file) as image:
            image.load()


def test_the_default_is_the_line_here(tmp_path: Path) -> None:
    done = spawn("race", *QUICK, "--no-gif", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "race_line.png: written" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["race_line.png"]


def test_out_may_be_the_pictures_name(tmp_path: Path) -> None:
    assert run("race", *QUICK, "-o", tmp_path / "mine.PNG").exit_code == 0
    assert run("race", *QUICK, *SMALL[:1], "-o", tmp_path / "map.png").exit_code == 2
    assert run("race", *SMALL, "-o", tmp_path / "map.png").exit_code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"mine.PNG", "mine.gif", "map.png", "map.csv"}


def test_rates_for_all_and_for_one(tmp_path: Path) -> None:
    args = ("--lr", "1e-5", "--lr", "adam=2", "--no-gif", "--json", "--out", tmp_path)
    result = run("race", *args, "--optimizer", "sgd", "--optimizer", "adam")
    parsed = json.loads(result.stdout)
    assert {racer["optimizer"]: racer["lr"] for racer in parsed["racers"]} == {
        "sgd": 1e-5,
        "adam": 2.0,
    }
    assert parsed["files"] == [str(tmp_path / "race_line.png")]
    assert parsed["tuning"] == ""


def test_json_is_the_api(tmp_path: Path) -> None:
    """And what has diverged is null in it."""
    args = ("--lr", "0.1", "--start", "-3", "4", "--noise", "2", "--seed", "5", "--beta1", "0.8")
    result = run("race", "beale", *args, "--no-gif", "--json", "--out", tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    parsed = json.loads(result.stdout)
    race = sheetsim.race("beale", lr=0.1, start=(-3, 4), noise=2, seed=5, beta1=0.8)
    assert parsed["status"] == race.status
    ours = {racer.optimizer: racer for racer in race.racers}
    assert [racer["status"] for racer in parsed["racers"]] == [r.status for r in race.racers]
    assert parsed["racers"][0]["loss"] is None
    assert ours["sgd"].status.startswith("diverged")
    (adam,) = [racer for racer in parsed["racers"] if racer["optimizer"] == "adam"]
    assert adam["loss"] == ours["adam"].loss


def test_what_diverges_is_told_without_a_warning(tmp_path: Path) -> None:
    done = spawn("race", "--lr", "1", "--no-gif", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    row = next(line for line in done.stdout.splitlines() if " sgd " in line)
    assert re.search(r"n/a.*n/a.*n/a.*diverged in step \d+", row)


def test_a_sweep(tmp_path: Path) -> None:
    args = (*SMALL, "--steps", "50", "--optimizer", "adam", "--over", "beta2", "--beta1", "0.5")
    result = run("race", "beale", *args, "--out", tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    ranges = {"lr_range": (1e-5, 1e-3, 5), "beta_range": (0, 0.9, 3)}
    sweep = sheetsim.sweep("beale", "adam", over="beta2", steps=50, beta1=0.5, **ranges)  # type: ignore[arg-type]
    files = [tmp_path / f"sweep_beale_adam.{kind}" for kind in ("png", "csv")]
    assert result.stdout == "\n".join([sweep.status, *(f"{file}: written" for file in files), ""])
    pd.testing.assert_frame_equal(pd.read_csv(files[1]), sweep.frame(), rtol=1e-15)


def test_a_sweep_over_seeds_as_json(tmp_path: Path) -> None:
    args = (*SMALL, "--noise", "100", "--seeds", "3", "--seed", "8", "--json", "--out", tmp_path)
    parsed = json.loads(run("race", *args).stdout)
    assert parsed["seeds"] == [8, 9, 10]
    assert parsed["optimizer"] == "momentum"
    assert len(parsed["losses"]) == 3
    assert len(parsed["losses"][0]) == 5


SWEPT = [rule.name for rule in RULES.values() if rule.swept]
ABOVE_0 = "expected a number above 0, up to 1e+100"
BETA = "expected a number from 0 to 0.9999999"
BAD = [
    (("sadle",), "surface is 'sadle'; expected one of line, rosenbrock, beale, saddle"),
    (("--steps", "0"), "--steps is 0; expected a whole number from 1 to 100,000"),
    (("--steps", "x"), "--steps is x; expected a whole number from 1 to 100,000"),
    (("--lr", "0"), f"lr for sgd is 0; {ABOVE_0}"),
    (("--lr", "adam=fast"), f"lr for adam is fast; {ABOVE_0}"),
    (("--lr", "adam="), f"lr for adam is ''; {ABOVE_0}"),
    (("--lr", "adma=1"), f"--lr is given for 'adma'; expected one of {', '.join(RULES)}"),
    (("--lr", "1", "--lr", "2"), "--lr is 1 and 2; expected one for all"),
    (("--lr", "sgd=1", "--lr", "sgd=2"), "--lr is given twice for sgd; expected once"),
    (("--beta1", "1"), f"--beta1 is 1; {BETA}"),
    (("--beta2", "nan"), f"--beta2 is nan; {BETA}"),
    (("--beta1", "0.5", "--optimizer", "sgd"), "--beta1 is 0.5, and there is none in sgd"),
    (("--optimizer", "adamw"), f"--optimizer is 'adamw'; expected one of {', '.join(RULES)}"),
    (("--start", "1", "x"), "--start is 1 x; expected two numbers from -1e+06 to 1e+06"),
    (("--noise", "-1"), "--noise is -1; expected a number from 0 to 1000000"),
    (("--seed", "1.5"), "--seed is 1.5; expected a whole number from 0 to 4,294,967,295"),
    (("--frames", "1"), "--frames is 1; expected a whole number from 2 to 200"),
    (("--fps", "0"), "--fps is 0; expected a whole number from 1 to 50"),
    (("--over", "beta1"), "--over is given without --sweep; expected both or neither"),
    (("--seeds", "3"), "--seeds is given without --sweep; expected both or neither"),
    (
        ("--lr-range", "1", "2", "3"),
        "--lr-range is given without --sweep; expected both or neither",
    ),
    (("--sweep", "--lr", "1"), "--lr is given with --sweep; expected --lr-range"),
    (("--sweep", "--gif"), "--gif is given with --sweep; a sweep has no moving picture"),
    (("--sweep", "--fps", "3"), "--fps is given with --sweep; a sweep has no moving picture"),
    (
        ("--sweep", "--optimizer", "adam", "--optimizer", "momentum"),
        "--optimizer is adam and momentum; a sweep has one",
    ),
    (
        ("--sweep", "--optimizer", "sgd"),
        f"--optimizer is 'sgd', which has no beta; expected {', '.join(SWEPT)}",
    ),
    (("--sweep", "--over", "beta2"), "--over is 'beta2'; momentum has beta1"),
    (
        ("--sweep", "--seeds", "3"),
        "--seeds is 3, and there is no noise to draw; expected noise too",
    ),
    (
        ("--sweep", "--lr-range", "1", "x", "3"),
        "--lr-range is 1 x 3; expected LOW and HIGH above 0, LOW below HIGH, and how many, "
        "2 to 1,000",
    ),
    (
        ("--sweep", "--beta-range", "0.9", "0.5", "3"),
        "--beta-range is 0.9 0.5 3; expected LOW and HIGH from 0 to 0.9999999, LOW below HIGH, "
        "and how many, 2 to 1,000",
    ),
    (
        ("--sweep", "--noise", "1", "--seeds", "10000"),
        "the sweep has 22,800,000 runs; expected 1,000,000 at most",
    ),
]


@pytest.mark.parametrize(("args", "message"), BAD, ids=[" ".join(args) for args, _ in BAD])
def test_bad_options(tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    out = tmp_path / "out"
    assert error_line(run("race", *args, "--out", out), 2) == message
    assert not out.exists()


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (("--start", "1"), "'--start' requires 2 arguments"),
        (("line", "beale"), "unexpected extra argument (beale)"),
        (("--epochs", "3"), "no such option '--epochs'"),
    ],
)
def test_usage(args: tuple[str, ...], part: str) -> None:
    assert part in error_line(run("race", *args), 2)


def test_places_that_cannot_be_written_to(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(OLD)
    (tmp_path / "race_line.png").mkdir()
    before = snapshot(tmp_path)
    line = error_line(run("race", *QUICK, "--out", file / "below"), 2)
    assert "cannot be a folder to write to" in line
    line = error_line(run("race", *QUICK, "--out", tmp_path), 2)
    assert line == f"{tmp_path}/race_line.png: is a folder; expected the name of a file to write"
    line = error_line(run("race", *QUICK, "--out", tmp_path / "a.gif"), 2)
    assert line == f"--out is {tmp_path}/a.gif; expected a name that ends in .png, or a folder"
    assert snapshot(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_keeps_what_is_finished(tmp_path: Path, number: signal.Signals) -> None:
    """While the moving picture is drawn: the still one is whole, and there is no other file."""
    (tmp_path / "race_line.gif").write_bytes(OLD)
    args = ["race", "--frames", "200", "--steps", "2000", "--out", str(tmp_path)]
    with child("-m", "sheetsim", *args) as process:
        wait_until((tmp_path / "race_line.png").exists, process)
        process.send_signal(number)
        said, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (130, "")
    assert the_line(err) == "interrupted; files that were finished are kept"
    assert {path.name for path in tmp_path.iterdir()} == {"race_line.png", "race_line.gif"}
    assert (tmp_path / "race_line.gif").read_bytes() == OLD
    with Image.open(tmp_path / "race_line.png") as image:
        image.load()
