"""A DataFrame as a `Table` of texts, so that it meets the very checks that a CSV file meets.

Numbers are written out with `repr`, which reads back to the same double. Missing values (None,
NaN, NA) become blanks; whole floats lose their ".0", for ids that pandas has turned into floats.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, TypeGuard

from sheetsim.data.csv_table import Table
from sheetsim.data.labels import MAX_DIGITS
from sheetsim.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def is_frame(value: object) -> TypeGuard[pd.DataFrame]:
    """Whether it is a DataFrame; there is none unless somebody has imported pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def frame_table(frame: pd.DataFrame, index_heading: str | None = None) -> Table:
    """The frame's columns, with the index in front under `index_heading` if one is given.

    Raises:
        DataError: several levels of headings or index, duplicate headings, no row at all.
    """
    headings = [as_text(heading).strip() for heading in frame.columns]
    if frame.columns.nlevels > 1 or (index_heading and frame.index.nlevels > 1):
        raise DataError("DataFrame: has several levels of labels; expected plain ones")
    columns = [frame.iloc[:, i].tolist() for i in range(frame.shape[1])]
    if index_heading:
        headings.insert(0, index_heading)
        columns.insert(0, frame.index.tolist())
    if len(frame) == 0:
        raise DataError("DataFrame: no row at all; expected at least one")
    return Table("DataFrame", tuple(headings), "headings", "row", _rows(columns))


def as_text(value: object) -> str:
    """A cell or label as text: blank for a missing value, digits for a number."""
    if type(value) is int:  # the quick ways out come first, for frames of a million rows
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return _number_text(value)
    if value is None:
        return ""
    import pandas as pd

    if value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Integral):
        return str(int(value))
    return _number_text(float(value)) if isinstance(value, Real) else str(value)


def _number_text(number: float) -> str:
    if math.isnan(number):
        return ""
    whole = number.is_integer() and abs(number) < 10**MAX_DIGITS
    return str(int(number)) if whole else repr(float(number))


def _rows(columns: Sequence[Sequence[object]]) -> Iterator[tuple[int, Sequence[str]]]:
    for row, values in enumerate(zip(*columns, strict=True), 1):
        yield row, [as_text(value) for value in values]
