"""The lecture's topics: a workbook is a folder here, and a topic is a file in it.

Nothing is registered. A folder whose `__init__` holds a `LESSON` is a workbook, and each of its
modules that holds a `TOPIC` is a topic of it; names that begin with an underscore are helpers.
The sheets stand in the topics' `order`, each after those that it needs.

What a topic and a workbook are stands in `_lesson`, how they are found in `_discovery` and, for
lists that need no more than names, in `_outline`; `_build` goes from options to sheets, `_options`
has the options, `_tries` what a reader can try, and `_warning` the line that says which input is
wrong. Of the sheets that are no topics, `_contents` is the first of every workbook,
`_solver_sheet` follows the topics where there is a model, `_glossary` (from `_terms`) and the
hidden `_plan` are the last. Several workbooks share `_inputs` (a row of named cells: the sheet's
inputs, and what comes of them), `_step_to_show` (the step up to which charts draw), `_divergence`
(what is said and drawn of a run that diverges), `_limit` (whether Excel's Solver takes a model),
`_ratings_grid` and `_ratings_options` (models of a table of ratings); `_last_digits` has functions
that programs round in ways of their own.

A workbook's `__init__` imports NumPy, data and sheets where it uses them and not at its top, and
what stands below is imported when it is first asked for: so the command line can name workbooks,
their options and their topics at once.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetsim.topics._build import lay_out, new_book, solve_new, solve_topic, solved_again
    from sheetsim.topics._contents import NAME as CONTENTS
    from sheetsim.topics._discovery import covers, find, home_of, lessons, outlines
    from sheetsim.topics._last_digits import moved_digits
    from sheetsim.topics._lesson import Draft, Lesson, Topic, as_blocks, check_plan, variables_of
    from sheetsim.topics._outline import Outline
    from sheetsim.topics._plan import NAME as PLAN
    from sheetsim.topics._plan import read_plan
    from sheetsim.topics._solver_sheet import NAME as SOLVER

__all__ = [
    "CONTENTS",
    "PLAN",
    "SOLVER",
    "Draft",
    "Lesson",
    "Outline",
    "Topic",
    "as_blocks",
    "check_plan",
    "covers",
    "find",
    "home_of",
    "lay_out",
    "lessons",
    "moved_digits",
    "new_book",
    "outlines",
    "read_plan",
    "solve_new",
    "solve_topic",
    "solved_again",
    "variables_of",
]

_PLACES = {
    "_build": ("lay_out", "new_book", "solve_new", "solve_topic", "solved_again"),
    "_discovery": ("covers", "find", "home_of", "lessons", "outlines"),
    "_lesson": ("Draft", "Lesson", "Topic", "as_blocks", "check_plan", "variables_of"),
    "_outline": ("Outline",),
    "_plan": ("read_plan",),
}
_ELSEWHERE = {
    "CONTENTS": ("_contents", "NAME"),
    "PLAN": ("_plan", "NAME"),
    "SOLVER": ("_solver_sheet", "NAME"),
    "moved_digits": ("_last_digits", "moved_digits"),
}
_ELSEWHERE |= {name: (module, name) for module, names in _PLACES.items() for name in names}
"""What can be imported from here: module and name there."""


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _ELSEWHERE[name]
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{module}"), own)
    return value
