"""The layers: modules import downwards only, and each library has one importer.

Their map is the table in sheetsim/README.md.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from needed import NEEDED

import sheetsim
from sheetsim.topics import lessons

PACKAGE = Path(sheetsim.__file__).parent


def read_map(text: str) -> dict[str, set[str] | None]:
    """Layer -> those that it may import (None for any above it), from the bottom up."""
    _, found, rest = text.partition("## The map of the packages")
    assert found, "sheetsim/README.md has no map of the packages"
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", rest.partition("\n## ")[0], re.MULTILINE)
    return {
        layer: None if allowed == "any" else set(re.findall(r"`(\w+)`", allowed))
        for layer, allowed in rows
    }


def read_rooms(text: str) -> dict[str, list[str]]:
    """Package -> its rooms, from the bottom up; a room may be a module: `parts/bounds`."""
    part = text.partition("## The map of the packages")[2].partition("\n## ")[0]
    lists = re.findall(r"^- `(\w+)`: (.*)$", part, re.MULTILINE)
    return {package: re.findall(r"`([\w/]+)`", rooms) for package, rooms in lists}


README = (PACKAGE / "README.md").read_text(encoding="utf-8")
ROOMS = read_rooms(README)
MAP = read_map(README)
"""From the bottom up; a module imports from those above it in the table, as far as it says."""

STRANGERS = ({"arrays", "tolerances"}, {"sheet", "formula"})
"""Layers that do not know each other."""

IMPORTERS = {
    "xlsxwriter": {"workbook"},
    "openpyxl": set(),
    "ironcalc": {"engines"},
    "click": {"terminal", "cli"},
    "rich": {"terminal", "cli"},
    "matplotlib": {"figures"},
    "PIL": {"figures"},
    "platformdirs": {"data"},
    "threadpoolctl": {"topics", "learn", "solving", "spreading", "peers"},
    "distributed": {"spreading"},
    "highspy": {"solver"},
    "scipy": {"peers"},
    "casadi": {"peers"},
    "unopy": {"solver"},
    "urllib": {"data"},
}
"""The layers that alone import a library."""

LIBRARIES = {"numpy", "pandas", *IMPORTERS}
SOLVER_LIBRARIES = {"numpy", "highspy", "unopy"}
PRINTERS = {"terminal", "cli"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(module: Path) -> str:
    """The folder or the file that a module is in, directly below the package."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree(module: Path) -> ast.Module:
    """A module, parsed once for all tests that look at it."""
    return ast.parse(module.read_text(encoding="utf-8"))


def imports_of(module: Path) -> Iterator[str]:
    """Dotted names of all that a module imports, wherever in it, for types or to run."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            assert node.module is not None
            yield node.module
            if node.module == "sheetsim":
                yield from (f"sheetsim.{alias.name}" for alias in node.names)


def own_layers(module: Path) -> set[str]:
    """The layers of sheetsim that a module imports."""
    dotted = (name.split(".") for name in imports_of(module))
    return {parts[1] for parts in dotted if parts[0] == "sheetsim" and len(parts) > 1}


def libraries(module: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(module)} & LIBRARIES


def level(layer: str) -> int:
    assert layer in MAP, f"{layer} has no place among the layers: give it one in sheetsim/README.md"
    return list(MAP).index(layer)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_imports_point_downwards(module: Path) -> None:
    own = layer_of(module)
    above = {name for name in own_layers(module) - {own} if level(name) >= level(own)}
    # the version is the package's own, and the one thing that it has from above
    above -= {"__version__"}
    assert not above, f"{own} imports {above}, which stands above it"
    allowed = MAP[own]
    if allowed is not None:
        assert own_layers(module) - {own, "__version__"} <= allowed
    for pair in STRANGERS:
        if own in pair:
            assert not own_layers(module) & (pair - {own})


def room_of(module: Path, rooms: list[str]) -> int:
    """Which room a module is in, or stands for itself; -1 for the package's `__init__`."""
    name = "/".join(module.relative_to(PACKAGE).with_suffix("").parts[1:])
    for own in (name, name.partition("/")[0]):
        if own in rooms:
            return rooms.index(own)
    assert name == "__init__", f"{name} has no place among the rooms: give it one in the README"
    return -1


def upward(module: Path, rooms: list[str]) -> set[str]:
    """The rooms of its own package that a module imports, and that stand above its own."""
    package, own = layer_of(module), room_of(module, rooms)
    within = {one for one in modules_imported(module) if layer_of(one) == package}
    return {rooms[room] for room in (room_of(one, rooms) for one in within) if room > own >= 0}


ROOM_MODULES = [module for module in MODULES if layer_of(module) in ROOMS]


@pytest.mark.parametrize("module", ROOM_MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_imports_within_a_package_point_downwards(module: Path) -> None:
    above = upward(module, ROOMS[layer_of(module)])
    assert not above, f"{module.name} imports {above}, which stands above its own room"


def test_the_order_of_the_rooms_is_read_as_it_is_written() -> None:
    """And another order is noticed."""
    written = (
        "## The map of the packages\n\n- `a`: `low`, `parts/b`, `parts`\n\n## More\n- `c`: `d`"
    )
    assert read_rooms(written) == {"a": ["low", "parts/b", "parts"]}
    assert set(ROOMS) == {"formula", "solver", "workbook"}
    for package, rooms in ROOMS.items():
        assert all(
            (PACKAGE / package / f"{one}.py").is_file() or (PACKAGE / package / one).is_dir()
            for one in rooms
        )
    copy = PACKAGE / "workbook" / "rewrite" / "edited_copy.py"
    assert upward(copy, ["rewrite", "write", "read", "solver_model"]) == {"read", "solver_model"}


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_each_library_has_its_importer(module: Path) -> None:
    own = layer_of(module)
    for library, importers in IMPORTERS.items():
        if library in libraries(module):
            assert own in importers, f"{own} imports {library}"
    if own == "solver":
        assert libraries(module) <= SOLVER_LIBRARIES


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_printing_is_the_terminals(module: Path) -> None:
    names = {
        node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
    }
    if layer_of(module) not in PRINTERS:
        assert not names & {"print", "echo", "secho", "pprint"}


def topics_imported(module: Path) -> set[tuple[str, ...]]:
    """What a module imports of the workbooks' folders: (workbook,) or (workbook, module, ...)."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {tuple(n.split(".")[2:]) for n in names if n.startswith("sheetsim.topics.")}
    return {parts for parts in found if (PACKAGE / "topics" / parts[0]).is_dir()}


def test_topics_import_the_maths_of_another_workbook_at_most() -> None:
    """Its topics' public functions; its helpers are its own, and no two import each other."""
    folders = {path.parent for path in (PACKAGE / "topics").glob("*/__init__.py")}
    used: dict[str, set[str]] = {folder.name: set() for folder in folders}
    for folder in folders:
        for module in folder.glob("*.py"):
            others = {parts for parts in topics_imported(module) if parts[0] != folder.name}
            used[folder.name] |= {parts[0] for parts in others}
            hidden = {parts for parts in others if any(part[0] == "_" for part in parts)}
            assert not hidden, f"{module}: lift what both need to a file beside the workbooks"
            assert all(len(parts) > 1 for parts in others), module
    for name, theirs in used.items():
        assert not {other for other in theirs if name in used[other]}, name


def module_of(name: str) -> Path | None:
    """The file of a module or package by its dotted name; None for what is none of ours."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    found = [one for one in (path.with_suffix(".py"), path / "__init__.py") if one in FILES_OF_OURS]
    return found[0] if found else None


FILES_OF_OURS = set(MODULES) - {PACKAGE / "__init__.py"}  # which all ask for the version


def modules_imported(module: Path) -> set[Path]:
    """The modules of the package that one imports, for types or to run."""
    found = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [module_of(alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            package = module_of(node.module)
            found += [module_of(f"{node.module}.{one.name}") or package for one in node.names]
    return {path for path in found if path is not None}


def around_a_circle(imports: dict[Path, set[Path]]) -> set[Path]:
    """What is left when whatever imports nothing that is left is taken away, again and again."""
    left = dict(imports)
    while free := {module for module, own in left.items() if not own & set(left)}:
        left = {module: own for module, own in left.items() if module not in free}
    return set(left)


def test_no_imports_go_in_a_circle() -> None:
    left = around_a_circle({module: modules_imported(module) - {module} for module in MODULES})
    assert not left, f"a circle among {sorted(str(path.relative_to(PACKAGE)) for path in left)}"


def test_a_circle_is_found() -> None:
    a, b, c, d = map(Path, "abcd")
    assert around_a_circle({a: {b}, b: {c}, c: {b}, d: set()}) == {a, b, c}
    assert around_a_circle({a: {b, c}, b: {c}, c: {d}, d: set()}) == set()


def test_every_layer_is_there() -> None:
    there = {layer_of(module) for module in MODULES}
    assert there == set(MAP), "a module is new or gone: mend the map in sheetsim/README.md"


def test_the_map_is_read_as_it_is_written() -> None:
    """And a map that says another thing is noticed."""
    written = "## The map of the packages\n\n| `a` | low | none |\n| `b` | high | `a` |\n\n## More"
    assert read_map(written) == {"a": set(), "b": {"a"}}
    assert next(iter(MAP)) == "errors"
    assert MAP["engines"] is not None
    assert "workbook" in MAP["engines"]
    assert all(allowed is None or allowed <= set(MAP) for allowed in MAP.values())


PACKAGES = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))

FOUND_BY_THEMSELVES = {
    "functions",
    "commands",
    *(path.name for path in PACKAGES if path.parent.name == "topics"),
}
"""Packages whose files are found, and of which those alone are named that are no such file."""


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_package_says_what_its_rooms_are_for(package: Path) -> None:
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8")))
    assert text, "what is this package for?"
    inside = {path.stem for path in package.glob("*.py")} - {"__init__"}
    inside -= {"__main__"}
    if package.name != "topics" and package != PACKAGE:  # whose folders are workbooks, or the map's
        inside |= {path.parent.name for path in package.glob("*/__init__.py")}
    if package.name in FOUND_BY_THEMSELVES:
        inside = {name for name in inside if name.startswith("_")}
    missing = {name for name in inside if f"`{name}`" not in text}
    assert not missing, f"{package.name} does not say what these are for"


def test_walk_sees_what_it_should() -> None:
    """The walk itself: it does find imports, of ours and of libraries."""
    writer = PACKAGE / "workbook" / "write" / "writer.py"
    assert "xlsxwriter" in libraries(writer)
    assert {"errors", "sheet", "workbook"} <= own_layers(writer)
    assert "topics" in own_layers(PACKAGE / "api" / "lecture.py")


# Discovery ---------------------------------------------------------------------------------

FOLDERS = sorted(path.parent for path in (PACKAGE / "topics").glob("*/__init__.py"))
FILES = sorted(
    path for folder in FOLDERS for path in folder.glob("*.py") if not path.name.startswith("_")
)


def test_every_folder_is_a_workbook() -> None:
    assert sorted(lessons()) == [folder.name for folder in FOLDERS]
    assert set(lessons()) - set(sheetsim.list_workbooks()) == set(NEEDED)


def test_every_file_is_a_topic() -> None:
    """One file, one topic, of its name; nothing has to be registered."""
    found = {(name, topic.name) for name, one in lessons().items() for topic in one.topics}
    assert found == {(path.parent.name, path.stem) for path in FILES}
    assert list(sheetsim.list_topics()) == [
        t.name for one in lessons().values() for t in one.topics
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_topic_is_documented_in_its_file(path: Path) -> None:
    module = importlib.import_module(f"sheetsim.topics.{path.parent.name}.{path.stem}")
    assert module.__doc__, "the docstring teaches the topic"
    assert len(module.__doc__.splitlines()) >= 5
    assert module.TOPIC.name == path.stem


def test_every_package_is_found_by_pkgutil() -> None:
    """What `lessons` walks with; a folder without __init__ would be passed over silently."""
    folder = PACKAGE / "topics"
    names = {info.name for info in pkgutil.iter_modules([str(folder)]) if info.ispkg}
    there = {path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert names == there


SMALL = {
    "collab_filter": {"k": 1},
    "gradient_descent": {"epochs": 1},
    "transfer": {"epochs": 2},
}
"""Options that make a workbook small."""


@pytest.mark.sampled(20)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_topic_builds_alone_and_is_checked(path: Path, tmp_path: Path) -> None:
    options = dict(SMALL.get(path.parent.name, NEEDED.get(path.parent.name, {})))
    if path.parent.name == "collab_filter":
        options["ratings"] = [[3.0, 4.5, 1.0], [2.0, float("nan"), 5.0]]
    book = sheetsim.build(path.stem, tmp_path / "topic.xlsx", **options)
    report = sheetsim.check(book, ["ironcalc"])
    assert report.ok, report.differences[:3]
    cells = {row.sheet: row.cells for row in report.sheets}
    assert cells[path.stem] > 0
