"""The reports on a solution: Excel's three and the log of trials, as sheets, JSON or CSV.

Every number comes from the compiled formulas at the solution.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.errors import OptionError, OptionName
from sheetsim.files import replace_file, require_writable, write_json
from sheetsim.solving.failures import failure_sheets
from sheetsim.solving.report_content import ReportContent
from sheetsim.workbook.rewrite.solver_reports import (
    answer_report,
    limits_report,
    no_limits_report,
    sensitivity_report,
    trials_sheet,
)

if TYPE_CHECKING:
    from sheetsim.book import Value
    from sheetsim.solving.run import Solved
    from sheetsim.workbook.rewrite.new_sheets import NewSheet


def report_sheets(solved: Solved) -> list[NewSheet]:
    """Return the sheets Answer, Sensitivity, Limits and Trials of a solution.

    There is no Sensitivity where nothing of it is known, as with whole numbers, a value to reach,
    or Evolutionary; and Limits says why it has none without an objective, with whole numbers, or
    with more than 2,000 variables. Where there is no solution, there are Feasibility or Linearity,
    as far as something is known.
    """
    report = ReportContent(solved)
    if not solved.solution.violation <= solved.prepared.options.precision or not (
        solved.solution.ending.solved or solved.solution.ending.limited
    ):
        return failure_sheets(report)
    answer = report.head, report.aim, report.objective, report.variables, report.constraints
    sheets = [answer_report(*answer)]
    if report.has_worth:
        both = report.variable_sensitivities, report.constraint_sensitivities
        sheets.append(sensitivity_report(report.head, *both, linear=report.linear))
    if report.objective is not None and report.limits:
        sheets.append(limits_report(report.head, report.objective, report.limits))
    else:
        sheets.append(no_limits_report(report.head, report.why_no_limits))
    columns = report.trials
    sheets.append(trials_sheet(list(columns), list(zip(*columns.values(), strict=True))))
    return sheets


def require_report(path: str | Path) -> None:
    """Refuse a name that no report can have, before the work that makes it.

    Raises:
        OptionError: the name ends in something else.
        OutputError: the file cannot be written.
    """
    if Path(path).suffix.lower() not in {".json", ".csv"}:
        raise OptionError(
            OptionName("save_report"), f" is {path}; expected a name that ends in .json or .csv"
        )
    target = Path(path)
    if target.suffix.lower() == ".json":
        require_writable(target)
        return
    for name in ("answer", "sensitivity", "limits", "trials"):
        require_writable(_csv_name(target, name))


def save_report(solved: Solved, path: str | Path) -> list[Path]:
    """Write the reports as one .json file, or as one .csv file each.

    Args:
        solved: from `solve_file`.
        path: ends in .json, or in .csv: `result.csv` stands for result_answer.csv,
            result_sensitivity.csv, result_limits.csv and result_trials.csv.

    Returns:
        The files.

    Raises:
        OptionError: as `require_report`.
        OutputError: a file cannot be written.
    """
    require_report(path)
    target = Path(path)
    if target.suffix.lower() == ".json":
        return [write_json(target, ReportContent(solved).as_dict())]
    written = []
    for sheet in report_sheets(solved):
        name = sheet.title.split()[0].lower()
        own = _csv_name(target, name)
        with replace_file(own) as temporary, temporary.open("w", newline="") as file:
            csv.writer(file).writerows([_shown(value) for value in row] for row in sheet.rows)
        written.append(own)
    return written


def _csv_name(target: Path, name: str) -> Path:
    return target.with_name(f"{target.stem}_{name}{target.suffix}")


def _shown(value: Value) -> str | float | None:
    return str(value) if isinstance(value, bool | CellError) else value
