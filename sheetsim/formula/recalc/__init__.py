"""Values of many cells: what depends on an edit, and what it becomes.

- `dependents`: which formulas may depend on some cells, found without computing anything.
- `rectangles`: references as rectangles, all of a sheet at once, for `dependents`.
- `recalculate`: what the rest of a workbook becomes when some cells take other values.
- `whole_sheets`: the formulas of whole sheets computed, group by group.
- `overlay`: a workbook with other cells in some places.
- `evaluate`: every formula cell of a workbook.
- `formula_alone`: one formula from the values that somebody else has for its precedents.
"""
