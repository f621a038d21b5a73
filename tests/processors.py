"""The tests that depend on how a processor rounds, again as if on other processors.

    python tests/processors.py [arguments of pytest]

NumPy and OpenBLAS choose among routines by what the processor can, and these differ in the last
digits. Both can be made to do with less, so one machine can play another:

    like Haswell    OpenBLAS's routines for AVX2, NumPy's without AVX-512
    like Nehalem    OpenBLAS's routines for SSE4, and none of NumPy's that need more

each with one thread of BLAS, and each in a process of its own, for the choice is made when NumPy is
loaded. An unknown name only makes them warn, so the child makes sure (`demand`, called by
conftest.py) that it runs as it was asked to. What a machine cannot play is named and left out.
The tests are those with the mark `processor`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

MARK = "pytest.mark.processor"
"""What stands in the files that are run."""

VARIABLE = "SHEETSIM_TESTS_PLAY"
"""The environment variable that says which processor a child plays."""


@dataclass(frozen=True)
class Role:
    """A processor to play.

    Attributes:
        name: of OpenBLAS's routines for it.
        needs: the feature without which these routines cannot run.
        has: features that it has, by the names of all versions of NumPy.
    """

    name: str
    needs: str
    has: frozenset[str]


SSE = frozenset({"SSE", "SSE2", "SSE3", "SSSE3", "SSE41", "POPCNT", "SSE42", "X86_V2"})
AVX2 = SSE | {"AVX", "F16C", "FMA3", "AVX2", "X86_V3"}
ROLES = (Role("Haswell", "AVX2", AVX2), Role("Nehalem", "SSE42", SSE))


def features() -> dict[str, bool]:
    """NumPy's names of what processors can, and whether this process uses it."""
    return dict(np._core._multiarray_umath.__cpu_features__)  # type: ignore[attr-defined]


def chosen() -> tuple[str, ...]:
    """The features for which NumPy has routines of their own, to be taken or not."""
    return tuple(np._core._multiarray_umath.__cpu_dispatch__)  # type: ignore[attr-defined]


def architectures() -> list[str]:
    """Whose routines the copies of OpenBLAS in this process use."""
    return [
        each["architecture"]
        for each in threadpool_info()
        if each["internal_api"] == "openblas" and each.get("architecture")
    ]


def off(role: Role) -> list[str]:
    """The features that this machine has, and that have to be turned off for a role."""
    there = features()
    return [name for name in chosen() if there.get(name) and name not in role.has]


def obstacle(role: Role) -> str:
    """Why this machine cannot play a role, or need not; "" if it can."""
    if not features().get(role.needs):
        return f"this processor has no {role.needs}"
    if not architectures():
        return "NumPy uses another library than OpenBLAS here"
    if set(architectures()) == {role.name} and not off(role):
        return "this processor is one"
    return ""


def demand(name: str) -> None:
    """Make sure that this process plays a role.

    Raises:
        AssertionError: NumPy or OpenBLAS did not do as they were asked.
    """
    (role,) = [each for each in ROLES if each.name == name]
    left = off(role)
    assert not left, f"{', '.join(left)} should be off"
    assert set(architectures()) == {name}, f"OpenBLAS uses routines for {architectures()}"


def environment(role: Role) -> dict[str, str]:
    """The variables that make a child play a role."""
    given = {key: value for key, value in os.environ.items() if key != "NPY_ENABLE_CPU_FEATURES"}
    return given | {
        VARIABLE: role.name,
        "OPENBLAS_CORETYPE": role.name,
        "OPENBLAS_NUM_THREADS": "1",
        "NPY_DISABLE_CPU_FEATURES": " ".join(off(role)),
    }


def played(arguments: list[str]) -> Iterator[tuple[str, int]]:
    """Run the tests in every role; its name and how they ended."""
    tests = Path(__file__).resolve().parent
    texts = {str(file): file.read_text(encoding="utf-8") for file in tests.rglob("test_*.py")}
    files = sorted(file for file, text in texts.items() if MARK in text)
    for role in ROLES:
        why_not = obstacle(role)
        if why_not:
            print(f"like {role.name}: left out, {why_not}", flush=True)
            continue
        without = ", ".join(off(role)) or "nothing that NumPy uses here"
        print(f"like {role.name}: without {without}", flush=True)
        words = ["-m", "pytest", "-q", "-m", "processor", *arguments, *files]
        done = subprocess.run(
            [sys.executable, *words], cwd=tests.parent, env=environment(role), check=False
        )
        yield role.name, done.returncode


if __name__ == "__main__":
    failed = [name for name, code in played(sys.argv[1:]) if code]
    if failed:
        sys.exit(f"failed like {', '.join(failed)}")
