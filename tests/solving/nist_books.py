"""NIST's certified problems of non-linear regression as workbooks: data, model, residuals.

The data sets are those of https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, read at run
time from ../shared/data/nist. The models are written out here by hand, from the text that each
data set has, in Excel's own notation: `-x^2` means (-x)^2 there, hence the brackets.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from model_page import Page, absolute

from sheetsim.sheet import Array

__all__ = ["FOLDER", "MODELS", "NistProblem", "nist_book", "nist_digits", "read_nist"]

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "nist"

_LANCZOS = "{b1}*EXP(-{b2}*{x})+{b3}*EXP(-{b4}*{x})+{b5}*EXP(-{b6}*{x})"

MODELS = {
    "Misra1a": "{b1}*(1-EXP(-{b2}*{x}))",
    "Chwirut2": "EXP(-{b1}*{x})/({b2}+{b3}*{x})",
    "DanWood": "{b1}*{x}^{b2}",
    "Gauss1": "{b1}*EXP(-{b2}*{x})+{b3}*EXP(-(({x}-{b4})^2)/{b5}^2)"
    "+{b6}*EXP(-(({x}-{b7})^2)/{b8}^2)",
    "Lanczos3": _LANCZOS,
    "ENSO": "{b1}+{b2}*COS(2*PI()*{x}/12)+{b3}*SIN(2*PI()*{x}/12)"
    "+{b5}*COS(2*PI()*{x}/{b4})+{b6}*SIN(2*PI()*{x}/{b4})"
    "+{b8}*COS(2*PI()*{x}/{b7})+{b9}*SIN(2*PI()*{x}/{b7})",
    "Hahn1": "({b1}+{b2}*{x}+{b3}*{x}^2+{b4}*{x}^3)/(1+{b5}*{x}+{b6}*{x}^2+{b7}*{x}^3)",
    "Kirby2": "({b1}+{b2}*{x}+{b3}*{x}^2)/(1+{b4}*{x}+{b5}*{x}^2)",
    "Lanczos1": _LANCZOS,
    "MGH17": "{b1}+{b2}*EXP(-{x}*{b4})+{b3}*EXP(-{x}*{b5})",
    "Nelson": "{b1}-{b2}*{x1}*EXP(-{b3}*{x2})",  # of the logarithm of y
    "Bennett5": "{b1}*({b2}+{x})^(-1/{b3})",
    "MGH09": "{b1}*({x}^2+{x}*{b2})/({x}^2+{x}*{b3}+{b4})",
    "Rat43": "{b1}/(1+EXP({b2}-{b3}*{x}))^(1/{b4})",
    "MGH10": "{b1}*EXP({b2}/({x}+{b3}))",
    "BoxBOD": "{b1}*(1-EXP(-{b2}*{x}))",
}
"""By NIST's three levels of difficulty, the easy ones first."""


@dataclass(frozen=True)
class NistProblem:
    """A data set.

    Attributes:
        name: as NIST calls it.
        level: Lower, Average or Higher: the difficulty.
        text: the model as NIST writes it.
        starts: (2, p) the two starts.
        certified: (p,) the parameters, to 11 digits.
        squares: the certified residual sum of squares.
        data: (m, 1 + predictors) y before x.
    """

    name: str
    level: str
    text: str
    starts: Array
    certified: Array
    squares: float
    data: Array


def read_nist(name: str) -> NistProblem:
    """Read a data set.

    Raises:
        FileNotFoundError: the folder of reference data is not there.
    """
    lines = (FOLDER / f"{name}.dat").read_text(encoding="ascii").splitlines()
    table = np.array(
        [match[1].split() for line in lines if (match := re.match(r"\s*b\d+ =\s+(.*)", line))],
        dtype=float,
    )
    level = next(line.split()[0] for line in lines if "Level of Difficulty" in line)
    squares = next(line for line in lines if line.startswith("Residual Sum of Squares"))
    model = " ".join(" ".join(lines).partition("Model:")[2].split())
    text = re.search(r"(?:log\[y\]|y) += .*?\+ e\b", model)
    assert text is not None, name
    return NistProblem(
        name=name,
        level=level,
        text=text[0],
        starts=table[:, :2].T,
        certified=table[:, 2],
        squares=float(squares.split(":")[1]),
        data=np.array([line.split() for line in lines[60:] if line.strip()], dtype=float),
    )


def nist_digits(problem: NistProblem, b: Array) -> float:
    """The log relative error, the least over the parameters; 11 at most, as NIST certifies."""
    error = np.abs(b - problem.certified) / np.abs(problem.certified)
    return float(-np.log10(np.maximum(error, 1e-11).max()))


def nist_book(path: Path, name: str, start: int = 1) -> Path:
    """Write a problem as a workbook whose parameters stand at one of NIST's starts.

    Args:
        path: of the .xlsx.
        name: of the problem.
        start: 1 or 2.

    Returns:
        The path. Parameters stand in B7 and below, the objective under them.
    """
    problem = read_nist(name)
    p, m = problem.certified.size, len(problem.data)
    lead = (
        problem.text,
        f"{problem.level} level of difficulty, {m} observations; NIST/ITL StRD, nonlinear "
        "regression, https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml",
        f"Solver: minimize B{8 + p} by changing B7:B{6 + p}. Both of NIST's starts stand beside "
        "them.",
    )
    page = Page(path, name, f"{name}: a certified regression", lead)
    _parameters(page, problem, start)
    _observations(page, problem)
    page.widths({"A": 26, "B:E": 19, "F": 9, "G": 3, "H:L": 15})
    page.sheet.freeze_panes("A7")
    return page.save(f"B{8 + p}", f"B7:B{6 + p}")


def _parameters(page: Page, problem: NistProblem, start: int) -> None:
    """The table on the left, with the objective and how many digits are right."""
    p = problem.certified.size
    end = 6 + p
    heads = ["parameter", "value", "start 1", "start 2", "certified", "digits"]
    page.block("A6", [heads], "heading")
    page.down("A7", [f"b{i}" for i in range(1, p + 1)], "names")
    page.down("B7", problem.starts[start - 1], "variable:0.0000000000E+00")
    page.block("C7", problem.starts.T.tolist(), "input:General")
    page.down("E7", problem.certified, "input:0.0000000000E+00")
    digits = "=IF(B{r}=E{r},11,MAX(0,MIN(11,-LOG10(ABS(B{r}-E{r})/ABS(E{r})))))"
    page.fill("F7", f"F{end}", digits, "calc:0.0")
    row = end + 2
    page.put(f"A{row}", "residual sum of squares", "names")
    page.put(f"E{row}", problem.squares, "input:0.0000000000E+00")
    page.put(f"A{row + 1}", "fewest correct digits", "names")
    page.put(f"B{row + 1}", f"=MIN(F7:F{end})", "calc:0.0")


def _observations(page: Page, problem: NistProblem) -> None:
    """Data, the model and residuals on the right, a row each; and the sum of squares."""
    p, m = problem.certified.size, len(problem.data)
    last = 6 + m
    parameters = {f"b{i}": absolute(f"B{6 + i}") for i in range(1, p + 1)}
    if problem.data.shape[1] == 3:  # Nelson: two predictors, and y is to be logged
        heads = ["x1", "x2", "ln y", "model", "residual"]
        x = {"x1": "H{r}", "x2": "I{r}"}
        page.block("H7", problem.data[:, 1:].tolist(), "input:General")
        page.put("M6", "y", "heading")
        page.down("M7", problem.data[:, 0], "input:General")
        page.fill("J7", f"J{last}", "=LN(M{r})", "calc:0.000000")
        y, fit, residual = "J", "K", "L"
    else:
        heads = ["x", "y", "model", "residual"]
        x = {"x": "H{r}"}
        page.block("H7", problem.data[:, ::-1].tolist(), "input:General")
        y, fit, residual = "I", "J", "K"
        ranges = (f"${column}$7:${column}${last}" for column in "HIJ")
        page.chart(f"A{11 + p}", f"{problem.name}: data and model", *ranges)
    page.block("H6", [heads], "heading")
    formula = "=" + MODELS[problem.name].format(**parameters, **x)
    page.fill(f"{fit}7", f"{fit}{last}", formula, "calc:0.000000")
    page.fill(f"{residual}7", f"{residual}{last}", f"={y}{{r}}-{fit}{{r}}", "calc:0.00E+00")
    page.put(f"B{8 + p}", f"=SUMSQ({residual}7:{residual}{last})", "key:0.0000000000E+00")
