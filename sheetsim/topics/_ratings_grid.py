"""The layout that all models of a table of ratings share: four tables one above the other.

Ratings, movie factors, predictions and squared errors stand in the same columns, a movie each, so
that a prediction stands below its movie's factors and beside its user's. The topics bring their
own maths and the formula of a prediction; from here come the places, the looks, what follows from
the predictions, and the ratings themselves: typed into one sheet, live copies on the others.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sheetsim.data.labels import first_duplicate
from sheetsim.errors import OptionError
from sheetsim.sheet import Array, Block, ColorScale, Highlight, Sheet, SheetModel, Valid
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft, Plan
from sheetsim.topics._limit import solver_limit, ways_out

FACT_LABELS, MOVIES, TOP = 3, 6, 8


@dataclass(frozen=True)
class Grid:
    """Rows and columns of the four tables, counted from 0.

    Attributes:
        n_users: rows of the ratings.
        n_movies: columns of the ratings.
        n_factors: parameters of a user or a movie, with the bias where there is one.
        n_biases: how many of these are biases.
    """

    n_users: int
    n_movies: int
    n_factors: int
    n_biases: int = 0

    @property
    def label(self) -> int:
        """Column of the users' labels; their factors stand to its left."""
        return max(self.n_factors, 3)

    @property
    def left(self) -> int:
        """Column of the first movie."""
        return self.label + 1

    @property
    def ratings(self) -> int:
        """First row of the ratings."""
        return TOP

    @property
    def factors(self) -> int:
        """First row of the movie factors."""
        return self.ratings + self.n_users + 2

    @property
    def predictions(self) -> int:
        """First row of the predictions."""
        return self.factors + self.n_factors + 2

    @property
    def errors(self) -> int:
        """First row of the squared errors."""
        return self.predictions + self.n_users + 2


def factor_names(book: Draft, *, bias: bool) -> list[str]:
    """What the parameters of a user or a movie are called, in their order."""
    return ["bias"] * bias + [f"factor {f + 1}" for f in range(book.plan["k"])]


def bands(sheet: Sheet, grid: Grid, names: list[str], lead: str, predictions: str) -> None:
    """The sheet's heading, the title of each table, and the names of the factors."""
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, lead, "lead")
    for row, text in (
        (grid.ratings, "ratings (blank: not rated)"),
        (grid.factors, "movie factors: the Solver changes these"),
        (grid.predictions, predictions),
        (grid.errors, "squared errors, (rating - prediction)²; 0 where there is no rating"),
    ):
        sheet.text(row - 1, grid.left, text, "band")
    sheet.labels(grid.factors, grid.label, [[name] for name in names], "row heading")
    start = grid.label - grid.n_factors
    sheet.text(grid.predictions - 2, start, "user factors: the Solver changes these", "band")
    sheet.labels(grid.predictions - 1, start, [names], "heading")


def random_start(plan: Plan, seed: int, *, bias: bool) -> dict[str, Array]:
    """A start as in the lecture: uniform in 0 to 1, movies first."""
    draw, width = np.random.default_rng(seed).random, plan["k"] + bias
    return {
        "movie_factors": draw((width, plan["movies"])),
        "user_factors": draw((plan["users"], width)),
    }


def parameters(sheet: Sheet, grid: Grid) -> tuple[Block, Block]:
    """The variable cells: the movies' above the predictions, the users' to their left."""
    width = grid.n_factors
    movies, users = np.ones((width, grid.n_movies)), np.ones((grid.n_users, width))
    return (
        sheet.inputs(grid.factors, grid.left, "movie_factors", movies, "input.factor"),
        sheet.inputs(grid.predictions, grid.label - width, "user_factors", users, "input.factor"),
    )


def given_ratings(sheet: Sheet, grid: Grid) -> tuple[Block, Block]:
    """The ratings as inputs, with the titles above and the users beside them.

    Returns:
        The users' labels and the ratings.

    Raises:
        OptionError: two users or two movies have the same label.
    """
    sheet.records(MOVIES, grid.left, "movies", (1, grid.n_movies), "heading")
    _require_distinct(sheet)
    users = sheet.records(grid.ratings, grid.label, "users", (grid.n_users, 1), "row heading")
    ratings = sheet.inputs(
        grid.ratings,
        grid.left,
        "ratings",
        np.ones((grid.n_users, grid.n_movies)),
        "input.rating",
        Valid(-1e6, 1e6),
        blanks=True,
    )
    return users, ratings


def living_ratings(sheet: Sheet, grid: Grid, source: Sheet) -> tuple[Block, Block]:
    """Live copies of the ratings that are typed into another sheet, and of their labels.

    Returns:
        The users' labels and the ratings, "" where there is none.
    """
    titles, people, stars = (source[name].qualified for name in ("movies", "users", "ratings"))
    sheet.fill(MOVIES, grid.left, "movies", f"={titles.cell}", titles.values, "heading")
    users = sheet.fill(
        grid.ratings, grid.label, "users", f"={people.cell}", people.values, "row heading"
    )
    ratings = sheet.fill(
        grid.ratings,
        grid.left,
        "ratings",
        f'=IF({stars.cell}="","",{stars.cell})',
        np.where(np.isnan(as_floats(stars)), "", stars.values.astype(object)),
        "calc.rating",
    )
    return users, ratings


def raw_score(movies: Block, users: Block) -> str:
    """The formula of a cell's dot product with both biases, without its leading `=`.

    Args:
        movies: (1 + k, n_movies), the biases in the first row.
        users: (n_users, 1 + k), the biases in the first column.
    """
    rest, first = users.part(slice(None), slice(1, None)), users.part(slice(None), slice(0, 1))
    factors, bias = movies.part(slice(1, None)), movies.part(slice(0, 1))
    # times 1: a factor that was deleted counts as 0, where MMULT would be an error
    return f"SUMPRODUCT(MMULT({rest.across}*1,{factors.down}*1))+{bias.down}+{first.across}"


def fit(
    sheet: Sheet,
    grid: Grid,
    shown: tuple[Block, Block],
    stars: Block,
    parts: tuple[Block, Block],
    predicted: tuple[str, Array],
    squared_errors: Callable[[Array, Array], Array],
) -> None:
    """Predictions, their squared errors, the outcome, the looks and the Solver's model.

    Args:
        sheet: where.
        grid: where on it.
        shown: the users' labels and the ratings on this sheet.
        stars: the ratings as they are typed in, here or on another sheet.
        parts: the movies' and the users' parameters.
        predicted: the formula of the first cell, and all predictions (n_users, n_movies).
        squared_errors: (ratings, predictions) -> squared errors, all (n_users, n_movies).
    """
    users, ratings = shown
    formula, values = predicted
    predictions = sheet.fill(
        grid.predictions, grid.left, "predictions", formula, values, "calc.rating2"
    )
    errors = sheet.fill(
        grid.errors,
        grid.left,
        "errors",
        f'=IF({ratings.cell}="",0,({ratings.cell}-{predictions.cell})^2)',
        squared_errors(as_floats(stars), predictions.values),
        "calc.error",
    )
    rmse = _outcome(sheet, grid, stars, errors, parts)
    _user_labels(sheet, grid, users, (grid.predictions, grid.errors))
    _looks(sheet, grid, as_floats(stars))
    sheet.solver = SheetModel(rmse, parts)


def _require_distinct(sheet: Sheet) -> None:
    """Refuse labels of which two are the same to a spreadsheet: look-ups would find the first."""
    for axis in ("users", "movies"):
        labels = np.ravel(sheet.given.get(axis, [])).tolist()
        again = first_duplicate(labels)
        if again is not None:
            raise OptionError(f"{axis} holds {labels[again[1]]!r} twice; expected each label once")


def _user_labels(sheet: Sheet, grid: Grid, users: Block, rows: tuple[int, ...]) -> None:
    """The users' labels again, live, beside the tables further down."""
    for row in rows:
        formula = f"={users.cell}"
        sheet.fill(row, grid.label, f"users_{row}", formula, users.values, "row heading")


def _outcome(
    sheet: Sheet, grid: Grid, ratings: Block, errors: Block, parts: tuple[Block, ...]
) -> Block:
    """MSE, RMSE and the size of the model, in the frozen rows at the top.

    Returns:
        The RMSE, which is what the Solver minimizes.
    """
    rated = int(np.isfinite(as_floats(ratings)).sum())
    mse = errors.values.sum() / rated if rated else np.nan
    placed = facts(
        sheet,
        FACT_LABELS,
        grid.left,
        (
            Fact("RMSE", "rmse", "=SQRT(mse)", np.sqrt(mse), "key.objective"),
            Fact("MSE", "mse", f"=SUM({errors.range})/rated", mse, "calc.objective"),
            Fact("rated", "rated", f"=COUNT({ratings.range})", rated, "calc.index"),
        ),
    )
    advice = ways_out(grid.n_users, grid.n_movies, grid.n_biases)
    solver_limit(sheet, FACT_LABELS, grid.left + 3, parts, advice)
    return placed["rmse"]


def _looks(sheet: Sheet, grid: Grid, ratings: Array) -> None:
    """Colours, widths, and what stays in sight while one scrolls."""
    finite = ratings[np.isfinite(ratings)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (1.0, 5.0)
    for name in ("ratings", "predictions"):
        sheet.color_scales.append(ColorScale(sheet[name], low, high))
    for name in ("movie_factors", "user_factors"):
        sheet.color_scales.append(ColorScale(sheet[name]))
    sheet.color_scales.append(ColorScale(sheet["errors"], 0.0))
    sheet.highlights.append(
        Highlight(sheet["predictions"], f'{sheet["ratings"].cell}=""', "predicted")
    )
    longest = max(len(str(label)) for label in sheet["users"].values.ravel())
    titles = max(len(str(label)) for label in sheet["movies"].values.ravel())
    sheet.width(0, grid.label - 1, 8)
    sheet.width(grid.label, grid.label, min(max(longest + 1, 10), 24))
    sheet.width(grid.left, grid.left + grid.n_movies - 1, 8.3)
    sheet.heights[FACT_LABELS] = 30
    sheet.heights[MOVIES] = 15.0 * min(1 + titles // 8, 5) + 3
    sheet.freeze = (MOVIES + 1, grid.left if grid.n_factors <= 8 else 0)
    sheet.repeat_rows = (MOVIES, MOVIES)
    sheet.pages = 1 if grid.n_users <= 20 else 0


def as_floats(block: Block) -> Array:
    """The block's values as float64."""
    return block.values.astype(float)
