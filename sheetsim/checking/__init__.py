"""The proof of our own workbooks: every formula cell recalculated by an engine and compared.

| module           | what it does                                                             |
| ---------------- | ------------------------------------------------------------------------ |
| `check`          | proves a workbook as it was built, in engines                            |
| `compare`        | says what became of one in somebody else's hands, and solves it again    |
| `unchanged`      | says whether a workbook that is built again differs by rounding only     |
| `read_back`      | reads a workbook of ours: its plan, and what stands in its inputs        |
| `expected`       | lays the plan out in NumPy, and finds what rounding can do to each cell  |
| `changed_inputs` | moves every input, so that a constant in a formula's place shows         |
| `agreement`      | says when two values agree, and why they do not                          |
| `cancellation`   | finds the cells in which terms cancel: rounding and nothing else         |

How far two numbers may be apart stands in `sheetsim.tolerances`.
"""
