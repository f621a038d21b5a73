"""The wheel: built, installed where nothing else is, it builds, solves and verifies workbooks.

It is built from a copy of the sources and installed into a new virtual environment. What the
wheel says it needs, and what that needs in turn, is linked there from the environment of the
tests, and nothing else: a library that the metadata forgets is not there. All that needs the
wheel is one test, so that it is built once, whatever number of processes the tests run in.
"""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import Parser
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sheetsim"

BACKEND = "setuptools>=77"
"""What builds the wheel, as pyproject.toml has it."""

RUNS = {
    "sheetsim --version": "sheetsim",
    "sheetsim list": "collab_filter",
    "sheetsim build dot_product digit --out .": "dot_product.xlsx: written",
    "sheetsim solve dot_product.xlsx --start random --out solved.xlsx --report": "solved.xlsx",
    "sheetsim verify solved.xlsx --engine ironcalc": "agree with NumPy and IronCalc",
    "sheetsim goal-seek solved.xlsx --set dot_product!G5 --to 0.5 --by G26 --no-copy": "found: ",
    "sheetsim recalc solved.xlsx --out fresh.xlsx": "formula cells computed, 0 changed",
    "sheetsim page solved.xlsx --out solved.html": "solved.html:",
    "python -m sheetsim --help": "Usage: sheetsim",
}
"""Commands in the order that they are run, in an empty folder, and what they print."""

IMPORT_ALL = """
import importlib, pkgutil, sheetsim
for info in pkgutil.walk_packages(sheetsim.__path__, "sheetsim."):
    if not info.name.endswith("__main__"):
        importlib.import_module(info.name)
print(sheetsim.__file__)
"""


def project() -> dict[str, list[str]]:
    """The requirements in pyproject.toml, by extra; "" for those of all."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        table = tomllib.load(file)["project"]
    return {"": table["dependencies"], **table["optional-dependencies"]}


def named(requirements: Iterable[str]) -> set[str]:
    """The distributions that requirements name."""
    return {canonicalize_name(Requirement(text).name) for text in requirements}


@cache
def parsed(source: str) -> ast.Module:
    return ast.parse(source)


def imported(source: str, *, at_once: bool = False) -> set[str]:
    """Top modules that a source imports: anywhere, or as soon as it is imported itself."""
    found = set()
    tree = parsed(source)
    for node in _at_once(tree) if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"sheetsim"}


def _at_once(tree: ast.AST) -> Iterator[ast.AST]:
    """All but what stands in functions and below `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        waits = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        )
        if not waits:
            yield node
            yield from _at_once(node)


def distributions(modules: Iterable[str]) -> set[str]:
    """The distributions that modules come from."""
    known = importlib.metadata.packages_distributions()
    # An extra that is not installed is taken to be called as its module is.
    return {canonicalize_name(n) for module in set(modules) for n in known.get(module, [module])}


def sources() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))]


def test_the_metadata_names_what_the_package_imports() -> None:
    """All of it, and nothing else; what is imported at once is no extra."""
    declared = project()
    texts = sources()
    at_once = distributions(name for text in texts for name in imported(text, at_once=True))
    anywhere = distributions(name for text in texts for name in imported(text))
    optional = named(declared["dask"] + declared["lp"] + declared["uno"])
    assert at_once <= named(declared[""])
    assert anywhere == named(declared[""]) | optional


def test_a_forgotten_requirement_is_found() -> None:
    source = (
        "import os, numpy.linalg\nfrom scipy.optimize import minimize\n"
        "if TYPE_CHECKING:\n    import pandas\n"
        "def late():\n    from highspy import Highs\n    import sheetsim.errors\n"
    )
    assert imported(source) == {"numpy", "scipy", "pandas", "highspy"}
    assert imported(source, at_once=True) == {"numpy", "scipy"}
    assert distributions({"PIL"}) == {"pillow"}
    assert named(["Pillow>=10", 'tzdata; sys_platform == "win32"']) == {"pillow", "tzdata"}


def test_the_backend_is_the_one_in_pyproject() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["build-system"]["requires"] == [BACKEND]


# The wheel ---------------------------------------------------------------------------------


def clean() -> dict[str, str]:
    """The environment of this process, without what would lead to the sources."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def run(words: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder, its output as text."""
    environment = clean() | more
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def build_wheel(folder: Path) -> Path:
    """The wheel, from a copy of the sources; skips where there is nothing to build it with."""
    backend = folder / "backend"
    pip = [sys.executable, "-m", "pip"]
    got = run([*pip, "install", "--quiet", "--target", str(backend), BACKEND], folder)
    if got.returncode:
        pytest.skip(f"{BACKEND} cannot be had: {got.stderr.strip().splitlines()[-1]}")
    copy = folder / "sources"
    shutil.copytree(PACKAGE, copy / "sheetsim", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    command = [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "..", "."]
    built = run(command, copy, PYTHONPATH=str(backend))
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def requirements_of(wheel: Path) -> list[str]:
    """What the wheel says that it needs, extras and all."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode("utf-8")).get_all("Requires-Dist") or []


def needed(requirements: Iterable[str]) -> set[str]:
    """These and all that they need in turn, extras left out."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in found or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting += map(Requirement, importlib.metadata.requires(name) or [])
    return found


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a new environment, with what it names; the environment's commands."""
    made = run([sys.executable, "-m", "venv", "--without-pip", str(folder)], folder.parent)
    assert made.returncode == 0, made.stderr
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    (packages,) = folder.rglob("site-packages")
    for name in needed(requirements_of(wheel)):
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
            if not (packages / top).exists():  # two distributions may share a folder
                (packages / top).symlink_to(str(distribution.locate_file(top)))
    python = str(commands / "python")
    command = ["pip", "--python", python, "install", "--quiet", "--no-deps", str(wheel)]
    done = run([sys.executable, "-m", *command], folder.parent)
    assert done.returncode == 0, done.stderr
    return commands


def missing_data(held: Iterable[str]) -> set[str]:
    """Files of the package that are no Python and no page, and not among those that are held."""
    files = {
        path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    data = {path for path in files if path.suffix not in {".py", ".md"}}
    return {path.relative_to(ROOT).as_posix() for path in data} - set(held)


def test_an_installed_wheel_builds_solves_and_verifies(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    assert missing_data(held) == set()
    assert "sheetsim/py.typed" in held
    assert not [name for name in held if not name.startswith("sheetsim")]
    plain = [text for text in requirements_of(wheel) if "extra ==" not in text]
    assert named(plain) == named(project()[""])

    commands = install(wheel, tmp_path / "environment")
    empty = tmp_path / "empty"
    empty.mkdir()
    every = run([str(commands / "python"), "-c", IMPORT_ALL], empty)
    assert every.returncode == 0, every.stderr
    assert Path(every.stdout.strip()).is_relative_to(tmp_path / "environment")
    for line, printed in RUNS.items():
        name, *rest = line.split()
        done = run([str(commands / name), *rest], empty)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert printed in done.stdout, line
        assert not re.search("Warning|Traceback", done.stderr), line
    # What the wheel does not name is not there, or the above would prove nothing.
    absent = run([str(commands / "python"), "-c", "import pytest"], empty)
    assert "No module named 'pytest'" in absent.stderr


def test_forgotten_data_is_found() -> None:
    held = [path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.*")]
    assert missing_data(held) == set()
    held.remove("sheetsim/data/ratings.csv")
    assert missing_data(held) == {"sheetsim/data/ratings.csv"}


def test_what_is_needed_in_turn_is_needed() -> None:
    found = needed(["pandas>=2.2", 'pytest; extra == "dev"', 'nothing; sys_platform == "none"'])
    assert {"pandas", "numpy", "python-dateutil"} <= found
    assert not {"pytest", "nothing"} & found
