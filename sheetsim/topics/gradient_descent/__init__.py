"""gradient_descent.xlsx: a line fitted to points, one point a step, by every optimizer.

The points lie on y = 2 x + 30, or beside it; slope a and intercept b start at 1 and are corrected
after every point by the derivative of that point's squared error. The optimizers differ only in how
they turn derivatives into a correction.

An optimizer is one file, such as `sgd`, and nothing is registered: `OPTIMIZER` in it says all that
anybody needs of it, and `TOPIC` makes its sheet. `data` has the points, `compare` all optimizers
side by side, `valley` a loss of its own on which momentum can be told by formula (`_valley_charts`
draws it). What the files share: `_steps` has what a rule is and runs it over points and epochs;
`_optimizer` what an optimizer's file says of it, and its trace; `_optimizer_sheet` lays out its
sheet; `_optimizer_topic` makes it a topic; `_all` finds all of them, `_outlines` reads what
parameters they have without importing them, and `_parameters` makes options of these.

Source: fast.ai, Practical Deep Learning for Coders (2019), lesson 5, graddesc.xlsm; optimizers that
the lecture does not have name theirs.
"""

from collections.abc import Mapping
from typing import Any

from sheetsim.errors import OptionError, OptionName
from sheetsim.option_values import anything, one_of, real, whole
from sheetsim.references import MAX_ROWS
from sheetsim.topics._lesson import Draft, Lesson
from sheetsim.topics._options import Option, seed_option
from sheetsim.topics.gradient_descent._parameters import MAX_STEPS, VARIANTS, parameter_options

MAX_SHEET_STEPS = 30_000
"""Most steps of a workbook: 120 cells for each, over all sheets, are three and a half million."""


def _prepare(options: Mapping[str, Any]) -> Draft:
    import numpy as np

    from sheetsim.data import as_points, line_points

    live = options["points"] is None
    if not live and options["noise"] is not None:
        raise OptionError(
            OptionName("noise"), " is given and so are points; expected one of the two"
        )
    points = line_points(seed=options["seed"]) if live else as_points(options["points"])
    if points.n * options["epochs"] > MAX_SHEET_STEPS:
        raise OptionError(
            OptionName("epochs"),
            f" is {options['epochs']:,}; {points.n} points leave room for "
            f"{MAX_SHEET_STEPS // points.n:,}: {MAX_SHEET_STEPS:,} steps are the most that a "
            f"workbook holds with ease (a sheet ends at {MAX_ROWS:,} rows)",
        )
    plan = {
        "points": "y = true_a x + true_b + noise z" if live else points.source,
        "n": points.n,
        "live": int(live),
        "epochs": options["epochs"],
        "variant": options["variant"],
        "parameters": options["at"],
    }
    data: dict[str, Any] = {"x": points.x[:, None]}
    if live:
        draws = np.random.default_rng([options["seed"], 1]).standard_normal(points.n)
        data |= {"z": draws.round(3)[:, None], "noise": options["noise"] or 0.0}
    else:
        data["y"] = points.y[:, None]
    return Draft(plan, {"data": data})


def _rows(plan: Mapping[str, Any]) -> int:
    """Every step is a row; the sheet data has but the points, and valley needs neither."""
    runs = set(str(plan["topics"]).split()) - {"valley"}
    points = int(plan["n"]) if runs else 1
    return points * (int(plan["epochs"]) if runs - {"data"} else 1)


TERMS = {
    "h": "how far a weight is nudged to estimate a slope",
    "m": "average (or decaying sum) of the gradients, carried from step to step: momentum",
    "v": "average (AdaGrad: sum) of the squared gradients, carried from step to step",
    "de_db": "slope of the squared error in b: 2 (pred - y)",
    "de_da": "slope of the squared error in a: x de_db",
    "est_de_db": "de_db estimated by finite differences: (nudged_b - squared_error) / h",
    "est_de_da": "de_da estimated by finite differences: (nudged_a - squared_error) / h",
    "nudged_b": "squared error with b + h in place of b",
    "nudged_a": "squared error with a + h in place of a",
    "new_b": "b after the step",
    "new_a": "a after the step",
    "lost_b": "the last update of an epoch, which the lecture drops",
    "lost_a": "the last update of an epoch, which the lecture drops",
    "pass_rmse": "root of the mean of the squared errors of a pass, each seen before its step",
    "root_sse": "root of the sum of the squared errors of a pass: what the lecture calls rmse",
    "epoch_to_show": "the epoch whose rows stand below the charts; the lecture's Run makes five",
    "least_h": "h is at least so large a part of the numbers that it is added to",
    "h_used": "h, or a longer step where h would be lost in the last digits of large numbers",
    "diverged_above": "a run that ends with an error of so many times the first has diverged",
    "error_limit": "the error from which on a run has diverged, and up to which charts draw",
    "diverged_in": "the step in which a run that diverged first went beyond error_limit",
    "beyond": "1 from the first step on whose error was beyond error_limit, 0 before it",
    "step_to_show": "charts draw the run up to this step, counted over all epochs; 0 is the start",
    "step_b": "b after the step that is shown",
    "step_a": "a after the step that is shown",
    "step_rmse": "RMSE after the step that is shown",
    "reach_a": "how far the maps go from the best line in a",
    "reach_b": "how far the maps go from the best line in b",
    "guess_b": "intercept of the guessed line; Solver changes it",
    "guess_a": "slope of the guessed line; Solver changes it",
    "best_b": "intercept of the line of least RMSE",
    "best_a": "slope of the line of least RMSE",
    "t": "number of the step over all epochs, from 1",
    "theta_b": "b where momentum has got to, before it looks ahead",
    "theta_a": "a where momentum has got to, before it looks ahead",
    "rate_b": "lr over the root of the sum of squares: the length of a step for a gradient of 1",
    "rate_a": "lr over the root of the sum of squares: the length of a step for a gradient of 1",
    "step_ratio": "the textbook's step of a over this one",
    "correction": "what divides m and v in Adam of the textbook: 1 - beta^t",
    "anneal_above": "lr is cut where the gradients have grown by more than this",
    "anneal_by": "what lr is divided by where it is cut",
    "epoch_lr": "lr of this epoch, after the cuts before it",
    "avg_grad2": "size of the gradients: √v_b + √v_a",
    "prev_grad2": "the least avg_grad2 so far, at the ends of epochs",
    "contour_i": "a level of RMSE, as a part of RMSE at the start, that the map draws",
    "sgd": "stochastic gradient descent, a step after every point",
}
"""What symbols and inputs mean in this workbook."""

LESSON = Lesson(
    name="gradient_descent",
    title="Gradient descent",
    about=(
        "Find slope a and intercept b of a line through points, by correcting both a little after "
        "every point. Each optimizer has its sheet; every row is one step, and an epoch "
        "has a row for each point.",
        "The lecture's Run and Reset buttons are cells here: all epochs stand one below the "
        "other, the start is an input, and 'epoch_to_show' picks the epoch shown below the charts.",
    ),
    options=(
        Option("points", None, anything, "CSV of points with headings x and y", "FILE"),
        Option("noise", None, real(0, 1e6), "standard deviation of y, without --points", "SD"),
        seed_option(42),
        Option("epochs", 10, whole(1, MAX_STEPS), "passes over the points", "N"),
        Option(
            "variant",
            "lecture",
            one_of(*VARIANTS),
            "lecture (its quirks included) or textbook (as in PyTorch)",
            "VARIANT",
        ),
        Option("a", None, real(), "slope to start from", "A"),
        Option("b", None, real(), "intercept to start from", "B"),
        *parameter_options(TERMS),
        Option(
            "at",
            "optimum",
            one_of("optimum", "start"),
            "write the Solver's cells as solved (optimum) or as they start (start)",
            "WHERE",
        ),
    ),
    prepare=_prepare,
    limits={"n": MAX_STEPS, "live": 1, "epochs": MAX_STEPS},
    rows=_rows,
    picture="compare",
    terms=TERMS,
)
