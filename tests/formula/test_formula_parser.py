"""The parser: precedence, references, positions of errors, depth; and texts out of the blue."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsim.errors import WorkbookError
from sheetsim.formula.syntax.parser import Node, parse
from sheetsim.formula.syntax.tokens import Ref, tokenize
from sheetsim.references import MAX_COLUMNS, MAX_ROWS


def shown(formula: str) -> str:
    """A tree in prefix form: `(+ 1 2)`."""
    texts: list[str] = []
    for node in parse(formula):
        parts = " ".join(texts[i] for i in node.args)
        name = f"{node.value:g}" if isinstance(node.value, float) else str(node.value)
        texts.append(f"({name} {parts})" if node.kind == "call" else name)
    return texts[-1]


@pytest.mark.parametrize(
    ("formula", "tree"),
    [
        ("=-2^2", "(^ (neg 2) 2)"),  # ECMA-376 18.17.2.2: the sign binds tighter
        ("=2^3^2", "(^ (^ 2 3) 2)"),  # and all operators group from the left
        ("=2^-3", "(^ 2 (neg 3))"),
        ("=-2%", "(% (neg 2))"),
        ("=2%^2", "(^ (% 2) 2)"),
        ("=1+2*3-4/5", "(- (+ 1 (* 2 3)) (/ 4 5))"),
        ("=1-2-3", "(- (- 1 2) 3)"),
        ('="a"&1+2="b"', "(= (& a (+ 1 2)) b)"),
        ("=1<2=TRUE", "(= (< 1 2) True)"),
        ("=(1+2)*3", "(* (+ 1 2) 3)"),
        ("=IF(,1,)", "(IF None 1 None)"),
        ("=PI()", "(PI )"),
        ("=_xlfn.STDEV.S(1,2)", "(STDEV.S 1 2)"),
        ("=_xlfn._xlws.FOO(1)", "(FOO 1)"),
        ("=LOG10(1)", "(LOG10 1)"),
        ("=+x", "(pos (None, 'x'))"),
        ("=@x", "(SINGLE (None, 'x'))"),
        ("=TRUE", "True"),
        ("=#DIV/0!", "#DIV/0!"),
        ("=Sheet1!#REF!", "#REF!"),
        ('="a""b"', 'a"b'),
        ('={1,-2;3,"x"}', "((1.0, -2.0), (3.0, 'x'))"),
        ("= 1 + SUM( 2 , 3 ) ", "(+ 1 (SUM 2 3))"),
        ("=1e3", "1000"),
        ("=.5", "0.5"),
    ],
)
def test_tree(formula: str, tree: str) -> None:
    assert shown(formula) == tree


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("B3", Ref(None, 1, 0, 1, 0, (False,) * 4)),
        ("$B3", Ref(None, 1, 1, 1, 1, (False, True, False, True))),
        ("B$3:$C4", Ref(None, 2, 0, 2, 2, (True, False, False, True))),
        ("A:C", Ref(None, 0, 0, MAX_ROWS - 1, 2, (True, True, True, True))),
        ("'it''s'!B3", Ref("it's", 1, 0, 1, 0, (False,) * 4)),
        ("Data_1.x!$A$1", Ref("Data_1.x", 0, 0, 0, 0, (True,) * 4)),
        ("[1]Data!$A$1", Ref("[1]Data", 0, 0, 0, 0, (True,) * 4)),
        ("$2:$3", Ref(None, 1, 0, 2, MAX_COLUMNS - 1, (True, True, True, True))),
    ],
)
def test_reference(text: str, ref: Ref) -> None:
    """From cell B2: what is relative is a distance from it."""
    (node,) = parse(f"={text}", (1, 1))
    value = node.value
    assert isinstance(value, Ref)
    assert value.at(1, 1) == ref.at(1, 1)
    if text[0] in "B'D[" and ":" not in text:
        assert value == ref


def test_filled_formulas_have_the_same_tokens() -> None:
    first = tokenize("=B1*$A$1+SUM(C1:D1)", (0, 2))
    below = tokenize("=B2*$A$1+SUM(C2:D2)", (1, 2))
    assert [t[:2] for t in first] == [t[:2] for t in below]


@pytest.mark.parametrize("formula", ["=A1:B9 B2:C3", "=(A1,B2) C3", "=A1:INDEX(B1:B9,2)", "=A1#"])
def test_operators_of_references(formula: str) -> None:
    root = parse(formula)[-1]
    assert root.kind == "call"
    assert root.value in {" ", ":", "ANCHORARRAY"}


@pytest.mark.parametrize(
    ("formula", "position"),
    [
        ("=1+", 4), ("=)", 2), ("=SUM(1", 2), ("=1 2", 4), ('="a', 2), ("=1,2", 3), ("=", 2),
        ("=A1)", 4), ("=T[a", 3), ("={1,2;3}", 2), ("=*2", 2), ("=1+~", 4), ("=ZZZ1", 2),
    ],
)  # fmt: skip
def test_error_has_the_position(formula: str, position: int) -> None:
    with pytest.raises(WorkbookError, match=rf"position {position}:") as caught:
        parse(formula)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "formula",
    [
        "=" + "(" * 1000 + "1" + ")" * 1000,
        "=" + "SIN(" * 100_000 + "1" + ")" * 100_000,
        "=" + "-" * 100_000 + "1",
        "=1" + "+1" * 100_000,
        "=1" + "^(1" * 10_000 + ")" * 10_000,
    ],
)
def test_depth_needs_no_recursion(formula: str) -> None:
    assert parse(formula)


PIECES = ["1", "A1", "$B$2:C3", "SUM(", "(", ")", ",", "+", "-", "^", "%", '"x"', "{1;2}", " ",
          "T[a]", "[@b]", "#REF!", "TRUE", "x", "'s t'!A1", "&", "<=", "@",
          "#", ":", "A:A"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
def test_any_text_is_a_tree_or_one_line(text: str) -> None:
    try:
        tree = parse("=" + text)
    except WorkbookError as error:
        caught = str(error)
        assert "position" in caught
        return
    assert isinstance(tree[-1], Node)
    assert all(i < k for k, node in enumerate(tree) for i in node.args)
