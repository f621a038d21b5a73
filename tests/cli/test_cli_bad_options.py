"""Options that may not be so: one line that names the option as it was typed, code 2."""

import math
from pathlib import Path

import pytest
from cli_runs import error_line, refused_build, run, spawn, the_line

import sheetsim
from sheetsim.data import line_points

TO_50 = "expected a whole number from 1 to 50"
ABOVE_0 = "expected a number above 0, up to 1e+100"
BETA = "expected a number from 0 to 0.9999999"
ANY = "expected a number from -1e+100 to 1e+100"
NOISE = "expected a number from 0 to 1000000"
STEPS = "expected a whole number from 1 to 1,048,000"

VALUES = [
    *((("bias", "--k", k), TO_50) for k in ("0", "-1", "2.5", "abc", "51", "nan", "1e400", "''")),
    *((("sgd", "--epochs", n), STEPS) for n in ("0", "-1", "1.5", "abc", "1048001", "9" * 30)),
    *(
        (("adam", "--lr", lr), ABOVE_0)
        for lr in ("0", "-1", "nan", "inf", "abc", "1e101", "1e-400")
    ),
    *((("adam", f"--beta{i}", b), BETA) for i in "12" for b in ("-0.1", "1", "2", "nan", "x")),
    *((("data", f"--{of}", v), ANY) for of in "ab" for v in ("nan", "-inf", "one", "1e200")),
    *(
        (("data", "--noise", v), "expected a number from 0 to 1000000")
        for v in ("-1", "nan", "1e7")
    ),
    *(
        (("bias", f"--{of}", n), "expected a whole number from 1 to 60")
        for of in ("users", "movies")
        for n in ("0", "61", "x")
    ),
    *(
        ((name, "--seed", seed), "expected a whole number from 0 to 4,294,967,295")
        for name in ("bias", "data")
        for seed in ("-1", "4294967296", "1.5", "x")
    ),
    (("adam", "--variant", "lectur"), "expected lecture or textbook"),
    (("adam", "--variant", "Lecture"), "expected lecture or textbook"),
    (("bias", "--at", "optimun"), "expected optimum or start"),
    (("data", "--at", ""), "expected optimum or start"),
]


@pytest.mark.parametrize(("args", "expected"), VALUES)
def test_a_value_out_of_range(tmp_path: Path, args: tuple[str, ...], expected: str) -> None:
    _, option, value = args
    line = refused_build(tmp_path, 2, *args)
    assert line == f"{option} is {value or repr(value)}; {expected}"


def test_a_value_that_no_line_holds(tmp_path: Path) -> None:
    line = refused_build(tmp_path, 2, "bias", "--k", "5\n" + "6" * 100)
    assert line == f"--k is '5\\n{'6' * 37}…'; {TO_50}"


def test_k_beyond_the_table(tmp_path: Path) -> None:
    line = refused_build(tmp_path, 2, "bias", "--k", "16")
    assert line.startswith("--k is 16, more than a table of 15 users and 15 movies has to tell")
    assert line.endswith("expected 1 to 15")
    table = tmp_path / "small.csv"
    table.write_text("userId,A,B,C\nAna,1,2,3\nBo,3,4,\n")
    line = refused_build(tmp_path / "out", 2, "collab_filter", "--ratings", table)
    assert line.startswith("--k is 5, more than a table of 2 users and 3 movies")
    assert error_line(run("solve", "dot_product", "--ratings", table), 2) == line


@pytest.mark.parametrize("name", ["gradient_descent", "adam", "data"])
def test_epochs_beyond_the_rows_of_a_sheet(tmp_path: Path, name: str) -> None:
    line = refused_build(tmp_path, 2, name, "--epochs", "36138")
    expected = (
        "29 points leave room for 1,034: 30,000 steps are the most that a workbook holds with "
        "ease (a sheet ends at 1,048,576 rows)"
    )
    assert line == f"--epochs is 36,138; {expected}"


def test_a_name_that_is_none(tmp_path: Path) -> None:
    line = refused_build(tmp_path, 2, "adam", "adma")
    assert line.startswith("there is no workbook or topic 'adma'; did you mean adam? there are")


def test_an_option_of_the_other_workbook(tmp_path: Path) -> None:
    line = refused_build(tmp_path, 2, "adam", "--k", "3")
    assert line.startswith("adam has no option --k; it has --a, --at, --b, --beta1")
    line = refused_build(tmp_path, 2, "adam", "sgd", "--k", "3")
    assert line == "--k is no option of adam, sgd"


def test_a_bad_option_of_the_second_workbook_leaves_the_first_alone(tmp_path: Path) -> None:
    assert "--k is 0" in refused_build(tmp_path, 2, "adam", "bias", "--k", "0")
    assert "--lr is 0" in refused_build(tmp_path, 2, "collab_filter", "gradient_descent", "--lr=0")


def test_out_is_a_folder(tmp_path: Path) -> None:
    line = error_line(run("build", "adam", "--out", tmp_path / "a.xlsx"), 2)
    assert (
        line == f"--out is {tmp_path}/a.xlsx; expected a folder, for files named as the workbooks"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lr", ["1", "1e100"])
@pytest.mark.parametrize("variant", ["lecture", "textbook"])
def test_a_learning_rate_with_which_it_diverges(tmp_path: Path, variant: str, lr: str) -> None:
    step, last = first_overflow(float(lr), keep_last=variant == "textbook")
    args = ("gradient_descent", "--lr", lr, "--variant", variant)
    line = refused_build(tmp_path, 2, *args)
    where = f"step {step} (epoch {1 + (step - 1) // 29}, point {1 + (step - 1) % 29})"
    rest = f"a number left the range of floats; try a smaller lr, which was {float(lr):g}"
    assert line == f"sgd diverged at {where}: {rest}"
    assert not math.isfinite(last)
    frame = sheetsim.trace("sgd", lr=float(lr), variant=variant)
    assert frame.attrs["status"].startswith(f"diverged at {where}")
    assert frame["new_a"].iloc[: step - 1].notna().all()


def first_overflow(lr: float, *, keep_last: bool) -> tuple[int, float]:
    """Number of the first step of plain SGD that overflows, worked in Python's own floats."""
    line = line_points()
    b = a = new_b = new_a = 1.0
    for step in range(10 * line.n):
        x, y = float(line.x[step % line.n]), float(line.y[step % line.n])
        if step % line.n or keep_last:  # the lecture goes on with b, a as before its last row
            b, a = new_b, new_a
        error = b + a * x - y
        new_b, new_a = b - lr * 2 * error, a - lr * 2 * error * x
        numbers = (error * error, 2 * error * x, new_b, new_a)
        lost = next((number for number in numbers if not math.isfinite(number)), None)
        if lost is not None:
            return step + 1, lost
    raise AssertionError("it does not overflow")


SOLVER = [
    (("--starts", "0"), "expected a whole number from 1 to 100,000"),
    (("--starts", "x"), "expected a whole number from 1 to 100,000"),
    (("--precision", "-1"), ABOVE_0),
    (("--convergence", "nan"), ABOVE_0),
    (("--max-time", "0"), ABOVE_0),
    (("--max-iterations", "1.5"), "expected a whole number from 1 to 1,000,000,000"),
    (("--derivatives", "newton"), "expected analytic, central or forward"),
    (("--seed", "one"), "expected a whole number from 0 to 4,294,967,295"),
    (("--k", "0"), TO_50),
]


@pytest.mark.parametrize(("args", "expected"), SOLVER)
def test_solve(args: tuple[str, str], expected: str) -> None:
    line = error_line(run("solve", "bias", *args), 2)
    assert line == f"{args[0]} is {args[1]}; {expected}"


def test_solve_what_has_no_model() -> None:
    for name in ("adam", "collab_filter", "gradient_descent", "embedding"):
        line = error_line(run("solve", name), 2)
        models = "dot_product, bias, data, linear_rating, sigmoid_rating"
        assert line == f"{name!r} has no Solver model of its own; {models} have one"
    assert "there is no workbook or topic 'x'" in error_line(run("solve", "x"), 2)
    line = error_line(run("solve", "data", "--k", "3"), 2)
    assert line == "data has no option --k; it has --a, --b, --noise, --points, --seed"


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (("bild",), "no such command 'bild'"),
        (("--fast",), "'--fast'"),
        (("build", "--rating", "x.csv"), "no such option '--rating'"),
        (("build", "--lr"), "'--lr' requires an argument"),
        (("check",), "missing argument 'FILE...'. Try 'sheetsim check --help'"),
        (("compare",), "missing argument 'FILE...'. Try 'sheetsim compare --help'"),
        (("solve",), "missing argument 'FILE.xlsx|TOPIC'. Try 'sheetsim solve --help'"),
        (("solve", "bias", "data"), "unexpected extra argument (data)"),
        (("list", "adam"), "unexpected extra argument (adam)"),
        (("solve", "bias", "--lr", "3"), "'--lr'"),
        (("check", "x.xlsx", "--show", "-1"), "--show is -1; expected a whole number from 0"),
        (("check", "x.xlsx", "--show", "all"), "--show is all; expected a whole number from 0"),
        (("compare", "x.xlsx", "--show", "all"), "--show is all; expected a whole number from 0"),
        (("check", "x.xlsx", "--timeout", "0"), "--timeout is 0; expected a number above 0"),
        (("check", "x.xlsx", "--timeout", "soon"), "--timeout is soon; expected a number above 0"),
    ],
)
def test_usage(args: tuple[str, ...], part: str) -> None:
    line = error_line(run(*args), 2)
    assert part in line
    if "expected" not in line:
        assert line.endswith("--help'")


@pytest.mark.parametrize("model", ["bias", "model.xlsx"])
def test_options_have_hyphens(model: str) -> None:
    line = error_line(run("solve", model, "--max-time", "-3"), 2)
    assert line.startswith("--max-time is -3; expected a number above 0")
    line = error_line(run("solve", model, "--max_time", "-3"), 2)
    assert line.startswith("no such option '--max_time'. ")
    assert "'--max-time'" in line


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (("--seed", "3", "dot_product", "--out", "x.xlsx"), "no such option '--out'"),
        (("-o", "x.xlsx", "dot_product"), "no such option '-o'"),
        (("--k", "99", "dot_product"), "--k is 99; expected a whole number from 1 to 50"),
        (("--ratings", "a.csv", "dot_product"), "a.csv: no such file"),
        (("--out=x.xlsx", "adma"), "did you mean adam"),
        (("model", "--list"), "there is no workbook or topic 'model'"),
        (("--seed", "3", "nofile.xlsx"), "nofile.xlsx: no such file"),
        (("--maximize", "nofile.xlsx"), "nofile.xlsx: no such file"),
        (("--", "nofile.xlsx"), "nofile.xlsx: no such file"),
        (("--value", "3"), "missing argument"),
    ],
)
def test_what_is_solved_is_the_first_argument_that_is_no_options(
    args: tuple[str, ...], part: str
) -> None:
    assert part in error_line(run("solve", *args), 2)


def test_a_mistyped_command_is_guessed_as_a_mistyped_option_is() -> None:
    line = error_line(run("bild"), 2)
    assert line == "no such command 'bild'. Did you mean 'build'? Try 'sheetsim --help'"
    line = error_line(run("check", "--engin", "x"), 2)
    assert line == "no such option '--engin'. Did you mean '--engine'? Try 'sheetsim check --help'"
    assert error_line(run("zzz"), 2) == "no such command 'zzz'. Try 'sheetsim --help'"


@pytest.mark.parametrize(
    ("args", "help_of"),
    [
        (("build", "--lr"), "build"),
        (("race", "--start", "1"), "race"),
        (("solve", "a.xlsx", "--set"), "solve"),
        (("solve", "bias", "--nope"), "solve dot_product"),
        (("solve", "bias", "--out", "a.xlsx"), "solve dot_product"),
        (("solve", "bias", "data"), "solve dot_product"),
    ],
)
def test_a_refusal_names_the_help_that_helps(args: tuple[str, ...], help_of: str) -> None:
    assert error_line(run(*args), 2).endswith(f" Try 'sheetsim {help_of} --help'")


def test_a_usage_error_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = spawn("build", "bias", "--k", "0", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert the_line(done.stderr) == f"--k is 0; {TO_50}"
    done = spawn("bild", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'bild'" in the_line(done.stderr)
    assert not list(tmp_path.iterdir())
