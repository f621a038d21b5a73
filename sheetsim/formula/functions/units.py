"""CONVERT: a number in other units.

A unit has a kind (mass, length, ...) and a size in the kind's own; temperatures have an offset
too. Units are told apart by case. Those of `_METRIC` take the prefixes of the SI, powers of 10, and
bits and bytes those of the IEC as well, powers of 1024; an area's or a volume's prefix counts twice
or three times ("km2"). Sizes are those of the definitions (NIST Special Publication 811; the
constants of u and eV as Excel has them).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError
from sheetsim.formula.functions._make import general
from sheetsim.formula.values import NA_ERROR, VALUE_ERROR, ArrayValue, errors_of, from_objects


class _Unit(NamedTuple):
    """A kind, and what a number is in its own unit: size * (number + offset)."""

    kind: str
    size: float
    offset: float = 0.0


_INCH, _LIGHT, _PARSEC = 0.0254, 9.4607304725808e15, 3.0856775812815532e16
_LENGTHS = {
    "m": 1.0, "mi": 1609.344, "Nmi": 1852.0, "in": _INCH, "ft": 0.3048, "yd": 0.9144,
    "ang": 1e-10, "ell": 1.143, "ly": _LIGHT, "parsec": _PARSEC, "pc": _PARSEC,
    "Picapt": _INCH / 72, "Pica": _INCH / 72, "pica": _INCH / 6, "survey_mi": 6336000 / 3937,
}  # fmt: skip
_SQUARED = ("m", "mi", "Nmi", "in", "ft", "yd", "ang", "ly", "Picapt", "Pica")
"""Lengths whose squares and cubes are units."""

_SIZES: dict[str, dict[str, float]] = {
    "mass": {
        "g": 1.0, "sg": 14593.902937206364, "lbm": 453.59237, "u": 1.660538782e-24,
        "ozm": 28.349523125, "grain": 0.06479891, "cwt": 45359.237, "shweight": 45359.237,
        "uk_cwt": 50802.34544, "lcwt": 50802.34544, "hweight": 50802.34544, "stone": 6350.29318,
        "ton": 907184.74, "uk_ton": 1016046.9088, "LTON": 1016046.9088, "brton": 1016046.9088,
    },
    "length": _LENGTHS,
    "time": {
        "yr": 31557600.0, "day": 86400.0, "d": 86400.0, "hr": 3600.0, "mn": 60.0, "min": 60.0,
        "sec": 1.0, "s": 1.0,
    },
    "pressure": {
        "Pa": 1.0, "p": 1.0, "atm": 101325.0, "at": 101325.0, "mmHg": 133.322,
        "psi": 6894.757293168361, "Torr": 101325 / 760,
    },
    "force": {"N": 1.0, "dyn": 1e-5, "dy": 1e-5, "lbf": 4.4482216152605, "pond": 0.00980665},
    "energy": {
        "J": 1.0, "e": 1e-7, "c": 4.184, "cal": 4.1868, "eV": 1.602176487e-19,
        "ev": 1.602176487e-19, "HPh": 2684519.5376961729, "hh": 2684519.5376961729, "Wh": 3600.0,
        "wh": 3600.0, "flb": 1.3558179483314004, "BTU": 1055.05585262, "btu": 1055.05585262,
    },
    "power": {
        "W": 1.0, "w": 1.0, "HP": 745.69987158227022, "h": 745.69987158227022, "PS": 735.49875,
    },
    "magnetism": {"T": 1.0, "ga": 1e-4},
    "volume": {
        "l": 1.0, "L": 1.0, "lt": 1.0, "tsp": 0.00492892159375, "tspm": 0.005,
        "tbs": 0.01478676478125, "oz": 0.0295735295625, "cup": 0.2365882365, "pt": 0.473176473,
        "us_pt": 0.473176473, "uk_pt": 0.56826125, "qt": 0.946352946, "uk_qt": 1.1365225,
        "gal": 3.785411784, "uk_gal": 4.54609, "barrel": 158.987294928,
        "bushel": 35.23907016688, "GRT": 2831.6846592, "regton": 2831.6846592,
        "MTON": 1132.67386368,
        **{f"{name}{sign}3": 1000 * _LENGTHS[name] ** 3 for name in _SQUARED for sign in ("", "^")},
    },
    "area": {
        "ar": 100.0, "ha": 10000.0, "Morgen": 2500.0, "uk_acre": 4046.8564224,
        "us_acre": 4046.8726098742523,
        **{f"{name}{sign}2": _LENGTHS[name] ** 2 for name in _SQUARED for sign in ("", "^")},
    },
    "information": {"bit": 1.0, "byte": 8.0},
    "speed": {
        "m/s": 1.0, "m/sec": 1.0, "m/h": 1 / 3600, "m/hr": 1 / 3600, "mph": 0.44704,
        "kn": 1852 / 3600, "admkn": 6080 * 0.3048 / 3600,
    },
}  # fmt: skip
_TEMPERATURES = {
    ("K", "kel"): (1.0, 0.0), ("C", "cel"): (1.0, 273.15), ("Rank",): (5 / 9, 0.0),
    ("F", "fah"): (5 / 9, 459.67), ("Reau",): (1.25, 218.52),
}  # fmt: skip
_UNITS = {
    name: _Unit(kind, size) for kind, sizes in _SIZES.items() for name, size in sizes.items()
} | {
    name: _Unit("temperature", *line) for names, line in _TEMPERATURES.items() for name in names
}  # fmt: skip

_METRIC = frozenset(
    {
        *("g", "u", "m", "ang", "ly", "parsec", "pc", "sec", "s", "Pa", "p", "atm", "at", "mmHg"),
        *("N", "dyn", "dy", "pond", "J", "e", "c", "cal", "eV", "ev", "Wh", "wh", "W", "w", "T"),
        *("ga", "K", "kel", "l", "L", "lt", "ar", "m2", "m^2", "m3", "m^3", "ang2", "ang^2"),
        *("ang3", "ang^3", "bit", "byte", "m/s", "m/sec", "m/h", "m/hr"),
    }
)
_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "e": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
_BINARY = {f"{name}i": 10 * k for k, name in enumerate("kMGTPEZY", 1)}


@lru_cache(maxsize=4096)
def _unit(name: str) -> _Unit | None:
    """Return what a unit is, with a prefix or without; None for none."""
    if name in _UNITS:
        return _UNITS[name]
    for length in (2, 1):
        prefix, rest = name[:length], name[length:]
        unit = _UNITS.get(rest)
        if unit is None or rest not in _METRIC:
            continue
        if prefix in _PREFIXES:
            times = {"2": 2, "3": 3}.get(rest[-1], 1)
            power = _PREFIXES[prefix] * times
            size = unit.size * 10.0**power if power >= 0 else unit.size / 10.0**-power
            return unit._replace(size=size)
        if prefix in _BINARY and unit.kind == "information":
            return unit._replace(size=unit.size * 2.0 ** _BINARY[prefix])
    return None


def _lines(before: ArrayValue, after: ArrayValue) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the sizes and offsets of both units, NaN where they do not go together."""
    names = np.broadcast_arrays(before.objects(), after.objects())
    shape = names[0].shape
    found = np.full((4, names[0].size), np.nan)
    for i, (a, b) in enumerate(zip(names[0].flat, names[1].flat, strict=True)):
        one, other = (_unit(text) if isinstance(text, str) else None for text in (a, b))
        if one is not None and other is not None and one.kind == other.kind:
            found[:, i] = one.size, one.offset, other.size, other.offset
    size, offset, size2, offset2 = found.reshape((4, *shape))
    return size, offset, size2, offset2


def _convert(number: ArrayValue, before: ArrayValue, after: ArrayValue) -> ArrayValue:
    size, offset, size2, offset2 = _lines(before, after)
    num = np.where(
        (size == size2) & (offset == offset2),
        number.num,
        np.where(
            (offset == 0) & (offset2 == 0),
            number.num * (size / size2),
            (number.num + offset) * size / size2 - offset2,
        ),
    )
    out = num.astype(object)
    out[np.isnan(num)] = NA_ERROR
    wrong = np.broadcast_to(np.isnan(number.num), num.shape)
    out[wrong] = VALUE_ERROR
    for arg in (after, before, number):
        if arg.kind is not None:
            errors = np.broadcast_to(errors_of(arg) if arg is number else arg.objects(), num.shape)
            for index in np.ndindex(num.shape):
                if isinstance(errors[index], CellError):
                    out[index] = errors[index]
    return from_objects(out)


def _slopes(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    size, _, size2, _ = _lines(args[1], args[2])
    return [size / size2 + 0 * out.num, None, None]


FUNCTIONS = (
    general("CONVERT", 3, 3, _convert, partials=_slopes, linear={0}, kinks={1, 2},
            cell_by_cell=True, sample=(2.5, "kg", "lbm")),
)  # fmt: skip
