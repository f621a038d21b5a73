"""A process that plays another processor really does; one that does not is caught."""

import subprocess
import sys
from pathlib import Path

import processors
import pytest
from children import PATIENCE

PLAYED = [role for role in processors.ROLES if not processors.obstacle(role)]

needs_a_role = pytest.mark.skipif(not PLAYED, reason="this machine can play no other processor")


def demanded(role: processors.Role, **environment: str) -> subprocess.CompletedProcess[str]:
    """A child that is to play a role, and makes sure that it does."""
    code = f"import processors; processors.demand({role.name!r})"
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**processors.environment(role), **environment},
        cwd=Path(processors.__file__).parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@needs_a_role
def test_a_child_plays_its_role() -> None:
    for role in PLAYED:
        done = demanded(role)
        assert done.returncode == 0, done.stderr


@needs_a_role
def test_names_that_nobody_knows_are_caught() -> None:
    role = PLAYED[-1]
    wrong = demanded(role, OPENBLAS_CORETYPE="Nobody")
    assert wrong.stderr.splitlines()[-1].startswith("AssertionError: OpenBLAS uses routines for")
    if left := processors.off(role):
        wrong = demanded(role, NPY_DISABLE_CPU_FEATURES="NOTHING_AT_ALL")
        assert wrong.stderr.splitlines()[-1] == f"AssertionError: {', '.join(left)} should be off"


def test_what_a_machine_cannot_play_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ARM, an old Intel, and another library than OpenBLAS."""
    haswell, nehalem = processors.ROLES
    monkeypatch.setattr(processors, "features", lambda: {"NEON": True})
    assert processors.obstacle(nehalem) == "this processor has no SSE42"
    monkeypatch.setattr(processors, "features", lambda: dict.fromkeys(processors.SSE, True))
    monkeypatch.setattr(processors, "architectures", lambda: ["Nehalem"])
    assert processors.obstacle(haswell) == "this processor has no AVX2"
    assert processors.obstacle(nehalem) == "this processor is one"
    monkeypatch.setattr(processors, "architectures", list)
    assert processors.obstacle(nehalem) == "NumPy uses another library than OpenBLAS here"
