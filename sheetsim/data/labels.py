"""Labels of users and movies: what a spreadsheet can hold and look up without confusion.

A label is either a whole number or text, and one axis holds one kind only: ids that are all
plain integers become ints (so that `MATCH` compares numbers), anything else stays text to the
letter. "007", "+7" and "7.0" would not survive the trip to a number and back, so they are text;
so are integers of more than 15 digits, which Excel would round.

Text starting with `=`, `+`, `-` or `@` is kept as it is; whoever writes a workbook writes it as
a string, never as a formula. Spreadsheets compare text with case ignored, and a reader cannot
tell two Unicode spellings of one word apart, so labels equal in either sense are duplicates.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from sheetsim.errors import shown

MAX_LABEL = 255
"""Characters (UTF-16 units, as Excel counts) in a label: `MATCH` looks up no longer text."""

MAX_DIGITS = 15
"""Digits of an integer that Excel holds exactly."""

_PLAIN_INTEGER = re.compile(rf"0|-?[1-9][0-9]{{0,{MAX_DIGITS - 1}}}")
_UNPRINTABLE = {"Cc": "a control character", "Cs": "half a character (a lone surrogate)"}
_NOT_XML = "\ufffe\uffff"


def clean_label(text: str) -> str:
    """Trim a label and hold it to the rules above.

    Raises:
        ValueError: it is empty, too long, or has a character that no cell can hold; the
            message is the reason alone, for the caller to put the place before it.
    """
    label = text.strip()
    if not label:
        raise ValueError("the label is empty; expected a number or a name")
    if len(label.encode("utf-16-le", "surrogatepass")) > 2 * MAX_LABEL:
        raise ValueError(
            f"the label {shown(label)} is too long; expected at most {MAX_LABEL} characters"
        )
    for character in label:
        problem = _UNPRINTABLE.get(unicodedata.category(character))
        if problem or character in _NOT_XML:
            raise ValueError(
                f"the label {shown(label)} has {problem or 'a forbidden character'} "
                f"(U+{ord(character):04X}); expected printable text on one line"
            )
    return label


def fold(label: int | str) -> str:
    """The key under which two labels are the same: case and Unicode spelling ignored."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(label)).casefold())


def first_duplicate(labels: Iterable[int | str]) -> tuple[int, int] | None:
    """Positions (from 0) of the first label that repeats an earlier one, and of that earlier."""
    seen: dict[str, int] = {}
    for position, label in enumerate(labels):
        earlier = seen.setdefault(fold(label), position)
        if earlier != position:
            return earlier, position
    return None


def typed_labels(texts: Sequence[str]) -> tuple[int | str, ...]:
    """Ints if all the texts are plain integers that survive a round trip, else the texts."""
    if all(_PLAIN_INTEGER.fullmatch(text) for text in texts):
        return tuple(int(text) for text in texts)
    return tuple(texts)


def ascending(labels: Sequence[int | str]) -> list[int]:
    """Positions of the labels in ascending order: numbers by value, text by code point."""
    return sorted(range(len(labels)), key=lambda i: _sort_key(labels[i]))


def _sort_key(label: int | str) -> tuple[int, str]:
    return (label, "") if isinstance(label, int) else (0, label)
