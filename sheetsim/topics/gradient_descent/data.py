"""The points, and the line through them found in one go by Solver.

The model is the line y = b + a x. Its error is the root of the mean squared distance between the
points' y and the line's, and the best line is known in closed form,

    a = cov(x, y) / var(x)        b = mean(y) - a mean(x)

so this sheet says what every optimizer of the other sheets is after. Solver, asked for the b and
a of least RMSE, gets there in a step or two: the problem is a linear least squares one.

The lecture draws x with RANDBETWEEN(1, 100), which changes at every keystroke; here the draws are
seeded constants.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.data import Points
from sheetsim.sheet import Array, Block, Chart, Series, Sheet, SheetModel, Valid
from sheetsim.solver import Model, Vectorized
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic
from sheetsim.topics._limit import solver_limit
from sheetsim.topics._tries import Try, every, same

TRUE_A, TRUE_B = 2.0, 30.0
"""Slope and intercept of the points that the project makes itself, as in the lecture."""

FACTS, HEADINGS, TOP = 2, 5, 6


def line(x: Array, a: float, b: float) -> Array:
    """B + a x for x (n,)."""
    return b + a * x


def least_squares(x: Array, y: Array) -> tuple[float, float]:
    """Slope and intercept of the best line through points (n,), in closed form."""
    dx, dy = x - x.mean(), y - y.mean()
    with np.errstate(all="ignore"):
        a = float(dx @ dy / (dx @ dx))
    return a, float(y.mean() - a * x.mean())


def line_of(data: Mapping[str, Any]) -> Points:
    """The points of a new workbook, from what its inputs hold."""
    x = np.ravel(data["x"]).astype(float)
    if "y" in data:
        return Points(x, np.ravel(data["y"]).astype(float), "data")
    noise, z = float(data["noise"]), np.ravel(data["z"]).astype(float)
    return Points(x, TRUE_B + TRUE_A * x + noise * z, "data")


def _given(_plan: Plan, _given: Inputs, options: Mapping[str, Any]) -> dict[str, Any]:
    named = {"guess_a": options.get("a"), "guess_b": options.get("b")}
    return {name: 1.0 if value is None else value for name, value in named.items()}


def _sheet(book: Draft) -> Sheet:
    n, live = book.plan["n"], bool(book.plan["live"])
    sheet = book.new("data", "The points and their best line")
    sheet.text(0, 0, sheet.title, "title")
    lead = "y = true_b + true_a x + noise z; " if live else f"points from {book.plan['points']}; "
    sheet.text(1, 0, lead + "Solver changes guess_b and guess_a to make RMSE least", "lead")
    headings = ["x", "y", "pred", "squared error", *["z"] * live]
    sheet.labels(HEADINGS, 0, [headings], "heading")
    x = sheet.inputs(TOP, 0, "x", np.ones((n, 1)), "input.general", Valid())
    y = (
        _live_y(sheet, x)
        if live
        else sheet.inputs(TOP, 1, "y", np.ones((n, 1)), "input.general", Valid())
    )
    guesses = [Fact(name, name, None, 1.0, "input.general") for name in ("guess_b", "guess_a")]
    placed = facts(sheet, FACTS, 0, guesses)
    b, a = placed["guess_b"].value, placed["guess_a"].value
    predicted = sheet.fill(
        TOP, 2, "pred", f"=guess_b+guess_a*{x.cell}", line(x.values, a, b), "calc.step"
    )
    errors = sheet.fill(
        TOP,
        3,
        "squared_error",
        f"=({y.cell}-{predicted.cell})^2",
        (y.values - predicted.values) ** 2,
        "calc.step",
    )
    rmse = _outcome(sheet, x, y, errors)
    chart = Chart(
        "The points and the guessed line",
        "x",
        "y",
        (Series("points", x, y, line=False), Series("guess", x, predicted, points=False)),
        HEADINGS,
        len(headings) + 1,
        columns=8,
        rows=22,
    )
    sheet.charts.append(chart)
    sheet.solver = SheetModel(rmse, (placed["guess_b"], placed["guess_a"]))
    sheet.width(0, 16, 12)
    sheet.heights[HEADINGS] = 31
    sheet.freeze = (TOP, 0)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    return sheet


def _live_y(sheet: Sheet, x: Block) -> Block:
    """Y from the true line and the noise, each an input."""
    truth = [
        Fact("true_b", "true_b", None, TRUE_B, "input.general", Valid()),
        Fact("true_a", "true_a", None, TRUE_A, "input.general", Valid()),
        Fact("noise", "noise", None, 0.0, "input.general", Valid(0)),
    ]
    placed = facts(sheet, FACTS, 2, truth)
    z = sheet.inputs(TOP, 4, "z", np.ones((x.rows, 1)), "input.general", Valid())
    b, a, noise = (placed[name].value for name in ("true_b", "true_a", "noise"))
    formula = f"=true_b+true_a*{x.cell}+noise*{z.cell}"
    return sheet.fill(TOP, 1, "y", formula, b + a * x.values + noise * z.values, "calc.general")


def _outcome(sheet: Sheet, x: Block, y: Block, errors: Block) -> Block:
    """RMSE of the guess, and the best line in closed form; beside the inputs."""
    a, b = least_squares(x.values[:, 0], y.values[:, 0])
    mse = float(np.mean(errors.values))
    column = max(block.right for block in sheet.parts if block.row == FACTS)
    outcome = (
        Fact("RMSE", "rmse", "=SQRT(mse)", np.sqrt(mse), "key.objective"),
        Fact("MSE", "mse", f"=SUM({errors.range})/COUNT({x.range})", mse, "calc.objective"),
        Fact("best_b", "best_b", f"=INTERCEPT({y.range},{x.range})", b, "calc.step"),
        Fact("best_a", "best_a", f"=SLOPE({y.range},{x.range})", a, "calc.step"),
    )
    rmse = facts(sheet, FACTS, column, outcome)["rmse"]
    solver_limit(sheet, FACTS, column + len(outcome), (sheet["guess_b"], sheet["guess_a"]))
    return rmse


def _model(sheet: Sheet) -> Model:
    x, y = sheet["x"].values[:, 0], sheet["y"].values[:, 0]
    jacobian = np.stack([np.ones_like(x), x], axis=1)

    def residuals(guesses: Array) -> Array:
        return np.asarray(guesses @ jacobian.T - y)

    def slopes(guesses: Array) -> Array:
        return np.broadcast_to(jacobian, (len(guesses), *jacobian.shape))

    return Model(
        start=np.array([sheet["guess_b"].value, sheet["guess_a"].value]),
        residuals=Vectorized(residuals, slopes),
        sample=lambda generator, count: generator.uniform(size=(count, 2)),
        report=lambda sum_of_squares: np.sqrt(sum_of_squares / len(x)),
    )


TOPIC = Topic(
    name="data",
    title="The points",
    summary="the points, the line of least RMSE in closed form, and Solver's way to it",
    sheet=_sheet,
    order=0,
    tries=(
        Try(
            "Type 1 into guess_b and guess_a, then Data > Solver > Solve.",
            "RMSE falls to its least; guess_b and guess_a become best_b and best_a.",
            edits=(
                {"guess_b": 1.0, "guess_a": 1.0},
                {"guess_b": lambda s: s["best_b"], "guess_a": lambda s: s["best_a"]},
            ),
            holds=lambda was, ones, solved: every(
                solved["rmse"] < 1e-9 * ones["rmse"], same(solved["rmse"] + 1, was["rmse"] + 1)
            ),
            rests_on="rmse",
        ),
        Try(
            "Set true_a to 3.",
            "The points tilt, and every optimizer on the other sheets chases the new line.",
            edits=({"true_a": 3.0},),
            holds=lambda was, now: every(
                same(now["y"], was["y"] + was["x"]),
                same(now["best_a"], 3),
                same(now["compare!best_a"], 3),
                now["compare!end_a"] > was["compare!end_a"],
            ),
            rests_on="y",
            when={"live": 1},
        ),
        Try(
            "Set noise to 5.",
            "The points leave the line: RMSE is no longer 0, and best_b and best_a move.",
            edits=({"noise": 5.0},),
            holds=lambda was, now: every(
                now["rmse"] > 1 > was["rmse"],
                now["best_b"] != was["best_b"],
                now["best_a"] != was["best_a"],
            ),
            rests_on="y",
            when={"live": 1},
        ),
    ),
    options=("a", "b"),
    given=_given,
    model=_model,
)
