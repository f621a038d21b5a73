"""The reports that say why there is no solution: Feasibility and Linearity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.solver.endings import Ending
from sheetsim.solving.conflicts import title_of
from sheetsim.solving.functions import Block, rows_of
from sheetsim.workbook.rewrite.solver_reports import Slack, feasibility_report, linearity_report
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import Relation

if TYPE_CHECKING:
    from sheetsim.solving.report_content import ReportContent
    from sheetsim.workbook.rewrite.new_sheets import NewSheet


def failure_sheets(report: ReportContent) -> list[NewSheet]:
    """Return the sheets Feasibility or Linearity of a model without a solution, as there are."""
    solution = report.solved.solution
    sheets = []
    if solution.conflict is not None:
        found = solution.conflict
        blocks = report.solved.prepared.compiled.blocks
        rows = [report.slacks(blocks[k].stored)[i] for k, i in found.rows]
        rows += [_bound(report, j, upper=upper) for j, upper in found.bounds]
        sheets.append(feasibility_report(report.head, title_of(found), rows))
    program = report.solved.prepared.compiled.program
    if solution.ending is Ending.NOT_LINEAR and program is not None:
        ends = [(cell, note.function) for note in program.linearity_ends for cell in note.cells]
        linear = report.solved.prepared.compiled.linear
        objective = None if report.objective is None else (report.objective, linear[0])
        sheets.append(
            linearity_report(report.head, report.aim, objective, _constraints(report), ends)
        )
    return sheets


def _bound(report: ReportContent, j: int, *, upper: bool) -> Slack:
    """The constraint that is a variable's bound; one that the model implies is made up."""
    prepared = report.solved.prepared
    address = prepared.compiled.cells[j]
    model = prepared.model()
    limit = float((model.high if upper else model.low)[j])
    own = Relation.AT_MOST if upper else Relation.AT_LEAST
    for stored in prepared.stored.constraints:
        if stored.relation not in (own, Relation.EQUAL):
            continue
        places = [(area.sheet, place) for area in stored.left for place in area.places()]
        if address in places:
            return report.slacks(stored)[places.index(address)]
    value = float(report.solved.solution.variables[j])
    cell = Area(address[0], address[1], address[1]).absolute
    slack = limit - value if upper else value - limit
    name = report.variables[j].name
    formula = f"{cell.rpartition('!')[2]}{own.sign}{limit:.12g}"
    near = abs(slack) <= prepared.options.precision * max(1.0, abs(limit))
    return Slack(cell, name, value, formula, 0.0 if near else slack, near)


def _constraints(report: ReportContent) -> list[tuple[Slack, bool]]:
    """All constraints, with whether they are linear; bounds are."""
    compiled = report.solved.prepared.compiled
    linear = np.array(compiled.linear)
    blocks = {id(block.stored): block for block in compiled.blocks}
    found = []
    for stored in report.solved.prepared.stored.constraints:
        block = blocks.get(id(stored))
        for i, slack in enumerate(report.slacks(stored)):
            known = True
            if block is not None:
                one = Block(stored, block.left[i : i + 1], block.right, block.number)
                if block.right is not None and block.right.size > 1:
                    one = Block(stored, one.left, block.right[i : i + 1])
                known = bool(linear[rows_of(one)].all())
            found.append((slack, known))
    return found
