"""Real spreadsheet engines, which recalculate a workbook so that it can be checked.

A module of this package that holds an `ENGINE` is an engine: to add one, add its file.

`base` says what an engine offers, `choice` which there are and which of them take part;
`ironcalc` and `libreoffice` are two. `process` runs a program with a time limit. `ironcalc_model`
asks IronCalc for outputs as a function of variables, where our own formulas do not suffice, and
`ironcalc_formulas` for what it has read.
"""

from sheetsim.engines.base import DEFAULT_TIMEOUT, Engine, Values
from sheetsim.engines.choice import Choice, choose, engines

__all__ = ["DEFAULT_TIMEOUT", "Choice", "Engine", "Values", "choose", "engines"]
