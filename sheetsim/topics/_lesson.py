"""What a topic is, what a workbook is, and how the one is laid out in the other.

A `Topic` is one file of this folder: its maths and its sheet, side by side. A `Lesson` is a
workbook: a folder whose `__init__` holds it, and whose other files are its topics.

Data flows one way. `Lesson.prepare` turns options into a `Draft`: a plan (what decides the layout:
k, the number of users, epochs, the variant) and what the inputs hold. `lay_out` lets each topic
make its sheet from the two. A workbook on disk carries its plan on its last sheet, so that
`check` and `compare` lay the same sheets out from what somebody left in the input cells.

Nothing here needs NumPy before a sheet is made: the command line asks workbooks for their options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sheetsim.errors import OptionError, OptionName
from sheetsim.option_values import whole
from sheetsim.references import MAX_ROWS
from sheetsim.topics._options import Option
from sheetsim.topics._tries import Try

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from sheetsim.sheet import Sheet
    from sheetsim.solver import Model

Plan = dict[str, Any]
Inputs = dict[str, dict[str, Any]]


@dataclass
class Draft:
    """A workbook in the making.

    Attributes:
        plan: what decides the layout; values that JSON can hold.
        given: what inputs and records hold: sheet -> block name -> value or array.
        sheets: the sheets so far, in order.
        notes: what whoever builds it should know, a sentence each.
    """

    plan: Plan
    given: Inputs = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def new(self, name: str, title: str) -> Sheet:
        """An empty sheet with what is given for it."""
        from sheetsim.sheet import Sheet

        return Sheet(name, title, self.given.get(name, {}))

    def __getitem__(self, name: str) -> Sheet:
        """A sheet that an earlier topic made."""
        return self.sheets[name]


@dataclass(frozen=True)
class Topic:
    """One idea of the lecture.

    Attributes:
        name: of the topic and of its sheet.
        title: heading of the sheet.
        summary: one line for lists.
        sheet: lays it out.
        tries: what a reader of the sheet can change, and what should happen.
        order: its place among the sheets, after all that it needs.
        needs: topics whose sheets its formulas point at; "*" for all before it.
        options: those of the workbook's options that are of use to some of its topics only, this
            one among them.
        unused: (options, checked) -> those of `options` that are of no use with them, and a hint.
        given: (plan, given so far, options) -> what its inputs start with.
        model: (sheet) -> what the solver is asked, if anything.
        settle: variable blocks by name -> equally good ones that read best, where the optimum is
            not unique.
        trace: the steps of an optimizer as a DataFrame, if it is one.
        terms: what its symbols and inputs mean, where the workbook's terms and those that all
            workbooks share do not say it; see `_terms`.
    """

    name: str
    title: str
    summary: str
    sheet: Callable[[Draft], Sheet]
    tries: tuple[Try, ...]
    order: int
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    unused: Callable[[Mapping[str, Any]], Mapping[str, str]] | None = None
    given: Callable[[Plan, Inputs, Mapping[str, Any]], dict[str, Any]] | None = None
    model: Callable[[Sheet], Model] | None = None
    settle: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    trace: Callable[..., pd.DataFrame] | None = None
    terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """A workbook.

    Attributes:
        name: the file's name without its suffix.
        title: heading of the first sheet.
        about: a few sentences for the first sheet.
        options: what can be chosen when it is built.
        prepare: checked options -> the plan and the inputs that several topics share.
        limits: greatest value of each number in the plan; the least is 1, or 0 where the greatest
            is 1, which makes it a yes or no.
        rows: plan -> rows of the longest table that it asks for.
        picture: the topic whose first printed page the README shows.
        needs: options without which it is not built, and so not among `all` workbooks.
        terms: what symbols mean in this workbook, where they mean something else in others.
        topics: in the order of their sheets; discovery fills it in.
    """

    name: str
    title: str
    about: tuple[str, ...]
    options: tuple[Option, ...]
    prepare: Callable[[Mapping[str, Any]], Draft]
    limits: Mapping[str, int]
    rows: Callable[[Plan], int] = lambda _plan: 1
    picture: str = ""
    needs: tuple[str, ...] = ()
    terms: Mapping[str, str] = field(default_factory=dict)
    topics: tuple[Topic, ...] = ()

    def topic(self, name: str) -> Topic:
        """The topic of that name.

        Raises:
            OptionError: there is none.
        """
        for topic in self.topics:
            if topic.name == name:
                return topic
        raise OptionError(f"workbook {self.name!r} has no topic {name!r}")

    def with_needs(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """These topics and all that they need, in the order of their sheets."""
        wanted = set(names)
        for topic in reversed(self.topics):  # what a topic needs always stands before it
            if topic.name in wanted:
                wanted.update(topic.needs)
                if "*" in topic.needs:
                    wanted.update(other.name for other in self.topics if other.order < topic.order)
        return tuple(topic.name for topic in self.topics if topic.name in wanted)


def prepare(lesson: Lesson, names: tuple[str, ...], options: Mapping[str, Any]) -> Draft:
    """The plan and the inputs of a new workbook.

    Args:
        lesson: the workbook.
        names: the topics asked for; what they need is added.
        options: all options, checked.

    Returns:
        A book without sheets.
    """
    book = lesson.prepare(options)
    book.plan = {"workbook": lesson.name, **book.plan}
    book.plan["topics"] = " ".join(lesson.with_needs(names))
    for name in book.plan["topics"].split():
        topic = lesson.topic(name)
        if topic.given is not None:
            given = book.given.setdefault(name, {})
            given.update(topic.given(book.plan, book.given, options))
    return book


def require_use(
    lesson: Lesson, names: tuple[str, ...], given: Mapping[str, Any], options: Mapping[str, Any]
) -> None:
    """Refuse an option that none of the chosen topics looks at.

    Args:
        lesson: the workbook.
        names: the topics asked for.
        given: the options as they were given; None counts as not given.
        options: all options, checked.

    Raises:
        OptionError: naming the option, and the topics that have it.
    """
    chosen = lesson.with_needs(names)
    unused = {t.name: t.unused(options) for t in lesson.topics if t.unused is not None}
    for option, value in given.items():
        having = [topic.name for topic in lesson.topics if option in topic.options]
        if value is not None and having and not set(having) & set(chosen):
            raise OptionError(
                OptionName(option),
                f" is of no use to {', '.join(names)}; {', '.join(having)} have it",
            )
        hints = [unused.get(topic, {}).get(option, "") for topic in having if topic in chosen]
        if value is not None and hints and all(hints):
            raise OptionError(
                OptionName(option), f" is of no use to {', '.join(names)} so: {hints[0]}"
            )


def check_plan(lesson: Lesson, plan: Plan) -> None:
    """Refuse a plan that no options lead to, before it is laid out.

    Raises:
        OptionError: a number is missing, none, or beyond its limit; a topic is unknown or none
            is named; a table would be too long for a sheet.
    """
    names = str(plan.get("topics")).split()
    if not names:
        raise OptionError("topics in the plan is empty; expected one at least")
    models = [name for name in names if lesson.topic(name).model is not None]
    limits = {**lesson.limits, **{f"{name}_trials": 100_000 for name in models}}
    for key, limit in limits.items():
        whole(0 if limit == 1 else 1, limit)(f"{key} in the plan", plan.get(key))
    if lesson.rows(plan) > MAX_ROWS:
        raise OptionError(f"the plan asks for {lesson.rows(plan):,} rows; a sheet has {MAX_ROWS:,}")


def variables_of(sheet: Sheet) -> NDArray[np.float64]:
    """What the Solver's variable cells of a sheet hold, (n,), in the model's order."""
    import numpy as np

    assert sheet.solver is not None  # noqa: S101 - only asked of sheets with a model
    return np.concatenate([block.values.ravel() for block in sheet.solver.variables])


def as_blocks(sheet: Sheet, variables: NDArray[np.float64]) -> dict[str, Any]:
    """Variables (n,) cut into the arrays of the Solver's variable blocks, by block name."""
    assert sheet.solver is not None  # noqa: S101 - only asked of sheets with a model
    arrays, position = {}, 0
    for block in sheet.solver.variables:
        size = block.values.size
        arrays[block.name] = variables[position : position + size].reshape(block.values.shape)
        position += size
    return arrays
