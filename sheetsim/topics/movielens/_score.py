"""From raw scores to ratings, by the ends of the range on the sheet titles, if it has any."""

import numpy as np

from sheetsim.sheet import Array, Sheet


def predict(raw: Array, low: float, high: float) -> Array:
    """Raw scores (n,) through a sigmoid onto low to high; NaN where e^-raw is no number."""
    power = np.exp(-raw)
    return np.asarray(np.where(np.isfinite(power), low + (high - low) / (1 + power), np.nan))


def prediction_formula(titles: Sheet, raw: str, *, qualified: bool = True) -> str:
    """The rating that a raw score stands for, without the leading `=`, here or on other sheets."""
    if "low" not in titles.blocks:
        return raw
    ends = titles["low"], titles["high"]
    low, high = (end.qualified.range if qualified else end.range for end in ends)
    return f"{low}+({high}-{low})/(1+EXP(0-({raw})))"


def prediction(titles: Sheet, raw: Array) -> Array:
    """The ratings that raw scores (n,) stand for."""
    if "low" not in titles.blocks:
        return raw
    return predict(raw, *(float(titles[name].value) for name in ("low", "high")))
