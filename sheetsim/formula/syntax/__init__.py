"""From text to tree: what a formula says, before anything is computed.

- `tokens`: text cut into tokens, references relative to the cell that they stand in.
- `parser`: tokens to a tree, with Excel's precedence and without recursion.
- `binding`: LET and LAMBDA taken out of a tree.
- `rewriting`: names, tables, unions and stacks of sheets replaced by what they stand for.
- `table_references`: `Table1[[#This Row],[a]]` as an ordinary reference.
- `r1c1`: references in the other style, which INDIRECT's texts may use.
- `precedents`: what a formula refers to, from its tokens alone.
- `formula_groups`: which cells have the same formula, up to relative references.
"""
