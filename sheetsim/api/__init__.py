"""What a program can ask of sheetsim.

Any workbook:

sheetsim.solve("model.xlsx", out="solved.xlsx")        its Solver model, from its own formulas
sheetsim.goal_seek("loan.xlsx", "B9", 100, by="B2")    the input with which a cell takes a value
sheetsim.side_by_side("model.xlsx", ["all"])           the same by other solvers, in one table
sheetsim.recalc("model.xlsx", "fresh.xlsx")            its formulas' values, written into a copy
sheetsim.read("model.xlsx", "Sheet1!A1:D20")           fresh values as a DataFrame
sheetsim.page("model.xlsx", "model.html")              a page that computes, in one file
sheetsim.verify("model.xlsx")                          its formulas, in three engines
sheetsim.compile("model.xlsx", "Sheet1!D9", "B1:B5")   a function with a gradient

The lecture's:

sheetsim.list_topics()                                 what there is
sheetsim.build("gradient_descent", "out.xlsx", epochs=5)
sheetsim.trace("adam", points="line.csv", lr=0.1)      the steps as a DataFrame
sheetsim.solve("bias", ratings="ratings.csv", k=5)     the solver's result
sheetsim.check("out.xlsx")                             the proof
sheetsim.compare("out.xlsx")                           what somebody else's Solver made of it
sheetsim.race("rosenbrock", steps=500)                 optimizers on a loss surface
sheetsim.sweep("line", "momentum")                     one of them, over lr and beta
sheetsim.save(result, "race.gif")                      a race or a sweep, drawn

A function is imported when it is first asked for: who solves a workbook need not wait for what
draws races.

`files` has what takes any workbook, `lecture` what builds and solves the lecture's, and `topics`
what there is of it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetsim.api.files import compile_objective, side_by_side, solve
    from sheetsim.api.lecture import build, prepare, save, trace, write
    from sheetsim.api.topics import TopicInfo, list_topics, list_workbooks
    from sheetsim.checking.check import CheckReport, check
    from sheetsim.checking.compare import Comparison, compare
    from sheetsim.pages.assemble import Page, page
    from sheetsim.peers.side_by_side import SideBySide
    from sheetsim.racing.contest import Race, race
    from sheetsim.racing.grid import Sweep, sweep
    from sheetsim.recalculating import Recalculation, read, recalc
    from sheetsim.solver import Result
    from sheetsim.solving.goal_seek import Sought, goal_seek
    from sheetsim.verifying.verify import verify

    compile = compile_objective  # noqa: A001 - as in `re.compile`

__all__ = [
    "CheckReport",
    "Comparison",
    "Page",
    "Race",
    "Recalculation",
    "Result",
    "SideBySide",
    "Sought",
    "Sweep",
    "TopicInfo",
    "build",
    "check",
    "compare",
    "compile",
    "goal_seek",
    "list_topics",
    "list_workbooks",
    "page",
    "prepare",
    "race",
    "read",
    "recalc",
    "save",
    "side_by_side",
    "solve",
    "sweep",
    "trace",
    "verify",
    "write",
]

_PLACES = {
    "api.files": ("side_by_side", "solve"),
    "api.lecture": ("build", "prepare", "save", "trace", "write"),
    "api.topics": ("TopicInfo", "list_topics", "list_workbooks"),
    "checking.check": ("CheckReport", "check"),
    "checking.compare": ("Comparison", "compare"),
    "pages.assemble": ("Page", "page"),
    "peers.side_by_side": ("SideBySide",),
    "racing.contest": ("Race", "race"),
    "racing.grid": ("Sweep", "sweep"),
    "recalculating": ("Recalculation", "read", "recalc"),
    "solver": ("Result",),
    "solving.goal_seek": ("Sought", "goal_seek"),
    "verifying.verify": ("verify",),
}
_ORIGINS = {name: (module, name) for module, names in _PLACES.items() for name in names}
_ORIGINS["compile"] = ("api.files", "compile_objective")
"""Module of sheetsim and name there, by the name here."""


def __getattr__(name: str) -> Any:
    if name not in _ORIGINS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _ORIGINS[name]
    value = globals()[name] = getattr(importlib.import_module(f"sheetsim.{module}"), own)
    return value
