"""Figures: PNGs and animated GIFs; the only layer that knows matplotlib and PIL.

Nothing is left behind in matplotlib's settings, no window is opened, and the same figure has the
same bytes every time. A figure is written whole or not at all.

`race`, `movielens`, `digits` and `side_by_side` draw what their commands show; `_style` is how all
of them look.
"""

import logging

_log = logging.getLogger("matplotlib")
_level = _log.level
_log.setLevel(logging.ERROR)  # it says that it fills its cache: of no use to a user
try:
    from matplotlib import font_manager  # noqa: F401 - fills the cache: now, not later
finally:
    _log.setLevel(_level)
