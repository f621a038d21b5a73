"""Any workbook: every formula computed by NumPy and by engines, beside what the file shows.

| module              | what it does                                                          |
| ------------------- | --------------------------------------------------------------------- |
| `verify`            | reads the file, lets all compute it, and reports                      |
| `tally`             | one workbook: values come in, engine by engine, and are counted       |
| `divergence`        | which cells differ, and which of them is the root                     |
| `known_differences` | what is known about a cell on which programs disagree                 |
| `report`            | what was found, as data                                               |
"""
