"""What formulas point at, for the floors of `check`, against openpyxl's tokenizer."""

import pytest
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

import sheetsim
from sheetsim.api.lecture import prepare
from sheetsim.checking.cancellation import _operands
from sheetsim.formula.syntax.tokens import Ref
from sheetsim.references import a1_range, read_reference
from sheetsim.topics import lay_out


def theirs(formula: str) -> list[tuple[str, str]]:
    """The same, by openpyxl: references as written, and functions with their parenthesis."""
    found, opened, before = [], [""], ""
    for token in Tokenizer(formula).items:
        if token.type in (Token.FUNC, Token.PAREN):
            if token.subtype == Token.OPEN:
                opened.append(token.value)
            else:
                opened.pop()
        elif token.type == Token.OPERAND and token.subtype == Token.RANGE:
            found.append((token.value, "/" if before == "/" else opened[-1]))
        before = token.value
    return found


def spelled(text: str) -> str:
    """A reference with its sheet unquoted and without `$`; a name as it is."""
    reference = read_reference(text)
    if reference is None:
        return text
    return f"{reference.sheet or ''}!{a1_range(*reference.corners)}"


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", sheetsim.list_workbooks())
def test_all_formulas_of_a_workbook_are_read_as_openpyxl_reads_them(name: str) -> None:
    count = 0
    for sheet in lay_out(prepare(name)):
        for cell in sheet.cells():
            ours = []
            for token, function in _operands(cell.formula, (cell.row, cell.column)):
                if isinstance(token.value, Ref):
                    top, left, bottom, right = token.value.at(cell.row, cell.column)
                    text = f"{token.value.sheet or ''}!{a1_range((top, left), (bottom, right))}"
                else:
                    text = "!".join(part for part in token.value if part)
                ours.append((text, function))
            expected = [
                (spelled(text), function if function == "(" else function.removesuffix("("))
                for text, function in theirs(cell.formula)
            ]
            assert ours == expected, cell.formula
            count += 1
    assert count > 100


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=A1/B1", [("A1", ""), ("B1", "/")]),
        ("=A1 / B1", [("A1", ""), ("B1", "/")]),
        ("=SUM(A1,(B1+C1))/D1", [("A1", "SUM"), ("B1", "("), ("C1", "("), ("D1", "/")]),
        ("=1/(A1+IF(B1,C1,D1))", [("A1", "("), ("B1", "IF"), ("C1", "IF"), ("D1", "IF")]),
    ],
)
def test_whose_argument_an_operand_is(formula: str, expected: list[tuple[str, str]]) -> None:
    found = []
    for token, function in _operands(formula, (0, 0)):
        top, left, bottom, right = token.value.at(0, 0)
        found.append((a1_range((top, left), (bottom, right)), function))
    assert found == expected
