"""Other solvers on the same model, side by side with ours.

A module of this package that holds a `PEER` is a peer: to add one, add its file.

`base` says what a peer is given and what it answers, `choice` which there are, `claims` whether
what a peer claims holds; `side_by_side` lets all of them solve a workbook's model and makes the
table. `scipy_slsqp`, `scipy_trust_constr`, `scipy_lm`, `highs`, `ipopt` and `uno` are peers. None
of their libraries is needed otherwise: who is not installed is named as missing.
"""
