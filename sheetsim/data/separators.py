"""Which character separates the fields of a table: commas, semicolons or tabs.

Half of the world's spreadsheets write 3,5 for three and a half, and so export semicolons between
the fields. A separator is taken where the whole table can be read with it and with no other:
every record has as many fields as the heading, and more than one. Where several can, those count
under which all fields but the first are numbers or blank; where there are still several, the file
can be read two ways, and is refused. A first line `sep=;`, as Excel writes it, decides.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sheetsim.errors import DataError, shown

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
LOOKED_AT = 1_000
"""Lines by which a separator is chosen; a class has fewer."""

_DECLARED = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_NUMERIC = re.compile(r"\s*[-+]?[0-9]*[.,]?[0-9]*\s*")


def separator_of(path: Path, name: str) -> tuple[str, bool]:
    """The separator of a file, and whether its first line is there to say so.

    Args:
        path: of a text file.
        name: what messages call it.

    Raises:
        DataError: it can be read in two ways; names both.
        OSError: it cannot be read.
        UnicodeDecodeError: it is not UTF-8.
    """
    with path.open(encoding="utf-8-sig", newline="") as handle:
        lines = [line for line, _ in zip(handle, range(LOOKED_AT), strict=False)]
    declared = _DECLARED.fullmatch(lines[0]) if lines else None
    if declared and declared[1] in SEPARATORS:
        return declared[1], True
    readings = {sep: found for sep in SEPARATORS if (found := _records(lines, sep))}
    if len(readings) > 1:
        readings = {s: f for s, f in readings.items() if _all_numbers(f)} or readings
    if len(readings) > 1:
        first, second = list(readings)[:2]
        raise DataError(
            f"{name}: can be read in two ways: with {SEPARATORS[first]} between the fields its "
            f"columns are {_headings(readings[first])}, with {SEPARATORS[second]} they are "
            f"{_headings(readings[second])}; expected one of them, so that quotes stand around a "
            "field that has the other in it, or a first line such as sep=;"
        )
    if readings:
        return next(iter(readings)), False
    heading = next((line for line in lines if line.strip()), "")
    return max(SEPARATORS, key=heading.count), False  # what is wrong, its reader says


def _records(lines: Iterable[str], separator: str) -> list[list[str]]:
    """The records, if each has the same number of fields and more than one; else none."""
    try:
        records = [
            fields
            for fields in csv.reader(lines, delimiter=separator, strict=True)
            if any(field.strip() for field in fields)
        ]
    except csv.Error:  # or a quoted field that goes on behind what was looked at
        return []
    widths = {len(fields) for fields in records}
    return records if len(widths) == 1 and min(widths) > 1 and len(records) > 1 else []


def _all_numbers(records: Sequence[Sequence[str]]) -> bool:
    """Whether all fields but those of the heading and of the first column may be ratings."""
    return all(_NUMERIC.fullmatch(field) for fields in records[1:] for field in fields[1:])


def _headings(records: Sequence[Sequence[str]]) -> str:
    return " and ".join(shown(heading.strip()) for heading in records[0][:4])
