"""The references in a formula's text."""

from __future__ import annotations

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token


def references(formula: str) -> list[tuple[str, str]]:
    """Every reference and name in a formula, and the function whose argument it is.

    Args:
        formula: with its leading `=`.

    Returns:
        Pairs such as ("data!$A$7:$A$35", "INDEX("); the second is "(" within parentheses of its
        own and "" outside of any, and "/" for what something is divided by.
    """
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
