"""Which optimizer has which parameters, read from their files without importing them.

For the options of the command line and for help, which are to come at once. What the files say of
parameters is written there as literals: the dicts `hyper` of a `Variant` and of `Training`. Where
it is not, the file is imported after all.
"""

import ast
import functools
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sheetsim.module_text import assigned, may_assign, source_of

Hyper = Mapping[str, float]


@dataclass(frozen=True)
class Outline:
    """What an optimizer's file says of its parameters.

    Attributes:
        name: of the optimizer.
        order: its place among the sheets.
        sheet: the parameters on its sheet, of either variant, lr first, and their defaults there:
            the textbook's where the variants differ.
        training: its parameters besides lr in training and races, and their defaults there; None
            if it is for the sheet alone.
        terms: what its own parameters mean, in a few words.
    """

    name: str
    order: int
    sheet: Hyper
    training: Hyper | None
    terms: Mapping[str, str]


@functools.cache
def outlines() -> tuple[Outline, ...]:
    """Those of every file of this folder that holds an optimizer, in the order of the sheets."""
    folder = Path(__file__).parent
    names = [path.stem for path in folder.iterdir() if path.suffix in (".py", ".pyc")]
    public = [f"{__package__}.{name}" for name in sorted(set(names)) if not name.startswith("_")]
    found = [one for one in map(outline_of, public) if one is not None]
    return tuple(sorted(found, key=lambda one: (one.order, one.name)))


def in_training() -> dict[str, Hyper]:
    """The optimizers that train and race, by name, with their parameters besides lr."""
    return {one.name: one.training for one in outlines() if one.training is not None}


def of_others(name: str) -> set[str]:
    """The parameters that an optimizer does not have, and others have; none of another topic."""
    mine = {parameter for one in outlines() if one.name == name for parameter in one.sheet}
    return {parameter for one in outlines() for parameter in one.sheet if mine} - mine


def outline_of(module: str) -> Outline | None:
    """What a module says of its optimizer; None if it has none."""
    source = source_of(module)
    if not may_assign(source, "OPTIMIZER"):
        return None
    found = parsed(source)
    if found is not None:
        return found
    optimizer = getattr(importlib.import_module(module), "OPTIMIZER", None)
    if optimizer is None:
        return None
    lecture = optimizer.lecture.hyper if optimizer.lecture else {}
    sheet = {**lecture, **optimizer.textbook.hyper}
    training = optimizer.training.hyper if optimizer.training else None
    return Outline(optimizer.name, optimizer.order, sheet, training, optimizer.terms)


def parsed(source: str) -> Outline | None:
    """The outline that a file's `OPTIMIZER = ...` gives as plain values, if it does."""
    try:
        made = assigned(source, "OPTIMIZER")
        given = _keywords(made)
        plain = {name: ast.literal_eval(given[name]) for name in ("name", "order")}
        sheet = {**_hyper(given["lecture"], source), **_hyper(given["textbook"], source)}
        training = _hyper(given["training"], source) if "training" in given else None
        terms = ast.literal_eval(given["terms"]) if "terms" in given else {}
    except (ValueError, SyntaxError, AttributeError, KeyError, IndexError):
        return None
    return Outline(**plain, sheet=sheet, training=training, terms=terms)


def _keywords(call: ast.expr) -> dict[str, ast.expr]:
    return {word.arg: word.value for word in call.keywords if word.arg}  # type: ignore[attr-defined]


def _hyper(made: ast.expr, source: str) -> dict[str, float]:
    """The parameters of a `Variant(...)`, of a `Training(...)`, or of what makes one of another."""
    if isinstance(made, ast.Constant) and made.value is None:
        return {}
    if isinstance(made, ast.Name):
        return _hyper(assigned(source, made.id), source)
    given = _keywords(made)
    place = 0 if made.func.id == "Training" else 2  # type: ignore[attr-defined]
    return _dict(given["hyper"] if "hyper" in given else made.args[place], source)  # type: ignore[attr-defined]


def _dict(written: ast.expr, source: str) -> dict[str, float]:
    """The value of a dict that is written out, but for constants of the file that it unpacks."""
    if isinstance(written, ast.Name):
        return _dict(assigned(source, written.id), source)
    found: dict[str, float] = {}
    for key, value in zip(written.keys, written.values, strict=True):  # type: ignore[attr-defined]
        found |= _dict(value, source) if key is None else {key.value: ast.literal_eval(value)}
    return found
