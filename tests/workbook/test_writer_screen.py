"""What a class sees at once: inputs, outcomes and charts together on the first screen, at 100 %."""

import pytest
from writer_cases import Laid, laid_out

from sheetsim.sheet import Kind, Sheet
from sheetsim.topics import SOLVER, lessons

SCREEN = (1880, 850)
"""Pixels of a sheet that a projector of 1,920 x 1,080 shows, beside the program's own bars."""

WIDER = 1.05
"""LibreOffice's columns, with the font that it takes for Calibri, are so much wider."""

BELOW = {
    ("movielens", "extremes"): "its map of fifty titles fills a page of its own",
    ("gradient_descent", "compare"): "the second row of maps, too small to read on one screen: "
    "each of the seven maps takes 450 by 280 pixels",
}
"""Sheets with charts further down, and why; their first chart is in view all the same."""


@pytest.fixture(params=lessons())
def laid(request: pytest.FixtureRequest) -> Laid:
    return laid_out(request.param)


def right_edge(sheet: Sheet, column: int) -> float:
    """Pixels to the left of a column."""
    return sum(WIDER * (7 * sheet.widths.get(c, 8.43) + 5) for c in range(column))


def bottom_edge(sheet: Sheet, row: int) -> float:
    """Pixels above a row."""
    return sum(sheet.heights.get(r, 15.0) * 4 / 3 for r in range(row))


def in_view(sheet: Sheet, bottom: int, right: int) -> bool:
    """Whether what ends before this row and this column is on the first screen."""
    return right_edge(sheet, right) <= SCREEN[0] and bottom_edge(sheet, bottom) <= SCREEN[1]


def test_inputs_outcomes_and_charts_are_on_the_first_screen(laid: Laid) -> None:
    hidden = []
    for sheet in laid.sheets[1:]:
        for block in sheet.of_kind(Kind.INPUT, Kind.FORMULA):
            stands_out = block.kind is Kind.INPUT or block.style.startswith("key")
            seen = in_view(sheet, block.bottom, block.right)
            stands_out &= sheet.name != SOLVER  # a section for each model: see the charts
            if block.values.size == 1 and stands_out and not seen:
                hidden.append(f"{sheet.name}: {block.name}")
        charts = sheet.charts
        if (laid.workbook, sheet.name) in BELOW or sheet.name == SOLVER:
            charts = charts[:1] if sheet.name != "extremes" else []
        hidden += [
            f"{sheet.name}: the chart {chart.title!r}"
            for chart in charts
            if not in_view(sheet, chart.row + chart.rows, chart.column + chart.columns)
        ]
    assert not hidden


def test_the_starts_of_a_solver_stand_above_the_end_of_its_log(laid: Laid) -> None:
    for sheet in laid.sheets:
        if sheet.name != SOLVER:
            continue
        for name, block in sheet.blocks.items():
            if "_start_" in name:
                log = sheet[f"{name.partition('_start_')[0]}_log"]
                assert block.row <= log.row + 30, "near the head of the log"
                assert not set(range(block.column, block.right)) & set(range(log.column, log.right))
