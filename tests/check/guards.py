"""Formulas that do something only where a run diverges, or is shown at another step.

Bugs in them show in no value of a calm run, so the tests of planted bugs leave them to
`test_check_guards`, which plants them in runs of several kinds.
"""

import re

__all__ = ["is_guard"]

_GUARDS = re.compile(
    r"(\w+_)?(beyond|drawn|diverged_in|limit)|\w+_drawn\d|shown_step|h_used|shown_h_used"
    r"|drawn_\w+|line_[xy]|step_(b|a|rmse)|reach_[ab]|way_\w+|corners_[ab]"
    r"|pass_there|there|there_\w+|step_loss|step_old_loss"
    r"|(movies|every|trail|v|corners)_along_[12]|left_over|rest|reach"
)


def is_guard(name: str) -> bool:
    """Whether a block of that name has such formulas."""
    return bool(_GUARDS.fullmatch(name))
