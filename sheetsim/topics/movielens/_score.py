"""From raw scores to ratings, by the ends of the range on the sheet titles, if it has any.

In 1 / (1 + e^-raw) no exponent is above 30: the rating is the low end by then, to the twelfth digit
of the range, and EXP of a thousand is an error to some programs and none to others.
"""

import numpy as np

from sheetsim.sheet import Array, Sheet

END = 30
"""The greatest exponent."""


def predict(raw: Array, low: float, high: float) -> Array:
    """Raw scores (n,) through a sigmoid onto low to high."""
    return np.asarray(low + (high - low) / (1 + np.exp(np.minimum(-raw, END))))


def prediction_formula(titles: Sheet, raw: str, *, qualified: bool = True) -> str:
    """The rating that a raw score stands for, without the leading `=`, here or on other sheets."""
    if "low" not in titles.blocks:
        return raw
    ends = titles["low"], titles["high"]
    low, high = (end.qualified.range if qualified else end.range for end in ends)
    return f"{low}+({high}-{low})/(1+EXP(MIN(0-({raw}),{END})))"


def prediction(titles: Sheet, raw: Array) -> Array:
    """The ratings that raw scores (n,) stand for."""
    if "low" not in titles.blocks:
        return raw
    return predict(raw, *(float(titles[name].value) for name in ("low", "high")))
