"""A program run forward, and its derivatives backward and forward.

- `tape`: the calls of a program in order; gradients and Jacobians.
- `calls`: one batch as a call: its value, its adjoints, its tangents.
- `sparsity`: which output depends on which variable, and how few passes show it.
- `interactions`: which pairs of variables second derivatives know.
"""
