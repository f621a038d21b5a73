"""The tests of the layouts find what they look for: a fault is planted, and must be found."""

from collections.abc import Callable

import pytest
import test_writer_layouts as layouts
import test_writer_widths as widths
from writer_cases import Laid

from sheetsim.sheet import Chart, Series, Sheet
from sheetsim.topics import Draft

Plant = Callable[[Sheet], object]
FAULTS: dict[str, tuple[Callable[[Laid], None], Plant]] = {
    "a block over another": (
        layouts.test_no_two_blocks_overlap,
        lambda sheet: sheet.text(1, 0, "over lr"),
    ),
    "a chart over a cell": (
        layouts.test_no_chart_covers_a_cell_or_another_chart,
        lambda sheet: sheet.charts.append(
            Chart("c", "x", "y", (Series("s", sheet["lr"], sheet["lr"]),), 0, 0)
        ),
    ),
    "a name like a cell": (
        layouts.test_names_are_words_that_no_program_takes_for_a_cell,
        lambda sheet: sheet.input(5, 0, "lr1", 1.0),
    ),
    "a reserved name": (
        layouts.test_names_are_words_that_no_program_takes_for_a_cell,
        lambda sheet: sheet.input(5, 0, "r", 1.0),
    ),
    "a new function": (
        layouts.test_formulas_parse_and_use_classic_functions_only,
        lambda sheet: sheet.fill(5, 0, "f", "=XLOOKUP(A2,A2,A2)", 1.0),
    ),
    "an undefined name": (
        layouts.test_every_name_in_a_formula_is_defined_on_its_sheet,
        lambda sheet: sheet.fill(5, 0, "f", "=lr*rate", 1.0),
    ),
    "a blank cell": (
        layouts.test_every_reference_leads_to_cells_that_hold_something,
        lambda sheet: sheet.fill(5, 0, "f", "=SUM($A$2:$A$3)", 1.0),
    ),
    "a circle": (
        layouts.test_no_formula_refers_to_its_own_cell,
        lambda sheet: sheet.fill(5, 0, "f", "=SUM($A$2:$A$6)", 1.0),
    ),
    "a constant": (
        layouts.test_no_constant_is_buried_in_a_formula,
        lambda sheet: sheet.fill(5, 0, "f", "=lr*0.9", 1.0),
    ),
    "a power of a power": (
        layouts.test_squares_and_powers_are_in_brackets_where_a_sign_stands_before,
        lambda sheet: sheet.fill(5, 0, "f", "=lr^2^2", 1.0),
    ),
    "a formula that looks like an input": (
        layouts.test_inputs_look_like_inputs_and_nothing_else_does,
        lambda sheet: sheet.fill(5, 0, "f", "=lr", 1.0, "input.general"),
    ),
    "a number that is neither input nor formula": (
        layouts.test_every_number_that_is_no_input_is_a_formula_or_a_record,
        lambda sheet: sheet.numbers(5, 0, [[0.01]]),
    ),
    "a number too wide": (
        widths.test_numbers_fit_their_columns,
        lambda sheet: sheet.fill(5, 0, "f", "=lr", -1e100, "calc.power"),
    ),
    "a text cut short": (
        widths.test_texts_on_one_line_reach_no_neighbour,
        lambda sheet: sheet.labels(5, 0, [["a long text that is cut", "here"]]),
    ),
    "a heading too long": (
        widths.test_wrapped_texts_fit_their_cells,
        lambda sheet: sheet.text(5, 0, "extraordinarily", "heading"),
    ),
}


def small() -> tuple[Sheet, Laid]:
    """A sheet with one input in A2, and a workbook of it alone."""
    sheet = Sheet("small", "Small")
    sheet.text(0, 0, "lr", "heading")
    sheet.input(1, 0, "lr", 0.5)
    sheet.fill(1, 1, "twice", "=2*lr", 1.0)
    return sheet, Laid("small", "small", Draft({}), (sheet,))


@pytest.mark.parametrize(("test", "plant"), FAULTS.values(), ids=FAULTS)
def test_planted_fault_is_found(test: Callable[[Laid], None], plant: Plant) -> None:
    sheet, laid = small()
    test(laid)
    plant(sheet)
    with pytest.raises(AssertionError):
        test(laid)
