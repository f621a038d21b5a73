"""The proof of our own workbooks: every formula cell recalculated by an engine and compared.

`check` proves a workbook as it was built, `compare` one that came back from somebody else's hands.
Both read the file back (`read_back`), lay its plan out again in NumPy, and judge each cell
(`agreement`): as it stands, and with every input moved (`perturbed`), so that a constant in a
formula's place shows. `cancellation` says which cells are rounding and nothing else.
"""
