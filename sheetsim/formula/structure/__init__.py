"""What the formulas show of a model, for the choice of a solver's method.

- `degrees`: which cells are linear in the variables, or polynomials of degree 2.
- `sum_of_squares`: whether the objective is a sum of squares, and of which residuals.
- `binaries`: cells with IF, MAX, ABS, SUMIF and the like as linear ones, with binaries added.
- `fixed_kinds`: which cells are numbers, texts or booleans at every x alike.
"""
