"""What is wrong with a table, all of it in one message, in the order of the rows."""

from collections.abc import Sequence

from sheetsim.errors import DataError

LISTED = 40
"""How many problems a message lists; it says how many more there are."""


def require_none(name: str, problems: Sequence[tuple[int, str]]) -> None:
    """Refuse a table with problems.

    Args:
        name: of the file, which begins the message.
        problems: the row of each, and what to say of it, the place included.

    Raises:
        DataError: there are some; names each, or the first forty and how many more.
    """
    lines = [text for _, text in sorted(problems, key=lambda problem: problem[0])]
    if len(lines) == 1:
        raise DataError(f"{name}: {lines[0]}")
    if lines:
        numbered = "; ".join(f"({i}) {line}" for i, line in enumerate(lines[:LISTED], start=1))
        more = f"; and {len(lines) - LISTED} more" if len(lines) > LISTED else ""
        raise DataError(f"{name}: {len(lines)} problems; expected none: {numbered}{more}")
