"""One new file is a new optimizer: one that is dropped into a copy of the package is everywhere.

It has a state, a parameter and a column of names that no other optimizer has, and no lecture
variant. All runs are child processes, that the copy is found anew, and nothing of it stays here.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sheetsim

FILE = '''"""Made-up descent: each gradient divided by a running mean of its magnitudes.

    u <- rho u + (1 - rho) |grad|        x <- x - lr grad / (u + epsilon)

From u = 0. Nobody needs it; it is here to be found.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sheetsim.sheet import Array, Valid
from sheetsim.topics._tries import Try, same
from sheetsim.topics.gradient_descent._optimizer import Extra, Optimizer, Torch, Training
from sheetsim.topics.gradient_descent._optimizer_topic import topic_of
from sheetsim.topics.gradient_descent._steps import Pair, State, Variant


def init(x: Pair) -> State:
    """U = 0."""
    return (np.zeros_like(x),)


def step(
    x: Pair, grad: Pair, state: State, *, lr: float, rho: float, epsilon: float, **_: float
) -> tuple[Pair, State]:
    """A step about lr long."""
    u = rho * state[0] + (1 - rho) * (grad**2) ** 0.5
    return x - lr * grad / (u + epsilon), (u,)


def share(frame: pd.DataFrame, hyper: Mapping[str, float]) -> Array:
    """The part of u that is the slope's."""
    return np.asarray(frame.u_a / (frame.u_a + frame.u_b + hyper["epsilon"]))


OPTIMIZER = Optimizer(
    name="made_up",
    title="Made-up descent",
    order=45,
    summary="steps of about one length",
    state=("u",),
    wide=("u",),
    lecture=None,
    textbook=Variant(
        init,
        step,
        hyper={"lr": 0.1, "rho": 0.5, "epsilon": 1e-8},
        formulas={
            "u_b": "=rho*{^u_b}+(1-rho)*ABS({de_db})",
            "u_a": "=rho*{^u_a}+(1-rho)*ABS({de_da})",
            "new_b": "={b}-lr*{de_db}/({u_b}+epsilon)",
            "new_a": "={a}-lr*{de_da}/({u_a}+epsilon)",
        },
        rule="u = rho u + (1 - rho) |gradient|; new = old - lr gradient / (u + epsilon)",
    ),
    training=Training({"rho": 0.9, "epsilon": 1e-8}, digits_lr=1e-3, swept=("rho",)),
    ranges={"rho": Valid(0, 0.999), "start_u_b": Valid(0)},
    extras=(Extra("share", "={u_a}/({u_a}+{u_b}+epsilon)", share),),
    tries=(
        Try(
            "Set rho to 0.",
            "Every step is lr long.",
            edits=({"rho": 0.0},),
            holds=lambda _was, now: same(abs(now["new_b"] - now["b"]), now["lr"], 1e-6),
            rests_on="new_b",
        ),
    ),
    terms={"rho": "what u keeps of itself", "u": "running mean of the gradients' sizes"},
)
TOPIC = topic_of(OPTIMIZER)
'''
TESTS = Path(__file__).resolve().parents[1]
OWN = list(sheetsim.list_topics())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package in it, and the new file in that."""
    folder = tmp_path_factory.mktemp("copy")
    package = Path(sheetsim.__file__).parent
    shutil.copytree(package, folder / "sheetsim", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "sheetsim/topics/gradient_descent/made_up.py").write_text(FILE, encoding="utf-8")
    return folder


def child(place: Path, *args: str) -> str:
    """What a Python that finds the copy first prints."""
    done = subprocess.run(
        [sys.executable, *args],
        cwd=place,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(place), *map(str, HELPERS)])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


HELPERS = (TESTS / "check", TESTS / "cli", TESTS)
"""Folders of what tests share."""


def answer(place: Path, code: str) -> Any:
    """What a child's code leaves in `out`."""
    head = f"import json, sheetsim\nassert sheetsim.__file__.startswith({str(place)!r})\n"
    return json.loads(child(place, "-c", f"{head}{code}\nprint(json.dumps(out))").splitlines()[-1])


def test_it_is_a_topic_between_its_neighbours_and_is_traced(place: Path) -> None:
    code = (
        "frame = sheetsim.trace('made_up', epochs=2, rho=0.25)\n"
        "out = [list(sheetsim.list_topics()), list(frame), frame.attrs]"
    )
    topics, columns, attrs = answer(place, code)
    assert [name for name in topics if name != "made_up"] == OWN
    assert topics.index("rmsprop") < topics.index("made_up") < topics.index("adam")
    assert columns[-5:] == ["u_b", "u_a", "new_b", "new_a", "share"]
    assert attrs == {"diverged": 0, "status": "finished: 58 steps", "variant": "textbook"}


def test_its_parameters_are_checked(place: Path) -> None:
    refused = {
        "trace('made_up', rho=1)": "rho is 1; expected a number from 0 to 0.999",
        "trace('made_up', state=[-1, 1])": "state[0] is -1; expected a number from 0 to 1e+100",
        "trace('made_up', beta1=0.5)": "made_up has no beta1; it has lr, rho, epsilon",
        "race(optimizers='made_up', rho=-1)": "rho is -1; expected a number from 0 to 0.999",
        "race(optimizers='sgd', rho=0.5)": "rho is 0.5, and there is none in sgd",
        "sweep(optimizer='made_up', over='beta1')": "over is 'beta1'; made_up has rho",
    }
    code = "out = []\n" + "".join(
        f"try:\n    sheetsim.{given}\nexcept sheetsim.SheetsimError as e:\n    out.append(str(e))\n"
        for given in refused
    )
    assert answer(place, code) == list(refused.values())


def test_it_has_a_sheet_in_its_workbook_and_a_column_in_compare(place: Path) -> None:
    code = (
        "from openpyxl import load_workbook\n"
        "path = sheetsim.build('gradient_descent', 'all.xlsx', epochs=2)\n"
        "report = sheetsim.check(path, ['ironcalc'])\n"
        "book = load_workbook(path)\n"
        "drawn = [[str(s.tx.strRef or s.tx.v) for s in c.ser] for c in book['compare']._charts]\n"
        "out = dict(ok=report.ok, sheets=book.sheetnames, drawn=drawn,\n"
        "    note=book['made_up']['A5'].value, said=book['compare']['A2'].value,\n"
        "    compared=[c.value for c in book['compare'][7]],\n"
        "    contents=[c.value for c in book['contents']['A']],\n"
        "    symbols=[c.value for c in book['glossary']['A']])"
    )
    found = answer(place, code)
    assert found["ok"]
    assert [name for name in found["sheets"][1:-3] if name != "made_up"] == [
        name for name in OWN if name in found["sheets"]
    ]
    optimizers = found["sheets"][2:-5]
    assert found["compared"][: len(optimizers) + 1] == ["at the end", *optimizers]
    curves, *maps = found["drawn"]
    assert len(maps) == len(optimizers)
    assert any("made_up" in name for name in curves)
    assert sum("made_up" in name for series in maps for name in series) == 1
    assert {"rho", "u"} <= set(found["symbols"])
    assert found["contents"].count("made_up") == 2  # what it is, and what to try
    assert "the lecture does not have it: the textbook variant" in found["note"]
    assert re.search(r"made_up as in PyTorch: the lecture does not have (it|them)", found["said"])


def test_it_races_is_swept_and_learns_digits(place: Path) -> None:
    code = (
        "race = sheetsim.race('beale', steps=20).as_dict()\n"
        "sweep = sheetsim.sweep('line', 'made_up', steps=20, lr_range=(1e-3, 1, 4))\n"
        "from sheetsim.data import load_digits\n"
        "from sheetsim.learn import compare_optimizers\n"
        "learned, _ = compare_optimizers(load_digits(), ['logistic'], epochs=1)\n"
        "rates = dict(zip(learned.optimizer, learned.lr))\n"
        "out = dict(race=race['racers'], over=sweep.over, best=sweep.best, rates=rates)"
    )
    found = answer(place, code)
    (racer,) = [racer for racer in found["race"] if racer["optimizer"] == "made_up"]
    assert racer["hyper"] == {"rho": 0.9, "epsilon": 1e-8}
    assert racer["chosen"].startswith("tuned")
    assert found["over"] == "rho"
    assert found["best"] is not None
    assert found["rates"]["made_up"] == 1e-3
    names = [racer["optimizer"] for racer in found["race"]]
    assert names == list(found["rates"])
    assert names[-2:] == ["made_up", "adam"]


def test_the_command_line_knows_it(place: Path) -> None:
    code = (
        "from cli_runs import run\n"
        "race = ('race', '--optimizer', 'made_up', '--steps', '9', '--no-gif', '--json')\n"
        "built = ('build', 'made_up', '--rho', '0.25', '--out', 'built')\n"
        "out = [run(*words).stdout for words in (\n"
        "    ('list',), race, (*race, '--rho', '0.25'), built,\n"
        "    *((name, '--help') for name in ('build', 'race', 'digits', 'movielens')))]\n"
        "from openpyxl import load_workbook\n"
        "sheet = load_workbook('built/made_up.xlsx')['made_up']\n"
        "rows = list(sheet.iter_rows(values_only=True))\n"
        "out.append([below for row, under in zip(rows, rows[1:]) "
        "for name, below in zip(row, under) if name == 'rho'])\n"
        "words = ['build', 'made_up', '--rho'], ['race', '--optimizer', 'made_up', '--rho']\n"
        "out.append([run(*args, '1').stderr for args in words])"
    )
    listed, raced, given, built, build, race, *helps, cells, refused = answer(place, code)
    (racer,) = json.loads(given)["racers"]
    assert racer["hyper"] == {"rho": 0.25, "epsilon": 1e-8}
    assert built == "built/made_up.xlsx: written, with data made_up\n"
    assert cells == [0.25]
    assert "--rho VALUE what u keeps of itself (gradient_descent)" in " ".join(build.split())
    assert "of made_up [0.9]" in race
    expected = "sheetsim: --rho is 1; expected a number from 0 to 0.999\n"
    assert refused == [expected, expected]
    assert " made_up " in listed
    assert json.loads(raced)["winner"] == "made_up"
    assert len(helps) == 2
    assert all("made_up" in text for text in helps)


def test_bugs_planted_in_its_sheet_are_found(place: Path) -> None:
    """By the very test of all topics, with a workbook of this one for its jobs."""
    code = (
        "from pathlib import Path\n"
        "import test_check_planted_bugs as planted\n"
        "planted.JOBS[:] = [('made_up', {'points': planted.POINTS, 'epochs': 2})]\n"
        "planted.test_every_bug_is_found(0, Path(), lambda files, _most: files)\n"
        "out = sum(bug.sheet == 'made_up' for bugs in planted.files_of(0) for bug in bugs)"
    )
    assert answer(place, code) > 50


def test_the_tests_of_all_optimizers_take_it(place: Path) -> None:
    """Those that go through all of them, by its name: they run, and it passes."""
    files = (
        "topics/test_topic_trace.py",
        "race/test_race_runs.py",
        "race/test_race_grid.py",
        "learn/test_learn_models.py",
        "test_layers.py",
    )
    options = ("-q", "-k", "made_up", "-p", "no:cacheprovider", f"--rootdir={TESTS.parent}")
    config = ("-c", str(TESTS.parent / "pyproject.toml"))
    said = child(place, "-m", "pytest", *options, *config, *(str(TESTS / file) for file in files))
    print(said)
    passed = re.search(r"^(\d+) passed", said, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) > 25
