"""Which peers there are, and which of them take part."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsim.errors import OptionError
from sheetsim.module_text import held_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.peers.base import Peer


@cache
def peers() -> dict[str, Peer]:
    """Return every peer by its name, in alphabetical order, whether it is installed or not."""
    modules = (
        importlib.import_module(f"{__package__}.{module.name}")
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
    )
    found: list[Peer] = [m.PEER for m in modules if hasattr(m, "PEER")]
    return {peer.name: peer for peer in sorted(found, key=lambda one: one.name)}


def names() -> tuple[str, ...]:
    """Return the peers' names, read from their files."""
    return held_in("sheetsim.peers", "PEER")


def choose(names: Sequence[str]) -> list[Peer]:
    """Return the peers that were named; "all" names every one.

    Raises:
        OptionError: there is no peer of a name.
    """
    known = peers()
    wanted = [name for each in names for name in (known if each == "all" else [each])]
    for name in wanted:
        if name not in known:
            expected = ", ".join(["all", *known])
            raise OptionError(f"against is {name!r}; expected some of {expected}, or a solved file")
    return [known[name] for name in dict.fromkeys(wanted)]
