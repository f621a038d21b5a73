"""The Solver model as Excel stores it: hidden names that belong to the sheet.

Excel's Solver keeps what its dialog shows in names such as `solver_opt` (the objective's cell)
and `solver_adj` (the variable cells), one set a sheet, hidden from the Name Manager. The values
here are those that Excel wrote for the lecture's own models: minimise, GRG Nonlinear, central
derivatives, no constraints, and variables that may be negative.
"""

from sheetsim.sheet import SolverModel

NO_LIMIT = "2147483647"

SETTINGS = {
    "solver_cvg": "0.0001",  # convergence
    "solver_drv": "2",  # derivatives: 1 forward, 2 central
    "solver_eng": "1",  # 1 GRG Nonlinear, 2 Simplex LP, 3 Evolutionary
    "solver_est": "1",  # estimates: tangent
    "solver_itr": NO_LIMIT,  # iterations
    "solver_mip": NO_LIMIT,  # most feasible integer solutions
    "solver_mni": "30",  # most seconds without improvement (Evolutionary)
    "solver_mrt": "0.075",  # mutation rate (Evolutionary)
    "solver_msl": "2",  # multistart: 2 is off
    "solver_neg": "2",  # unconstrained variables non-negative: 2 is off
    "solver_nod": NO_LIMIT,  # most subproblems
    "solver_num": "0",  # number of constraints
    "solver_nwt": "1",  # search: Newton
    "solver_pre": "0.000001",  # precision
    "solver_rbv": "2",  # multistart needs bounds: 2 is off
    "solver_rlx": "2",  # ignore integer constraints: 2 is off
    "solver_rsd": "0",  # random seed: 0 is none
    "solver_scl": "2",  # automatic scaling: 2 is off
    "solver_sho": "2",  # show iteration results: 2 is off
    "solver_ssz": "100",  # population size
    "solver_tim": NO_LIMIT,  # seconds
    "solver_tol": "0.01",  # integer optimality
    "solver_typ": "2",  # 1 maximise, 2 minimise, 3 a value
    "solver_val": "0",  # that value
    "solver_ver": "3",  # of the format: Excel 2010 and later
}


def solver_names(model: SolverModel) -> dict[str, str]:
    """Every name of a model and what it stands for, in the order of the names."""
    names = dict(SETTINGS)
    names["solver_adj"] = ",".join(block.abroad.range for block in model.variables)
    names["solver_opt"] = model.objective.abroad.range
    return dict(sorted(names.items()))
