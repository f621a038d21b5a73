"""Models with a structure of their own, ready to be solved.

| file                   | what it holds                                                        |
| ---------------------- | -------------------------------------------------------------------- |
| `factor_model`         | ratings as dot products, with or without biases; variable projection |
| `sigmoid_factor_model` | the same through a sigmoid, so that predictions stay in a range      |
"""
