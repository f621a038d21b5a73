"""The figures: what is in the files, that they are the same each time, and leave nothing behind."""

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from children import PATIENCE
from numpy.typing import NDArray
from PIL import Image, ImageColor

import sheetsim
from sheetsim.errors import OptionError, OutputError
from sheetsim.figures._style import COLORS, GOLD
from sheetsim.figures.race import frame_steps
from sheetsim.learn.rules import RULES
from sheetsim.racing import SURFACES, Race, Sweep

SMALL: dict[str, Any] = {"lr_range": (1e-6, 1, 9), "beta_range": (0, 0.99, 5), "steps": 40}


@pytest.fixture(scope="module")
def race() -> Race:
    return sheetsim.race("rosenbrock", steps=60)


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    return sheetsim.sweep("line", **SMALL)


def pixels(path: Path) -> NDArray[np.int64]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def share_of(picture: NDArray[np.int64], color: str) -> float:
    """Part of the pixels that have a colour, nearly."""
    gap = np.abs(picture - ImageColor.getrgb(color)[:3]).max(axis=-1)
    return float(np.mean(gap <= 3))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("surface", list(SURFACES))
def test_a_race_as_a_picture(tmp_path: Path, surface: str) -> None:
    path = sheetsim.save(sheetsim.race(surface, steps=60), tmp_path / "race.png")
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (1210, 583)
        assert not {"Software", "Creation Time", "date"} & set(image.info)
    picture = pixels(path)
    for color in (*COLORS[: len(RULES)], GOLD):
        assert share_of(picture, color) > 8e-5, "every racer and the minimum are seen"


def test_a_moving_picture(tmp_path: Path, race: Race) -> None:
    path = sheetsim.save(race, tmp_path / "race.gif", frames=20, fps=10)
    steps = frame_steps(race.steps, 20)
    with Image.open(path) as image:
        assert image.format == "GIF"
        assert image.n_frames == len(steps)  # type: ignore[attr-defined]
        assert image.info["loop"] == 0
        shown, frames = [], []
        for i in range(len(steps)):
            image.seek(i)
            shown.append(image.info["duration"])
            frames.append(np.asarray(image.convert("RGB")).astype(int))
    assert shown == [100] * (len(steps) - 1) + [2000]
    first, last = frames[0], frames[-1]
    for color in (*COLORS[: len(RULES)], GOLD):
        assert share_of(last, color) > 1e-4
    blue = [share_of(frame, COLORS[0]) for frame in frames]
    assert blue[-1] > blue[0], "the paths grow"
    assert np.mean((first != last).any(axis=-1)) < 0.2, "the contours stay"


@pytest.mark.sampled(1)
@pytest.mark.parametrize("surface", list(SURFACES))
def test_a_moving_picture_is_of_modest_size(tmp_path: Path, surface: str) -> None:
    path = sheetsim.save(sheetsim.race(surface), tmp_path / "race.gif")
    assert path.stat().st_size < 2_000_000


@pytest.mark.parametrize(("steps", "frames"), [(1, 2), (1, 200), (7, 3), (60, 20), (100_000, 200)])
def test_frames_rise_from_the_start_to_the_end(steps: int, frames: int) -> None:
    shown = frame_steps(steps, frames)
    assert (shown[0], shown[-1]) == (0, steps)
    assert shown == sorted(set(shown))
    assert 2 <= len(shown) <= min(frames, steps + 1)


def test_a_heat_map(tmp_path: Path, sweep: Sweep) -> None:
    path = sheetsim.save(sweep, tmp_path / "sweep.png")
    picture = pixels(path)
    assert np.isinf(sweep.losses).any()
    assert share_of(picture, "#EEEEEE") > 0.02, "the cells that failed"
    assert share_of(picture, "#440154") > 0.002, "viridis's darkest: the least loss"
    assert share_of(picture, "#FDE725") > 0.002, "its brightest: the greatest"


def test_the_grid_as_a_table(tmp_path: Path, sweep: Sweep) -> None:
    path = sheetsim.save(sweep, tmp_path / "sweep.csv")
    pd.testing.assert_frame_equal(pd.read_csv(path), sweep.frame(), rtol=1e-15)
    assert b"\r" not in path.read_bytes()


def test_the_same_figure_has_the_same_bytes(
    tmp_path: Path, race: Race, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the user's settings are, which are as they were afterwards."""
    for result, suffix in ((race, ".png"), (race, ".gif"), (sweep, ".png"), (sweep, ".csv")):
        first = sheetsim.save(result, tmp_path / f"1{suffix}", frames=4).read_bytes()
        with mpl.rc_context({"font.size": 20, "axes.grid": True, "lines.linewidth": 9}):
            before = dict(mpl.rcParams)
            second = sheetsim.save(result, tmp_path / f"2{suffix}", frames=4).read_bytes()
            assert dict(mpl.rcParams) == before
        assert first == second


ODD: list[dict[str, Any]] = [
    {"lr": 1.0},  # two diverge
    {"lr": 1e100},  # all fail
    {"lr": 1e-100},  # nobody moves
    {"start": (30, 2)},  # all losses are 0
    {"start": (-1e6, 1e6)},  # far out of the box
    {"surface": "beale", "start": (1e6, -1e6), "lr": 10},
    {"steps": 1},
    {"noise": 1e6},
    {"optimizers": ["adam"]},
]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("options", ODD, ids=str)
def test_odd_races_are_drawn_without_a_warning(tmp_path: Path, options: dict[str, Any]) -> None:
    result = sheetsim.race(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for suffix in (".png", ".gif"):
            assert sheetsim.save(result, tmp_path / f"race{suffix}", frames=3).stat().st_size > 5000


ODD_SWEEPS: list[dict[str, Any]] = [
    {"lr_range": (1, 2, 3)},  # all cells fail
    {"start": (30, 2)},  # all losses are 0
    {"lr_range": (1e-5, 1.1e-5, 2), "beta_range": (0.9, 0.9000001, 2)},
    {"surface": "saddle"},  # some losses are 0
    {"noise": 1e4, "seeds": 3},
]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("options", ODD_SWEEPS, ids=str)
def test_odd_sweeps_are_drawn_without_a_warning(tmp_path: Path, options: dict[str, Any]) -> None:
    result = sheetsim.sweep(**{**SMALL, **options})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sheetsim.save(result, tmp_path / "sweep.png").stat().st_size > 5000


def test_what_cannot_be_written_is_left_alone(tmp_path: Path, race: Race, sweep: Sweep) -> None:
    for result, name in ((race, "a.png"), (race, "a.gif"), (sweep, "b.png"), (sweep, "b.csv")):
        with pytest.raises(OutputError, match="there is no folder"):
            sheetsim.save(result, tmp_path / "absent" / name, frames=2)
        (tmp_path / name).mkdir()
        with pytest.raises(OutputError, match="is a folder"):
            sheetsim.save(result, tmp_path / name, frames=2)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_failure_leaves_what_stood_there(
    tmp_path: Path, race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", fail)
    monkeypatch.setattr("PIL.Image.Image.save", fail)
    for name in ("race.png", "race.gif"):
        (tmp_path / name).write_bytes(b"old")
        with pytest.raises(KeyboardInterrupt):
            sheetsim.save(race, tmp_path / name, frames=2)
        assert (tmp_path / name).read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2


def test_bad_endings_and_numbers(tmp_path: Path, race: Race, sweep: Sweep) -> None:
    for result, name, kinds in (
        (race, "race.csv", ".png or .gif"),
        (race, "race", ".png or .gif"),
        (sweep, "sweep.gif", ".png or .csv"),
    ):
        with pytest.raises(OptionError, match=f"expected a name that ends in {kinds}"):
            sheetsim.save(result, tmp_path / name)
    with pytest.raises(OptionError, match="frames is 1; expected a whole number from 2 to 200"):
        sheetsim.save(race, tmp_path / "race.gif", frames=1)
    with pytest.raises(OptionError, match="fps is 51; expected a whole number from 1 to 50"):
        sheetsim.save(race, tmp_path / "race.gif", fps=51)
    assert not list(tmp_path.iterdir())


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_matplotlib_is_loaded_only_to_draw(tmp_path: Path) -> None:
    """And never its pyplot, which would look for a screen."""
    code = (
        "import sys, sheetsim, sheetsim.cli.commands.race\n"
        "result = sheetsim.race(steps=1)\n"
        "print('matplotlib' in sys.modules)\n"
        f"sheetsim.save(result, {str(tmp_path / 'race.png')!r})\n"
        "print('matplotlib.pyplot' in sys.modules)\n"
    )
    assert python(code) == "False\nFalse\n"
