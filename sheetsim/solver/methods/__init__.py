"""The methods, a file each, derived at its head.

| file                   | for which models                                                   |
| ---------------------- | ------------------------------------------------------------------ |
| `levenberg_marquardt`  | least squares within bounds, a batch of starts                     |
| `least_squares`        | the same to the last digit: Gauss-Newton on the gradient           |
| `variable_projection`  | better starts for least squares that are linear in some variables  |
| `newton`               | the end of a least-squares search whose residuals stay large       |
| `lbfgs`                | any smooth objective within bounds, a batch of starts              |
| `sqp`                  | smooth objectives and constraints, some hundred variables          |
| `augmented_lagrangian` | the same with many variables, on `lbfgs`                           |
| `restoration`          | a feasible point by least squares, from here or from elsewhere     |
| `second_look`          | an optimum put to the test: saddles, and ways without end          |
| `branch_and_bound`     | whole numbers, on top of a method for smooth models                |
| `enumeration`          | whole numbers whose points are few: all of them tried, as a proof  |
| `simplex`              | linear models, with whole numbers: the engine Simplex LP, by HiGHS |
| `highs`                | the package highspy: imported when it is needed, and interrupted   |
| `linear_file`          | a linear model as an .mps or .lp file, by HiGHS                    |
| `quadratic`            | convex quadratic models, and linear ones under GRG, by HiGHS       |
| `with_binaries`        | IF, MAX, SUMIF and the like, made linear with binaries, by HiGHS   |
| `conflict`             | no solution: which constraints cannot all hold                     |
| `uno`                  | smooth models of hundreds of variables, by Uno                     |
| `polish`               | local steps from the best point of a search that proves nothing    |
| `evolutionary`         | what is not smooth: the engine Evolutionary                        |
"""
