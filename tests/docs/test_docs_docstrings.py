"""What docstrings name in backticks is there: a module, a function, a field, an option.

A word counts as there if the code has it anywhere, as a name or within a text; of `module.name` the
module itself must have the name. So a reference to what was renamed or taken out is found, if
nothing else is called so. What is of other programs is listed here.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import sheetsim

PACKAGE = Path(sheetsim.__file__).parent

OTHERS = {
    *("dotprod", "movielens_1hot", "movielens_emb", "adam_ann", "word_emb", "log_entropy"),
    *(
        "EmbeddingDotBias",
        "cnn_learner",
        "even_mults",
        "split_by_rand_pct",
        "top_movies",
        "learn.model",
    ),
    *("movie_comp", "trunc_normal_", "phyper", "SolverSolve", "torch.optim"),
    *("vm", "cm", "fullCalcOnLoad", "xml.sax.saxutils", "pyo3_runtime.PanicException"),
    *("rich.table.Table", "statistics.NormalDist"),
}
"""Names of the lecture's sheets, of fast.ai, R, Excel, PyTorch, XML and other packages."""

PATTERNS = re.compile(r"[A-Z]{1,3}\d+|solver_[a-z0-9]+|_x[0-9a-f]{4}_|start_m_b|\w+\.csv")
"""Cells, the names under which Excel stores a model, escapes, and files."""

QUOTED = re.compile(r"`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\(\))?`")
WORD = re.compile(r"[A-Za-z_]\w*")


def documented(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The lines and texts of what stands by itself: docstrings, and texts below constants."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text), lineno=line)):
                yield line, text


def words_of(tree: ast.Module) -> set[str]:
    """All names in a file's code, and the words of its texts but docstrings."""
    found: set[str] = set()
    texts = {text for _, text in documented(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.keyword(arg=str(name)):
                found.add(name)
            case ast.alias(name=name):
                found.update(name.split("."))
            case ast.Constant(value=str(text)) if text not in texts:
                found.update(WORD.findall(text))
    return found


def missing(files: dict[str, str]) -> list[str]:
    """What docstrings name and is not there, each with its file; files are by module."""
    trees = {module: ast.parse(source) for module, source in files.items()}
    words = {module: words_of(tree) for module, tree in trees.items()}
    known = set().union(*words.values(), *(module.split(".") for module in files))
    by_stem: dict[str, set[str]] = {}
    for module in files:
        by_stem.setdefault(module.rpartition(".")[2], set()).update(words[module])
    wrong = []
    for module, tree in trees.items():
        for line, text in documented(tree):
            for name in QUOTED.findall(text):
                if name in OTHERS or PATTERNS.fullmatch(name):
                    continue
                *holders, last = name.split(".")
                there = by_stem.get(holders[-1], known) if holders else known
                is_module = any(f".{one}".endswith(f".{name}") for one in files)
                if not is_module and (last not in there or not known.issuperset(holders)):
                    wrong.append(f"{module}:{line} `{name}`")
    return wrong


def test_what_docstrings_name_is_there() -> None:
    files = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
    }
    assert missing(files) == []


def test_what_is_not_there_is_found() -> None:
    good = '"""See `other`, `other.made` and `made`."""\nthing = 1\n'
    bad = '"""See `gone`, `other.thing`, `nowhere.made`."""\n'
    found = missing(
        {"sheetsim.one": good, "sheetsim.other": "def made(): ...", "sheetsim.two": bad}
    )
    assert [one.partition(" ")[2] for one in found] == ["`gone`", "`other.thing`", "`nowhere.made`"]
