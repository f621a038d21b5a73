# ruff: noqa: ARG001, ARG005  (all partials are called alike: result, arguments)
"""The normal distribution and those near it, Γ, and the error function.

Every derivative is a closed form: that of a probability is the density. A scale that is not
positive, or a probability outside 0 to 1, is `#NUM!`.
"""

from __future__ import annotations

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._make import elementwise
from sheetsim.formula.functions._special import (
    digamma,
    erf,
    erfc,
    flat,
    gamma,
    gamma_log,
    normal_below,
    normal_density,
    normal_quantile,
    positive,
)
from sheetsim.formula.values import Bools

TWO_BY_ROOT_PI = 2 / float(np.sqrt(np.pi))


def _normal(x: Floats, mean: Floats, sd: Floats, whole: Floats) -> Floats:
    s = positive(sd)
    z = (x - mean) / s
    return np.where(_yes(whole), normal_below(z), normal_density(z) / s)


def _yes(flag: Floats) -> Bools:
    """Return where a flag is set."""
    out: Bools = flag != 0
    return out


def _normal_x(y: Floats, x: Floats, mean: Floats, sd: Floats, whole: Floats) -> Floats:
    z = (x - mean) / sd
    density = normal_density(z) / sd
    return np.where(_yes(whole), density, -z * density / sd)


def _normal_sd(y: Floats, x: Floats, mean: Floats, sd: Floats, whole: Floats) -> Floats:
    z = (x - mean) / sd
    density = normal_density(z) / sd
    return np.where(_yes(whole), -z * density, (z * z - 1) * density / sd)


def _normal_inverse(p: Floats, mean: Floats, sd: Floats) -> Floats:
    out: Floats = mean + positive(sd) * normal_quantile(p)
    return out


def _log_normal(x: Floats, mean: Floats, sd: Floats, whole: Floats) -> Floats:
    x, s = positive(x), positive(sd)
    z = (np.log(x) - mean) / s
    return np.where(_yes(whole), normal_below(z), normal_density(z) / (s * x))


def _log_normal_x(y: Floats, x: Floats, mean: Floats, sd: Floats, whole: Floats) -> Floats:
    z = (np.log(x) - mean) / sd
    density = normal_density(z) / (sd * x)
    return np.where(_yes(whole), density, -density * (1 + z / sd) / x)


def _log_normal_mean(y: Floats, x: Floats, mean: Floats, sd: Floats, whole: Floats) -> Floats:
    z = (np.log(x) - mean) / sd
    return np.where(_yes(whole), -normal_density(z) / sd, y * z / sd)


def _log_normal_sd(y: Floats, x: Floats, mean: Floats, sd: Floats, whole: Floats) -> Floats:
    z = (np.log(x) - mean) / sd
    return np.where(_yes(whole), -z * normal_density(z) / sd, y * (z * z - 1) / sd)


def _log_normal_inverse(p: Floats, mean: Floats, sd: Floats) -> Floats:
    out: Floats = np.exp(_normal_inverse(p, mean, sd))
    return out


def _exponential(x: Floats, rate: Floats, whole: Floats) -> Floats:
    x, rate = np.where(x >= 0, x, np.nan), positive(rate)
    return np.where(_yes(whole), -np.expm1(-rate * x), rate * np.exp(-rate * x))


def _exponential_x(y: Floats, x: Floats, rate: Floats, whole: Floats) -> Floats:
    density = rate * np.exp(-rate * x)
    return np.where(_yes(whole), density, -rate * density)


def _exponential_rate(y: Floats, x: Floats, rate: Floats, whole: Floats) -> Floats:
    e = np.exp(-rate * x)
    return np.where(_yes(whole), x * e, (1 - rate * x) * e)


def _weibull(x: Floats, a: Floats, b: Floats, whole: Floats) -> Floats:
    x, a, b = np.where(x >= 0, x, np.nan), positive(a), positive(b)
    u = (x / b) ** a
    return np.where(_yes(whole), -np.expm1(-u), a / b * (x / b) ** (a - 1) * np.exp(-u))


def _weibull_x(y: Floats, x: Floats, a: Floats, b: Floats, whole: Floats) -> Floats:
    u = (x / b) ** a
    density = a / b * (x / b) ** (a - 1) * np.exp(-u)
    return np.where(_yes(whole), density, density * (a - 1 - a * u) / x)


def _weibull_a(y: Floats, x: Floats, a: Floats, b: Floats, whole: Floats) -> Floats:
    u, log = (x / b) ** a, np.log(np.where(x > 0, x / b, 1.0))
    return np.where(_yes(whole), u * log * np.exp(-u), y * (1 / a + log * (1 - u)))


def _weibull_b(y: Floats, x: Floats, a: Floats, b: Floats, whole: Floats) -> Floats:
    u = (x / b) ** a
    return np.where(_yes(whole), -a / b * u * np.exp(-u), a / b * y * (u - 1))


def _standardized(x: Floats, mean: Floats, sd: Floats) -> Floats:
    out: Floats = (x - mean) / positive(sd)
    return out


def _confidence(alpha: Floats, sd: Floats, size: Floats) -> Floats:
    n = np.trunc(size)
    out: Floats = -normal_quantile(alpha / 2) * positive(sd) / np.sqrt(np.where(n >= 1, n, np.nan))
    return np.where((alpha > 0) & (alpha < 1), out, np.nan)


def _confidence_alpha(y: Floats, alpha: Floats, sd: Floats, size: Floats) -> Floats:
    density = normal_density(normal_quantile(alpha / 2))
    return np.asarray(-0.5 * sd / (np.sqrt(np.trunc(size)) * density))


def _erf(low: Floats, *high: Floats) -> Floats:
    return erf(high[0]) - erf(low) if high else erf(low)


def _bell(a: Floats) -> Floats:
    out: Floats = TWO_BY_ROOT_PI * np.exp(-a * a)
    return out


def _gamma(a: Floats) -> Floats:
    return gamma(np.where(a == 0, np.nan, a))


def _gauss(z: Floats) -> Floats:
    """Return Φ(z) - 1/2, without cancelling near 0."""
    return 0.5 * erf(z / np.sqrt(2.0))


_NORMAL = (_normal_x, lambda y, *a: -_normal_x(y, *a), _normal_sd)
_LOG_NORMAL = (_log_normal_x, _log_normal_mean, _log_normal_sd)
YES = np.ones(1)

FUNCTIONS = (
    elementwise("NORM.DIST", _normal, *_NORMAL, flat, kinks={3}, also="NORMDIST",
                flags={3}, sample=(0.7, 0.4, 1.3, 1.0)),
    elementwise("NORM.S.DIST",
                lambda z, whole: np.where(_yes(whole), normal_below(z), normal_density(z)),
                lambda y, z, whole: normal_density(z) * np.where(_yes(whole), 1.0, -z), flat,
                kinks={1}, flags={1}, sample=(0.7, 0.0)),
    elementwise("NORMSDIST", normal_below, lambda y, z: normal_density(z)),
    elementwise("NORM.INV", _normal_inverse,
                lambda y, p, mean, sd: sd / normal_density(normal_quantile(p)),
                lambda y, p, mean, sd: np.ones_like(y), lambda y, p, mean, sd: normal_quantile(p),
                also="NORMINV", sample=(0.3, 0.4, 1.3)),
    elementwise("NORM.S.INV", normal_quantile, lambda y, p: 1 / normal_density(y),
                also="NORMSINV", sample=(0.3,)),
    elementwise("LOGNORM.DIST", _log_normal, *_LOG_NORMAL, flat, kinks={3},
                flags={3}, sample=(0.7, 0.4, 1.3, 0.0)),
    elementwise("LOGNORMDIST", lambda x, mean, sd: _log_normal(x, mean, sd, YES),
                lambda y, x, mean, sd: _log_normal_x(y, x, mean, sd, YES),
                lambda y, x, mean, sd: _log_normal_mean(y, x, mean, sd, YES),
                lambda y, x, mean, sd: _log_normal_sd(y, x, mean, sd, YES)),
    elementwise("LOGNORM.INV", _log_normal_inverse,
                lambda y, p, mean, sd: y * sd / normal_density(normal_quantile(p)),
                lambda y, p, mean, sd: y, lambda y, p, mean, sd: y * normal_quantile(p),
                also="LOGINV", sample=(0.3, 0.4, 1.3)),
    elementwise("EXPON.DIST", _exponential, _exponential_x, _exponential_rate, flat, kinks={2},
                also="EXPONDIST", flags={2}, sample=(0.7, 1.3, 0.0)),
    elementwise("WEIBULL.DIST", _weibull, _weibull_x, _weibull_a, _weibull_b, flat, kinks={3},
                also="WEIBULL", flags={3}, sample=(0.7, 1.3, 0.8, 0.0)),
    elementwise("STANDARDIZE", _standardized, lambda y, x, mean, sd: 1 / sd + 0 * y,
                lambda y, x, mean, sd: -1 / sd + 0 * y, lambda y, x, mean, sd: -y / sd),
    elementwise("CONFIDENCE.NORM", _confidence, _confidence_alpha,
                lambda y, alpha, sd, size: y / sd, flat, kinks={2}, also="CONFIDENCE",
                sample=(0.2, 1.3, 5.4)),
    elementwise("PHI", normal_density, lambda y, z: -z * y),
    elementwise("GAUSS", _gauss, lambda y, z: normal_density(z)),
    elementwise("FISHER", np.arctanh, lambda y, a: 1 / (1 - a * a)),
    elementwise("FISHERINV", np.tanh, lambda y, a: 1 - y * y),
    elementwise("ERF", _erf, lambda y, low, *high: -_bell(low) if high else _bell(low),
                lambda y, low, high: _bell(high), least=1, booleans=False),
    elementwise("ERF.PRECISE", erf, lambda y, a: _bell(a), booleans=False),
    elementwise("ERFC", erfc, lambda y, a: -_bell(a), also="ERFC.PRECISE", booleans=False),
    elementwise("GAMMALN", gamma_log, lambda y, a: digamma(a), also="GAMMALN.PRECISE"),
    elementwise("GAMMA", _gamma, lambda y, a: y * digamma(a)),
)  # fmt: skip
