"""The lecture's topics: a workbook is a folder here, and a topic is a file in it.

Nothing is registered. A folder whose `__init__` holds a `LESSON` is a workbook, and each of its
modules that holds a `TOPIC` is a topic of it; names that begin with an underscore are helpers.
The sheets stand in the topics' `order`, each after those that it needs.
"""

from sheetsim.topics._build import lay_out, new_book, solve_new, solve_topic
from sheetsim.topics._contents import NAME as CONTENTS
from sheetsim.topics._contents import read_plan
from sheetsim.topics._discovery import find, lessons
from sheetsim.topics._lesson import Book, Lesson, Topic, as_blocks, check_plan, variables_of
from sheetsim.topics._solver_sheet import NAME as SOLVER

__all__ = [
    "CONTENTS",
    "SOLVER",
    "Book",
    "Lesson",
    "Topic",
    "as_blocks",
    "check_plan",
    "find",
    "lay_out",
    "lessons",
    "new_book",
    "read_plan",
    "solve_new",
    "solve_topic",
    "variables_of",
]
