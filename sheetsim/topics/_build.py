"""From a name and options to the sheets of a workbook, and from its plan and inputs back to them.

    new_book(name, options)  ->  Draft with plan and inputs, solved
    lay_out(book)            ->  its sheets, with formulas and NumPy's values

`lay_out` is the one way to the sheets: a new workbook and one read back from disk both take it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from sheetsim.errors import OptionError
from sheetsim.sheet import Kind, Sheet
from sheetsim.solver import Options, Result, solve
from sheetsim.topics import _solver_sheet
from sheetsim.topics._contents import contents_sheet
from sheetsim.topics._discovery import find, outlines
from sheetsim.topics._glossary import glossary_sheet
from sheetsim.topics._lesson import (
    Draft,
    Lesson,
    Topic,
    as_blocks,
    check_plan,
    prepare,
    require_use,
    variables_of,
)
from sheetsim.topics._limit import VARIABLES
from sheetsim.topics._options import checked
from sheetsim.topics._plan import plan_sheet
from sheetsim.topics._terms import meaning, terms_of
from sheetsim.topics._warning import add_warning

CONVERGENCE = 1e-12
"""Tight enough that processors which round differently agree on the optimum to 1e-9."""


LARGE, LARGE_ITERATIONS = 1_000, 100
"""A model of more variables than this stops after so many iterations if no other limit is given."""


def new_book(name: str, options: Mapping[str, Any]) -> Draft:
    """The plan and the inputs of a new workbook, its models solved.

    Args:
        name: a workbook, or a topic (whose workbook then holds it and what it needs).
        options: as in the workbook's `Lesson.options`; None counts as not given.

    Raises:
        OptionError: an unknown name or option, or a value that it may not have.
        DataError: ratings or points that cannot be used.
    """
    lesson, names = find(name)
    chosen = checked(lesson.options, options, lesson.name)
    require_use(lesson, names, options, chosen)
    book = prepare(lesson, names, chosen)
    _solve(lesson, book)
    return book


def solved_again(book: Draft, starts: Mapping[str, Mapping[str, Any]]) -> Draft:
    """A book of the same plan and inputs, its models solved from given starts.

    Args:
        book: from `new_book`, and laid out once.
        starts: topic -> variable block -> where the solver starts.
    """
    lesson, _ = find(str(book.plan["workbook"]))
    again = Draft(dict(book.plan), {name: dict(given) for name, given in book.given.items()})
    for name, blocks in starts.items():
        again.given[name].update(blocks)
    _solve(lesson, again)
    return again


def solve_new(name: str, options: Mapping[str, Any], how: Options, starts: int = 1) -> Result:
    """The model of one topic, solved from the start that the options give, and from random ones.

    Raises:
        OptionError: as `new_book`, or the topic has no model.
        DataError: ratings or points that cannot be used.
    """
    lesson, names = find(name)
    topic = lesson.topic(names[-1]) if name == names[-1] else None
    if topic is None or topic.model is None:
        models = [t.name for topics in outlines().values() for t in topics if t.solvable]
        raise OptionError(f"{name!r} has no Solver model of its own; {', '.join(models)} have one")
    book = prepare(lesson, names, checked(lesson.options, options, name))
    _topic_sheets(book, _topics(lesson, book))
    return solve_topic(topic, book[name], how, starts)


@np.errstate(all="ignore")
def lay_out(book: Draft) -> list[Sheet]:
    """The sheets of a book, the contents first, the glossary and the hidden plan last.

    Numbers beyond the range of floats are no error.

    Raises:
        OptionError: the plan is not one that `new_book` makes.
    """
    lesson, _ = find(str(book.plan.get("workbook")))
    check_plan(lesson, book.plan)
    topics = _topics(lesson, book)
    _topic_sheets(book, topics)
    models = [topic for topic in topics if topic.model is not None]
    sheets = list(book.sheets.values())
    if models:
        solved = _solver_sheet.solver_sheet(book, models)
        add_warning(solved, [book[topic.name] for topic in models])
        sheets.append(solved)
    first = contents_sheet(lesson, book, topics, bool(models))
    add_warning(first, [])
    sheets.insert(0, first)
    terms = terms_of(lesson, topics)
    for sheet in sheets:
        for block in sheet.of_kind(Kind.INPUT):
            sheet.meanings[block.name] = meaning(block.name, terms)
    return [*sheets, glossary_sheet(book, sheets, terms), plan_sheet(book)]


@np.errstate(all="ignore")
def solve_topic(topic: Topic, sheet: Sheet, options: Options, starts: int = 1) -> Result:
    """The model of a topic's sheet, solved from what its cells hold, and from random starts.

    Raises:
        OptionError: the topic has no model.
    """
    if topic.model is None:
        raise OptionError(f"topic {topic.name!r} has no Solver model")
    if options.max_iterations is None and variables_of(sheet).size > LARGE:
        options = replace(options, max_iterations=LARGE_ITERATIONS)
    # One thread: more are slower on models of this size, and their number decides how sums round.
    with threadpool_limits(limits=1, user_api="blas"):
        result = solve(topic.model(sheet), options, starts=starts)
    if topic.settle is None or not np.isfinite(result.variables).all():
        return result
    settled = topic.settle(as_blocks(sheet, result.variables))
    return replace(result, variables=np.concatenate([part.ravel() for part in settled.values()]))


def _topics(lesson: Lesson, book: Draft) -> list[Topic]:
    return [lesson.topic(name) for name in str(book.plan["topics"]).split()]


def _topic_sheets(book: Draft, topics: list[Topic]) -> None:
    book.sheets.clear()
    for topic in topics:
        sheet = topic.sheet(book)
        others = list(book.sheets) if "*" in topic.needs else topic.needs
        add_warning(sheet, [book[name] for name in others])
        book.sheets[topic.name] = sheet


def _solve(lesson: Lesson, book: Draft) -> None:
    """Solve every model; the record goes to the solver sheet, the optimum to the topic's.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    topics = _topics(lesson, book)
    _topic_sheets(book, topics)
    record = book.given.setdefault(_solver_sheet.NAME, {})
    for topic in topics:
        if topic.model is None:
            continue
        sheet = book.sheets[topic.name]
        n_variables = variables_of(sheet).size
        if n_variables > VARIABLES:
            advice = sheet["limit_note"].value
            book.notes.append(f"{topic.name} has {n_variables} variables. {advice}")
        result = solve_topic(topic, sheet, Options(convergence=CONVERGENCE))
        if result.interrupted:
            raise KeyboardInterrupt  # a workbook wants the optimum, not the best point until then
        record.update(_solver_sheet.record(sheet, topic.name, result))
        book.plan[f"{topic.name}_trials"] = len(result.log)
        if book.plan["parameters"] == "optimum":
            book.given[topic.name].update(as_blocks(sheet, result.variables))
