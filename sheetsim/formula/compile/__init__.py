"""From trees to a program: what is needed, in which order, as operations on whole arrays.

- `compiler`: the whole way, from outputs to batches of operations.
- `store`: the cells that are known, each with a slot: its value, and how far it is known.
- `dependency_graph`: which cells the outputs need, grouped by formula, and what each refers to.
- `topological_order`, `circular_references`: in which order cells are computed, and why not.
- `iterative_calculation`: circles of files that ask for it, computed by sweeps.
- `data_tables`: a formula computed again for other values of its inputs.
- `plan`: what one formula does, step by step, for whatever cells it stands in.
- `implicit_intersection`: where a range is cut to the formula's own row or column.
- `dynamic_references`: what OFFSET, INDIRECT, INDEX and `A1#` refer to.
- `lifting`: arrays of references, taken one by one.
- `unrolling`: what a LAMBDA does, done for each element.
- `sight`: which cells of an area are shown.
- `batches`: one formula in many cells, ready to be computed together.
- `constant_folding`: all computed that is fixed; what is left becomes a batch of operations.
- `broadcasting`, `used_range`, `result_size`: arrays of unequal size, whole columns, and results
  as large as their cells.
- `recurrences`: cells that need each other row by row, as waves of one batch.
- `cell_set`: whether a rectangle holds one of some cells.
- `error_origins`: which cell is to blame for an error.
"""
