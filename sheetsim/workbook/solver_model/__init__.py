"""A Solver model as Excel stores it, in hidden names that belong to a sheet.

| module             | what it does                                                           |
| ------------------ | ---------------------------------------------------------------------- |
| `areas`            | areas, and the text that names them: `data!A1:B5,C7`, a defined name   |
| `model`            | the model, its constraints and its settings as data                    |
| `names`            | a model to the names that store it                                     |
| `constraint_sides` | what the right-hand side of a constraint means, and whether it fits    |
| `read`             | the names to a model: a stored Solver option is read here              |
| `cell_problems`    | what the cells of a model forbid                                       |
| `parse`            | a model given as text, as on the command line                          |
| `describe`         | a model in plain words                                                 |
"""
