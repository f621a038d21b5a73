"""Adam with a learning rate that anneals itself between epochs.

The rule of Adam is that of the sheet adam. After each epoch, the size of its gradients,

    avg_grad2 = sqrt(v_b) + sqrt(v_a)        v as carried out of the epoch's last row,

is compared with the least that it has been, prev_grad2: where it has more than doubled
(anneal_above = 2) the steps have become too long, and lr is divided by 4 (anneal_by); then
prev_grad2 becomes the lesser of the two.

Lecture (its sheet `adam_ann`): beta2 = 0.95, Reset as in adam, and prev_grad2 starts from v after
the first of Reset's two warm-up passes. On its points 25 epochs cut lr at 7, 8, 16 and 17.
Textbook: the same rule around torch.optim.Adam's steps; prev_grad2 starts without limit, so that
the first epoch only sets it.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sheetsim.sheet import Valid
from sheetsim.topics._tries import Try, every, same
from sheetsim.topics.gradient_descent import adam
from sheetsim.topics.gradient_descent._optimizer import Optimizer, Torch
from sheetsim.topics.gradient_descent._optimizer_topic import topic_of
from sheetsim.topics.gradient_descent._steps import Variant

ANNEAL = {"anneal_above": 2.0, "anneal_by": 4.0}
RULE = "; after an epoch whose √v_b + √v_a is anneal_above times the least so far, lr / anneal_by"


def annealed(plain: Variant, hyper: Mapping[str, float]) -> Variant:
    """A variant of Adam whose learning rate is each epoch's own, and its parameters."""
    formulas = {name: text.replace("-lr*", "-{epoch_lr}*") for name, text in plain.formulas.items()}
    return replace(plain, hyper=hyper, formulas=formulas, rule=plain.rule + RULE, anneals=True)


OPTIMIZER = Optimizer(
    name="adam_annealed",
    title="Adam, annealed",
    order=60,
    summary="Adam with a learning rate that is cut when the gradients grow again",
    state=adam.OPTIMIZER.state,
    wide=adam.OPTIMIZER.wide,
    lecture=annealed(adam.LECTURE, hyper={"lr": 1.0, "beta1": 0.9, "beta2": 0.95, **ANNEAL}),
    textbook=annealed(
        adam.TEXTBOOK, hyper={"lr": 1.0, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, **ANNEAL}
    ),
    torch=Torch(
        "Adam",
        {"lr": "lr", "betas": ("beta1", "beta2"), "eps": "epsilon"},
        cases=(
            {"lr": 2.0, "beta1": 0.9, "beta2": 0.9, "epsilon": 1e-8},  # cut after epoch 2
            {"lr": 2.0, "beta1": 0.5, "beta2": 0.8, "epsilon": 1e-8},  # cut after epoch 4
        ),
    ),
    ranges=dict.fromkeys(ANNEAL, Valid(0, above=True)),
    extras=adam.EXTRAS,
    tries=(
        Try(
            "Set lr to 3 and look down the column epoch_lr.",
            "Where an epoch's last avg_grad2 is more than twice prev_grad2, the next epoch's lr is "
            "a quarter.",
            edits=({"lr": 3.0},),
            holds=lambda _was, now: every(
                *(
                    same(
                        now["epoch_lr"][e + n, 0],
                        now["epoch_lr"][e, 0]
                        / (4 if now["avg_grad2"][e, 0] > 2 * now["prev_grad2"][e, 0] else 1),
                    )
                    for n in [1]
                    for e in range(int(now["points"]) - 1, len(now["b"]) - 1, int(now["points"]))
                ),
                now["epoch_lr"].min() < 3,
            ),
            rests_on="epoch_lr",
        ),
        Try(
            "Then set anneal_above to 1000.",
            "lr is never cut, and RMSE keeps jumping.",
            edits=({"lr": 3.0}, {"anneal_above": 1000.0}),
            holds=lambda _was, cut, now: every(
                now["epoch_lr"] == 3,
                cut["epoch_lr"][-1] < 3,
                (np.diff(now["rmse"][-4:], axis=0) > 0).any(),
            ),
            rests_on="epoch_lr",
        ),
    ),
)
TOPIC = topic_of(OPTIMIZER)
