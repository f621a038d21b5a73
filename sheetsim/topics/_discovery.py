"""Finding workbooks and topics by looking into the folder."""

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType

from sheetsim.errors import OptionError
from sheetsim.topics._lesson import Lesson


@functools.cache
def lessons() -> dict[str, Lesson]:
    """Every workbook by name, with its topics in order."""
    found = {}
    for module in _modules(importlib.import_module(__package__)):
        lesson = getattr(module, "LESSON", None)
        if isinstance(lesson, Lesson):
            parts = [module, *_modules(module)]
            topics = [part.TOPIC for part in parts if hasattr(part, "TOPIC")]
            topics.sort(key=lambda topic: (topic.order, topic.name))
            found[lesson.name] = replace(lesson, topics=tuple(topics))
    return found


def find(name: str) -> tuple[Lesson, tuple[str, ...]]:
    """The workbook and the topics that a name stands for.

    Args:
        name: a workbook (all its topics) or a topic (that one alone).

    Raises:
        OptionError: there is neither; the message says what comes close.
    """
    for lesson in lessons().values():
        names = tuple(topic.name for topic in lesson.topics)
        if name == lesson.name:
            return lesson, names
        if name in names:
            return lesson, (name,)
    topics = [topic.name for lesson in lessons().values() for topic in lesson.topics]
    close = difflib.get_close_matches(str(name), [*lessons(), *topics])
    meant = f"; did you mean {' or '.join(close)}?" if close else ";"
    raise OptionError(
        f"there is no workbook or topic {name!r}{meant} there are the workbooks "
        f"{', '.join(lessons())}; `sheetsim list` shows their topics"
    )


def _modules(package: ModuleType) -> list[ModuleType]:
    """The public modules in a package's folder; none for a plain module."""
    path: Iterable[str] = getattr(package, "__path__", [])
    return [
        importlib.import_module(f"{package.__name__}.{info.name}")
        for info in pkgutil.iter_modules(path)
        if not info.name.startswith("_")
    ]
