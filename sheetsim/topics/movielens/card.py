"""The card: one user, one title, and the rating that the model predicts.

    raw = sum over f of user[f] title[f]  +  user bias  +  title bias
    prediction = low + (high - low) / (1 + e^-raw)

Both rows are looked up, as an embedding layer does, and their products stand one below the other:
the largest of them say why. Without a y_range the raw score is the prediction itself.

fast.ai's `learn.model` computes the same (EmbeddingDotBias.forward); the sheets keep six decimals
of each factor, so that the two agree to about five.
"""

from typing import Any

import numpy as np

from sheetsim.sheet import Array, Block, ColorScale, Sheet, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every
from sheetsim.topics.movielens._score import prediction, prediction_formula

FACTS, RESULTS, HEADINGS, TOP = 2, 5, 8, 9


def position(labels: Block, wanted: Any) -> float:
    """Where a label stands in a column, from 1; NaN if it does not. Case does not count."""
    column = [_folded(label) for label in labels.values[:, 0]]
    sought = _folded(wanted)
    return column.index(sought) + 1.0 if sought in column else float("nan")


def _folded(label: Any) -> Any:
    return label.casefold() if isinstance(label, str) else label


def position_formula(labels: Block, wanted: Block) -> str:
    """The same by comparing, for MATCH takes the ? of a title for any letter."""
    same = f"({labels.range}={wanted.range})"
    place = f"ROW({labels.range})-ROW({labels.at(0)})+1"
    return f"=IF(SUMPRODUCT({same}*{same})=0,NA(),SUMPRODUCT({same}*({place})))"


def row_of(table: Array, position: float) -> Array:
    """Row number `position`, from 1, of a table (n, w); NaN where there is none."""
    if np.isnan(position):
        return np.full(table.shape[1], np.nan)
    return np.asarray(table[int(position) - 1], dtype=float)


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("card", "One user, one title, one predicted rating")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, "pick both from their lists; the products below say why", "lead")
    title, user = _picks(sheet, book)
    headings = ["factor", "the user's", "the title's", "product"]
    sheet.labels(HEADINGS, 0, [headings], "heading")
    k = book.plan["k"]
    numbers = sheet.numbers(TOP, 0, [[f + 1.0] for f in range(k)], "index")
    tastes = _looked_up(sheet, book["users"]["user_factors"], user, numbers, "user")
    characters = _looked_up(sheet, book["titles"]["item_factors"], title, numbers, "title")
    products = sheet.fill(
        TOP,
        3,
        "products",
        f"={tastes[1].cell}*{characters[1].cell}",
        tastes[1].values * characters[1].values,
        "calc.step",
    )
    dot = float(products.values.sum())
    raw = dot + float(tastes[0].value) + float(characters[0].value)
    outcome = (
        Fact("dot product", "dot", f"=SUM({products.range})", dot, "calc.step"),
        Fact("raw score", "raw", "=dot+user_bias+title_bias", raw, "calc.step"),
        Fact(
            "predicted rating",
            "predicted",
            f"={prediction_formula(book['titles'], 'raw')}",
            float(prediction(book["titles"], np.array(raw))),
            "key.rating2",
        ),
    )
    facts(sheet, RESULTS, 3, outcome)
    for block in (tastes[1], characters[1], products):
        sheet.color_scales.append(ColorScale(block, palette="signed"))
    sheet.width(0, 0, 48)
    sheet.width(1, 5, 13)
    sheet.heights[RESULTS] = 30
    sheet.freeze = (HEADINGS + 1, 0)
    sheet.repeat_rows = (HEADINGS, HEADINGS)
    sheet.pages = 1
    return sheet


def _picks(sheet: Sheet, book: Draft) -> tuple[Block, Block]:
    """The two drop-downs; returns the rows of titles and users that they lead to."""
    labels, ids = book["titles"]["labels"], book["users"]["user_ids"]
    titles = tuple(str(label) for label in labels.values[:, 0])
    numbers = ids.values[:, 0].astype(float)
    some_title = Valid(choices=labels.qualified.range, options=titles)
    some_id = Valid(float(numbers.min()), float(numbers.max()), choices=ids.qualified.range)
    sheet.labels(FACTS, 0, [["title", "user"]], "fact")
    title = sheet.words(FACTS + 1, 0, "title", [[titles[0]]], "input.word", valid=some_title)
    user = sheet.input(FACTS + 1, 1, "user", float(numbers[0]), "input.index", some_id)
    rows = []
    for column, name, column_of, wanted in ((4, "title", labels, title), (5, "user", ids, user)):
        found = position(column_of, wanted.value)
        formula = position_formula(column_of.qualified, wanted)
        row = Fact(f"row in {name}s", f"{name}_row", formula, found, "calc.index")
        rows.append(facts(sheet, FACTS, column, (row,))[row.name])
        absent = f"there is no such {name} in its list; pick one from there."
        sheet.reasons.append((f"ISERROR({rows[-1].range})", bool(np.isnan(found)), absent))
    for column, name, label, style in (
        (2, "n_ratings", "its ratings", "calc.index"),
        (3, "mean_ratings", "their mean", "calc.rating2"),
    ):
        of_all = book["titles"][name]
        value = float(row_of(of_all.values, float(rows[0].value))[0])
        formula = f"=INDEX({of_all.qualified.range},title_row)"
        facts(sheet, FACTS, column, (Fact(label, name, formula, value, style),))
    return rows[0], rows[1]


def _looked_up(
    sheet: Sheet, table: Block, row: Block, numbers: Block, name: str
) -> tuple[Block, Block]:
    """The bias of one row of a table, at the top, and its factors, one below the other."""
    column = 1 if name == "user" else 2
    values = row_of(table.values, float(row.value))
    cells = table.qualified.range
    formula = f"=INDEX({cells},{row.range},1)"
    bias = Fact(f"{name}'s bias", f"{name}_bias", formula, float(values[0]), "calc.step")
    placed = facts(sheet, RESULTS, column, (bias,))[bias.name]
    formula = f"=INDEX({cells},{row.range},{numbers.cell}+1)"
    factors = sheet.fill(TOP, column, f"{name}_factors", formula, values[1:, None], "calc.step")
    return placed, factors


TOPIC = Topic(
    name="card",
    title="One user, one title, one predicted rating",
    summary="pick a user and a title: the rating, predicted by formula from the factors",
    sheet=_sheet,
    order=2,
    needs=("titles", "users"),
    tries=(
        Try(
            "Pick another title in its list.",
            "The title's half of the products changes, and the predicted rating with it.",
            edits=({"title": lambda s: s["titles!labels"][1, 0]},),
            holds=lambda was, now: every(
                now["title_factors"] != was["title_factors"],
                now["user_factors"] == was["user_factors"],
                now["products"] != was["products"],
                now["predicted"] != was["predicted"],
            ),
            rests_on="title_factors",
        ),
        Try(
            "Pick another user for the same title.",
            "The title's factors stay; the user's change, and so do all products.",
            edits=({"user": lambda s: s["users!user_ids"][1, 0]},),
            holds=lambda was, now: every(
                now["title_factors"] == was["title_factors"],
                now["user_factors"] != was["user_factors"],
                now["products"] != was["products"],
            ),
            rests_on="user_factors",
        ),
    ),
)
