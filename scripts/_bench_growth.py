"""How the work on a workbook grows with its rows, beside what reading and solving alone would cost.

A logistic regression whose rows are formulas, as a library without shared formulas writes them:
ten numbers, an outcome, a probability and its logarithm in each row, the coefficients above. From
the file to the solved file, each size in a process of its own, for its memory. Beside it: reading
the same cells with openpyxl and calamine, and Newton's method on the arrays. Then `verify` of one
formula that is shared by a column, up to a full sheet.

All is processor time. `--out FILE.png` draws it, on axes of logarithms.
"""

import importlib
import json
import subprocess  # the sizes are measured in processes of their own
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from sheetsim.arrays import Floats

ROWS = (1_000, 3_000, 10_000, 30_000, 100_000)
SHARED = (10_000, 100_000, 1_048_576)
COUNT = 10
"""Numbers in a row."""


def main(given: list[str]) -> int:
    """Measure and print, or measure one thing in this process and print it as JSON."""
    if given[:1] == ["--one"]:
        print(json.dumps(one(given[1], Path(given[2]))))
        return 0
    print("\ngrowth: seconds of processor time, and the most memory, by rows")
    head = ("rows", "sheetsim", "MB", "openpyxl", "calamine", "Newton on arrays")
    print("  {:>9} {:>9} {:>6} {:>9} {:>9} {:>17}".format(*head))
    found: dict[str, list[tuple[int, float, float]]] = {"solve": [], "verify": []}
    with tempfile.TemporaryDirectory() as folder:
        for rows in ROWS:
            path, arrays = logistic(Path(folder), rows)
            seconds, memory = apart("solve", path)
            found["solve"].append((rows, seconds, memory))
            floors = [apart(name, path)[0] for name in ("openpyxl", "calamine")]
            shown = ["missing" if value < 0 else f"{value:.2f}" for value in floors]
            newton = least(lambda arrays=arrays: solved(*arrays))
            line = f"  {rows:9,} {seconds:9.2f} {memory:6.0f} {shown[0]:>9} {shown[1]:>9}"
            print(f"{line} {newton:17.3f}")
        print("\n  {:>9} {:>9} {:>6}   verify of one shared formula".format(*head[:3]))
        for rows in SHARED:
            seconds, memory = apart("verify", shared(Path(folder), rows))
            found["verify"].append((rows, seconds, memory))
            print(f"  {rows:9,} {seconds:9.2f} {memory:6.0f}")
    if given[:1] == ["--out"]:
        draw(found, Path(given[1]))
    return 0


def logistic(folder: Path, rows: int) -> tuple[Path, tuple[Floats, Floats]]:
    """Write the regression as a workbook; return it, and its arrays (rows, COUNT), (rows,)."""
    rng = np.random.default_rng(5)
    numbers = np.round(rng.normal(size=(rows, COUNT)), 4)
    slopes = rng.normal(size=COUNT + 1)
    chance = 1 / (1 + np.exp(-(numbers @ slopes[1:] + slopes[0])))
    outcomes = (rng.uniform(size=rows) < chance).astype(float)
    path = folder / f"logistic_{rows}.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("m")
        sheet.write_row(0, 0, [0.0] * (COUNT + 1))
        last = xl_col_to_name(COUNT)
        sheet.write_formula(1, 0, f"=SUM({xl_col_to_name(COUNT + 3)}4:"
                                  f"{xl_col_to_name(COUNT + 3)}{rows + 3})")  # fmt: skip
        for i, (own, outcome) in enumerate(zip(numbers.tolist(), outcomes.tolist(), strict=True)):
            row = i + 3
            sheet.write_row(row, 1, [*own, outcome])
            term = f"$A$1+SUMPRODUCT($B$1:${last}$1,B{row + 1}:{last}{row + 1})"
            sheet.write_formula(row, COUNT + 2, f"=1/(1+EXP(-({term})))", None, 0.5)
            y, p = (xl_rowcol_to_cell(row, COUNT + 1 + k) for k in (0, 1))
            text = f"={y}*LN({p})+(1-{y})*LN(1-{p})"
            sheet.write_formula(row, COUNT + 3, text, None, float(-np.log(2)))
    return path, (numbers, outcomes)


def shared(folder: Path, rows: int) -> Path:
    """Write a column of numbers and one formula that is shared beside it, as Excel does."""
    path = folder / f"shared_{rows}.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.add_worksheet("m")
    lines = []
    for row in range(1, rows + 1):
        number = (row - 1) % 97
        first = f' ref="B1:B{rows}" si="0">A1*2+1</f>' if row == 1 else ' si="0"/>'
        lines.append(
            f'<row r="{row}"><c r="A{row}"><v>{number}</v></c>'
            f'<c r="B{row}"><f t="shared"{first}<v>{2 * number + 1}</v></c></row>'
        )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    data = f"<sheetData>{''.join(lines)}</sheetData>".encode()
    parts[name] = parts[name].replace(b"<sheetData/>", data)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


def apart(what: str, path: Path) -> tuple[float, float]:
    """Measure one thing in a process of its own; return seconds, -1 if missing, and megabytes."""
    script = [sys.executable, str(Path(__file__).with_name("bench")), "growth", "--one"]
    out = subprocess.run([*script, what, str(path)], check=True, capture_output=True, text=True)
    seconds, memory = json.loads(out.stdout.splitlines()[-1])
    return float(seconds), float(memory)


def one(what: str, path: Path) -> tuple[float, float]:
    """Do one thing with a file; return its seconds, -1 if it cannot be done, and megabytes."""
    work = {"solve": _solve, "verify": _verify, "openpyxl": _openpyxl, "calamine": _calamine}[what]
    try:
        seconds = work(path)
    except ImportError:
        seconds = -1.0
    return seconds, most_memory()


def most_memory() -> float:
    """Return the most megabytes that this process has held, -1 where the system does not say."""
    status = Path("/proc/self/status")  # `resource` counts those of the process that started it
    if not status.is_file():
        return -1.0
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024


def _solve(path: Path) -> float:
    import sheetsim

    solve = sheetsim.solve
    start = time.process_time()
    by, out = f"A1:{xl_col_to_name(COUNT)}1", path.with_suffix(".solved.xlsx")
    found = solve(path, objective="m!A2", maximize=True, by=by, out=out)
    seconds = time.process_time() - start
    assert found.success  # noqa: S101 - else nothing was measured
    return seconds


def _verify(path: Path) -> float:
    import sheetsim

    verify = sheetsim.verify
    start = time.process_time()
    found = verify(path, engines=["numpy"])
    seconds = time.process_time() - start
    assert found.success  # noqa: S101 - else nothing was measured
    return seconds


def _openpyxl(path: Path) -> float:
    import openpyxl

    start = time.process_time()
    book = openpyxl.load_workbook(path, read_only=True)
    sum(1 for row in book["m"].iter_rows(values_only=True) for _ in row)
    return time.process_time() - start


def _calamine(path: Path) -> float:
    calamine = importlib.import_module("python_calamine")
    start = time.process_time()
    calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name("m").to_python()
    return time.process_time() - start


def solved(numbers: Floats, outcomes: Floats) -> Floats:
    """Fit the regression by Newton's method; return intercept and slopes."""
    table = np.column_stack([np.ones(len(numbers)), numbers])
    slopes = np.zeros(table.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(table @ slopes)))
        gradient = table.T @ (outcomes - chance)
        weighted = table * (chance * (1 - chance))[:, None]
        step = np.linalg.solve(weighted.T @ table, gradient)
        slopes += step
        if np.abs(step).max() < 1e-10:
            break
    return slopes


def least(work: object, turns: int = 3) -> float:
    """Return the least seconds of several turns."""
    seconds = []
    for _ in range(turns):
        start = time.process_time()
        work()  # type: ignore[operator]
        seconds.append(time.process_time() - start)
    return min(seconds)


def draw(found: dict[str, list[tuple[int, float, float]]], path: Path) -> None:
    """Draw time and memory by rows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained", dpi=110)
    axes = figure.subplots(1, 2)
    names = {"solve": "logistic regression, file to solved file", "verify": "verify, one formula"}
    for ax, column, label in zip(axes, (1, 2), ("seconds", "megabytes"), strict=True):
        for key, name in names.items():
            rows = [line[0] for line in found[key]]
            ax.loglog(rows, [line[column] for line in found[key]], "o-", label=name)
        ax.set(xlabel="rows", ylabel=label)
        ax.grid(visible=True, which="major", alpha=0.3)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    figure.savefig(path)
