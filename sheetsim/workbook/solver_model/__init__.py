"""A Solver model as Excel stores it, in hidden names that belong to a sheet.

| module  | what it does                                                                       |
| ------- | ---------------------------------------------------------------------------------- |
| `model` | the model and its settings as data, and in plain words                             |
| `areas` | text that names cells, `data!A1:B5,C7` or a defined name, to the areas that it means |
| `names` | a model to the names that store it                                                 |
| `read`  | the names to a model: a stored Solver option is read here                          |
| `parse` | a model given as text, as on the command line                                      |
"""
