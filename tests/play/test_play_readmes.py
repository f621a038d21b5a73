"""Whatever the READMEs say to try in a workbook happens: each is a line of a sheet, or tried here.

Of the paragraphs that say what to try nothing is left over once the fragments below are taken out.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from test_play_tries import keeps, lines, opened, survives

from sheetsim.topics import lessons
from sheetsim.topics._tries import Try, every, first, put, same

FRAGMENTS: dict[str, list[tuple[str, str]]] = {
    # workbook: (what its section in workbooks/README.md says to try, the sheet's line that it is)
    "collab_filter": [
        (
            "on **dot_product** change a movie factor by 1, and the predictions in that movie's "
            "column move, each by the user's factor beside it",
            "dot_product: Change one movie factor by 1.",
        ),
        (
            "on **bias** add 1 to a movie's bias, and all of them rise by exactly 1",
            "bias: Add 1 to one movie's bias.",
        ),
        (
            "follow a row of **one_hot**, and see which rows of the matrices come out",
            "one_hot: Follow one row",
        ),
    ],
    "gradient_descent": [
        (
            "on **momentum** set `beta1` to 0, and m is the gradient of each row",
            "momentum: Set beta1 to 0.",
        ),
        (
            "then to 0.98, and a overshoots, where **nesterov** settles after two epochs",
            "nesterov: Set beta1 to 0.98",
        ),
        ("On **adagrad** set `lr` to 100: its rates fall to match", "adagrad: Set lr to 100"),
        ("On **data** set `noise` to 5, and the best line moves", "data: Set noise to 5."),
        (
            "On **sgd** set `h` to 1, and see the slopes by finite differences part from the exact "
            "ones",
            "sgd: Set h to 1",
        ),
    ],
    "averages": [
        ("set `alpha` to 0.05 and see S start far too low", "smoothing: Set alpha to 0.05"),
        ("set `noise` to 0, and what remains is lag", "smoothing: Set noise to 0."),
        (
            "set both betas of averaged_gradients to 0, and every step is 1 or -1",
            "averaged_gradients: Set both betas to 0.",
        ),
    ],
    "weight_decay": [
        (
            "on **decay_under_sgd** set `factor` to 2 and see the verdict turn",
            "decay_under_sgd: Set factor to 2",
        ),
        (
            "on **decay_under_adam** set `wd` to 0 and see the two runs become one",
            "decay_under_adam: Set wd to 0.",
        ),
        (
            "on **overfitting** set `column_to_show` to 1, 4 and 8 and watch the curve from wild "
            "to flat",
            "overfitting: Set column_to_show to 1, 4 and 8",
        ),
    ],
    "schedules": [
        (
            "set `lr_max` of schedules_compared to 0.02, and constant is nearest, because the "
            "falling rates stop short",
            "schedules_compared: Set lr_max to 0.02.",
        ),
        ("at 0.05 it is one cycle", "schedules_compared: Set lr_max to 0.05."),
        (
            "In lr_finder set `x_shift` and `x_scale` to `mean_x` and `sd_x`: the suggested lr is "
            "some thousand times as large",
            "lr_finder: Set x_shift and x_scale",
        ),
        (
            "Set `batch` to 1: the second point's loss stops the run at once",
            "lr_finder: Set batch to 1.",
        ),
    ],
    "transfer": [
        ("In class: start at **runs**, then open the run behind a curve", ""),
        (
            "In **one_rate**, set `way` to 2, then to 3: the curve becomes that of **slice_one**, "
            "then of **slice_two**",
            "one_rate: Set way to 2, then to 3.",
        ),
        (
            "In **unfrozen**, set `unfreeze_after` of group 1 to 4 and leave group 2: gradual "
            "unfreezing",
            "unfrozen: Set unfreeze_after of group 1 to 4",
        ),
        (
            "In **frozen**, set `freeze` of group 3 to 1 as well, and its `unfreeze_after` to 999: "
            "nothing trains, and the loss stands still",
            "frozen: Set freeze of group 3 to 1 as well",
        ),
    ],
    "entropy": [
        (
            "on **softmax** set `shift` to -800 and see the plain form fail and the other go on",
            "softmax: Set shift to -800.",
        ),
        ("then to 4 and look at image 2 on **nothing_there**", "nothing_there: Set shift to 4"),
        (
            "on **binary_loss** type 0 as the prediction of a cat",
            "binary_loss: Type 0 as the prediction",
        ),
        (
            "on **cross_entropy** type 40 as the output of a wrong class",
            "cross_entropy: Type 40 as the output",
        ),
    ],
    "y_range": [
        (
            "add 3 to a movie's bias in both models, and see which predictions leave the scale",
            "sigmoid_rating: Add 3 to one movie's bias.",
        ),
        (
            "type 0 and 5.5 over the least and most stars of **outside_range** (its counts with "
            "the sigmoid become 0)",
            "outside_range: Type low and high over",
        ),
        ("raise `near_top` of **reach** by 0.01", "reach: Raise near_top by 0.01."),
    ],
    "words": [
        ("type your own sentence", "vocabulary: Type another word over the first one."),
        (
            "put a full stop behind a word and see it get an id of its own",
            "vocabulary: Write a word in capitals",
        ),
        (
            "copy one word's row over another's, and their cosine is 1",
            "similar_words: In word_vectors copy the row",
        ),
    ],
    "pca": [
        (
            "give two movies the same factors and see their points meet",
            "components: On covariance, make the factors",
        ),
        (
            "multiply all factors by 10 (shares and loadings stay)",
            "components: On covariance, multiply all",
        ),
        (
            "type another start vector, and see the last steps end where they did",
            "power_iteration: Type another start",
        ),
        (
            "on **power_iteration** set `step_to_show` to 0, 1, 2, ...: v turns over the movies",
            "power_iteration: Set step_to_show",
        ),
    ],
    "digits": [
        (
            "paint a pixel on **digit**, follow its number into **step**, and see which "
            "weights it moves",
            "digit: Paint",
        ),
        (
            "Set `lr` on **step** to 0.02, the lecture's: the loss falls by what the slope "
            "promises",
            "step: Set lr to 0.02",
        ),
        ("Set it to 10: the loss jumps", "step: Set lr to 10."),
        (
            "Set `step_to_show` on **weights_seen** to 0, 1, 2, ...: the digits come out of the "
            "noise",
            "weights_seen: Set step_to_show",
        ),
        (
            "Give a digit a wrong label: the steps learn that too",
            "steps: On sheet digit, give one digit",
        ),
    ],
    "movielens": [
        (
            "pick another title for the same user, and see which products change",
            "card: Pick another title",
        ),
        ("type 9 over a title's bias, and find it at the head of its list", "biases: Type 9 over"),
        (
            "change the sign of all loadings of a component, and its lists change places",
            "extremes: Change the sign",
        ),
    ],
}

TRIES = re.compile(r"(Try|To try|Things to try|For a class|In class): ?|\d\. In \*\*|- (Set|Give) ")
"""How a paragraph begins that says what to try."""

LEFT = re.compile(r"(Try|To try|Things to try|For a class|In class|Then|and|\d\.|[\s.:;,-])*")
"""What may be left of it."""

FRONT = [
    (
        "collab_filter",
        "dot_product",
        Try(
            "Empty a rated cell, such as Omar's Bolt Convoy, the worst error",
            "and RMSE at the top falls",
            edits=(
                {
                    "ratings": lambda s: put(
                        s["ratings"], np.nan, first(s["errors"] == s["errors"].max())
                    )
                },
            ),
            holds=lambda was, now: every(
                was["users"][first(was["errors"] == was["errors"].max())[0], 0] == "Omar",
                was["movies"][0, first(was["errors"] == was["errors"].max())[1]] == "Bolt Convoy",
                now["rmse"] < was["rmse"],
            ),
            rests_on="errors",
        ),
    ),
    (
        "collab_filter",
        "dot_product",
        Try(
            "Type a 0.5 over a 5, and see its squared error",
            "",
            edits=({"ratings": lambda s: put(s["ratings"], 0.5, first(s["ratings"] == 5))},),
            holds=lambda was, now: every(now["errors"][first(was["ratings"] == 5)] > 10),
            rests_on="errors",
        ),
    ),
    (
        "collab_filter",
        "embedding",
        Try(
            "A cell at the top says that both predict the same, to the last bit",
            "",
            holds=lambda was: every(
                was["gap"] == 0, was["prediction"] == was["one_hot!prediction"]
            ),
            rests_on="prediction",
        ),
    ),
    (
        "gradient_descent",
        "adam",
        Try(
            "the panel shows its 29 rows",
            "",
            edits=({"epoch_to_show": 3.0},),
            holds=lambda _was, now: every(
                len(now["shown_b"]) == 29, same(now["shown_b"], now["b"][58:87])
            ),
            rests_on="shown_b",
        ),
    ),
]
"""What the front page says to try, beside what is a line of a sheet: Set `lr` of adam to 0.1."""


def sections(root: Path) -> dict[str, list[str]]:
    """The paragraphs of each workbook's section that say what to try."""
    text = (root / "workbooks" / "README.md").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for section in text.split("\n## ")[1:]:
        name = section.splitlines()[0].removesuffix(".xlsx")
        blocks = re.split(r"\n\n|\n(?=\d\. |- )", section)
        found[name] = [one for one in blocks if TRIES.match(one)]
    return found


@pytest.mark.parametrize("name", lessons())
def test_all_that_a_section_says_to_try_is_a_line_of_a_sheet(name: str, root: Path) -> None:
    said = sections(root)[name]
    assert said, "nothing to try"
    known = [f"{topic.name}: {line.change}" for topic, line in lines(name)]
    for fragment, line in FRAGMENTS[name]:
        assert sum(one.count(fragment) for one in said) == 1, fragment
        said = [one.replace(fragment, "") for one in said]
        lines_meant = known.count(line) or sum(one.startswith(line) for one in known)
        assert not line or lines_meant == 1, line
    assert [one for one in said if not LEFT.fullmatch(one)] == []


@pytest.mark.parametrize("name", sorted({name for name, _, _ in FRONT}))
def test_what_the_front_page_says_to_try_happens(name: str, root: Path, tmp_path: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    _, played = opened(name, tmp_path)
    topics = {topic.name: topic for topic in lessons()[name].topics}
    for _, home, line in (one for one in FRONT if one[0] == name):
        assert line.change in text
        assert line.outcome in text
        assert keeps(played, topics[home], line), line.change
        assert not survives(played, topics[home], line), line.change
