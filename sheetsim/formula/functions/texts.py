"""Functions of texts."""

from __future__ import annotations

import re

from sheetsim.formula.functions._make import plain
from sheetsim.formula.values import VALUE_ERROR, ExcelError


def _piece(text: str, start: int, count: int) -> str:
    if start < 1 or count < 0:
        raise ExcelError(VALUE_ERROR)
    return text[start - 1 : start - 1 + count]


def _right(text: str, count: int = 1) -> str:
    if count < 0:
        raise ExcelError(VALUE_ERROR)
    return text[len(text) - count :] if count < len(text) else text


FUNCTIONS = (
    plain("LOWER", "t", lambda text: text.lower()),
    plain("UPPER", "t", lambda text: text.upper()),
    plain("TRIM", "t", lambda text: re.sub(" +", " ", text.strip(" "))),
    plain("LEN", "t", lambda text: float(len(text))),
    plain("LEFT", "t|i", lambda text, count=1: _piece(text, 1, count)),
    plain("RIGHT", "t|i", _right),
    plain("MID", "tii", _piece),
    plain("CONCATENATE", "t", lambda *texts: "".join(texts), most=255),
)
