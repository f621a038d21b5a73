"""Minimization in NumPy alone, with the options of Excel's Solver and a batch of starts.

`minimize(problem, options)` is the one front door. `factor_model` builds the lecture's problem,
`sigmoid_factor_model` the one whose predictions stay within a range.
"""

from sheetsim.solver.methods.sigmoid_model import sigmoid_factor_model
from sheetsim.solver.methods.variable_projection import factor_model
from sheetsim.solver.minimize import minimize
from sheetsim.solver.options import Options
from sheetsim.solver.parts.finite_differences import derivative_error
from sheetsim.solver.problem import Problem, Reduction
from sheetsim.solver.result import Result, Trial

__all__ = [
    "Options",
    "Problem",
    "Reduction",
    "Result",
    "Trial",
    "derivative_error",
    "factor_model",
    "minimize",
    "sigmoid_factor_model",
]
