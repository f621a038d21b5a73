"""The rooms of formula/: each says what is in it, and imports only what stands before it."""

import ast
from pathlib import Path

import pytest

import sheetsim

FORMULA = Path(sheetsim.__file__).parent / "formula"
ROOMS = sorted(path.parent for path in FORMULA.rglob("__init__.py"))
ORDER = (
    *("serial_dates", "values", "areas", "functions", "syntax", "compile", "autodiff", "structure"),
    *("recalc", "program", "functions_list"),
)
"""From the bottom up."""


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.name)
def test_a_room_names_its_modules(room: Path) -> None:
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    assert text
    inside = {path.stem for path in room.glob("*.py")} | {path.parent.name for path in
              room.glob("*/__init__.py")}  # fmt: skip
    if room.name == "functions":  # all others are found by themselves, and hold functions alone
        inside = {name for name in inside if name.startswith("_")}
    missing = {name for name in inside - {"__init__"} if f"`{name}`" not in text}
    assert not missing


@pytest.mark.parametrize("module", sorted(FORMULA.rglob("*.py")), ids=lambda p: p.stem)
def test_a_room_imports_those_before_it(module: Path) -> None:
    parts = module.relative_to(FORMULA).with_suffix("").parts
    if parts == ("__init__",):
        return
    allowed = {*ORDER[: ORDER.index(parts[0]) + 1]} - ({parts[0]} if len(parts) == 1 else set())
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        names = node.module.split(".")
        if names[:2] == ["sheetsim", "formula"]:
            rooms = {names[2]} if len(names) > 2 else {alias.name for alias in node.names}
            assert rooms <= allowed, f"{module.name} imports {rooms}"
