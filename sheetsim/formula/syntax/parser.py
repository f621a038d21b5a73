"""Tokens to a tree, with Excel's precedence and an explicit stack.

Which parser? Three were weighed. openpyxl has a tokenizer only: precedence, structured references
and whole columns remain to be done. The `formulas` package parses with regular expressions into
its own evaluator. formualizer's `parse` (Rust) has the right precedence and is fast (0.01 ms a
formula), but stops at 72 nested levels, gives references as text without position, and would be
a heavy dependency for one function. So this is Dijkstra's shunting-yard algorithm: operators
wait on a stack until one that binds no tighter arrives, so a formula nested 1,000 deep needs a
list of 1,000 items and no recursion.

From the tightest: `:`, space (intersection), `,` (union, inside parentheses), the signs and `@`,
`%`, `^`, `*` `/`, `+` `-`, `&`, comparisons; all of them group from the left. So `-2^2` is 4 and
`2^3^2` is 64, unlike in mathematics.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sheetsim.book import Place
from sheetsim.formula.functions import TABLE
from sheetsim.formula.syntax.tokens import Token, tokenize, unreadable


class Node(NamedTuple):
    """A node of a tree.

    Attributes:
        kind: "const" (value: a number, text, boolean, `CellError`, None for an argument left
            out, or rows of them for an array constant), "ref" (value: `Ref`), "name" (value:
            sheet or None, and the name), "table" (value: table's name and the text in brackets),
            or "call" (value: the name of a function or operator).
        value: see above.
        args: positions of the arguments in the tree, all before the node's own.
    """

    kind: str
    value: Any
    args: tuple[int, ...] = ()


Tree = tuple[Node, ...]
"""The nodes, each behind its arguments, the root last; equal subtrees stand there once."""

BINARY = {
    ":": 9, " ": 8, ",": 7, "^": 4, "*": 3, "/": 3, "+": 2, "-": 2, "&": 1,
    "=": 0, "<>": 0, "<": 0, ">": 0, "<=": 0, ">=": 0,
}  # fmt: skip
SIGNS = {function.sign: function.name for function in TABLE.values() if function.sign}
"""What stands before or behind one value -> the name in the tree: that of the table's function."""
_BEFORE = {"-", "+", "@"}
_SPILLED = "#"
_SIGN = 6  # binds tighter than % and ^
_PERCENT = 5
_UNION = BINARY[","]
_PARENTHESES = {"(", "function"}

CALL = "()"
"""The call of a LAMBDA where it is written: LAMBDA(x, x + 1)(3)."""


class _Open(NamedTuple):
    """What waits on the stack: an operator, or an opened parenthesis, function or array."""

    kind: str  # "binary", "sign", "(", "function"
    name: str
    binds: int
    at: int


class _Builder:
    """Nodes in the making, with the two stacks of the algorithm."""

    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.nodes: list[Node] = []
        self.known: dict[tuple[str, type, object, tuple[int, ...]], int] = {}
        self.operands: list[int] = []
        self.waiting: list[_Open] = []
        self.counts: list[int] = []  # arguments so far of each open function

    def push(self, kind: str, value: object, args: tuple[int, ...] = ()) -> None:
        """Make a node, or find the equal one, and put it on the stack of operands."""
        same = repr(value) if isinstance(value, tuple) and kind == "const" else value  # 1 == True
        key = (kind, type(value), same, args)
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(Node(kind, value, args))
        self.operands.append(self.known[key])

    def apply(self, count: int, name: str) -> None:
        """Replace the last operands by a call."""
        split = len(self.operands) - count
        args = tuple(self.operands[split:])
        del self.operands[split:]
        self.push("call", name, args)

    def reduce(self, binds: int) -> None:
        """Apply the operators that wait and bind at least as tightly."""
        while self.waiting and self.waiting[-1].kind in {"binary", "sign"}:
            if self.waiting[-1].binds < binds:
                return
            operator = self.waiting.pop()
            self.apply(2 if operator.kind == "binary" else 1, operator.name)


def parse(formula: str, place: Place = (0, 0)) -> Tree:
    """Parse a formula.

    Args:
        formula: its text, with or without "=".
        place: the cell that it stands in, row and column from 0.

    Returns:
        The tree; relative references are distances from `place`.

    Raises:
        WorkbookError: it is no formula; the message has the position, from 1.
    """
    return parse_tokens(tokenize(formula, place), formula)


def parse_tokens(tokens: tuple[Token, ...], formula: str) -> Tree:
    """Parse a formula that is split already; `formula` is for the message of an error."""
    build = _Builder(formula)
    want = True  # an operand comes next
    i = 0
    tokens = _meaningful(tokens)
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "{":
            if not want:
                raise unreadable(formula, token.at, "expected an operator before '{'")
            i = _array(build, tokens, i)
            want = False
        elif want:
            want = _operand(build, token)
        else:
            want = _operator(build, token)
        i += 1
    if want:
        raise unreadable(formula, len(formula), "expected a value behind the last operator")
    build.reduce(-1)
    if build.waiting:
        raise unreadable(formula, build.waiting[-1].at, "expected a ')' that closes this")
    return tuple(build.nodes)


def _operand(build: _Builder, token: Token) -> bool:
    """Take a token where a value is due; return whether one is still due."""
    kind = token.kind
    if kind in {"const", "ref", "name", "table"}:
        build.push(kind, token.value)
        return False
    if kind in _BEFORE:
        build.waiting.append(_Open("sign", SIGNS[kind], _SIGN, token.at))
        return True
    if kind == "(":
        build.waiting.append(_Open("(", "(", -2, token.at))
        return True
    if kind == "function":
        build.waiting.append(_Open("function", str(token.value), -2, token.at))
        build.counts.append(0)
        return True
    last = build.waiting[-1] if build.waiting else None
    if last is not None and last.kind == "function":
        if kind == ",":
            build.push("const", None)
            build.counts[-1] += 1
            return True
        if kind == ")":
            if build.counts[-1]:
                build.push("const", None)
                build.counts[-1] += 1
            _close_function(build)
            return False
    raise unreadable(build.formula, token.at, f"expected a value, not {kind!r}")


def _operator(build: _Builder, token: Token) -> bool:
    """Take a token behind a value; return whether a value is due next."""
    kind = token.kind
    if kind in {",", ")"}:
        inside = _innermost(build)
        union = kind == "," and inside != "function"
        build.reduce(_UNION if union else -1)
        if union:
            if not inside:
                raise unreadable(build.formula, token.at, "expected no ',' outside parentheses")
            build.waiting.append(_Open("binary", ",", _UNION, token.at))
            return True
        if not build.waiting:
            raise unreadable(build.formula, token.at, "expected no ')' without its '('")
        if build.waiting[-1].kind == "function":
            build.counts[-1] += 1
            if kind == ",":
                return True
            _close_function(build)
            return False
        build.waiting.pop()  # a plain parenthesis
        return False
    if kind == "(":  # the value is called
        build.waiting.append(_Open("function", CALL, -2, token.at))
        build.counts.append(1)
        return True
    if kind == "%":
        build.reduce(_PERCENT)
        build.apply(1, "%")
        return False
    if kind == _SPILLED:
        build.apply(1, SIGNS[kind])
        return False
    if kind in BINARY:
        build.reduce(BINARY[kind])
        build.waiting.append(_Open("binary", kind, BINARY[kind], token.at))
        return True
    raise unreadable(build.formula, token.at, "expected an operator between two values")


def _innermost(build: _Builder) -> str:
    """Return what the innermost open parenthesis is: "function", "(", or "" for none."""
    return next((one.kind for one in reversed(build.waiting) if one.kind in _PARENTHESES), "")


def _close_function(build: _Builder) -> None:
    name = build.waiting.pop().name
    build.apply(build.counts.pop(), name)


def _meaningful(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Drop the spaces, but for those between two references, where they mean intersection."""
    if not any(token.kind == " " for token in tokens):
        return tokens
    ends = {"ref", "name", "table", ")", "#"}
    starts = {"ref", "name", "table", "(", "function"}
    kept: list[Token] = []
    for i, token in enumerate(tokens):
        if token.kind != " " or (
            kept and kept[-1].kind in ends and i + 1 < len(tokens) and tokens[i + 1].kind in starts
        ):
            kept.append(token)
    return tuple(kept)


def _array(build: _Builder, tokens: tuple[Token, ...], i: int) -> int:
    """Read an array constant from its `{`; return the position of its `}`."""
    opened = tokens[i]
    rows: list[list[object]] = [[]]
    sign, due = 1.0, True
    while (i := i + 1) < len(tokens):
        token = tokens[i]
        if due and token.kind in {"-", "+"}:
            sign = -sign if token.kind == "-" else sign
        elif due and token.kind == "const":
            value = token.value
            rows[-1].append(sign * value if type(value) is float else value)
            sign, due = 1.0, False
        elif not due and token.kind in {",", ";"}:
            if token.kind == ";":
                rows.append([])
            due = True
        elif not due and token.kind == "}":
            if len({len(row) for row in rows}) > 1:
                raise unreadable(build.formula, opened.at, "expected rows of one length")
            build.push("const", tuple(tuple(row) for row in rows))
            return i
        else:
            break
    raise unreadable(build.formula, opened.at, "expected constants between '{' and '}'")
