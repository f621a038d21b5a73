"""What works: every command, every topic by name, options where they belong."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from cli_runs import OLD, run, spawn

import sheetsim
from sheetsim.api.lecture import SOLVER_OPTIONS
from sheetsim.topics import lessons

OPTIMIZERS = [name for name, info in sheetsim.list_topics().items() if info.traceable]
NEEDED = {
    "one_hot": ["dot_product"],
    "embedding": ["dot_product", "one_hot"],
    "bias": ["dot_product"],
    "compare": ["data", *OPTIMIZERS],
    **{name: ["data"] for name in OPTIMIZERS},
}


def no_constant(token: str) -> Any:
    raise AssertionError(f"{token} is no JSON")


def parsed(text: str) -> Any:
    return json.loads(text, parse_constant=no_constant)


def sheets(path: Path) -> list[str]:
    return list(openpyxl.load_workbook(path, read_only=True).sheetnames)


def test_list_names_everything() -> None:
    result = run("list")
    assert (result.exit_code, result.stderr) == (0, "")
    for name in (*sheetsim.list_workbooks(), *sheetsim.list_topics()):
        assert f" {name} " in result.stdout


def test_list_as_json() -> None:
    result = run("list", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [topic["name"] for topic in parsed(result.stdout)] == list(sheetsim.list_topics())
    functions = parsed(run("list", "--functions", "--json").stdout)
    lines = [f"{title}: {', '.join(names)}" for title, names in functions.items()]
    assert run("list", "--functions").stdout.splitlines() == lines


def test_build_as_json(tmp_path: Path) -> None:
    args = ("build", "data", "words", "--out", tmp_path, "--json")
    files = [str(tmp_path / f"{name}.xlsx") for name in ("data", "words")]
    first = {"files": files, "replaced": [], "notes": [], "reports": []}
    assert parsed(run(*args).stdout) == first
    again = parsed(run(*args, "--check", "--seed", "1").stdout)
    assert (again["files"], again["replaced"]) == (files, files)
    assert [report["ok"] for report in again["reports"]] == [True, True]


SMALL = {"collab_filter": ("--k", "1"), "gradient_descent": ("--epochs", "1")}
WORKBOOKS = sheetsim.list_workbooks()
BUILT = [info for info in sheetsim.list_topics().values() if info.workbook in WORKBOOKS]


@pytest.mark.sampled(20)
@pytest.mark.parametrize("info", BUILT, ids=lambda info: info.name)
def test_build_a_topic_by_name(tmp_path: Path, info: sheetsim.api.TopicInfo) -> None:
    """It stands in a workbook of its own, with the topics that its formulas point at."""
    name, small = info.name, SMALL.get(info.workbook, ())
    result = run("build", name, "--out", tmp_path, *small)
    assert (result.exit_code, result.stderr) == (0, "")
    path = tmp_path / f"{name}.xlsx"
    topics = list(lessons()[info.workbook].with_needs((name,)))
    if info.workbook in SMALL:
        assert topics == [t for t in sheetsim.list_topics() if t in {*NEEDED.get(name, []), name}]
    found = sheets(path)
    assert found[0] == "contents"
    assert [sheet for sheet in found[1:-2] if sheet != "solver"] == topics
    assert found[-2:] == ["glossary", "plan"]
    assert result.stdout == f"{path}: written, with {' '.join(topics)}\n"


def test_build_everything_into_new_folders(tmp_path: Path) -> None:
    out = tmp_path / "new" / "books"
    done = run("build", "--out", out, "--epochs", "2", "--k", "3")
    assert (done.exit_code, done.stderr) == (0, "")
    names = {f"{name}.xlsx" for name in sheetsim.list_workbooks()}
    assert {path.name for path in out.iterdir()} == names
    assert names >= {"collab_filter.xlsx", "gradient_descent.xlsx", "transfer.xlsx"}
    assert sheets(out / "collab_filter.xlsx")[1:-3] == [
        "dot_product",
        "one_hot",
        "embedding",
        "bias",
    ]
    assert sheets(out / "gradient_descent.xlsx")[1:-3] == ["data", *OPTIMIZERS, "compare", "valley"]


def test_build_several_with_options_for_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "bias.xlsx").write_bytes(OLD)
    args = ("bias", "sgd", "bias", "--k", "2", "--lr", "0.0002", "--epochs", "3")
    result = run("build", *args, "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("written") == 2  # bias was named twice, and is written once
    bias = openpyxl.load_workbook(tmp_path / "bias.xlsx")
    plan = {row[0]: row[1] for row in bias["plan"].iter_rows(values_only=True) if row[0]}
    assert plan["k"] == 2
    sgd = openpyxl.load_workbook(tmp_path / "sgd.xlsx")["sgd"]
    at = sgd.defined_names["lr"].attr_text.rpartition("!")[2].replace("$", "")
    assert sgd[at].value == 0.0002


def test_build_leaves_what_it_wrote(tmp_path: Path) -> None:
    """The same bytes, and it says so; another option writes."""
    path = tmp_path / "bias.xlsx"
    assert run("build", "bias", "--out", tmp_path).stdout.startswith(f"{path}: written, with ")
    first = path.read_bytes()
    again = run("build", "bias", "--out", tmp_path)
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout == f"{path}: unchanged, with dot_product bias\n"
    assert path.read_bytes() == first
    other = run("build", "bias", "--seed", "1", "--out", tmp_path)
    assert other.stdout.startswith(f"{path}: written over the file that was there, with ")
    assert path.read_bytes() != first


def test_build_and_check(tmp_path: Path) -> None:
    result = run("build", "data", "--check", "--out", tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"data\.xlsx: all \d+ formula cells agree: NumPy, IronCalc", result.stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sheetsim.build("data", tmp_path_factory.mktemp("books") / "data.xlsx")


@pytest.fixture(scope="module")
def wrong(data: Path) -> Path:
    """The workbook with its best_a and best_b exchanged, and the error sums doubled."""
    book = openpyxl.load_workbook(data)
    page = book["data"]
    for name, function in (("best_b", "SLOPE"), ("best_a", "INTERCEPT")):
        cell = page[page.defined_names[name].attr_text.rpartition("!")[2].replace("$", "")]
        cell.value = re.sub("INTERCEPT|SLOPE", function, cell.value)
    path = data.with_name("wrong.xlsx")
    book.save(path)
    return path


def test_check(data: Path, wrong: Path) -> None:
    result = run("check", data, "--engine", "ironcalc")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "libreoffice" not in result.stdout
    result = run("check", data, wrong, "--engine", "ironcalc")
    assert (result.exit_code, result.stderr) == (1, "")
    assert f"{data}: all " in result.stdout
    assert f"{wrong}: 2 of " in result.stdout
    assert re.search(r"  data![A-Z]+\d+  =SLOPE\(", result.stdout)
    assert "sheetsim writes =INTERCEPT(" in result.stdout


def test_check_shows_as_many_as_asked(wrong: Path) -> None:
    shown = [
        run("check", wrong, "--engine", "ironcalc", "--show", n).stdout.count("  data!")
        for n in ("0", "1", "4", "100")
    ]
    assert shown == [0, 1, 4, 4]
    result = run("check", wrong, "--engine", "ironcalc", "--show", "1")
    assert "... and 3 more (--show 4, or --json)" in result.stdout


def test_check_as_json(data: Path, wrong: Path) -> None:
    result = run("check", data, wrong, "--engine", "ironcalc", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    good, bad = parsed(result.stdout)
    assert (good["ok"], bad["ok"]) == (True, False)
    assert good["engines"].keys() == {"ironcalc"}
    assert len(bad["differences"]) == 4
    for difference in bad["differences"]:
        assert difference.keys() >= {"sheet", "cell", "formula", "expected", "found", "reason"}
    assert run("check", data, "--engine", "ironcalc", "--json").exit_code == 0


def test_compare(data: Path, wrong: Path) -> None:
    result = run("compare", data)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "formula cells are saved with NumPy's values" in result.stdout
    result = run("compare", data, wrong, "--json")  # openpyxl left no cached value in the latter
    assert (result.exit_code, result.stderr) == (1, "")
    good, bad = parsed(result.stdout)
    assert (good["ok"], bad["ok"]) == (True, False)
    assert good["models"][0]["topic"] == "data"
    assert bad["models"][0]["saved"] is None


def test_compare_a_learning_rate_with_which_it_diverges(tmp_path: Path) -> None:
    path = sheetsim.build("sgd", tmp_path / "sgd.xlsx")
    book = openpyxl.load_workbook(path)
    page = book["sgd"]
    page[page.defined_names["lr"].attr_text.rpartition("!")[2].replace("$", "")] = 1
    book.save(path)
    result = run("compare", path, "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    assert parsed(result.stdout)[0]["ok"] is False
    result = run("check", path, "--engine", "ironcalc", "--json")
    assert result.exit_code in (0, 1), result.stderr
    parsed(result.stdout)


@pytest.mark.parametrize("name", ["dot_product", "bias", "data"])
def test_solve(name: str) -> None:
    result = run("solve", name, "--seed", "3", "--log")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "converged" in result.stdout
    assert "damping" in result.stdout
    answer = parsed(run("solve", name, "--seed", "3", "--json").stdout)
    ours = sheetsim.solve(name, seed=3)
    assert answer["objective"] == ours.objective
    np.testing.assert_array_equal(answer["variables"], ours.variables)
    assert len(answer["log"]) == len(ours.log)
    assert answer["log"][0]["iteration"] == 0


def test_solve_from_several_starts() -> None:
    one, many = (
        parsed(run("solve", "dot_product", "--seed", "5", "--starts", n, "--json").stdout)
        for n in ("1", "8")
    )
    assert many["objective"] <= one["objective"]
    assert many["evaluations"] > one["evaluations"]


def test_solve_that_did_not_converge_exits_with_1() -> None:
    result = run("solve", "bias", "--max-iterations", "1", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    answer = parsed(result.stdout)
    assert answer["success"] is False
    assert "limit of 1" in answer["status"]


def test_solve_real_tables(lecture: Path, tmp_path: Path) -> None:
    answer = parsed(run("solve", "bias", "--ratings", lecture / "ratings.csv", "--json").stdout)
    assert answer["objective"] <= 0.31875
    table = tmp_path / "points.csv"
    table.write_text("x,y\n0,1\n1,3\n2,5\n")
    answer = parsed(run("solve", "data", "--points", table, "--a", "5", "--json").stdout)
    np.testing.assert_allclose(answer["variables"], [1, 2], atol=1e-7)


def test_a_module_and_its_version() -> None:
    text = Path(__file__).parents[2].joinpath("pyproject.toml").read_text()
    version = tomllib.loads(text)["project"]["version"]
    done = spawn("--version")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"sheetsim, version {version}\n",
        "",
    )


@pytest.mark.parametrize("command", ["", "list", "build", "check", "solve", "compare"])
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_has_an_example(command: str, flag: str) -> None:
    result = run(*([command] if command else []), flag)
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(rf"\n  (Example:)? *sheetsim {command}", result.stdout)
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    if command:
        assert result.stdout.startswith(f"Usage: sheetsim {command} ")


def test_nothing_asked_is_help() -> None:
    result = run()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == run("--help").stdout


def test_help_tells_of_every_option() -> None:
    build, check = (run(name, "-h").stdout for name in ("build", "check"))
    solve = run("solve", "bias", "-h").stdout
    for book in sheetsim.list_workbooks():
        for option in lessons()[book].options:
            assert f"--{option.name.replace('_', '-')} {option.metavar}" in build
    for name in ("starts", "seed", *SOLVER_OPTIONS):
        assert f"--{name.replace('_', '-')} " in solve
    assert "--timeout SECONDS" in check
