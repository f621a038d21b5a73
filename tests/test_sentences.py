"""No logic reads English: what a sentence says to people, an enum or a number says to the code.

The walk reads the source, so it sees what is written there and no more: a sentence under another
name, or one that goes through a helper first, gets past it. What it holds is that nothing compares,
searches or cuts what is called a status, a message, a reason or the like, that nothing looks into
the text of an error that was caught, and that nothing is compared with a literal of several words.
What only rewrites a sentence for people (`join`, `split()` into words, `re.sub`) may stay.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sheetsim

PACKAGE = Path(sheetsim.__file__).parent

SENTENCES = {
    *("status", "statuses", "message", "messages", "why", "reason", "reasons", "problem"),
    *("problems", "sentence", "sentences", "outcome", "verdict", "note", "notes"),
}
"""Names under which sentences go, as variables and as attributes."""

ENDINGS = {"done", "ended", "chosen"}
"""Names under which endings go: none is compared with a text."""

MARKS = {"MARK"}
"""Constants of several words by which a file is recognised, and which nobody reads."""

READING = {
    *("startswith", "endswith", "find", "index", "rfind", "rindex", "count", "split", "rsplit"),
    *("partition", "rpartition", "removeprefix", "removesuffix"),
}
"""Methods of a text that look into it."""

SEARCHES = {"match", "fullmatch", "search", "findall", "finditer", "split"}


def name_of(node: ast.expr) -> str:
    """The last name of an expression: `a.b.status`, `status[3]` and `status` are "status"."""
    if isinstance(node, ast.Subscript):
        key = node.slice
        named = isinstance(key, ast.Constant) and isinstance(key.value, str)
        return str(key.value) if named else name_of(node.value)  # type: ignore[attr-defined]
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_sentence(node: ast.expr, errors: set[str]) -> bool:
    """Whether an expression is a sentence by its name, or the text of an error that was caught."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):  # status.lower() is a sentence still
            return is_sentence(node.func.value, errors)
        texts = [arg.id for arg in node.args if isinstance(arg, ast.Name)]
        return name_of(node.func) in ("str", "repr") and not errors.isdisjoint(texts)
    return name_of(node) in SENTENCES


def is_text(node: ast.expr) -> bool:
    """Whether an expression is a text that is written there, or a constant of the module."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value != ""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(is_text, node.elts))
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Name) and node.id.isupper())


def is_prose(node: ast.expr) -> bool:
    """Whether an expression is a literal of several words, as our sentences have them.

    Or the name of a constant of the package, imported or of the module's own, that is one.
    """
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(is_prose, node.elts))
    if isinstance(node, ast.Attribute):
        return any(node.attr in constants for constants in PROSE.values())
    if isinstance(node, ast.Name):
        return node.id in WITHIN
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    words = node.value.split()
    return (
        len(words) > 1
        and words[0].islower()
        and all(word.strip(",.:;'").isalpha() for word in words)
    )


def prose_constants(tree: ast.Module) -> set[str]:
    """The constants of a module that are sentences."""
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and is_prose(node.value)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id not in MARKS
    }


PROSE: dict[str, set[str]] = {}
"""Module by its dotted name -> those of its constants that are sentences."""

WITHIN: set[str] = set()
"""The names that stand for a sentence in the module that is looked at."""


def within(tree: ast.Module) -> set[str]:
    """The constants of a module, its own and imported ones, that are sentences."""
    found = prose_constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in PROSE:
            found |= {
                one.asname or one.name for one in node.names if one.name in PROSE[node.module]
            }
    return found


def compares(node: ast.Compare, errors: set[str]) -> bool:
    """Whether a comparison looks into a sentence."""
    sides = [node.left, *node.comparators]
    ordered = isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    if not ordered and any(map(is_prose, sides)):
        return True
    if isinstance(node.ops[0], ast.In | ast.NotIn):  # a text in a sentence, or one among texts
        return is_sentence(node.comparators[0], errors) or (
            is_sentence(node.left, errors) and is_text(node.comparators[0])
        )
    equal = isinstance(node.ops[0], ast.Eq | ast.NotEq)
    named = any(is_sentence(s, errors) or name_of(s) in ENDINGS for s in sides)
    return equal and named and any(map(is_text, sides))


def calls(node: ast.Call, errors: set[str]) -> bool:
    """Whether a call looks into a sentence."""
    if not isinstance(node.func, ast.Attribute):
        return False
    of, method = node.func.value, node.func.attr
    if method == "split" and not node.args:
        return False
    if method in READING and is_sentence(of, errors):
        return True
    pattern = name_of(of) == "re" or name_of(of).isupper()
    return pattern and method in SEARCHES and any(is_sentence(arg, errors) for arg in node.args)


def readings(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every place that looks into a sentence."""
    tree = ast.parse(source)
    WITHIN.clear()
    WITHIN.update(within(tree))
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    errors = {node.name for node in handlers if node.name}
    for node in ast.walk(tree):
        reads = (
            (isinstance(node, ast.Compare) and compares(node, errors))
            or (isinstance(node, ast.Call) and calls(node, errors))
            or (isinstance(node, ast.Match) and is_sentence(node.subject, errors))
        )
        if reads:
            yield getattr(node, "lineno", 0), ast.unparse(node)


MODULES = sorted(PACKAGE.rglob("*.py"))
for one in MODULES:
    dotted = ".".join(("sheetsim", *one.relative_to(PACKAGE).with_suffix("").parts))
    PROSE[dotted] = prose_constants(ast.parse(one.read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_no_logic_reads_english(module: Path) -> None:
    found = [f"line {at}: {text}" for at, text in readings(module.read_text(encoding="utf-8"))]
    assert not found, "let an enum, a number or a flag say it, and make the sentence last"


# What the walk must find, and what it must let pass: the first are lines that once stood here.

READERS = [
    'if step.kind in {"choice", "choice of ranges"}: pass',
    'well = learner.status.startswith("finished")',
    'if status.startswith("diverged"): pass',
    'kind, _, why = status.partition(": ")',
    "[p for p in problems if not any(word in problem for word in words)]",
    'if note.function == "a link to another file": pass',
    "known = UNKNOWN not in one.reason",
    "same = self.reason == CONSEQUENCE",
    'if frame.attrs["status"].startswith("diverged"): pass',
    'ok = result.status.lower() == "converged"',
    'ok = result.message in ("yes", "no")',
    'found = re.search("variable ([0-9]+)", solution.status)',
    "found = _NUMBERED.search(status)",
    'try:\n    f()\nexcept ValueError as error:\n    if "data table" not in str(error): raise',
    "try:\n    f()\nexcept ValueError as error:\n    if str(error).startswith(where): raise",
    "match result.status:\n    case 'a': pass",
    'OVER = "written over the file"\nold = [path for path, how in files.items() if how == OVER]',
    "from sheetsim.verifying.known_differences import LOST as GONE\nif found == GONE: pass",
    "if found == known_differences.NEEDS: pass",
    'text = path if done == "written" else ""',
]
OTHERS = [
    "if response.status != 206: pass",
    "if outcome.ending is Ending.OPTIMAL: pass",
    "if not status: pass",
    'if why == "": pass',
    'text = " ".join(str(error).split())',
    'text = "; ".join(problems)',
    'text = re.sub("a", "b", message)',
    "for problem in problems: pass",
    "if slot not in self.unknown: pass",
    'if text.startswith("#"): pass',
    "NEVER = 0\nif lost != NEVER: pass",
]


@pytest.mark.parametrize("source", READERS)
def test_the_walk_finds_what_reads_a_sentence(source: str) -> None:
    assert list(readings(source))


@pytest.mark.parametrize("source", OTHERS)
def test_the_walk_lets_pass_what_reads_none(source: str) -> None:
    assert not list(readings(source))
