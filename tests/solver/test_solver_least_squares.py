from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
from solver_problems import linear, rosenbrock_jacobian, rosenbrock_residuals

from sheetsim.arrays import Floats
from sheetsim.solver import Model, Options, Vectorized, solve

NIST = Path(__file__).resolve().parents[3] / "shared/data/nist"
RNG = np.random.default_rng(11)
A, Y = RNG.normal(size=(20, 6)), RNG.normal(size=20)

# The models of NIST's Statistical Reference Datasets, b (S, n) and x (m,) to (S, m).
MODELS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "Misra1a": lambda b, x: b[:, :1] * (1 - np.exp(-b[:, 1:2] * x)),
    "DanWood": lambda b, x: b[:, :1] * x ** b[:, 1:2],
    "Chwirut2": lambda b, x: np.exp(-b[:, :1] * x) / (b[:, 1:2] + b[:, 2:3] * x),
    "Lanczos3": lambda b, x: sum(
        (b[:, i : i + 1] * np.exp(-b[:, i + 1 : i + 2] * x) for i in (0, 2, 4)),
        start=np.zeros((len(b), len(x))),
    ),
    "MGH09": lambda b, x: b[:, :1] * (x**2 + x * b[:, 1:2]) / (x**2 + x * b[:, 2:3] + b[:, 3:4]),
    "Rat43": lambda b, x: b[:, :1] / (1 + np.exp(b[:, 1:2] - b[:, 2:3] * x)) ** (1 / b[:, 3:4]),
}


@pytest.mark.parametrize("derivatives", ["central", "forward"])
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("name", MODELS)
def test_nist_certified_values(name: str, which: int, derivatives: str) -> None:
    path = NIST / f"{name}.dat"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    starts, certified, residual, data = read_nist(path)
    y, x = data.T
    residuals = Vectorized(lambda b: MODELS[name](b, x) - y)
    model = Model(start=starts[which], residuals=residuals)
    result = solve(model, Options(derivatives=derivatives))  # type: ignore[arg-type]
    assert result.success, result.status
    # Forward differences bend the optimum itself by about their own error.
    digits = 1e-6 if derivatives == "central" else 1e-4
    np.testing.assert_allclose(result.variables, certified, rtol=digits)
    np.testing.assert_allclose(result.objective, residual, rtol=digits)


def read_nist(path: Path) -> tuple[Floats, Floats, float, Floats]:
    """Two starts (2, n), certified parameters (n,), residual sum of squares, data (m, 2)."""
    lines = path.read_text().splitlines()
    rows = [
        line.split("=")[1].split() for line in lines if line.lstrip()[:1] == "b" and "=" in line
    ]
    table = np.array([[float(cell) for cell in row[:3]] for row in rows if len(row) == 4])
    residual = next(line for line in lines if line.startswith("Residual Sum of Squares"))
    heading = max(i for i, line in enumerate(lines) if line.startswith("Data:"))
    data = np.array([line.split() for line in lines[heading + 1 :] if line.strip()], dtype=float)
    return table[:, :2].T, table[:, 2], float(residual.split(":")[1]), data


def test_linear_least_squares_ends_at_the_closed_form() -> None:
    result = solve(linear(A, Y, np.full(6, 100.0)))
    expected, total, _, _ = np.linalg.lstsq(A, Y, rcond=None)
    assert result.status.startswith("converged")
    np.testing.assert_allclose(result.variables, expected, rtol=1e-9)
    np.testing.assert_allclose(result.objective, total[0], rtol=1e-12)


def test_rank_deficient_least_squares_reaches_the_minimum() -> None:
    B = np.concatenate([A, A @ RNG.normal(size=(6, 3))], axis=1)
    result = solve(linear(B, Y, np.ones(9)))
    assert result.success
    np.testing.assert_allclose(result.objective, np.linalg.lstsq(A, Y, rcond=None)[1][0])


def test_bounded_least_squares_agrees_with_scipy() -> None:
    lower, upper = np.full(6, -0.1), np.full(6, 0.15)
    expected = scipy.optimize.lsq_linear(A, Y, (lower, upper), method="bvls", tol=1e-14)
    result = solve(linear(A, Y, np.ones(6), lower=lower, upper=upper))
    assert result.success
    assert (result.start == upper).all()  # projected
    assert ((result.variables >= lower) & (result.variables <= upper)).all()
    np.testing.assert_allclose(result.variables, expected.x, atol=1e-8)


def test_rosenbrock_with_and_without_its_jacobian() -> None:
    start = np.array([-1.2, 1.0])
    own = Model(start=start, residuals=Vectorized(rosenbrock_residuals, rosenbrock_jacobian))
    for options in (Options(), Options(derivatives="forward"), Options(derivatives="central")):
        result = solve(own, options)
        assert result.status == "converged: the residuals are zero to rounding"
        np.testing.assert_allclose(result.variables, [1, 1], rtol=1e-9)


def test_units_do_not_matter() -> None:
    units = np.array([1e6, 1e-6])
    start = np.array([-1.2, 1.0])
    plain = Model(start=start, residuals=Vectorized(rosenbrock_residuals, rosenbrock_jacobian))
    scaled = Model(
        start=start * units,
        residuals=Vectorized(
            lambda x: rosenbrock_residuals(x / units),
            lambda x: rosenbrock_jacobian(x / units) / units,
        ),
    )
    one, other = solve(plain), solve(scaled)
    assert one.iterations == other.iterations
    np.testing.assert_allclose(one.variables, other.variables / units, rtol=1e-6)


def test_the_report_is_what_the_objective_and_the_log_show() -> None:
    model = Model(
        start=np.zeros(6),
        residuals=Vectorized(lambda x: x @ A.T - Y),
        report=lambda s: np.sqrt(s / 20),
    )
    result = solve(model)
    r = A @ result.variables - Y
    np.testing.assert_allclose(result.objective, np.sqrt(np.mean(r**2)), rtol=1e-13)
    np.testing.assert_allclose(result.start_objective, np.sqrt(np.mean(Y**2)), rtol=1e-13)
    assert result.log[-1].objective == result.objective


def test_the_log_tells_every_trial() -> None:
    result = solve(Model(start=np.array([-1.2, 1.0]), residuals=Vectorized(rosenbrock_residuals)))
    columns = result.columns()
    assert columns["iteration"] == list(range(result.iterations + 1))
    assert (np.diff(columns["objective"]) <= 0).all()
    assert (np.diff(columns["evaluations"]) > 0).all()
    assert columns["evaluations"][-1] == result.evaluations
    assert columns["step"][0] == 0
    assert min(columns["step"][1:]) > 0
    assert result.start_objective == columns["objective"][0] == pytest.approx(24.2, rel=1e-14)


def test_normal_equations_alone_make_a_problem() -> None:
    def normal_equations(x: Floats) -> tuple[Floats, Floats, Floats]:
        r = x @ A.T - Y
        return (r**2).sum(axis=1), r @ A, np.broadcast_to(A.T @ A, (len(x), 6, 6))

    result = solve(Model(start=np.ones(6), normal_equations=normal_equations))
    # A step that lowers the objective by less than its rounding is not seen: √ε is the limit.
    np.testing.assert_allclose(result.variables, np.linalg.lstsq(A, Y, rcond=None)[0], rtol=1e-7)


def test_a_wrong_jacobian_stalls_and_does_not_claim_convergence() -> None:
    model = Model(
        start=np.array([-1.2, 1.0]),
        residuals=Vectorized(rosenbrock_residuals, lambda x: -rosenbrock_jacobian(x)),
    )
    result = solve(model)
    assert result.status.startswith("stalled")
    assert not result.success


def test_a_start_at_the_optimum_converges_at_once() -> None:
    best = np.asarray(np.linalg.lstsq(A, Y, rcond=None)[0], dtype=float)
    result = solve(linear(A, Y, best))
    assert result.success
    assert result.iterations <= 6
    zero = solve(Model(start=np.array([1.0, 1.0]), residuals=Vectorized(rosenbrock_residuals)))
    assert zero.success
    assert zero.objective == 0
