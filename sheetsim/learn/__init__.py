"""Models trained on data too large for a spreadsheet, by the optimizers of the sheets.

| name                 | what it is                                                      |
| -------------------- | --------------------------------------------------------------- |
| `collab_learner`     | factors and biases of MovieLens's users and movies              |
| `Interpretation`     | what their biases and principal components say                  |
| `digits_learner`     | logistic regression, or a net with a hidden layer, for digits   |
| `compare_optimizers` | both of them by every optimizer                                 |
| `Learner`            | the training loop: fit, one-cycle, the finder of rates, freeze  |
| `TrainingEnd`        | how a training ended: finished, diverged, stopped by a callback |
| `Callback`           | to be told of batches and epochs, or to stop                    |
| `save_model`         | a trained model to a .npz file; `load_model` reads it back      |
"""

from sheetsim.learn.callbacks import Callback, LossLine
from sheetsim.learn.classifier import Classifier
from sheetsim.learn.collab import DotProductBias
from sheetsim.learn.digits import compare_optimizers, digits_learner
from sheetsim.learn.learner import Data, Epoch, Found, Learner, TrainingEnd
from sheetsim.learn.movielens import Interpretation, collab_learner
from sheetsim.learn.saving import load_model, save_model

__all__ = [
    "Callback",
    "Classifier",
    "Data",
    "DotProductBias",
    "Epoch",
    "Found",
    "Interpretation",
    "Learner",
    "LossLine",
    "TrainingEnd",
    "collab_learner",
    "compare_optimizers",
    "digits_learner",
    "load_model",
    "save_model",
]
