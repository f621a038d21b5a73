"""What methods share.

| file                  | what it holds                                                        |
| --------------------- | -------------------------------------------------------------------- |
| `bounds`              | bounds: the nearest point within, and which variables they hold      |
| `duality`             | how much a convex quadratic can still fall, by a bound               |
| `feasibility`         | by how much constraints are missed, and when there is no such point  |
| `optimality`          | when a point is an optimum, nearly one, or none                      |
| `finite_differences`  | derivatives by differences                                           |
| `linearity`           | whether a model is linear, and its coefficients                      |
| `curvature`           | the Hessian of a Lagrangian, by differences of gradients             |
| `convexity`           | whether a quadratic form is convex, by its coefficients              |
| `infeasibility_proof` | whether constraints contradict each other, proved                    |
| `no_end`              | whether the objective falls on a way without end                     |
| `quadratic_program`   | the nearest point that meets linear constraints                      |
| `pointwise`           | how methods for many points ask an evaluator, which takes one        |
| `starts`              | the starts of a call, given or random                                |
| `journal`             | a batch of runs: where each stands, its limits, its end and its log  |
"""
