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

from sheetsim.topics.gradient_descent import adam
from sheetsim.topics.gradient_descent._optimizer import Optimizer
from sheetsim.topics.gradient_descent._steps import Variant

ANNEAL = {"anneal_above": 2.0, "anneal_by": 4.0}
FORMULAS = {
    variant: {name: text.replace("-lr*", "-{epoch_lr}*") for name, text in formulas.items()}
    for variant, formulas in adam.FORMULAS.items()
}
RULE = "; after an epoch whose √v_b + √v_a is anneal_above times the least so far, lr / anneal_by"

TOPIC = Optimizer(
    name="adam_annealed",
    title="Adam, annealed",
    order=5,
    summary="Adam with a learning rate that is cut when the gradients grow again",
    rules={name: rule + RULE for name, rule in adam.RULES.items()},
    differences=adam.DIFFERENCES,
    state=("m", "v"),
    variants={
        "lecture": Variant(
            adam.lecture,
            {"lr": 1.0, "beta1": 0.9, "beta2": 0.95, **ANNEAL},
            adam.init_lecture,
            keeps_all=False,
            warm_up=2,
            anneals=True,
        ),
        "textbook": Variant(
            adam.textbook,
            {"lr": 1.0, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, **ANNEAL},
            adam.init_textbook,
            keeps_all=True,
            anneals=True,
        ),
    },
    formulas=FORMULAS,
    extras=adam.EXTRAS,
    tries=(
        (
            "Set lr to 3 and look down the column epoch_lr.",
            "Where an epoch's last avg_grad2 is more than twice prev_grad2, the next epoch's lr is "
            "a quarter.",
        ),
        (
            "Then set anneal_above to 1000.",
            "lr is never cut, and RMSE keeps jumping.",
        ),
    ),
).topic()
