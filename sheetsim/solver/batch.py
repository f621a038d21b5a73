"""Models whose functions take many points at once: all starts as one batch of arrays.

Least squares goes to Levenberg-Marquardt, on the model's reduction if it has one and the
derivatives are analytic and there are no bounds; any other objective to L-BFGS. Either iterates all
starts together; the lowest objective wins, the earliest of equals. Nothing is asked of the model
beside the iterations, so that a solve of a few milliseconds stays one.
"""

from dataclasses import replace

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.found import Found
from sheetsim.solver.functions import Vectorized, checked
from sheetsim.solver.methods import lbfgs, levenberg_marquardt
from sheetsim.solver.methods.levenberg_marquardt import Squares
from sheetsim.solver.model import Model, Reduction, is_batched
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.journal import Journal, Limits
from sheetsim.solver.parts.starts import all_starts
from sheetsim.solver.result import Trial


def suits(evaluator: Evaluator) -> bool:
    """Whether the model is of this kind: minimized within bounds, many points at once."""
    model = evaluator.model
    if model.sense != "minimize" or model.constraints or evaluator.whole.any():
        return False
    if model.objective is not None:
        return is_batched(model.objective)
    return model.residuals is None or is_batched(model.residuals)


def run(evaluator: Evaluator) -> Found:
    """Search from all starts of the call at once.

    A limit of time or iterations is the outcome here, and Ctrl-C too: no exception.

    Raises:
        OptionError: A function of the model returned an array of a wrong shape.
        KeyboardInterrupt: Ctrl-C before the starts were evaluated.
    """
    model, options = evaluator.model, evaluator.options
    starts, box = all_starts(evaluator), Box.of(evaluator.low, evaluator.high)
    reduction, analytic = model.reduction, options.derivatives == "analytic"
    if reduction is not None and analytic and not box.is_bounded:
        return _reduced(evaluator, reduction, starts)
    journal, how = Journal(), options.derivatives
    try:
        if isinstance(model.objective, Vectorized):
            limits = Limits.of(evaluator, lbfgs.CAP)
            lbfgs.run(model.objective, box, limits, starts, derivatives=how, journal=journal)
        else:
            limits, squares = Limits.of(evaluator, levenberg_marquardt.CAP), _squares(model)
            levenberg_marquardt.run(squares, box, limits, starts, derivatives=how, journal=journal)
    except KeyboardInterrupt:
        journal.interrupt()
    best = journal.best()
    evaluator.evaluations = journal.evaluations
    return _found(evaluator, journal, journal.x[best], starts[best], journal.log(best))


def _squares(model: Model) -> Squares:
    residuals = model.residuals
    if not isinstance(residuals, Vectorized):
        return Squares(normal_equations=model.normal_equations, report=model.report)
    return Squares(residuals.values, residuals.derivatives, model.normal_equations, model.report)


def _reduced(evaluator: Evaluator, reduction: Reduction, starts: Floats) -> Found:
    """Solve with some variables eliminated; the log begins at the full start all the same.

    The given start is led to a better one first, and so is every other random start. The rest
    search from where they are: led starts are good, but they tend to end in the same minimum.
    """
    model, journal = evaluator.model, Journal()
    total = model.sum_of_squares(starts)
    u = checked("reduction.restrict", reduction.restrict(starts), (len(starts), None)).copy()
    finite = np.isfinite(total)
    u[~finite] = np.nan  # what is wrong may sit in the variables that are eliminated
    extra = np.ones(len(starts), np.int64)  # the evaluation at the full start
    squares = Squares(normal_equations=reduction.normal_equations, report=model.report)
    limits, zero = Limits.of(evaluator, levenberg_marquardt.CAP), reduction.zero * total
    try:
        u[::2] = reduction.lead(u[::2])
        extra[::2] += reduction.evaluations
        levenberg_marquardt.run(squares, Box(), limits, u, zero=zero, journal=journal)
    except KeyboardInterrupt:
        if journal.last is None:
            return _best_start(evaluator, starts, model.report(total))
        journal.interrupt()
    best = journal.best()
    # Row 0 is the start as given; row 1 the point where the method takes over.
    log = (
        Trial(0, float(model.report(total)[best]), 1, 0.0, float("nan")),
        *(
            replace(trial, iteration=1 + i, evaluations=int(extra[best]) + trial.evaluations)
            for i, trial in enumerate(journal.log(best) if finite[best] else ())
        ),
    )
    x = reduction.expand(journal.x[best][None])[0] if finite[best] else starts[best]
    evaluator.evaluations = journal.evaluations + int(extra.sum())
    return _found(evaluator, journal, x, starts[best], log)


def _best_start(evaluator: Evaluator, starts: Floats, objective: Floats) -> Found:
    """What Ctrl-C leaves while the starts are being led: the best of them as it was given."""
    journal = Journal()
    journal.open(starts, objective)
    journal.interrupt()
    best, evaluator.evaluations = journal.best(), len(starts)
    return _found(evaluator, journal, starts[best], starts[best], journal.log(best))


def _found(
    evaluator: Evaluator, journal: Journal, x: Floats, start: Floats, log: tuple[Trial, ...]
) -> Found:
    """The best run, and its log in place of the improvements."""
    objective, nothing = float(journal.objective[journal.best()]), np.zeros(0)
    evaluator.log[:], evaluator.iteration = log, log[-1].iteration
    first = log[0].objective
    evaluator.first = Point(start, first, nothing, first, evaluator.violation(start, nothing))
    point = Point(x, objective, nothing, objective, evaluator.violation(x, nothing))
    return Found(point, journal.outcome(journal.best()), ends=journal.ends)
