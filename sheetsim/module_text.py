"""What stands in a module's file as plain values, read without importing it.

To import a topic, an engine or the learner takes ten times as long as to print help or to refuse
a mistyped name. What these need is written in the files as literals, and only that is parsed;
where it is written in another way, the module is imported after all, so that no file has to care.
"""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
import re
from typing import Any


@functools.cache
def source_of(module: str) -> str:
    """The text of a module's file; empty where there is but bytecode, or a folder."""
    package, _, path = module.partition(".")
    try:
        return (pkgutil.get_data(package, f"{path.replace('.', '/')}.py") or b"").decode()
    except OSError:
        return ""


def may_assign(source: str, name: str) -> bool:
    """Whether a file assigns to a name somewhere; it may where there is no text to look at."""
    return not source or re.search(rf"^\s*{name}\b", source, re.MULTILINE) is not None


def assigned(source: str, name: str) -> ast.expr:
    """The expression that a file assigns to a name.

    Raises:
        ValueError: no line begins with that.
        SyntaxError: what stands there is no Python.
    """
    (statement, *_) = ast.parse(source[source.index(f"\n{name} = ") :]).body
    return statement.value  # type: ignore[attr-defined, no-any-return]


def constant(module: str, name: str) -> Any:
    """The value of a constant of a module."""
    try:
        return ast.literal_eval(assigned(source_of(module), name))
    except (ValueError, SyntaxError):
        return getattr(importlib.import_module(module), name)


def held_in(package: str, holder: str) -> tuple[str, ...]:
    """The names of what a package's modules hold under one name, in alphabetical order.

    Args:
        package: such as "sheetsim.engines".
        holder: what they hold it under, such as ENGINE: an object of a class of the file with a
            `name`.
    """
    found: set[str] = set()
    folder = importlib.import_module(package).__path__
    for module in (f"{package}.{info.name}" for info in pkgutil.iter_modules(folder)):
        source = source_of(module)
        if not may_assign(source, holder):
            continue
        try:
            found.add(_name_of(source, holder))
        except (ValueError, SyntaxError, AttributeError):
            held = getattr(importlib.import_module(module), holder, None)
            found |= set() if held is None else {held.name}
    return tuple(sorted(found))


def _name_of(source: str, holder: str) -> str:
    """The `name` in the class of what a file holds."""
    maker = assigned(source, holder).func.id  # type: ignore[attr-defined]
    texts = {
        statement.targets[0].id: statement.value  # type: ignore[attr-defined]
        for statement in _body(source, maker)
        if isinstance(statement, ast.Assign)
    }
    if "name" not in texts:
        raise ValueError("no plain name")
    return str(ast.literal_eval(texts["name"]))


def _body(source: str, name: str) -> list[ast.stmt]:
    """The statements of a class."""
    (made, *_) = ast.parse(source[source.index(f"\nclass {name}") :]).body
    return made.body  # type: ignore[attr-defined, no-any-return]


def field_default(module: str, name: str, field: str) -> Any:
    """The default of a field of a module's dataclass."""
    try:
        fields = {
            statement.target.id: statement.value  # type: ignore[union-attr]
            for statement in _body(source_of(module), name)
            if isinstance(statement, ast.AnnAssign)
        }
        return ast.literal_eval(fields[field])  # type: ignore[arg-type]
    except (ValueError, SyntaxError, KeyError):
        return getattr(getattr(importlib.import_module(module), name), field)


def default(module: str, function: str, argument: str) -> Any:
    """The default of an argument of a module's function."""
    try:
        return ast.literal_eval(_defaults(source_of(module), function)[argument])
    except (ValueError, SyntaxError, KeyError):
        import inspect  # which takes its time

        signature = inspect.signature(getattr(importlib.import_module(module), function))
        return signature.parameters[argument].default


def _defaults(source: str, function: str) -> dict[str, ast.expr]:
    """The arguments of a function that have a default."""
    (statement, *_) = ast.parse(source[source.index(f"\ndef {function}(") :]).body
    given: ast.arguments = statement.args  # type: ignore[attr-defined]
    plain = given.posonlyargs + given.args
    found = dict(zip(plain[len(plain) - len(given.defaults) :], given.defaults, strict=True))
    keywords = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    found |= {one: value for one, value in keywords if value is not None}
    return {one.arg: value for one, value in found.items()}


def calls(source: str, *names: str) -> list[dict[str, ast.expr]]:
    """The keyword arguments of all calls of some names in a file, in the order of its lines."""
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return [{word.arg: word.value for word in node.keywords if word.arg} for node in found]
