"""Extremes: the titles at the ends of each component, and a map of the best known ones.

What a component means nobody says; one reads it off the titles at its two ends. In the lesson's
run the first component parts Casablanca, Lawrence of Arabia and Chinatown from Home Alone 3,
Jungle 2 Jungle and Bio-Dome, and it was called the one of critics' choices; the second has
Braveheart, Titanic and Raiders of the Lost Ark on one side, the big crowd-pleasers.

The map shows the titles with the most ratings by two of the components: those that are close are
liked by the same people. Source: fast.ai, lesson 4 (`movie_comp`), and its scatter of 50 titles.
"""

from sheetsim.sheet import Block, Chart, Series, Sheet
from sheetsim.topics._lesson import Draft, Topic
from sheetsim.topics._tries import Try, every, put, same
from sheetsim.topics.movielens.biases import ranks

LISTED, LABELLED = 10, 50
HEADINGS, TOP = 4, 5


def _sheet(book: Draft) -> Sheet:
    sheet = book.new("extremes", "Titles at the ends of each component")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, "sorted by score; then the best known titles by two components", "lead")
    along, titles = book["directions"]["scores"], book["titles"]["labels"]
    n = min(LISTED, along.rows)
    for c in range(along.columns):
        scores = along.part(slice(None), slice(c, c + 1))
        for part, lowest in enumerate((True, False)):
            row = TOP + part * (n + 3)
            _list(sheet, (row, 4 * c), scores, titles, f"component {c + 1}", n, lowest=lowest)
        sheet.width(4 * c, 4 * c, 6)
        sheet.width(4 * c + 1, 4 * c + 1, 50)
        sheet.width(4 * c + 2, 4 * c + 2, 10)
        sheet.width(4 * c + 3, 4 * c + 3, 2)
    bottom = TOP + 2 * (n + 3)
    _map(sheet, along, titles, bottom)
    sheet.freeze = (2, 0)
    rows, columns = sheet.extent
    sheet.print_areas = ((0, 0, bottom - 1, columns), (bottom - 1, 0, rows, columns))
    return sheet


def _list(
    sheet: Sheet,
    place: tuple[int, int],
    scores: Block,
    titles: Block,
    name: str,
    n: int,
    *,
    lowest: bool,
) -> None:
    """The n titles of lowest or highest score: title and score, the most extreme first."""
    row, column = place
    which = "lowest" if lowest else "highest"
    sheet.labels(row - 1, column, [["rank", f"{name}: {which}", "score"]], "heading")
    rank = sheet.numbers(row, column, [[i + 1.0] for i in range(n)], "index")
    places = ranks(scores.values[:, 0], n, lowest=lowest)
    pick = "SMALL" if lowest else "LARGE"
    first = scores.qualified.range
    key = f"{which}_{name.replace(' ', '_')}"
    formula = f"={pick}({first},{rank.cell})"
    found = sheet.fill(row, column + 2, key, formula, scores.values[places], "calc.step")
    formula = f"=INDEX({titles.qualified.range},MATCH({found.cell},{first},0))"
    sheet.fill(row, column + 1, f"movie_{key}", formula, titles.values[places], "calc.text")


def _map(sheet: Sheet, along: Block, titles: Block, row: int) -> None:
    """The titles with the most ratings by the first component and the last, as in the lesson."""
    if along.columns < 2:
        return
    few = slice(0, LABELLED)
    last = along.columns - 1
    x, y = (along.part(few, slice(c, c + 1)) for c in (0, last))
    series = Series("titles", x, y, line=False, labels=titles.part(few))
    sheet.charts.append(
        Chart(
            f"The {x.rows} titles with the most ratings, by components 1 and {last + 1}",
            "component 1",
            f"component {last + 1}",
            (series,),
            row,
            0,
            columns=4 * along.columns - 1,
            rows=46,
        )
    )


TOPIC = Topic(
    name="extremes",
    title="Titles at the ends of each component",
    summary="ten titles at either end of each component, and a map of the best known",
    sheet=_sheet,
    order=5,
    needs=("titles", "directions"),
    tries=(
        Try(
            "Change the sign of all loadings of component 1 on the sheet directions.",
            "The two lists of component 1 change places, and the map is mirrored: a component's "
            "sign means nothing.",
            edits=(
                {
                    "directions!loadings": lambda s: put(
                        s["directions!loadings"], -s["directions!loadings"][0], 0
                    )
                },
            ),
            holds=lambda was, now: every(
                now["movie_lowest_component_1"] == was["movie_highest_component_1"],
                now["movie_highest_component_1"] == was["movie_lowest_component_1"],
                same(now["lowest_component_1"], -was["highest_component_1"]),
            ),
            rests_on="lowest_component_1",
        ),
    ),
)
