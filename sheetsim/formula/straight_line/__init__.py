"""Programs of single cells as straight-line code on floats: values, gradients and Jacobians.

Where each formula stands in one cell alone, a NumPy call costs a hundred times as much as the sum
that it computes. So the calls of a tape are taken apart into steps on single numbers (a plan), to
which the steps of their derivatives are added; the plan is written as text and compiled once.

- `scalar_plan`: steps, plain and complete, printable as JSON for whoever writes other code.
- `rules`: what each operation's derivative is, in steps.
- `lowering`: from the calls of a tape to a plan; how a function is computed in steps, its entry
  in the table of functions says.
- `reverse`: the steps of gradients and of a Jacobian's entries.
- `table`: how each operation is written in Python; nothing else knows of Python's text.
- `write`: from a plan and the table to a function.
- `calls_of_functions`: what the table does not know, computed by the table of functions.
- `straight_line`: all of it together, for some outputs of a tape.

The code computes with finite floats and nothing else. Whatever is not one (a domain error, a
division by zero, an overflow) ends it, and the tape computes that point, so that errors are what
they were. Nothing of a workbook enters the text but numbers: steps are numbered, and operations
are those of our own table.
"""
