"""Models trained on data too large for a spreadsheet, by the optimizers of the sheets.

| name                 | what it is                                                      |
| -------------------- | --------------------------------------------------------------- |
| `collab_learner`     | factors and biases of MovieLens's users and movies              |
| `Interpretation`     | what their biases and principal components say                  |
| `digits_learner`     | logistic regression, or a net with a hidden layer, for digits   |
| `compare_optimizers` | both of them by every optimizer                                 |
| `Learner`            | the training loop: fit, one-cycle, the finder of rates, freeze  |
| `TrainingEnd`        | how a training ended: finished, diverged, stopped by a callback |
| `Callback`           | is called after batches and epochs, and may stop the training   |
| `save_model`         | a trained model to a .npz file; `load_model` reads it back      |

The modules: `rules` has the optimizers' rules as the topics have them, `learner` the loop,
`callbacks` a callback that prints; `models` says what a model is, `collab` and `classifier` are
the two there are, `rows` is a gradient that is zero but for some rows; `movielens` and `digits`
put model, data and settings of the two lessons together; `saving` writes and reads .npz files.
"""

from sheetsim.learn.callbacks import LossLine
from sheetsim.learn.classifier import Classifier
from sheetsim.learn.collab import DotProductBias
from sheetsim.learn.digits import compare_optimizers, digits_learner
from sheetsim.learn.learner import Callback, Data, Epoch, Learner, RateSearch, TrainingEnd
from sheetsim.learn.movielens import Interpretation, collab_learner
from sheetsim.learn.saving import load_model, save_model

__all__ = [
    "Callback",
    "Classifier",
    "Data",
    "DotProductBias",
    "Epoch",
    "Interpretation",
    "Learner",
    "LossLine",
    "RateSearch",
    "TrainingEnd",
    "collab_learner",
    "compare_optimizers",
    "digits_learner",
    "load_model",
    "save_model",
]
