"""Distributions, moments and percentiles against SciPy and Python's statistics, far into tails."""

import math
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sheetsim.arrays import Floats
from sheetsim.book import CellError
from sheetsim.formula.functions import TABLE, UnknownResultError
from sheetsim.formula.functions import _special as own
from sheetsim.formula.values import constant, from_objects

RNG = np.random.default_rng(5)
Z = RNG.normal(size=200) * 4
X = 10 ** RNG.uniform(-2, 2, 200)
A = 10 ** RNG.uniform(-1, 2, 200)
B = 10 ** RNG.uniform(-1, 2, 200)
P = RNG.uniform(1e-6, 1 - 1e-6, 200)
N = RNG.integers(1, 60, 200).astype(float)
M = RNG.integers(1, 60, 200).astype(float)
K = np.floor(N * P)


def call(name: str, *args: Any) -> Any:
    """A function's values for numbers or arrays of numbers, cell by cell."""
    arrays = [from_objects(np.asarray(a, object).reshape((-1, 1, 1, 1))) for a in args]
    return TABLE[name].value(arrays, True).num[:, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("NORM.S.DIST", (Z, 1.0), stats.norm.cdf(Z)),
        ("NORM.S.INV", (P,), stats.norm.ppf(P)),
        ("NORM.DIST", (Z, A, B, 0.0), stats.norm.pdf(Z, A, B)),
        ("LOGNORM.DIST", (X, Z, A, 1.0), stats.lognorm.cdf(X, A, scale=np.exp(Z))),
        ("EXPON.DIST", (X, A, 0.0), stats.expon.pdf(X, scale=1 / A)),
        ("WEIBULL.DIST", (X, A / 10, B, 1.0), stats.weibull_min.cdf(X, A / 10, scale=B)),
        ("GAMMA.DIST", (X, A, B, 1.0), stats.gamma.cdf(X, A, scale=B)),
        ("GAMMA.DIST", (X, A, B, 0.0), stats.gamma.pdf(X, A, scale=B)),
        ("GAMMA.INV", (P, A, B), stats.gamma.ppf(P, A, scale=B)),
        ("BETA.DIST", (P, A, B, 1.0), stats.beta.cdf(P, A, B)),
        ("BETA.DIST", (P, A, B, 0.0), stats.beta.pdf(P, A, B)),
        ("BETA.INV", (P, A, B), stats.beta.ppf(P, A, B)),
        ("CHISQ.DIST", (X, N, 1.0), stats.chi2.cdf(X, N)),
        ("CHISQ.DIST.RT", (X, N), stats.chi2.sf(X, N)),
        ("CHISQ.INV", (P, N), stats.chi2.ppf(P, N)),
        ("CHISQ.INV.RT", (P, N), stats.chi2.isf(P, N)),
        ("T.DIST", (Z, N, 1.0), stats.t.cdf(Z, N)),
        ("T.DIST", (Z, N, 0.0), stats.t.pdf(Z, N)),
        ("T.DIST.RT", (Z, N), stats.t.sf(Z, N)),
        ("T.INV", (P, N), stats.t.ppf(P, N)),
        ("T.INV.2T", (P, N), stats.t.isf(P / 2, N)),
        ("F.DIST", (X, N, M, 1.0), stats.f.cdf(X, N, M)),
        ("F.DIST", (X, N, M, 0.0), stats.f.pdf(X, N, M)),
        ("F.DIST.RT", (X, N, M), stats.f.sf(X, N, M)),
        ("F.INV", (P, N, M), stats.f.ppf(P, N, M)),
        ("F.INV.RT", (P, N, M), stats.f.isf(P, N, M)),
        ("BINOM.DIST", (K, N, P, 0.0), stats.binom.pmf(K, N, P)),
        ("BINOM.DIST", (K, N, P, 1.0), stats.binom.cdf(K, N, P)),
        ("BINOM.INV", (N, P, P[::-1]), stats.binom.ppf(P[::-1], N, P)),
        ("POISSON.DIST", (K, A, 0.0), stats.poisson.pmf(K, A)),
        ("POISSON.DIST", (K, A, 1.0), stats.poisson.cdf(K, A)),
        ("NEGBINOM.DIST", (K, M, P, 0.0), stats.nbinom.pmf(K, M, P)),
        ("NEGBINOM.DIST", (K, M, P, 1.0), stats.nbinom.cdf(K, M, P)),
        ("HYPGEOM.DIST", (3.0, N[:60] + 3, 20.0, 90.0, True), stats.hypergeom.cdf(
            3, 90, 20, N[:60] + 3)),
        ("BINOM.DIST.RANGE", (N, P, 0.0, K), stats.binom.cdf(K, N, P)),
        ("BESSELI", (X, N % 9), special.iv(N % 9, X)),
        ("BESSELK", (X, N % 9), special.kn(N % 9, X)),
        ("GAMMALN", (X,), special.gammaln(X)),
        ("ERFC", (np.abs(Z),), special.erfc(np.abs(Z))),
    ],
)  # fmt: skip
def test_distribution_equals_scipys(name: str, args: tuple[Any, ...], expected: Floats) -> None:
    with np.errstate(all="ignore"):
        found = call(name, *args)
    kept = np.abs(expected) > 1e-250
    np.testing.assert_allclose(found[kept], expected[kept], rtol=2e-11, atol=1e-300)


@pytest.mark.parametrize("upper", [False, True])
def test_tails_keep_their_digits(upper: bool) -> None:
    """1e-40 is a probability like any other; 1 - 1e-40 would be 1."""
    x = np.array([300.0]) if upper else np.array([1e-3])
    below, above = own.gamma_parts(np.array([20.0]), x)
    found = above if upper else below
    expected = (special.gammaincc if upper else special.gammainc)(20.0, x)
    assert found[0] < 1e-40
    assert found == pytest.approx(expected, rel=1e-11)


def test_digamma_is_the_derivative_of_gamma_log() -> None:
    x = np.concatenate([X, -X + 0.37])
    np.testing.assert_allclose(own.digamma(x), special.digamma(x), rtol=1e-8, atol=1e-12)


LISTS = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=5, max_size=12)


@given(LISTS)
@settings(deadline=None, max_examples=60)
def test_statistics_equal_pythons(items: list[float]) -> None:
    def value(name: str, *more: float) -> float:
        args = [constant([items]), *(constant(one) for one in more)]
        return float(TABLE[name].value(args, True).num.ravel()[0])

    quartiles = statistics.quantiles(items, n=4, method="inclusive")
    outer = statistics.quantiles(items, n=4, method="exclusive")
    for i in (1, 2, 3):
        assert value("QUARTILE.INC", i) == pytest.approx(quartiles[i - 1], rel=1e-12, abs=1e-12)
        assert value("QUARTILE.EXC", i) == pytest.approx(outer[i - 1], rel=1e-12, abs=1e-12)
    assert value("LARGE", 2.0) == sorted(items)[-2]
    assert value("SMALL", 2.0) == sorted(items)[1]
    assert value("TRIMMEAN", 0.4) == pytest.approx(stats.trim_mean(items, 0.2), abs=1e-12)
    positive = [abs(one) + 0.1 for one in items]
    args = [constant([positive])]
    means: dict[str, Any] = {
        "GEOMEAN": statistics.geometric_mean,
        "HARMEAN": statistics.harmonic_mean,
    }
    for name, mean in means.items():
        assert TABLE[name].value(args, True).num == pytest.approx(mean(positive), rel=1e-12)
    if np.std(items) > 1e-3:
        assert value("SKEW") == pytest.approx(stats.skew(items, bias=False), rel=1e-9, abs=1e-9)
        assert value("KURT") == pytest.approx(stats.kurtosis(items, bias=False), rel=1e-9, abs=1e-9)


@given(st.floats(-0.2, 1.0), st.integers(1, 60), st.floats(-100, -1), st.floats(-1e3, 1e3),
       st.booleans())  # fmt: skip
@settings(deadline=None, max_examples=80)
def test_loans_balance(rate: float, n: int, pmt: float, fv: float, start: bool) -> None:
    """Period by period: what is owed grows by the rate and is paid off; RATE finds it again."""
    kind = float(start)
    pv = call("PV", rate, float(n), pmt, fv, kind)[0]
    owed, interest = pv, []
    for i in range(n):
        due = 0.0 if start and i == 0 else rate * owed
        interest.append(due)
        owed = owed + due + pmt
    if start:
        owed = owed * (1 + rate)
    scale = abs(pv) * (1 + abs(rate)) ** n + abs(pmt) * n + abs(fv)
    assert owed == pytest.approx(-fv, abs=1e-11 * scale)
    assert call("PMT", rate, float(n), pv, fv, kind)[0] == pytest.approx(pmt, rel=1e-8)
    assert call("IPMT", rate, float(n), float(n), pv, fv, kind)[0] == pytest.approx(
        -interest[-1], abs=1e-10 * scale
    )


@pytest.mark.parametrize("rate", [0.0, 1e-12, -1e-9, 1e-6, 9.99e-4, 1.01e-3, 0.05, -0.3])
@pytest.mark.parametrize("name", ["PMT", "PV", "FV"])
def test_derivative_by_the_rate_is_exact_also_near_0(name: str, rate: float) -> None:
    """Against differences of fractions with 60 digits, of the defining sums."""
    from fractions import Fraction

    def exact(r: Fraction) -> Fraction:
        n, pmt, pv, fv = 24, Fraction(-7), Fraction(130), Fraction(11)
        g = (1 + r) ** n
        a = sum(((1 + r) ** k for k in range(n)), Fraction(0))
        return {
            "PMT": -(pv * g + fv) / a, "PV": -(fv + pmt * a) / g, "FV": -(pv * g + pmt * a),
        }[name]  # fmt: skip

    h = Fraction(1, 10**20)
    slope = float((exact(Fraction(rate) + h) - exact(Fraction(rate) - h)) / (2 * h))
    numbers = {"PMT": (130.0, 11.0), "PV": (-7.0, 11.0), "FV": (-7.0, 130.0)}[name]
    args = [constant(one) for one in (rate, 24.0, *numbers)]
    function = TABLE[name]
    out = function.value(args, True)
    found = function.slopes(args, out, [True] * len(args))[0]
    assert out.num.item() == pytest.approx(float(exact(Fraction(rate))), rel=1e-13)
    assert np.asarray(found).item() == pytest.approx(slope, rel=1e-10)


def _callable(name: str) -> bool:
    return not TABLE[name].random and name not in {"MULTINOMIAL", "SEQUENCE"}


@pytest.mark.parametrize("name", [name for name in sorted(TABLE) if _callable(name)])
def test_any_values_give_a_value_or_an_error(name: str) -> None:
    """No argument, of whatever kind, makes a function raise."""
    function = TABLE[name]
    rng = np.random.default_rng(len(name))
    kinds = ["", "a", "7", "2020-01-05", "*", CellError("#N/A"), None, True, 0.0, -1.5, 2.0, 700.0]
    for _ in range(12):
        count = int(rng.integers(function.least, min(function.most, function.least + 3) + 1))
        args = []
        for _ in range(count):
            rows, columns = rng.integers(1, 3, 2)
            picked = [[kinds[i] for i in rng.integers(len(kinds), size=columns)]
                      for _ in range(rows)]  # fmt: skip
            args.append(constant(picked if rng.random() < 0.3 else picked[0][0]))
        try:
            np.broadcast_shapes(*(arg.shape for arg in args))
        except ValueError:
            continue
        try:
            with np.errstate(all="ignore"):
                out = function.value(args, True)
        except UnknownResultError:  # so that it is said, and not computed
            continue
        for one in out.objects().ravel():
            assert one is None or isinstance(one, float | bool | str | CellError)
            assert not isinstance(one, float) or math.isfinite(one)


def test_bessel_functions_equal_scipys() -> None:
    """Near a root a relative difference says nothing: beside what J and Y are in size there."""
    orders, x = np.floor(P * 30), 10 ** RNG.uniform(-3, 3.5, 200)
    j, y = special.jv(orders, x), special.yv(orders, x)
    size = np.where(x > orders, np.hypot(j, y), np.abs(j))
    assert (np.abs(call("BESSELJ", x, orders) - j) <= 2e-13 * size + 1e-300).all()
    good = np.isfinite(y) & (np.abs(y) < 1e300)
    size = np.where(x > orders, np.hypot(j, y), np.abs(y))
    assert (np.abs(call("BESSELY", x, orders) - y)[good] <= 2e-12 * size[good]).all()


def test_tests_of_hypotheses_equal_scipys() -> None:
    for size, other in ((5, 9), (12, 12), (40, 7)):
        a, b = RNG.normal(size=size) * 2 + 1, RNG.normal(size=other)
        rows = [constant([list(one)]) for one in (a, b)]
        expected: dict[tuple[Any, ...], float] = {
            ("T.TEST", 2.0, 2.0): stats.ttest_ind(a, b).pvalue,
            ("T.TEST", 1.0, 3.0): stats.ttest_ind(a, b, equal_var=False).pvalue / 2,
        }
        if size == other:
            expected["T.TEST", 2.0, 1.0] = stats.ttest_rel(a, b).pvalue
        ratio = a.var(ddof=1) / b.var(ddof=1)
        tails = stats.f.cdf(ratio, size - 1, other - 1), stats.f.sf(ratio, size - 1, other - 1)
        expected["F.TEST",] = 2 * min(tails)
        for (name, *rest), value in expected.items():
            found = TABLE[name].value([*rows, *map(constant, rest)], True).num.item()
            assert found == pytest.approx(value, rel=1e-11), name
    counts = np.array([[12, 5, 9], [7, 11, 3], [4, 4, 15]])
    table = stats.chi2_contingency(counts)
    both = [constant(one.tolist()) for one in (counts.astype(float), table.expected_freq)]
    found = TABLE["CHISQ.TEST"].value(both, True).num.item()
    assert found == pytest.approx(table.pvalue, rel=1e-12)
