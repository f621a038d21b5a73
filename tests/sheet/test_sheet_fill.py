"""Filling formulas, against openpyxl's Translator, an implementation of its own."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator
from openpyxl.utils import column_index_from_string, get_column_letter

from sheetsim.references import (
    MAX_COLUMNS,
    MAX_ROWS,
    Fill,
    a1,
    column_index,
    column_name,
    quoted,
)

dollar = st.sampled_from(["", "$"])
letters = st.integers(1, 700).map(get_column_letter)
cell = st.tuples(dollar, letters, dollar, st.integers(1, 9_999).map(str)).map("".join)
area = st.tuples(cell, cell).map(":".join)
sheet = st.sampled_from(
    ["", "momentum!", "dot_product!", "'adam 2'!", "'it''s'!", "'A1'!", "'B2:C3'!", "Ab_c!"]
)
reference = st.tuples(sheet, cell | area).map("".join)
text = st.text(alphabet=string.ascii_letters + string.digits + " $:!'(", max_size=8).map(
    lambda inside: f'"{inside}"'
)
name = st.sampled_from(
    ["lr", "beta1", "beta2", "epoch_to_show", "start_v_b", "true_a", "h", "x", "points"]
)
number = st.sampled_from(["0", "1", "2", "0.5", "1E5", "3.25"])
operand = st.one_of(reference, reference, reference, text, name, number, st.just('"A1 ""B2"" $C3"'))


def call(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    function = st.sampled_from(["LOG10(", "SUM(", "ATAN2(", "DEC2BIN(", "T(", "("])
    several = st.lists(inner, min_size=1, max_size=3).map(",".join)
    return st.tuples(function, several, st.just(")")).map("".join)


def chain(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operator = st.sampled_from(["+", "-", "*", "/", "^", "&", "=", "<>", ">"])
    return st.tuples(inner, operator, inner).map("".join)


formula = st.recursive(operand, lambda inner: call(inner) | chain(inner), max_leaves=8).map(
    lambda body: f"={body}"
)


@settings(max_examples=300, deadline=None)
@given(formula, st.integers(0, 200), st.integers(0, 200))
def test_filling_is_openpyxls_translation(text: str, down: int, right: int) -> None:
    home = Translator(text, origin="A1")
    there = f"{get_column_letter(right + 1)}{down + 1}"
    assert Fill(text).at(down, right) == home.translate_formula(there)


@settings(max_examples=50, deadline=None)
@given(formula)
def test_filling_to_the_same_place_changes_nothing(text: str) -> None:
    assert Fill(text).at(0, 0) == text


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("=H2", "=J5"),
        ("=$H2+H$2+$H$2", "=$H5+J$2+$H$2"),
        ("=SUM(MMULT($B25:$F25,H$19:H$23))", "=SUM(MMULT($B28:$F28,J$19:J$23))"),
        ("=beta1*LOG10(A1)", "=beta1*LOG10(C4)"),
        ('=IF(A1="","A1",A1)', '=IF(C4="","A1",C4)'),
        ("='A1'!A1", "='A1'!C4"),
        ("=data!$A$1:$A$9*B2", "=data!$A$1:$A$9*D5"),
    ],
)
def test_filling_by_hand(text: str, filled: str) -> None:
    """Three down and two to the right, as the fill handle of a spreadsheet does it."""
    assert Fill(text).at(3, 2) == filled


def test_columns_are_named_as_openpyxl_names_them() -> None:
    for column in range(MAX_COLUMNS):
        assert column_name(column) == get_column_letter(column + 1)
        assert column_index(column_name(column)) == column
    assert column_index("XFD") == MAX_COLUMNS - 1 == column_index_from_string("XFD") - 1


@pytest.mark.parametrize("column", [-1, MAX_COLUMNS])
def test_there_are_no_columns_beyond_a_sheet(column: int) -> None:
    with pytest.raises(ValueError, match="is not one of the 16,384 of a sheet"):
        column_name(column)


def test_cells_are_written_with_their_dollars() -> None:
    assert a1(1, 7) == "H2"
    assert a1(1, 7, fix_row=True) == "H$2"
    assert a1(1, 7, fix_column=True) == "$H2"
    assert a1(MAX_ROWS - 1, MAX_COLUMNS - 1, fix_row=True, fix_column=True) == "$XFD$1048576"


@pytest.mark.parametrize(
    ("sheet", "written"),
    [("data", "data"), ("a b", "'a b'"), ("it's", "'it''s'"), ("R1", "'R1'"), ("2019", "'2019'")],
)
def test_sheets_are_quoted_where_they_could_be_something_else(sheet: str, written: str) -> None:
    assert quoted(sheet) == written
