"""The Python of the Markdown files compiles, names what there is, and runs.

The blocks of a page are run one after the other, in a folder with the files that they name. What
follows a `# ->` is what the line gives. Blocks that are new files of the package, in "How to
add", are tried in test_docs_new_files.py.
"""

import ast
import builtins
import contextlib
import importlib
import inspect
import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from docs_pages import FRONT, NEW_FILE, ROOT, USE, Page, page, pages

import sheetsim

sys.path += [str(ROOT / "tests" / folder) for folder in ("learn", "solving")]
from model_page import Page as ModelPage
from small_movielens import write_movielens

PAGES = pages()


def runs(page: Page) -> list[str]:
    """The page's blocks of Python that are to run, in order."""
    texts = [block.text for block in page.blocks if block.language == "python"]
    return [text for text in texts if not NEW_FILE.match(text)]


def wrong_names(source: str, known: set[str]) -> list[str]:
    """What a source names that there is not: names, and attributes and keywords of sheetsim.

    Args:
        source: a block.
        known: names from the blocks before it; those of this one are added.
    """
    wrong, tree = [], ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            names = [alias.name for alias in node.names]
            wrong += [f"{node.module}.{name}" for name in names if not hasattr(module, name)]
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            known.add(node.name)
            known |= {arg.arg for arg in ast.walk(node) if isinstance(arg, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in known and not hasattr(builtins, node.id):
            wrong.append(node.id)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "sheetsim":
            wrong += [] if node.attr in sheetsim.__all__ else [f"sheetsim.{node.attr}"]
        elif isinstance(node, ast.Call):
            wrong += _wrong_keywords(node)
    return wrong


def _wrong_keywords(call: ast.Call) -> list[str]:
    """Keywords that a function of sheetsim does not have."""
    name = ast.unparse(call.func)
    if not (match := re.fullmatch(r"sheetsim\.(\w+)", name)) or match[1] not in sheetsim.__all__:
        return []
    parameters = inspect.signature(getattr(sheetsim, match[1])).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return []
    given = {keyword.arg for keyword in call.keywords if keyword.arg}
    return [f"{name}({keyword}=)" for keyword in sorted(given - set(parameters))]


def run(sources: list[str]) -> dict[str, Any]:
    """Run blocks as one program.

    Returns:
        The value of each line that is an expression, by its source.
    """
    names: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Expr):
                text = ast.unparse(node)
                values[text] = eval(compile(text, text, "eval"), names)  # noqa: S307 - our own
            else:
                exec(compile(ast.unparse(node), "block", "exec"), names)  # noqa: S102 - our own
    return values


def claims(sources: list[str]) -> dict[str, str]:
    """What lines are said to give, by their source."""
    found = {}
    for source in sources:
        for code, said in re.findall(r"^(\S.*?) +# -> (.*)$", source, re.MULTILINE):
            found[ast.unparse(ast.parse(code).body[0])] = said
    return found


def same(value: Any, said: str) -> bool:
    """Whether a value is what the page says, whose ... stands for anything."""
    pattern = re.escape(said).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, repr(value), re.DOTALL) is not None


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the pages name; LibreOffice is left out, other tests run it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SHEETSIM_SOFFICE", raising=False)
    (tmp_path / "workbooks").symlink_to(ROOT / "workbooks")
    sheet = ModelPage(tmp_path / "model.xlsx", "Sheet1", "A model")
    sheet.block("A1", [[f"part {i}", 1.0] for i in range(1, 6)])
    sheet.block("C9", [["cost", "=SUMXMY2(B1:B5,E1:E5)+1"]])
    sheet.block("E1", [[float(i)] for i in (3, 4, 5, 6, 7)])
    sheet.save("D9", "B1:B5", ["B1:B5>=0"])
    text = "userId,a,b,c\n1,4,5,\n2,3,,1\n3,5,4.5,2\n4,1,2,5\n"
    (tmp_path / "ratings.csv").write_text(text, encoding="utf-8")
    points = "x,y\n" + "".join(f"{x},{3 * x + 7}\n" for x in range(1, 9))
    (tmp_path / "line.csv").write_text(points, encoding="utf-8")
    write_movielens(tmp_path / "ml-100k")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_exist(page: Page) -> None:
    known: set[str] = set()
    for source in runs(page):
        assert wrong_names(source, known) == []


@pytest.mark.parametrize("name", [FRONT, USE])
@pytest.mark.usefixtures("place")
def test_the_blocks_run_and_give_what_they_say(name: str) -> None:
    sources = runs(page(name))
    with contextlib.redirect_stdout(io.StringIO()):
        values = run(sources)
    said = claims(sources)
    assert len(said) >= 3
    wrong = {text: values[text] for text in said if not same(values[text], said[text])}
    assert not wrong


# Planted mistakes --------------------------------------------------------------------------


def test_planted_names_are_found() -> None:
    source = (
        "import sheetsim\nfrom sheetsim.errors import DataError, DateError\n"
        "f = sheetsim.compile('m.xlsx', 'A1', by='B1')\nsheetsim.compile('m.xlsx', objectiv='A1')\n"
        "sheetsim.slove('m.xlsx')\nsheetsim.build('adam', 'a.xlsx', epochs=5)\nprint(g.start)\n"
    )
    assert wrong_names(source, set()) == [
        *("sheetsim.errors.DateError", "sheetsim.compile(objectiv=)"),
        *("sheetsim.slove", "g"),
    ]
    assert wrong_names("g.start", {"g"}) == []
    with pytest.raises(SyntaxError):
        wrong_names("sheetsim.build(", set())


def test_planted_claims_are_found() -> None:
    sources = ["x = 2\nx + 1  # -> 3\n", "{'a': x, 'b': 1}  # -> {'a': 2, ...}\nx  # -> 3\n"]
    values, said = run(sources), claims(sources)
    assert {text: same(values[text], said[text]) for text in said} == {
        "x + 1": True,
        "{'a': x, 'b': 1}": True,
        "x": False,
    }
