"""Finding workbooks and topics by looking into the folder.

`covers` and `outlines` tell what there is, without NumPy; `find` imports one workbook's topics,
`lessons` all of them.
"""

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType

from sheetsim.errors import OptionError
from sheetsim.topics._lesson import Lesson
from sheetsim.topics._outline import Outline, read_outline


@functools.cache
def covers() -> dict[str, Lesson]:
    """Every workbook by name, without its topics."""
    folder = importlib.import_module(__package__)
    modules = map(importlib.import_module, public_modules(folder))
    lessons = (getattr(module, "LESSON", None) for module in modules)
    return {lesson.name: lesson for lesson in lessons if isinstance(lesson, Lesson)}


@functools.cache
def outlines() -> dict[str, tuple[Outline, ...]]:
    """What a list says of the topics, by workbook, in the order of their sheets."""
    found = {}
    for name in covers():
        parts = map(read_outline, public_modules(importlib.import_module(f"{__package__}.{name}")))
        topics = [topic for topic in parts if topic is not None]
        found[name] = tuple(sorted(topics, key=lambda topic: (topic.order, topic.name)))
    return found


def lessons() -> dict[str, Lesson]:
    """Every workbook by name, with its topics in order."""
    return {name: _with_topics(name) for name in covers()}


@functools.cache
def _with_topics(workbook: str) -> Lesson:
    folder = importlib.import_module(f"{__package__}.{workbook}")
    parts = map(importlib.import_module, public_modules(folder))
    topics = [part.TOPIC for part in parts if hasattr(part, "TOPIC")]
    topics.sort(key=lambda topic: (topic.order, topic.name))
    return replace(covers()[workbook], topics=tuple(topics))


def find(name: str) -> tuple[Lesson, tuple[str, ...]]:
    """The workbook and the topics that a name stands for.

    Args:
        name: a workbook (all its topics) or a topic (that one alone).

    Raises:
        OptionError: there is neither; the message says what comes close.
    """
    lesson = _with_topics(home_of(name).name)
    return lesson, tuple(t.name for t in lesson.topics if name in (t.name, lesson.name))


def home_of(name: str) -> Lesson:
    """The workbook that is called so, or that a topic is in; without its topics.

    Raises:
        OptionError: as `find`.
    """
    for workbook, topics in outlines().items():
        if name == workbook or any(name == topic.name for topic in topics):
            return covers()[workbook]
    names = [topic.name for topics in outlines().values() for topic in topics]
    close = difflib.get_close_matches(str(name), [*covers(), *names])
    meant = f"; did you mean {' or '.join(close)}?" if close else ";"
    raise OptionError(
        f"there is no workbook or topic {name!r}{meant} there are the workbooks "
        f"{', '.join(covers())}; `sheetsim list` shows their topics"
    )


def public_modules(package: ModuleType) -> list[str]:
    """Names of the public modules in a package's folder; none for a plain module."""
    path: Iterable[str] = getattr(package, "__path__", [])
    infos = pkgutil.iter_modules(path)
    return [f"{package.__name__}.{i.name}" for i in infos if not i.name.startswith("_")]
