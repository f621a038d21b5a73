"""Solving any workbook from its own formulas, without Excel.

| file            | what it does                                                                  |
| --------------- | ----------------------------------------------------------------------------- |
| `request`       | what is asked: which model of the file, where to start, inputs set beforehand |
| `inputs`        | inputs that are set: `Sheet!A1=5`, and `Sheet!B1=0.1:1:10` for a sweep        |
| `compiled`      | a stored model and the formulas, as a model that the solver takes             |
| `functions`     | compiled cells as functions of the variables, as the solver takes them        |
| `prepare`       | a file and a request in, a model out that is ready to be solved               |
| `many`          | one solve for each value of an input; many starts; on many processes          |
| `run`           | a file and a request in, a solution and the solved copy out                   |
| `goal_seek`     | one cell that is to take a value, by changing one other                       |
| `summary`       | the model and the solution in plain words                                     |
| `export`        | a linear model as an .mps or .lp file                                         |
| `settings_used` | which stored settings hold, and what is assumed where nothing is stored       |
| `reports`       | the reports: sheets, JSON, CSV                                                |
| `report_content` | what they say, before it is laid out                                         |
| `failures`      | those that say why there is no solution                                       |
| `conflicts`     | the constraints that cannot all hold, in words                                |
| `limits`        | how far each variable can go alone, for the reports                           |

What enters is a file's path and a request. The workbook is read (`workbook`), its formulas are
compiled (`formula`), the model is solved (`solver`), and the values that follow from the solution
are written into a copy (`workbook` again).
"""

from sheetsim.solving.request import Request
from sheetsim.solving.run import Solved, solve_file

__all__ = ["Request", "Solved", "solve_file"]
