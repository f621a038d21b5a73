"""Everything that writes or reads an .xlsx file.

| room           | what is done there                                                     |
| -------------- | ---------------------------------------------------------------------- |
| `read`         | any .xlsx file as plain data: cells, names, tables                     |
| `solver_model` | a Solver model as Excel stores it: read, given as text, and described  |
| `rewrite`      | a copy of a workbook in which some cells, sheets or names are new      |
| `write`        | our own sheets to an .xlsx file                                        |
"""
