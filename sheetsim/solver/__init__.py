"""Optimization in NumPy alone, with the engines, options and endings of Excel's Solver.

    result = solve(Model(start, objective, constraints=(Constraint(function, "<="),)), Options())
    result.objective, result.variables, result.ending, result.status

| file          | what it holds                                                               |
| ------------- | --------------------------------------------------------------------------- |
| `model`       | `Model`, its `Constraint`s, and a `Reduction` of a least-squares model      |
| `functions`   | functions of the variables: of one point, or `Vectorized` for many          |
| `reformulation` | how a model is asked for itself as a mixed-integer linear one            |
| `options`     | `Options`, those of Excel's dialog                                          |
| `result`      | `Result`, with the log, slacks, multipliers and ranges                      |
| `endings`     | `Ending`: how a solve may end, with Excel's code and sentence               |
| `solve_model` | `solve`, the front door                                                     |
| `root`        | where a function of one variable takes a value                              |
| `sensitivity` | shadow prices, slacks and reduced gradients of a solution                   |
| `grg`         | the engine GRG Nonlinear: which method suits a model; many starts           |
| `batch`       | models whose functions take many points at once: all starts as one batch    |
| `evaluator`   | evaluations: counted, timed, and the best point kept                        |
| `found`       | what an engine hands to the front door                                      |
| `methods`     | the methods, a file each; Simplex LP and Evolutionary are two of them       |
| `parts`       | what methods share                                                          |
| `models`      | models with a structure of their own: the lecture's factor models           |
"""

from sheetsim.solver.endings import Ending
from sheetsim.solver.functions import Vectorized
from sheetsim.solver.model import Constraint, Model, Reduction
from sheetsim.solver.models.factor_model import factor_model
from sheetsim.solver.models.sigmoid_factor_model import sigmoid_factor_model
from sheetsim.solver.options import Options
from sheetsim.solver.result import Result
from sheetsim.solver.solve_model import solve

__all__ = [
    "Constraint",
    "Ending",
    "Model",
    "Options",
    "Reduction",
    "Result",
    "Vectorized",
    "factor_model",
    "sigmoid_factor_model",
    "solve",
]
