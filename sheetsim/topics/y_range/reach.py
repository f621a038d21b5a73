"""Why 5.5 and not 5: a sigmoid never reaches its ends.

To predict a rating r, the raw score has to be the sigmoid's inverse, the logit

    raw = ln((r - low) / (high - r))

which is infinite at r = high: with a range that ends at 5, no finite factors ever predict 5 stars.
Gradient descent tries all the same. The error of a rating r is (r - p)^2, and by the chain rule

    d error / d raw = -2 (r - p) dp/draw        dp/draw = (p - low) (high - p) / (high - low)

As p nears high, the last factor vanishes, together with r - p where r = high: the step shrinks
with the square of the distance, and the raw score creeps on forever, pulling the factors of
everybody who gave 5 stars with it. With high = 5.5 the logit of 5 is ln 10 = 2.30, the slope there
is 0.45, and descent arrives. The same holds at the lower end: 0 is half a star below the least.

The lecture (lesson 5) gives this reason for 5.5. How much wider is a matter of taste: fast.ai's
courses use 5.5; others leave the range at the stars and clip the ratings into it instead.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetsim.data.ratings import DEFAULT_SOURCE
from sheetsim.sheet import Array, Chart, Column, Series, Sheet, Valid, table
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Inputs, Plan, Topic
from sheetsim.topics._tries import Try, every, first
from sheetsim.topics.y_range.sigmoid_rating import (
    HIGH,
    LOW,
    MARGIN,
    range_for,
    sigmoid_range,
    sigmoid_range_slope,
)

FACTS, HEADINGS, TOP, BELOW = 2, 6, 7, 20
"""Rows of the inputs' labels, of headings, of the first numbers, and of the lower charts."""
SCORES, STEPS = 25, 40
BEST = 5.0
"""The best rating of the lecture's data."""

STARS = tuple(half / 2 for half in range(12))
NEVER = "never"


def logit(rating: float, low: float, high: float) -> float:
    """The raw score whose prediction is `rating`; NaN where there is none."""
    if not low < rating < high:
        return float("nan")
    return float(np.log((rating - low) / (high - rating)))


def descend(
    raw: float, rating: float, low: float, high: float, lr: float, steps: int
) -> tuple[Array, Array]:
    """Raw scores and predictions, (steps + 1,) each, of gradient descent on one rating."""
    scores, predictions = np.empty(steps + 1), np.empty(steps + 1)
    span = np.float64(high - low)
    for step in range(steps + 1):
        predicted = float(sigmoid_range(np.array(raw), low, high))
        scores[step], predictions[step] = raw, predicted
        slope = (predicted - low) * (high - predicted) / span
        raw = raw + lr * 2 * (rating - predicted) * slope
    return scores, predictions


def _given(_plan: Plan, given: Inputs, _options: Mapping[str, Any]) -> dict[str, Any]:
    ratings = given["linear_rating"]["ratings"]
    low, high = range_for(ratings)
    if (low, high) == (LOW, HIGH):
        return {}
    best = float(np.nanmax(ratings))
    stars = np.linspace(low - MARGIN, high + MARGIN, len(STARS)).round(2)[:, None]
    return {"bottom": low, "near_top": best, "far_top": high, "goal": best, "stars": stars}


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("reach", "Why the range ends beyond the best rating")
    sheet.text(0, 0, sheet.title, "title")
    lead = "the same sigmoid with two tops: one at the best rating, one a little beyond"
    sheet.text(1, 0, lead, "lead")
    settings = facts(
        sheet,
        FACTS,
        0,
        (
            Fact("bottom", "bottom", None, LOW, "input.general", Valid(-1e6, 1e6)),
            Fact("near_top", "near_top", None, BEST, "input.general", Valid(-1e6, 1e6)),
            Fact("far_top", "far_top", None, HIGH, "input.general", Valid(-1e6, 1e6)),
            Fact("goal", "goal", None, BEST, "input.rating", Valid(-1e6, 1e6)),
            Fact("raw_start", "raw_start", None, 0.0, "input.general", Valid(-9, 9)),
            Fact("lr", "lr", None, 0.2, "input.general", Valid(0, 1)),
            Fact("raw_first", "raw_first", None, -6.0, "input.general", Valid(-50, 50)),
            Fact("raw_step", "raw_step", None, 0.5, "input.general", Valid(0, 10)),
        ),
    )
    given = {name: float(block.value) for name, block in settings.items()}
    tops = ("near_top", "far_top")
    level = any(given[top] == given["bottom"] for top in tops)
    same = f"OR({','.join(f'{top}=bottom' for top in tops)})"
    sheet.reasons.append(
        (same, level, "a top equals bottom: the range from bottom to it is empty.")
    )
    _curves(sheet, given)
    _needed(sheet, given)
    _descent(sheet, given)
    sheet.width(0, 21, 11)
    sheet.width(5, 5, 5)
    sheet.width(11, 11, 3)
    sheet.heights[FACTS] = 31
    sheet.heights[HEADINGS] = 46
    sheet.freeze = (FACTS + 2, 0)
    rows, columns = sheet.extent
    descent = TOP + SCORES + 1
    sheet.print_areas = ((0, 0, descent, columns), (descent, 0, rows, 5))
    return sheet


def _curves(sheet: Sheet, given: dict[str, float]) -> None:
    """Prediction and slope over the raw score, for both tops."""
    headings = ["raw score", "near: prediction", "far: prediction", "near: slope", "far: slope"]
    sheet.labels(HEADINGS, 0, [headings], "heading")
    sheet.text(HEADINGS - 1, 0, "what the sigmoid makes of a raw score", "band")
    raw = given["raw_first"] + given["raw_step"] * np.arange(SCORES)
    columns = [Column("raw", "={^raw}+raw_step", raw, first="=raw_first", style="calc.general")]
    for top in ("near_top", "far_top"):
        values = sigmoid_range(raw, given["bottom"], given[top])
        formula = f"=bottom+({top}-bottom)/(1+EXP(0-{{raw}}))"
        columns.append(Column(f"{top}_p", formula, values, style="calc.step"))
    for top in ("near_top", "far_top"):
        values = sigmoid_range_slope(raw, given["bottom"], given[top])
        formula = f"=({top}-bottom)*EXP(0-{{raw}})/(1+EXP(0-{{raw}}))^2"
        columns.append(Column(f"{top}_slope", formula, values, style="calc.step"))
    blocks = table(sheet, TOP, 0, columns, SCORES)
    for title, of, place in (
        ("Prediction over the raw score", "p", (HEADINGS, 12)),
        ("Its slope: what a step of the raw score moves", "slope", (BELOW, 6)),
    ):
        series = tuple(
            Series(f"{top} top", blocks["raw"], blocks[f"{top}_top_{of}"], points=False)
            for top in ("near", "far")
        )
        labels = ("raw score", "prediction" if of == "p" else "slope")
        size = (10, BELOW - HEADINGS) if of == "p" else (5, 12)
        sheet.charts.append(Chart(title, *labels, series, *place, columns=size[0], rows=size[1]))


def _needed(sheet: Sheet, given: dict[str, float]) -> None:
    """The raw score that each rating asks for, and the slope there."""
    sheet.text(HEADINGS - 1, 6, "what a rating asks of the raw score", "band")
    headings = ["rating", "near: raw score", "near: slope there"]
    sheet.labels(HEADINGS, 6, [[*headings, "far: raw score", "far: slope there"]], "heading")
    default = np.array(STARS)[:, None]
    stars = sheet.inputs(TOP, 6, "stars", default, "input.rating", Valid(-1e6, 1e6))
    low = given["bottom"]
    for column, top in ((7, "near_top"), (9, "far_top")):
        high = given[top]
        scores: list[list[Any]] = []
        slopes: list[list[Any]] = []
        for rating in stars.values[:, 0]:
            score = logit(rating, low, high)
            scores.append([NEVER if np.isnan(score) else score])
            held = low <= rating <= high
            slope = (rating - low) * (high - rating) / np.float64(high - low)
            slopes.append([slope if held else NEVER])
        star = stars.across
        inverse = f"LN(({star}-bottom)/({top}-{star}))"
        formula = f'=IF(AND({star}>bottom,{star}<{top}),{inverse},"{NEVER}")'
        found = np.array(scores, dtype=object)
        sheet.fill(TOP, column, f"{top}_score", formula, found, "calc.step")
        there = f"({star}-bottom)*({top}-{star})/({top}-bottom)"
        formula = f'=IF(AND({star}>=bottom,{star}<={top}),{there},"{NEVER}")'
        found = np.array(slopes, dtype=object)
        sheet.fill(TOP, column + 1, f"{top}_at", formula, found, "calc.step")


def _descent(sheet: Sheet, given: dict[str, float]) -> None:
    """Gradient descent on the error of one rating, for both tops."""
    first = TOP + SCORES + 3
    sheet.text(first - 2, 0, "gradient descent on (goal - prediction)²", "band")
    headings = ["step", "near: raw score", "near: prediction", "far: raw score", "far: prediction"]
    sheet.labels(first - 1, 0, [headings], "heading")
    sheet.heights[first - 1] = 31
    columns = [Column("step", None, np.arange(STEPS + 1.0), style="index")]
    for top in ("near_top", "far_top"):
        scores, predictions = descend(
            given["raw_start"], given["goal"], given["bottom"], given[top], given["lr"], STEPS
        )
        raw, p = f"{top}_raw", f"{top}_now"
        slope = f"({{^{p}}}-bottom)*({top}-{{^{p}}})/({top}-bottom)"
        step = f"={{^{raw}}}+lr*2*(goal-{{^{p}}})*{slope}"
        onto = f"=bottom+({top}-bottom)/(1+EXP(0-{{{raw}}}))"
        columns.append(Column(raw, step, scores, first="=raw_start", style="calc.step"))
        columns.append(Column(p, onto, predictions, style="calc.step"))
    blocks = table(sheet, first, 0, columns, STEPS + 1)
    for title, of, column in (
        ("Raw score by step: towards infinity, or to a place", "raw", 12),
        ("Prediction by step", "now", 17),
    ):
        series = tuple(
            Series(f"{top} top", blocks["step"], blocks[f"{top}_top_{of}"], points=False)
            for top in ("near", "far")
        )
        y_title = "raw score" if of == "raw" else "prediction"
        sheet.charts.append(
            Chart(title, "step", y_title, series, BELOW, column, columns=5, rows=12)
        )


TOPIC = Topic(
    name="reach",
    title="Why 5.5 and not 5",
    summary="the raw score that each rating asks for, when the range ends at 5 and when at 5.5",
    sheet=_sheet,
    order=4,
    given=_given,
    tries=(
        Try(
            "Read the row of the best rating in the table of ratings.",
            "With near_top there is no raw score that predicts it, and the slope there is 0; "
            "with far_top both are ordinary numbers.",
            holds=lambda was: every(
                was["near_top_score"][was["stars"] == 5] == "never",
                was["near_top_at"][was["stars"] == 5] == 0,
            ),
            rests_on="near_top_score",
        ),
        Try(
            "Raise near_top by 0.01.",
            "The best rating can be reached, at a large raw score where the slope is a hundredth.",
            edits=({"near_top": lambda s: s["near_top"] + 0.01},),
            holds=lambda _was, now: every(
                float(now["near_top_score"][first(now["stars"] == 5)]) > 5,
                0.005 < now["near_top_at"][first(now["stars"] == 5)] < 0.015,
            ),
            rests_on="near_top_at",
        ),
        Try(
            "Set goal to 3.",
            "Both tops arrive within a few steps: only the ends of a range are out of reach.",
            edits=({"goal": 3.0},),
            holds=lambda _was, now: every(
                np.abs(now["near_top_now"][10] - 3) < 0.05,
                np.abs(now["far_top_now"][10] - 3) < 0.05,
            ),
            rests_on="near_top_raw",
            when={"ratings": DEFAULT_SOURCE},
        ),
        Try(
            "Set lr to 0.3.",
            "far_top gets within 0.001 of 5; near_top is still 0.15 short of it, and its "
            "raw score still rises in the last step.",
            edits=({"lr": 0.3},),
            holds=lambda _was, now: every(
                np.abs(now["far_top_now"][-1] - 5) < 0.001,
                (5 - now["near_top_now"][-1]).round(2) == 0.15,
                now["near_top_raw"][-1] > now["near_top_raw"][-2],
            ),
            rests_on="near_top_raw",
            when={"ratings": DEFAULT_SOURCE},
        ),
        Try(
            "Set lr to 1.",
            "The first step lands where both sigmoids are flat, and neither gets away from there: "
            "a saturated sigmoid learns slowly, in whatever direction.",
            edits=({"lr": 1.0},),
            holds=lambda _was, now: every(
                *(
                    np.abs(now[f"{top}_raw"][-1] - now[f"{top}_raw"][1]) < 1
                    for top in ("near_top", "far_top")
                )
            ),
            rests_on="near_top_raw",
            when={"ratings": DEFAULT_SOURCE},
        ),
    ),
)
