"""The surfaces: known values and minima, derivatives against differences and SciPy."""

import numpy as np
import pytest
import scipy.optimize

from sheetsim.data import Points, line_points
from sheetsim.racing.surfaces import SURFACES, Surface, line_surface, pair
from sheetsim.sheet import Array

EACH = pytest.mark.parametrize("surface", SURFACES.values(), ids=list(SURFACES))


def places(surface: Surface, count: int = 200) -> Array:
    """Places in the box, (count, 2)."""
    low, high = np.array(surface.box).T
    return np.random.default_rng(5).uniform(low, high, (count, 2))


@EACH
def test_gradient_is_that_of_the_loss(surface: Surface) -> None:
    x = places(surface)
    h = 1e-5 * np.ptp(np.array(surface.box), axis=1)
    for i in (0, 1):
        nudge = np.eye(2)[i] * h[i]
        central = (surface.loss(x + nudge) - surface.loss(x - nudge)) / (2 * h[i])
        exact = surface.gradient(x)[:, i]
        np.testing.assert_allclose(exact, central, rtol=1e-6, atol=1e-6 * np.abs(exact).max())


@EACH
def test_minima(surface: Surface) -> None:
    """No place has less loss, and there, and only there, it is 0."""
    minima = np.array(surface.minima)
    np.testing.assert_array_equal(surface.loss(minima), 0)
    np.testing.assert_allclose(surface.gradient(minima), 0, atol=1e-12)
    np.testing.assert_array_equal(surface.distance(minima), 0)
    assert (surface.loss(places(surface)) > 0).all()
    found = scipy.optimize.minimize(surface.loss, surface.start, method="Nelder-Mead", tol=1e-10)
    assert surface.distance(found.x) < 1e-3


@EACH
def test_hessian_is_that_of_the_gradient_at_the_first_minimum(surface: Surface) -> None:
    x, h = np.array(surface.minima[0]), 1e-6
    rows = [
        (surface.gradient(x + h * e) - surface.gradient(x - h * e)) / (2 * h) for e in np.eye(2)
    ]
    np.testing.assert_allclose(surface.hessian, rows, rtol=1e-6, atol=1e-6)
    assert surface.condition == pytest.approx(np.linalg.cond(surface.hessian), rel=1e-9)


@EACH
def test_any_shape_will_do(surface: Surface) -> None:
    x = places(surface, 12)
    many = x.reshape(3, 4, 2)
    np.testing.assert_array_equal(surface.loss(many).ravel(), surface.loss(x))
    np.testing.assert_array_equal(surface.gradient(many).reshape(12, 2), surface.gradient(x))
    assert surface.loss(x[0]).shape == ()
    assert surface.gradient(x[0]).shape == (2,)


@EACH
def test_start_and_minima_are_in_the_box(surface: Surface) -> None:
    low, high = np.array(surface.box).T
    for place in (surface.start, *surface.minima):
        assert (low < place).all()
        assert (place < high).all()


def test_rosenbrock_is_scipys() -> None:
    surface = SURFACES["rosenbrock"]
    x = places(surface)
    np.testing.assert_allclose(surface.loss(x), scipy.optimize.rosen(x.T), rtol=1e-12)
    np.testing.assert_allclose(surface.gradient(x), scipy.optimize.rosen_der(x.T).T, rtol=1e-11)
    np.testing.assert_array_equal(surface.hessian, scipy.optimize.rosen_hess(np.ones(2)))
    assert surface.start == (-1.2, 1.0)
    assert surface.loss(np.array(surface.start)) == pytest.approx(24.2)


def test_beales_known_values() -> None:
    surface = SURFACES["beale"]
    assert surface.minima == ((3.0, 0.5),)
    # At the origin the residuals are the three constants, at (1, 1) too.
    assert surface.loss(np.zeros(2)) == surface.loss(np.ones(2)) == 14.203125


def test_saddle_is_one() -> None:
    surface = SURFACES["saddle"]
    np.testing.assert_array_equal(surface.gradient(np.zeros(2)), 0)
    along, across = surface.loss(np.array([[0.1, 0], [0, 0.1]])) - surface.loss(np.zeros(2))
    assert along > 0 > across
    assert surface.distance(np.array([0.0, -0.75])) == 0.25, "from the nearer of the two"


def test_line_is_the_mean_squared_error_of_the_projects_points() -> None:
    surface, points = SURFACES["line"], line_points()
    x = places(surface)
    errors = x[:, :1] + x[:, 1:] * points.x - points.y
    np.testing.assert_allclose(surface.loss(x), np.mean(errors**2, axis=1), rtol=1e-10)
    a, b = np.polyfit(points.x, points.y, 1)
    np.testing.assert_allclose(surface.minima, [[b, a]], rtol=1e-12)
    design = np.stack([np.ones(points.n), points.x], axis=1)
    np.testing.assert_allclose(surface.hessian, 2 / points.n * design.T @ design, rtol=1e-14)
    assert surface.condition == pytest.approx(np.linalg.cond(design) ** 2, rel=1e-9)
    assert surface.condition > 10_000, "the narrow valley"


def test_line_of_other_points() -> None:
    surface = line_surface(Points(np.array([0.0, 1, 4]), np.array([3.0, 1, -5]), "three"))
    assert surface.minima == ((3.0, -2.0),)
    assert surface.loss(np.array([3.0, -1.0])) == pytest.approx((0 + 1 + 16) / 3)


def test_pair_keeps_each_parameter_together() -> None:
    x = pair(np.arange(3.0), np.ones(3))
    np.testing.assert_array_equal(x, [[0, 1], [1, 1], [2, 1]])
    assert x[:, 0].flags.c_contiguous
    assert x[:, 1].flags.c_contiguous
