"""What symbols and inputs mean: one table for the glossary and for the prompts of the inputs.

`COMMON` has what is the same in all workbooks. A `Lesson` has the terms of its own, where a symbol
means something else elsewhere (v is an average in one workbook and a direction in another), and a
`Topic` may bring more, so that a topic stays one file. An entry is a symbol or a name as it stands
on the sheets, and a few words; `w_i` stands for w_1, w_2, ..., for w1, w2, ... and for w itself.

A heading is explained by the entry of its whole text or by those of its parts: `start_m_b` by m
and b. What is left over are words, which a test holds to be plain ones.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from sheetsim.topics._lesson import Lesson, Topic

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_']*")
_PART = re.compile(r"[A-Za-z]+(?:'[a-z]+)?[0-9]*")
_ADDRESS = re.compile(r"\$[A-Z]+\$[0-9]+")
_INDEXED = re.compile(r"(.*[A-Za-z])_?[0-9]+")

START = "start_"
"""Before the name of an input that says where something starts."""

COMMON: Mapping[str, str] = {
    "RMSE": "root of the mean squared error: the typical distance of a prediction from what is so",
    "MSE": "mean squared error, the average of the squared errors",
    "squared_error": "(prediction - what is so)², or (what is so - prediction)², which is the same",
    "pred": "prediction",
    "lr": "learning rate: how far a step goes for a gradient of 1",
    "lr_start": "the learning rate of the first layer group, or of the first step",
    "lr_max": "the highest learning rate of a schedule",
    "beta1": "what the average of the gradients keeps of itself at every step; the rest is new",
    "beta2": "what the average of the squared gradients keeps of itself at every step",
    "beta": "what an average keeps of itself at every step; a new value counts 1 - beta",
    "epsilon": "a small number that keeps a divisor from being 0",
    "x": "what a prediction is made from",
    "y": "what is so, and should be predicted",
    "z": "draws from the standard normal distribution, which noise is made of",
    "noise": "standard deviation of what is added to y",
    "true_a": "slope of the line that the points are made from",
    "true_b": "intercept of the line that the points are made from",
    "a": "slope of the line: how much y rises where x rises by 1",
    "b": "intercept of the line: y at x = 0",
    "k": "how many factors a user or a movie has",
    "wd": "weight decay: loss + wd sum(w²), so 2 wd w in the gradient of a weight w",
    "tolerance": "how far two numbers may be apart, in parts of their size, and count as equal",
    "limit": "how many variables the Solver of Excel takes",
    "variables": "cells that Solver may change",
    "Solver": "the add-in of Excel and LibreOffice that looks for the best values of cells",
    "ratings": "stars that a user gave a movie; blank where not rated",
    "movie_factors": "the numbers that stand for a movie; Solver changes them",
    "user_factors": "the numbers that stand for a user; Solver changes them",
    "factor_i": "one of the k numbers of a user or a movie, whose meaning nobody chose",
    "bias": "what is added whatever the other side is: one number for a user, a movie or a class",
    "rated": "how many ratings there are",
    "objective": "the cell that Solver is to make least",
    "evaluations": "how often the solver computed the objective",
    "steps": "how many steps there are",
    "step_to_show": "the step whose numbers are shown",
    "epoch": "one pass over all points",
    "gap": "how far two ways to the same numbers are apart, in all",
    "allowed": "the largest gap that counts as rounding",
    "mean_x": "mean of x",
    "sd_x": "standard deviation of x",
    "show_what_happens": "1 shows what should happen beside each line, 0 hides it",
    "loss": "what training makes small: an average over the points, or over a batch",
}
"""Symbol or name: what it means, wherever the workbook says nothing else of it."""


def terms_of(lesson: Lesson, topics: Iterable[Topic]) -> dict[str, str]:
    """All that may be explained in a workbook of these topics; the most special word counts."""
    terms = {**COMMON, **lesson.terms}
    for topic in topics:
        terms |= topic.terms
    return terms


def entries_in(text: str, terms: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The entries that explain a heading.

    Args:
        text: of a heading, a label, or the name of an input.
        terms: by symbol or name.

    Returns:
        The entries, in the order of the text; the parts that have none, words as a rule.
    """
    for named in (text.strip(), text.strip().removeprefix(START)):
        whole = entry_of(named, terms) or entry_of(named.replace(" ", "_"), terms)
        if whole:
            return [whole], []
    text = text.strip().removeprefix(START)
    found, left = [], []
    for name in _joined(_NAME.findall(_ADDRESS.sub("", text)), " ", text, terms):
        parts = [name] if entry_of(name, terms) else _joined(_PART.findall(name), "_", name, terms)
        for part in parts:
            entry = entry_of(part, terms)
            if entry:
                found.append(entry)
            else:
                left.append(part)
    return found, left


def _joined(names: list[str], by: str, text: str, terms: Mapping[str, str]) -> Iterator[str]:
    """The names in a text, as many together as an entry has: "L2 diverged in" has two."""
    while names:
        count = len(names)
        while count > 1:
            if by.join(names[:count]) in text and "_".join(names[:count]) in terms:
                break
            count -= 1
        yield "_".join(names[:count])
        names = names[count:]


def meaning(name: str, terms: Mapping[str, str]) -> str:
    """What an input of that name is, "" if nobody says it; of start_a, it is a at the start."""
    entry = entry_of(name, terms)
    if entry:
        return terms[entry]
    rest = name.removeprefix(START)
    found = entries_in(rest, terms)[0] if rest != name else []
    return "; ".join(
        [f"{rest} before the first step", *(terms[one] for one in found)] * bool(found)
    )


def entry_of(text: str, terms: Mapping[str, str]) -> str:
    """Return the entry of a text as it stands, less its index, or in capitals; "" if there is none.

    Names in formulas are lower case: rmse is RMSE. Of single letters the case counts.
    """
    indexed = _INDEXED.fullmatch(text)
    capitals = text.upper() if len(text) > 2 else ""
    for key in (text, f"{text}_i", f"{indexed[1]}_i" if indexed else "", capitals):
        if key in terms:
            return key
    return ""
