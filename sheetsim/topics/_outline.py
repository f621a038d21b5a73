"""What a list says of a topic, read from its file without importing it.

A topic's file imports NumPy and all that its sheet is made of, which takes ten times as long as to
print a list. What the list shows stands in the file as plain texts, in the statement `TOPIC = ...`
at its end, and only that is parsed. Where it is written in another way, the file is imported after
all, so that no topic has to care.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetsim.module_text import assigned, source_of

if TYPE_CHECKING:
    from sheetsim.topics._lesson import Topic

_SHOWN = ("name", "title", "summary", "order")
_ADDED: dict[str, frozenset[str]] = {
    "Topic": frozenset(),
    "Optimizer": frozenset({"trace"}),
    "Run": frozenset(),
}
"""Who makes topics: those of its arguments that their files do not give, as they are all alike."""


@dataclass(frozen=True)
class Outline:
    """A topic in a list.

    Attributes:
        name: of the topic and of its sheet.
        title: heading of the sheet.
        summary: one line.
        order: its place among the sheets.
        solvable: whether it has a Solver model.
        traceable: whether it is an optimizer, with steps to look at.
    """

    name: str
    title: str
    summary: str
    order: int
    solvable: bool
    traceable: bool


def read_outline(module: str) -> Outline | None:
    """What a module says of its topic; None if it has none."""
    outline = _parsed(source_of(module))
    if outline is not None:
        return outline
    topic: Topic | None = getattr(importlib.import_module(module), "TOPIC", None)
    if topic is None:
        return None
    able = topic.model is not None, topic.trace is not None
    return Outline(topic.name, topic.title, topic.summary, topic.order, *able)


def _parsed(source: str) -> Outline | None:
    """The outline that a file's `TOPIC = ...` gives as plain values, if it does."""
    try:
        made: Any = assigned(source, "TOPIC")
        if isinstance(made.func, ast.Attribute):  # Run(...).topic()
            made = made.func.value
        elif made.args:  # topic_of(OPTIMIZER)
            made = assigned(source, made.args[0].id)
        given = {word.arg: word.value for word in made.keywords}
        plain = {name: ast.literal_eval(given[name]) for name in _SHOWN}
        there = given.keys() | _ADDED[made.func.id]
    except (ValueError, SyntaxError, AttributeError, KeyError):
        return None
    return Outline(**plain, solvable="model" in there, traceable="trace" in there)
